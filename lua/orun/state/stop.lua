-- Stopping a run from outside: who works on it, how they are asked, and what dead ones left.
local claim = require "orun.state.claim"
local liveness = require "orun.state.liveness"
local lock = require "host.lock"
local loop = require "host.loop"
local process = require "host.process"
local system = require "host.system"

local M = {}

---The processes of this machine that work on an execution.
---@param record ExecutionRecord
---@return WriterState[]
function M.owners(record)
  local owners, known = {}, {}
  for _, owner in ipairs(record.fold and liveness.owners(record.fold) or {}) do
    if owner.host == system.hostname() then owners[#owners + 1], known[owner.pid] = owner, true end
  end
  local child = liveness.background(record.dir, record.execId)
  if child and not known[child] and not (record.fold and record.fold.writers[child]) then owners[#owners + 1] = { pid = child } end
  return owners
end

---Another machine that a process works on the execution from, as far as is known.
---@param record ExecutionRecord
---@return string? host
function M.foreign_host(record)
  local fold = record.fold
  if not fold or fold.status ~= "running" then return nil end
  for _, owner in ipairs(liveness.owners(fold)) do
    if owner.host ~= system.hostname() then return owner.host or "another machine" end
  end
end

-- Process groups of the steps that run, by the records.
local function running_groups(record, owned_by)
  local groups = {}
  for id, job in next, record.fold and record.fold.jobs or {} do
    if job.status == "running" and (not owned_by or job.owner and owned_by[job.owner.pid]) then
      for _, step in next, job.steps do
        if step.status == "running" and step.pgid then
          groups[#groups + 1] = { job = id, pgid = step.pgid, startTicks = step.startTicks }
        end
      end
    end
  end
  table.sort(groups, function(a, b) return a.pgid < b.pgid end)
  return groups
end

-- A group is the step's unless its number now belongs to a process that started later.
local function kill_group(group)
  local ticks = process.start_ticks(group.pgid)
  if ticks and group.startTicks and ticks ~= group.startTicks then return false end
  return process.kill(-group.pgid, "KILL") == true
end

-- Seconds that killed processes may take to go.
local patience = 2

-- Whether the owners, or what holds the claims of their jobs, are still there.
local function there(record, owners, jobs)
  for _, owner in ipairs(owners) do
    if process.alive(owner.pid, owner.startTicks) then return true end
  end
  for i, job in ipairs(record.plan and record.plan.jobs or {}) do
    if jobs[job.id] and lock.held(record.dir .. "/claims", i) then return true end
  end
  return false
end

-- Until they are gone: who tries next shall not meet them. What made itself a daemon keeps its claim, and is not waited for long.
local function await_end(record, owners, groups)
  local jobs, deadline = {}, loop.now() + patience
  for _, group in ipairs(groups) do jobs[group.job] = true end
  while there(record, owners, jobs) and loop.now() < deadline do loop.sleep(0.005) end
end

-- First the program, so that it starts nothing more; its steps' first processes die with it, the rest of their groups here.
local function kill(record, owners)
  local pids = {}
  for _, owner in ipairs(owners) do
    local ok, message = process.kill(owner.pid, "KILL")
    if not ok then return message end
    pids[owner.pid] = true
  end
  local latest = require("orun.state.journal").read(record.dir .. "/journal.jsonl")
  local groups = running_groups({ fold = latest }, pids)
  for _, group in ipairs(groups) do kill_group(group) end
  await_end(record, owners, groups)
end

---@class Stopped
---@field asked? WriterState[]
---@field killed? boolean
---@field again? boolean     they had been asked before
---@field leftovers? integer[] process groups of a dead owner that were ended
---@field refused? string

---Asks the processes to stop as Ctrl-C would, or kills them and the steps they run. Suspends until those that were killed are gone.
---@param record ExecutionRecord
---@param owners WriterState[]
---@param at_once? boolean
---@return Stopped
function M.ask(record, owners, at_once)
  if at_once then
    local refused = kill(record, owners)
    return { asked = owners, killed = true, refused = refused }
  end
  local again = false
  for _, owner in ipairs(owners) do
    again = again or record.fold ~= nil and record.fold.stopping[owner.pid] == true
    local ok, message = process.kill(owner.pid, "INT")
    if not ok then return { refused = message } end
  end
  return { asked = owners, again = again }
end

---Ends what the steps of dead owners left running.
---@param record ExecutionRecord
---@return integer[] pgids
function M.leftovers(record)
  local ended, claims, claimed = {}, record.dir .. "/claims", {}
  for i, job in ipairs(record.plan and record.plan.jobs or {}) do claimed[job.id] = lock.held(claims, i) and i or nil end
  for _, group in ipairs(running_groups(record)) do
    if claimed[group.job] and kill_group(group) then ended[#ended + 1], claimed[group.job] = group.pgid, nil end
  end
  for _, job in ipairs(record.plan and record.plan.jobs or {}) do
    local more = claimed[job.id] and claim.end_holders(claims, claimed[job.id]) or {}
    table.move(more, 1, #more, #ended + 1, ended)
  end
  return ended
end

return M
