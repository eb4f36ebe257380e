-- A composition package: a directory with `stack.yaml` or `orun.yaml` at its root, and what it exports.
local condition = require "orun.util.condition"
local decode = require "orun.intent.decode"
local document = require "orun.composition.document"
local fs = require "host.fs"
local module = require "orun.composition.module"
local path = require "orun.util.path"
local place = require "orun.intent.place"
local sandbox = require "orun.sandbox"

local M = {}

---@class CompositionExport
---@field name string the component type it serves
---@field path string of the document, relative to the package's root
---@field place? Place of the entry in the manifest; nil when it was discovered

---@class CompositionPackage
---@field source string    name of the source
---@field directory string absolute root
---@field manifest string  manifest file as shown in messages
---@field name string
---@field description? string
---@field version? string
---@field exports CompositionExport[]
---@field display fun(path: string): string names its files in messages
---@field sandbox Sandbox of its Lua files, made when something in one is called
---@field presets {name: string, path?: string, place: Place}[] without path: it leaves the package, which was reported

---The context of one package's loading.
---@class PackageContext
---@field source string
---@field directory string
---@field report table
---@field tally Tally
---@field display fun(path: string): string
---@field at? Place where the intent names the package
---@field faulty? boolean something was reported
---@field limits? SandboxLimits of its Lua files
local Context = {}
Context.__index = Context
M.Context = Context

---Reports a problem of this package; every message names its source.
---@param at? Place
---@param kind string
---@param message string
---@param hint? string
function Context:problem(at, kind, message, hint)
  self.faulty = true
  self.report:error(place.mark(at, { kind = kind, hint = hint, message = ('source "%s": %s'):format(self.source, message) }))
end

function Context:warning(at, kind, message, hint)
  self.report:warn(place.mark(at, { kind = kind, hint = hint, message = ('source "%s": %s'):format(self.source, message) }))
end

---Whether a path written in a package stays inside it.
---@param relative string cleaned
---@return boolean
function M.is_inside(relative)
  return not path.is_absolute(relative) and relative ~= ".." and relative:sub(1, 3) ~= "../"
end

local absent = { ENOENT = true, ENOTDIR = true }

---Reads and decodes a file of the package. Nil when it is missing (nothing reported), unreadable or malformed (reported).
---@param file string relative
---@param record DecodeType
---@return table? decoded
---@return boolean exists
function Context:read(file, record)
  local absolute = path.join(self.directory, file)
  local stat, message, errno = fs.stat(absolute)
  if not stat and absent[errno] then return nil, false end
  local bytes
  if stat and stat.type ~= "file" then
    message = "it is a " .. stat.type
  elseif stat then
    bytes, message = fs.read(absolute)
  end
  if not bytes then
    local shown = self.display(absolute)
    self:problem({ file = shown }, "composition.unreadable", ("cannot read %s: %s"):format(shown, condition.reason(message)))
    return nil, true
  end
  local yaml = decode.read(bytes, self.display(absolute), self.report)
  if not yaml then return nil, true end
  local before = #self.report.errors
  local decoded = decode.object(yaml, yaml:root(), record, self.report, self.tally)
  -- What a document with values of wrong forms lacks, it may well have.
  return #self.report.errors == before and decoded or nil, true
end

local function trim(text)
  return (text or ""):match("^%s*(.-)%s*$")
end
M.trim = trim

-- Exports named by a manifest -----------------------------------------------------------------------------------------------

local function inside(context, file, at)
  local cleaned = path.clean(file)
  if M.is_inside(cleaned) then return cleaned end
  context:problem(at, "composition.path-leaves-package", ("the path %s leads out of the package"):format(file),
    "keep every file of a package below its root")
end

