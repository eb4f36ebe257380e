-- Runs in the background: they survive the terminal, and status, logs and cancel work on them.
local fs = require "host.fs"
local journal = require "orun.state.journal"
local json = require "host.json"
local loop = require "host.loop"
local process = require "host.process"
local program = dofile "spec/support/program.lua"
local spaces = dofile "spec/run/workspace.lua"

local space

local function store(jobs, options)
  local plan = spaces.plan(jobs, options)
  plan.metadata.checksum = nil
  space:write("plan.json", json.encode(plan, { indent = 2 }))
end

local function orun(...)
  return program.run(space.root, { ... }, { ORUN_HOME = space.root .. "/home" })
end

local function wait_for(name)
  while not space:read(name) do loop.sleep(0.005) end
end

local function wait_for_pid(name)
  while not tonumber(space:read(name) or "") do loop.sleep(0.005) end
  return math.tointeger(tonumber(space:read(name)))
end

local function fold(id)
  return (journal.read(space:execution(id) .. "/journal.jsonl"))
end

local function wait_until_over(id)
  while fold(id).status == "running" do loop.sleep(0.005) end
end

-- Fields of /proc/PID/stat behind the name: state, parent, group, session, terminal.
local function stat(pid)
  local text = assert(fs.read(("/proc/%d/stat"):format(pid)))
  local state, parent, group, session, terminal = text:match "^.*%) (%a) (%d+) (%d+) (%d+) (%d+)"
  return { state = state, parent = tonumber(parent), group = tonumber(group), session = tonumber(session), terminal = tonumber(terminal) }
end

local slow = ": > started; until [ -e go ]; do sleep 0.01; done; echo done >> ran"

