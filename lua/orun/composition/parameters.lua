-- What compositions demand of the parameters of their components (JSON Schema), and what they supply where nobody sets one.
local place = require "orun.intent.place"
local pointer = require "orun.schema.pointer"
local schema = require "orun.schema"
local sorted = require "orun.util.sorted"
local value = require "host.value"

local M = {}

---@class ParameterContract
---@field schema Schema
---@field defaults? table<string, any> parameters that the schema gives a default
---@field place? Place of the schema

-- Values ------------------------------------------------------------------------------------------------------------------------

local function shallow(t)
  local copy = value.is_list(t) and value.list {} or {}
  for k, v in next, t do copy[k] = v end
  return copy
end

---A value with its timestamps as the texts that the plan will hold; the value itself when there are none.
local function plain(v)
  if type(v) == "userdata" then return value.kind(v) == "time" and tostring(v) or v end
  if type(v) ~= "table" then return v end
  local copy
  for k, child in next, v do
    local t = type(child)
    if t == "table" or t == "userdata" then
      local text = plain(child)
      if text ~= child then
        copy = copy or shallow(v)
        copy[k] = text
      end
    end
  end
  return copy or v
end

-- Places ------------------------------------------------------------------------------------------------------------------------

---The child of a place under a token of a JSON pointer; nil when there is none.
local function child(at, token)
  local document = at.document
  if not document then return nil end
  local index = document:kind(at.node) == "sequence" and math.tointeger(tonumber(token))
  local found = place.of(at, index and index + 1 or token)
  if found.node ~= at.node then return found end
end

---The deepest place on the way along the tokens.
local function descend(at, tokens, from)
  for i = from or 1, #tokens do
    local found = at and child(at, tokens[i])
    if not found then break end
    at = found
  end
  return at
end

local function is_parameters(token)
  return token == "parameters" or token == "inputs"
end

---Where a component says what a violation is about.
local function violation_place(component, tokens, violation)
  local at = component.place
  if not at then return nil end
  if is_parameters(tokens[1]) then
    local own = child(at, "parameters")
    if not own then return at end
    if #tokens == 1 and violation.missing then return place.of_key(at, "parameters") end
    at = descend(own, tokens, 2)
  else
    at = descend(at, tokens)
  end
  return violation.property and place.of_key(at, violation.property) or at
end

---Where a component says what a pointer leads to, or the nearest that it says. Nil for a parameter that it has from elsewhere.
---@param instance table
---@param text string JSON pointer
---@return Place?
function M.place(instance, text)
  local component, tokens = instance.component, pointer.split(text)
  if not component.place or not tokens then return nil end
  local inherited = tokens[1] == "parameters" and tokens[2] and component.parameters[tokens[2]] == nil
    and instance.parameters[tokens[2]] ~= nil
  return not inherited and descend(component.place, tokens) or nil
end

---Where the schema demands it, as far as its `properties` and `items` lead there.
local function demand(contract, tokens, keyword)
  local at = contract.place
  for _, token in ipairs(tokens) do
    local properties = at and child(at, "properties")
    at = at and (properties and child(properties, token) or token:find("^%d+$") and child(at, "items")) or nil
  end
  if not at or not child(at, keyword) then return nil end
  at = place.of_key(at, keyword)
  return at and ("demanded at %s:%d"):format(at.file, at.line)
end

-- Schemas -----------------------------------------------------------------------------------------------------------------------

---The scalar below a place that has this text.
local function find_text(at, text)
  local document = at.document
  local function search(node)
    local kind = document:kind(node)
    if kind == "scalar" then return document:text(node) == text and node or nil end
    if kind == "sequence" then
      for _, item in ipairs(document:items(node)) do
        local found = search(item)
        if found then return found end
      end
      return nil
    end
    local entries = document:entries(node) or {}
    for i = 1, #entries, 3 do
      local found = entries[i] == text and entries[i + 2] or search(entries[i + 1])
      if found then return found end
    end
  end
  local node = document and search(at.node)
  return node and place.new(document, node) or at
end

---Where the deepest property on the way along the tokens is declared, in a schema that code made.
local function declared(at, tokens)
  for i = #tokens, 2, -1 do
    local found = tokens[i - 1] == "properties" and at.parameter(tokens[i])
    if found then return found end
  end
  return at
end

local function report_schema(composition, err, report)
  local at = composition.schemaPlace or composition.place
  local function fail(where, message, path)
    report:error(place.mark(where, {
      kind = "composition.schema-invalid", path = path,
      message = ('source "%s": composition "%s": the parameter schema %s'):format(composition.source, composition.name, message),
    }))
  end
  if not err.violations then
    return fail(err.text and at and find_text(at, err.text) or at, "does not compile: " .. err.message)
  end
  for _, violation in ipairs(err.violations) do
    local tokens = pointer.split(violation.pointer) or {}
    fail(at and (at.parameter and declared(at, tokens) or descend(at, tokens)),
      ("is no valid JSON Schema: at '%s': %s"):format(violation.pointer, violation.message), violation.pointer)
  end
end

---The schema itself, or what its local `$ref` leads to.
local function dereferenced(root, s)
  for _ = 1, 16 do
    local ref = type(s) == "table" and s["$ref"]
    local tokens = type(ref) == "string" and ref:sub(1, 1) == "#" and pointer.split(ref:sub(2))
    if not tokens then break end
    local target = root
    for _, token in ipairs(tokens) do target = pointer.child(target, token) end
    if target == nil then break end
    s = target
  end
  return s
