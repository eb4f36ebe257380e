-- The selection patterns of intents and flags: `*` matches all, a trailing `*` is a prefix match, anything else is equality.
local M = {}

---@param pattern string
---@param name string
---@return boolean
function M.matches(pattern, name)
  if pattern:byte(-1) == 42 then
    local prefix = pattern:sub(1, -2)
    return name:sub(1, #prefix) == prefix
  end
  return pattern == name
end

---Whether any pattern of a list matches.
---@param patterns string[]
---@param name string
---@return boolean
function M.any(patterns, name)
  for _, p in ipairs(patterns) do
    if M.matches(p, name) then return true end
  end
  return false
end

return M
