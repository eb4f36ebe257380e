local jobs_render = require "orun.cockpit.render.jobs"
local jobs_view = require "orun.cockpit.viewmodel.jobs"
local logs_render = require "orun.cockpit.render.logs"
local logs_view = require "orun.cockpit.viewmodel.logs"
local plans_render = require "orun.cockpit.render.plans"
local plans_view = require "orun.cockpit.viewmodel.plans"
local run_render = require "orun.cockpit.render.run"
local run_view = require "orun.cockpit.viewmodel.run"
local runs_render = require "orun.cockpit.render.runs"
local runs_view = require "orun.cockpit.viewmodel.runs"
local style = require "orun.cockpit.style"

local plain, colored = style.new { color = false }, style.new { color = true }
local noon = 1780315200 -- 2026-06-01T12:00:00Z

local function at(seconds)
  return os.date("!%Y-%m-%dT%H:%M:%SZ", noon + seconds)
end

local record = {
  execId = "shop-20260601-4fe210",
  meta = {
    planId = "9c41d07be2aa", planName = "shop", status = "running", startedAt = at(-67),
    links = { { label = "preview", url = "https://shop.example.dev" } },
  },
  state = { jobs = {
    ["cart@dev.build"] = {
      status = "completed", startedAt = at(-60), finishedAt = at(-48), steps = { compile = "completed", link = "completed" },
    },
    ["cart@dev.deploy"] = { status = "running", startedAt = at(-41), steps = { push = "running" } },
    ["db@dev.migrate"] = { status = "failed", startedAt = at(-60), finishedAt = at(-57), lastError = "step apply: exit status 1" },
    ["web@dev.deploy"] = { status = "pending" },
  } },
}

local function run_frame(changes, options)
  local copy = {}
  for key, v in next, record do copy[key] = v end
  for key, v in next, changes or {} do copy[key] = v end
  options = options or {}
  options.now = noon
  return run_render.lines(run_view.view(copy), options)
end

