local fs = require "host.fs"
local progress = require "orun.cockpit.progress"
local style = require "orun.cockpit.style"

local function job(component, environment, name)
  local id = ("%s@%s.%s"):format(component, environment, name)
  return { id = id, component = component, environment = environment, name = name, steps = {} }
end

-- What is printed for a list of events.
local function shown(events, options)
  local out = {}
  local settings = { style = style.new { color = false }, write = function(text) out[#out + 1] = text end }
  for key, v in next, options or {} do settings[key] = v end
  local show = progress.new(settings)
  for _, event in ipairs(events) do show(event) end
  return table.concat(out)
end

local function started(jobs, more)
  local event = {
    type = "run.started", execId = "shop-1", planId = "9c41d07be2aa", planName = "shop", jobs = jobs, components = {},
    environments = { "dev" }, concurrency = 1, runner = "local",
  }
  for key, v in next, more or {} do event[key] = v end
  return event
end

local function ended(id, status, more)
  local event = { type = "job.finished", job = id, status = status or "completed", seconds = 4.1 }
  for key, v in next, more or {} do event[key] = v end
  return event
end

local function finished(status, counts, more)
  local event = { type = "run.finished", status = status, counts = counts, seconds = 4.6, links = {} }
  for key, v in next, more or {} do event[key] = v end
  return event
end

local two = { job("api", "dev", "build"), job("api", "dev", "test"), job("web", "dev", "build") }

describe("progress of a run", function()
  it("09 case 23: header, a block per finished component, summary with hints; no escapes", function()
    local text = shown {
      started(two),
      { type = "job.started", job = "api@dev.build" }, ended "api@dev.build",
      { type = "job.started", job = "api@dev.test" }, ended("api@dev.test", "completed", { seconds = 65.3 }),
      { type = "job.cached", job = "web@dev.build" },
      finished("completed", { selected = 3, completed = 2, cached = 1, failed = 0, cancelled = 0, blocked = 0, waiting = 0 }),
    }
    assert.equal([[

▲ orun shop
  Plan: 9c41d07be2aa  ·  Run: shop-1
  Scope: 2 components · 3 jobs · local · dev

  ● api
  │  ├─ ✓ build  4.1s
  │  └─ ✓ test  1m5.3s
  │
  ● web
  │  └─ ⚡ build  cached

✓ Done in 4.6s
  2 succeeded · 1 cached

  status  orun status --exec-id shop-1
  logs    orun logs --exec-id shop-1
]], text)
  end)

  it("shows a failing step at once, with its first line of output, and its job in the block", function()
    local log = os.tmpname()
    assert(fs.write(log, "https://only.a.link\nlint: 3 problems\nmore\n"))
    local text = shown {
      started(two),
      { type = "step.finished", job = "api@dev.build", step = "lint", status = "failed", seconds = 0.4, error = "exit status 1",
        hint = "look closer", log = log },
      ended("api@dev.build", "failed", { error = "step lint: exit status 1", seconds = 0.4 }),
      { type = "job.blocked", job = "api@dev.test", reason = "api@dev.build failed" },
      ended "web@dev.build",
      finished("failed", { selected = 3, completed = 1, failed = 1, blocked = 1, cached = 0, cancelled = 0, waiting = 0 }),
    }
    os.remove(log)
    assert.equal([[
    ✗ api/build  0.4s  lint: 3 problems
       step  lint
       error command exited with code 1
       hint  look closer
       logs  orun logs --exec-id shop-1 --job api@dev.build

  ● api
  │  ├─ ✗ build  failed  0.4s
  │  └─ ↷ test  blocked  api@dev.build failed
  │
  ● web
  │  └─ ✓ build  4.1s

✗ Failed in 4.6s
  1 succeeded · 1 failed · 1 blocked

  status  orun status --exec-id shop-1
  logs    orun logs --exec-id shop-1 --failed
]], text:match("\n\n(    ✗.*)$"))
  end)

  it("prints blocks of components that never became complete", function()
    local text = shown {
      started(two, { concurrency = 1 }), ended "api@dev.build", ended("web@dev.build", "failed"),
      finished("failed", { completed = 1, failed = 1, waiting = 1 }),
    }
    assert.truthy(text:find("  ● api\n  │  └─ ✓ build  4.1s\n", 1, true))
  end)

  it("labels every line with component and environment when jobs run side by side", function()
    local jobs = { job("api", "dev", "build"), job("api", "prod", "build") }
    local text = shown {
      started(jobs, { concurrency = 4, environments = { "dev", "prod" } }),
      { type = "step.finished", job = "api@prod.build", step = "s", status = "failed", seconds = 1, error = "exit status 2" },
      ended("api@prod.build", "failed"), ended "api@dev.build",
      finished("failed", { completed = 1, failed = 1 }),
    }
    assert.truthy(text:find("  Scope: 1 component · 2 jobs · 4× parallel · local\n", 1, true))
    assert.truthy(text:find("    ✗ api·prod/build  1.0s  command exited with code 2\n", 1, true))
    assert.truthy(text:find("─ ✗ api·prod/build  failed  4.1s\n", 1, true))
    assert.truthy(text:find("─ ✓ api·dev/build  4.1s\n", 1, true))
  end)

  it("says how many components may run at once where that is a limit", function()
    local function scope(jobs, concurrency, components)
      local text = shown { started(jobs, { concurrency = concurrency, componentConcurrency = components }) }
      return text:match "Scope: ([^\n]+)"
    end
    assert.equal("2 components · 3 jobs · 4× parallel · 1 component at a time · local · dev", scope(two, 4, 1))
    local three = { two[1], two[3], job("db", "dev", "build") }
    assert.equal("3 components · 3 jobs · 4× parallel · 2 components at a time · local · dev", scope(three, 4, 2))
    assert.equal("3 components · 3 jobs · 4× parallel · local · dev", scope(three, 4, 3))
    assert.equal("3 components · 3 jobs · 4× parallel · local · dev", scope(three, 4, 0))
    assert.equal("2 components · 3 jobs · local · dev", scope(two, 1, 1))
    assert.equal("1 component · 2 jobs · 4× parallel · local · dev", scope({ two[1], two[2] }, 4, 1))
  end)

  it("puts the environment first when there are several and jobs run one by one", function()
    local text = shown {
      started({ job("api", "dev", "b"), job("api", "prod", "b") }, { environments = { "dev", "prod" } }),
      ended "api@dev.b", ended "api@prod.b", finished("completed", { completed = 2 }),
    }
    assert.truthy(text:find("  │  ├─ ✓ dev  b  4.1s\n  │  └─ ✓ prod  b  4.1s\n", 1, true))
  end)

  it("has no header for one job or for --job", function()
    assert.falsy(shown({ started { two[1] } }):find("▲", 1, true))
    assert.falsy(shown({ started(two) }, { job = "api" }):find("▲", 1, true))
  end)

  it("shows links below their job and in the summary", function()
    local link = { label = "Preview URL", url = "https://x.dev" }
    local text = shown {
      started { two[1] },
      { type = "step.finished", job = "api@dev.build", step = "s", status = "completed", seconds = 1, links = { link } },
      ended "api@dev.build", finished("completed", { completed = 1 }, { links = { link } }),
    }
    assert.truthy(text:find("  │       ↗ Preview URL  https://x.dev\n", 1, true))
    assert.truthy(text:find("\n  Preview URL https://x.dev\n", 1, true))
  end)

  it("tells of retries, and of waiting only when asked", function()
    local events = {
      started(two), { type = "step.retry", job = "api@dev.build", step = "s", attempt = 2, attempts = 3, error = "exit status 1" },
      { type = "job.waiting", job = "web@dev.build", reason = "not completed: db@dev.x" },
    }
    local text = shown(events)
    assert.truthy(text:find("    ↻ retrying attempt 2/3  api/build  s  command exited with code 1\n", 1, true))
    assert.falsy(text:find("⏳", 1, true))
    assert.truthy(shown(events, { verbose = true }):find("    ⏳ build  not completed: db@dev.x\n", 1, true))
  end)

  -- A run of a job with these events of its steps.
  local function steps(events, jobs, options)
    local list = { started(jobs or { two[1] }) }
    for _, event in ipairs(events) do
      event.type, event.job = "step." .. event[1], "api@dev.build"
      list[#list + 1] = event
    end
    return (shown(list, options):gsub("^.*local · dev\n\n", ""))
  end

  it("09 section 9.3: names the phases where one job is looked at, or everything", function()
    local function phases()
      local list = {}
      for i, phase in ipairs { "pre", "pre", "main", "post" } do list[i] = { "started", step = "s" .. i, phase = phase } end
      return list
    end
    local both = "  ◦ Pre-steps\n  ◦ Post-steps\n"
    assert.equal(both, steps(phases()))
    assert.equal(both, steps(phases(), { two[1] }, { job = "api@dev.build" }))
    assert.equal("", steps(phases(), two))
    local lines = { started(two, { concurrency = 2 }), { type = "step.started", job = "api@dev.build", step = "a", phase = "pre", count = 1,
      index = 1 } }
    assert.truthy(shown(lines, { verbose = true }):find("  ◦ Pre-steps  api/build\n    ● api/build a (1/1)\n", 1, true))
  end)

  it("09 section 9.3: says of a step that may fail that the job goes on; it is no failure", function()
    local log = os.tmpname()
    assert(fs.write(log, "lint: 3 problems\n"))
    local text = steps {
      { "finished", step = "lint", status = "failed", seconds = 0.4, error = "exit status 4", log = log, tolerated = true },
    }
    assert.equal("    → continuing after failure  build  lint  0.4s  command exited with code 4  lint: 3 problems\n", text)
    text = shown {
      started { two[1] },
      { type = "step.finished", job = "api@dev.build", step = "lint", status = "failed", seconds = 0.4, error = "exit status 4", log = log,
        tolerated = true },
      ended("api@dev.build", "completed", { tolerated = 1 }), finished("completed", { completed = 1, failed = 0 }),
    }
    os.remove(log)
    assert.falsy(text:find("✗", 1, true))
    assert.truthy(text:find("\n\n  ● api\n  │  └─ ✓ build  4.1s  1 failed step ignored\n", 1, true), text)
    assert.truthy(text:find("\n✓ Done in 4.6s\n  1 succeeded · 1 failed step ignored\n", 1, true), text)
  end)

  it("stands apart from the blocks around it", function()
    local text = shown {
      started(two), ended "web@dev.build",
      { type = "step.retry", job = "api@dev.build", step = "s", attempt = 2, attempts = 3, error = "exit status 1" },
      ended "api@dev.build", ended "api@dev.test",
    }
    assert.truthy(text:find("  4.1s\n\n    ↻ retrying attempt 2/3  api/build  s  command exited with code 1\n\n  ● api\n", 1, true), text)
  end)

  it("05 section 16.3: says when verbose what may start, what was done before and what has to wait", function()
    local jobs = { job("api", "dev", "build"), job("web", "dev", "build"), job("web", "dev", "test"), job("db", "dev", "build") }
    jobs[2].dependsOn = { "api@dev.build", "somewhere@else.x" }
    jobs[3].dependsOn = { "web@dev.build" }
    local function text(verbose)
      return shown({
        started(jobs), { type = "job.cached", job = "api@dev.build" }, { type = "job.started", job = "web@dev.build" },
      }, { verbose = verbose })
    end
    local line = "\n\n  State  2 ready · 1 resumed · 1 waiting\n    ⏳ test  waiting on web@dev.build\n\n  ● api\n  │  └─ ⚡ build  cached\n"
    assert.truthy(text(true):find(line, 1, true), text(true))
    assert.falsy(text(false):find("State", 1, true))
  end)

  it("names the component of what happens one by one where no line above does", function()
    local jobs = { job("api", "dev", "build"), job("api", "prod", "build") }
    local function text(options)
      return shown({
        started(jobs, { environments = { "dev", "prod" } }), { type = "job.started", job = "api@prod.build" },
        { type = "step.finished", job = "api@prod.build", step = "s", status = "failed", seconds = 1, error = "exit status 2" },
        ended("api@prod.build", "failed"), { type = "job.started", job = "api@dev.build" }, ended "api@dev.build",
      }, options)
    end
    assert.truthy(text():find("    ✗ api·prod/build  1.0s  ", 1, true), text())
    local verbose = text { verbose = true }
    assert.truthy(verbose:find("\n  api  ·  prod\n    ✗ build  1.0s  ", 1, true), verbose)
    assert.truthy(verbose:find("\n  api  ·  dev\n", 1, true), verbose)
  end)

  it("previews a dry run", function()
    local step = { step = "make", phase = "main", run = "make all\nmake check", directory = "/w/api", attempts = 3, timeout = "5m" }
    local events = {
      started({ two[1] }, { dryRun = true, execId = false }),
      { type = "job.preview", job = "api@dev.build", directory = "/w/api", steps = { step } },
      finished("preview", { selected = 1 }, { dryRun = true, seconds = 0 }),
    }
    events[1].execId = nil
    local text = shown(events, { cwd = "/w" })
    assert.equal([[

▲ orun shop
  Plan: 9c41d07be2aa
  Scope: 1 component · 1 job · local · dev

  api
    ◌ build  1 step  in api
      make  retries: 2  timeout: 5m

◌ Preview ready in 0.0s
  1 selected
]], text)
    text = shown(events, { verbose = true })
    assert.truthy(text:find([[
    ● build make (1/1)
    │ runner: local  cwd: /w/api
    │ run:
    │   make all
    │   make check
    │ retries: 2  timeout: 5m
]], 1, true))
  end)

  it("says when it was interrupted", function()
    local text = shown {
      started { two[1] }, { type = "run.interrupted", signal = "INT" }, ended("api@dev.build", "cancelled"),
      finished("failed", { cancelled = 1 }, { signal = "INT" }),
    }
    assert.truthy(text:find("\n  Stopping: running steps are asked to end; once more ends them at once.\n\n  ● ", 1, true), text)
    assert.truthy(text:find("─ ↷ build  cancelled", 1, true))
    assert.truthy(text:find("↷ Interrupted after 4.6s\n  1 cancelled\n", 1, true))
  end)

  it("shows every step when verbose", function()
    local log = os.tmpname()
    assert(fs.write(log, "one\n\27[31mtwo\27[0m\n"))
    local text = shown({
      started(two), { type = "job.started", job = "api@dev.build" },
      {
        type = "step.started", job = "api@dev.build", step = "lint", index = 1, count = 2, command = "make lint", directory = "/w",
        attempts = 1,
      },
      { type = "step.finished", job = "api@dev.build", step = "lint", status = "completed", seconds = 0.4, log = log },
    }, { verbose = true })
    os.remove(log)
    assert.equal([[
  State  3 ready · 0 resumed · 0 waiting

  api
    ● build lint (1/2)
    │ runner: local  cwd: /w
    │ run:
    │   make lint
    │ result: build lint
    │   one
    │   two
    ✓ completed in 0.4s  build lint
]], text:match("local · dev\n\n(.*)$"))
  end)
end)
