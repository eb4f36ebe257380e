-- Exact decimal digits of floats, for precisions that string.format does not take.
local M = {}

local BASE, WIDTH = 10000000, 7

---A finite float as integer mantissa and power of two: 53 bits, fewer next to zero.
---@param x number not negative
---@return integer mantissa
---@return integer exponent
function M.parts(x)
  local bits = string.unpack("<i8", string.pack("<d", x))
  local exponent, fraction = bits >> 52 & 0x7ff, bits & 0xfffffffffffff
  if exponent == 0 then return fraction, -1074 end
  return fraction | 1 << 52, exponent - 1075
end

-- limbs (least significant first) times a small factor, in place.
local function multiply(limbs, factor)
  local carry = 0
  for i = 1, #limbs do
    local product = limbs[i] * factor + carry
    limbs[i], carry = product % BASE, product // BASE
  end
  while carry > 0 do
    limbs[#limbs + 1], carry = carry % BASE, carry // BASE
  end
end

-- All digits of a float without leading zeros, and how many of them stand behind the decimal point (negative: zeros follow).
local function exact(x)
  local mantissa, exponent = M.parts(x)
  local limbs = {}
  while mantissa > 0 do
    limbs[#limbs + 1], mantissa = mantissa % BASE, mantissa // BASE
  end
  -- m * 2^-k = m * 5^k / 10^k
  for _ = 1, math.abs(exponent) do multiply(limbs, exponent < 0 and 5 or 2) end
  local parts = {}
  for i = #limbs, 1, -1 do parts[#parts + 1] = ("%0" .. WIDTH .. "d"):format(limbs[i]) end
  return (table.concat(parts):gsub("^0+", "")), math.max(-exponent, 0)
end

-- The first n digits, rounded half to even; whether a digit was gained in front.
local function round(digits, n)
  if n >= #digits then return digits .. ("0"):rep(n - #digits), false end
  if n < 0 then return "", false end
  local kept, next_digit, rest = digits:sub(1, n), digits:byte(n + 1) - 48, digits:sub(n + 2)
  local half = next_digit == 5 and not rest:find("[^0]")
  if next_digit < 5 or (half and (n == 0 or kept:byte(n) % 2 == 0)) then return kept, false end
  local nines = kept:match("9*$")
  if #nines == n then return "1" .. ("0"):rep(n), true end
  local at = n - #nines
  return kept:sub(1, at - 1) .. string.char(kept:byte(at) + 1) .. ("0"):rep(#nines), false
end

---Significant digits, rounded, and the decimal exponent of the first.
---@param x number not negative
---@param n integer
---@return string digits
---@return integer exponent
function M.digits(x, n)
  if x == 0 then return ("0"):rep(n), 0 end
  local digits, behind = exact(x)
  local exponent = #digits - behind - 1
  local rounded, gained = round(digits, n)
  if gained then return rounded:sub(1, n), exponent + 1 end
  return rounded, exponent
end

---With a number of digits behind the decimal point.
---@param x number not negative
---@param precision integer at least 1
---@return string
function M.fixed(x, precision)
  local digits, behind = exact(x)
  local rounded = round(digits, #digits - behind + precision)
  local whole = #rounded - precision
  if whole <= 0 then return "0." .. ("0"):rep(-whole) .. rounded end
  return rounded:sub(1, whole) .. "." .. rounded:sub(whole + 1)
end

return M
