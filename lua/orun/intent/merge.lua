-- Parameters, path, env and policies of one component in one environment, merged from their layers.
local interpolation = require "orun.intent.interpolation"
local place = require "orun.intent.place"
local preset = require "orun.intent.preset"
local sorted = require "orun.util.sorted"
local value = require "host.value"

local M = {}

---@class Merger
---@field model table
---@field report table
---@field layers table<string, table> default layers by environment, type and domain
---@field settled table<string, boolean> texts that expand to themselves, whatever the names
local Merger = {}
Merger.__index = Merger

---@param model table
---@param report table
---@return Merger
function M.new(model, report)
  return setmetatable({ model = model, report = report, layers = {}, warned = {}, policies = {}, settled = {}, names = {} }, Merger)
end

local nothing = {}

-- Order does not matter where maps are laid over each other, so these loops use `next`.
local function overlay(target, layer)
  for k, v in next, layer or {} do target[k] = v end
end

---Lays the defaults of one environment or group over `target`; a `path` text is returned instead of laid.
local function overlay_defaults(target, defaults, type_name)
  local found
  for _, key in ipairs { "*", type_name } do
    local layer = defaults[key]
    if layer then
      for k, v in next, layer do
        if k ~= "path" then
          target[k] = v
        elseif type(v) == "string" then
          found = v
        end
      end
    end
  end
  return found
end

---Parameter defaults for a type and domain in an environment: computed once, shared by all its components.
function Merger:defaults(environment, component)
  local key = environment .. "\0" .. component.type .. "\0" .. component.domain
  local layer = self.layers[key]
  if layer then return layer end
  layer = { parameters = {}, above = {} }
  layer.environment_path = overlay_defaults(layer.parameters, self.model.environments[environment].parameterDefaults, component.type)
  local group = self.model.groups[component.domain]
  layer.group_path = group and overlay_defaults(layer.parameters, group.parameterDefaults, component.type)
  self.layers[key] = layer
  return layer
end

---What many instances have in common, its texts expanded as far as they do not depend on the component.
---@class SharedLayer
---@field map table<string, any>
---@field late? string[] keys of the texts that every instance has to expand for itself

