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

---The different texts in one field of some records, sorted bytewise.
---@param records table[]
---@param field string
---@return string[]
function M.distinct(records, field)
  local seen, list, n, ordered = {}, {}, 0, true
  for _, record in ipairs(records) do
    local text = record[field]
    if text and not seen[text] then
      -- As a rule the records are in the order of the field, and sorting would find that out with many comparisons.
      ordered = ordered and (n == 0 or list[n] < text)
      seen[text], n = true, n + 1
      list[n] = text
    end
  end
  if not ordered then table.sort(list) end
  return list
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
