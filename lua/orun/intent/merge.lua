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
  return setmetatable({ model = model, report = report, layers = {}, warned = {}, policies = {}, env = {}, settled = {} }, Merger)
end

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

---Those parameter defaults above what a schema supplies; shared as well.
local function above_schema(defaults, supplied)
  if not supplied then return defaults.parameters end
  local merged = defaults.above[supplied]
  if not merged then
    merged = value.clone(supplied)
    overlay(merged, defaults.parameters)
    defaults.above[supplied] = merged
  end
  return merged
end

---Variables of the intent and an environment, shared by all its components.
function Merger:common_env(environment)
  local env = self.env[environment]
  if not env then
    env = value.clone(self.model.env)
    overlay(env, self.model.environments[environment].env)
    self.env[environment] = env
  end
  return env
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
  if component.composition then return component.composition.schemaPlace, "default of the composition" end
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

---Expands the texts of a map in place.
function Merger:interpolate(map, field, names, environment, component, settings)
  local odd
  local settled = self.settled
  for k, v in next, map do
    if type(v) == "string" and not settled[v] then
      local expanded, unknown = interpolation.expand(v, names)
      if expanded ~= v then
        map[k] = expanded
      elseif not v:find("{{", 1, true) then
        settled[v] = true
      end
      if #unknown > 0 then
        odd = odd or {}
        odd[k] = unknown
      end
    end
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
---@return {parameters: table, path: string?, env: table<string, string>, policies: table}
function Merger:instance(environment, component, settings)
  local names = { environment = environment, group = component.domain, component = component.name }
  local defaults = self:defaults(environment, component)
  local parameters = value.clone(above_schema(defaults, component.parameterDefaults), ROOM)
  local env = value.clone(self:common_env(environment), ROOM)
  overlay(parameters, component.parameters)
  overlay(parameters, settings and settings.parameters)
  local path = take_path(parameters, component, defaults)
  self:interpolate(parameters, "parameters", names, environment, component, settings)
  if path then
    local unknown
    path, unknown = interpolation.expand(path, names)
    if #unknown > 0 then self:warn_unknown(unknown, place.of(component.place, "path")) end
  end
  overlay(env, component.env)
  overlay(env, settings and settings.env)
  self:interpolate(env, "env", names, environment, component, settings)
  return {
    parameters = parameters, path = path ~= "" and path or nil, env = env, policies = self:merged_policies(environment, component.domain),
  }
end

return M
