-- Durations as people write them in compositions: optional sign, then decimal numbers, each with a unit ("1h30m", "1.5m").
local M = {}

local units = { ns = 1e-9, us = 1e-6, ["µs"] = 1e-6, ["μs"] = 1e-6, ms = 1e-3, s = 1, m = 60, h = 3600 }

---@param text string e.g. "90s", "1h30m", "1.5m", "-2s"; "0" is the only number that needs no unit
---@return number? seconds
---@return string? message what is wrong, quoting the text
function M.parse(text)
  local sign, rest = text:match("^([+-]?)(.*)$")
  if rest == "0" then return 0 end
  if rest == "" then return nil, ('invalid duration "%s"'):format(text) end
  local total, at = 0, 1
  while at <= #rest do
    local number, after = rest:match("^([%d.]+)()", at)
    if not number or not tonumber(number) then return nil, ('invalid duration "%s"'):format(text) end
    local unit, next_at = rest:match("^([^%d.]+)()", after)
    if not unit then return nil, ('missing unit in duration "%s"'):format(text) end
    if not units[unit] then return nil, ('unknown unit "%s" in duration "%s"'):format(unit, text) end
    total, at = total + tonumber(number) * units[unit], next_at
  end
  return sign == "-" and -total or total
end

return M