describe("run frame", function()
  it("shows one run", function()
    assert.equal([[

▲ orun shop
  Plan: 9c41d07be2aa · Run: shop-20260601-4fe210 · State: running · Duration: 1m07s
  Scope: 3 components · 4 jobs · 1 environment

  Status:   ✓ 1 succeeded · ◐ 1 running · ○ 1 queued · ✗ 1 failed
  Progress: ▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓░░░░░░░░░░░░░░░░  50%

  preview https://shop.example.dev

  ● cart
  │  ├─ ◐ deploy  running 41.0s
  │  └─ ✓ build  12.0s
  │
  ● db
  │  └─ ✗ migrate  3.0s  step apply: exit status 1
  │
  ○ web
     └─ ○ deploy  queued
]], plain:text(run_frame()))
  end)

  it("fits into the room there is: what runs and what failed first, the rest counted", function()
    assert.equal([[

▲ orun shop
  Plan: 9c41d07be2aa · Run: shop-20260601-4fe210
  State: running · Duration: 1m07s
  Scope: 3 components · 4 jobs · 1 environment

  Status:   ✓ 1 succeeded · ◐ 1 running
            ○ 1 queued · ✗ 1 failed
  Progress: ▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓░░░░░░░░░░░░░░░░  50%

  preview https://shop.example.dev

  ● cart  … and 1 succeeded
  │  └─ ◐ deploy  running 41.0s
  ● db
  │  └─ ✗ migrate  3.0s  step apply: exit status 1
  ○ web  1 queued
]], plain:text(run_frame(nil, { rows = 18, columns = 50 })))
    assert.equal(plain:text(run_frame()), plain:text(run_frame(nil, { rows = 19 })))
    local tight = plain:text(run_frame(nil, { rows = 13 }))
    assert.truthy(tight:find("\n\n  ● cart  … and 1 succeeded\n  │  └─ ◐ deploy  running 41.0s\n  … 2 more components\n$"), tight)
    assert.truthy(plain:text(run_frame(nil, { rows = 3 })):find("\n  … 3 components\n$"))
  end)

  it("shows on a screen as many links as leave room for jobs", function()
    local links = {}
    for i = 1, 9 do links[i] = { label = "l" .. i, url = "https://x/" .. i } end
    local text = plain:text(run_frame({ meta = { planName = "shop", status = "running", links = links } }, { rows = 12 }))
    assert.truthy(text:find("  l3 https://x/3\n  … 6 more links\n\n", 1, true), text)
  end)

  it("shows the steps when asked for details", function()
    local text = plain:text(run_frame(nil, { detailed = true }))
    assert.truthy(text:find("  │  ├─ ◐ deploy  running 41.0s\n  │  │    ◐ push\n", 1, true))
    assert.truthy(text:find("  │  └─ ✓ build  12.0s\n  │       ✓ compile\n  │       ✓ link\n", 1, true))
  end)

  it("names the environment when there are several, and cuts errors", function()
    local text = plain:text(run_frame { state = { jobs = {
      ["a@dev.x"] = { status = "failed", lastError = ("e"):rep(80) }, ["a@prod.x"] = { status = "completed" },
    } } })
    assert.truthy(text:find("─ ✗ dev/x  " .. ("e"):rep(59) .. "…\n", 1, true))
    assert.truthy(text:find("─ ✓ prod/x\n", 1, true))
    assert.truthy(text:find("1 component · 2 jobs · 2 environments", 1, true))
  end)

  it("09 case 7: without jobs it says where the logs are", function()
    local text = plain:text(run_frame { state = {}, meta = { status = "running" } })
    assert.equal("  Logs: orun logs --exec-id shop-20260601-4fe210\n", text:match "[^\n]*\n$")
    assert.falsy(text:find("Scope", 1, true))
    assert.falsy(text:find("Progress", 1, true))
  end)

  it("09 case 8: has no escapes without colour, and all glyphs in both", function()
    local without, with = plain:text(run_frame()), colored:text(run_frame())
    assert.falsy(without:find "\27")
    assert.truthy(with:find "\27%[")
    assert.equal(without, (with:gsub("\27%[[%d;]*m", "")))
  end)

  it("styles parts of a dim line one by one", function()
    for line in colored:text(run_frame()):gmatch "[^\n]+" do
      assert.falsy(line:find "\27%[[1-9][%d;]*m[^\27]*\27%[[1-9]", line)
    end
  end)

  it("shows names from outside without their escapes", function()
    local text = colored:text(run_frame { meta = { planName = "\27[2Jshop\7" } })
    assert.truthy(text:find("\27[1mshop\27[0m", 1, true))
  end)
end)

