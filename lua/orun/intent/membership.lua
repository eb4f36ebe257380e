-- Which component runs in which environment, and with which subscription's settings.
local pattern = require "orun.util.pattern"
local place = require "orun.intent.place"
local sorted = require "orun.util.sorted"
local suggestion = require "orun.util.suggestion"

local M = {}

---Subscription of a component for an environment: the one of exactly that name, else the first whose pattern matches.
---@param component table
---@param environment string
---@return table?
function M.subscription(component, environment)
  local matching
  for _, subscription in ipairs(component.subscribe.environments) do
    if subscription.name == environment then return subscription end
    if not matching and pattern.matches(subscription.name, environment) then matching = subscription end
  end
  return matching
end

---@param component table normalized
---@param name string environment
---@param environment table normalized
---@return table? settings subscription
---@return boolean member
function M.settings(component, name, environment)
  if not component.enabled then return nil, false end
  local selectors = environment.selectors
  if #selectors.domains > 0 and not pattern.any(selectors.domains, component.domain) then return nil, false end
  if #component.subscribe.environments > 0 then
    local subscription = M.subscription(component, name)
    return subscription, subscription ~= nil
  end
  return nil, pattern.any(selectors.components, component.name)
end

-- Environments that components name although the intent does not declare them, each with how often and where first.
---@param model table
---@return {name: string, count: integer, place: Place?, dependency: boolean}[]
local function strangers(model)
  local list, met, names = {}, {}, sorted.keys(model.environments)
  local function known(wanted)
    for _, name in ipairs(names) do
      if pattern.matches(wanted, name) then return true end
    end
    return false
  end
  local function meet(wanted, at, field)
    local item = met[wanted]
    if item == nil then
      item = not known(wanted) and { name = wanted, count = 0, place = place.of(at, field), dependency = field == "environment" }
      list[#list + 1], met[wanted] = item or nil, item
    end
    if item then item.count = item.count + 1 end
  end
  for _, component in ipairs(model.components) do
    for _, subscription in ipairs(component.subscribe.environments) do meet(subscription.name, subscription.place, "name") end
    for _, dependency in ipairs(component.dependsOn) do
      if dependency.environment then meet(dependency.environment, dependency.place, "environment") end
    end
  end
  return list
end

-- Only the first entry for an environment counts, whatever a second one says.
local function check_repetitions(component, report)
  local met = {}
  for _, subscription in ipairs(component.subscribe.environments) do
    local name = subscription.name
    if met[name] then
      report:warn(place.mark(place.of(subscription.place, "name"), {
        kind = "intent.duplicate-subscription",
        message = ('component %s subscribes to "%s" twice; only the first entry counts'):format(component.name, name),
      }))
    end
    met[name] = true
  end
end

---Warns about subscriptions that are repeated, and about environments that are subscribed to or depended on but never declared: nothing
---would run there, without a word. A pattern counts as declared when it matches something.
---@param model table normalized
---@param report table
function M.check(model, report)
  for _, component in ipairs(model.components) do check_repetitions(component, report) end
  local declared = sorted.keys(model.environments)
  for _, item in ipairs(strangers(model)) do
    report:warn(place.mark(item.place, {
      kind = "intent.unknown-environment",
      message = ('the intent declares no environment "%s", so %s has no effect%s'):format(item.name,
        item.dependency and "this dependency" or "this subscription",
        item.count > 1 and (" (%d times, first here)"):format(item.count) or ""),
      hint = suggestion.hint(item.name, declared) or #declared > 0 and "environments: " .. table.concat(declared, ", ") or nil,
    }))
  end
end

return M
