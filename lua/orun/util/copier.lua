-- Functions that copy one small map again and again: much faster than going through its keys each time.
local sorted = require "orun.util.sorted"

local M = {}

-- Variables that a function can reach outside of itself, with room to spare.
local KEYS = 60

-- Maps of the same keys share a factory, `function(map, metatable, setmetatable)` -> copier; its source tells it from others.
local factories = {}

local function factory(keys, bare)
  local locals, fields = {}, {}
  for i, key in ipairs(keys) do
    locals[i] = ("local f%d = map[%q]"):format(i, key)
    fields[i] = ("[%q] = f%d"):format(key, i)
  end
  local source = ("local map, metatable, setmetatable = ... %s return function() return %s end"):format(table.concat(locals, " "),
    (bare and "{ %s }" or "setmetatable({ %s }, metatable)"):format(table.concat(fields, ", ")))
  factories[source] = factories[source] or assert(load(source, "=copier", "t", {}))
  return factories[source]
end

---A function that returns a new shallow copy each time, with the metatable.
---@param map table<string, any> does not change any more
---@return fun(): table
function M.of(map)
  local keys, metatable = sorted.keys(map), getmetatable(map)
  if #keys <= KEYS then return factory(keys, metatable == nil)(map, metatable, setmetatable) end
  return function()
    local copy = {}
    for k, v in next, map do copy[k] = v end
    return setmetatable(copy, metatable)
  end
end

return M
