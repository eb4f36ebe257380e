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

-- Kinds whose content is not in the work tree.
local pinned = { oci = true, archive = true }

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

---@param source SourceRecord
---@param locked? SourceRecord
local function entry(source, locked)
  local keep = locked and pinned[source.kind] and locked.kind == source.kind and locked.ref == present(source.ref)
    and locked.path == present(source.path)
  local from = keep and locked or source
  local exports = from.exports
  return entry_shape {
    name = source.name, kind = source.kind, ref = present(source.ref), path = present(source.path), resolvedDigest = from.resolvedDigest,
    exports = type(exports) == "table" and #exports > 0 and value.list(exports) or nil,
  }
end

---The text of a lock file.
---@param sources SourceRecord[]
---@param locked? table<string, SourceRecord> entries of the present file
---@return string
function M.encode(sources, locked)
  local list = value.list {}
  for i, source in ipairs(sources) do list[i] = entry(source, locked and locked[source.name]) end
  return yaml.encode(document_shape { apiVersion = M.api_version, kind = M.kind, sources = list })
end

---Writes the lock file when its content changes.
---@param root string the intent's directory
---@param sources SourceRecord[]
---@return true?
---@return string? message
function M.write(root, sources)
  local file = M.path(root)
  local locked, message = M.read(file)
  if not locked then return nil, message end
  local text = M.encode(sources, locked)
  if fs.read(file) == text then return true end
  local ok, err = fs.mkdir(path.dirname(file))
  if ok then ok, err = fs.write(file, text) end
  if not ok then return nil, err end
  return true
end

return M
