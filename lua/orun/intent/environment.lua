-- Environments: defaults, and the checks of their names and promotions.
local place = require "orun.intent.place"
local reserved = require "orun.intent.reserved"
local sorted = require "orun.util.sorted"
local suggestion = require "orun.util.suggestion"

local M = {}

local allowed = {
  strategy = { "same-component", "environment-barrier" },
  condition = { "success" },
  satisfy = { "same-plan-or-previous-success", "same-plan", "previous-success" },
  revision = { "source" },
}

---The value of a promotion field: the first allowed one when absent, reported when it is not among them.
local function choice(text, field, at, where, report)
  local values = allowed[field]
  if (text or "") == "" then return values[1] end
  for _, candidate in ipairs(values) do
    if candidate == text then return text end
  end
  report:error(place.mark(at, {
    kind = "intent.promotion-value",
    message = ('%s.%s is "%s", must be %s'):format(where, field == "revision" and "match.revision" or field, text,
      table.concat(values, " or ")),
    hint = suggestion.hint(text, values),
  }))
  return text
end

local function check_target(name, target, decoded, where, environments, report)
  local at, message, kind, hint = place.of(decoded.place, "environment"), nil, nil, nil
  if target == "" then
    kind, message = "intent.promotion-environment", where .. " requires environment"
  elseif target == name then
    kind, message = "intent.promotion-self", ("environment %s cannot be promoted from itself"):format(name)
  elseif not environments[target] then
    kind, message = "intent.promotion-unknown", ('environment %s is promoted from "%s", which does not exist'):format(name, target)
    hint = suggestion.hint(target, sorted.keys(environments))
  end
  if message then report:error(place.mark(at, { kind = kind, message = message, hint = hint })) end
  return message == nil
end

-- Promotions from environments that exist.
local function promotions(name, decoded, environments, report)
  local list = {}
  for i, item in ipairs(decoded.promotion and decoded.promotion.dependsOn or {}) do
    local where = ("environment %s: promotion.dependsOn[%d]"):format(name, i - 1)
    local target = item.environment or ""
    local sound = check_target(name, target, item, where, environments, report)
    local made = {
      environment = target, place = item.place,
      strategy = choice(item.strategy, "strategy", place.of(item.place, "strategy"), where, report),
      condition = choice(item.condition, "condition", place.of(item.place, "condition"), where, report),
      satisfy = choice(item.satisfy, "satisfy", place.of(item.place, "satisfy"), where, report),
      match = {
        revision = choice(item.match and item.match.revision, "revision", place.of(item.place, "match", "revision"), where, report),
      },
    }
    if sound then list[#list + 1] = made end
  end
  return list
end

local function check_name(name, at, report)
  local flaw = name == "" and "is empty" or reserved.flaw(name, "@.")
  if flaw then
    local shown = name:gsub("%c", "?")
    report:error(place.mark(at, { kind = "intent.environment-name", message = ('environment name "%s" %s'):format(shown, flaw) }))
  end
end

---`*` in the component selectors stands for all components.
local function selected(patterns, components)
  for _, pattern in ipairs(patterns) do
    if pattern == "*" then
      local names = {}
      for i, component in ipairs(components) do names[i] = component.name end
      table.sort(names)
      return names
    end
  end
  return patterns
end

---@param intent table decoded
---@param components table[] normalized
---@param report table
---@return table<string, table>
function M.normalize(intent, components, report)
  local decoded, out = intent.environments or {}, {}
  local home = place.of(intent.place, "environments")
  for name, environment in sorted.pairs(decoded) do
    check_name(name, place.of_key(home, name), report)
    local env, selectors = environment.env or {}, environment.selectors or {}
    reserved.check(env, ("environment %s env"):format(name), place.of(environment.place, "env"), report)
    out[name] = {
      activation = { triggerRefs = environment.activation and environment.activation.triggerRefs or {} },
      promotion = { dependsOn = promotions(name, environment, decoded, report) },
      selectors = { components = selected(selectors.components or {}, components), domains = selectors.domains or {} },
      parameterDefaults = environment.parameterDefaults or {}, policies = environment.policies or {}, env = env,
      presetPolicies = environment.presetPolicies, -- orun.intent.policy says what these are
      path = environment.path or "", dependencyMode = environment.dependencyMode ~= "" and environment.dependencyMode or nil,
      place = environment.place,
    }
  end
  return out
end

return M
