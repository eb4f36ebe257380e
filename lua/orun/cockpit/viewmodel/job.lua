-- One job as it is shown: its names, its status, its times, its steps.
local instant = require "orun.util.instant"

local M = {}

---@class JobView
---@field id string
---@field component? string
---@field environment? string
---@field short string          name of the job within its component and environment
---@field status string         normalized: lower case, without blanks
---@field error? string
---@field reason? string        why it cannot start
---@field startedAt? number     seconds since the epoch
---@field finishedAt? number
---@field tolerated? integer     failed steps of a completed job
---@field steps? StepView[]     in the order in which they run; nil when nobody asked for them

---@class StepView
---@field id string
---@field status string
---@field seconds? number

---Splits a job id: `c@e.j`, `c@e`, `c.e.j`, `c.j`, `j`.
---@param id string
---@return string? component
---@return string? environment
---@return string short
function M.split(id)
  local component, environment, short = id:match("^([^@]+)@([^.]+)%.(.+)$")
  if component then return component, environment, short end
  local rest
  component, rest = id:match("^([^@]+)@(.+)$")
  if component then return component, rest, rest end
  local first, second, third = id:match("^([^.]+)%.([^.]+)%.(.+)$")
  if first then return first, second, third end
  first, second = id:match("^([^.]+)%.(.+)$")
  if first then return first, nil, second end
  return nil, nil, id
end

---@param status any
---@return string
function M.status(status)
  if type(status) ~= "string" then return "" end
  return (status:lower():gsub("[ \t\n]+", ""))
end

local groups = {
  completed = "completed", success = "completed", ok = "completed", succeeded = "completed",
  failed = "failed", error = "failed", running = "running", in_progress = "running", cancelled = "cancelled", blocked = "blocked",
}

---The column of a legend that a status belongs to.
---@param status string
---@return "completed"|"failed"|"cancelled"|"running"|"blocked"|"pending"
function M.group(status)
  return groups[status] or "pending"
end

local ranks = { failed = 0, cancelled = 1, running = 2, pending = 3, queued = 3, waiting = 3, blocked = 3, completed = 4, success = 4 }

---A text by which jobs are in their order: component, environment, what needs attention first, id.
---@param job JobView
---@return string
function M.key(job)
  return (job.component or "") .. "\0" .. (job.environment or "") .. "\0" .. (ranks[job.status] or 5) .. job.id
end

---Brings jobs of different ids into their order, in place. Texts are sorted, not tables: that takes no function for each comparison.
---@param jobs JobView[]
function M.sort(jobs)
  local keys, by_key = {}, {}
  for i, job in ipairs(jobs) do
    local key = M.key(job)
    keys[i], by_key[key] = key, job
  end
  table.sort(keys)
  for i, key in ipairs(keys) do jobs[i] = by_key[key] end
end

---@param job JobView
---@param now number
---@return number seconds 0 when it never started
function M.seconds(job, now)
  if not job.startedAt then return 0 end
  return math.max(0, (job.finishedAt or now) - job.startedAt)
end

-- Positions of steps by id: the plan's order, else that in which they first ran.
local function step_positions(planned, folded)
  local positions = {}
  for i, id in ipairs(planned or {}) do positions[id] = i end
  for id, step in next, folded or {} do
    if not positions[id] then positions[id] = #(planned or {}) + (step.order or 0) end
  end
  return positions
end

---@param statuses? table<string, string> by step id, where the journal does not tell
---@param planned? string[] step ids of the plan's job
---@param folded? table<string, StepState>
---@return StepView[]
function M.steps(statuses, planned, folded)
  local steps, positions = {}, step_positions(planned, folded)
  for id, step in next, folded or {} do
    steps[#steps + 1] = { id = id, status = step.cancelled and "cancelled" or step.status, seconds = step.ms and step.ms / 1000 }
  end
  statuses = not folded and statuses or {}
  for id, status in next, statuses do steps[#steps + 1] = { id = id, status = M.status(status) } end
  for _, id in ipairs(planned or {}) do
    if not (folded or statuses)[id] then steps[#steps + 1] = { id = id, status = "pending" } end
  end
  table.sort(steps, function(a, b)
    local x, y = positions[a.id] or math.huge, positions[b.id] or math.huge
    if x ~= y then return x < y end
    return a.id < b.id
  end)
  return steps
end

local function outcome(status, message)
  return status == "failed" and message == "cancelled" and "cancelled" or status
end

---The status of a job for a person. A cancelled one is written as `failed` into state.json, where its error tells what it was.
---@param state table job object of state.json
---@return string
function M.outcome(state)
  return outcome(M.status(state.status), state.lastError)
end

-- A job whose steps are still to be added: it is not always that somebody wants to see them.
local function view(id, status, message, started, finished)
  local component, environment, short = M.split(id)
  return {
    id = id, component = component, environment = environment, short = short, status = status,
    error = status ~= "cancelled" and message or nil, startedAt = instant.parse(started), finishedAt = instant.parse(finished),
    tolerated = nil, steps = nil,
  }
end

---A job as state.json has it, without its steps.
---@param id string
---@param state table    job object of state.json
---@return JobView
function M.view(id, state)
  local job, failed = view(id, M.outcome(state), state.lastError, state.startedAt, state.finishedAt), 0
  for _, status in next, type(state.steps) == "table" and state.steps or {} do
    if M.group(M.status(status)) == "failed" then failed = failed + 1 end
  end
  if failed > 0 and M.group(job.status) == "completed" then job.tolerated = failed end
  return job
end

---A job as the journal has it, without its steps.
---@param id string
---@param folded JobState
---@return JobView
function M.folded(id, folded)
  local status = outcome(folded.status, folded.error)
  local job, failed = view(id, status, folded.error, folded.runAt or folded.startedAt, folded.finishedAt), 0
  for _, step in next, folded.steps do
    if step.status == "failed" and not step.cancelled then failed = failed + 1 end
  end
  if failed > 0 and status == "completed" then job.tolerated = failed end
  return job
end

return M