---@param map table<string, any> a table of its own
---@param names {environment: string, group: string}
---@return SharedLayer
local function shared_layer(map, names)
  local late, expanded_map = nil, {}
  for key, v in next, map do
    expanded_map[key] = v
    if key ~= "path" and type(v) == "string" then
      local expanded, unknown = interpolation.expand(v, names)
      if #unknown == 0 and not v:find("component", 1, true) then
        expanded_map[key] = expanded
      else
        late = late or {}
        late[#late + 1] = key
      end
    end
  end
  if late then table.sort(late) end
  return { map = expanded_map, late = late }
end

---Those parameter defaults above what a schema supplies; shared as well.
---@return SharedLayer
local function above_schema(defaults, supplied, names)
  local key = supplied or defaults
  local layer = defaults.above[key]
  if not layer then
    local merged = value.clone(supplied or {})
    overlay(merged, defaults.parameters)
    layer = shared_layer(merged, names)
    defaults.above[key] = layer
  end
  return layer
end

---Variables of the intent and an environment, shared by all its components of one group.
---@return SharedLayer
function Merger:common_env(environment, defaults, names)
  if not defaults.env then
    local env = value.clone(self.model.env)
    overlay(env, self.model.environments[environment].env)
    defaults.env = shared_layer(env, names)
  end
  return defaults.env
end

---Where a parameter or variable that ended up in an instance was written, and who says so.
---@return Place?
---@return string layer for people
function Merger:origin(field, key, environment, component, settings)
  local model, env = self.model, self.model.environments[environment]
  if settings and settings[field] and settings[field][key] ~= nil then
    return place.of(settings.place, field, key), ("subscription to %s"):format(settings.name or environment)
  end
  if component[field] and component[field][key] ~= nil then return place.of(component.place, field, key), "component" end
  if field == "env" then
    if env.env[key] ~= nil then return place.of(env.place, "env", key), "environment " .. environment end
    return place.of(model.place, "env", key), "intent"
  end
  local group = model.groups[component.domain]
  for _, owner in ipairs { group or env, env } do
    for _, type_name in ipairs { component.type, "*" } do
      local layer = owner.parameterDefaults[type_name]
      if layer and layer[key] ~= nil then
        local name = owner == group and "group " .. component.domain or "environment " .. environment
        return place.of(owner.place, "parameterDefaults", type_name, key), ('%s, for type "%s"'):format(name, type_name)
      end
    end
  end
  local composition = component.composition
  if composition then
    local at = composition.schemaPlace or composition.place
    return at and at.parameter and at.parameter(key) or at, "default of the composition"
  end
  return component.place, "component"
end

function Merger:warn_unknown(unknown, at)
  for _, found in ipairs(unknown) do
    local id = ("%s:%s:%s:%s"):format(at and at.file or "", at and at.line or "", at and at.column or "", found)
    if not self.warned[id] then
      self.warned[id] = true
      self.report:warn(place.mark(at, {
        kind = "intent.unknown-variable",
        message = ("%s is not known here and is removed"):format(found),
        hint = "intents know {{ .environment }}, {{ .group }} and {{ .component }}, each with one space on both sides or none",
      }))
    end
  end
end

---Expands one text; what is unknown in it is added to `odd`.
---@return string
---@return table<string, string[]>? odd
function Merger:expand(key, text, names, odd)
  if self.settled[text] then return text, odd end
  local expanded, unknown = interpolation.expand(text, names)
  if expanded == text and not text:find("{{", 1, true) then self.settled[text] = true end
  if #unknown == 0 then return expanded, odd end
  odd = odd or {}
  odd[key] = unknown
  return expanded, odd
end

---Expands the texts of a map that are not expanded yet.
---@param field "parameters"|"env"
---@param shared SharedLayer
---@param map table a copy of the shared one, with the other two laid over it
function Merger:interpolate(map, field, shared, names, environment, component, settings)
  local own, special, odd = component[field] or nothing, settings and settings[field] or nothing, nil
  for key in next, own do
    local v = special[key] == nil and map[key]
    if type(v) == "string" then map[key], odd = self:expand(key, v, names, odd) end
  end
  for key in next, special do
    local v = map[key]
    if type(v) == "string" then map[key], odd = self:expand(key, v, names, odd) end
  end
  for _, key in ipairs(shared.late or nothing) do
    local v = own[key] == nil and special[key] == nil and map[key]
    if type(v) == "string" then map[key], odd = self:expand(key, v, names, odd) end
  end
  if not odd then return end
  for k, unknown in sorted.pairs(odd) do
    self:warn_unknown(unknown, self:origin(field, k, environment, component, settings))
  end
end

---The first path of a non-empty text: the component's own, the group's default, the environment's; nil when there is none.
local function declared_path(component, defaults)
  for _, candidate in ipairs { component.path or "", defaults.group_path or "", defaults.environment_path or "" } do
    if candidate ~= "" then return candidate end
  end
end

---Takes the path out of the merged parameters. A `path` parameter counts only when nothing else says a path, and stays a
---parameter when it is no text; then there is no path.
local function take_path(parameters, component, defaults)
  local path = declared_path(component, defaults)
  if path then
    parameters.path = nil
    return path
  end
  local parameter = parameters.path
  if parameter == nil then return "./" end
  if type(parameter) ~= "string" then return nil end
  parameters.path = nil
  return parameter
end

function Merger:merged_policies(environment, domain)
  local key = environment .. "\0" .. domain
  local policies = self.policies[key]
  if not policies then
    policies = {}
    local group = self.model.groups[domain]
    overlay(policies, group and preset.effective_policies(group))
    overlay(policies, preset.effective_policies(self.model.environments[environment]))
    self.policies[key] = policies
  end
  return policies
end

-- What a component usually adds to parameters and variables that it shares with others.
local ROOM = 4

---@param environment string
---@param component table
---@param settings? table subscription
---@return table parameters
---@return string? path
---@return table<string, string> env
---@return table policies
function Merger:instance(environment, component, settings)
  local names = self.names
  names.environment, names.group, names.component = environment, component.domain, component.name
  local defaults = self:defaults(environment, component)
  local shared, shared_env = above_schema(defaults, component.parameterDefaults, names), self:common_env(environment, defaults, names)
  local parameters, env = value.clone(shared.map, ROOM), value.clone(shared_env.map, ROOM)
  overlay(parameters, component.parameters)
  overlay(parameters, settings and settings.parameters)
  local path = take_path(parameters, component, defaults)
  self:interpolate(parameters, "parameters", shared, names, environment, component, settings)
  if path then
    local unknown
    path, unknown = interpolation.expand(path, names)
    if #unknown > 0 then self:warn_unknown(unknown, place.of(component.place, "path")) end
  end
  overlay(env, component.env)
  overlay(env, settings and settings.env)
  self:interpolate(env, "env", shared_env, names, environment, component, settings)
  return parameters, path ~= "" and path or nil, env, self:merged_policies(environment, component.domain)
end

return M
