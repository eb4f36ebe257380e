-- Sources of kind `archive`: a tar.gz file beside the intent, unpacked into the cache.
local cache = require "orun.composition.cache"
local condition = require "orun.util.condition"
local fs = require "host.fs"
local hash = require "host.hash"
local path = require "orun.util.path"
local place = require "orun.intent.place"

-- A package is text; what is larger than this was not meant to be one.
local limits = { entries = 50000, bytes = 512 * 1024 * 1024 }

local function problem(kind, message, at, hint)
  return nil, { kind = kind, message = message, hint = hint, at = at }
end

---@param source table entry of compositions.sources
---@param root string the intent's directory
---@return LocatedSource?
---@return SourceProblem?
return function(source, root)
  local text = (source.path or ""):match("^%s*(.-)%s*$")
  if text == "" then return problem("composition.source-path", "an archive source needs a path", source.place) end
  local at, file = place.of(source.place, "path"), path.resolve(root, text)
  local bytes, message = fs.read(file, limits.bytes)
  if not bytes then
    return problem("composition.source-missing", ("cannot read the archive %s: %s"):format(text, condition.reason(message)), at)
  end
  local digest = "sha256:" .. hash.sha256(bytes)
  local function unpack(directory)
    local done, reason = require("host.archive").extract(bytes, directory, limits)
    if done then return true end
    return problem("composition.archive", ("%s: %s"):format(text, reason), at, "make archives with orun pack")
  end
  return { digest = digest, shown = file, fetch = function() return cache.provide(digest, unpack) end }
end
