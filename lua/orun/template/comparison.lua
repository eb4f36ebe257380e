-- eq, ne, lt, le, gt, ge. Each returns the answer, or nil and what is wrong.
local kinds = require "orun.template.kind"

local M = {}

local kind, word = kinds.of, kinds.word

-- Values of one class compare. Signed and unsigned integers do with each other, too.
local classes = { boolean = "boolean", integer = "integer", byte = "integer", uint64 = "integer", float = "float", string = "string" }

local function class(v) return classes[kind(v)] end

local function incomparable(a, b) return nil, ("%s cannot be compared with %s"):format(word(a), word(b)) end

local function is_absent(v)
  local k = kind(v)
  return k == "missing" or k == "null"
end

-- A byte as the integer it is; the other integers as they are.
local function plain(v) return kind(v) == "byte" and v.number or v end

-- Two integers of any kind. One that needs 64 bits without sign is larger than all others.
local function same_integer(a, b)
  a, b = plain(a), plain(b)
  return math.type(a) == math.type(b) and a == b
end

local function lesser_integer(a, b)
  a, b = plain(a), plain(b)
  if math.type(a) == math.type(b) then return a < b end
  return math.type(a) == "integer"
end

local function same(a, b)
  local class_a, class_b = class(a), class(b)
  if class_a and class_a == class_b then
    if class_a == "integer" then return same_integer(a, b) end
    return a == b
  end
  if is_absent(a) or is_absent(b) then return is_absent(a) and is_absent(b) end
  if kind(a) == "time" and kind(b) == "time" then return a == b end
  return incomparable(a, b)
end

local function lesser(a, b)
  local class_a, class_b = class(a), class(b)
  if not class_a or class_a ~= class_b or class_a == "boolean" then
    return nil, ("%s and %s have no order"):format(word(a), word(b))
  end
  if class_a == "integer" then return lesser_integer(a, b) end
  return a < b
end

---@return boolean?, string?
function M.eq(a, ...)
  local n = select("#", ...)
  if n == 0 then return nil, "nothing to compare with" end
  for i = 1, n do
    local answer, problem = same(a, (select(i, ...)))
    if answer or problem then return answer, problem end
  end
  return false
end

---@return boolean?, string?
function M.ne(a, b)
  local answer, problem = same(a, b)
  if problem then return nil, problem end
  return not answer
end

M.lt = lesser

---@return boolean?, string?
function M.le(a, b)
  local answer, problem = lesser(a, b)
  if answer or problem then return answer, problem end
  return same(a, b)
end

---@return boolean?, string?
function M.gt(a, b)
  local answer, problem = M.le(a, b)
  if problem then return nil, problem end
  return not answer
end

---@return boolean?, string?
function M.ge(a, b)
  local answer, problem = lesser(a, b)
  if problem then return nil, problem end
  return not answer
end

return M
