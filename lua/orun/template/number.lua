-- Numbers as Go writes them.
local decimal = require "orun.template.decimal"

local M = {}

---Whether a float is below zero, or the negative zero.
---@param x number
---@return boolean
function M.is_negative(x) return x < 0 or (x == 0 and 1 / x < 0) end

-- The digits of `%.<n>e`: without the point, and the decimal exponent of the first one.
local function digits_of(x, n)
  if n > 100 then return decimal.digits(x, n) end
  local lead, rest, exponent = ("%%.%de"):format(n - 1):format(x):match("^(%d)%.?(%d*)e(.+)$")
  return lead .. rest, math.tointeger(tonumber(exponent))
end

local SMALLEST_NORMAL = 2.2250738585072014e-308

local function reads_back(digits, exponent, x)
  return tonumber(("%s.%se%d"):format(digits:sub(1, 1), digits:sub(2), exponent)) == x
end

-- Digits with a last one that is one higher; nil when that is a nine.
local function increment(digits)
  local last = digits:byte(-1)
  return last < 57 and digits:sub(1, -2) .. string.char(last + 1) or nil
end

-- The fewest digits that read back as the same float (x not negative), without trailing zeros, and the exponent of the first.
local function shortest(x)
  -- Up to 15 digits survive the way into a float and back, so fewer need no trial of their own, except next to zero.
  for n = x < SMALLEST_NORMAL and 1 or 15, 17 do
    local digits, exponent = digits_of(x, n)
    if reads_back(digits, exponent, x) then
      digits = digits:gsub("0+$", "")
      return digits == "" and "0" or digits, exponent
    end
    -- Below a power of two floats lie closer: the next digits up may read back when the nearest, below, do not.
    local up = increment(digits)
    if up and reads_back(up, exponent, x) then return up, exponent end
  end
end

local function scientific(digits, exponent)
  local point = #digits > 1 and "." or ""
  return ("%s%s%se%s%02d"):format(digits:sub(1, 1), point, digits:sub(2), exponent < 0 and "-" or "+", math.abs(exponent))
end

local function positional(digits, exponent)
  if exponent < 0 then return "0." .. ("0"):rep(-exponent - 1) .. digits end
  local whole = exponent + 1
  if #digits <= whole then return digits .. ("0"):rep(whole - #digits) end
  return digits:sub(1, whole) .. "." .. digits:sub(whole + 1)
end

-- %g: positional where the exponent is moderate, scientific elsewhere.
local function general(x, precision)
  local digits, exponent, limit
  if precision then
    digits, exponent = digits_of(x, math.max(precision, 1))
    digits = digits:gsub("0+$", "")
    if digits == "" then digits = "0" end
    limit = math.max(precision, 1)
    if limit > #digits and #digits >= exponent + 1 then limit = #digits end
  else
    digits, exponent = shortest(x)
    limit = 6
  end
  if exponent < -4 or exponent >= limit then return scientific(digits, exponent) end
  return positional(digits, exponent)
end

local function fixed(x, precision)
  if precision > 99 then return decimal.fixed(x, precision) end
  return ("%%.%df"):format(precision):format(x)
end

local function hexadecimal(x, precision)
  local shift = 0
  -- The first digit is 1, also next to zero.
  if x > 0 and x < SMALLEST_NORMAL then x, shift = x * 2.0 ^ 64, 64 end
  local more = precision and math.max(precision - 13, 0) or 0
  local text = (precision and "%." .. precision - more .. "a" or "%a"):format(x)
  local mantissa, exponent = text:match("^(.-)p(.+)$")
  local n = math.tointeger(tonumber(exponent)) - shift
  -- Rounding up gives 0x2, written as 0x1 with the next exponent.
  if mantissa:find("^0x2") then mantissa, n = mantissa:gsub("^0x2", "0x1"), n + 1 end
  return ("%s%sp%s%02d"):format(mantissa, ("0"):rep(more), n < 0 and "-" or "+", math.abs(n))
end

-- The mantissa as integer and a power of two.
local function binary(x)
  local mantissa, exponent = decimal.parts(x)
  return ("%dp%s%d"):format(mantissa, exponent < 0 and "-" or "+", math.abs(exponent))
end

local forms = { g = general, f = fixed, x = hexadecimal, b = binary,
  e = function(x, precision) return scientific(digits_of(x, precision + 1)) end }

---The magnitude of a finite float in a form of Go: "e", "f", "g", "x" or "b".
---@param x number
---@param form string
---@param precision? integer needed for "e" and "f"; without, "g" and "x" take as many digits as tell the float from all others
---@return string
function M.magnitude(x, form, precision) return forms[form](math.abs(x), precision) end

---A float as `%v` shows it.
---@param x number
---@return string
function M.float(x)
  if x ~= x then return "NaN" end
  if x == math.huge then return "+Inf" end
  if x == -math.huge then return "-Inf" end
  return (M.is_negative(x) and "-" or "") .. general(math.abs(x))
end

---The digits of an unsigned integer.
---@param n integer taken as unsigned
---@param base 2|8|16
---@return string lower case
function M.digits(n, base)
  if base ~= 2 then return (base == 16 and "%x" or "%o"):format(n) end
  local digits, i = {}, 65
  repeat
    i = i - 1
    digits[i], n = n & 1, n >> 1
  until n == 0
  return table.concat(digits, "", i, 64)
end

return M
