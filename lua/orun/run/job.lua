-- One job: claim it, run its steps in order, its post steps whatever happened, and record how it ended.
local diagnostic = require "orun.diagnostic"
local directory = require "orun.run.directory"
local exchange = require "orun.run.exchange"
local fs = require "host.fs"
local log = require "orun.state.log"
local loop = require "host.loop"
local steps = require "orun.run.step"

local M = {}

---@class JobWork
---@field run Run
---@field job table        plan job
---@field ids string[]     step ids
---@field previous table<string, string> status of the steps in earlier starts
---@field claim Claim
---@field offset integer of the claim
---@field attempt integer
---@field workspace Workspace
---@field site Site
---@field files string     prefix of the paths of files exchanged with the steps, unless the backend wants another
---@field directory string absolute
---@field exchange Exchange
---@field groups {pgid: integer, startTicks: integer?}[] process groups of the steps that ran
---@field process? Process the running step
---@field wake? Queue     ends a wait for something else than the running step
---@field cancelled? boolean
local Work = {}
Work.__index = Work

---@param kind string
---@param event table
function Work:emit(kind, event)
  event.job = self.job.id
  self.run:emit(kind, event)
end

---Where the text of a step stands when its shell wants a file.
---@param position integer
---@param extension string
---@return string absolute
function Work:script_file(position, extension)
  return self.site.files .. self.segments[self.ids[position]] .. extension
end

---@param position integer
---@return string relative to the execution's directory
function Work:log_path(position)
  local paths = self.log_paths
  if not paths[position] then paths[position] = log.path(self.log_directory, self.segments[self.ids[position]]) end
  return paths[position]
end

---Removes the log of an attempt that did not count.
---@param position integer
---@param outcome? StepOutcome
function Work:discard_log(position, outcome)
  if not outcome or outcome.log then fs.remove(self.run.dir .. "/" .. self:log_path(position)) end
end

---Ends the running step, and the job after its post steps.
function Work:cancel()
  self.cancelled = true
  if self.process then self.process:terminate() end
  if self.wake then self.wake:push(true) end
end

---Waits, unless the job is cancelled meanwhile.
---@param seconds number
---@return boolean cancelled
function Work:pause(seconds)
  if self.cancelled or seconds <= 0 then return self.cancelled == true end
  self.wake = loop.queue()
  self.wake:pop(seconds)
  self.wake = nil
  return self.cancelled == true
end

---Waits for a task that others may wait for as well; when the job is cancelled it goes on without this one.
---@param task Task
---@return any ... what the task returned; nil, "cancelled"
function Work:await(task)
  if self.cancelled then return nil, "cancelled" end
  local wake = loop.queue()
  self.wake = wake
  loop.spawn(function()
    pcall(task.wait, task)
    wake:push(true)
  end)
  wake:pop()
  self.wake = nil
  if task:status() == "running" then return nil, "cancelled" end
  return task:wait()
end

-- Forgets what a step printed when it ran before without completing.
local function prepare_again(self, position, previous)
  if not previous then return end
  fs.remove(self.run.dir .. "/" .. self:log_path(position))
  self.exchange:forget(position)
end

local function is_post(step)
  return step.phase == "post"
end

