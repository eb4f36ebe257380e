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
---@field steps StepView[]      in the order in which they run

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
  local component, rest = id:match("^([^@]+)@(.+)$")
  if component then
    local environment, job = rest:match("^([^.]+)%.(.+)$")
    if environment then return component, environment, job end
    return component, rest, rest
  end
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

local ranks = { failed = 0, cancelled = 0.5, running = 1, pending = 2, queued = 2, waiting = 2, blocked = 2, completed = 3, success = 3 }

local function rank(status)
  return ranks[status] or 4
end

---Order of jobs: component, environment, what needs attention first, id.
---@param a JobView
---@param b JobView
---@return boolean
function M.before(a, b)
  if (a.component or "") ~= (b.component or "") then return (a.component or "") < (b.component or "") end
  if (a.environment or "") ~= (b.environment or "") then return (a.environment or "") < (b.environment or "") end
  if rank(a.status) ~= rank(b.status) then return rank(a.status) < rank(b.status) end
  return a.id < b.id
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

---@param statuses table<string, string> by step id
---@param planned? string[] step ids of the plan's job
---@param folded? table<string, StepState>
---@return StepView[]
function M.steps(statuses, planned, folded)
  local steps, positions = {}, step_positions(planned, folded)
  for id, status in next, statuses do
    local ms = folded and folded[id] and folded[id].ms
    local cancelled = folded and folded[id] and folded[id].cancelled
    steps[#steps + 1] = { id = id, status = cancelled and "cancelled" or M.status(status), seconds = ms and ms / 1000 }
  end
  for _, id in ipairs(planned or {}) do
    if not statuses[id] then steps[#steps + 1] = { id = id, status = "pending" } end
  end
  table.sort(steps, function(a, b)
    local x, y = positions[a.id] or math.huge, positions[b.id] or math.huge
    if x ~= y then return x < y end
    return a.id < b.id
  end)
  return steps
end

---The status of a job for a person. A cancelled one is written as `failed` into state.json, where its error tells what it was.
---@param state table job object of state.json
---@return string
function M.outcome(state)
  local status = M.status(state.status)
  return status == "failed" and state.lastError == "cancelled" and "cancelled" or status
end

local function tolerated(status, steps)
  if M.group(status) ~= "completed" then return nil end
  local n = 0
  for _, step in ipairs(steps) do
    if M.group(step.status) == "failed" then n = n + 1 end
  end
  return n > 0 and n or nil
end

---@param id string
---@param state table    job object of state.json
---@param folded? JobState  what the journal knows of it
---@param planned? string[] step ids of the plan's job
---@return JobView
function M.view(id, state, folded, planned)
  local component, environment, short = M.split(id)
  local status = M.outcome(state)
  local steps = M.steps(type(state.steps) == "table" and state.steps or {}, planned, folded and folded.steps)
  return {
    id = id,
    component = component,
    environment = environment,
    short = short,
    status = status,
    error = status ~= "cancelled" and state.lastError or nil,
    startedAt = instant.parse(folded and folded.runAt or state.startedAt),
    finishedAt = instant.parse(folded and folded.finishedAt or state.finishedAt),
    tolerated = tolerated(status, steps),
    steps = steps,
  }
end

return M