describe("a run in the background", function()
  before_each(function() space = spaces.new() end)
  after_each(function()
    fs.write(space.root .. "/go", "")
    space:close()
  end)

  it("05 case 30: comes back at once, and the record completes later", function()
    store { { "c@dev.a", slow } }
    local r = orun("run", "plan.json", "--background", "--exec-id", "x")
    assert.equal(0, r.code, r.err)
    assert.truthy(r.out:find("orun status --exec-id x --watch", 1, true), r.out)
    local dir = space:execution "x"
    local pid = tonumber((assert(fs.read(dir .. "/pid")):match "^(%d+)\n$"))
    assert.equal(pid, stat(pid).session)
    assert.equal(0, stat(pid).terminal)
    assert.equal("running", space:metadata "x".status)
    assert.equal(1, space:metadata "x".jobTotal)
    assert.is_nil(space:read "ran")
    wait_for "started"
    fs.write(space.root .. "/go", "")
    wait_until_over "x"
    assert.same({ "done" }, space:lines "ran")
    while process.alive(pid) do loop.sleep(0.005) end
    assert.equal("completed", space:metadata "x".status)
    assert.truthy(fs.read(dir .. "/run.log"):find("1 succeeded", 1, true))
    assert.falsy(fs.read(dir .. "/run.log"):find "\27")
  end)

  it("cannot be a preview", function()
    store { { "c@dev.a", "true" } }
    assert.equal(2, orun("run", "plan.json", "--background", "--dry-run").code)
  end)

  it("survives the terminal that it was started in", function()
    if not process.which "script" then pending "script is not installed; the terminal was not tried" end
    store { { "c@dev.a", slow } }
    local env = program.environment()
    local command = ('"%s" run plan.json --background --exec-id x; sleep 60'):format(program.exe)
    local argv = { "script", "-qec", command, "/dev/null" }
    local terminal = assert(process.start { argv = argv, cwd = space.root, env = env, output = "null" })
    wait_for "started"
    terminal:kill "KILL" -- the terminal is gone, and with it everything in its session
    terminal:wait()
    fs.write(space.root .. "/go", "")
    wait_until_over "x"
    assert.same({ "done" }, space:lines "ran")
    assert.equal("completed", fold "x".status)
  end)

  it("keeps its flags, runs the plan that was compiled, and hands nothing of this to steps", function()
    store({ { "c@dev.a", 'echo "a ${ORUN_BACKGROUND_CHILD-none}" >> ran' }, { "d@dev.a", "echo d >> ran" } }, { concurrency = 1 })
    local r = orun("run", "plan.json", "--bg", "--component", "c*", "--json", "--exec-id", "x")
    assert.equal(0, r.code, r.err)
    local v = assert(json.decode(r.out))
    assert.equal("x", v.execID)
    assert.equal(tostring(v.pid), fs.read(space:execution "x" .. "/pid"):match "%d+")
    wait_until_over "x"
    assert.same({ "a none" }, space:lines "ran")
  end)

  it("says why it ended before it began", function()
    store { { "c@dev.a", "true" } }
    local r = program.run(space.root, { "run", "plan.json", "--background" }, { ORUN_RETRY_DELAY = "soon" })
    assert.equal(1, r.code)
    assert.truthy(r.err:find('error: the run in the background ended at once: ORUN_RETRY_DELAY is "soon"', 1, true), r.err)
  end)

  it("is watched by status and followed by logs until it ends", function()
    store {
      { "c@dev.a", ": > started; echo first; until [ -e go ]; do sleep 0.01; done; printf last" },
      { "c@dev.b", "echo bad; exit 3", dependsOn = { "c@dev.a" } },
    }
    assert.equal(0, orun("run", "plan.json", "--background", "--exec-id", "x").code)
    wait_for "started"
    local options = { cwd = space.root, env = program.environment(), output = "lines" }
    local function start(...)
      local lines = {}
      options.argv, options.line = { program.exe, ... }, function(text) lines[#lines + 1] = text end
      return assert(process.start(options)), lines
    end
    local logs, printed = start("logs", "--follow")
    local status, frames = start("status", "--watch")
    while not (printed[1] and frames[3]) do loop.sleep(0.005) end
    assert.same({ "c·dev/a s │ first" }, printed)
    assert.truthy(frames[3]:find("State: running", 1, true))
    fs.write(space.root .. "/go", "")
    assert.equal(0, logs:wait().code)
    assert.equal(0, status:wait().code)
    assert.same({
      "c·dev/a s │ first", "c·dev/a s │ last", "✓ c·dev/a completed", "c·dev/b s │ bad", "✗ c·dev/b s failed  exit status 3",
      "✗ c·dev/b failed  step s: exit status 3",
    }, table.move(printed, 1, 6, 1, {}))
    assert.truthy(printed[7]:find "^✗ x failed  ")
    assert.equal(7, #printed)
    local last = table.concat(frames, "\n")
    assert.truthy(last:find("State: failed", 1, true))
    assert.equal("first\nlast\n", orun("logs", "--follow", "--raw", "--job", "dev.a").out)
  end)
end)

describe("orun cancel", function()
  before_each(function() space = spaces.new() end)
  after_each(function()
    fs.write(space.root .. "/go", "")
    space:close()
  end)

  it("stops a run in the background as Ctrl-C would", function()
    store { { "c@dev.a", slow }, { "c@dev.b", "echo b >> ran", dependsOn = { "c@dev.a" } } }
    assert.equal(0, orun("run", "plan.json", "--background", "--exec-id", "x").code)
    wait_for "started"
    local r = orun("cancel")
    assert.equal(0, r.code, r.err)
    assert.truthy(r.out:find("^Asked run x %(process %d+%) to stop"), r.out)
    wait_until_over "x"
    assert.equal("cancelled", fold "x".jobs["c@dev.a"].error)
    assert.same({}, space:lines "ran")
    local again = orun("cancel", "x")
    assert.equal(1, again.code)
    assert.truthy(again.err:find("error: run x is not running: it is failed", 1, true), again.err)
  end)

  it("may come as soon as a run in the background was started", function()
    store { { "c@dev.a", slow } }
    assert.equal(0, orun("run", "plan.json", "--background", "--exec-id", "x").code)
    assert.equal(0, orun("cancel", "x").code)
    wait_until_over "x"
    assert.equal("failed", fold "x".status)
  end)

  it("stops a run in front, which ends with 130", function()
    store { { "c@dev.a", slow } }
    local front = assert(process.start {
      argv = { program.exe, "run", "plan.json", "--exec-id", "x" }, cwd = space.root, env = program.environment(), output = "capture",
    })
    wait_for "started"
    assert.equal(0, orun("cancel", "x").code)
    assert.equal(130, front:wait().code)
  end)

  it("a second time ends steps that take their time", function()
    store { { "c@dev.a", "trap ': > asked' TERM; : > started; while :; do sleep 0.01; done" } }
    assert.equal(0, orun("run", "plan.json", "--background", "--exec-id", "x").code)
    wait_for "started"
    assert.equal(0, orun("cancel", "x").code)
    wait_for "asked"
    assert.equal("running", fold "x".status)
    local r = orun("cancel", "x")
    assert.truthy(r.out:find("was stopping already: asked it to end its steps at once", 1, true), r.out)
    wait_until_over "x"
    assert.equal("cancelled", fold "x".jobs["c@dev.a"].error)
  end)

  it("stops all processes that share an execution", function()
    store { { "c@dev.a", ": > a; until [ -e go ]; do sleep 0.01; done" }, { "c@dev.b", ": > b; until [ -e go ]; do sleep 0.01; done" } }
    assert.equal(0, orun("run", "plan.json", "--background", "--exec-id", "x", "--concurrency", "1").code)
    wait_for "a"
    local front = assert(process.start {
      argv = { program.exe, "run", "plan.json", "--exec-id", "x", "--concurrency", "1" }, cwd = space.root,
      env = program.environment(), output = "capture",
    })
    wait_for "b"
    local r = orun("cancel", "x", "--json")
    assert.equal(2, #json.decode(r.out).asked)
    assert.equal(130, front:wait().code)
    wait_until_over "x"
    assert.equal("failed", fold "x".status)
  end)

  it("--kill ends everything, and tells a dead owner from one that ended", function()
    store { { "c@dev.a", "[ -e go ] && exit 0; sh -c 'echo $$ > grandchild; exec sleep 60' & : > started; wait" } }
    assert.equal(0, orun("run", "plan.json", "--background", "--exec-id", "x").code)
    wait_for "started"
    local grandchild = wait_for_pid "grandchild"
    local r = orun("cancel", "x", "--kill")
    assert.truthy(r.out:find("^Killed run x %(process %d+%) and its steps"), r.out)
    while process.alive(grandchild) do loop.sleep(0.005) end
    local again = orun("cancel", "x")
    assert.equal(1, again.code)
    assert.truthy(again.err:find("run x is not running: its process is gone\nhint: `orun run ", 1, true), again.err)
    fs.write(space.root .. "/go", "")
    assert.equal(0, orun("run", "plan.json", "--exec-id", "x").code)
  end)

  it("ends what a killed run left running", function()
    store { { "c@dev.a", "sh -c 'echo $$ > grandchild; exec sleep 60' & : > started; wait" } }
    assert.equal(0, orun("run", "plan.json", "--background", "--exec-id", "x").code)
    local grandchild = wait_for_pid "grandchild"
    process.kill(tonumber(fs.read(space:execution "x" .. "/pid"):match "%d+"), "KILL")
    while fold "x".status == "running" and #require("orun.state.liveness").owners(fold "x") > 0 do loop.sleep(0.005) end
    assert.is_true(process.alive(grandchild))
    local r = orun("cancel", "x")
    assert.equal(0, r.code, r.err)
    assert.truthy(r.out:find("ended 1 process group that it left behind", 1, true), r.out)
    while process.alive(grandchild) do loop.sleep(0.005) end
  end)

  it("of a killed run is ended by gc, too", function()
    store { { "c@dev.a", "sh -c 'echo $$ > grandchild; exec sleep 60' & : > started; wait" } }
    assert.equal(0, orun("run", "plan.json", "--background", "--exec-id", "x").code)
    local grandchild = wait_for_pid "grandchild"
    assert.falsy(orun("gc").out:find "Ended")
    process.kill(tonumber(fs.read(space:execution "x" .. "/pid"):match "%d+"), "KILL")
    while fold "x".status == "running" and #require("orun.state.liveness").owners(fold "x") > 0 do loop.sleep(0.005) end
    assert.falsy(orun("gc", "--dry-run").out:find "Ended")
    assert.is_true(process.alive(grandchild))
    assert.equal("  Ended 1 process group that x left behind\n\nNothing else to clean up.\n", orun("gc").out)
    while process.alive(grandchild) do loop.sleep(0.005) end
  end)

  it("takes no run that is over for one that runs because its number is used again", function()
    store { { "c@dev.a", "true" } }
    assert.equal(0, orun("run", "plan.json", "--exec-id", "x").code)
    fs.write(space:execution "x" .. "/pid", process.pid() .. "\n")
    local r = orun("cancel", "x")
    assert.equal(1, r.code)
    assert.truthy(r.err:find("it is completed", 1, true), r.err)
  end)
end)
