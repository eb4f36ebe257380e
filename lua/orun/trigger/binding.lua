-- Rules of automation.triggerBindings and of the environments that refer to them.
--
-- Platforms in use break some of them, so compiling only warns; `orun validate` insists.
local place = require "orun.intent.place"
local sorted = require "orun.util.sorted"
local suggestion = require "orun.util.suggestion"

local M = {}

local scopes = { "full", "changed" }

---@class BindingCheck
---@field report table
---@field severity "error"|"warn"
local Check = {}
Check.__index = Check

function Check:say(at, kind, message, hint)
  self.report[self.severity](self.report, place.mark(at, { kind = kind, message = message, hint = hint }))
end

function Check:binding(name, binding, home)
  local at, on = place.of_key(home, name), binding.on or {}
  local from = on.place or at
  if name == "" then self:say(at, "trigger.binding-name", "a trigger binding must have a name") end
  if (on.provider or "") == "" then
    self:say(from, "trigger.provider-required", ("trigger binding %s: on.provider is required"):format(name), "for example github")
  end
  if (on.event or "") == "" then
    self:say(from, "trigger.event-required", ("trigger binding %s: on.event is required, without it no event matches"):format(name))
  end
  local scope = binding.plan and binding.plan.scope or ""
  if scope ~= "" and scope ~= "full" and scope ~= "changed" then
    self:say(place.of(binding.plan.place, "scope"), "trigger.scope",
      ('trigger binding %s: plan.scope is "%s", must be full or changed'):format(name, scope), suggestion.hint(scope, scopes))
  end
end

---@return table<string, boolean> used names of the bindings that environments refer to
function Check:references(model)
  local used, bindings = {}, model.automation.triggerBindings
  for name, environment in sorted.pairs(model.environments) do
    local seen = {}
    for i, ref in ipairs(environment.activation.triggerRefs) do
      local at = place.of(environment.place, "activation", "triggerRefs", i)
      used[ref] = true
      if not bindings[ref] then
        self:say(at, "trigger.unknown-ref", ('environment %s names the trigger "%s", which automation.triggerBindings does not declare')
          :format(name, ref), suggestion.hint(ref, sorted.keys(bindings)))
      elseif seen[ref] then
        self:say(at, "trigger.duplicate-ref", ("environment %s names the trigger %s twice"):format(name, ref))
      end
      seen[ref] = true
    end
  end
  return used
end

---@param model table
---@param report table
---@param severity "error"|"warn" of everything but bindings that nothing uses; those are warnings
function M.check(model, report, severity)
  local check = setmetatable({ report = report, severity = severity }, Check)
  local home = place.of(model.place, "automation", "triggerBindings")
  local used = check:references(model)
  for name, binding in sorted.pairs(model.automation.triggerBindings) do
    check:binding(name, binding, home)
    if not used[name] then
      report:warn(place.mark(place.of_key(home, name), {
        kind = "trigger.unused", message = ("no environment names the trigger binding %s, so it activates nothing"):format(name),
        hint = "list it under activation.triggerRefs of an environment",
      }))
    end
  end
end

return M
