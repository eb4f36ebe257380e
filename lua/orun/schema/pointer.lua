-- JSON pointers (RFC 6901).
local value = require "host.value"

local M = {}

---@param token string
---@return string
function M.escape(token)
  return (token:gsub("[~/]", { ["~"] = "~0", ["/"] = "~1" }))
end

---@param pointer string "" or "/a/0"
---@return string[]? tokens nil when it is not a pointer
function M.split(pointer)
  if pointer == "" then return {} end
  if pointer:sub(1, 1) ~= "/" then return nil end
  local tokens = {}
  for token in pointer:gmatch("/([^/]*)") do
    tokens[#tokens + 1] = (token:gsub("~([01])", { ["0"] = "~", ["1"] = "/" }))
  end
  return tokens
end

---One step down.
---@param v any
---@param token string
---@return any child nil when there is none
function M.child(v, token)
  if type(v) ~= "table" then return nil end
  if value.is_list(v) then
    local index = token:match("^%d+$") and tonumber(token)
    return index and v[index + 1]
  end
  return v[token]
end

return M
