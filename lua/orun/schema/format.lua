-- The formats that are asserted: format[name](text) -> boolean. Unknown names are absent, so they pass.
local property = require "orun.schema.property"

local M = {}

local function in_range(text, low, high)
  local n = tonumber(text)
  return n ~= nil and n >= low and n <= high
end

local function leap(year) return year % 4 == 0 and (year % 100 ~= 0 or year % 400 == 0) end

local days = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 }

-- RFC 3339 full-date.
function M.date(text)
  local year, month, day = text:match("^(%d%d%d%d)%-(%d%d)%-(%d%d)$")
  if not year then return false end
  year, month, day = tonumber(year), tonumber(month), tonumber(day)
  if month < 1 or month > 12 or day < 1 then return false end
  return day <= ((month == 2 and leap(year)) and 29 or days[month])
end

-- RFC 3339 full-time; a leap second only where it is 23:59:60 in UTC.
function M.time(text)
  local hour, minute, second, rest = text:match("^(%d%d):(%d%d):(%d%d)(.*)$")
  if not hour then return false end
  rest = rest:gsub("^%.%d+", "")
  local shift = 0
  if not rest:match("^[Zz]$") then
    local sign, oh, om = rest:match("^([+-])(%d%d):(%d%d)$")
    if not sign or not in_range(oh, 0, 23) or not in_range(om, 0, 59) then return false end
    shift = (tonumber(oh) * 60 + tonumber(om)) * (sign == "+" and -1 or 1)
  end
  if not (in_range(hour, 0, 23) and in_range(minute, 0, 59) and in_range(second, 0, 60)) then return false end
  if tonumber(second) == 60 then return (tonumber(hour) * 60 + tonumber(minute) + shift) % 1440 == 1439 end
  return true
end

M["date-time"] = function(text)
  local date, time = text:match("^(%d%d%d%d%-%d%d%-%d%d)[Tt](.*)$")
  return date ~= nil and M.date(date) and M.time(time)
end

-- ISO 8601 as in RFC 3339 appendix A: weeks alone, or the other units in order without gaps.
function M.duration(text)
  if text:match("^P%d+W$") then return true end
  local date, time = text:match("^P([^T]*)(.*)$")
  if not date or text == "P" or time == "T" then return false end
  local function parts(s, units)
    local letters, at = "", 1
    while at <= #s do
      local unit, after = s:match("^%d+(%a)()", at)
      if not unit then return false end
      letters, at = letters .. unit, after
    end
    return letters == "" or units:find(letters, 1, true) ~= nil
  end
  return parts(date, "YMD") and (time == "" or parts(time:sub(2), "HMS"))
end

-- An interval of ISO 8601: start and end, start and duration, or duration and end.
function M.period(text)
  local a, b = text:match("^([^/]+)/([^/]+)$")
  if not a then return false end
  local instant = M["date-time"]
  return (instant(a) and (instant(b) or M.duration(b))) or (M.duration(a) and instant(b))
end

local function label(text)
  return #text >= 1 and #text <= 63 and text:find("^[%w%-]+$") ~= nil and text:sub(1, 1) ~= "-" and text:sub(-1) ~= "-"
end

-- RFC 1123 with the A-labels of RFC 5890: hyphens in the third and fourth place are kept for them.
function M.hostname(text)
  if #text == 0 or #text > 253 then return false end
  for part in (text .. "."):gmatch("([^.]*)%.") do
    if not label(part) then return false end
    if part:sub(3, 4) == "--" and not M.a_label(part) then return false end
  end
  return true
end

