-- Which variables hold secrets, as far as their names tell.
local M = {}

local endings = { "TOKEN", "SECRET", "PASSWORD", "KEY" }

local known = {}

---@param name string of an environment variable
---@return boolean
function M.is_secret(name)
  local secret = known[name]
  if secret ~= nil then return secret end
  local upper = name:upper()
  secret = false
  for _, ending in ipairs(endings) do
    if upper:sub(-#ending) == ending then secret = true end
  end
  known[name] = secret
  return secret
end

return M
