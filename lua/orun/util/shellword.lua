-- Words of commands that are shown to be copied.
local M = {}

---@param text string
---@return string one word of a POSIX shell, quoted where it has to be
function M.quote(text)
  if text:find("^[%w@%%+=:,./_-]+$") then return text end
  return "'" .. text:gsub("'", "'\\''") .. "'"
end

return M
