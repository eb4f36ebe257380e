-- The state of an execution as a fold over its journal records (chapter "execution journal").
-- Applying the same records again gives the same state; every status shown anywhere comes from here.

---@class StepState
---@field status "running"|"completed"|"failed"|"pending"
---@field cancelled? boolean  failed because it was cancelled
---@field order integer   position among the steps of the job in which it first started
---@field phase? string
---@field attempt? integer
---@field exit? integer
---@field signal? string
---@field ms? integer
---@field log? string      path relative to the execution's directory; absent when nothing was printed
---@field logBytes? integer
---@field pgid? integer    process group while it runs
---@field startTicks? integer
---@field startedAt? string
---@field finishedAt? string

---@class JobState
---@field status "pending"|"running"|"completed"|"failed"
---@field cancelled? boolean  failed because the run was interrupted
---@field startedAt? string   first start, kept across re-runs
---@field runAt? string       latest start
---@field finishedAt? string
---@field attempt integer     how often the job was started
---@field error? string
---@field revision? string    commit of the source when it ended
---@field steps table<string, StepState>
---@field stepCount integer
---@field owner? {pid: integer, host: string?, startTicks: integer?}  the process that started it last
---@field applied integer     number of the record that changed it last

---@class WriterState
---@field pid integer
---@field host? string
---@field startTicks? integer
---@field revision? string  commit of the source

---@class GateState
---@field job string
---@field gate string
---@field state "met"|"unmet"|"approved"
---@field by? string

---@class Fold
---@field execId? string
---@field planChecksum? string  of the first run
---@field runner? string
---@field concurrency? integer
---@field jobTotal? integer     jobs selected by the latest run
---@field status? "running"|"completed"|"failed"
---@field startedAt? string
---@field finishedAt? string
---@field open table<integer, WriterState> processes that work on it, by pid, as far as the records say
---@field stopping table<integer, boolean> those of them that were asked to end
---@field jobs table<string, JobState>  jobs that were reached, by id
---@field blocked table<string, string> reason by job id, for jobs that could not start: what they need failed, or a gate is not met
---@field skipped table<string, string> reason by job id, for jobs that nobody got to before the run ended
---@field waits table<string, string>   reason by job id, for jobs that wait for more than other jobs
---@field gates table<string, GateState> the latest word about each gate, by its id
---@field applied integer               records applied so far
local Fold = {}
Fold.__index = Fold

local M = {}

---The fields of records that the state is made of.
M.fields = {
  "t", "ts", "pid", "job", "attempt", "step", "status", "phase", "pgid", "startTicks", "exit", "signal", "ms", "log", "logBytes",
  "execId", "planChecksum", "jobs", "runner", "concurrency", "host", "joined", "revision", "error", "reason", "gate", "state", "by",
  "others",
}

---@return Fold
function M.new()
  return setmetatable({
    jobs = {}, blocked = {}, skipped = {}, waits = {}, gates = {}, writers = {}, open = {}, stopping = {}, applied = 0,
  }, Fold)
end

local function job_of(self, id)
  local job = self.jobs[id]
  if not job then
    -- All fields are named, so that the table has room for them from the start.
    job = {
      status = "pending", attempt = 0, steps = {}, stepCount = 0, applied = 0, startedAt = nil, runAt = nil, finishedAt = nil, error = nil,
      cancelled = nil, owner = nil, revision = nil,
    }
    self.jobs[id] = job
  end
  job.applied = self.applied
  return job
end

local function step_of(job, id)
  local step = job.steps[id]
  if not step then
    job.stepCount = job.stepCount + 1
    step = { status = "pending", order = job.stepCount, phase = nil, attempt = nil, pgid = nil, startTicks = nil, startedAt = nil,
      cancelled = nil, finishedAt = nil, exit = nil, signal = nil, ms = nil, log = nil, logBytes = nil,
    }
    job.steps[id] = step
  end
  return step
end

local apply = {}

