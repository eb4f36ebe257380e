-- Component manifests below the discovery roots.
local condition = require "orun.util.condition"
local decode = require "orun.intent.decode"
local document = require "orun.intent.document"
local fs = require "host.fs"
local path = require "orun.util.path"
local place = require "orun.intent.place"
local sorted = require "orun.util.sorted"

local M = {}

local skipped = { ".git", ".orun", "node_modules" }
local names = { "component.yaml", "component.yml" }

---Trims, cleans, deduplicates and sorts discovery roots; none, or only blank ones, mean the intent's directory.
---@param roots? string[]
---@return string[]
function M.roots(roots)
  local seen = {}
  for _, root in ipairs(roots or {}) do
    local text = root:match("^%s*(.-)%s*$")
    if text ~= "" then seen[path.clean(text)] = true end
  end
  local list = sorted.keys(seen)
  return #list > 0 and list or { "." }
end

local function is_skipped(name)
  for _, skip in ipairs(skipped) do
    if name == skip then return true end
  end
  return false
end

---The place of a root in the intent, for messages.
local function root_place(intent, root)
  for i, text in ipairs(intent.discovery and intent.discovery.roots or {}) do
    if path.clean((text:match("^%s*(.-)%s*$"))) == root then return place.of(intent.place, "discovery", "roots", i) end
  end
  return intent.place
end

local function check_root(directory, root, at, report)
  local stat, message = fs.stat(directory)
  if not stat then
    local hint = path.is_absolute(root) and "a root is always looked up below the intent's directory, an absolute one too" or nil
    report:error(place.mark(at, {
      kind = "intent.discovery-root", hint = hint,
      message = ("cannot access discovery root %s: %s"):format(root, condition.reason(message)),
    }))
    return false
  end
  if stat.type ~= "directory" then
    report:error(place.mark(at, {
      kind = "intent.discovery-root", message = ("discovery root %s is not a directory"):format(root),
    }))
    return false
  end
  if root ~= "." and is_skipped(path.basename(root)) then
    report:warn(place.mark(at, {
      kind = "intent.discovery-skipped",
      message = ("discovery root %s is never searched: directories of that name are left out"):format(root),
    }))
    return false
  end
  return true
end

---@class ManifestFile
---@field path string relative to the intent's directory
---@field size? integer
---@field mtime? integer
---@field mtime_ns? integer
---@field link boolean

---Manifests below the roots, sorted bytewise by path.
---@param directory string the intent's directory
---@param roots string[] from M.roots
---@param intent table decoded intent
---@param report table
---@return ManifestFile[]
function M.find(directory, roots, intent, report)
  local found = {}
  for _, root in ipairs(roots) do
    local at, absolute = root_place(intent, root), path.join(directory, root)
    if check_root(absolute, root, at, report) then
      -- The walk does not follow links; a root that is one is followed here.
      local entries, message = fs.walk(fs.realpath(absolute) or absolute, { skip = skipped, names = names, stat = true })
      if not entries then
        report:error(place.mark(at, {
          kind = "intent.discovery-root", message = ("cannot search discovery root %s: %s"):format(root, condition.reason(message)),
        }))
      end
      for _, entry in ipairs(entries or {}) do
        local file = path.join(root, entry.path)
        if entry.type == "file" or entry.type == "link" then
          found[file] = {
            path = file, size = entry.size, mtime = entry.mtime, mtime_ns = entry.mtime_ns, link = entry.type == "link",
          }
        end
      end
    end
  end
  local list = {}
  for _, file in sorted.pairs(found) do list[#list + 1] = file end
  return list
end

-- A link may lead to a device or a pipe, which could be read forever.
---@return string? bytes
---@return string? reason
local function read_bytes(absolute, link)
  local stat = link and fs.stat(absolute)
  if stat and stat.type ~= "file" then return nil, "the link leads to a " .. stat.type end
  local bytes, message = fs.read(absolute, decode.limit)
  return bytes, message and condition.reason(message)
end

---Reads one manifest into a component of the intent's shape.
---@param directory string
---@param file ManifestFile
---@param display fun(path: string): string name for messages
---@param report table
---@param tally Tally
---@return table? component `flawed` when there is a mistake in it (reported); nil when not even its name is known
function M.read(directory, file, display, report, tally)
  local absolute = path.join(directory, file.path)
  local shown = display(absolute)
  local bytes, reason = read_bytes(absolute, file.link)
  if not bytes then
    report:error { kind = "intent.manifest-unreadable", message = ("cannot read %s: %s"):format(shown, reason), file = shown }
    return nil
  end
  local yaml = decode.read(bytes, shown, report)
  if not yaml then return nil end
  local before = #report.errors
  local manifest = decode.object(yaml, yaml:root(), document.manifest, report, tally)
  local flawed = #report.errors > before
  if flawed and ((manifest.kind or "") == "" or not (manifest.metadata and manifest.metadata.name)) then return nil end
  if manifest.kind ~= "Component" then
    local said = manifest.kind and manifest.kind ~= "" and (', not "%s"'):format(manifest.kind) or ""
    report:error(place.mark(place.of(manifest.place, "kind"), {
      kind = "intent.manifest-kind", message = ("%s must have kind Component%s"):format(shown, said),
    }))
    return nil
  end
  local name = manifest.metadata and manifest.metadata.name or ""
  if name == "" then
    report:error(place.mark(place.of(manifest.place, "metadata", "name"), {
      kind = "intent.manifest-name", message = ("%s must have a metadata.name"):format(shown),
    }))
    return nil
  end
  local component = manifest.spec or { place = manifest.place }
  component.flawed = flawed or nil
  component.name, component.name_place = name, place.of(manifest.place, "metadata", "name")
  component.source, component.sourcePath, component.file = "discovered", file.path, file
  if (component.path or "") == "" then
    local home = path.dirname(file.path)
    component.path = home == "." and "./" or home
  end
  return component
end

return M
