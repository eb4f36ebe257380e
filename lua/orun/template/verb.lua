-- One value by one verb of printf.
local kinds = require "orun.template.kind"
local number = require "orun.template.number"
local quote = require "orun.template.quote"
local sorted = require "orun.util.sorted"
local unicode = require "orun.template.unicode"

local M = {}

---@class FormatSpec
---@field plus? boolean
---@field minus? boolean
---@field sharp? boolean
---@field zero? boolean
---@field space? boolean
---@field syntax? boolean %#v
---@field width? integer
---@field precision? integer

local kind = kinds.of

-- Characters, where each byte that is no UTF-8 counts as one.
local function length(text)
  local n, bad = utf8.len(text)
  if n then return n end
  local count, at = 0, 1
  while bad do
    count = count + utf8.len(text, at, bad - 1) + 1
    at = bad + 1
    n, bad = utf8.len(text, at)
  end
  return count + n
end

-- Fills up to the width, on the right with `minus`, else on the left.
local function pad(text, spec, fill)
  local missing = spec.width and spec.width - length(text) or 0
  if missing <= 0 then return text end
  if spec.minus then return text .. (" "):rep(missing) end
  return (fill or " "):rep(missing) .. text
end

local function fill_of(spec) return spec.zero and "0" or " " end

local function sign_of(is_negative, spec)
  return is_negative and "-" or spec.plus and "+" or spec.space and " " or ""
end

-- ---- integers -----------------------------------------------------------------------------------

-- The magnitude as unsigned integer, whether it is below zero, and the magnitude in decimal.
local function integer_parts(v)
  local k = kind(v)
  if k == "byte" then return v.number, false, tostring(v.number) end
  if k == "uint64" then
    local text = tostring(v)
    return math.tointeger(tonumber(text:sub(1, -2))) * 10 + math.tointeger(tonumber(text:sub(-1))), false, text
  end
  return v < 0 and -v or v, v < 0, (("%d"):format(v):gsub("^-", ""))
end

local bases = { d = 10, b = 2, o = 8, O = 8, x = 16, X = 16 }

