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

---What orun says to every step, and nothing else can: which job it is, and the files for what it has to tell.
---@param facts RunFacts
---@param job table plan job
---@param env_file string
---@param output_file string
---@param path_file string
---@return table<string, string>
function M.identity(facts, job, env_file, output_file, path_file)
  return {
    ORUN_CONTEXT = facts.context, ORUN_RUNNER = facts.runner, ORUN_EXEC_ID = facts.execId, ORUN_PLAN_ID = facts.planId,
    ORUN_JOB_ID = job.id, ORUN_JOB_UID = job.uid or "", ORUN_JOB_RUN_ID = facts.planId .. ":" .. facts.execId .. ":" .. job.id,
    ORUN_ENVIRONMENT = job.environment or "", ORUN_COMPONENT = job.component or "",
    ORUN_ENV = env_file, GITHUB_ENV = env_file, ORUN_OUTPUT = output_file, GITHUB_OUTPUT = output_file, GITHUB_PATH = path_file,
  }
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

-- Names that identity() sets.
local own = {}
for name in next, M.identity({ context = "", runner = "", execId = "", planId = "" }, { id = "" }, "", "", "") do own[name] = true end

---Adds several layers to what orun says; later ones win over each other, none over orun. Values become texts.
---@param env table<string, string> of identity(); it gets them
---@param ... table? layers
---@return table<string, string> env to be laid over the base
---@return string[]? secrets values to hide, those of the base included
function Environment:with(env, ...)
  local more, is_name = false, secret.is_name
  for i = 1, select("#", ...) do
    for name, v in next, (select(i, ...)) or nothing do
      if not own[name] then
        env[name] = type(v) == "string" and v or M.text(v)
        more = more or is_name(name)
      end
    end
  end
  if not more then return env, self.secrets end
  return env, secret.values(env, self.secrets)
end

return M
