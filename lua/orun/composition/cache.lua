-- Unpacked packages under the digest of what they were unpacked from, shared by all platforms of a user.
--
-- `<digest>/` holds a package, `<digest>.tree` the digest of its files: what was damaged later, or cut short, is found out and
-- unpacked again. Several processes may fill one entry at a time; the file comes first and is the same whoever writes it.
local fs = require "host.fs"
local hash = require "host.hash"

local M = {}

---Where the cache is.
---@return string?
function M.directory()
  local home = os.getenv "ORUN_HOME"
  if not home or home == "" then
    home = os.getenv "HOME"
    home = home and home ~= "" and home .. "/.orun" or nil
  end
  return home and home .. "/cache/compositions"
end

---Whether a directory holds what was once unpacked into it.
local function is_whole(target)
  local wanted = fs.read(target .. ".tree")
  return wanted ~= nil and hash.sha256_tree(target) == wanted
end

---Puts a filled directory in its place. What is in the way is the same (somebody was quicker), or damaged and replaced.
local function install(filled, target)
  local ok, message
  for _ = 1, 4 do
    ok, message = fs.rename(filled, target)
    if ok or is_whole(target) then
      fs.remove_tree(filled)
      return true
    end
    local aside = fs.temporary(target .. "-tmp-")
    if not aside then break end
    fs.rename(target, aside .. "/damaged")
    fs.remove_tree(aside)
  end
  fs.remove_tree(filled)
  return nil, message
end

local function fill(target, unpack)
  local filled, message = fs.temporary(target .. "-tmp-")
  if not filled then return nil, { kind = "composition.cache", message = "cannot write to the cache: " .. message } end
  local ok, err = unpack(filled)
  if not ok then
    fs.remove_tree(filled)
    return nil, err
  end
  local tree
  tree, message = hash.sha256_tree(filled)
  ok = tree ~= nil
  if ok then ok, message = fs.write(target .. ".tree", tree, { sync = false }) end
  if ok then
    ok, message = install(filled, target)
  else
    fs.remove_tree(filled)
  end
  if not ok then return nil, { kind = "composition.cache", message = "cannot write to the cache: " .. tostring(message) } end
  return target
end

---The directory of a package, unpacked unless it is there already.
---@param digest string `sha256:` + 64 hex digits
---@param unpack fun(directory: string): true?, SourceProblem?
---@return string? directory
---@return SourceProblem?
function M.provide(digest, unpack)
  local base = M.directory()
  if not base then
    return nil, {
      kind = "composition.cache", message = "there is no place for the cache", hint = "set HOME, or ORUN_HOME to a directory of your own",
    }
  end
  local target = base .. "/" .. digest:match("%x+$")
  if is_whole(target) then return target end
  local ok, message = fs.mkdir(base)
  if not ok then return nil, { kind = "composition.cache", message = "cannot make the cache: " .. message } end
  return fill(target, unpack)
end

return M