describe("run list", function()
  local function frame(items)
    return plain:text(runs_render.lines(runs_view.view(items), noon))
  end

  it("says what to do when it is empty", function()
    assert.equal("No runs yet.\n\n  Start one with: orun run\n", frame {})
  end)

  it("shows a row per run", function()
    assert.equal([[

▲ orun runs

  RUN                                                  STATE       PLAN                    RESULT                AGE
  ◐ shop-20260601-4fe210                               running     shop                    3/5  ✗ 1 failed       12s ago
  ✓ a-run-with-a-very-long-identifier-20260601-abcdef  completed   日本語のとても長い名…   4/4                   5m ago
  ○ broken                                             unknown                             —                     2d ago
]], frame {
      { execId = "shop-20260601-4fe210", meta = {
        status = "running", planName = "shop", startedAt = at(-12), jobTotal = 5, jobDone = 2, jobFailed = 1 } },
      { execId = "a-run-with-a-very-long-identifier-20260601-abcdef", meta = {
        status = "completed", planName = "日本語のとても長い名前です", startedAt = at(-310), jobTotal = 4, jobDone = 4 } },
      { execId = "broken", startedAt = at(-2 * 86400) },
    })
  end)

  it("takes no more room than it needs on a terminal that is too narrow, and always as much", function()
    local counts = { jobTotal = 30, jobDone = 12, jobFailed = 12 }
    local items = {
      { execId = "shop-1", cancelled = 2, meta = { status = "failed", planName = "shop", startedAt = at(-12) } },
      { execId = "shop-2", meta = { status = "completed", planName = "shop", startedAt = at(-310), jobTotal = 4, jobDone = 4 } },
    }
    for key, v in next, counts do items[1].meta[key] = v end
    local rows = runs_view.view(items)
    assert.equal([[

▲ orun runs

  RUN       STATE      PLAN  RESULT                             AGE
  ✗ shop-1  failed     shop  24/30  ✗ 10 failed  ↷ 2 cancelled  12s ago
  ✓ shop-2  completed  shop  4/4                                5m ago
]], plain:text(runs_render.lines(rows, noon, false, 100)))
    local roomy = plain:text(runs_render.lines(rows, noon, false, 200))
    assert.equal(plain:text(runs_render.lines(rows, noon)), roomy)
    assert.truthy(roomy:find("24/30  ✗ 10 failed  ↷ 2 cancelled  12s ago\n", 1, true), roomy)
  end)

  it("keeps its columns, and counts all jobs, for a run that broke off", function()
    assert.equal([[

▲ orun runs

  RUN                                     STATE        PLAN                    RESULT                AGE
  ↷ shop-20260601-4fe210                  interrupted  shop                    1/5                   12s ago
  ✓ shop-20260601-000000                  completed    shop                    4/4                   5m ago
]], frame {
      { execId = "shop-20260601-4fe210", abandoned = true, fold = { jobTotal = 5 },
        meta = { status = "running", planName = "shop", startedAt = at(-12) },
        state = { jobs = { ["a@e.1"] = { status = "completed" }, ["a@e.2"] = { status = "running" } } } },
      { execId = "shop-20260601-000000", meta = {
        status = "completed", planName = "shop", startedAt = at(-310), jobTotal = 4, jobDone = 4 } },
    })
  end)
end)

describe("logs frame", function()
  local function lines(n)
    local list = {}
    for i = 1, n do list[i] = "line " .. i end
    return table.concat(list, "\n")
  end

  local function entry(count, status, more)
    local e = {
      jobId = "cart@dev.deploy", component = "cart", environment = "dev", short = "deploy", stepId = "push", status = status or "completed",
      text = lines(count),
    }
    for key, v in next, more or {} do e[key] = v end
    return e
  end

  local function frame(entries, options)
    options = options or {}
    options.now = noon
    return plain:text(logs_render.lines(logs_view.view(run_view.view(record), entries, { raw = options.raw }), options))
  end

  it("shows entries below their component", function()
    assert.equal([[

▲ orun shop
  Run: shop-20260601-4fe210 · State: running · Duration: 1m07s
  Status:   ✓ 1 succeeded · ◐ 1 running · ○ 1 queued · ✗ 1 failed
  preview https://shop.example.dev

  ● cart  ·  dev
    ✗ deploy  push
       line 1
       line 2
    ✓ deploy  tag
       line 1

  ● db  ·  dev
    ✓ migrate  apply
       line 1
]], frame({ entry(2, "failed"), entry(1, "completed", { stepId = "tag" }),
      entry(1, "completed", { component = "db", jobId = "db@dev.migrate", short = "migrate", stepId = "apply" }) }, { raw = true }))
  end)

  it("09 case 19: shows 8 lines, or all when raw", function()
    local text = frame { entry(10) }
    assert.truthy(text:find("line 8\n       … 2 more lines\n", 1, true))
    assert.falsy(text:find("line 9", 1, true))
    assert.truthy(frame({ entry(9) }):find("… 1 more line\n", 1, true))
    text = frame({ entry(10) }, { raw = true })
    assert.truthy(text:find("line 10\n", 1, true))
    assert.falsy(text:find("more line", 1, true))
  end)

  it("09 case 20: repeats the last line of a long failed entry", function()
    assert.truthy(frame({ entry(20, "failed") }):find("… 12 more lines\n       line 20\n", 1, true))
    assert.falsy(frame({ entry(20) }):find("line 20", 1, true))
    local _, times = frame({ entry(3, "failed") }):gsub("line 3", "")
    assert.equal(1, times)
  end)

  it("says how much it left out", function()
    local text = frame { entry(1, "failed"), entry(1, "completed", { stepId = "a" }), entry(1, "completed", { stepId = "b" }) }
    assert.truthy(text:find("  2 more steps without failures or links; --raw shows all\n", 1, true))
  end)

  it("says that there is nothing", function()
    assert.truthy(frame({}):find("No logs captured for this run.\n", 1, true))
  end)

  it("shows output without its escapes", function()
    assert.truthy(frame({ entry(1, "completed", { text = "\27[31mred\27[0m" }) }):find("       red\n", 1, true))
  end)
end)