apply["run.started"] = function(self, r)
  self.execId = self.execId or r.execId
  if (self.planChecksum or "") == "" then self.planChecksum = r.planChecksum end
  self.startedAt = self.startedAt or r.ts
  self.runner, self.concurrency, self.jobTotal = r.runner, r.concurrency, r.jobs
  self.status, self.finishedAt = "running", nil
  self.writers[r.pid] = { pid = r.pid, host = r.host, startTicks = r.startTicks, revision = r.revision }
  -- Who joins a run that goes on shares its fate; whoever starts alone follows on processes that ended without saying so.
  if not r.joined then self.open, self.blocked, self.skipped, self.waits, self.first = {}, {}, {}, {}, self.applied end
  self.open[r.pid], self.stopping[r.pid] = self.writers[r.pid], nil
end

apply["job.started"] = function(self, r)
  local job = job_of(self, r.job)
  job.status, job.attempt = "running", r.attempt or job.attempt + 1
  job.startedAt = job.startedAt or r.ts
  job.runAt, job.finishedAt, job.error, job.cancelled = r.ts, nil, nil, nil
  job.owner = self.writers[r.pid] or { pid = r.pid }
  for _, step in next, job.steps do
    if step.status ~= "completed" then
      step.status, step.cancelled, step.exit, step.signal, step.log, step.logBytes = "pending", nil, nil, nil, nil, nil
    end
  end
end

apply["step.started"] = function(self, r)
  local step = step_of(job_of(self, r.job), r.step)
  step.status, step.cancelled, step.phase, step.attempt = "running", nil, r.phase, r.attempt
  step.pgid, step.startTicks = r.pgid, r.startTicks
  step.startedAt = r.ts
  step.finishedAt, step.log, step.logBytes = nil, nil, nil
end

apply["step.finished"] = function(self, r)
  local step = step_of(job_of(self, r.job), r.step)
  step.status = r.status == "completed" and "completed" or "failed"
  step.cancelled = r.status == "cancelled" or nil
  step.attempt, step.exit, step.signal, step.ms, step.log, step.logBytes = r.attempt, r.exit, r.signal, r.ms, r.log, r.logBytes
  step.finishedAt = r.ts
end

apply["job.finished"] = function(self, r)
  local job = job_of(self, r.job)
  job.status = r.status == "completed" and "completed" or "failed"
  job.cancelled = r.status == "cancelled" or nil
  job.finishedAt, job.error = r.ts, r.error
  job.revision = self.writers[r.pid] and self.writers[r.pid].revision
end

apply["job.reset"] = function(self, r)
  self.jobs[r.job] = nil
end

apply["job.blocked"] = function(self, r)
  self.blocked[r.job] = r.reason or ""
end

apply["job.skipped"] = function(self, r)
  self.skipped[r.job] = r.reason or ""
end

apply["job.queued"] = function(self, r)
  self.waits[r.job] = r.reason
end

apply["gate"] = function(self, r)
  local former = self.gates[r.gate or ""]
  if former and former.state == "approved" and r.state ~= "approved" then return end -- an approval stays
  self.gates[r.gate or ""] = { job = r.job, gate = r.gate, state = r.state, by = r.by }
end

apply["run.stopping"] = function(self, r)
  self.stopping[r.pid] = true
end

-- Whether a job failed since the first of the processes that share this run began.
local function failed_since(self)
  for _, job in next, self.jobs do
    if job.status == "failed" and job.applied > (self.first or 0) then return true end
  end
  return false
end

-- The run is over with the last of the processes that share it.
apply["run.finished"] = function(self, r)
  self.open[r.pid], self.stopping[r.pid] = nil, nil
  if r.others then return end
  self.open = {}
  self.status = r.status == "completed" and not failed_since(self) and "completed" or "failed"
  self.finishedAt = r.ts
end

---Applies one record, and does not keep it; kinds that say nothing about state (or that a later version added) change nothing.
---@param record table
function Fold:apply(record)
  self.applied = self.applied + 1
  local rule = apply[record.t]
  if rule then rule(self, record) end
end

---Numbers of jobs by status among those that were reached.
---@return {completed: integer, failed: integer, running: integer, pending: integer, total: integer}
function Fold:counts()
  local counts = { completed = 0, failed = 0, running = 0, pending = 0, total = 0 }
  for _, job in next, self.jobs do
    counts[job.status] = counts[job.status] + 1
    counts.total = counts.total + 1
  end
  return counts
end

return M