end

---Defaults of the parameters themselves; those of deeper values stay documentation.
local function defaults(root)
  local found
  local envelope = type(root) == "table" and dereferenced(root, root).properties
  for _, alias in ipairs { "inputs", "parameters" } do
    local parameters = type(envelope) == "table" and dereferenced(root, envelope[alias])
    local properties = type(parameters) == "table" and parameters.properties
    for name, property in sorted.pairs(type(properties) == "table" and properties or {}) do
      local default = type(property) == "table" and property.default
      if type(property) == "table" and default == nil then
        local target = dereferenced(root, property)
        default = type(target) == "table" and target.default
      end
      if type(property) == "table" and default ~= nil then
        found = found or {}
        found[name] = default
      end
    end
  end
  return found
end

---Compiles the schema of a composition; what is wrong with it is reported.
---@param composition Composition
---@param report table
---@return ParameterContract?
function M.contract(composition, report)
  if composition.schema == nil then return nil end
  local root = plain(composition.schema)
  local uri = composition.name:find("^[%w.-]+$") and ("profiles://%s/schema.json"):format(composition.name) or nil
  local compiled, err = schema.compile(root, { uri = uri })
  if compiled then return { schema = compiled, defaults = defaults(root), place = composition.schemaPlace } end
  report_schema(composition, err, report)
end

-- Components --------------------------------------------------------------------------------------------------------------------

---Who else supplies a parameter that the component does not set itself.
local function supplier(model, component, name)
  for _, settings in ipairs(component.subscribe.environments) do
    if settings.parameters[name] ~= nil then return ("the subscription to %s"):format(settings.name) end
  end
  local function of(owners, noun, only)
    for owner, t in sorted.pairs(owners) do
      for _, key in ipairs { component.type, "*" } do
        local layer = (not only or owner == only) and t.parameterDefaults[key]
        if layer and layer[name] ~= nil then return ("parameterDefaults of %s %s"):format(noun, owner) end
      end
    end
  end
  return of(model.groups, "group", component.domain) or of(model.environments, "environment")
end

local function missing_hint(model, component, contracted, missing)
  for _, name in ipairs(missing) do
    local who = supplier(model, component, name)
    if not who and contracted.defaults and contracted.defaults[name] ~= nil then who = "the schema's default" end
    if who then
      return ("%s supplies %s, but a required parameter must be set on the component itself"):format(who, name)
    end
  end
end

local function scalar_hint(at, violation)
  local document = at and at.document
  if not document or document:kind(at.node) ~= "scalar" then return nil end
  local class = document:class(at.node)
  if document:text(at.node):find("{{", 1, true) then return "a schema judges the text as it is written; {{ }} is replaced later" end
  if class == "time" then return "YAML reads this as a timestamp; put it in quotes to keep the text" end
  if violation.keyword == "type" and violation.message:find("^expected string,") and class ~= "null" and class ~= "string" then
    return ('put it in quotes: "%s"'):format(document:text(at.node))
  end
end

local function hint(model, component, contracted, tokens, violation, at)
  if violation.hint then return violation.hint end
  if violation.property and #tokens == 0 then
    return "every component has name, type, parameters, inputs, domain and labels; a closed schema must allow them all"
  end
  local missing = violation.missing and is_parameters(tokens[1]) and #tokens == 1 and violation.missing
  return missing and missing_hint(model, component, contracted, missing) or scalar_hint(at, violation)
    or demand(contracted, tokens, violation.keyword)
end

---The object that schemas are written for; `inputs` is the former name of the parameters.
local function envelope(component)
  local parameters = plain(component.parameters)
  return {
    name = component.name, type = component.type, parameters = parameters, inputs = parameters, domain = component.domain,
    labels = component.labels,
  }
end

local function check(model, component, contracted, report)
  local ok, violations = contracted.schema:validate(envelope(component))
  if ok then return end
  component.flawed = true
  for _, violation in ipairs(violations or {}) do
    local tokens = pointer.split(violation.pointer) or {}
    local at = violation_place(component, tokens, violation)
    report:error(place.mark(at, {
      kind = "schema.violation", path = violation.pointer,
      message = ("component %s failed validation against type %s: '%s': %s"):format(component.name, component.type, violation.pointer,
        violation.message),
      hint = hint(model, component, contracted, tokens, violation, at),
    }))
  end
end

---Chooses the composition of every component and validates the parameters that the component itself sets, whether it is enabled or
---selected or not. Components get `composition` and `parameterDefaults` (what the schema supplies), and `flawed` when there is a mistake
---in what templates would be given.
---@param model table normalized
---@param registry Registry
---@param report table
function M.check(model, registry, report)
  local contracts = {}
  for key, composition in sorted.pairs(registry.compositions) do
    contracts[key] = M.contract(composition, report) or composition.schema ~= nil and "broken" or nil
  end
  for _, component in ipairs(model.components) do
    local composition = component.type ~= "" and registry:choose(component) or nil
    component.composition = composition
    if composition and composition.flawed then component.flawed = true end
    local contracted = composition and contracts[composition.key]
    if contracted == "broken" then
      component.flawed = true
    elseif contracted then
      component.parameterDefaults = contracted.defaults
      check(model, component, contracted, report)
    end
  end
end

return M
