-- The environment of a step: orun's own, then the job's, what earlier steps exported, the step's; ORUN_* last, so that nothing
-- can pretend to be another job.
local json = require "host.json"
local process = require "host.process"
local secret = require "orun.run.secret"
local value = require "host.value"

local M = {}

local nothing = {}

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

---The ORUN_* variables of a job: nothing can pretend to be another one.
---@param facts RunFacts
---@param job table plan job
---@param env table<string, string> gets them, whatever it had
function M.identify(facts, job, env)
  env.ORUN_CONTEXT, env.ORUN_RUNNER = facts.context, facts.runner
  env.ORUN_EXEC_ID, env.ORUN_PLAN_ID = facts.execId, facts.planId
  env.ORUN_JOB_ID, env.ORUN_JOB_UID = job.id, job.uid or ""
  env.ORUN_JOB_RUN_ID = facts.planId .. ":" .. facts.execId .. ":" .. job.id
  env.ORUN_ENVIRONMENT, env.ORUN_COMPONENT = job.environment or "", job.component or ""
end

---The environments of all steps of a run: what they share is laid out once, and each step adds its own.
---@class Environment
---@field base table<string, string>
---@field block ProcessEnvironment the same, for host.process
---@field secrets string[]? values to hide that come from it
local Environment = {}
Environment.__index = Environment

---@param base table<string, string> not to be changed afterwards
---@return Environment
function M.new(base)
  return setmetatable({ base = base, block = process.environment(base), secrets = secret.values(base) }, Environment)
end

---Lays several layers over each other; later ones win. Values become texts.
---@param ... table? layers
---@return table<string, string> env to be laid over the base
---@return string[]? secrets values to hide, those of the base included
function Environment:with(...)
  local env, more, is_name = {}, false, secret.is_name
  for i = 1, select("#", ...) do
    for name, v in next, (select(i, ...)) or nothing do
      env[name] = type(v) == "string" and v or M.text(v)
      more = more or is_name(name)
    end
  end
  if not more then return env, self.secrets end
  return env, secret.values(env, self.secrets)
end

return M
