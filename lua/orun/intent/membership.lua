-- Which component runs in which environment, and with which subscription's settings.
local pattern = require "orun.util.pattern"

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

return M
