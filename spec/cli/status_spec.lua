local executions = dofile "spec/support/executions.lua"
local fs = require "host.fs"
local json = require "host.json"
local process = require "host.process"
local program = dofile "spec/support/program.lua"
local value = require "host.value"

local store

local function orun(...)
  return program.run(store.root, { ... }, { ORUN_HOME = store.root .. "/home", TZ = "UTC" })
end

local function meta(id, changes)
  local m = {
    execId = id, planId = "9c41d07be2aa", planName = "shop", startedAt = "2026-06-01T09:00:00Z", finishedAt = "2026-06-01T09:00:52Z",
    status = "completed", trigger = "cli", user = "kim", dryRun = false, jobTotal = 2, jobDone = 2, jobFailed = 0,
  }
  for key, v in next, changes or {} do m[key] = v or nil end
  return m
end

local function state(id)
  return { execId = id, planChecksum = "sha256-00", jobs = {
    ["cart@dev.build"] = {
      status = "completed", startedAt = "2026-06-01T09:00:00Z", finishedAt = "2026-06-01T09:00:12Z", steps = { make = "completed" },
    },
    ["db@dev.migrate"] = {
      status = "failed", startedAt = "2026-06-01T09:00:00Z", finishedAt = "2026-06-01T09:00:03Z", steps = { apply = "failed" },
      lastError = "step apply: <exit status 1>",
    },
  } }
end

