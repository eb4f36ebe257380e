-- kill -9 at any moment: runs of 300 jobs are killed, 200 times in all, and gone on with (spec/support/crash.lua), under a subreaper that
-- sees every process that is left. ORUN_SPEC_KILLS says how many kills (ORUN_SPEC_QUICK: 24), ORUN_SPEC_SEED repeats a run.
local fs = require "host.fs"
local journal = require "orun.state.journal"
local json = require "host.json"
local loop = require "host.loop"
local process = require "host.process"
local spaces = dofile "spec/run/workspace.lua"
local system = require "host.system"

local environment = process.environ()
local kills = math.tointeger(tonumber(environment.ORUN_SPEC_KILLS) or environment.ORUN_SPEC_QUICK and 24 or 200)
local seed = math.tointeger(tonumber(environment.ORUN_SPEC_SEED) or os.time())

-- Jobs at once and processes that share the execution. ORUN_SPEC_ISOLATION=auto gives the jobs trees of their own.
local scenarios = { { 1, 1 }, { 4, 1 }, { 16, 1 }, { 4, 2 } }
local isolation = environment.ORUN_SPEC_ISOLATION or "none"

describe("kill -9", function()
  local space

  before_each(function() space = spaces.new() end)
  after_each(function() space:close() end)

  it("05 case 10: at any moment loses at most what was running, and leaves no process behind", function()
    print("crash seed " .. seed)
    local reaper = space.root .. "/reaper"
    local cc = assert(process.run { argv = { "cc", "-O1", "-o", reaper, "spec/support/reaper.c" } })
    assert.equal(0, cc.code, cc.output)
    local running = {}
    for i, scenario in ipairs(scenarios) do
      local root = ("%s/%d"):format(space.root, i)
      assert(fs.mkdir(root))
      running[i] = assert(process.start {
        argv = {
          reaper, system.paths().exe, "lua", "spec/support/crash.lua", root, tostring(seed + i), tostring(scenario[1]),
          tostring(scenario[2]), tostring(math.ceil(kills / #scenarios)), isolation,
        },
      })
    end
    for _, child in ipairs(running) do
      local result = child:wait()
      assert.equal(0, result.code, ("seed %d: %s"):format(seed, result.output))
      io.write(result.output)
    end
  end)

  it("ends what the steps of a killed run left running before it runs the job again", function()
    local plan = spaces.plan { { "c@dev.a", "[ -e pid ] && exit 0; sh -c 'echo $$ > pid; sleep 60; echo late >> ran'; true" } }
    plan.metadata.checksum = nil
    space:write("plan.json", json.encode(plan))
    local function start()
      return assert(process.start {
        argv = { system.paths().exe, "run", "plan.json", "--exec-id", "x" }, cwd = space.root, output = "capture",
      })
    end
    local first = start()
    while not tonumber(space:read "pid" or "") do loop.sleep(0.005) end
    local stray = assert(tonumber(space:read "pid"))
    first:kill "KILL"
    first:wait()
    local path = space:execution "x" .. "/journal.jsonl"
    local began = journal.read(path).jobs["c@dev.a"].startedAt
    assert.is_true(process.alive(stray))
    local resumed = start():wait()
    assert.equal(0, resumed.code, resumed.output)
    assert.truthy(resumed.output:find("processes of an interrupted run", 1, true), resumed.output)
    assert.is_false(process.alive(stray))
    assert.same({}, space:lines "ran")
    -- 05 case 10: the job ran again, and began when it first began.
    local job = journal.read(path).jobs["c@dev.a"]
    assert.same({ "completed", 2, began }, { job.status, job.attempt, job.startedAt })
    assert.equal(began:sub(1, 19) .. "Z", space:state "x".jobs["c@dev.a"].startedAt)
  end)
end)
