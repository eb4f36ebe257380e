-- len, index and slice. Each returns its result, or nil and what is wrong.
local kinds = require "orun.template.kind"
local value = require "host.value"

local M = {}

local kind, word = kinds.of, kinds.word

-- A slice of a list may be sliced again up to the end of the list it was taken from (its capacity in Go):
-- [slice] = {list, items before the slice, items that can be reached}.
local origins = setmetatable({}, { __mode = "k" })

---@return integer?, string?
function M.len(v)
  local k = kind(v)
  if k == "string" or k == "list" then return #v end
  if k == "map" then
    local n, key = 0, next(v)
    while key ~= nil do n, key = n + 1, next(v, key) end
    return n
  end
  return nil, ("%s has no length"):format(word(v))
end

-- An index as integer between 0 and the limit.
local function position(index, limit)
  local k = kind(index)
  if k == "byte" then
    index = index.number
  elseif k == "uint64" then
    return nil, ("%s is out of range"):format(tostring(index))
  elseif k ~= "integer" then
    return nil, ("a position is an integer, not %s"):format(word(index))
  end
  if index < 0 or index > limit then return nil, ("%d is out of range"):format(index) end
  return index
end

local function item_at(v, index)
  local k = kind(v)
  if k == "map" then
    if type(index) ~= "string" then return nil, ("the key of a map is a string, not %s"):format(word(index)) end
    local item = v[index]
    if item == nil then return value.null end
    return item
  elseif k == "list" or k == "string" then
    local at, problem = position(index, #v - 1)
    if not at then return nil, problem end
    if k == "list" then return v[at + 1] end
    return kinds.byte(v:byte(at + 1))
  end
  return nil, ("%s has no items"):format(word(v))
end

---@return any, string?
function M.index(v, ...)
  local n = select("#", ...)
  if n == 0 and (v == nil or v == value.null) then return nil, ("%s has no items"):format(word(v)) end
  for i = 1, n do
    local problem
    v, problem = item_at(v, (select(i, ...)))
    if problem then return nil, problem end
  end
  return v
end

local function slice_of_list(list, from, to, reach)
  local origin = origins[list]
  local base, before = list, 0
  if origin then base, before = origin[1], origin[2] end
  local slice = value.list(table.move(base, before + from + 1, before + to, 1, {}))
  origins[slice] = { base, before + from, reach - from }
  return slice
end

---Part of a string or list. Go refuses positions that come straight out of data, though not those that went through a variable or
---function; here all are taken.
---@return any, string?
function M.slice(v, ...)
  local k, n = kind(v), select("#", ...)
  if k ~= "string" and k ~= "list" then return nil, ("%s cannot be sliced"):format(word(v)) end
  if n > 3 then return nil, "at most three positions are taken" end
  if n == 3 and k == "string" then return nil, "a string takes at most two positions" end
  local limit = k == "list" and origins[v] and origins[v][3] or #v
  local bounds = { 0, #v, limit }
  for i = 1, n do
    local at, problem = position(select(i, ...), limit)
    if not at then return nil, problem end
    bounds[i] = at
  end
  local from, to, reach = bounds[1], bounds[2], bounds[3]
  if from > to then return nil, ("%d is behind %d"):format(from, to) end
  if to > reach then return nil, ("%d is behind %d"):format(to, reach) end
  if k == "string" then return v:sub(from + 1, to) end
  return slice_of_list(v, from, to, reach)
end

return M
