-- Static checks of profile rules, dependency modes and dependency rules.
local place = require "orun.intent.place"
local sorted = require "orun.util.sorted"
local suggestion = require "orun.util.suggestion"

local M = {}

local modes = { "enforced", "advisory", "disabled" }

local function is_mode(text)
  return text == "enforced" or text == "advisory" or text == "disabled"
end

local function check_mode(mode, where, at, report)
  if not mode or is_mode(mode) then return end
  report:error(place.mark(at, {
    kind = "intent.dependency-mode", message = ('%s: dependencyMode is "%s", must be enforced, advisory or disabled'):format(where, mode),
    hint = suggestion.hint(mode, modes),
  }))
end

local function check_trigger(rule, where, bindings, report)
  local ref = rule.when and rule.when.triggerRef or ""
  if ref == "" then
    report:error(place.mark(rule.place, { kind = "intent.rule-trigger", message = where .. " requires when.triggerRef" }))
  elseif not bindings[ref] then
    report:error(place.mark(place.of(rule.place, "when", "triggerRef"), {
      kind = "intent.rule-trigger",
      message = ('%s names the trigger "%s", which automation.triggerBindings does not declare'):format(where, ref),
      hint = suggestion.hint(ref, sorted.keys(bindings)),
    }))
  end
end

local function check_profile_rules(subscription, where, bindings, report)
  if #subscription.profileRules > 0 and not subscription.profile then
    subscription.flawed = true
    report:error(place.mark(subscription.place, {
      kind = "intent.profile-required", message = where .. " has profileRules and so requires profile",
    }))
  end
  for i, rule in ipairs(subscription.profileRules) do
    local here = ("%s: profileRules[%d]"):format(where, i - 1)
    if (rule.profile or "") == "" then
      subscription.flawed = true
      report:error(place.mark(rule.place, { kind = "intent.rule-profile", message = here .. " requires profile" }))
    end
    check_trigger(rule, here, bindings, report)
  end
end

local function check_dependency_rules(subscription, where, bindings, report)
  for i, rule in ipairs(subscription.dependencyRules) do
    local here = ("%s: dependencyRules[%d]"):format(where, i - 1)
    if not is_mode(rule.mode) then
      local said = (rule.mode or "") ~= "" and ('.mode is "%s", must be enforced, advisory or disabled'):format(rule.mode)
      report:error(place.mark(place.of(rule.place, "mode"), { kind = "intent.rule-mode", message = here .. (said or " requires mode") }))
    end
    check_trigger(rule, here, bindings, report)
  end
end

---Subscriptions whose profile cannot be told get `flawed`.
---@param model table
---@param report table
function M.check(model, report)
  local bindings = model.automation.triggerBindings
  for name, environment in sorted.pairs(model.environments) do
    check_mode(environment.dependencyMode, "environment " .. name, place.of(environment.place, "dependencyMode"), report)
  end
  for _, component in ipairs(model.components) do
    for _, subscription in ipairs(component.subscribe.environments) do
      if subscription.dependencyMode or #subscription.profileRules > 0 or #subscription.dependencyRules > 0 then
        local where = ("component %s, subscription %s"):format(component.name, subscription.name)
        check_mode(subscription.dependencyMode, where, place.of(subscription.place, "dependencyMode"), report)
        check_profile_rules(subscription, where, bindings, report)
        check_dependency_rules(subscription, where, bindings, report)
      end
    end
  end
end

return M
