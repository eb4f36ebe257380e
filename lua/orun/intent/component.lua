-- Components: defaults and checks.
local place = require "orun.intent.place"
local reserved = require "orun.intent.reserved"
local sorted = require "orun.util.sorted"
local suggestion = require "orun.util.suggestion"

local M = {}

local watchable = { "automation", "compositions", "discovery", "env", "environments", "execution", "extends", "groups" }
local include_policies = { ["if-selected"] = true, always = true }

local function text(v)
  return v ~= "" and v or nil
end

local function subscription(component, decoded, report)
  local env = decoded.env or {}
  if reserved.any(env) then
    local layer = ("component %s subscription %s env"):format(component.name, decoded.name)
    reserved.check(env, layer, place.of(decoded.place, "env"), report)
  end
  return {
    name = decoded.name, profile = text(decoded.profile), profileRules = decoded.profileRules or {},
    dependencyMode = text(decoded.dependencyMode), dependencyRules = decoded.dependencyRules or {},
    env = env, parameters = decoded.parameters or {}, place = decoded.place,
  }
end

local function dependency(component, decoded, index, report)
  local include = text(decoded.include) or "if-selected"
  if not include_policies[include] then
    component.unsettled = true
    report:error(place.mark(place.of(decoded.place, "include"), {
      kind = "intent.dependency-include",
      message = ('component %s: dependsOn[%d].include is "%s", must be if-selected or always'):format(component.name, index - 1, include),
      hint = suggestion.hint(include, { "if-selected", "always" }),
    }))
  end
  local environment = text(decoded.environment)
  return {
    component = decoded.component or "", environment = environment ~= "__same__" and environment or nil,
    scope = text(decoded.scope) or "same-environment", condition = text(decoded.condition) or "success", include = include,
    reason = decoded.reason or "", place = decoded.place,
  }
end

local function override(decoded)
  return {
    id = text(decoded.id), name = text(decoded.name), capability = text(decoded.capability), phase = text(decoded.phase),
    order = decoded.order, run = text(decoded.run), use = text(decoded.use),
    with = decoded.with and next(decoded.with) and decoded.with or nil, env = decoded.env and next(decoded.env) and decoded.env or nil,
    shell = text(decoded.shell), ["working-directory"] = text(decoded["working-directory"]), timeout = text(decoded.timeout),
    retry = decoded.retry, onFailure = text(decoded.onFailure), place = decoded.place,
  }
end

local function check_watches(component, report)
  for i, watch in ipairs(component.change.watches) do
    local known = false
    for _, name in ipairs(watchable) do known = known or name == watch end
    if not known then
      report:error(place.mark(place.of(component.place, "change", "watches", i), {
        kind = "intent.change-watch",
        message = ('component %s: change.watches[%d] is "%s", must be one of %s'):format(component.name, i - 1, watch,
          table.concat(watchable, ", ")),
        hint = suggestion.hint(watch, watchable),
      }))
    end
  end
end

local function each(list, fn)
  local out = {}
  for i, item in ipairs(list or {}) do out[i] = fn(item, i) end
  return out
end

local function normalize_one(decoded, report)
  local component = {
    name = decoded.name, type = decoded.type or "", domain = decoded.domain or "", enabled = decoded.enabled ~= false,
    path = text(decoded.path), parameters = decoded.parameters or {}, labels = decoded.labels or {}, env = decoded.env or {},
    change = { watches = decoded.change and decoded.change.watches or {} }, source = decoded.source, sourcePath = decoded.sourcePath,
    place = decoded.place,
  }
  local ref = decoded.compositionRef
  if ref and (text(ref.source) or text(ref.name)) then
    component.compositionRef = { source = text(ref.source), name = text(ref.name), place = ref.place }
  end
  if component.type == "" then
    report:error(place.mark(component.place, {
      kind = "intent.component-type", message = ("component %s must have a type"):format(component.name),
    }))
  end
  if reserved.any(component.env) then
    reserved.check(component.env, ("component %s root env"):format(component.name), place.of(component.place, "env"), report)
  end
  check_watches(component, report)
  component.subscribe = {
    environments = each(decoded.subscribe and decoded.subscribe.environments, function(item)
      return subscription(component, item, report)
    end),
  }
  component.dependsOn = each(decoded.dependsOn, function(item, i) return dependency(component, item, i, report) end)
  component.overrides = { steps = each(decoded.overrides and decoded.overrides.steps, override) }
  return component
end

local function name_place(decoded)
  return decoded.name_place or place.of(decoded.place, "name")
end

local function check_name(decoded, seen, report)
  local name = decoded.name or ""
  if name == "" then
    report:error(place.mark(decoded.place, { kind = "intent.component-name", message = "a component must have a name" }))
    return false
  end
  local first = seen[name]
  if first then
    local where = name_place(first)
    report:error(place.mark(name_place(decoded), {
      kind = "intent.duplicate-component", message = "duplicate component name: " .. name,
      hint = where and ("the first one stands at %s:%d"):format(where.file, where.line) or nil,
    }))
    return false
  end
  seen[name] = decoded
  local flaw = reserved.flaw(name, "@")
  if flaw then
    report:error(place.mark(name_place(decoded), {
      kind = "intent.component-name", message = ('component name "%s" %s'):format((name:gsub("%c", "?")), flaw),
    }))
  end
  return true
end

---Components with defaults, in the order given.
---@param decoded table[]
---@param report table
---@return table[]
---@return string[] broken names of components whose fields have mistakes, or that have no type: nothing else of them counts
function M.normalize(decoded, report)
  local list, broken, seen = {}, {}, {}
  for _, item in ipairs(decoded) do
    if check_name(item, seen, report) then
      local component = not item.flawed and normalize_one(item, report)
      if component and component.type ~= "" then
        list[#list + 1] = component
      else
        broken[#broken + 1] = item.name
      end
    end
  end
  return list, broken
end

local function unknown_dependency(component, item, i, names)
  return place.mark(place.of(item.place, "component"), {
    kind = "intent.unknown-dependency",
    message = item.component == "" and ("component %s: dependsOn[%d] requires component"):format(component.name, i - 1)
      or ('component %s depends on "%s", which no file of this intent declares'):format(component.name, item.component),
    hint = suggestion.hint(item.component, names),
  })
end

---Every dependency must name a component of this intent, selected or not. Those that lead nowhere are left out of what follows, which
---would only repeat the mistake.
---@param model table
---@param report table
function M.check_dependencies(model, report)
  local known, declared = {}, {}
  for _, component in ipairs(model.components) do known[component.name], declared[component.name] = true, true end
  for _, name in ipairs(model.broken) do declared[name] = true end
  local names
  for _, component in ipairs(model.components) do
    local kept
    for i, item in ipairs(component.dependsOn) do
      local is_known = known[item.component]
      if not is_known then
        kept = kept or table.move(component.dependsOn, 1, i - 1, 1, {})
        -- One that is declared nowhere may stand in a manifest that could not be read.
        if item.component == "" or not declared[item.component] and not model.incomplete then
          names = names or sorted.keys(declared)
          report:error(unknown_dependency(component, item, i, names))
        end
      elseif kept then
        kept[#kept + 1] = item
      end
    end
    component.dependsOn = component.unsettled and {} or kept or component.dependsOn
  end
end

return M
