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

-- The thousands of instants of a journal, `2026-06-01T08:00:00.250Z`, lie in few seconds, and there are no more fractions than 1,000.
local most = 4096
local known_seconds, known_fractions, count = {}, {}, 0

local function second_of(text)
  if count >= most then known_seconds, count = {}, 0 end
  local v = parse(text .. "Z") or false
  known_seconds[text], count = v, count + 1
  return v
end

local function fraction_of(text)
  local v = text:find "^%.%d%d%d$" and tonumber("0" .. text)
  if v then known_fractions[text] = v end
  return v
end

---@param text any e.g. "2026-06-01T08:00:00.250Z", "2026-06-01T10:00:00+02:00"
---@return number? seconds since the epoch; nil when it is no such text
function M.parse(text)
  if type(text) ~= "string" then return nil end
  if #text ~= 24 or text:byte(24) ~= 90 then return parse(text) end
  local whole, fraction = text:sub(1, 19), text:sub(20, 23)
  local part = known_fractions[fraction] or fraction_of(fraction)
  if not part then return parse(text) end
  local second = known_seconds[whole]
  if second == nil then second = second_of(whole) end
  if not second then return nil end
  return part > 0 and second + part or second
end

return M
