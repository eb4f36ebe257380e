-- Printing as Go's fmt does: print, println and printf over the value model.
local value = require "host.value"
local sorted = require "orun.util.sorted"

local M = {}

local kind = value.kind

-- ---- numbers ------------------------------------------------------------------------------------

-- Shortest digits that read back as the same float, and the decimal exponent of the first one.
local function shortest(x)
  for precision = 0, 17 do
    local text = ("%%.%de"):format(precision):format(x)
    if tonumber(text) == x then
      local digits, exponent = text:match("^%-?([%d.]+)e([+-]%d+)$")
      return digits:gsub("%.", ""), tonumber(exponent)
    end
  end
end

local function exponent_text(e, letter)
  return ("%s%s%02d"):format(letter, e < 0 and "-" or "+", math.abs(e))
end

local function is_negative(x) return x < 0 or (x == 0 and 1 / x < 0) end

-- Digits with a decimal point behind the first `exponent + 1` of them.
local function placed(digits, exponent)
  if exponent < 0 then return "0." .. ("0"):rep(-exponent - 1) .. digits end
  if #digits <= exponent + 1 then return digits .. ("0"):rep(exponent + 1 - #digits) end
  return digits:sub(1, exponent + 1) .. "." .. digits:sub(exponent + 2)
end