-- Runs the step at `position`; true when the job may go on to the next step of the same phase group.
local function advance(self, position, state)
  local step, id = self.job.steps[position], self.ids[position]
  local previous = self.previous[id]
  -- Clean-up has to follow whatever ran this time, so a completed post step counts only when nothing did.
  if previous == "completed" and not (is_post(step) and state.ran) then
    self.exchange:restore(position, id)
    self:emit("step.cached", { step = id, phase = step.phase or "main", index = position, count = #self.job.steps })
    return true
  end
  prepare_again(self, position, previous)
  state.ran = true
  local outcome = steps.execute(self, position)
  local failed = outcome.status ~= "completed"
  self.exchange:conclude(id, failed, steps.may_fail(step))
  if not failed then return true end
  if outcome.status == "failed" and steps.may_fail(step) then
    state.tolerated = (state.tolerated or 0) + 1
    return true
  end
  state.status = state.status or outcome.status
  state.error = state.error or (outcome.status == "cancelled" and "cancelled" or ("step %s: %s"):format(id, outcome.error))
  state.hint = state.hint or outcome.hint
  return false
end

-- Steps in plan order; after a failure or a cancellation only the post steps are left.
local function run_steps(self)
  local state = {}
  for position, step in ipairs(self.job.steps or {}) do
    if self.run.killed then break end
    if is_post(step) or not (state.status or self.cancelled) then advance(self, position, state) end
  end
  if self.cancelled then state.status, state.error = "cancelled", "cancelled" end
  state.status = state.status or "completed"
  return state
end

-- How the steps of a claimed job stand: `completed` ones are not run again.
local function history(run, job)
  local state = run.fold.jobs[job.id]
  local previous = {}
  for id, step in next, state and state.steps or {} do previous[id] = step.status end
  return previous
end

-- Makes the job ours, unless another process has it.
local function acquire(run, job, index)
  local place = run.workspaces:place(job)
  local result = run.claims:try(job.id, index, place and { workspace = place } or nil)
  if result.state ~= "stray" then return result end
  run:warn(("job %s: processes of an interrupted run are still there; ending them"):format(job.id))
  if run.claims:evict(job.id, index, result.groups) then return acquire(run, job, index) end
  run:warn(("job %s: a process that an earlier run of it left behind still holds its claim; going on without it"):format(job.id))
  return run.claims:try(job.id, index, { force = true, workspace = place })
end

local function new_work(run, job, claimed)
  local ids, log_directory = log.step_ids(job), run:log_directory(job)
  return setmetatable({
    run = run,
    job = job,
    ids = ids,
    segments = log.segments(ids),
    log_directory = log_directory,
    -- `:` appears in no segment by itself
    files = run.dir .. "/files/" .. log_directory .. ":",
    log_paths = {},
    previous = claimed.attempt > 1 and history(run, job) or {},
    claim = claimed.claim,
    offset = claimed.offset,
    attempt = claimed.attempt,
    groups = {},
    -- Named here so that the table has room for them.
    workspace = nil, directory = nil, site = nil, exchange = nil, process = nil, wake = nil, cancelled = nil,
  }, Work)
end

---@class JobOutcome
---@field status "completed"|"failed"|"cancelled"|"cached"|"elsewhere"  elsewhere: another process runs it
---@field error? string
---@field hint? string

-- Opens the workspace and the place where the steps run; false with a message when that fails.
local function enter(self)
  local run, job = self.run, self.job
  self.workspace = run.workspaces:open(job)
  -- What completed steps of an earlier start wrote is not in a fresh tree, or in a new container.
  if not self.workspace.shared or run.backend.fresh then
    for id in next, self.previous do self.previous[id] = "pending" end
  end
  self.directory = directory.job(self.workspace.root, job, run.directory_override)
  local site, message, hint = run.backend.open(self)
  if not site then return false, message, hint end
  local names = {}
  for i, id in ipairs(self.ids) do names[i] = self.segments[id] end
  self.site, self.exchange = site, exchange.new(site.files, names)
  return true
end

-- Closes both; outputs that cannot be collected fail the job.
local function leave(self, state)
  if self.site then self.site:close(state.status) end
  local ok, message = self.workspace:close(state.status)
  if not ok and state.status == "completed" then state.status, state.error = "failed", message end
end

local function perform(self)
  local ok, message, hint = enter(self)
  self:emit("job.started", { steps = #self.ids, directory = self.directory, attempt = self.attempt })
  local state = ok and run_steps(self) or { status = "failed", error = message, hint = hint }
  if not ok and self.cancelled then state = { status = "cancelled", error = "cancelled" } end
  if state.status == "completed" then self.exchange:remove() end
  leave(self, state)
  return state
end

local function finish(self, state)
  self.run:record("job.finished", { job = self.job.id, status = state.status, error = state.error })
  self.run.claims:release(self.claim, self.offset, self.groups)
  self:emit("job.finished", {
    status = state.status, error = state.error, hint = state.hint, seconds = state.seconds, tolerated = state.tolerated,
  })
end

---Runs a job to its end.
---@param run Run
---@param job table plan job
---@return JobOutcome
function M.execute(run, job)
  local claimed = acquire(run, job, run.index[job.id])
  if claimed.state == "completed" then
    run:emit("job.cached", { job = job.id })
    return { status = "cached" }
  elseif claimed.state == "running" then
    return { status = "elsewhere" }
  elseif claimed.state == "failed" then
    return require("orun.run.elsewhere").failed(run, job.id, claimed.message)
  elseif claimed.state ~= "claimed" then
    -- The next one could not be claimed either.
    diagnostic.raise {
      kind = "state.journal", message = ("cannot claim job %s: %s"):format(job.id, claimed.message),
      hint = ("the next run with --exec-id %s goes on from here"):format(run.facts.execId),
    }
  end
  local work = new_work(run, job, claimed)
  run.active[work] = true
  local began = run.now()
  local state = perform(work)
  state.seconds = run.now() - began
  finish(work, state)
  run.active[work] = nil
  return state
end

return M