local function integer(v, letter, spec)
  local magnitude, is_negative, decimal = integer_parts(v)
  local base = bases[letter]
  local digits = base == 10 and decimal or number.digits(magnitude, base)
  local sign = sign_of(is_negative, spec)
  local least = spec.precision
  if least == 0 and magnitude == 0 then return pad("", spec) end
  if not least and spec.zero and not spec.minus and spec.width then least = spec.width - #sign end
  if least then digits = ("0"):rep(least - #digits) .. digits end
  if spec.sharp then
    if base == 2 then digits = "0b" .. digits end
    if base == 8 and digits:byte() ~= 48 then digits = "0" .. digits end
    if base == 16 then digits = "0x" .. digits end
  end
  if letter == "O" then digits = "0o" .. digits end
  if letter == "X" then digits = digits:upper() end
  return pad(sign .. digits, spec)
end

-- The code point that an integer stands for, U+FFFD when it is none.
local function rune(v)
  local magnitude, is_negative = integer_parts(v)
  if is_negative or magnitude < 0 or magnitude > 0x10ffff or (magnitude >= 0xd800 and magnitude <= 0xdfff) then return 0xfffd end
  return magnitude
end

local function code_point(v, spec)
  local magnitude, is_negative = integer_parts(v)
  if is_negative then magnitude = -magnitude end
  local digits = number.digits(magnitude, 16):upper()
  local text = "U+" .. ("0"):rep(math.max(spec.precision or 4, 4) - #digits) .. digits
  if spec.sharp and magnitude >= 0 and magnitude <= 0x10ffff and unicode.is_printable(magnitude) then
    text = ("%s '%s'"):format(text, utf8.char(magnitude))
  end
  return pad(text, spec)
end

local function whole(v, letter, spec)
  if letter == "v" then
    if spec.syntax and kind(v) ~= "integer" then
      local hexadecimal = setmetatable({ sharp = true }, { __index = spec })
      return integer(v, "x", hexadecimal)
    end
    letter = "d"
  end
  if bases[letter] then return integer(v, letter, spec) end
  if letter == "c" then return pad(utf8.char(rune(v)), spec, fill_of(spec)) end
  if letter == "q" then return pad(quote.character(rune(v), spec.plus), spec, fill_of(spec)) end
  if letter == "U" then return code_point(v, spec) end
  return nil
end

-- ---- floats -------------------------------------------------------------------------------------

-- With `#` the point is always there, and %g and %x (in Go not %X) have all the digits of their precision.
local filled = { v = true, g = true, G = true, x = true }

local function with_point(text, letter, precision)
  local body, tail = text:match("^(0x[^p]*)(p.*)$")
  if not body then body, tail = text:match("^([^e]*)(.*)$") end
  local wanted = filled[letter] and (precision or 6) or 0
  -- The `x` of a hexadecimal float counts as one, too.
  local significant = body:gsub("%.", ""):gsub("^0+", "")
  wanted = wanted - #significant
  if not body:find(".", 1, true) then
    if body == "0" then wanted = wanted - 1 end
    body = body .. "."
  end
  return body .. ("0"):rep(wanted) .. tail
end

local forms = { v = "g", g = "g", G = "g", e = "e", E = "e", f = "f", F = "f", x = "x", X = "x", b = "b" }

local function unusual(x, spec)
  if x ~= x then return pad((spec.plus and "+" or spec.space and " " or "") .. "NaN", spec) end
  return pad((x < 0 and "-" or spec.space and not spec.plus and " " or "+") .. "Inf", spec)
end

local function float(x, letter, spec)
  local form = forms[letter]
  if not form then return nil end
  if x ~= x or x == math.huge or x == -math.huge then return unusual(x, spec) end
  local precision = spec.precision
  if (form == "e" or form == "f") and not precision then precision = 6 end
  local text = number.magnitude(x, form, precision)
  if spec.sharp and form ~= "b" then text = with_point(text, letter, spec.precision) end
  if letter == "E" or letter == "G" or letter == "X" then text = text:upper() end
  local sign = sign_of(number.is_negative(x), spec)
  if spec.zero and not spec.minus and spec.width then return sign .. ("0"):rep(spec.width - #sign - #text) .. text end
  return pad(sign .. text, spec)
end

-- ---- strings and truth values -------------------------------------------------------------------

-- The first characters, as many as the precision says.
local function cut(text, spec)
  local n = spec.precision
  if not n or n >= #text then return text end
  local at = 1
  for _ = 1, n do
    if at > #text then return text end
    at = utf8.len(text, at, at) and utf8.offset(text, 2, at) or at + 1
  end
  return text:sub(1, at - 1)
end

local function hexadecimal_string(text, letter, spec)
  if spec.precision then text = text:sub(1, spec.precision) end
  local prefix = spec.sharp and text ~= "" and "0x" or ""
  local digits = text:gsub(".", function(c) return ("%02x"):format(c:byte()) end)
  if spec.space then digits = digits:gsub("%x%x", "%0 " .. prefix):sub(1, -2 - #prefix) end
  digits = prefix .. digits
  if letter == "X" then digits = digits:upper() end
  return pad(digits, spec, fill_of(spec))
end

local function text_of_string(v, letter, spec)
  if letter == "x" or letter == "X" then return hexadecimal_string(v, letter, spec) end
  if letter == "q" or (letter == "v" and spec.syntax) then
    v = cut(v, spec)
    local quoted = spec.sharp and quote.can_be_raw(v) and "`" .. v .. "`" or quote.string(v, spec.plus)
    return pad(quoted, spec, fill_of(spec))
  end
  if letter == "s" or letter == "v" then return pad(cut(v, spec), spec, fill_of(spec)) end
  return nil
end

-- ---- all kinds ----------------------------------------------------------------------------------

local text_within

local function list(v, letter, spec)
  local parts = {}
  for i = 1, #v do parts[i] = text_within(v[i], letter, spec) end
  if spec.syntax then return "[]interface {}{" .. table.concat(parts, ", ") .. "}" end
  return "[" .. table.concat(parts, " ") .. "]"
end

local function map(v, letter, spec)
  local parts = {}
  for name, item in sorted.pairs(v) do
    parts[#parts + 1] = text_within(name, letter, spec) .. ":" .. text_within(item, letter, spec)
  end
  if spec.syntax then return "map[string]interface {}{" .. table.concat(parts, ", ") .. "}" end
  return "map[" .. table.concat(parts, " ") .. "]"
end

local by_kind = {
  string = text_of_string, integer = whole, byte = whole, uint64 = whole, float = float, list = list, map = map,
  boolean = function(v, letter, spec)
    if letter == "t" or letter == "v" then return pad(tostring(v), spec, fill_of(spec)) end
  end,
  time = function(v, letter, spec) return text_of_string(v:text(), letter, { width = spec.width, minus = spec.minus }) end,
}

---A value with its type, for directives that do not fit.
---@param v any
---@param spec FormatSpec
---@return string
function M.typed(v, spec)
  if v == nil or kind(v) == "null" then return "<nil>" end
  return kinds.go_name(v) .. "=" .. by_kind[kind(v)](v, "v", spec)
end

local function unfit(v, letter, spec) return ("%%!%s(%s)"):format(letter, M.typed(v, spec)) end

-- Inside of lists and maps nulls are the same with all verbs.
function text_within(v, letter, spec)
  local k = kind(v)
  if k == "null" or k == "missing" then return spec.syntax and "interface {}(nil)" or "<nil>" end
  return by_kind[k](v, letter, spec) or unfit(v, letter, spec)
end

---@param v any
---@param letter string the verb
---@param spec FormatSpec
---@return string
function M.text(v, letter, spec)
  local k = kind(v)
  if k == "null" or k == "missing" then
    if letter == "v" or letter == "T" then return pad("<nil>", spec, fill_of(spec)) end
    return unfit(v, letter, spec)
  end
  if letter == "T" then return text_of_string(kinds.go_name(v), "s", spec) end
  if letter == "p" or letter == "w" then return unfit(v, letter, spec) end
  return by_kind[k](v, letter, spec) or unfit(v, letter, spec)
end

return M
