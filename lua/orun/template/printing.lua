-- The plain form of values (`%v` in Go), and print and println.
local kinds = require "orun.template.kind"
local number = require "orun.template.number"
local sorted = require "orun.util.sorted"

local M = {}

local kind, float = kinds.of, number.float

---A value as an action prints it; what is missing or null is `<nil>`.
---@param v any
---@return string
local function plain(v)
  local k = kind(v)
  if k == "string" then return v end
  if k == "integer" then return ("%d"):format(v) end
  if k == "float" then return float(v) end
  if k == "boolean" or k == "uint64" then return tostring(v) end
  if k == "byte" then return ("%d"):format(v.number) end
  if k == "time" then return v:text() end
  local parts = {}
  if k == "list" then
    for i = 1, #v do parts[i] = plain(v[i]) end
    return "[" .. table.concat(parts, " ") .. "]"
  elseif k == "map" then
    for name, item in sorted.pairs(v) do parts[#parts + 1] = name .. ":" .. plain(item) end
    return "map[" .. table.concat(parts, " ") .. "]"
  end
  return "<nil>"
end
M.plain = plain

---Whether a value is printed with a `<nil>`.
---@param v any
---@return boolean
local function has_hole(v)
  local k = kind(v)
  if k == "list" then
    for i = 1, #v do
      if has_hole(v[i]) then return true end
    end
    return false
  elseif k == "map" then
    for _, item in sorted.pairs(v) do
      if has_hole(item) then return true end
    end
    return false
  end
  return k == "null" or k == "missing"
end
M.has_hole = has_hole

---All values, with a blank between two that are no strings.
---@return string
function M.print(...)
  if select("#", ...) == 1 then return plain((...)) end
  local parts, after_string = {}, true
  for i = 1, select("#", ...) do
    local v = select(i, ...)
    local is_string = type(v) == "string"
    if not is_string and not after_string then parts[#parts + 1] = " " end
    parts[#parts + 1] = plain(v)
    after_string = is_string
  end
  return table.concat(parts)
end

---All values with blanks between them and a newline at the end.
---@return string
function M.println(...)
  local parts = {}
  for i = 1, select("#", ...) do parts[i] = plain((select(i, ...))) end
  return table.concat(parts, " ") .. "\n"
end

return M
