-- Conditions reported by host modules: `nil, message, errno`.
local M = {}

---Why something failed, without the path that host messages begin with: a person is told a nicer one.
---@param message string e.g. "/a/b: Permission denied"
---@return string e.g. "Permission denied"
function M.reason(message)
  return message:match("^.*: (.-)$") or message
end

return M
