-- Where a value stands in a YAML file. A place remembers document and node; line and column are asked for when a message needs them.
local M = {}

---@class Place
---@field file string
---@field line integer
---@field column integer
---@field document? YamlDocument
---@field node? integer
---@field source? string the line's text, of a place in a file that is no document
---@field added? table values written in other files, see `graft`
---@field find? fun(key: string): Place? of a table in a file that is no document: where a field of it is written
local Place = {}

---For those who make places in C: a table with document and node.
M.metatable = Place

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

-- Values that came from another file stand in `added`: a tree of keys, whose leaves are `{at=, key=}`, places of value and key.

---Remembers that the value below `place` at a way of keys was written elsewhere. Nothing may be grafted below a value so added: it has
---a place of its own for that.
---@param place Place
---@param way (string|integer)[]
---@param at Place of the value
---@param key? Place of its key, when the value stands in a mapping
function M.graft(place, way, at, key)
  local branch = rawget(place, "added") or {}
  place.added = branch
  for i = 1, #way - 1 do
    local step = branch[way[i]] or { below = {} }
    branch[way[i]] = step
    branch = step.below
  end
  branch[way[#way]] = { at = at, key = key }
end

local function child_of(document, node, key)
  if math.type(key) == "integer" then return document:kind(node) == "sequence" and document:items(node)[key] end
  return document:kind(node) == "mapping" and document:get(node, key)
end

-- In a file that is no document the last key that says where it is decides.
local function find(place, ...)
  for i = place and place.find and select("#", ...) or 0, 1, -1 do
    local found = place.find(select(i, ...))
    if found then return found end
  end
  return place
end

---The place of a value below `place`, found by keys and 1-based indices; the deepest one that exists. Nil stays nil.
---@param place? Place
---@param ... string|integer
---@return Place?
function M.of(place, ...)
  if not place or not place.document then return find(place, ...) end
  local document, node, added = place.document, place.node, rawget(place, "added")
  local whole = true
  for _, key in ipairs { ... } do
    local step = added and added[key]
    if step and step.at then
      document, node, added, whole = step.at.document, step.at.node, rawget(step.at, "added"), true
    else
      local child = whole and child_of(document, node, key)
      if child then node = child end
      whole = child and true or false
      if not whole and not step then break end
      added = step and step.below
    end
  end
  local found = M.new(document, node)
  found.added = added
  return found
end

---The place of the key itself (`place` must be a mapping's), or of the mapping when it has no such key.
---@param place? Place
---@param key string
---@return Place?
function M.of_key(place, key)
  if not place or not place.document then return find(place, key) end
  local step = rawget(place, "added") and place.added[key]
  if step and step.at then return step.key or step.at end
  if place.document:kind(place.node) ~= "mapping" then return place end
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
    if place.document and place.line then diagnostic.source = place.document:source(place.line) else diagnostic.source = place.source end
  end
  return diagnostic
end

return M
