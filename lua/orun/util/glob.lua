-- Patterns of paths: `*` and `?` stay within a segment, `**` is any number of segments, `[a-z]` and `[!a-z]` are sets of characters,
-- everything else stands for itself. A pattern that names a directory covers all below it.
local M = {}

---@class Glob
---@field prefix string   the directory or file that everything covered lies in; "" when that is the root
---@field segments string[] Lua patterns; "**" for any number of segments
local Glob = {}
Glob.__index = Glob

local function set(text)
  local negated = text:match("^[!^]")
  local body = text:gsub("^[!^]", ""):gsub("[%%%]%[]", "%%%0"):gsub("^%^", "%%^")
  return (negated and "[^/" or "[") .. body .. "]"
end

local function segment_pattern(segment)
  if segment == "**" then return segment end
  local parts, position = {}, 1
  while position <= #segment do
    local c = segment:sub(position, position)
    local last = c == "[" and segment:find("]", position + 2, true)
    if last then
      parts[#parts + 1] = set(segment:sub(position + 1, last - 1))
      position = last
    elseif c == "*" then
      parts[#parts + 1] = ".*"
    elseif c == "?" then
      parts[#parts + 1] = "[^\x80-\xBF][\x80-\xBF]*"
    else
      parts[#parts + 1] = c:gsub("[%p]", "%%%0")
    end
    position = position + 1
  end
  return "^" .. table.concat(parts) .. "$"
end

---@param pattern string a cleaned relative path
---@return Glob
function M.new(pattern)
  local segments, fixed, open = {}, {}, false
  for segment in pattern:gmatch("[^/]+") do
    open = open or segment:find("[*?[]") ~= nil
    if segment ~= "." then
      if not open then fixed[#fixed + 1] = segment end
      segments[#segments + 1] = segment_pattern(segment)
    end
  end
  return setmetatable({ prefix = table.concat(fixed, "/"), segments = segments }, Glob)
end

local function split(path)
  local parts = {}
  for part in path:gmatch("[^/]+") do parts[#parts + 1] = part end
  return parts
end

-- Whether segments from `i` on can take parts from `j` on. `partial`: it is enough when more parts could follow.
local function fits(segments, parts, i, j, partial)
  while i <= #segments do
    if segments[i] == "**" then
      if partial then return true end
      for next_part = j, #parts + 1 do
        if fits(segments, parts, i + 1, next_part, false) then return true end
      end
      return false
    end
    if j > #parts then return partial end
    if not parts[j]:find(segments[i]) then return false end
    i, j = i + 1, j + 1
  end
  return true -- what is left of the path lies below what the pattern names
end

---@param path string relative
---@return boolean
function Glob:covers(path)
  return fits(self.segments, split(path), 1, 1, false)
end

---Whether the pattern covers a path or may cover something below it.
---@param path string relative
---@return boolean
function Glob:reaches(path)
  return fits(self.segments, split(path), 1, 1, true)
end

return M
