-- `.orun/compositions.lock.yaml`: which content every source had. Entries of `oci` and `archive` sources are kept as they are until
-- somebody asks for new ones; entries of directories follow the directories.
local fs = require "host.fs"
local path = require "orun.util.path"
local value = require "host.value"
local yaml = require "host.yaml"

local M = {}

M.api_version = "sourceplane.io/v1alpha1"
M.kind = "CompositionLock"

local document_shape = value.shape { "apiVersion", "kind", "sources" }
local entry_shape = value.shape { "name", "kind", "ref", "path", "resolvedDigest", "exports" }

-- Kinds whose content is not in the work tree, so that it changes only when somebody asks for it.
M.pinned = { oci = true, archive = true }

---What loading holds sources against.
---@class LockRule
---@field entries table<string, SourceRecord> of the lock file
---@field enforced "none"|"pinned"|"all" for which kinds of sources they count

---@param root string the intent's directory
---@return string
function M.path(root)
  return path.join(root, ".orun/compositions.lock.yaml")
end

---@param file string
---@return table<string, SourceRecord>? entries by source name; empty when there is no file
---@return string? message when there is one that cannot be read
function M.read(file)
  local bytes, message, errno = fs.read(file)
  if not bytes then
    if errno == "ENOENT" then return {} end
    return nil, message
  end
  local tree, err = yaml.read(bytes, file)
  local document = tree and tree:value(tree:root())
  if not tree then return nil, err and err.message end
  local entries = {}
  local list = type(document) == "table" and document.sources
  for _, entry in ipairs(type(list) == "table" and list or {}) do
    if type(entry) == "table" and type(entry.name) == "string" then entries[entry.name] = entry end
  end
  return entries
end

local function present(text)
  if text ~= "" then return text end
end

---The entry of a source. One that was written for another kind or place says nothing about this source.
---@param entries table<string, SourceRecord>
---@param source {name: string, kind: string, ref?: string, path?: string}
---@return SourceRecord?
function M.find(entries, source)
  local found = entries[source.name]
  if found and found.kind == source.kind and found.ref == present(source.ref) and found.path == present(source.path) then return found end
end

---@param source SourceRecord
---@param locked table<string, SourceRecord>
local function entry(source, locked)
  local from = M.pinned[source.kind] and M.find(locked, source) or source
  local exports = from.exports
  return entry_shape {
    name = source.name, kind = source.kind, ref = present(source.ref), path = present(source.path), resolvedDigest = from.resolvedDigest,
    exports = type(exports) == "table" and #exports > 0 and value.list(exports) or nil,
  }
end

---The text of a lock file.
---@param sources SourceRecord[]
---@param locked table<string, SourceRecord> entries of the present file; those of pinned kinds stay
---@return string
function M.encode(sources, locked)
  local list = value.list {}
  for i, source in ipairs(sources) do list[i] = entry(source, locked) end
  return yaml.encode(document_shape { apiVersion = M.api_version, kind = M.kind, sources = list })
end

---Writes the lock file when its content changes.
---@param root string the intent's directory
---@param sources SourceRecord[]
---@param renew? boolean change every entry to what the sources hold now
---@return true?
---@return string? message
function M.write(root, sources, renew)
  local file = M.path(root)
  local locked, message = {}, nil
  if not renew then locked, message = M.read(file) end
  if not locked then return nil, message end
  local text = M.encode(sources, locked)
  if fs.read(file) == text then return true end
  local ok, err = fs.mkdir(path.dirname(file))
  if ok then ok, err = fs.write(file, text) end
  if not ok then return nil, err end
  return true
end

return M
