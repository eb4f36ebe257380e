-- Execution profile of one component in one environment.
local place = require "orun.intent.place"
local sorted = require "orun.util.sorted"
local suggestion = require "orun.util.suggestion"

local M = {}

local function has_profiles(composition)
  return composition ~= nil and next(composition.profiles or {}) ~= nil
end

local own_profile = { "profile" }

---Reference, source, trigger of the profile that applies, and the way to it in the subscription.
local function reference(settings, composition, triggers)
  for i, rule in ipairs(settings and settings.profileRules or {}) do
    local ref = rule.when and rule.when.triggerRef
    if ref and triggers[ref] then return rule.profile, "subscription-rule", ref, { "profileRules", i, "profile" } end
  end
  if settings and settings.profile then return settings.profile, "subscription", nil, own_profile end
  local default = composition.defaultProfile
  if default and default ~= "" then return default, "composition-default" end
end

---Where the reference is written: without a way, in the composition.
local function written(settings, way, composition)
  if not way then return place.of(composition.place, "defaultProfile") end
  return place.of(settings.place, table.unpack(way))
end

---Reports once for each place, however many environments a subscription covers.
local function fail(instance, context, at, kind, message, hint)
  local id = ("%s:%s:%s:%s"):format(kind, at and at.file or instance.name, at and at.line or "", at and at.column or "")
  if context.reported[id] then return end
  context.reported[id] = true
  context.report:error(place.mark(at, {
    kind = kind, message = ("component %s environment %s: %s"):format(instance.name, instance.environment, message), hint = hint,
  }))
end

---Sets profile, profileSource and profileRuleTriggerRef of an instance; `flawed` when it cannot be told which profile it has (reported).
---@param instance table
---@param settings? table subscription
---@param context {report: table, triggers: table<string, boolean>, reported: table<string, boolean>}
function M.choose(instance, settings, context)
  local composition = instance.composition
  if not composition then return end
  if composition.flawed then
    instance.flawed = true
    return
  end
  if not has_profiles(composition) then
    instance.profileSource = "legacy-none"
    return
  end
  instance.flawed = true
  if settings and settings.flawed then return end
  local ref, source, trigger, way = reference(settings, composition, context.triggers)
  if not ref then
    fail(instance, context, settings and settings.place or instance.component.place, "intent.profile-missing",
      ("composition %s has execution profiles but no default; the subscription must name one"):format(composition.name),
      "profiles: " .. table.concat(sorted.keys(composition.profiles), ", "))
    return
  end
  local prefix, name
  if ref:find(".", 1, true) then prefix, name = ref:match("^([^.]*)%.(.*)$") end
  if prefix and prefix ~= instance.type then
    fail(instance, context, written(settings, way, composition), "intent.profile-type",
      ('the profile "%s" belongs to the type %s, the component has type %s'):format(ref, prefix, instance.type))
    return
  end
  name = name or ref
  if not composition.profiles[name] then
    local known = sorted.keys(composition.profiles)
    local hint = suggestion.hint(name, known)
    fail(instance, context, written(settings, way, composition), "intent.unknown-profile",
      ('composition %s has no profile "%s"'):format(composition.name, name),
      ("%sprofiles: %s"):format(hint and hint .. " " or "", table.concat(known, ", ")))
    return
  end
  instance.flawed = nil
  instance.profile, instance.profileSource, instance.profileRuleTriggerRef = name, source, trigger
end

return M
