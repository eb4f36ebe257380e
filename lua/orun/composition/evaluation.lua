-- Functions of ctx: what the jobs of a Lua composition are for one component in one environment.
local model = require "orun.composition.model"
local module = require "orun.composition.module"
local parameters = require "orun.composition.parameters"
local place = require "orun.intent.place"
local value = require "host.value"

local M = {}

-- In this order, so that the first mistake is the same on every machine.
local fields = { "runsOn", "timeout", "labels", "env", "outputs", "steps" }

---What functions of ctx see: the root of the templates, and more.
---@class CompositionContext
---@field orun table as in templates
---@field component {name: string, type: string, domain: string, path: string?}
---@field environment {name: string}
---@field composition {type: string}
---@field profile {name: string}
---@field job {id: string, name: string}
---@field parameters table<string, any>
---@field env table<string, string>
---@field labels table<string, string> of the component
---@field dependencies string[] names
---@field trigger? table as in the plan

-- One table serves all calls: what goes in is a copy.
local shared = { component = {}, environment = {}, composition = {}, profile = {}, job = {} }
shared.orun = {
  component = shared.component, environment = shared.environment, composition = shared.composition, profile = shared.profile,
  job = shared.job,
}

---@param instance table
---@param id string of the job
---@param name string of the job
---@param trigger? table
---@return CompositionContext good until the next call
function M.context(instance, id, name, trigger)
  local component, dependencies = shared.component, value.list {}
  for i, dependency in ipairs(instance.dependencies) do dependencies[i] = dependency.component end
  component.name, component.type, component.domain, component.path = instance.name, instance.type, instance.domain or "", instance.path
  shared.environment.name, shared.composition.type, shared.profile.name = instance.environment, instance.type, instance.profile or ""
  shared.job.id, shared.job.name = id, name
  shared.parameters, shared.env, shared.labels = instance.parameters, instance.env or {}, instance.labels or {}
  shared.dependencies, shared.trigger = dependencies, trigger
  return shared
end

---What a composition refuses with a path (`orun.fail`) is told where the component says it; the composition's line is named as well.
local function settle_refusal(instance, problem)
  local at = problem.path and parameters.place(instance, problem.path)
  if not at then return end
  if problem.line then problem.message = ("%s (%s:%d)"):format(problem.message, problem.file, problem.line) end
  place.mark(at, problem)
end

---Reports a mistake of a function. All instances share one of the composition; what the composition says about a component (`orun.fail`)
---is for each component to mend.
---@param instance table
---@param what string the field and the job
---@param problem Diagnostic with the message alone
---@param report table
local function complain(instance, what, problem, report)
  local whose = "component " .. instance.name
  if problem.kind == "composition.failure" then settle_refusal(instance, problem) end
  problem.general = ("%s: %s"):format(what, problem.message)
  problem.message = ("%s environment %s: %s"):format(whose, instance.environment, problem.general)
  if problem.kind == "composition.failure" then problem.general = whose .. ": " .. problem.general end
  problem.instances = { { component = instance.name, environment = instance.environment } }
  report:error(problem)
end

---@param composition Composition
---@param definition Job
---@param instance table
---@param field string
---@param ctx CompositionContext
---@param report table
---@return boolean valid
---@return any value
---@return boolean? made steps that are made already
local function evaluate(composition, definition, instance, field, ctx, report)
  local box, handle = composition.sandbox, definition.dynamic[field]
  local what = ("%s of job %s"):format(field, definition.name)
  local result, problem = box:call(handle, ctx)
  if problem then
    complain(instance, what, module.diagnostic(problem), report)
    return false
  end
  local at = module.place_of(box, handle, definition.place)
  local steps = field == "steps" and module.plain_steps(result, box, at)
  if steps then return true, steps, true end
  local read, wrong = module.result(field, result, box, at)
  if wrong then
    complain(instance, what, place.mark(wrong.place, {
      kind = "composition.module-shape", hint = wrong.hint,
      message = wrong.way == field and wrong.message or ("%s: %s"):format(wrong.way, wrong.message),
    }), report)
    return false
  end
  return true, read
end

local function text_into(field)
  return function(out, v) out[field] = v ~= "" and v or nil end
end

---Puts a result into the definition of a job.
local settle = {
  runsOn = text_into "runsOn", timeout = text_into "timeout",
  -- Fixed labels describe a job in listings; those of a function are for the plan.
  labels = function(out, v) out.plannedLabels = v end,
  env = function(out, v) out.env = v end,
  outputs = function(out, v) out.outputs, out.templates = v or value.list {}, {} end,
  steps = function(out, v)
    out.steps = value.list {}
    for i, raw in ipairs(v) do out.steps[i] = model.step(raw) end
  end,
}

---The definition of a job with the values that its functions give; nil when one of them failed (reported).
---@param composition Composition
---@param definition Job
---@param instance table
---@param ctx CompositionContext
---@param report table
---@return Job?
function M.job(composition, definition, instance, ctx, report)
  local out = {}
  for key, v in next, definition do out[key] = v end
  for _, field in ipairs(fields) do
    if definition.dynamic[field] then
      local valid, v, made = evaluate(composition, definition, instance, field, ctx, report)
      if not valid then return nil end
      if made then out.steps, out.fresh = v, true else settle[field](out, v) end
    end
  end
  return out
end

return M
