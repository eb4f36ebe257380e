-- The environment of a step: orun's own, then the job's, what earlier steps exported, the step's; ORUN_* last, so that nothing
-- can pretend to be another job.
local json = require "host.json"
local process = require "host.process"
local value = require "host.value"

local M = {}

---A plan value as an environment text: integers as integers, null as nothing, lists and maps as JSON.
---@param v any
---@return string
function M.text(v)
  local kind = type(v)
  if kind == "string" then return v end
  if v == nil or v == value.null then return "" end
  if kind == "boolean" or math.type(v) == "integer" then return tostring(v) end
  if kind == "table" or kind == "number" then return json.encode(v, { html = false }) end
  return tostring(v)
end

-- Only meant for orun itself; a nested `orun run --background` must not see it.
local private = { "ORUN_BACKGROUND_CHILD" }

---orun's own environment, as steps may see it.
---@return table<string, string>
function M.inherited()
  local env = process.environ()
  for _, name in ipairs(private) do env[name] = nil end
  return env
end

---@class RunFacts
---@field execId string
---@field planId string   short id of the plan
---@field runner string
---@field context string  "local", "container" or "ci"

---The ORUN_* variables of a job.
---@param facts RunFacts
---@param job table plan job
---@return table<string, string>
function M.identity(facts, job)
  return {
    ORUN_CONTEXT = facts.context,
    ORUN_RUNNER = facts.runner,
    ORUN_EXEC_ID = facts.execId,
    ORUN_PLAN_ID = facts.planId,
    ORUN_JOB_ID = job.id,
    ORUN_JOB_UID = job.uid or "",
    ORUN_JOB_RUN_ID = facts.planId .. ":" .. facts.execId .. ":" .. job.id,
    ORUN_ENVIRONMENT = job.environment or "",
    ORUN_COMPONENT = job.component or "",
  }
end

---Lays several layers over each other; later ones win. Values become texts.
---@param base table<string, string> copied
---@param ... table? layers
---@return table<string, string>
function M.merge(base, ...)
  local env = {}
  for k, v in next, base do env[k] = v end
  for i = 1, select("#", ...) do
    local layer = select(i, ...)
    if layer then
      for k, v in next, layer do env[k] = M.text(v) end
    end
  end
  return env
end

return M
