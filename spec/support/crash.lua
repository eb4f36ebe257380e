-- Kills runs of one plan again and again, at moments drawn over the whole run, goes on with them, and checks what they did. Run as
-- `orun lua spec/support/crash.lua DIRECTORY SEED CONCURRENCY PROCESSES KILLS ISOLATION`; ends with an error where something is wrong.
local fs = require "host.fs"
local journal = require "orun.state.journal"
local json = require "host.json"
local lock = require "host.lock"
local loop = require "host.loop"
local process = require "host.process"
local snapshot = require "orun.state.snapshot"
local spaces = dofile "spec/run/workspace.lua"
local system = require "host.system"
local value = require "host.value"

local top, seed, concurrency, processes, kills, isolation = table.unpack(arg)
seed, concurrency, processes, kills = math.tointeger(seed), math.tointeger(concurrency), math.tointeger(processes), math.tointeger(kills)

local root = top .. "/workspace"
local layers, width = 15, 20
local kills_each = 10
-- Every kill may end a process; more starts than this mean that the run does not go on.
local most_starts = 4 * kills_each
local program = system.paths().exe

---------------------------------------------------------------------------------------------------
-- The plan

-- What the second step of a job does: mostly nothing; some wait for a child, some leave one behind that holds their output open, some
-- have one that would live on if nobody ended it.
local function work(random)
  local kind = random(30)
  if kind == 1 then return "sleep 300 & sleep 0.01; kill $!" end
  if kind <= 4 then return "sleep 0.02 & echo left one" end
  if kind <= 9 then return "sh -c 'sleep 0.01; echo slept'" end
  return "true"
end

