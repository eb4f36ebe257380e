-- Literals of the template language: strings with escapes, characters, numbers. Sources: the Go specification's lexical rules.
local M = {}

local simple = { a = "\a", b = "\b", f = "\f", n = "\n", r = "\r", t = "\t", v = "\v", ["\\"] = "\\" }

-- One escape behind the backslash at `at`: its bytes, code point, and where it ends; nil when malformed.
local function escape(text, at, quote)
  local c = text:sub(at, at)
  if simple[c] then return simple[c], simple[c]:byte(), at + 1 end
  if c == quote then return c, c:byte(), at + 1 end
  local octal = text:match("^[0-7][0-7][0-7]", at)
  if octal then
    local n = tonumber(octal, 8)
    if n > 255 then return nil end
    return string.char(n), n, at + 3
  end
  local width = c == "x" and 2 or c == "u" and 4 or c == "U" and 8
  local digits = width and text:sub(at + 1, at + width)
  if not width or #digits ~= width or digits:find("%X") then return nil end
  local n = tonumber(digits, 16)
  if c == "x" then return string.char(n), n, at + 3 end
  if n > 0x10ffff or (n >= 0xd800 and n <= 0xdfff) then return nil end
  return utf8.char(n), n, at + 1 + width
end

---The content of a quoted or raw string literal, or nil.
---@param literal string
---@return string?
function M.string(literal)
  if literal:sub(1, 1) == "`" then return (literal:sub(2, -2):gsub("\r", "")) end
  local parts, at, stop = {}, 2, #literal
  while at < stop do
    local back = literal:find("\\", at, true)
    if not back or back >= stop then
      parts[#parts + 1] = literal:sub(at, stop - 1)
      break
    end
    parts[#parts + 1] = literal:sub(at, back - 1)
    local bytes, _, after = escape(literal, back + 1, '"')
    if not bytes then return nil end
    parts[#parts + 1] = bytes
    at = after
  end
  return table.concat(parts)
end

---The code point of a character literal, or nil.
---@param literal string
---@return integer?
function M.character(literal)
  local inner = literal:sub(2, -2)
  if inner:sub(1, 1) == "\\" then
    local _, code, after = escape(inner, 2, "'")
    return code and after == #inner + 1 and code or nil
  end
  if utf8.len(inner) ~= 1 then return nil end
  return utf8.codepoint(inner)
end

-- Underscores stand between digits, or between a base prefix and a digit.
local function underscores_ok(text)
  if not text:find("_", 1, true) then return true end
  local body = text:gsub("^[+-]", ""):gsub("^0[xXoObB]_?", "0")
  return not (body:find("^_") or body:find("_$") or body:find("__", 1, true) or body:find("[^%x]_") or body:find("_[^%x]"))
end

-- The largest unsigned number that can still be multiplied by the base.
local last = { [2] = 0x7fffffffffffffff, [8] = 0x1fffffffffffffff, [10] = 0x1999999999999999, [16] = 0x0fffffffffffffff }

-- An integer literal; nil when it is none, nil and what is wrong when it does not fit.
local function integer(text)
  local sign, body = text:match("^([+-]?)(.*)$")
  local base, digits = 10, body
  local prefix = body:match("^0([xXoObB])")
  if prefix then
    base = ({ x = 16, o = 8, b = 2 })[prefix:lower()]
    digits = body:sub(3)
  elseif #body > 1 and body:sub(1, 1) == "0" then
    base, digits = 8, body:sub(2)
  end
  digits = digits:gsub("_", "")
  if digits == "" or digits:find("[^%x]") then return nil end
  local n = 0
  for d in digits:gmatch(".") do
    local v = tonumber(d, 16)
    if v >= base then return nil end
    if math.ult(last[base], n) or math.ult(n * base + v, v) then return nil, "overflow" end
    n = n * base + v
  end
  if sign == "-" then
    if n < 0 and n ~= math.mininteger then return nil, "overflow" end
    return -n
  end
  if n < 0 then return nil, "unsigned" end
  return n
end

---A number literal: integer or float.
---@param text string
---@return integer|number|nil
---@return string? problem
function M.number(text)
  if text:sub(-1) == "i" then return nil, "complex numbers are not supported" end
  if not underscores_ok(text) then return nil, "bad number syntax" end
  local n, problem = integer(text)
  if n then return n end
  local hex, plain = text:find("^[+-]?0[xX]") ~= nil, text:gsub("_", "")
  if problem then
    return nil, problem == "unsigned" and ("integer overflow: %s overflows int"):format(text) or "integer overflow"
  end
  if not plain:find(hex and "[pP]" or "[.eE]") or plain:find("^[+-]?0[oObB]") then return nil, "bad number syntax" end
  local float = tonumber((plain:gsub("^%+", "")))
  if not float then return nil, "bad number syntax" end
  if float - float ~= 0 then return nil, "float overflow" end
  return float
end

return M
