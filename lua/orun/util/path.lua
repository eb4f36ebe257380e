-- Lexical path arithmetic with `/`; touches no file.
local M = {}

---@param p string
---@return boolean
function M.is_absolute(p)
  return p:byte(1) == 47
end

-- Whether a path is clean for certain, which most are.
local function is_clean(p)
  local first = p:byte(1)
  return first and first ~= 46 and p:byte(-1) ~= 47 and not p:find("//", 1, true) and not p:find("/.", 1, true)
end

---Removes `.`, `..`, doubled and trailing slashes; an empty path becomes ".".
---@param p string
---@return string
function M.clean(p)
  if is_clean(p) then return p end
  local rooted, parts, n = M.is_absolute(p), {}, 0
  for part in p:gmatch("[^/]+") do
    if part == ".." then
      if n > 0 and parts[n] ~= ".." then
        parts[n], n = nil, n - 1
      elseif not rooted then
        n = n + 1
        parts[n] = part
      end
    elseif part ~= "." then
      n = n + 1
      parts[n] = part
    end
  end
  local text = table.concat(parts, "/", 1, n)
  if rooted then return "/" .. text end
  return n > 0 and text or "."
end

---Joins and cleans; empty parts are left out. An absolute later part is appended, not preferred.
---@param ... string
---@return string
function M.join(...)
  local a, b = ...
  if select("#", ...) == 2 and a ~= "" and b ~= "" then return M.clean(a .. "/" .. b) end
  local parts = {}
  for _, part in ipairs { ... } do
    if part ~= "" then parts[#parts + 1] = part end
  end
  return M.clean(table.concat(parts, "/"))
end

---`p` seen from `base`: itself when absolute, else base/p.
---@param base string
---@param p string
---@return string
function M.resolve(base, p)
  if M.is_absolute(p) then return M.clean(p) end
  return M.join(base, p)
end

---@param p string
---@return string
function M.dirname(p)
  local dir = p:match("^(.*)/[^/]*$")
  if not dir then return "." end
  return dir == "" and "/" or dir
end

---@param p string
---@return string
function M.basename(p)
  return p:match("([^/]*)$")
end

---The way from one cleaned absolute directory to another cleaned absolute path; `.` when equal.
---@param from string
---@param to string
---@return string
function M.relative(from, to)
  -- Most often the other path lies below.
  local n = #from
  if n > 1 and to:byte(n + 1) == 47 and to:sub(1, n) == from then return to:sub(n + 2) end
  local a, b = {}, {}
  for part in from:gmatch("[^/]+") do a[#a + 1] = part end
  for part in to:gmatch("[^/]+") do b[#b + 1] = part end
  local same = 0
  while same < #a and same < #b and a[same + 1] == b[same + 1] do same = same + 1 end
  local parts = {}
  for _ = same + 1, #a do parts[#parts + 1] = ".." end
  for i = same + 1, #b do parts[#parts + 1] = b[i] end
  return #parts > 0 and table.concat(parts, "/") or "."
end

---A file as people are told of it: the way from their directory, unless that leads out of it and is longer than the whole path.
---@param from string cleaned absolute directory
---@param file string cleaned absolute path
---@return string
function M.shown(from, file)
  local way = M.relative(from, file)
  return way:sub(1, 2) == ".." and #way > #file and file or way
end

return M
