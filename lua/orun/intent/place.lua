-- Where a value stands in a YAML file. A place remembers document and node; line and column are asked for when a message needs them.
local M = {}

---@class Place
---@field file string
---@field line integer
---@field column integer
---@field document? YamlDocument
---@field node? integer
local Place = {}

function Place.__index(self, key)
  if key == "file" then return rawget(self, "document"):name() end
  if key == "line" or key == "column" then
    self.line, self.column = rawget(self, "document"):position(rawget(self, "node"))
    return rawget(self, key)
  end
end

---@param document YamlDocument
---@param node integer
---@return Place
function M.new(document, node)
  return setmetatable({ document = document, node = node }, Place)
end

---@param v any
---@return boolean
function M.is(v)
  return type(v) == "table" and getmetatable(v) == Place
end

---The place of a value below `place`, found by keys and 1-based indices; the deepest one that exists. Nil stays nil.
---@param place? Place
---@param ... string|integer
---@return Place?
function M.of(place, ...)
  if not place or not place.document then return place end
  local document, node = place.document, place.node
  for _, key in ipairs { ... } do
    local child
    if math.type(key) == "integer" then
      child = document:kind(node) == "sequence" and document:items(node)[key]
    else
      child = document:kind(node) == "mapping" and document:get(node, key)
    end
    if not child then break end
    node = child
  end
  return M.new(document, node)
end

---The place of the key itself (`place` must be a mapping's), or of the mapping when it has no such key.
---@param place? Place
---@param key string
---@return Place?
function M.of_key(place, key)
  if not place or not place.document or place.document:kind(place.node) ~= "mapping" then return place end
  local _, key_node = place.document:get(place.node, key)
  return key_node and M.new(place.document, key_node) or place
end

---Completes a diagnostic with file, line, column and the source line.
---@param place? Place
---@param diagnostic table
---@return table diagnostic
function M.mark(place, diagnostic)
  if place then
    diagnostic.file, diagnostic.line, diagnostic.column = place.file, place.line, place.column
    if place.document and place.line then diagnostic.source = place.document:source(place.line) end
  end
  return diagnostic
end

return M
