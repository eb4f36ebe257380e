-- Two processes that run one execution share its jobs.
local fs = require "host.fs"
local journal = require "orun.state.journal"
local json = require "host.json"
local loop = require "host.loop"
local process = require "host.process"
local program = dofile "spec/support/program.lua"
local spaces = dofile "spec/run/workspace.lua"

describe("two processes on one execution", function()
  local space

  before_each(function() space = spaces.new() end)
  after_each(function() space:close() end)

  local function start(...)
    return assert(process.start {
      argv = { program.exe, "run", "plan.json", "--exec-id", "x", "--component-concurrency", "0", ... },
      cwd = space.root, env = program.environment { CLICOLOR_FORCE = "0" }, output = "capture",
    })
  end

  local function store(jobs, options)
    local plan = spaces.plan(jobs, options)
    plan.metadata.checksum = nil
    space:write("plan.json", json.encode(plan, { indent = 2 }))
    return plan
  end

  local function wait_for(name)
    while not space:read(name) do loop.sleep(0.005) end
  end

  local function fold()
    return (journal.read(space:execution "x" .. "/journal.jsonl"))
  end

  it("05 case 28: run every job once, each some of them, and both end well", function()
    local jobs = {}
    for i = 1, 40 do
      jobs[i] = { ("c%02d@dev.a"):format(i), "echo $ORUN_JOB_ID $PPID >> ran; sleep 0.02" }
      if i > 10 then jobs[i].dependsOn = { ("c%02d@dev.a"):format(i - 10) } end
    end
    store(jobs)
    local first, second = start(), start()
    local a, b = first:wait(), second:wait()
    assert.equal(0, a.code, a.output)
    assert.equal(0, b.code, b.output)
    local ran, by = {}, {}
    for _, line in ipairs(space:lines "ran") do
      local id, pid = line:match "^(%S+) (%d+)$"
      ran[id], by[pid] = (ran[id] or 0) + 1, true
    end
    for _, job in ipairs(jobs) do assert.equal(1, ran[job[1]], job[1]) end
    assert.truthy(by[tostring(first:pid())], b.output)
    assert.truthy(by[tostring(second:pid())], a.output)
    assert.equal("completed", fold().status)
    assert.equal("completed", space:metadata "x".status)
    assert.equal(40, space:metadata "x".jobDone)
  end)

  it("have one status: it runs until the last of them ends", function()
    store { { "c@dev.a", ": > a; until [ -e go ]; do sleep 0.01; done" }, { "c@dev.b", ": > b; until [ -e go-b ]; do sleep 0.01; done" } }
    local first = start("--concurrency", "1")
    wait_for "a"
    local second = start("--job", "c@dev.b")
    wait_for "b"
    fs.write(space.root .. "/go-b", "")
    assert.equal(0, second:wait().code)
    assert.equal("running", fold().status)
    assert.equal("running", space:metadata "x".status)
    fs.write(space.root .. "/go", "")
    local result = first:wait()
    assert.equal(0, result.code, result.output)
    assert.truthy(result.output:find("1 succeeded · 1 cached", 1, true), result.output)
    assert.equal("completed", fold().status)
    assert.equal("completed", space:metadata "x".status)
  end)

  it("both fail when a job that both need fails in one of them", function()
    store({
      { "c@dev.a", ": > a; until [ -e go ]; do sleep 0.01; done; exit 3" },
      { "c@dev.b", "echo b >> ran", dependsOn = { "c@dev.a" } },
      { "d@dev.a", "echo d >> ran" },
    }, { fail_fast = false })
    local first = start()
    wait_for "a"
    local second = start()
    while not (space:read "ran" or ""):find "d" do loop.sleep(0.005) end
    while fold().execId == nil or next(fold().open, next(fold().open)) == nil do loop.sleep(0.005) end
    fs.write(space.root .. "/go", "")
    local a, b = first:wait(), second:wait()
    assert.equal(1, a.code, a.output)
    assert.equal(1, b.code, b.output)
    assert.truthy(b.output:find("failed in another process: step s: exit status 3", 1, true), b.output)
    assert.same({ "d" }, space:lines "ran")
    assert.equal("failed", fold().status)
    assert.truthy(fold().blocked["c@dev.b"])
  end)

  it("take over the jobs of the one that is killed", function()
    store { { "c@dev.a", ": >> a; if [ -e again ]; then echo done >> ran; else sleep 60; fi" } }
    local first = start()
    wait_for "a"
    local second = start()
    while next(fold().open, next(fold().open)) == nil do loop.sleep(0.005) end
    fs.write(space.root .. "/again", "")
    first:kill "KILL"
    first:wait()
    local result = second:wait()
    assert.equal(0, result.code, result.output)
    assert.same({ "done" }, space:lines "ran")
    assert.equal("completed", fold().status)
  end)

  it("may be interrupted while they wait for each other", function()
    store { { "c@dev.a", ": > a; until [ -e go ]; do sleep 0.01; done" } }
    local first = start()
    wait_for "a"
    local second = start()
    while next(fold().open, next(fold().open)) == nil do loop.sleep(0.005) end
    loop.sleep(0.05)
    second:kill "INT"
    assert.equal(130, second:wait().code)
    fs.write(space.root .. "/go", "")
    assert.equal(0, first:wait().code)
    assert.equal("completed", fold().status)
  end)
end)
