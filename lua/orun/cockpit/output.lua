-- What the cockpit shows of a step's output while a run goes on.
local M = {}

-- This much of a log is looked at or shown.
local most = 1 << 20

---@param path? string of the log
---@return string "" when there is none
function M.read(path)
  local file = path and io.open(path, "rb")
  if not file then return "" end
  local text = file:read(most) or ""
  file:close()
  return text
end

---The end of a command as a person reads it.
---@param message? string error of a step
---@return string?
function M.told(message)
  if not message then return nil end
  local code = message:match("^exit status (%d+)$")
  if code then return "command exited with code " .. code end
  return message == "cancelled" and "command canceled" or message
end

---The first line that is more than a link.
---@param text string
---@return string?
function M.headline(text)
  for line in text:gmatch("[^\n]+") do
    line = line:match("^%s*(.-)%s*$")
    if line ~= "" and not line:find("^https?://%S+$") then return line end
  end
end

return M
