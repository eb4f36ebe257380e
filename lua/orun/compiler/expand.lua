-- Stage 3: environment × component, with parameters, env, profile and dependency mode of each pair, then the selection.
local impact = require "orun.change.impact"
local membership = require "orun.intent.membership"
local merge = require "orun.intent.merge"
local profile = require "orun.intent.profile"
local selection = require "orun.intent.selection"
local sorted = require "orun.util.sorted"

---Dependency mode of a pair: rule of a matched trigger, subscription, environment, else enforced.
---@return string mode
---@return string source
---@return string? trigger
local function dependency_mode(settings, environment, triggers)
  for _, rule in ipairs(settings and settings.dependencyRules or {}) do
    local ref = rule.when and rule.when.triggerRef
    if ref and triggers[ref] then return rule.mode, "subscription-rule", ref end
  end
  if settings and settings.dependencyMode then return settings.dependencyMode, "subscription" end
  if environment.dependencyMode then return environment.dependencyMode, "environment" end
  return "enforced", "default"
end

local nothing = {}

---Dependencies seen from one environment.
local function dependencies(component, environment)
  if #component.dependsOn == 0 then return nothing end
  local list = {}
  for i, item in ipairs(component.dependsOn) do
    list[i] = {
      component = item.component, environment = item.environment or environment, scope = item.scope, condition = item.condition,
      include = item.include, reason = item.reason, place = item.place,
    }
  end
  return list
end

local function instance(context, environment_name, component, settings)
  local environment = context.model.environments[environment_name]
  local parameters, path, env, policies = context.merger:instance(environment_name, component, settings)
  local mode, mode_source, mode_trigger = dependency_mode(settings, environment, context.triggers)
  local result = {
    component = component, name = component.name, environment = environment_name, type = component.type, domain = component.domain,
    composition = context.compositions[component.name], labels = component.labels, parameters = parameters, path = path,
    env = env, policies = policies, dependencies = dependencies(component, environment_name),
    dependencyMode = mode, dependencySource = mode_source, dependencyRuleTriggerRef = mode_trigger, subscription = settings,
  }
  profile.choose(result, settings, context)
  if component.flawed or not result.composition then result.flawed = true end
  return result
end

---@class Expansion
---@field instances table[] selected, sorted by environment, then name; one whose jobs would only repeat a mistake is `flawed`
---@field active string[] sorted environments selected by trigger or --env, empty ones included
---@field environments string[] sorted environments that hold a selected instance, or were left empty by --env only
---@field all table[] every instance of the intent, in the same order

---@param model table
---@param registry? table without one no composition is chosen and no profile
---@param choice {environments?: string[], components?: string[], active?: string[], triggers?: string[], changes?: Changes}
---@param report table
---@return Expansion
return function(model, registry, choice, report)
  local context = {
    model = model, registry = registry, report = report, compositions = {}, triggers = {}, order = choice.triggers or {},
    merger = merge.new(model, report), reported = {},
  }
  for _, name in ipairs(context.order) do context.triggers[name] = true end
  local by_name = {}
  for _, component in ipairs(model.components) do
    by_name[#by_name + 1] = component
    if registry and component.type ~= "" then
      context.compositions[component.name] = component.composition or registry:choose(component)
    end
  end
  table.sort(by_name, function(a, b) return a.name < b.name end)
  local all = {}
  for environment in sorted.pairs(model.environments) do
    for _, component in ipairs(by_name) do
      local settings, member = membership.settings(component, environment, model.environments[environment])
      if member then all[#all + 1] = instance(context, environment, component, settings) end
    end
  end
  local expansion = selection.apply(model, all, choice, report)
  return choice.changes and impact.narrow(expansion, model, choice.changes) or expansion
end