-- Every job depends on some of the layer before it; its first step notes outside of .orun that it ran.
local function layered_plan(random)
  local jobs = {}
  for layer = 1, layers do
    for i = 1, width do
      local job = {
        ("c%02d@dev.l%02d"):format(i, layer),
        { id = "note", run = 'echo "$ORUN_JOB_ID" >> "$OUT"; echo "note of $ORUN_JOB_ID"' }, { id = "work", run = work(random) },
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

math.randomseed(seed)
local plan = layered_plan(math.random)
assert(fs.mkdir(root))
assert(fs.write(root .. "/plan.json", json.encode(plan)))

---------------------------------------------------------------------------------------------------
-- Runs

local function directory(id)
  return root .. "/.orun/executions/" .. id
end

local environment = process.environ()

local function start(id)
  environment.OUT = top .. "/out-" .. id
  return assert(process.start {
    argv = {
      program, "run", "plan.json", "--exec-id", id, "--component-concurrency", "0", "--concurrency", tostring(concurrency),
      "--isolation", isolation,
    },
    env = environment, cwd = root, output = "capture",
  })
end

local function children_by_parent()
  local children = {}
  for _, pid in ipairs(fs.list "/proc") do
    local text = pid:find "^%d+$" and fs.read("/proc/" .. pid .. "/stat")
    local parent = text and tonumber(text:match "^.*%) %a (%d+)")
    if parent then
      children[parent] = children[parent] or {}
      table.insert(children[parent], math.tointeger(tonumber(pid)))
    end
  end
  return children
end

-- A process and everything below it.
local function family(pid, children, found)
  found = found or {}
  found[#found + 1] = pid
  for _, child in ipairs(children[pid] or {}) do family(child, children, found) end
  return found
end

local victims = {}

function victims.orun(run)
  run:kill "KILL"
end

-- The first process of a step: the shell.
function victims.step(run)
  local steps = children_by_parent()[run:pid()] or {}
  if #steps == 0 then return false end
  process.kill(steps[math.random(#steps)], "KILL")
end

function victims.group(run)
  for _, pid in ipairs(family(run:pid(), children_by_parent())) do process.kill(pid, "KILL") end
end

local kinds = { "orun", "step", "group" }

---------------------------------------------------------------------------------------------------
-- Checks

local function check(ok, message, ...)
  if not ok then error(message:format(...), 0) end
end

local function lines_of(path)
  local n = {}
  for line in (fs.read(path) or ""):gmatch "[^\n]+" do n[line] = (n[line] or 0) + 1 end
  return n
end

-- How often the first step of each job may have been begun before it was completed, and that it was not begun afterwards. A job whose
-- tree of its own went with the killed run begins anew.
local function begun(id)
  local tries, done = {}, {}
  journal.read(directory(id) .. "/journal.jsonl", function(record)
    local job = record.job
    if record.t == "job.started" and not done[job] then tries[job] = (tries[job] or 0) + 1 end
    if isolation ~= "none" then
      done[job or ""] = done[job or ""] or record.t == "job.finished" and record.status == "completed"
      return
    end
    if record.step ~= "note" then return end
    check(not (record.t == "step.started" and done[job]), "%s: the completed step of %s was begun again", id, job)
    if record.t == "step.finished" and record.status == "completed" then done[job] = true end
  end)
  return tries
end

local function check_jobs(id, fold)
  local effects, tries = lines_of(top .. "/out-" .. id), begun(id)
  for i, job in ipairs(plan.jobs) do
    local state = fold.jobs[job.id]
    check(state and state.status == "completed", "%s: %s is %s", id, job.id, state and state.status or "unknown")
    local n = effects[job.id] or 0
    check(n >= 1 and n <= tries[job.id], "%s: the effect of %s is there %d times; it was tried %d times", id, job.id, n, tries[job.id])
    check(not lock.held(directory(id) .. "/claims", i), "%s: the claim of %s is held", id, job.id)
    local log = state.steps.note.log
    check(log and fs.read(directory(id) .. "/" .. log) == "note of " .. job.id .. "\n", "%s: the log of %s is wrong", id, job.id)
  end
end

local function check_snapshots(id, fold)
  local state = assert(json.decode(assert(fs.read(directory(id) .. "/state.json"))))
  local expected = json.decode(json.encode(snapshot.state(fold, id)))
  check(value.equal(expected, state), "%s: state.json is not what the journal says", id)
  local metadata = assert(json.decode(assert(fs.read(directory(id) .. "/metadata.json"))))
  check(fold.status == "completed" and metadata.status == "completed", "%s: status %s, %s", id, fold.status, metadata.status)
  check(metadata.jobDone == #plan.jobs and metadata.jobFailed == 0, "%s: %d jobs done", id, metadata.jobDone)
end

---------------------------------------------------------------------------------------------------
-- Scenario

-- Most milliseconds between the moment that was drawn and the kill.
local jitter = 6
-- One in this many kills comes while the program starts.
local early = 6

-- Sorted moments: how many jobs shall be done. What is drawn beyond the last one comes after it, while the run ends.
local function moments(n)
  local list = {}
  for i = 1, n do list[i] = math.min(#plan.jobs, math.random(0, #plan.jobs + 10)) end
  table.sort(list)
  return list
end

-- The processes of an execution: those that ended are started again, until one of them says that everything is done.
local Crew = {}
Crew.__index = Crew

function Crew:fill()
  for i = 1, processes do
    if not self[i] then
      self.struck = false
      self[i], self.starts = start(self.id), self.starts + 1
      check(self.starts <= most_starts, "%s: started %d times, and still not done: %s", self.id, self.starts, self.last)
    end
  end
end

-- Whether the run is over. Waits for nobody.
function Crew:look()
  local over = false
  for i = 1, processes do
    local run = self[i]
    if run and not process.alive(run:pid(), run:start_ticks()) then
      local result = run:wait()
      over = over or result.code == 0
      check(result.code == 0 or result.code == 1 or result.signal == "KILL", "%s: exit code %s\n%s", self.id, result.code, result.output)
      check(not result.output:find("internal", 1, true), "%s: %s", self.id, result.output)
      self[i], self.last = nil, result.output
    end
  end
  return over
end

-- Waits for all that run, which nothing disturbs any more; the last kill may only now have its effect.
function Crew:await()
  for i = 1, processes do
    if self[i] then
      local result = self[i]:wait()
      check(result.code == 0 or self.struck and result.signal == "KILL", "%s: the other process ended with %s: %s", self.id,
        result.code or result.signal, result.output)
      self[i] = nil
    end
  end
end

-- Everybody to the end, without further kills.
function Crew:finish()
  while not self:look() do
    self:fill()
    loop.sleep(0.005)
  end
  self:await()
  self.reader:refresh()
  -- When the last kill hit a process whose end the other one left the last word to, nobody has said that the run is over.
  if self.struck and self.reader.fold.status == "running" then
    self:fill()
    self:await()
  end
end

-- Waits until so many jobs are done, and a little longer. False when the run is over before.
function Crew:reach(done)
  if math.random(early) == 1 then
    loop.sleep(math.random() * 0.05)
  else
    while true do
      self.reader:refresh()
      if self.reader.fold:counts().completed >= done then break end
      if self:look() then return false end
      self:fill()
      loop.sleep(0.001)
    end
    loop.sleep(math.random() * jitter / 1000)
  end
  return not self:look()
end

local function crew_of(id)
  return setmetatable({ id = id, starts = 0, reader = journal.reader(directory(id) .. "/journal.jsonl") }, Crew)
end

local function whole_run(id)
  local began = loop.now()
  crew_of(id):finish()
  return loop.now() - began
end

local progress = {}

-- Kills one process or a part of it. Returns whether there was something to kill.
local function strike(crew)
  local alive = {}
  for i = 1, processes do alive[#alive + 1] = crew[i] end
  if #alive == 0 then return false end
  local kind = kinds[math.random(#kinds)]
  if victims[kind](alive[math.random(#alive)]) == false then return false end
  progress[kind] = (progress[kind] or 0) + 1
  crew.struck = true
  return true
end

-- One execution; returns how many kills came before its end.
local function execution(id, most)
  local crew, n = crew_of(id), 0
  for _, moment in ipairs(moments(most)) do
    if crew:look() then break end
    crew:fill()
    if not crew:reach(moment) then break end
    if strike(crew) then
      n = n + 1
      crew.reader:refresh()
      progress[#progress + 1] = crew.reader.fold:counts().completed / #plan.jobs
    end
  end
  crew:finish()
  local fold, corrupt = journal.read(directory(id) .. "/journal.jsonl")
  check(corrupt <= n, "%s: %d damaged lines after %d kills", id, corrupt, n)
  check_jobs(id, fold)
  check_snapshots(id, fold)
  return n
end

local duration = whole_run "whole"
local total, executions = 0, 0
while total < kills do
  executions = executions + 1
  check(executions <= 4 * kills, "only %d kills came before the end of %d executions", total, executions)
  total = total + execution("kill-" .. executions, math.min(kills_each, kills - total))
end

local thirds = { 0, 0, 0 }
for _, part in ipairs(progress) do
  local third = math.min(3, 1 + math.floor(part * 3))
  thirds[third] = thirds[third] + 1
end
print(("concurrency %d, %d process(es), isolation %s: %d kills (%d of orun, %d of a step, %d of the whole group) in %d executions of "
  .. "%d jobs, %d/%d/%d in the first, second and last third; a whole run takes %.2f s"):format(concurrency, processes, isolation, total,
  progress.orun or 0, progress.step or 0, progress.group or 0, executions, #plan.jobs, thirds[1], thirds[2], thirds[3], duration))
