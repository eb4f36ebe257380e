-- What presets add to an intent.
local M = {}

---@class PresetsView
---@field presets {id: string, name: string}[] in the order of the intent's `extends`
---@field contributions {preset: string, keys: string[]}[] by preset; those that add nothing are left out

---@param presets Preset[]
---@param contributions Contribution[]
---@return PresetsView
function M.view(presets, contributions)
  local view, by_preset = { presets = {}, contributions = {} }, {}
  for i, preset in ipairs(presets) do view.presets[i] = { id = preset.id, name = preset.name } end
  for _, item in ipairs(contributions) do
    local block = by_preset[item.preset]
    if not block then
      block = { preset = item.preset, keys = {} }
      by_preset[item.preset] = block
      view.contributions[#view.contributions + 1] = block
    end
    block.keys[#block.keys + 1] = item.key
  end
  table.sort(view.contributions, function(a, b) return a.preset < b.preset end)
  for _, block in ipairs(view.contributions) do table.sort(block.keys) end
  return view
end

return M
