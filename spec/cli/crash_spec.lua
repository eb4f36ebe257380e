-- kill -9 at any moment: 200 jobs, 50 kills at moments drawn over the whole run, each followed by a resume.
local fs = require "host.fs"
local journal = require "orun.state.journal"
local json = require "host.json"
local loop = require "host.loop"
local process = require "host.process"
local spaces = dofile("spec/run/workspace.lua")
local system = require "host.system"

local layers, width, kills = 10, 20, 50

-- Every job depends on some of the layer before; it notes its start outside of .orun, prints, and some linger in a child process.
local function layered_plan(random)
  local jobs = {}
  for layer = 1, layers do
    for i = 1, width do
      local job = {
        ("c%02d@dev.l%02d"):format(i, layer),
        { id = "note", run = 'echo "$ORUN_JOB_ID" >> "$OUT"; echo "note of $ORUN_JOB_ID"' },
        { id = "work", run = random(4) == 1 and "sh -c 'sleep 0.01; echo slept'" or "true" },
        dependsOn = {},
      }
      for _ = 1, layer > 1 and 2 or 0 do table.insert(job.dependsOn, ("c%02d@dev.l%02d"):format(random(width), layer - 1)) end
      if job.dependsOn[1] == job.dependsOn[2] then job.dependsOn[2] = nil end
      jobs[#jobs + 1] = job
    end
  end
  local plan = spaces.plan(jobs, { name = "crash" })
  plan.metadata.checksum = nil
  return plan
end

local function count(lines)
  local n = {}
  for _, line in ipairs(lines) do n[line] = (n[line] or 0) + 1 end
  return n
end

-- Processes whose environment carries the mark.
local function marked(mark)
  local found = {}
  for _, pid in ipairs(fs.list("/proc") or {}) do
    local file = pid:find("^%d+$") and io.open("/proc/" .. pid .. "/environ", "rb")
    if file then
      if (file:read("a") or ""):find(mark, 1, true) then found[#found + 1] = pid end
      file:close()
    end
  end
  return found
end

describe("kill -9", function()
  local space, mark, env

  before_each(function()
    space = spaces.new()
    mark = "ORUN_SPEC_MARK=" .. space.root
    env = process.environ()
    env.ORUN_SPEC_MARK = space.root
  end)
  after_each(function() space:close() end)

  local function start(id)
    env.OUT = space.root .. "/out-" .. id
    return assert(process.start {
      argv = { system.paths().exe, "run", "plan.json", "--exec-id", id, "--component-concurrency", "0" },
      env = env, cwd = space.root, output = "capture",
    })
  end

  local function check_kept_logs(id, fold, texts)
    for job_id, job in next, fold.jobs do
      for step_id, step in next, job.steps do
        if step.status == "completed" and step.log then
          assert.equal(texts[step.log], fs.read(space:execution(id) .. "/" .. step.log), job_id .. " " .. step_id)
        end
      end
    end
  end

  local function completed_logs(id, fold)
    local texts = {}
    for _, job in next, fold.jobs do
      for _, step in next, job.steps do
        if step.status == "completed" and step.log then texts[step.log] = assert(fs.read(space:execution(id) .. "/" .. step.log)) end
      end
    end
    return texts
  end

  it("05 case 10: at any moment loses at most what was running", function()
    local seed = tonumber(process.environ().ORUN_SPEC_SEED) or os.time()
    print("crash seed " .. seed)
    math.randomseed(seed)
    space:write("plan.json", json.encode(layered_plan(math.random), { indent = 2 }))

    local whole = start("whole"):wait()
    local duration = whole.ms / 1000
    assert.equal(0, whole.code, whole.output)
    assert.equal(layers * width, #space:lines("out-whole"))

    -- On a machine that changes its speed some moments come after the end; then more are drawn.
    local before_end, i = 0, 0
    while i < kills or before_end < 40 and i < 3 * kills do
      i = i + 1
      local id = "kill-" .. i
      local first = start(id)
      loop.sleep(math.random() * duration)
      first:kill("KILL")
      local ended = first:wait()
      -- The machine got faster than it was at the first measurement.
      if ended.code == 0 then duration = math.min(duration, ended.ms / 1000) end
      local before = journal.read(space:execution(id) .. "/journal.jsonl")
      local texts = completed_logs(id, before)
      if before.status ~= "completed" then before_end = before_end + 1 end

      local resumed = start(id):wait()
      assert.equal(0, resumed.code, ("seed %d, kill %d: %s"):format(seed, i, resumed.output))
      local after, corrupt = journal.read(space:execution(id) .. "/journal.jsonl")
      local starts = count(space:lines("out-" .. id))
      for _, job in ipairs(json.decode(space:read("plan.json")).jobs) do
        assert.equal("completed", after.jobs[job.id] and after.jobs[job.id].status, job.id)
        local done = before.jobs[job.id] and before.jobs[job.id].status == "completed"
        assert.is_true(starts[job.id] == 1 or not done and starts[job.id] == 2, ("%s ran %d times"):format(job.id, starts[job.id] or 0))
      end
      assert.is_true(corrupt <= 1)
      check_kept_logs(id, before, texts)
      assert.equal("completed", space:metadata(id).status)
      assert.same({}, marked(mark))
    end
    print(("killed %d times, %d before the end; a whole run takes %.2f s"):format(i, before_end, duration))
    assert.is_true(before_end >= 40, "only " .. before_end .. " kills came before the end")
  end)

  it("ends what the steps of a killed run left running before it runs the job again", function()
    local plan = spaces.plan { { "c@dev.a", "[ -e pid ] && exit 0; sh -c 'echo $$ > pid; sleep 60; echo late >> ran'; true" } }
    plan.metadata.checksum = nil
    space:write("plan.json", json.encode(plan))
    local first = start("x")
    for _ = 1, 500 do
      if space:read("pid") then break end
      loop.sleep(0.01)
    end
    local stray = assert(tonumber(space:read("pid")))
    first:kill("KILL")
    first:wait()
    assert.is_true(process.alive(stray))
    local resumed = start("x"):wait()
    assert.equal(0, resumed.code, resumed.output)
    assert.truthy(resumed.output:find("processes of an interrupted run", 1, true), resumed.output)
    assert.is_false(process.alive(stray))
    assert.same({}, space:lines("ran"))
    assert.same({}, marked(mark))
  end)
end)
