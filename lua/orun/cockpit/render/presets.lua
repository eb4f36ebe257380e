-- What presets add to an intent: `orun intent explain`.
local style = require "orun.cockpit.style"

local M = {}

local glyph, plain = style.glyph, style.plain

---@param view PresetsView
---@return Span[][]
function M.lines(view)
  if #view.presets == 0 then return { { "No presets applied. The intent is used as-is." } } end
  local lines = { {}, { { "Intent Presets", "bold" } }, {} }
  for _, preset in ipairs(view.presets) do
    lines[#lines + 1] = { "  ", { glyph.bullet, "brand" }, " " .. plain(preset.id) }
    if preset.name ~= "" then lines[#lines + 1] = { "    ", { plain(preset.name), "dim" } } end
  end
  lines[#lines + 1] = {}
  lines[#lines + 1] = { { "Contributions", "bold" } }
  lines[#lines + 1] = {}
  for _, block in ipairs(view.contributions) do
    lines[#lines + 1] = { "  ", { plain(block.preset), "secondary" } }
    for _, key in ipairs(block.keys) do lines[#lines + 1] = { "    ", { glyph.branch, "dim" }, " " .. plain(key) } end
    lines[#lines + 1] = {}
  end
  return lines
end

return M
