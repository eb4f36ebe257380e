-- The commit that HEAD means, read from the repository's own files: a run wants to know it before its first job, and loading a git
-- library takes longer than that may last.
local fs = require "host.fs"
local path = require "orun.util.path"

local M = {}

local function is_object(text)
  return text ~= nil and (#text == 40 or #text == 64) and not text:find("[^%x]")
end

local function first_line(file)
  local text = fs.read(file)
  return text and text:match("^%s*([^\r\n]*)")
end

-- The repository's directory, and the one it shares with other work trees.
local function find(directory)
  while true do
    local place = directory .. "/.git"
    local stat = fs.stat(place)
    if stat and stat.type == "directory" then return place, place end
    local elsewhere = stat and (first_line(place) or ""):match("^gitdir: (.+)$")
    if elsewhere then
      local own = path.resolve(directory, elsewhere)
      local common = first_line(own .. "/commondir")
      return own, common and path.resolve(own, common) or own
    end
    local up = directory:match("^(.+)/[^/]+$")
    if not up then return nil end
    directory = up
  end
end

local function packed(common, name)
  for line in (fs.read(common .. "/packed-refs") or ""):gmatch("[^\n]+") do
    local object, ref = line:match("^(%x+) (.+)$")
    if ref == name then return object end
  end
end

-- What a reference leads to; nil when it is not told by plain files.
local function follow(own, common, name)
  for _ = 1, 5 do
    local text = first_line(own .. "/" .. name) or first_line(common .. "/" .. name) or packed(common, name)
    if is_object(text) then return text end
    name = text and text:match("^ref: (.+)$")
    if not name then return nil end
  end
end

-- Other ways to store references are left to the library.
local function ask_library(directory)
  local repository = require("host.git").open(directory)
  if not repository then return nil end
  local revision = repository:head()
  repository:close()
  return revision
end

---@param directory string absolute
---@return string? revision nil outside of a repository and before the first commit
function M.revision(directory)
  local own, common = find(directory)
  if not own then return nil end
  return follow(own, common, "HEAD") or fs.exists(common .. "/reftable") and ask_library(directory) or nil
end

return M
