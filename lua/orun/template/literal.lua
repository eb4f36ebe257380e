-- Values of the literals of the template language: strings, characters and numbers, written as in Go.
local M = {}

local named = { a = "\a", b = "\b", f = "\f", n = "\n", r = "\r", t = "\t", v = "\v", ["\\"] = "\\" }
local widths = { x = 2, u = 4, U = 8 }

-- The escape whose character behind the backslash is at `at`: its bytes, its code point and the byte behind it; nil when malformed.
local function escape(text, at, quote)
  local c = text:sub(at, at)
  local plain = named[c] or (c == quote and c)
  if plain then return plain, plain:byte(), at + 1 end
  local octal = text:match("^[0-7][0-7][0-7]", at)
  if octal then
    local n = tonumber(octal, 8)
    if n > 255 then return nil end
    return string.char(n), n, at + 3
  end
  local width = widths[c]
  local digits = width and text:match("^%x+", at + 1)
  if not digits or #digits < width then return nil end
  local n = tonumber(digits:sub(1, width), 16)
  if c == "x" then return string.char(n), n, at + 3 end
  if n > 0x10ffff or (n >= 0xd800 and n <= 0xdfff) then return nil end
  return utf8.char(n), n, at + 1 + width
end

---The content of a quoted or raw string.
---@param literal string with its quotes
---@return string? text nil when an escape is malformed
function M.string(literal)
  if literal:sub(1, 1) == "`" then return (literal:sub(2, -2):gsub("\r", "")) end
  local parts, at = {}, 2
  while true do
    local back = literal:find("\\", at, true)
    if not back then break end
    parts[#parts + 1] = literal:sub(at, back - 1)
    local bytes, _, after = escape(literal, back + 1, '"')
    if not bytes then return nil end
    parts[#parts + 1], at = bytes, after
  end
  parts[#parts + 1] = literal:sub(at, -2)
  return table.concat(parts)
end

---The code point of a character constant.
---@param literal string with its quotes
---@return integer? code nil when it is malformed or holds more or less than one character
function M.character(literal)
  local inner = literal:sub(2, -2)
  if inner:sub(1, 1) == "\\" then
    local _, code, after = escape(inner, 2, "'")
    return code and after == #inner + 1 and code or nil
  end
  if inner == "" or inner == "'" then return nil end
  -- A byte that is no UTF-8 counts as U+FFFD.
  if not utf8.len(inner, 1, 1) then return #inner == 1 and 0xfffd or nil end
  return utf8.offset(inner, 2) == #inner + 1 and utf8.codepoint(inner) or nil
end

-- Underscores stand between digits, or behind the prefix of the base.
local function has_bad_underscore(text)
  if not text:find("_", 1, true) then return false end
  local prefix, body = text:match("^[+-]?0([xXoObB])(.*)$")
  -- The prefix counts as a digit.
  body = prefix and "0" .. body or text
  local digit = (prefix == "x" or prefix == "X") and "%x" or "%d"
  return ("-" .. body .. "-"):gsub(digit .. "_%f[" .. digit .. "]", ""):find("_", 1, true) ~= nil
end

-- The largest number that can still be multiplied by the base, as unsigned.
local last = { [2] = 0x7fffffffffffffff, [8] = 0x1fffffffffffffff, [10] = 0x1999999999999999, [16] = 0x0fffffffffffffff }
local bases = { x = 16, o = 8, b = 2 }

-- The magnitude of an integer, as unsigned; nil when the digits do not make one, nil and true when it is too large.
local function magnitude(body)
  local letter, digits = body:match("^0([xXoObB])(.*)$")
  local base = letter and bases[letter:lower()] or 10
  if not letter then
    digits = body
    if body:find("^0.") then base = 8 end
  end
  digits = digits:gsub("_", "")
  if not digits:find("^%x+$") then return nil end
  local n, large = 0, false
  for digit in digits:gmatch(".") do
    local d = tonumber(digit, 16)
    if d >= base then return nil end
    large = large or math.ult(last[base], n) or math.ult(n * base + d, d)
    n = n * base + d
  end
  if large then return nil, true end
  return n
end

-- The number as float, nil when it is none.
local function float(text)
  local plain = text:gsub("_", ""):gsub("^%+", "")
  local hex = plain:find("^%-?0[xX]") ~= nil
  if not plain:find(hex and "[pP]" or "[.eE]") then return nil end
  local n = tonumber(plain)
  return n and n - n == 0 and n or nil
end

---The value of a number.
---@param text string
---@return integer|number|nil
---@return string? problem "malformed", "large" (beyond every integer), "unsigned" (beyond the signed integers) or "complex"
function M.number(text)
  if text:sub(-1) == "i" then return nil, "complex" end
  if has_bad_underscore(text) then return nil, "malformed" end
  local sign, body = text:match("^([+-]?)(.*)$")
  local n, large = magnitude(body)
  if large then return nil, "large" end
  if n then
    if n < 0 and sign == "" then return nil, "unsigned" end
    if n < 0 and not (sign == "-" and n == math.mininteger) then return nil, "large" end
    if sign == "-" then n = -n end
    -- With a sign, an `e` among the digits of a hexadecimal integer makes it a float in Go.
    return sign ~= "" and body:find("[eE]") and n + 0.0 or n
  end
  n = float(text)
  if n then return n end
  return nil, "malformed"
end

return M