local function scientific(digits, exponent)
  return digits:sub(1, 1) .. (#digits > 1 and "." .. digits:sub(2) or "") .. exponent_text(exponent, "e")
end

-- Shortest form of a magnitude: with exponent below 1e-4 and from 1e6.
local function general(x)
  local digits, exponent = shortest(x)
  if exponent < -4 or exponent >= 6 then return scientific(digits, exponent) end
  return placed(digits, exponent)
end

---@param x number
---@return string
function M.float(x)
  if x ~= x then return "NaN" end
  if x == math.huge then return "+Inf" end
  if x == -math.huge then return "-Inf" end
  return (is_negative(x) and "-" or "") .. general(math.abs(x))
end

-- Digits of an unsigned number in base 2, 8 or 16.
local function base_digits(n, base, upper)
  if n == 0 then return "0" end
  local digits = {}
  local alphabet = upper and "0123456789ABCDEF" or "0123456789abcdef"
  local shift = base == 16 and 4 or base == 8 and 3 or 1
  while n ~= 0 do
    local d = n & (base - 1)
    digits[#digits + 1] = alphabet:sub(d + 1, d + 1)
    n = n >> shift
  end
  return table.concat(digits):reverse()
end

-- Magnitude and sign of an integer or Uint64.
local function integer_parts(v)
  if kind(v) == "uint64" then
    local text = tostring(v)
    local high, low = math.tointeger(tonumber(text:sub(1, -2))), tonumber(text:sub(-1))
    return high * 10 + low, false, text
  end
  if v < 0 then return -v, true, (("%d"):format(v):gsub("^%-", "")) end
  return v, false, ("%d"):format(v)
end

-- ---- the plain form (%v) ------------------------------------------------------------------------

local plain

local function plain_list(list, show)
  local parts = {}
  for i = 1, #list do parts[i] = show(list[i]) end
  return "[" .. table.concat(parts, " ") .. "]"
end

local function plain_map(map, show)
  local parts = {}
  for k, v in sorted.pairs(map) do parts[#parts + 1] = k .. ":" .. show(v) end
  return "map[" .. table.concat(parts, " ") .. "]"
end

---`%v` of any value; null (and absence) is `<nil>`.
---@param v any
---@return string
function plain(v)
  local t = type(v)
  if t == "string" then return v end
  if t == "boolean" then return tostring(v) end
  if t == "number" then return math.type(v) == "integer" and ("%d"):format(v) or M.float(v) end
  local k = kind(v)
  if k == "list" then return plain_list(v, plain) end
  if k == "map" then return plain_map(v, plain) end
  if k == "uint64" then return tostring(v) end
  if k == "time" then return v:text() end
  return "<nil>"
end
M.plain = plain

---Sprint: blanks between operands when neither is a string.
---@param arguments any[]
---@param n integer
---@return string
function M.print(arguments, n)
  local parts, before = {}, true
  for i = 1, n do
    local v = arguments[i]
    local text = type(v) == "string"
    if i > 1 and not text and not before then parts[#parts + 1] = " " end
    parts[#parts + 1] = plain(v)
    before = text
  end
  return table.concat(parts)
end

---Sprintln: blanks between all operands, newline at the end.
---@param arguments any[]
---@param n integer
---@return string
function M.println(arguments, n)
  local parts = {}
  for i = 1, n do parts[i] = plain(arguments[i]) end
  return table.concat(parts, " ") .. "\n"
end

-- ---- quoting ------------------------------------------------------------------------------------

local printable = require "orun.template.printable"

local named = { ["\a"] = "\\a", ["\b"] = "\\b", ["\f"] = "\\f", ["\n"] = "\\n", ["\r"] = "\\r", ["\t"] = "\\t", ["\v"] = "\\v" }

local function quote_rune(code, quote, ascii)
  local text = utf8.char(code)
  if text == quote or text == "\\" then return "\\" .. text end
  if code < 128 then
    if named[text] then return named[text] end
    if code >= 32 and code < 127 then return text end
    return ("\\x%02x"):format(code)
  end
  if not ascii and printable.is(code) then return text end
  if code < 0x10000 then return ("\\u%04x"):format(code) end
  return ("\\U%08x"):format(code)
end

---strconv.Quote.
---@param s string
---@param ascii? boolean
---@return string
function M.quote(s, ascii)
  local parts, at = {}, 1
  while at <= #s do
    local ok, code = pcall(utf8.codepoint, s, at)
    if ok then
      parts[#parts + 1] = quote_rune(code, '"', ascii)
      at = at + #utf8.char(code)
    else
      parts[#parts + 1] = ("\\x%02x"):format(s:byte(at))
      at = at + 1
    end
  end
  return '"' .. table.concat(parts) .. '"'
end

local function can_backquote(s)
  if not utf8.len(s) then return false end
  for _, code in utf8.codes(s) do
    if code == 0xfeff or code == 0x60 or code == 0x7f or (code < 32 and code ~= 9) then return false end
  end
  return true
end

-- ---- printf -------------------------------------------------------------------------------------

local function pad(text, f, zero)
  if not f.width then return text end
  local length = utf8.len(text) or #text
  if length >= f.width then return text end
  local fill = f.width - length
  if f.minus then return text .. (" "):rep(fill) end
  if zero and f.zero then return ("0"):rep(fill) .. text end
  return (" "):rep(fill) .. text
end

local function format_integer(v, f, base, verb)
  local magnitude, negative, decimal = integer_parts(v)
  local digits = base == 10 and decimal or base_digits(magnitude, base, verb == "X")
  local precision = f.precision
  if precision then
    if precision == 0 and magnitude == 0 then return pad("", { width = f.width, minus = f.minus }) end
    digits = ("0"):rep(precision - #digits) .. digits
  elseif f.zero and f.width and not f.minus then
    local room = f.width - ((negative or f.plus or f.space) and 1 or 0)
    digits = ("0"):rep(room - #digits) .. digits
  end
  if f.sharp then
    if base == 2 then digits = "0b" .. digits end
    if base == 8 and digits:sub(1, 1) ~= "0" then digits = "0" .. digits end
    if base == 16 then digits = "0" .. (verb == "X" and "X" or "x") .. digits end
  end
  if verb == "O" then digits = "0o" .. digits end
  local sign = negative and "-" or f.plus and "+" or f.space and " " or ""
  return pad(sign .. digits, { width = f.width, minus = f.minus })
end

local function format_unicode(v, f)
  local magnitude = integer_parts(v)
  local text = base_digits(magnitude, 16, true)
  local wanted = math.max(f.precision or 4, 4)
  text = "U+" .. ("0"):rep(wanted - #text) .. text
  if f.sharp and magnitude >= 0 and magnitude <= 0x10ffff and printable.is(magnitude) then
    text = text .. " '" .. utf8.char(magnitude) .. "'"
  end
  return pad(text, { width = f.width, minus = f.minus })
end

local function rune(v)
  local magnitude, negative = integer_parts(v)
  if negative or magnitude > 0x10ffff or magnitude < 0 or (magnitude >= 0xd800 and magnitude <= 0xdfff) then return 0xfffd end
  return magnitude
end

local function format_hex_float(x, f, verb)
  local text
  if f.precision then
    text = ("%." .. f.precision .. "a"):format(math.abs(x))
  else
    text = ("%a"):format(math.abs(x))
  end
  local mantissa, sign, digits = text:match("^(.-)p([+-])(%d+)$")
  text = ("%sp%s%02d"):format(mantissa, sign, tonumber(digits))
  return verb == "X" and text:upper() or text
end

-- %g with a precision; trailing zeros are kept only by #.
local function general_with_precision(x, precision, sharp)
  if precision == 0 then precision = 1 end
  local text = ("%%.%de"):format(precision - 1):format(x)
  local exponent = tonumber(text:match("e([+-]%d+)$"))
  local digits = text:match("^([%d.]+)"):gsub("%.", "")
  local short = digits:gsub("0+$", "")
  if short == "" then short = "0" end
  local limit = precision
  if limit > #short and #short >= exponent + 1 then limit = #short end
  if not sharp then digits = short end
  if exponent < -4 or exponent >= limit then
    local out = scientific(digits, exponent)
    return sharp and #digits == 1 and out:gsub("e", ".e") or out
  end
  local out = placed(digits, exponent)
  return sharp and not out:find(".", 1, true) and out .. "." or out
end

local function fix_exponent(text)
  return (text:gsub("([eE])([+-])(%d)$", "%1%20%3"))
end

local function float_digits(magnitude, x, f, verb)
  local low = verb:lower()
  if low == "e" then
    local text = fix_exponent(("%%.%de"):format(f.precision or 6):format(magnitude))
    return f.sharp and f.precision == 0 and text:gsub("e", ".e", 1) or text
  elseif low == "f" then
    local text = ("%%.%df"):format(f.precision or 6):format(magnitude)
    return f.sharp and f.precision == 0 and text .. "." or text
  elseif low == "x" then
    return format_hex_float(x, f, "x")
  elseif f.precision then
    return general_with_precision(magnitude, f.precision, f.sharp)
  elseif f.sharp then
    return general_with_precision(magnitude, 6, true)
  end
  return general(magnitude)
end

local function format_float(x, f, verb)
  local sign = is_negative(x) and "-" or f.plus and "+" or f.space and " " or ""
  if x - x ~= 0 then
    local text = x ~= x and "NaN" or "Inf"
    if x ~= x then sign = f.plus and "+" or f.space and " " or "" end
    if x == math.huge and sign == "" then sign = "+" end
    return pad(sign .. text, { width = f.width, minus = f.minus })
  end
  local text = float_digits(math.abs(x), x, f, verb)
  if verb:find("%u") and verb ~= "F" then text = text:upper() end
  if f.zero and f.width and not f.minus then return sign .. ("0"):rep(f.width - #text - #sign) .. text end
  return pad(sign .. text, { width = f.width, minus = f.minus })
end

local function cut(s, f)
  if not f.precision then return s end
  local at = utf8.offset(s, f.precision + 1)
  return at and s:sub(1, at - 1) or s
end

local function hex_string(s, f, verb)
  local shape = verb == "X" and "%02X" or "%02x"
  local n = f.precision and math.min(f.precision, #s) or #s
  local parts = {}
  for i = 1, n do parts[i] = shape:format(s:byte(i)) end
  local prefix = f.sharp and (verb == "X" and "0X" or "0x") or ""
  if n == 0 then return pad("", f, true) end
  if f.space then
    for i = 1, n do parts[i] = prefix .. parts[i] end
    return pad(table.concat(parts, " "), f, true)
  end
  return pad(prefix .. table.concat(parts), f, true)
end

local type_names = { ["nil"] = "<nil>", null = "<nil>", boolean = "bool", integer = "int", float = "float64", string = "string",
  list = "[]interface {}", map = "map[string]interface {}", uint64 = "uint64", time = "time.Time" }

---`%T`.
---@param v any
---@return string
function M.type_name(v) return type_names[kind(v)] or kind(v) end

local format_value

local function bad_verb(verb, v)
  local k = kind(v)
  if k == "null" or k == "nil" then return "%!" .. verb .. "(<nil>)" end
  return "%!" .. verb .. "(" .. M.type_name(v) .. "=" .. plain(v) .. ")"
end

local syntax = {}

-- %#v
local function go_syntax(v, f)
  local k = kind(v)
  local show = syntax[k]
  return show and show(v, f) or "interface {}(nil)"
end

syntax.string = function(v) return M.quote(v) end
syntax.boolean = function(v, f) return pad(tostring(v), f) end
syntax.integer = function(v, f)
  return format_integer(v, { width = f.width, minus = f.minus, zero = f.zero, plus = f.plus, precision = f.precision }, 10, "d")
end
syntax.uint64 = function(v, f)
  return format_integer(v, { width = f.width, minus = f.minus, zero = f.zero, precision = f.precision, sharp = true }, 16, "x")
end
syntax.float = function(v, f) return format_float(v, f, "v") end
syntax.list = function(v, f)
  local parts = {}
  for i = 1, #v do parts[i] = go_syntax(v[i], f) end
  return "[]interface {}{" .. table.concat(parts, ", ") .. "}"
end
syntax.map = function(v, f)
  local parts = {}
  for name, item in sorted.pairs(v) do parts[#parts + 1] = M.quote(name) .. ":" .. go_syntax(item, f) end
  return "map[string]interface {}{" .. table.concat(parts, ", ") .. "}"
end
syntax.time = function(v) return v:text() end

local verbs_of = {}

function verbs_of.boolean(v, f, verb)
  if verb == "t" or verb == "v" then return pad(tostring(v), f, true) end
  return bad_verb(verb, v)
end

local bases = { d = 10, b = 2, o = 8, O = 8, x = 16, X = 16 }

function verbs_of.integer(v, f, verb)
  if verb == "v" then
    return format_integer(v, f, 10, "d")
  elseif bases[verb] then
    return format_integer(v, f, bases[verb], verb)
  elseif verb == "c" then
    return pad(utf8.char(rune(v)), f, true)
  elseif verb == "q" then
    return pad("'" .. quote_rune(rune(v), "'", f.plus) .. "'", f, true)
  elseif verb == "U" then
    return format_unicode(v, f)
  end
  return bad_verb(verb, v)
end
verbs_of.uint64 = verbs_of.integer

local float_verbs = { v = true, e = true, E = true, f = true, F = true, g = true, G = true, x = true, X = true }

-- %b: the mantissa as an integer and a power of two.
local function binary_float(x)
  local mantissa, exponent = 0, -1074
  if x ~= 0 then
    local lead, fraction, power = ("%a"):format(math.abs(x)):match("^0x(%x)%.?(%x*)p([+-]%d+)$")
    mantissa = tonumber(lead .. fraction .. ("0"):rep(13 - #fraction), 16)
    if lead ~= "0" then
      exponent = tonumber(power) - 52
      while mantissa < 1 << 52 do mantissa, exponent = mantissa << 1, exponent - 1 end
    end
  end
  return ("%s%dp%s%d"):format(is_negative(x) and "-" or "", mantissa, exponent < 0 and "-" or "+", math.abs(exponent))
end

function verbs_of.float(v, f, verb)
  if float_verbs[verb] then return format_float(v, f, verb) end
  if verb == "b" then return pad(binary_float(v), { width = f.width, minus = f.minus, zero = f.zero }, true) end
  return bad_verb(verb, v)
end

function verbs_of.string(v, f, verb)
  if verb == "v" or verb == "s" then return pad(cut(v, f), f, true) end
  if verb == "x" or verb == "X" then return hex_string(v, f, verb) end
  if verb == "q" then
    local s = cut(v, f)
    if f.sharp and can_backquote(s) then return pad("`" .. s .. "`", f, true) end
    return pad(M.quote(s, f.plus), f, true)
  end
  return bad_verb(verb, v)
end

function verbs_of.list(v, f, verb)
  return plain_list(v, function(item) return format_value(item, f, verb, true) end)
end

function verbs_of.map(v, f, verb)
  local parts = {}
  for name, item in sorted.pairs(v) do
    parts[#parts + 1] = format_value(name, f, verb, true) .. ":" .. format_value(item, f, verb, true)
  end
  return "map[" .. table.concat(parts, " ") .. "]"
end

function verbs_of.time(v, f, verb)
  if verb == "v" or verb == "s" then return pad(v:text(), f, true) end
  return verbs_of.string(v:text(), f, verb)
end

function format_value(v, f, verb, nested)
  local k = kind(v)
  if verb == "T" and not nested then return verbs_of.string(M.type_name(v), f, "s") end
  if verb == "p" then return bad_verb(verb, v) end
  if k == "null" or k == "nil" then
    if verb == "v" then
      if f.sharp_v and nested then return "interface {}(nil)" end
      return pad("<nil>", f, true)
    end
    if nested then return pad("<nil>", f, true) end
    return bad_verb(verb, v)
  end
  if verb == "v" and f.sharp_v then return go_syntax(v, f) end
  local format = verbs_of[k]
  return format and format(v, f, verb) or bad_verb(verb, v)
end

-- One run of printf: the arguments, which of them comes next, and whether any was named by its number.
local Printf = {}
Printf.__index = Printf

local function read_number(text, at)
  local digits = text:match("^%d+", at)
  if not digits then return nil, at end
  local n = tonumber(digits)
  if n > 1000000 then return nil, at + #digits, true end
  return n, at + #digits
end

-- `[n]` before a verb or a star; moves the argument pointer.
function Printf:index(text, at)
  if text:sub(at, at) ~= "[" then return at end
  self.reordered = true
  local close = text:find("]", at, true)
  if not close then
    self.bad_index = true
    return at + 1
  end
  local digits = text:match("^%[(%d+)%]", at)
  local n = digits and tonumber(digits)
  if not n or n < 1 or n > self.n then
    self.bad_index = true
    return close + 1
  end
  self.next = n
  self.after_index = true
  return close + 1
end

function Printf:star()
  local v = self.arguments[self.next]
  local fine = self.next <= self.n and math.type(v) == "integer" and v >= -1000000 and v <= 1000000
  if self.next <= self.n then self.next = self.next + 1 end
  return fine and v or nil
end

local flag_names = { ["+"] = "plus", ["-"] = "minus", ["#"] = "sharp", ["0"] = "zero", [" "] = "space" }

function Printf:directive(text, at)
  local f, out = {}, self.out
  self.bad_index, self.after_index = false, false
  while flag_names[text:sub(at, at)] do
    local name = flag_names[text:sub(at, at)]
    if name == "zero" then f.zero = true else f[name] = true end
    at = at + 1
  end
  at = self:index(text, at)
  if text:sub(at, at) == "*" then
    at = at + 1
    f.width = self:star()
    if not f.width then out[#out + 1] = "%!(BADWIDTH)" end
    if f.width and f.width < 0 then f.width, f.minus = -f.width, true end
    self.after_index = false
  else
    local n, after = read_number(text, at)
    if after > at and self.after_index then self.bad_index = true end
    f.width, at = n, after
  end
  if text:sub(at, at) == "." then
    at = at + 1
    if self.after_index then self.bad_index = true end
    at = self:index(text, at)
    if text:sub(at, at) == "*" then
      at = at + 1
      f.precision = self:star()
      if f.precision and f.precision < 0 then f.precision = nil end
      if f.precision == nil then out[#out + 1] = "%!(BADPREC)" end
      self.after_index = false
    else
      local n, after, large = read_number(text, at)
      f.precision = n or (not large and 0 or nil)
      at = after
    end
  end
  if not self.after_index then at = self:index(text, at) end
  if f.minus then f.zero = false end
  return f, at
end

function Printf:verb(f, verb)
  local out = self.out
  if verb == "%" then
    out[#out + 1] = "%"
  elseif self.bad_index then
    out[#out + 1] = "%!" .. verb .. "(BADINDEX)"
  elseif self.next > self.n then
    out[#out + 1] = "%!" .. verb .. "(BADARG)"
    out[#out] = "%!" .. verb .. "(MISSING)"
  else
    local v = self.arguments[self.next]
    self.next = self.next + 1
    if verb == "v" and f.sharp then f.sharp, f.sharp_v = false, true end
    if verb == "v" and f.plus then f.plus, f.plus_v = false, true end
    if verb == "w" then
      out[#out + 1] = bad_verb(verb, v)
    else
      out[#out + 1] = format_value(v, f, verb)
    end
  end
end

---Sprintf.
---@param text string
---@param arguments any[]
---@param n integer
---@return string
function M.printf(text, arguments, n)
  local self = setmetatable({ arguments = arguments, n = n, next = 1, out = {}, reordered = false }, Printf)
  local at, out = 1, self.out
  while at <= #text do
    local percent = text:find("%", at, true)
    if not percent then
      out[#out + 1] = text:sub(at)
      break
    end
    out[#out + 1] = text:sub(at, percent - 1)
    local f
    f, at = self:directive(text, percent + 1)
    if at > #text then
      out[#out + 1] = "%!(NOVERB)"
      break
    end
    local verb = text:match("^[%z\1-\127\194-\244][\128-\191]*", at) or text:sub(at, at)
    self:verb(f, verb)
    at = at + #verb
  end
  if not self.reordered and self.next <= n then
    local extra = {}
    for i = self.next, n do
      local v = arguments[i]
      local k = kind(v)
      extra[#extra + 1] = (k == "null" or k == "nil") and "<nil>" or M.type_name(v) .. "=" .. plain(v)
    end
    out[#out + 1] = "%!(EXTRA " .. table.concat(extra, ", ") .. ")"
  end
  return table.concat(out)
end

return M
