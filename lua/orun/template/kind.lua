-- Kinds of the values that templates compute with: those of host.value, nil for what is missing, and single bytes of a string.
local value = require "host.value"

local M = {}

local LIST = getmetatable(value.list())
local null = value.null

---What `index` takes out of a string: an unsigned number of its own type.
---@class Byte
---@field number integer
local Byte = { __name = "byte" }

---@param number integer
---@return Byte
function M.byte(number) return setmetatable({ number = number }, Byte) end

---The kind of a value.
---@param v any
---@return "missing"|"null"|"boolean"|"integer"|"float"|"string"|"list"|"map"|"byte"|"uint64"|"time"
function M.of(v)
  local t = type(v)
  if t == "string" or t == "boolean" then return t end
  if t == "number" then return math.type(v) end
  if t == "table" then
    local meta = getmetatable(v)
    return meta == LIST and "list" or meta == Byte and "byte" or "map"
  end
  if v == nil then return "missing" end
  if v == null then return "null" end
  return value.kind(v)
end

---Whether a value has fields.
---@param v any
---@return boolean
function M.is_map(v)
  if type(v) ~= "table" then return false end
  local meta = getmetatable(v)
  return meta ~= LIST and meta ~= Byte
end

local names = { missing = "<nil>", null = "<nil>", boolean = "bool", integer = "int", float = "float64", string = "string",
  list = "[]interface {}", map = "map[string]interface {}", byte = "uint8", uint64 = "uint64", time = "time.Time" }

---The name of a value's type in Go, as `%T` prints it.
---@param v any
---@return string
function M.go_name(v) return names[M.of(v)] end

local words = { missing = "nothing", null = "null", boolean = "a truth value", integer = "an integer", float = "a float",
  string = "a string", list = "a list", map = "a map", byte = "a byte", uint64 = "an unsigned integer", time = "a time" }

---What a value is, for messages.
---@param v any
---@return string
function M.word(v) return words[M.of(v)] end

---Whether a value counts as true.
---@param v any
---@return boolean
function M.truth(v)
  local t = type(v)
  if t == "string" then return v ~= "" end
  if t == "boolean" then return v end
  if t == "number" then return v ~= 0 end
  if t == "table" then
    if getmetatable(v) == Byte then return v.number ~= 0 end
    return next(v) ~= nil
  end
  return v ~= nil and v ~= null
end

return M