describe("orun status", function()
  before_each(function() store = executions.new() end)
  after_each(function() store:close() end)

  it("says that lines of the journal were damaged, and shows the rest", function()
    store:add("x", { meta = meta("x"), state = state "x" })
    store:record("x", {
      { "run.started", execId = "x", jobs = 1 }, { "job.started", job = "cart@dev.build", attempt = 1 },
      { "job.finished", job = "cart@dev.build", status = "completed" }, { "run.finished", status = "completed", completed = 1 },
    })
    assert.equal("", orun("status").err)
    store:write(".orun/executions/x/journal.jsonl", fs.read(store.root .. "/.orun/executions/x/journal.jsonl") .. "{torn\n")
    for _, command in ipairs { "status", "logs" } do
      local r = orun(command, "--exec-id", "x")
      assert.equal(0, r.code)
      assert.equal("warning: the journal of x had 1 damaged line, which was skipped\n", r.err)
    end
    assert.truthy(orun("status").out:find("1 succeeded", 1, true))
    assert.equal("x", json.decode(orun("status", "--json").out).execID)
  end)

  it("a directory of executions that cannot be read is not an empty one", function()
    if not process.which "setpriv" then return pending("no setpriv(1) to be another user with") end
    store:add("x", { meta = meta("x"), state = state "x" })
    assert(fs.chmod(store.root, 493))
    local root = require("host.system").user() == "root"
    for _, name in ipairs { "executions", "executions/x" } do
      local directory = store.root .. "/.orun/" .. name
      assert(fs.chmod(directory, 0))
      for _, command in ipairs { "status", "logs" } do
        local argv = { program.exe, command }
        if root then argv = { "setpriv", "--reuid", "65534", "--clear-groups", program.exe, command } end
        local r = assert(process.run { argv = argv, cwd = store.root, merge = false })
        assert.equal(1, r.code, r.output)
        assert.truthy(r.errors:find(directory .. ": Permission denied", 1, true), r.errors)
      end
      assert(fs.chmod(directory, 493))
    end
  end)

  it("09 case 10: an empty store is no mistake, an unknown execution is", function()
    local r = orun "status"
    assert.equal(0, r.code)
    assert.equal("No runs yet.\n\n  Start one with: orun run\n", r.out)
    assert.equal(0, orun("status", "--all").code)
    assert.equal("{}\n", orun("status", "--json").out)
    assert.equal("[]\n", orun("status", "--all", "--json").out)
    r = orun("status", "--exec-id", "x")
    assert.equal(1, r.code)
    assert.equal("error: execution not found: x\nhint: orun get runs lists them\n", r.err)
  end)

  it("09 case 13: shows a failed run and exits 0", function()
    store:add("shop-1", { meta = meta("shop-1", { status = "failed", jobFailed = 1, jobDone = 1 }), state = state "shop-1" })
    local r = orun "status"
    assert.equal(0, r.code)
    assert.equal([[

▲ orun shop
  Plan: 9c41d07be2aa · Run: shop-1 · State: failed · Duration: 52.0s
  Scope: 2 components · 2 jobs · 1 environment

  Status:   ✓ 1 succeeded · ◐ 0 running · ○ 0 queued · ✗ 1 failed
  Progress: ▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓ 100%

  ● cart
  │  └─ ✓ build  12.0s
  │
  ● db
     └─ ✗ migrate  3.0s  step apply: <exit status 1>
]], r.out)
    assert.truthy(orun("status", "--detailed").out:find("migrate  3.0s  step apply: <exit status 1>\n          ✗ apply\n", 1, true))
  end)

  it("09 case 8: colours on demand only", function()
    store:add("shop-1", { meta = meta "shop-1", state = state "shop-1" })
    local function with(env)
      env.TERM = "xterm"
      return program.run(store.root, { "status" }, env).out
    end
    assert.falsy(with({ NO_COLOR = "1" }):find "\27")
    assert.falsy(with({}):find "\27")
    assert.truthy(with({ CLICOLOR_FORCE = "1", NO_COLOR = "1" }):find("\27[32m✓\27[0m", 1, true))
  end)

  it("09 case 11: JSON has execID, meta and state, in order, < escaped", function()
    store:add("shop-1", { meta = meta "shop-1", state = state "shop-1" })
    local out = orun("status", "--json").out
    assert.equal("\n", out:sub(-1))
    assert.truthy(out:find('step apply: \\u003cexit status 1\\u003e', 1, true))
    local document = json.decode(out, { order = true })
    assert.same({ "execID", "meta", "state" }, value.keys(document))
    assert.same({ "execId", "planId", "planName", "startedAt", "finishedAt", "status", "trigger", "user", "dryRun", "jobTotal", "jobDone",
      "jobFailed" }, value.keys(document.meta))
    assert.same({ "execId", "planChecksum", "jobs" }, value.keys(document.state))
    assert.same({ "status", "startedAt", "finishedAt", "steps", "lastError" }, value.keys(document.state.jobs["db@dev.migrate"]))
    store:add("bare", { state = state "bare" })
    assert.same({ "execID", "state" }, value.keys(json.decode(orun("status", "--exec-id", "bare", "--json").out, { order = true })))
  end)

  it("09 case 12: takes a prefix; without the link the newest run is the latest", function()
    store:add("shop-1", { meta = meta("shop-1", { startedAt = "2026-06-01T10:00:00Z" }) })
    store:add("shop-2", { meta = meta("shop-2", { startedAt = "2026-06-01T09:30:00Z" }) })
    store:add("api-1", { meta = meta("api-1", { startedAt = "2026-06-01T09:00:00Z" }) })
    local function id(...)
      return json.decode(orun("status", "--json", ...).out).execID
    end
    assert.equal("shop-1", id())
    assert.equal("api-1", id("--exec-id", "a"))
    assert(fs.symlink("api-1", store.root .. "/.orun/executions/latest"))
    assert.equal("api-1", id())
    local r = orun("status", "--exec-id", "shop")
    assert.equal(1, r.code)
    assert.truthy(r.err:find("several executions begin with shop: shop-1, shop-2", 1, true))
  end)

  it("lists all runs", function()
    local changes = { status = "running", finishedAt = false, startedAt = "2026-06-01T08:00:00Z" }
    store:add("old", { meta = meta("old", changes), state = state "old" })
    store:add("new", { meta = meta("new") })
    local out = orun("status", "--all").out
    assert.truthy(out:find("▲ orun runs\n\n  RUN +STATE +PLAN +RESULT +AGE\n  ◐ old +running +shop +2/2  ✗ 1 failed +%d+d ago\n  ✓ new"))
    assert.equal(out, orun("get", "runs").out)
    local list = json.decode(orun("get", "runs", "-o", "json").out, { order = true })
    assert.same({ "execId", "planName", "status", "jobTotal", "jobDone", "jobFailed", "startedAt" }, value.keys(list[1]))
    assert.equal("2026-06-01T09:00:52Z", list[2].finishedAt)
    assert.equal(2, list[2].jobDone)
    assert.same(list, json.decode(orun("status", "--all", "--json").out))
    assert.truthy(orun("get", "runs", "-o", "yaml").out:find("- execId: old", 1, true))
  end)

  it("believes the journal before the snapshots", function()
    local plan = { metadata = { name = "shop" }, jobs = {
      { id = "a@dev.x", component = "a", environment = "dev", steps = { { id = "late" }, { id = "early" } } },
      { id = "a@dev.y", component = "a", environment = "dev", steps = {} },
    } }
    store:add("shop-1", { meta = meta("shop-1", { status = "running", jobTotal = 9, jobDone = 9 }), plan = plan })
    store:record("shop-1", {
      { "run.started", execId = "shop-1", planChecksum = "sha256-1", jobs = 2, runner = "local", concurrency = 1 },
      { "job.started", job = "a@dev.x", attempt = 1 },
      { "step.started", job = "a@dev.x", attempt = 1, step = "late", phase = "main" },
      { "step.finished", job = "a@dev.x", attempt = 1, step = "late", status = "failed", ms = 1500 },
      { "job.finished", job = "a@dev.x", status = "failed", error = "step late: exit status 1", ts = "2026-06-01T09:00:01.500Z" },
      { "run.finished", status = "failed", failed = 1, waiting = 1, ts = "2026-06-01T09:00:02.250Z" },
    })
    local out = orun("status", "--detailed").out
    assert.truthy(out:find("State: failed · Duration: 2.2s", 1, true) or out:find("State: failed · Duration: 2.3s", 1, true), out)
    assert.truthy(out:find("○ 1 not started · ✗ 1 failed", 1, true))
    assert.truthy(out:find("✗ x  1.5s  step late: exit status 1\n     │    ✗ late  1.5s\n     │    ○ early\n", 1, true), out)
    assert.truthy(out:find("     └─ ○ y  not started\n", 1, true))
    assert.equal("failed", json.decode(orun("status", "--json").out).meta.status)
  end)

  it("tells of a run that was killed, and how to go on", function()
    store:add("shop-1", { meta = meta("shop-1", { status = "running", finishedAt = false }) })
    local here = require("host.system").hostname()
    store:record("shop-1", {
      { "run.started", execId = "shop-1", planChecksum = "", jobs = 2, runner = "local", concurrency = 1, host = here, startTicks = 1 },
      { "job.started", job = "a@dev.x", attempt = 1 },
    })
    local out = orun("status", "--watch").out
    assert.truthy(out:find("State: interrupted", 1, true))
    assert.truthy(out:find("↷ x  interrupted\n", 1, true), out)
    local manifest = store.root .. "/.orun/executions/shop-1/manifest.json"
    assert.truthy(out:find("\n  Its process is gone. Continue with: orun run " .. manifest .. " --exec-id shop-1\n", 1, true))
    assert.truthy(orun("get", "runs").out:find("↷ shop%-1 +interrupted"))
    store:record("shop-1", {
      { "run.started", execId = "shop-1", planChecksum = "", jobs = 2, runner = "local", concurrency = 1, host = "elsewhere" },
    })
    assert.truthy(orun("status").out:find("State: running", 1, true))
  end)

  it("takes jobs that failed in an earlier run for queued ones, until the run that goes on comes to them", function()
    local plan = { metadata = { name = "shop" }, jobs = {} }
    for i, name in ipairs { "x", "y", "z" } do
      plan.jobs[i] = { id = "a@dev." .. name, component = "a", environment = "dev", steps = {} }
    end
    store:add("shop-1", { plan = plan })
    local function start(jobs)
      store:record("shop-1", {
        { "run.started", execId = "shop-1", planChecksum = "", jobs = jobs, runner = "local", concurrency = 1, host = "elsewhere" },
      })
    end
    start(3)
    store:record("shop-1", {
      { "job.started", job = "a@dev.x", attempt = 1 },
      { "job.finished", job = "a@dev.x", status = "failed", error = "step s: exit status 1" },
      { "job.started", job = "a@dev.y", attempt = 1 }, { "job.finished", job = "a@dev.y", status = "cancelled", error = "cancelled" },
      { "run.finished", status = "failed", failed = 1, cancelled = 1 },
    })
    assert.truthy(orun("status").out:find("○ 1 not started · ✗ 1 failed · ↷ 1 cancelled\n", 1, true))
    start(1)
    assert.truthy(orun("status").out:find("✗ 1 failed · ↷ 1 cancelled\n", 1, true))
    start(3)
    local out = orun("status").out
    assert.truthy(out:find("◐ 0 running · ○ 3 queued · ✗ 0 failed\n", 1, true), out)
    assert.truthy(out:find("─ ○ x  queued  it failed before\n", 1, true), out)
    assert.truthy(out:find("─ ○ y  queued  it was cancelled before\n", 1, true), out)
    store:record("shop-1", {
      { "job.started", job = "a@dev.x", attempt = 2 },
      { "job.finished", job = "a@dev.x", status = "failed", error = "step s: exit status 2" },
    })
    assert.truthy(orun("status").out:find("─ ✗ x  step s: exit status 2\n", 1, true))
  end)

  it("watches until the run is over; without a terminal frames follow each other without escapes", function()
    store:add("shop-1", { meta = meta "shop-1", state = state "shop-1" })
    local r = orun("status", "--watch")
    assert.equal(0, r.code)
    assert.equal(orun("status").out, r.out)
    r = orun("status", "-w", "--json")
    local _, lines = r.out:gsub("\n", "")
    assert.equal(1, lines)
    assert.equal("shop-1", json.decode(r.out).execID)
    assert.equal(1, orun("status", "-w", "--exec-id", "nothing").code)
  end)
end)

