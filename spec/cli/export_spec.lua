-- orun status --trace and --junit: a run for other tools.
local executions = dofile "spec/support/executions.lua"
local json = require "host.json"
local program = dofile "spec/support/program.lua"

local store

local function orun(...)
  return program.run(store.root, { ... })
end

local plan = { metadata = { name = "shop & co" }, jobs = {
  { id = "api@dev.build", component = "api", steps = { { id = "make" }, { id = "test" } } },
  { id = "api@dev.lint", component = "api", steps = { { id = "s" } } },
  { id = "web@dev.build", component = "web", steps = { { id = "s" } } },
} }

-- Two jobs side by side, the second fails, the third is never reached.
local function records()
  local here = require("host.system").hostname()
  return {
    {
      "run.started", ts = "2026-06-01T09:00:00.000Z", execId = "x", planChecksum = "", jobs = 3, runner = "local", concurrency = 2,
      host = here, startTicks = 1,
    },
    { "job.started", ts = "2026-06-01T09:00:00.100Z", job = "api@dev.build", attempt = 1 },
    { "step.started", ts = "2026-06-01T09:00:00.110Z", job = "api@dev.build", attempt = 1, step = "make", phase = "main", pgid = 1 },
    { "job.started", ts = "2026-06-01T09:00:00.120Z", job = "api@dev.lint", attempt = 1 },
    { "step.started", ts = "2026-06-01T09:00:00.130Z", job = "api@dev.lint", attempt = 1, step = "s", phase = "main", pgid = 2 },
    { "step.finished", ts = "2026-06-01T09:00:01.110Z", job = "api@dev.build", attempt = 1, step = "make",
      status = "completed", exit = 0, ms = 1000 },
    { "step.started", ts = "2026-06-01T09:00:01.111Z", job = "api@dev.build", attempt = 1, step = "test", phase = "main", pgid = 3 },
    { "step.finished", ts = "2026-06-01T09:00:01.630Z", job = "api@dev.lint", attempt = 1, step = "s",
      status = "failed", exit = 3, ms = 1500,
      log = "logs/api@dev.lint/s.log", logBytes = 20 },
    { "job.finished", ts = "2026-06-01T09:00:01.631Z", job = "api@dev.lint", status = "failed", error = 'step s: "<1>" & more' },
    { "step.finished", ts = "2026-06-01T09:00:02.111Z", job = "api@dev.build", attempt = 1, step = "test",
      status = "completed", exit = 0, ms = 1000 },
    { "job.finished", ts = "2026-06-01T09:00:02.112Z", job = "api@dev.build", status = "completed" },
    { "job.blocked", ts = "2026-06-01T09:00:02.113Z", job = "web@dev.build", reason = "api@dev.lint failed" },
    { "run.finished", ts = "2026-06-01T09:00:02.120Z", status = "failed", completed = 1, failed = 1, blocked = 1 },
  }
end

local function add(list)
  store:add("x", { plan = plan, logs = { ["api@dev.lint/s"] = "a <b> & \27[31mred\27[0m \255 \1]]>\nlast" } })
  store:record("x", list)
end

describe("orun status", function()
  before_each(function() store = executions.new() end)
  after_each(function() store:close() end)

  it("--junit has a suite for each component and a case for each job", function()
    add(records())
    local r = orun("status", "--junit", "-")
    assert.equal(0, r.code, r.err)
    assert.equal([=[
<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="shop &amp; co — x" tests="3" failures="1" errors="0" skipped="1" time="2.120">
  <testsuite name="api" tests="2" failures="1" errors="0" skipped="0" time="3.523">
    <testcase name="lint" classname="api.dev" time="1.511">
      <failure message="step s: &quot;&lt;1&gt;&quot; &amp; more" type="failed">step s:
a &lt;b&gt; &amp; red ]=] .. "\u{fffd}" .. [=[ ]]&gt;
last</failure>
    </testcase>
    <testcase name="build" classname="api.dev" time="2.012"/>
  </testsuite>
  <testsuite name="web" tests="1" failures="0" errors="0" skipped="1" time="0.000">
    <testcase name="build" classname="web.dev" time="0.000">
      <skipped message="api@dev.lint failed"/>
    </testcase>
  </testsuite>
</testsuites>
]=], r.out)
  end)

  it("--trace puts jobs that ran side by side on lanes, with their steps below them", function()
    add(records())
    local r = orun("status", "--trace", "run.json")
    assert.equal(0, r.code, r.err)
    assert.equal("", r.out)
    local events = assert(json.decode(require("host.fs").read(store.root .. "/run.json"))).traceEvents
    local by_name = {}
    for _, event in ipairs(events) do by_name[event.name] = event end
    local build, lint, make, test = by_name["api·dev/build"], by_name["api·dev/lint"], by_name.make, by_name.test
    assert.same({ 2012000, 1511000, 1000000, 1000000 }, { build.dur, lint.dur, make.dur, test.dur })
    assert.equal(10000, make.ts - build.ts)
    assert.equal(20000, lint.ts - build.ts)
    assert.not_equal(build.tid, lint.tid)
    assert.equal(build.tid, make.tid)
    assert.equal("failed", lint.args.status)
    assert.equal(3, by_name.s.args.exit)
    assert.equal("i", by_name.blocked.ph)
    assert.equal("M", by_name.process_name.ph)
    for _, event in ipairs(events) do
      assert.truthy(math.type(event.ts) == "integer" and math.type(event.pid) == "integer", event.name)
      assert.truthy(event.ph ~= "X" or event.dur >= 0)
    end
  end)

  it("--trace and --junit show a run that broke off, and work together", function()
    local list = records()
    add(table.move(list, 1, 7, 1, {}))
    local r = orun("status", "--trace", "run.json", "--junit", "run.xml")
    assert.equal(0, r.code, r.err)
    local events = assert(json.decode(require("host.fs").read(store.root .. "/run.json"))).traceEvents
    local statuses = {}
    for _, event in ipairs(events) do
      if event.args.status then statuses[event.name] = event.args.status end
    end
    assert.same({
      make = "completed", test = "interrupted", s = "interrupted", ["api·dev/build"] = "running", ["api·dev/lint"] = "running",
    }, statuses)
    local xml = require("host.fs").read(store.root .. "/run.xml")
    assert.truthy(xml:find('errors="2"', 1, true), xml)
    assert.truthy(xml:find('<error message="the job was interrupted" type="interrupted"/>', 1, true), xml)
  end)

  it("--trace and --junit need a run, and a place to write to", function()
    assert.equal(1, orun("status", "--junit", "-").code)
    add(records())
    local r = orun("status", "--junit", "no/such/directory.xml")
    assert.equal(1, r.code)
    assert.truthy(r.err:find("error: cannot write no/such/directory.xml: ", 1, true), r.err)
  end)
end)
