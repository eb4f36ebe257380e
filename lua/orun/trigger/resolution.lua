-- From what was asked for to what it means: which bindings match, which environments they activate, how much is planned, and between
-- which commits.
local glob = require "orun.trigger.glob"
local number = require "orun.template.number"
local pattern = require "orun.util.pattern"
local place = require "orun.intent.place"
local selection = require "orun.intent.selection"
local sorted = require "orun.util.sorted"
local suggestion = require "orun.util.suggestion"
local value = require "host.value"

local M = {}

---As plan.json has it.
---@class TriggerResolution
---@field mode "named-trigger"|"event-file"
---@field provider? string
---@field event? string
---@field action? string
---@field matchedBindings string[]
---@field activeEnvironments string[]
---@field scope string
---@field base? string
---@field head? string

---@param on table `on` of a binding
---@param event TriggerEvent
---@return boolean
function M.matches(on, event)
  if on.provider ~= event.provider or on.event ~= event.event then return false end
  if #(on.actions or {}) > 0 then
    local known = false
    for _, action in ipairs(on.actions) do known = known or action == event.action end
    if not known then return false end
  end
  local function passes(patterns, text)
    return not patterns or #patterns == 0 or text ~= "" and glob.any(patterns, text)
  end
  return passes(on.branches, event.branch) and passes(on.baseBranches, event.baseBranch) and passes(on.tags, event.tag)
end

local function binding_place(model, name)
  return place.of_key(place.of(model.place, "automation", "triggerBindings"), name)
end

---@return string[]? names
local function named(model, name, report)
  local bindings = model.automation.triggerBindings
  if bindings[name] then return { name } end
  local known = sorted.keys(bindings)
  local hint = suggestion.hint(name, known)
  report:error {
    kind = "trigger.not-found", message = ('trigger binding "%s" was not found in automation.triggerBindings'):format(name),
    hint = #known > 0 and ("%strigger bindings: %s"):format(hint and hint .. " " or "", table.concat(known, ", "))
      or "the intent declares no trigger bindings",
  }
end

---@return string[]? names sorted
local function matched(model, event, report)
  local bindings, names = model.automation.triggerBindings, {}
  if next(bindings) == nil then
    report:error {
      kind = "trigger.none", message = "no trigger bindings defined", hint = "declare some under automation.triggerBindings of the intent",
    }
    return nil
  end
  for name, binding in sorted.pairs(bindings) do
    if M.matches(binding.on or {}, event) then names[#names + 1] = name end
  end
  if #names > 0 then return names end
  local function part(noun, text) return text ~= "" and (" %s %s"):format(noun, text) or "" end
  report:error {
    kind = "trigger.not-matched",
    message = ("no trigger binding matched the %s event %s%s%s%s%s"):format(event.provider, event.event, part("action", event.action),
      part("branch", event.branch), part("base branch", event.baseBranch), part("tag", event.tag)),
    hint = "an event that no binding wants is an error; trigger bindings: " .. table.concat(sorted.keys(bindings), ", "),
  }
end

---@return string[]? environments sorted
local function activated(model, names, patterns, report)
  local wanted, active = {}, {}
  for _, name in ipairs(names) do wanted[name] = true end
  for name, environment in sorted.pairs(model.environments) do
    local refers = false
    for _, ref in ipairs(environment.activation.triggerRefs) do refers = refers or wanted[ref] or false end
    if refers then active[#active + 1] = name end
  end
  if #active == 0 then
    report:error(place.mark(binding_place(model, names[1]), {
      kind = "trigger.inactive",
      message = ("trigger binding %s matched, but no environment names it under activation.triggerRefs"):format(table.concat(names, ", ")),
    }))
    return nil
  end
  if not patterns then return active end
  local kept = {}
  for _, name in ipairs(active) do
    if pattern.any(patterns, name) then kept[#kept + 1] = name end
  end
  if #kept == 0 then
    return report:error {
      kind = "trigger.environment",
      message = ("environment %s is not activated by the trigger %s"):format(table.concat(patterns, ","), table.concat(names, ", ")),
      hint = "activated environments: " .. table.concat(active, ", "),
    }
  end
  -- A list may well be longer than what this trigger activates, but not name what is nowhere.
  local known = sorted.keys(model.environments)
  local strangers = selection.unmatched(patterns, known)
  if #strangers == 0 then return kept end
  report:error(selection.mismatch("environment", "plan.unknown-environment", strangers, known))
end

local function plan_of(model, name)
  return model.automation.triggerBindings[name].plan or {}
end

---The scope that all matched bindings agree on; one without a scope agrees with any.
---@return string? scope
local function common_scope(model, names, report)
  local scope, conflict, said = "", nil, {}
  for i, name in ipairs(names) do
    local own = plan_of(model, name).scope or ""
    said[i] = ("%s=%s"):format(name, own)
    if own ~= "" and scope ~= "" and own ~= scope then conflict = conflict or name end
    if scope == "" then scope = own end
  end
  if not conflict then return scope ~= "" and scope or "full" end
  report:error(place.mark(place.of(plan_of(model, conflict).place, "scope"), {
    kind = "trigger.scope-conflict", message = "the matched trigger bindings have conflicting scopes: " .. table.concat(said, ", "),
    hint = "give them one plan.scope, or let their filters exclude each other",
  }))
end

---The text at the end of a dotted path into the payload; nil when nothing of use stands there.
---@param raw table
---@param dotted string
---@return string?
function M.lookup(raw, dotted)
  local at = raw
  for key in (dotted .. "."):gmatch("(.-)%.") do
    if type(at) ~= "table" or value.is_list(at) then return nil end
    at = at[key]
  end
  if type(at) == "number" then return number.float(at + 0.0) end
  if type(at) == "boolean" then return tostring(at) end
  return type(at) == "string" and at ~= "" and at or nil
end

---Of the matched bindings the first one whose path leads somewhere decides; else the event's own commit.
local function commit(model, names, event, key)
  for _, name in ipairs(names) do
    local dotted = plan_of(model, name)[key] or ""
    local found = dotted ~= "" and M.lookup(event.raw, dotted)
    if found then return found end
  end
  return event[key]
end

local function of_name(model, name, patterns, report)
  local names = named(model, name, report)
  local active = names and activated(model, names, patterns, report)
  if not active then return nil end
  local plan = plan_of(model, name)
  return {
    mode = "named-trigger", matchedBindings = value.list(names), activeEnvironments = value.list(active), scope = plan.scope or "",
    base = plan.base, head = plan.head,
  }
end

local function of_event(model, event, patterns, report)
  local names = matched(model, event, report)
  local scope = names and common_scope(model, names, report)
  local active = scope and activated(model, names, patterns, report)
  if not active then return nil end
  return {
    mode = "event-file", provider = event.provider, event = event.event, action = event.action, matchedBindings = value.list(names),
    activeEnvironments = value.list(active), scope = scope, base = commit(model, names, event, "base"),
    head = commit(model, names, event, "head"),
  }
end

---Nil when something is wrong, which is in the report.
---@param model table
---@param request TriggerRequest
---@param patterns? string[] of --env
---@param report table
---@return TriggerResolution?
function M.resolve(model, request, patterns, report)
  if request.name then return of_name(model, request.name, patterns, report) end
  return of_event(model, request.event, patterns, report)
end

return M
