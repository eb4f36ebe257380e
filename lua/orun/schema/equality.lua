-- Equality of JSON values as JSON Schema means it: numbers by value (1 = 1.0), everything else by kind and content.
local value = require "host.value"

local M = {}

---@param a any
---@param b any
---@return boolean
function M.equal(a, b)
  if a == b then return true end
  if type(a) ~= "table" or type(b) ~= "table" then
    return value.kind(a) == "uint64" and value.kind(b) == "uint64" and tostring(a) == tostring(b)
  end
  if value.is_list(a) ~= value.is_list(b) then return false end
  if value.is_list(a) then
    if #a ~= #b then return false end
    for i = 1, #a do
      if not M.equal(a[i], b[i]) then return false end
    end
    return true
  end
  for k, v in next, a do
    if b[k] == nil or not M.equal(v, b[k]) then return false end
  end
  for k in next, b do
    if a[k] == nil then return false end
  end
  return true
end

return M
