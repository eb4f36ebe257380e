-- Sources of kind `dir`: a directory beside the intent, read in place.
local condition = require "orun.util.condition"
local digest = require "orun.composition.digest"
local fs = require "host.fs"
local path = require "orun.util.path"
local place = require "orun.intent.place"

local function problem(kind, message, at, hint)
  return nil, { kind = kind, message = message, hint = hint, at = at }
end

---@param source table entry of compositions.sources
---@param root string the intent's directory
---@return LocatedSource?
---@return SourceProblem?
return function(source, root)
  local text = (source.path or ""):match("^%s*(.-)%s*$")
  if text == "" then return problem("composition.source-path", "a dir source needs a path", source.place) end
  local at, directory = place.of(source.place, "path"), path.resolve(root, text)
  local stat, message = fs.stat(directory, { follow = false })
  if not stat then
    return problem("composition.source-missing", ("cannot read the directory %s: %s"):format(text, condition.reason(message)), at)
  end
  if stat.type == "link" then
    return problem("composition.symlink", ("%s is a symbolic link; a package holds none"):format(text), at,
      "name the directory it leads to")
  end
  if stat.type ~= "directory" then return problem("composition.source-missing", ("%s is not a directory"):format(text), at) end
  local found, err, errno = digest.directory(directory)
  if not found then
    local hint = errno == "ELOOP" and "a package holds no symbolic links: copy the file instead" or nil
    return problem(errno == "ELOOP" and "composition.symlink" or "composition.unreadable", err, at, hint)
  end
  return { directory = directory, digest = found }
end