describe("plans", function()
  it("are listed with their age", function()
    local view = plans_view.view({
      { name = "0123456789ab", path = "/p/0123456789ab.json", short = "0123456789ab", jobs = 12, mtime = noon - 3600 * 5 },
      { name = "broken", path = "/p/broken.json", short = "", jobs = 0, mtime = noon - 120 },
      { name = "latest", path = "/p/latest.json", short = "0123456789ab", jobs = 12, mtime = noon - 3 },
    }, noon)
    assert.equal([[
REVISION        JOBS    AGE       STATUS
0123456789ab    12      5h        ● ready
broken          0       2m        ✗ broken
latest          12      now       ● ready

2 revisions · latest: 0123456789ab
]], plain:text(plans_render.lines(view)))
    assert.truthy(plain:text(plans_render.lines(view, true)):find("● ready   0123456789ab  /p/latest.json", 1, true))
  end)

  it("may be none", function()
    assert.equal("No plans yet.\n\n  Make one with: orun plan\n", plain:text(plans_render.lines(plans_view.view({}, noon))))
  end)
end)

describe("jobs", function()
  local plan = { metadata = { name = "shop", checksum = "sha256-0123456789abcdef" }, jobs = {
    { id = "api@dev.build-make", name = "build-make", component = "api", environment = "dev", composition = "make", steps = {} },
    { id = "web@dev.test", name = "test", component = "web", environment = "dev", composition = "make", steps = {} },
  } }
  local view = jobs_view.view(plan, { ["api@dev.build-make"] = "completed" })

  it("as a tree", function()
    assert.equal([[
PLAN: shop (0123456) · 2 jobs

api
  dev
    ✓ build                          completed

web
  dev
    ○ test                           pending

]], plain:text(jobs_render.lines(view, "tree")))
  end)

  it("compact", function()
    assert.equal([[
✓  api                      dev          build
○  web                      dev          test
]], plain:text(jobs_render.lines(view, "compact")))
  end)

  it("as a table", function()
    assert.equal([[
JOB ID                                              COMPONENT           ENV             STATUS
✓ api@dev.build-make                                api                 dev             completed
○ web@dev.test                                      web                 dev             pending
]], plain:text(jobs_render.lines(view, "table")))
  end)

  it("in columns that grow with long names", function()
    local name, environment = ("n"):rep(30), ("e"):rep(20)
    local long = jobs_view.view({ metadata = { name = "p", checksum = plan.metadata.checksum }, jobs = {
      { id = "b@dev.build", name = "build", component = "b", environment = "dev", steps = {} },
      { id = name .. "@" .. environment .. ".build", name = "build", component = name, environment = environment, steps = {} },
    } }, {})
    assert.equal(("○  %s %s build\n○  %s %s build\n"):format("b" .. (" "):rep(29), "dev" .. (" "):rep(17), name, environment),
      plain:text(jobs_render.lines(long, "compact")))
    local lines = {}
    for line in plain:text(jobs_render.lines(long, "table")):gmatch "[^\n]+" do lines[#lines + 1] = line end
    local column = lines[1]:find "STATUS"
    for i = 2, 3 do assert.equal(column, utf8.len(lines[i]:match "^(.*)pending") + 1) end
  end)
end)
