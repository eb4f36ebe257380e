-- Workflow commands: lines of output such as `::set-output name=url::https://…` that tell the runner something.
local M = {}

---What every command line begins with.
M.prefix = "::"

local decoded = {
  ["%25"] = "%", ["%0D"] = "\r", ["%0A"] = "\n", ["%3A"] = ":", ["%2C"] = ",", ["%2B"] = "+", ["%2F"] = "/", ["%3D"] = "=", ["%20"] = " ",
}

---@param text string
---@return string
local function decode(text)
  if not text:find("%", 1, true) then return text end
  return (text:gsub("%%%x%x", function(code) return decoded[code:upper()] end))
end

local function properties_of(text)
  local properties = {}
  for part in text:gmatch("[^,]+") do
    local name, v = part:match("^%s*([^=]-)%s*=(.*)$")
    if name then properties[name] = decode(v) end
  end
  return properties
end

---@class WorkflowCommand
---@field name string   lower case
---@field properties table<string, string>
---@field value string

---@param line string
---@return WorkflowCommand? command nil: an ordinary line
function M.parse(line)
  if line:sub(-1) == "\r" then line = line:sub(1, -2) end
  local head, v = line:match("^::(.-)::(.*)$")
  if not head or head == "" then return nil end
  local name, rest = head:match("^(%S+)%s*(.*)$")
  if not name then return nil end
  return { name = name:lower(), properties = properties_of(rest), value = decode(v) }
end

return M
