-- How a value of a plan reads on one line.
local json = require "host.json"

local M = {}

-- Texts that would read as something else, or that have edges one cannot see, are quoted.
local function needs_quotes(text)
  return text == "" or text:find("^%s") or text:find("%s$") or text:find("[%c\"]") or json.decode(text) ~= nil
end

---@param v any
---@return string
function M.text(v)
  if type(v) == "string" and not needs_quotes(v) then return v end
  return json.encode(v, { html = false })
end

return M
