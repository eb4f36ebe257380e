-- Schema documents by URI: resources (`$id`), anchors, and what a reference leads to. Only documents registered beforehand are
-- known; nothing is ever fetched.
local dialect = require "orun.schema.dialect"
local metaschema = require "orun.schema.metaschema"
local pointer = require "orun.schema.pointer"
local sorted = require "orun.util.sorted"
local uri = require "orun.schema.uri"
local value = require "host.value"

---@class Resource
---@field uri string
---@field root table|boolean
---@field dialect Dialect
---@field anchors table<string, table>
---@field dynamic table<string, table> schemas with `$dynamicAnchor`

---@class Registry
---@field resources table<string, Resource>
---@field owner table<table, Resource> the resource each schema table belongs to
---@field has_dynamic boolean
local Registry = {}
Registry.__index = Registry

local M = {}

---@param documents? table<string, table> URI → schema
---@return Registry
function M.new(documents)
  return setmetatable({ resources = {}, owner = {}, documents = documents or {}, has_dynamic = false }, Registry)
end

-- The dialect that `$schema` names; a meta-schema of one's own counts by its `$vocabulary`.
function Registry:dialect_of(schema_uri, default)
  local standard = dialect.find(schema_uri)
  if standard then return standard end
  local address = uri.defragment(schema_uri)
  local meta = self.documents[address] or self.documents[schema_uri]
  if type(meta) ~= "table" then return default end
  local base = dialect.default
  if type(meta["$schema"]) == "string" then base = dialect.find(meta["$schema"]) or base end
  local vocabulary = meta["$vocabulary"]
  if type(vocabulary) ~= "table" then return base end
  local own = setmetatable({ name = address }, { __index = base })
  own.without_validation = vocabulary["https://json-schema.org/draft/2020-12/vocab/validation"] == nil
    and vocabulary["https://json-schema.org/draft/2019-09/vocab/validation"] == nil
  own.asserts_format = vocabulary["https://json-schema.org/draft/2020-12/vocab/format-assertion"] ~= nil
  return own
end

local function each_child(schema, holds, visit)
  for keyword, child in sorted.pairs(schema) do
    local how = holds[keyword]
    if how and type(child) == "table" then
      if how == "schema" or how == "either" and not value.is_list(child) then
        visit(child)
      elseif how == "list" or how == "either" then
        for _, item in ipairs(child) do visit(item) end
      else
        for _, item in sorted.pairs(child) do
          if not value.is_list(item) then visit(item) end
        end
      end
    end
  end
end

local function identify(self, schema, resource)
  local d = resource.dialect
  local id = schema[d.id]
  if type(id) ~= "string" or (not d.modern and schema["$ref"] ~= nil) then return resource end
  if not d.modern and id:sub(1, 1) == "#" then
    resource.anchors[id:sub(2)] = schema
    return resource
  end
  local address, fragment = uri.defragment(uri.resolve(resource.uri, id))
  if schema == resource.root then
    self.resources[address] = resource
    resource.uri = address
  else
    local own = type(schema["$schema"]) == "string" and self:dialect_of(schema["$schema"], d) or d
    resource = { uri = address, root = schema, dialect = own, anchors = {}, dynamic = {} }
    self.resources[address] = resource
  end
  if fragment ~= "" then resource.anchors[fragment] = schema end
  return resource
end

function Registry:scan(schema, resource)
  if type(schema) ~= "table" or value.is_list(schema) or self.owner[schema] then return end
  resource = identify(self, schema, resource)
  self.owner[schema] = resource
  if resource.dialect.modern then
    if type(schema["$anchor"]) == "string" then resource.anchors[schema["$anchor"]] = schema end
    if type(schema["$dynamicAnchor"]) == "string" then
      resource.anchors[schema["$dynamicAnchor"]] = schema
      resource.dynamic[schema["$dynamicAnchor"]] = schema
      self.has_dynamic = true
    end
    if schema["$recursiveAnchor"] == true then
      resource.recursive = true
      self.has_dynamic = true
    end
  elseif schema["$ref"] ~= nil then
    -- Keywords beside `$ref` mean nothing here, yet a definition there can still be pointed at.
    each_child(schema, { definitions = "map" }, function(child) self:scan(child, resource) end)
    return
  end
  each_child(schema, resource.dialect.holds, function(child) self:scan(child, resource) end)
end

---Adds a document and returns its resource.
---@param address string
---@param schema table|boolean
---@param default? Dialect
---@return Resource
function Registry:add(address, schema, default)
  address = uri.defragment(address)
  local d = default or dialect.default
  if type(schema) == "table" and type(schema["$schema"]) == "string" then d = self:dialect_of(schema["$schema"], d) end
  local resource = { uri = address, root = schema, dialect = d, anchors = {}, dynamic = {} }
  self.resources[address] = resource
  self:scan(schema, resource)
  return resource
end

local function document(self, address, default)
  local found = self.resources[address]
  if found then return found end
  local schema = self.documents[address]
  if schema == nil then schema = metaschema.find(address) end
  if schema == nil then return nil end
  return self:add(address, schema, default)
end

-- Follows a JSON pointer from a resource's root; a place outside known keywords is scanned on the way.
local function follow(self, resource, tokens)
  local at, owner = resource.root, resource
  for _, token in ipairs(tokens) do
    at = pointer.child(at, token)
    if at == nil then return nil end
    if type(at) == "table" and self.owner[at] then owner = self.owner[at] end
  end
  if type(at) == "table" then
    self:scan(at, owner)
    owner = self.owner[at] or owner
  elseif type(at) ~= "boolean" then
    return nil
  end
  return at, owner
end

---What a reference leads to.
---@param reference string
---@param from Resource
---@return table|boolean|nil schema
---@return Resource|string resource or, with nil, why not
---@return string? fragment
function Registry:resolve(reference, from)
  local address, fragment = uri.defragment(uri.resolve(from.uri, reference))
  local resource = document(self, address, from.dialect)
  if not resource then
    return nil, ("the reference %q leads to %s, which is not registered; remote schemas are never fetched"):format(reference, address)
  end
  if fragment == "" then return resource.root, resource, fragment end
  local tokens = pointer.split(fragment)
  if tokens then
    local at, owner = follow(self, resource, tokens)
    if at == nil then return nil, ("the reference %q points at nothing"):format(reference) end
    return at, owner, fragment
  end
  local anchor = resource.anchors[fragment]
  if not anchor then return nil, ("the reference %q names an unknown anchor"):format(reference) end
  return anchor, self.owner[anchor] or resource, fragment
end

return M