-- Punycode (RFC 3492): the code points of an A-label's tail, or nil.
local function punycode(text)
  local output, n, bias, i = {}, 128, 72, 0
  local basic, rest = text:match("^(.*)%-([^%-]*)$")
  if basic then
    for c in basic:gmatch(".") do output[#output + 1] = c:byte() end
  else
    rest = text
  end
  local at, first = 1, true
  while at <= #rest do
    local old, weight, k = i, 1, 36
    while true do
      local c = rest:sub(at, at):lower():byte()
      if not c then return nil end
      local digit = c >= 97 and c <= 122 and c - 97 or c >= 48 and c <= 57 and c - 22
      if not digit then return nil end
      at = at + 1
      i = i + digit * weight
      if i > 0x7fffffff then return nil end
      local t = k <= bias and 1 or k >= bias + 26 and 26 or k - bias
      if digit < t then break end
      weight, k = weight * (36 - t), k + 36
    end
    local count = #output + 1
    local delta = first and (i - old) // 700 or (i - old) // 2
    first = false
    delta = delta + delta // count
    local steps = 0
    while delta > 455 do delta, steps = delta // 35, steps + 36 end
    bias = steps + 36 * delta // (delta + 38)
    n, i = n + i // count, i % count
    if n > 0x10ffff then return nil end
    table.insert(output, i + 1, n)
    i = i + 1
  end
  return output
end

-- Signs that stand only in certain company (RFC 5892 appendix A); the others of a label are taken as they are.
local function context_ok(points)
  for at, c in ipairs(points) do
    local before, after = points[at - 1], points[at + 1]
    if c == 0xb7 and not (before == 0x6c and after == 0x6c) then return false end
    if c == 0x375 and not (after and after >= 0x370 and after <= 0x3ff) then return false end
    if (c == 0x5f3 or c == 0x5f4) and not (before and before >= 0x590 and before <= 0x5ff) then return false end
    if c == 0x200d and before ~= 0x94d then return false end
    if c == 0x302e or c == 0x302f or c == 0x640 or c == 0x7fa or (c >= 0x3031 and c <= 0x3035) or c == 0x303b then return false end
  end
  return true
end

local function has(points, low, high)
  for _, c in ipairs(points) do
    if c >= low and c <= high then return true end
  end
  return false
end

---@param text string a label with hyphens in the third and fourth place
---@return boolean
function M.a_label(text)
  if text:sub(1, 4):lower() ~= "xn--" then return false end
  local points = punycode(text:sub(5))
  if not points or #points == 0 or not context_ok(points) then return false end
  if points[3] == 0x2d and points[4] == 0x2d then return false end
  local c = points[1]
  if (c >= 0x300 and c <= 0x36f) or c == 0x903 or c == 0x488 then return false end
  if has(points, 0x660, 0x669) and has(points, 0x6f0, 0x6f9) then return false end
  if has(points, 0x30fb, 0x30fb) and not (has(points, 0x3041, 0x30fa) or has(points, 0x4e00, 0x9fff) or has(points, 0x3400, 0x4dbf)) then
    return false
  end
  return has(points, 128, 0x10ffff)
end

function M.ipv4(text)
  local a, b, c, d = text:match("^(%d%d?%d?)%.(%d%d?%d?)%.(%d%d?%d?)%.(%d%d?%d?)$")
  if not a then return false end
  for _, part in ipairs { a, b, c, d } do
    if tonumber(part) > 255 or (#part > 1 and part:sub(1, 1) == "0") then return false end
  end
  return true
end
M["ip-address"] = M.ipv4

-- RFC 4291 text form, without a zone.
function M.ipv6(text)
  if text:find("[^%x:.]") or text:find(":::", 1, true) then return false end
  local groups, tail = 8, text:match(":(%d+%.%d+%.%d+%.%d+)$")
  if tail then
    if not M.ipv4(tail) then return false end
    text, groups = text:sub(1, -#tail - 1) .. "0:0", 8
  elseif text:find(".", 1, true) then
    return false
  end
  local left, right = text:match("^(.-)::(.*)$")
  local function count(s)
    if s == "" then return 0 end
    local n = 0
    for part in (s .. ":"):gmatch("([^:]*):") do
      if #part < 1 or #part > 4 then return nil end
      n = n + 1
    end
    return n
  end
  if left then
    local a, b = count(left), count(right)
    return not right:find("::", 1, true) and a ~= nil and b ~= nil and a + b < groups
  end
  return count(text) == groups
end

-- RFC 5321 mailbox.
function M.email(text)
  local user, host = text:match("^(.*)@([^@]*)$")
  if not user or #user == 0 or #user > 64 then return false end
  if user:sub(1, 1) == '"' then
    if not user:match('^"[^"\\\r\n]*"$') and not user:match('^"(.*)"$') then return false end
    local inner = user:sub(2, -2):gsub("\\.", "")
    if #user < 2 or user:sub(-1) ~= '"' or inner:find('["\\]') then return false end
  elseif user:find("[^%w!#$%%&'*+/=?^_`{|}~.-]") or user:find("^%.") or user:find("%.$") or user:find("..", 1, true) then
    return false
  end
  local literal = host:match("^%[(.*)%]$")
  if literal then
    local six = literal:match("^[Ii][Pp][Vv]6:(.*)$")
    if six then return M.ipv6(six) end
    return M.ipv4(literal)
  end
  return M.hostname(host)
end

local function escapes_ok(text) return not text:gsub("%%%x%x", ""):find("%", 1, true) end

local function authority_ok(authority, extra)
  local user, rest = authority:match("^(.*)@(.*)$")
  if user and user:find("[^%w%-._~!$&'()*+,;=:%%" .. extra .. "]") then return false end
  local host = rest or authority
  local inside, port = host:match("^%[(.*)%](.*)$")
  if inside then
    if not (port == "" or port:match("^:%d*$")) then return false end
    return M.ipv6(inside) or inside:match("^[vV]%x+%.[%w%-._~!$&'()*+,;=:]+$") ~= nil
  end
  local name, digits = host:match("^(.-):(%d*)$")
  name = name or host
  return digits ~= nil or not name:find(":", 1, true), not name:find("[^%w%-._~!$&'()*+,;=%%" .. extra .. "]")
end

local function reference_ok(text, international, absolute)
  local extra = international and "\128-\255" or ""
  if not escapes_ok(text) or (international and not utf8.len(text)) then return false end
  local rest, fragment = text:match("^([^#]*)#(.*)$")
  rest = rest or text
  local before, query = rest:match("^([^?]*)%?(.*)$")
  rest = before or rest
  local scheme, after = rest:match("^(%a[%w+.-]*):(.*)$")
  if absolute and not scheme then return false end
  rest = after or rest
  local authority, path = rest:match("^//([^/]*)(.*)$")
  if authority then
    local port_fine, name_fine = authority_ok(authority, extra)
    if not port_fine or name_fine == false then return false end
  end
  path = path or rest
  local allowed = "[^%w%-._~!$&'()*+,;=:@%%/" .. extra .. "]"
  if path:find(allowed) then return false end
  if not scheme and not authority and path:match("^[^/]*"):find(":", 1, true) then return false end
  local wide = "[^%w%-._~!$&'()*+,;=:@%%/?" .. extra .. "]"
  return not (query and query:find(wide)) and not (fragment and fragment:find(wide))
end

function M.uri(text) return reference_ok(text, false, true) end
function M.iri(text) return reference_ok(text, true, true) end
M["uri-reference"] = function(text) return reference_ok(text, false, false) end
M["iri-reference"] = function(text) return reference_ok(text, true, false) end
M.uriref = M["uri-reference"]

-- RFC 6570.
M["uri-template"] = function(text)
  local outside = text:gsub("{([^{}]*)}", function(body)
    body = body:gsub("^[+#./;?&=,!@|]", "")
    if body == "" then return "{" end
    for spec in (body .. ","):gmatch("([^,]*),") do
      local name = spec:gsub("%*$", ""):gsub(":[1-9]%d?%d?%d?$", "")
      local plain = name:gsub("%%%x%x", "a")
      if plain == "" or plain:find("[^%w_.]") or plain:find("^%.") or plain:find("%.$") or plain:find("..", 1, true) then return "{" end
    end
    return ""
  end)
  return not outside:find("[{}%s\"<>\\^`|]") and not outside:find("%c") and escapes_ok(outside)
end

function M.regex(text)
  -- \Z and \a are no escapes of ECMA-262, whose patterns are meant here.
  local plain = text:gsub("\\\\", "")
  if plain:find("\\[Za]") then return false end
  return require("host.regex").compile(property.translate(text)) ~= nil
end

M["json-pointer"] = function(text)
  if text == "" then return true end
  return text:sub(1, 1) == "/" and not text:gsub("~[01]", ""):find("~", 1, true)
end

M["relative-json-pointer"] = function(text)
  local digits, rest = text:match("^(%d+)(.*)$")
  if not digits or (#digits > 1 and digits:sub(1, 1) == "0") then return false end
  return rest == "#" or M["json-pointer"](rest)
end

function M.uuid(text)
  return text:match("^%x%x%x%x%x%x%x%x%-%x%x%x%x%-%x%x%x%x%-%x%x%x%x%-%x%x%x%x%x%x%x%x%x%x%x%x$") ~= nil
end

return M
