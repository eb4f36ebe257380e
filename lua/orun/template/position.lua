-- Where a byte of a template text stands.
local expression = require "orun.template.expression"

local M = {}

---Line and column (both from 1, the column in characters) of a byte. What expression.protect has lengthened counts as it was.
---@param text string
---@param at integer
---@return integer line
---@return integer column
function M.of(text, at)
  local line, start = 1, 1
  while true do
    local newline = text:find("\n", start, true)
    if not newline or newline >= at then break end
    line, start = line + 1, newline + 1
  end
  local before = expression.restore(text:sub(start, at - 1))
  return line, (utf8.len(before) or #before) + 1
end

return M
