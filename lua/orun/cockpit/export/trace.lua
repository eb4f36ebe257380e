-- A run in the Chrome trace event format ("JSON object format", https://www.chromium.org/developers/how-tos/trace-event-profiling-tool/):
-- every process that ran jobs is a process of the trace, jobs that ran side by side are on lanes of it, with their steps below them.
local instant = require "orun.util.instant"
local job_view = require "orun.cockpit.viewmodel.job"
local json = require "host.json"
local style = require "orun.cockpit.style"
local value = require "host.value"

local M = {}

local event_shape = value.shape { "name", "cat", "ph", "ts", "dur", "pid", "tid", "s", "args" }

---@class Trace
---@field events table[]
---@field lanes table<integer, table<integer, string>> job by lane by process
---@field jobs table<string, table>  open jobs by id
---@field last integer microseconds of the latest record
local Trace = {}
Trace.__index = Trace

local function microseconds(ts)
  return math.floor((instant.parse(ts) or 0) * 1e6 + 0.5)
end

local function add(self, event)
  self.events[#self.events + 1] = event_shape(event)
end

-- The first lane of a process that no open job is on.
local function free_lane(self, pid, id)
  local lanes = self.lanes[pid] or {}
  self.lanes[pid] = lanes
  local lane = 1
  while lanes[lane] do lane = lane + 1 end
  lanes[lane] = id
  return lane
end

local function label(id)
  local component, environment, short = job_view.split(id)
  if not component then return id end
  return environment and ("%s%s%s/%s"):format(component, style.joint, environment, short) or component .. "/" .. short
end

-- Ends an open job at a time; its steps that did not end are ended with it.
local function close(self, id, at, args)
  local job = self.jobs[id]
  if not job then return end
  self.jobs[id], self.lanes[job.pid][job.lane] = nil, nil
  for step, from in next, job.steps do
    add(self, {
      name = step, cat = "step", ph = "X", ts = from, dur = math.max(0, at - from), pid = job.pid, tid = job.lane,
      args = { job = id, status = "interrupted" },
    })
  end
  args.job, args.attempt = id, job.attempt
  add(self, {
    name = label(id), cat = "job", ph = "X", ts = job.from, dur = math.max(0, at - job.from), pid = job.pid, tid = job.lane, args = args,
  })
end

local on = {}

on["run.started"] = function(self, r, at)
  local name = ("orun %s (%s)"):format(r.execId or "", r.host or "?")
  add(self, { name = "process_name", ph = "M", ts = at, pid = r.pid, tid = 0, args = { name = name } })
end

on["job.started"] = function(self, r, at)
  close(self, r.job, at, { status = "interrupted" })
  self.jobs[r.job] = { pid = r.pid, lane = free_lane(self, r.pid, r.job), from = at, attempt = r.attempt, steps = {} }
end

on["job.finished"] = function(self, r, at)
  close(self, r.job, at, { status = r.status, error = r.error })
end

on["step.started"] = function(self, r, at)
  local job = self.jobs[r.job]
  if job then job.steps[r.step] = at end
end

-- The time that a step took was measured; its place is where the clock stood when it began.
on["step.finished"] = function(self, r, at)
  local job = self.jobs[r.job]
  if not job then return end
  local from = job.steps[r.step] or at - (r.ms or 0) * 1000
  job.steps[r.step] = nil
  add(self, {
    name = r.step, cat = "step", ph = "X", ts = from, dur = (r.ms or 0) * 1000, pid = job.pid, tid = job.lane,
    args = {
      job = r.job, status = r.status, exit = r.exit, signal = r.signal, userMs = r.userMs, sysMs = r.sysMs, maxRssKiB = r.maxRssKiB,
      log = r.log, logBytes = r.logBytes,
    },
  })
end

-- What takes no time: a mark on the process.
local function instant_event(name)
  return function(self, r, at)
    local args = { job = r.job, reason = r.reason, status = r.status, failed = r.failed, cancelled = r.cancelled }
    add(self, { name = name, cat = "run", ph = "i", ts = at, pid = r.pid, tid = 0, s = "p", args = args })
  end
end

on["job.blocked"] = instant_event "blocked"
on["run.stopping"] = instant_event "asked to stop"
on["run.finished"] = instant_event "finished"

---Begins an empty trace.
---@return Trace
function M.new()
  return setmetatable({ events = value.list {}, lanes = {}, jobs = {}, last = 0 }, Trace)
end

---Takes in one record of the journal.
---@param record table
function Trace:add(record)
  local at = microseconds(record.ts)
  self.last = math.max(self.last, at)
  if on[record.t] then on[record.t](self, record, at) end
end

---The trace as text. What did not end is ended with the last record.
---@return string
function Trace:text()
  local open = {}
  for id in next, self.jobs do open[#open + 1] = id end
  table.sort(open)
  for _, id in ipairs(open) do close(self, id, self.last, { status = "running" }) end
  return json.encode(value.shape { "displayTimeUnit", "traceEvents" } { displayTimeUnit = "ms", traceEvents = self.events }) .. "\n"
end

return M
