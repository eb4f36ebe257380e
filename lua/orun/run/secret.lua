-- Which values must never reach a log or a screen: those of variables whose names say that they are secret.
local secrecy = require "orun.util.secrecy"

local M = {}

local shortest = 8

M.is_name = secrecy.is_secret

---A value to hide as the texts that may be shown of it: itself, and line by line, since tools print it that way.
---@param text string
---@return string[]
function M.lines(text)
  if not text:find("%S") then return {} end
  local found = { text }
  if text:find("\n", 1, true) then
    for line in text:gmatch("[^\r\n]+") do
      if line:find("%S") then found[#found + 1] = line end
    end
  end
  return found
end

---The values to hide when a process runs with this environment. A value of several lines is hidden line by line too, since
---tools print it that way.
---@param env table<string, string>
---@param others? string[] further values
---@return string[]? values longest first; nil when there is none
function M.values(env, others)
  local found = others and table.move(others, 1, #others, 1, {})
  for name, text in next, env do
    if #text >= shortest and M.is_name(name) then
      found = found or {}
      found[#found + 1] = text
      if text:find("\n", 1, true) then
        for line in text:gmatch("[^\r\n]+") do
          if #line >= shortest then found[#found + 1] = line end
        end
      end
    end
  end
  if found then table.sort(found, function(a, b) return #a > #b or #a == #b and a < b end) end
  return found
end

---Hides secret values in a text of ours (an error message).
---@param text string
---@param values? string[]
---@return string
function M.hide(text, values)
  for _, secret in ipairs(values or {}) do
    local from, parts = 1, {}
    while from do
      local at = text:find(secret, from, true)
      parts[#parts + 1] = text:sub(from, at and at - 1)
      from = at and at + #secret
    end
    text = table.concat(parts, "***")
  end
  return text
end

return M
