-- `compositions.limits` of the intent: what one call into a Lua file of a package or of the platform may use.
local place = require "orun.intent.place"

local units = { KiB = 1 << 10, MiB = 1 << 20, GiB = 1 << 30 }

---A size such as 64MiB, or a plain number.
local function amount(text)
  local digits, unit = text:match "^%s*(%d+)%s*(%a*)%s*$"
  local n = digits and math.tointeger(tonumber(digits))
  local factor = unit == "" and 1 or units[unit]
  if n and n > 0 and factor and n <= 1 << 40 then return n * factor end
end

---@param declared? table decoded
---@param report table
---@return SandboxLimits
return function(declared, report)
  local limits = {}
  for _, key in ipairs { "memory", "instructions", "output" } do
    local text = declared and declared[key]
    if text and text ~= "" then
      limits[key] = amount(text)
      if not limits[key] then
        report:error(place.mark(place.of(declared.place, key), {
          kind = "composition.limits", message = ('compositions.limits.%s is "%s", must be a number above 0'):format(key, text),
          hint = key == "instructions" and "such as 100000000" or "such as 64MiB; the units are KiB, MiB and GiB",
        }))
      end
    end
  end
  return limits
end
