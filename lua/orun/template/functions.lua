-- The functions of the template language: the fixed set of Go's text/template. Each gets its arguments as a list with a count and
-- returns a value, or raises `fault(message)`. A missing value is `missing`; null is `value.null`.
local format = require "orun.template.format"
local printable = require "orun.template.printable"
local value = require "host.value"

local M = {}

local kind, null = value.kind, value.null

-- "No value": what a missing key gives. It prints as <no value> and is false.
local missing = setmetatable({}, { __name = "missing", __tostring = function() return "<no value>" end })
M.missing = missing

local function fault(message, ...) error({ fault = message:format(...) }, 0) end
M.fault = fault

local function absent(v) return v == missing or v == null end

---@param v any
---@return boolean
function M.truth(v)
  if v == missing or v == null or v == false or v == "" then return false end
  if type(v) == "number" then return v ~= 0 end
  if type(v) == "table" then return next(v) ~= nil end
  return true
end
local truth = M.truth

-- What a value is called in messages.
local function type_name(v)
  if absent(v) then return "nil" end
  return format.type_name(v)
end

-- ---- comparison ---------------------------------------------------------------------------------

local basic = { boolean = "bool", integer = "int", uint64 = "uint", float = "float", string = "string" }

local function class(v) return not absent(v) and basic[kind(v)] or nil end

local function equal(a, b)
  local ka, kb = class(a), class(b)
  if ka ~= kb then
    -- An integer never equals an unsigned one here: those stand only for what an integer cannot hold.
    if (ka == "int" and kb == "uint") or (ka == "uint" and kb == "int") then return false end
    if not absent(a) and not absent(b) then fault("incompatible types for comparison: %s and %s", type_name(a), type_name(b)) end
    return false
  end
  if ka then return a == b end
  if absent(a) or absent(b) then return absent(a) == absent(b) end
  if kind(a) ~= kind(b) then fault("non-comparable types %s and %s", type_name(a), type_name(b)) end
  if kind(a) == "time" then return a == b end
  fault("non-comparable type %s", type_name(a))
end

local function less(a, b)
  local ka, kb = class(a), class(b)
  if not ka then fault("invalid type for comparison: %s", type_name(a)) end
  if not kb then fault("invalid type for comparison: %s", type_name(b)) end
  if ka ~= kb then
    if ka == "int" and kb == "uint" then return true end
    if ka == "uint" and kb == "int" then return false end
    fault("incompatible types for comparison: %s and %s", type_name(a), type_name(b))
  end
  if ka == "bool" then fault("invalid type for comparison: bool") end
  return a < b
end

-- ---- collections --------------------------------------------------------------------------------

local function position(index, length)
  if absent(index) then fault("cannot index slice/array with nil") end
  local k = kind(index)
  if k == "uint64" then fault("index out of range: %s", tostring(index)) end
  if k ~= "integer" then fault("cannot index slice/array with type %s", type_name(index)) end
  if index < 0 or index > length then fault("index out of range: %d", index) end
  return index
end