describe("orun status --watch in a terminal", function()
  before_each(function() store = executions.new() end)
  after_each(function() store:close() end)

  local hide, home, show = "\27[?25l", "\27[H\27[J", "\27[?25h"

  local function watch(command)
    if not process.which "script" then pending "script is not installed; the terminal was not tried" end
    local env = process.environ()
    env.TERM, env.CI, env.GITHUB_ACTIONS = "xterm", nil, nil
    return assert(process.run {
      argv = { "script", "-qec", command:format(program.exe), "/dev/null" }, cwd = store.root, env = env, merge = false,
    })
  end

  it("09 case 14: redraws in place and puts the cursor back", function()
    store:add("shop-1", { meta = meta "shop-1", state = state "shop-1" })
    local out = watch("%s status --watch").output
    assert.equal(hide .. home, out:sub(1, #hide + #home))
    assert.truthy(out:find("State: ", 1, true))
    assert.equal(show .. "\r\n", out:sub(-#show - 2))
  end)

  it("09 case 15: waits for a run, and puts the cursor back when interrupted", function()
    local r = watch("timeout --foreground --preserve-status -s INT 1 %s status --watch")
    assert.equal(130, r.code)
    assert.truthy(r.output:find("Waiting for a run...", 1, true))
    assert.truthy(r.output:find(show, 1, true))
  end)
end)

describe("orun logs", function()
  before_each(function() store = executions.new() end)
  after_each(function() store:close() end)

  local plan = { metadata = { name = "shop" }, jobs = {
    { id = "api@dev.build", steps = { { id = "zip" }, { id = "lint:all" } } }, { id = "db:x@dev.run", steps = { { id = "go" } } },
  } }

  local function add()
    store:add("abc", {
      meta = meta "abc", plan = plan,
      state = { jobs = {
        ["api@dev.build"] = { status = "failed", steps = { zip = "completed", ["lint:all"] = "failed" } },
        ["db:x@dev.run"] = { status = "completed", steps = { go = "completed" } },
      } },
      logs = {
        ["api@dev.build/zip"] = "zipped\n", ["api@dev.build/lint_all"] = "problem 1\n\nproblem 2\n", ["db_x@dev.run/go"] = "went\n",
        ["db_x@dev.run/blank"] = " \n\n",
      },
    })
  end

  it("says that there is nothing", function()
    assert.equal("No runs yet.\n", orun("logs").out)
    store:add("abc", { meta = meta "abc" })
    local r = orun "logs"
    assert.equal("No logs for this run yet.\n", r.out)
    assert.equal(0, r.code)
    assert.equal(1, orun("logs", "--exec-id", "nothing").code)
  end)

  it("shows what failed, and how much it leaves out", function()
    add()
    local out = orun("logs").out
    assert.truthy(out:find("\n  ● api  ·  dev\n    ✗ build  lint:all\n       problem 1\n       problem 2\n", 1, true), out)
    assert.falsy(out:find("zipped", 1, true))
    assert.truthy(out:find("2 more steps without failures or links; --raw shows all", 1, true))
  end)

  it("shows everything when raw, steps in their order", function()
    add()
    local out = orun("logs", "--raw").out
    assert.truthy(out:find("✓ build  zip\n       zipped\n    ✗ build  lint:all\n", 1, true), out)
    assert.truthy(out:find("  ● db:x  ·  dev\n    ✓ run  go\n       went\n", 1, true))
    assert.falsy(out:find("blank", 1, true))
  end)

  it("09 case 22: run/ and job/ are the flags; jobs by any part of their id", function()
    add()
    local out = orun("logs", "--exec-id", "abc", "--job", "api").out
    assert.truthy(out:find("zipped", 1, true))
    assert.falsy(out:find("went", 1, true))
    assert.equal(out, orun("logs", "run/abc", "job/api").out)
    assert.equal(out, orun("logs", "job/api.dev.build").out)
    assert.equal(out, orun("logs", "run/a", "--job", "build").out)
    assert.truthy(orun("logs", "--step", "lint").out:find("problem 2", 1, true))
    assert.falsy(orun("logs", "--failed").out:find("zipped", 1, true))
    assert.equal(2, orun("logs", "api").code)
  end)
end)

describe("orun get plans", function()
  before_each(function() store = executions.new() end)
  after_each(function() store:close() end)

  local checksum = "sha256-" .. ("0123456789abcdef"):rep(4)
  local plan = { apiVersion = "orun.io/v1", kind = "Plan", metadata = { name = "shop", checksum = checksum }, jobs = { {}, {} } }

  it("lists what is stored", function()
    assert.equal("No plans yet.\n\n  Make one with: orun plan\n", orun("get", "plans").out)
    assert.equal("[]\n", orun("get", "plans", "-o", "json").out)
    store:plan("0123456789ab", plan)
    store:plan("latest", plan)
    local out = orun("get", "plans").out
    assert.truthy(out:find("REVISION        JOBS    AGE       STATUS\n0123456789ab    2       now       ● ready\nlatest", 1, true), out)
    assert.truthy(out:find("\n\n1 revision · latest: 0123456789ab\n", 1, true))
    local list = json.decode(orun("get", "plans", "-o", "json").out, { order = true })
    assert.same({ "Name", "Path", "Checksum", "Jobs", "CreatedAt" }, value.keys(list[1]))
    assert.equal("0123456789ab", list[1].Checksum)
    assert.equal(store.root .. "/.orun/plans/0123456789ab.json", list[1].Path)
    assert.truthy(list[1].CreatedAt:find "^%d%d%d%d%-%d%d%-%d%dT%d%d:%d%d:%d%d[%d.]*Z$")
    assert.equal("latest", list[2].Name)
  end)
end)

describe("orun get jobs", function()
  before_each(function() store = executions.new() end)
  after_each(function() store:close() end)

  local function job(component, name, needs)
    return {
      id = component .. "@dev." .. name, name = name, component = component, environment = "dev", composition = "sh", steps = value.list(),
      dependsOn = needs and value.list(needs) or nil,
    }
  end

  local function add()
    store:plan("latest", { apiVersion = "orun.io/v1", kind = "Plan", metadata = { name = "shop" }, jobs = value.list {
      job("db", "migrate-sh"), job("api", "run-sh", { "db@dev.migrate-sh" }), job("web", "run", { "api@dev.run-sh" }),
    } })
    store:add("x", { meta = meta "x", state = { jobs = { ["db@dev.migrate-sh"] = { status = "completed" } } } })
  end

  it("says when there is no plan", function()
    local r = orun("get", "jobs")
    assert.equal("No plan yet.\n\n  Make one with: orun plan\n", r.out)
    assert.equal(0, r.code)
    assert.equal("[]\n", orun("get", "jobs", "-o", "json").out)
    assert.equal(1, orun("get", "jobs", "--plan", "nothing").code)
  end)

  it("shows a tree, compact lines or a table, with the status of the latest run", function()
    add()
    local out = orun("get", "jobs").out
    assert.truthy(out:find("^PLAN: shop %(%x%x%x%x%x%x%x%) · 3 jobs\n\napi\n  dev\n    ○ run +pending\n"), out)
    assert.truthy(out:find("\n\ndb\n  dev\n    ✓ migrate +completed\n"))
    assert.equal("✓  db                       dev          migrate\n", orun("get", "jobs", "--view", "compact").out:match "^[^\n]*\n")
    out = orun("get", "jobs", "-o", "wide").out
    assert.truthy(out:find("^JOB ID +COMPONENT +ENV +STATUS\n✓ db@dev.migrate%-sh +db +dev +completed\n"))
    assert.equal(out, orun("get", "job", "--view=table").out)
  end)

  it("shows the jobs of the plan as JSON", function()
    add()
    local list = json.decode(orun("get", "jobs", "-o", "json").out, { order = true })
    assert.equal(3, #list)
    local keys = value.keys(list[2])
    assert.equal("id", keys[1])
    assert.truthy(orun("get", "jobs", "-o", "yaml").out:find("- id: db@dev.migrate-sh", 1, true))
  end)

  it("narrows to the component of the working directory and what it needs", function()
    add()
    store:write("services/api/component.yaml", "metadata: {name: api}\n")
    local function inside(...)
      return program.run(store.root .. "/services/api", { "get", "jobs", ... })
    end
    local r = inside("--view", "compact")
    local _, lines = r.out:gsub("\n", "")
    assert.equal(2, lines)
    assert.truthy(r.err:find("^context: auto%-scoped to component api %(%+ 1 dependency: db%)\n"))
    r = inside("-o", "json")
    assert.equal("", r.err)
    assert.equal(2, #json.decode(r.out))
    assert.equal(3, #json.decode(inside("-o", "json", "--all").out))
  end)
end)