---Exports of `spec.compositions` of a stack: named after the directory that holds the file; a Lua file is named after itself.
local function stack_exports(context, list)
  local exports = {}
  for _, item in ipairs(list) do
    local file = trim(item.path)
    local at = place.of(item.place, "path")
    local cleaned = file ~= "" and inside(context, file, at)
    if file == "" then
      context:problem(item.place, "composition.export-path", "an entry of spec.compositions has no path")
    elseif cleaned and module.is_module(cleaned) and module.name_of(cleaned) then
      exports[#exports + 1] = { name = module.name_of(cleaned), path = cleaned, place = at }
    elseif cleaned and not cleaned:find("/", 1, true) then
      context:problem(at, "composition.export-path", ("the path %s has no directory that could name the composition"):format(file),
        "write compositions/<name>/compositions.yaml")
    elseif cleaned then
      exports[#exports + 1] = { name = path.basename(path.dirname(cleaned)), path = cleaned, place = at }
    end
  end
  return exports
end

local function package_exports(context, list)
  local exports = {}
  for _, item in ipairs(list) do
    local name, file = trim(item.composition), trim(item.path)
    if name == "" then
      context:problem(item.place, "composition.export-name", "an export has no composition name")
    elseif file == "" then
      context:problem(item.place, "composition.export-path", ('the export "%s" has no path'):format(name))
    else
      local cleaned = inside(context, file, place.of(item.place, "path"))
      if cleaned then exports[#exports + 1] = { name = name, path = cleaned, place = place.of(item.place, "composition") } end
    end
  end
  return exports
end

---The type that a file found in a package stands for.
local function name_of(file)
  if not file:find("/", 1, true) then return nil end
  if module.is_module(file) then return module.name_of(file) end
  return path.basename(path.dirname(file))
end

---The Lua files of the directory `compositions`; those of its folders are found by their names.
local function single_modules(context)
  local found = {}
  for _, name in ipairs(fs.list(path.join(context.directory, "compositions")) or {}) do
    if name:find("%.lua$") and name ~= "composition.lua" then
      found[#found + 1] = { path = "compositions/" .. name, type = fs.stat(path.join(context.directory, "compositions", name)).type }
    end
  end
  return found
end

---Every `composition.yaml`, `compositions.yaml` or `composition.lua` below the root, named after its directory, and the Lua files of
---`compositions/`.
local function discover(context)
  local found, message = fs.walk(context.directory, {
    names = { "composition.yaml", "compositions.yaml", "composition.lua" }, skip = { ".git", ".orun" },
  })
  if not found then
    context:problem(nil, "composition.unreadable", "cannot search the package: " .. message)
    return nil
  end
  for _, item in ipairs(single_modules(context)) do found[#found + 1] = item end
  local exports = {}
  for _, item in ipairs(found) do
    local name = item.type == "file" and name_of(item.path)
    if name then exports[#exports + 1] = { name = name, path = item.path } end
  end
  table.sort(exports, function(a, b)
    if a.name ~= b.name then return a.name < b.name end
    return a.path < b.path
  end)
  return exports
end

local function drop_duplicates(context, exports)
  local seen, kept = {}, {}
  for _, export in ipairs(exports) do
    local former = seen[export.name]
    if former then
      local at = export.place or { file = context.display(path.join(context.directory, export.path)), line = 1, column = 1 }
      context:problem(at, "composition.duplicate", ('duplicate composition "%s": %s and %s'):format(export.name, former.path, export.path),
        "a package offers one composition of a name")
    else
      seen[export.name] = export
      kept[#kept + 1] = export
    end
  end
  return kept
end

-- Manifests -------------------------------------------------------------------------------------------------------------------

---Wrong kinds make everything else in a file meaningless, so they are reported alone.
local function check_kind(context, manifest, file, kind)
  if manifest.kind == kind then return true end
  local found = (manifest.kind or "") ~= "" and ("found " .. manifest.kind) or "found none"
  context:problem(place.of(manifest.place, "kind"), "composition.manifest-kind", ("%s must have kind: %s, %s"):format(file, kind, found),
    ("write kind: %s at the top of the file"):format(kind))
  return false
end

local function read_stack(context, manifest)
  if not check_kind(context, manifest, "stack.yaml", "Stack") then return nil end
  local spec = manifest.spec or {}
  local listed = spec.compositions and #spec.compositions > 0
  local exports = listed and stack_exports(context, spec.compositions) or not listed and discover(context)
  if exports and not listed and #exports == 0 then
    context:problem(place.of(manifest.place, "spec"), "composition.none", "the package exports no composition",
      "put compositions into compositions/<name>/composition.yaml or compositions/<name>.lua")
  end
  return exports, spec.intentPresets or {}
end

local function read_package(context, manifest)
  if not check_kind(context, manifest, "orun.yaml", "CompositionPackage") then return nil end
  local spec = manifest.spec or {}
  local list = spec.exports or {}
  if #list == 0 then context:problem(place.of(manifest.place, "spec"), "composition.none", "orun.yaml lists no spec.exports") end
  if (spec.dependencies and #spec.dependencies > 0) or (spec.orun and (spec.orun.minVersion or "") ~= "") then
    context:warning(place.of(manifest.place, "spec"), "composition.no-effect", "spec.orun.minVersion and spec.dependencies have no effect")
  end
  return package_exports(context, list), {}
end

local function presets_of(context, list)
  local presets = {}
  for _, item in ipairs(list) do
    local name, file = trim(item.name), trim(item.path)
    if name == "" or file == "" then
      context:problem(item.place, "composition.preset", "an intent preset needs name and path")
    else
      presets[#presets + 1] = { name = name, path = inside(context, file, place.of(item.place, "path")), place = item.place }
    end
  end
  return presets
end

---Reads the manifest at a package's root. Problems go to the report of the context.
---@param context PackageContext
---@return CompositionPackage? package nil when nothing of it can be used
function M.read(context)
  local file, reader = "stack.yaml", read_stack
  local manifest, exists = context:read(file, document.stack)
  if not exists then
    file, reader = "orun.yaml", read_package
    manifest, exists = context:read(file, document.package)
  end
  if not exists then
    context:problem(context.at, "composition.manifest-missing", ("failed to read package manifest: %s has neither stack.yaml nor orun.yaml")
      :format(context.display(context.directory)))
  end
  if not manifest then return nil end
  local exports, presets = reader(context, manifest)
  if not exports then return nil end
  local metadata = manifest.metadata or {}
  local name = trim(metadata.name)
  if name == "" then
    context:problem(place.of(manifest.place, "metadata"), "composition.manifest-name", ("%s needs metadata.name"):format(file))
  end
  return {
    source = context.source, directory = context.directory, display = context.display, manifest = manifest.place.file, name = name,
    sandbox = sandbox.open {
      directory = context.directory, name = name, limits = context.limits, display = context.display,
      flaw = function(text) return require("orun.composition.rendering").flaw(text) end,
    },
    description = metadata.description, version = metadata.version or (manifest.spec or {}).version,
    exports = drop_duplicates(context, exports), presets = presets_of(context, presets),
  }
end

return M
