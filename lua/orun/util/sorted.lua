-- Deterministic iteration: `pairs` differs from run to run, these do not.
local M = {}

---Keys of a map, sorted bytewise.
---@param t table<string, any>
---@return string[]
function M.keys(t)
  local keys, n = {}, 0
  for k in next, t do
    n = n + 1
    keys[n] = k
  end
  table.sort(keys)
  return keys
end

---Iterates a map in bytewise key order (keys as they are at the start).
---@generic V
---@param t table<string, V>
---@return fun(): string?, V?
function M.pairs(t)
  local keys, i = M.keys(t), 0
  return function()
    i = i + 1
    local k = keys[i]
    if k ~= nil then return k, t[k] end
  end
end

return M