local function at(item, index)
  if item == null then fault("index of nil pointer") end
  local k = kind(item)
  if k == "list" or k == "string" then
    local i = position(index, #item)
    if i == #item then fault("index out of range: %d", i) end
    if k == "string" then return item:byte(i + 1) end
    return item[i + 1]
  elseif k == "map" and item ~= missing then
    if absent(index) then fault("value is nil; should be of type string") end
    if type(index) ~= "string" then fault("value has type %s; should be string", type_name(index)) end
    local v = item[index]
    if v == nil then return null end
    return v
  end
  fault("can't index item of type %s", type_name(item))
end

-- ---- escaping -----------------------------------------------------------------------------------

-- The text that an escaper works on: its arguments printed, an absent one as <no value>.
local function printed(arguments, n)
  local shown = {}
  for i = 1, n do
    local v = arguments[i]
    if absent(v) then shown[i] = "<no value>" else shown[i] = v end
  end
  return format.print(shown, n)
end

local html = { ["\0"] = "\u{fffd}", ['"'] = "&#34;", ["'"] = "&#39;", ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;" }

local js = { ["\\"] = "\\\\", ["'"] = "\\'", ['"'] = '\\"', ["<"] = "\\u003C", [">"] = "\\u003E", ["&"] = "\\u0026", ["="] = "\\u003D" }

local function js_escape(text)
  text = text:gsub("[\\'\"<>&=%c]", function(c)
    if c == "\127" then return nil end
    return js[c] or ("\\u%04X"):format(c:byte())
  end)
  return (text:gsub("[\194-\244][\128-\191]+", function(c)
    local ok, code = pcall(utf8.codepoint, c)
    if not ok or printable.is(code) then return nil end
    return ("\\u%04X"):format(code)
  end))
end

-- ---- the table ----------------------------------------------------------------------------------

---@class TemplateFunction
---@field least integer fewest arguments
---@field most? integer nil: any number
---@field text? integer the argument that must be a string
---@field run fun(arguments: any[], n: integer): any

---@type table<string, TemplateFunction>
local functions = {
  ["not"] = { least = 1, most = 1, run = function(a) return not truth(a[1]) end },
  len = { least = 1, most = 1, run = function(a)
    local v = a[1]
    if v == null then fault("len of nil pointer") end
    local k = v ~= missing and kind(v)
    if k == "string" or k == "list" then return #v end
    if k == "map" then
      local n = 0
      for _ in next, v do n = n + 1 end
      return n
    end
    fault("len of type %s", type_name(v))
  end },
  index = { least = 1, run = function(a, n)
    local item = a[1]
    if absent(item) then fault("index of untyped nil") end
    for i = 2, n do item = at(item, a[i]) end
    return item
  end },
  slice = { least = 1, run = function(a, n)
    local item = a[1]
    if absent(item) then fault("slice of untyped nil") end
    if n > 4 then fault("too many slice indexes: %d", n - 1) end
    local k = kind(item)
    if k ~= "string" and k ~= "list" then fault("can't slice item of type %s", type_name(item)) end
    if k == "string" and n == 4 then fault("cannot 3-index slice a string") end
    local bounds = { 0, #item, #item }
    for i = 2, n do bounds[i - 1] = position(a[i], #item) end
    if bounds[1] > bounds[2] then fault("invalid slice index: %d > %d", bounds[1], bounds[2]) end
    if n == 4 and bounds[2] > bounds[3] then fault("invalid slice index: %d > %d", bounds[2], bounds[3]) end
    if k == "string" then return item:sub(bounds[1] + 1, bounds[2]) end
    return value.list(table.move(item, bounds[1] + 1, bounds[2], 1, {}))
  end },
  print = { least = 0, run = format.print },
  println = { least = 0, run = format.println },
  printf = { least = 1, text = 1, run = function(a, n)
    return format.printf(a[1], table.move(a, 2, n, 1, {}), n - 1)
  end },
  html = { least = 0, run = function(a, n) return (printed(a, n):gsub("[%z\"'&<>]", html)) end },
  js = { least = 0, run = function(a, n) return js_escape(printed(a, n)) end },
  urlquery = { least = 0, run = function(a, n)
    return (printed(a, n):gsub("[^%w%-_.~]", function(c) return c == " " and "+" or ("%%%02X"):format(c:byte()) end))
  end },
  call = { least = 1, run = function(a)
    if absent(a[1]) then fault("call of nil") end
    fault("non-function of type %s", type_name(a[1]))
  end },
  eq = { least = 1, run = function(a, n)
    if n < 2 then fault("missing argument for comparison") end
    for i = 2, n do
      if equal(a[1], a[i]) then return true end
    end
    return false
  end },
  ne = { least = 2, most = 2, run = function(a) return not equal(a[1], a[2]) end },
  lt = { least = 2, most = 2, run = function(a) return less(a[1], a[2]) end },
  le = { least = 2, most = 2, run = function(a) return less(a[1], a[2]) or equal(a[1], a[2]) end },
  gt = { least = 2, most = 2, run = function(a) return not (less(a[1], a[2]) or equal(a[1], a[2])) end },
  ge = { least = 2, most = 2, run = function(a) return not less(a[1], a[2]) end },
  -- Evaluated by the evaluator, which stops at the deciding argument.
  ["and"] = { least = 1 },
  ["or"] = { least = 1 },
}

---@param name string
---@return boolean
function M.exists(name) return functions[name] ~= nil end

---@param name string
---@return TemplateFunction
function M.get(name) return functions[name] end

return M
