-- Why jobs have the steps that they have: parameters with the places that they come from, the profile, and what it keeps.
local merge = require "orun.intent.merge"
local model_of = require "orun.composition.model"
local scalar = require "orun.cockpit.viewmodel.scalar"
local selection = require "orun.composition.selection"
local sorted = require "orun.util.sorted"

local M = {}

---@class ExplainedParameter
---@field name string
---@field value any
---@field text string
---@field from string who says so
---@field file? string
---@field line? integer
---@field unknown? boolean no other value was accepted, so what it matters to is not known

---@class ExplainedStep
---@field id string
---@field kept boolean
---@field reason string
---@field capability? string
---@field phase? string
---@field parameters string[] that it would not be the same without
---@field file? string
---@field line? integer

---@class ExplainedJob
---@field id string
---@field name string
---@field steps ExplainedStep[]

---@class Explanation
---@field component string
---@field environment string
---@field type string
---@field composition string document
---@field profile? string
---@field profileSource string
---@field parameters ExplainedParameter[]
---@field jobs ExplainedJob[] chosen by the profile
---@field left string[] names of jobs that the profile leaves out

local function parameters(merger, instance, unknown)
  local list = {}
  for name, v in sorted.pairs(instance.parameters) do
    local at, from = merger:origin("parameters", name, instance.environment, instance.component, instance.subscription)
    list[#list + 1] = {
      name = name, value = v, text = scalar.text(v), from = from, file = at and at.file, line = at and at.line, unknown = unknown[name],
    }
  end
  return list
end

---Why a profile keeps a step, or does not.
local function reason(step, choice, kept)
  if not choice then return "no profile chooses" end
  if choice.all then return "the profile keeps every step of the job" end
  if #choice.includeCapabilities > 0 then
    if not step.capability then return "has no capability, so it always stays" end
    return kept and "its capability is included" or "its capability is not included"
  end
  return kept and "enabled by the profile" or "not enabled by the profile"
end

local function is_overridden(instance, step)
  for _, override in ipairs(instance.component.overrides and instance.component.overrides.steps or {}) do
    if step.name ~= nil and override.name == step.name then return true end
  end
  return false
end

local function entry(step, kept, why, influences)
  local at, id = step.place, model_of.step_key(step) or ""
  return {
    id = id, kept = kept, reason = why, capability = step.capability, phase = kept and step.phase or nil,
    parameters = influences and influences[id] or {}, file = at and at.file, line = at and at.line,
  }
end

local function profile_job(instance, job)
  local profile = instance.profile and instance.composition.profiles[instance.profile]
  return profile and profile.jobs[job.name]
end

---@return ExplainedJob
local function explain_job(job, influences)
  local instance, choice, steps = job.instance, profile_job(job.instance, job), {}
  for _, recipe in ipairs(job.recipes) do
    local step = recipe.bound
    local why = is_overridden(instance, step) and "from the overrides of the component" or reason(step, choice, true)
    if choice and choice.stepOverrides[model_of.step_key(step) or ""] then why = why .. ", changed by stepOverrides" end
    steps[#steps + 1] = entry(step, true, why, influences)
  end
  local keeps = choice and selection.keeper(choice)
  for _, step in ipairs(job.definition.steps) do
    if keeps and not keeps(step) and not is_overridden(instance, step) then
      steps[#steps + 1] = entry(step, false, reason(step, choice, false))
    end
  end
  return { id = job.id, name = job.name, steps = steps }
end

---@param model table
---@param instance table
---@param jobs table[] bound jobs of the whole expansion
---@param influence Influence which parameters matter
---@return Explanation
function M.view(model, instance, jobs, influence)
  local composition, chosen = instance.composition, {}
  local view = {
    component = instance.name, environment = instance.environment, type = composition.type, composition = composition.file,
    profile = instance.profile, profileSource = instance.profileSource, left = {}, jobs = {},
    parameters = parameters(merge.new(model, nil), instance, influence.unknown),
  }
  for _, job in ipairs(jobs) do
    if job.instance == instance then
      chosen[job.name] = true
      view.jobs[#view.jobs + 1] = explain_job(job, influence.steps[job.name])
    end
  end
  for _, name in ipairs(model_of.job_names(composition)) do
    if not chosen[name] then view.left[#view.left + 1] = name end
  end
  return view
end

return M
