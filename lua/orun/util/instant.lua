-- Instants written as RFC 3339 text.
local M = {}

-- Days from 1970-01-01 to a date of the Gregorian calendar.
local function days(year, month, day)
  if month <= 2 then year = year - 1 end
  local era = year // 400
  local of_era = year - era * 400
  local of_year = (153 * (month > 2 and month - 3 or month + 9) + 2) // 5 + day - 1
  return era * 146097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719468
end

local function offset_of(zone)
  if zone == "Z" or zone == "z" then return 0 end
  local sign, hours, minutes = zone:match("^([+-])(%d%d):(%d%d)$")
  if not sign then return nil end
  local seconds = tonumber(hours) * 3600 + tonumber(minutes) * 60
  return sign == "-" and -seconds or seconds
end

local function parse(text)
  local year, month, day, hour, minute, second, fraction, zone =
    text:match("^(%d%d%d%d)%-(%d%d)%-(%d%d)[Tt ](%d%d):(%d%d):(%d%d)(%.?%d*)(.*)$")
  local offset = year and offset_of(zone)
  if not offset then return nil end
  local whole = days(tonumber(year), tonumber(month), tonumber(day)) * 86400 + tonumber(hour) * 3600 + tonumber(minute) * 60
    + tonumber(second) - offset
  whole = math.tointeger(whole) or whole
  local part = tonumber("0" .. fraction)
  return part and part > 0 and whole + part or whole
end

-- The thousands of instants of a journal, `2026-06-01T08:00:00.250Z`, lie in few seconds.
local most = 4096
local known, count = {}, 0

local function second_of(text)
  if count >= most then known, count = {}, 0 end
  local v = parse(text .. "Z") or false
  known[text], count = v, count + 1
  return v
end

local dot, zero, nine, zulu = (".09Z"):byte(1, 4)

---@param text any e.g. "2026-06-01T08:00:00.250Z", "2026-06-01T10:00:00+02:00"
---@return number? seconds since the epoch; nil when it is no such text
function M.parse(text)
  if type(text) ~= "string" then return nil end
  local point, a, b, c, zone, more = text:byte(20, 25)
  if point ~= dot or zone ~= zulu or more or a < zero or a > nine or b < zero or b > nine or c < zero or c > nine then
    return parse(text)
  end
  local whole = text:sub(1, 19)
  local second = known[whole]
  if second == nil then second = second_of(whole) end
  local thousandths = a * 100 + b * 10 + c - 111 * zero
  return second and (thousandths > 0 and second + thousandths / 1000 or second) or nil
end

return M
