-- The assertions of JSON Schema, one function per keyword: keyword(argument, schema, compiler) returns a check
-- `function(value, run) -> boolean`, or nil when the argument asks for nothing. A failing check has told `run:fail`.
local equality = require "orun.schema.equality"
local sorted = require "orun.util.sorted"
local value = require "host.value"

local M = {}

local is_list, kind = value.is_list, value.kind
local LIST = getmetatable(value.list())

local function is_map(v) return type(v) == "table" and getmetatable(v) ~= LIST end

local function number_of(v)
  if type(v) == "number" then return v end
  if kind(v) == "uint64" then return tonumber(tostring(v)) + 0.0 end
  return nil
end

local function length_of(s) return utf8.len(s) or #s end

local function show(v)
  if type(v) == "string" then return ("%q"):format(v):gsub("\\\n", "\\n") end
  if v == value.null then return "null" end
  if type(v) == "table" then return is_list(v) and "a list" or "an object" end
  return tostring(v)
end
M.show = show

local types = {
  null = function(v) return v == value.null end,
  boolean = function(v) return type(v) == "boolean" end,
  integer = function(v)
    return math.type(v) == "integer" or (type(v) == "number" and v - v == 0 and v == math.floor(v)) or kind(v) == "uint64"
  end,
  number = function(v) return number_of(v) ~= nil end,
  string = function(v) return type(v) == "string" or kind(v) == "time" end,
  array = is_list,
  object = is_map,
}

local function type_name(v)
  local k = kind(v)
  local names = { map = "object", list = "array", float = "number", uint64 = "integer", time = "string" }
  return names[k] or k
end

function M.type(argument)
  if type(argument) == "string" then
    local is = types[argument]
    if not is then return nil end
    return function(v, run) return is(v) or run:fail("type", "expected %s, but got %s", argument, type_name(v)) end
  end
  return function(v, run)
    for _, name in ipairs(argument) do
      if types[name] and types[name](v) then return true end
    end
    return run:fail("type", "expected %s, but got %s", table.concat(argument, " or "), type_name(v))
  end
end

function M.enum(argument)
  local scalars, shown = {}, {}
  for i, option in ipairs(argument) do
    if type(option) ~= "table" then scalars[option] = true end
    shown[i] = show(option)
  end
  return function(v, run)
    if scalars[v] then return true end
    for _, option in ipairs(argument) do
      if equality.equal(v, option) then return true end
    end
    return run:fail("enum", "value must be one of %s", table.concat(shown, ", "))
  end
end

function M.const(argument)
  return function(v, run) return equality.equal(v, argument) or run:fail("const", "value must be %s", show(argument)) end
end

local function comparison(name, sign, holds)
  M[name] = function(argument)
    local limit = number_of(argument)
    if not limit then return nil end
    return function(v, run)
      local n = number_of(v)
      return n == nil or holds(n, limit) or run:fail(name, "must be %s %s but found %s", sign, show(argument), show(v))
    end
  end
end
comparison("maximum", "<=", function(a, b) return a <= b end)
comparison("minimum", ">=", function(a, b) return a >= b end)
comparison("exclusiveMaximum", "<", function(a, b) return a < b end)
comparison("exclusiveMinimum", ">", function(a, b) return a > b end)

local function is_multiple(n, of)
  if math.type(n) == "integer" and math.type(of) == "integer" then return n % of == 0 end
  local quotient = n / of
  if quotient - quotient ~= 0 then return false end
  local nearest = quotient >= 0 and math.floor(quotient + 0.5) or math.ceil(quotient - 0.5)
  return math.abs(quotient - nearest) <= 1e-9 * math.max(1, math.abs(quotient)) and math.abs(quotient - nearest) < 1e-6
end

function M.multipleOf(argument)
  local of = number_of(argument)
  if not of or of == 0 then return nil end
  return function(v, run)
    local n = number_of(v)
    return n == nil or is_multiple(n, of) or run:fail("multipleOf", "%s is not a multiple of %s", show(v), show(argument))
  end
end

local function sized(name, applies, size, what, holds, sign)
  M[name] = function(argument)
    local limit = number_of(argument)
    if not limit then return nil end
    return function(v, run)
      if not applies(v) then return true end
      local n = size(v)
      return holds(n, limit) or run:fail(name, "%s must be %s %s, but got %d", what, sign, show(argument), n)
    end
  end
end
local function is_string(v) return type(v) == "string" end
local function at_most(a, b) return a <= b end
local function at_least(a, b) return a >= b end
local function count(t)
  local n = 0
  for _ in next, t do n = n + 1 end
  return n
end
local function items(t) return #t end
sized("maxLength", is_string, length_of, "length", at_most, "<=")
sized("minLength", is_string, length_of, "length", at_least, ">=")
sized("maxItems", is_list, items, "number of items", at_most, "<=")
sized("minItems", is_list, items, "number of items", at_least, ">=")
sized("maxProperties", is_map, count, "number of properties", at_most, "<=")
sized("minProperties", is_map, count, "number of properties", at_least, ">=")

function M.pattern(argument, _, compiler)
  local test = compiler:pattern(argument)
  return function(v, run)
    if type(v) ~= "string" then return true end
    return test(v) or run:fail("pattern", "does not match pattern '%s'", argument)
  end
end

function M.format(argument, _, compiler)
  local check = compiler:format(argument)
  if not check then return nil end
  return function(v, run)
    return type(v) ~= "string" or check(v) or run:fail("format", "'%s' is not valid '%s'", v, argument)
  end
end

function M.uniqueItems(argument)
  if argument ~= true then return nil end
  return function(v, run)
    if not is_list(v) then return true end
    local seen, tables = {}, {}
    for i, item in ipairs(v) do
      if type(item) == "table" then
        for _, j in ipairs(tables) do
          if equality.equal(v[j], item) then return run:fail("uniqueItems", "items at index %d and %d are equal", j - 1, i - 1) end
        end
        tables[#tables + 1] = i
      else
        local key = kind(item) == "uint64" and "u" .. tostring(item) or item
        if seen[key] then return run:fail("uniqueItems", "items at index %d and %d are equal", seen[key] - 1, i - 1) end
        seen[key] = i
      end
    end
    return true
  end
end

function M.required(argument)
  if not is_list(argument) then return nil end
  return function(v, run)
    if not is_map(v) then return true end
    local missing
    for _, name in ipairs(argument) do
      if v[name] == nil then
        missing = missing or {}
        missing[#missing + 1] = name
      end
    end
    return not missing or run:lack("required", "missing properties: '%s'", missing)
  end
end

function M.dependentRequired(argument)
  return function(v, run)
    if not is_map(v) then return true end
    local ok = true
    for name, needs in sorted.pairs(argument) do
      if v[name] ~= nil then
        for _, need in ipairs(needs) do
          if v[need] == nil then ok = run:fail("dependentRequired", "property '%s' is required when '%s' is present", need, name) end
        end
      end
    end
    return ok
  end
end

M.is_map, M.is_list = is_map, is_list
return M
