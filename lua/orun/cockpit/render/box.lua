-- A box around the head of a listing. Its body has no right border, so that long lines need not be cut.
local style = require "orun.cockpit.style"

local M = {}

local glyph = style.glyph
local width = 60

local function border(left, right)
  return { { left .. glyph.rule:rep(width - 2) .. right, "dim" } }
end

---@param body (Span|string)[][] lines of spans
---@param lines Span[][] appended to
function M.put(body, lines)
  lines[#lines + 1] = border(glyph.top, glyph.corner)
  for _, line in ipairs(body) do lines[#lines + 1] = table.move(line, 1, #line, 2, { { glyph.bar .. " ", "dim" } }) end
  lines[#lines + 1] = border(glyph.bottom, glyph.end_corner)
end

---A field of a head: the label padded before it is coloured.
---@param label string
---@param text string
---@param tokens? string
---@return Span[]
function M.field(label, text, tokens)
  return { { style.pad(label .. ":", 8), "dim" }, { style.plain(text), tokens or "bold" } }
end

---@return Span[] a line as wide as a box
function M.rule()
  return { { glyph.rule:rep(width), "dim" } }
end

return M
