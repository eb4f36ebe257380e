-- Composition packages: resolves the sources of an intent and loads everything they export.
local decode = require "orun.intent.decode"
local export = require "orun.composition.export"
local folder = require "orun.composition.folder"
local fs = require "host.fs"
local limits = require "orun.composition.limits"
local lock = require "orun.composition.lock"
local package = require "orun.composition.package"
local path = require "orun.util.path"
local place = require "orun.intent.place"
local registry = require "orun.composition.registry"
local sorted = require "orun.util.sorted"
local sources = require "orun.composition.source"
local value = require "host.value"

local M = {}

-- The name under which the stack that comes with the program appears among the sources.
M.shipped = "orun"

local function problem(report, at, kind, message, hint)
  report:error(place.mark(at, { kind = kind, message = message, hint = hint }))
end

---Loads what a source exports into the registry.
local function load_source(source, found, target, context)
  context.directory, context.at = found.directory, place.of(source.place, "path")
  local owner = package.read(context)
  if not owner then return target:doubt(source.name) end
  target.packages[source.name] = owner
  if context.faulty then target:doubt(source.name) end
  local names = {}
  for _, item in ipairs(owner.exports) do
    names[#names + 1] = item.name
    local before = #context.report.errors
    local composition = export(context, owner, item)
    if composition and #context.report.errors > before then composition.flawed = true end
    if composition then target:add(composition) else target:doubt(source.name) end
  end
  table.sort(names)
  target.sources[#target.sources + 1] = {
    name = source.name, kind = source.kind, ref = source.ref, path = source.path, resolvedDigest = found.digest,
    exports = value.list(names),
  }
end

---@param text string
local function load_folder(text, target, locked, options)
  local before = #options.report.errors
  local loaded = folder.load(text, options)
  local flawed = #options.report.errors > before or nil
  if not loaded or not sources.agrees_with_lock(loaded.record, loaded.record.resolvedDigest, locked, options.report) then
    return target:doubt(folder.source)
  end
  target.sources[#target.sources + 1] = loaded.record
  for name, composition in sorted.pairs(loaded.compositions) do
    target.compositions[composition.key], composition.flawed = composition, flawed
    if not target.exporters[name] then target:select(name, composition) end
  end
end

local function report_nothing(intent, report)
  problem(report, place.of(intent.place, "compositions"), "composition.none-declared",
    "the intent declares no compositions and no config directory was given",
    "list a source under compositions.sources, or pass --config-dir")
end

---A context in which the content of one source is read.
local function context_of(name, found, report, tally, display)
  local shown = display
  if found.shown then
    -- Inside an archive: its name, then that of the file in it. Where it was unpacked to is nobody's concern.
    local head = #found.directory + 2
    shown = function(file) return path.join(display(found.shown), file:sub(head)) end
  end
  return setmetatable({ source = name, report = report, tally = tally, display = shown }, package.Context)
end

---The stack that comes with the program, as a source.
---@return table?
local function shipped_source()
  local directory = path.join(require("host.system").paths().share, "compositions")
  if not fs.exists(path.join(directory, "stack.yaml")) then return nil end
  return { name = M.shipped, kind = "builtin" }
end

local function load_sources(declared, root, locked, target, tally, options)
  local report, display = target.report, options.display
  for _, source in ipairs(declared) do
    local resolve = sources.check(source, target.declared, report)
    source.name = package.trim(source.name)
    if source.name ~= "" then target:declare(source.name) end
    local found = resolve and sources.locate(source, resolve, root, locked, report)
    if found then
      local context = context_of(source.name, found, report, tally, display)
      context.limits = options.limits
      load_source(source, found, target, context)
    else
      target:doubt(source.name)
    end
  end
end

---The entries of the lock file and for whom they count. A damaged file matters where it would.
local function lock_rule(declared, root, report, options)
  local enforced = options.locked and "all" or options.lock == "renew" and "none" or "pinned"
  if enforced == "none" then return { entries = {}, enforced = enforced } end
  local file = lock.path(root)
  local entries, message = lock.read(file)
  if entries then return { entries = entries, enforced = enforced } end
  local needed = options.locked
  for _, source in ipairs(declared) do needed = needed or lock.pinned[source.kind] end
  if needed then
    report:error {
      kind = "composition.lock-unreadable", file = options.display and options.display(file) or file,
      message = "cannot read the composition lock: " .. message,
      hint = "restore the file, or write a new one with orun compositions lock",
    }
  end
  return { entries = {}, enforced = needed and "none" or enforced }
end

---@class CompositionOptions
---@field config_dir? string
---@field cwd? string what config_dir is relative to
---@field display? fun(path: string): string how files are named in messages
---@field lock? true|"renew" true: missing entries of the lock file are written; "renew": the present ones do not count
---@field locked? boolean every source must be as the lock file says; it is not written

---Reads the manifests of some sources, without the compositions that they export.
---@param intent table decoded intent
---@param root string the intent's directory
---@param wanted table<string, any> by name of the source
---@param report table collector
---@param display fun(path: string): string
---@return table<string, CompositionPackage> by source
function M.packages(intent, root, wanted, report, display)
  local tally, names, packages, declared = decode.tally(), {}, {}, intent.compositions.sources
  local locked = lock_rule(declared, root, report, { display = display })
  for _, source in ipairs(declared) do
    local name = package.trim(source.name)
    local resolve = wanted[name] and sources.check(source, names, report)
    local found = resolve and sources.locate(source, resolve, root, locked, report)
    if found then
      local context = context_of(name, found, report, tally, display)
      context.directory, context.at = found.directory, place.of(source.place, "path")
      packages[name] = package.read(context)
    end
    names[#names + 1] = name ~= "" and name or nil
  end
  return packages
end

---Loads the compositions of an intent. Everything that is wrong is reported; the registry holds what could be used.
---@param intent {compositions?: {sources?: table[], resolution?: table}, place?: Place} decoded intent
---@param root string the intent's directory
---@param report table collector
---@param options? CompositionOptions
---@return Registry
function M.load(intent, root, report, options)
  options = options or {}
  local display = options.display or function(file) return file end
  local tally, target = decode.tally(), registry.new(report)
  local compositions = intent.compositions or {}
  local declared, config_dir = compositions.sources or {}, options.config_dir or ""
  local shipped = #declared == 0 and config_dir == "" and shipped_source()
  if shipped then declared = { shipped } end
  local locked = lock_rule(declared, root, report, options)
  target.limits = limits(compositions.limits, report)
  load_sources(declared, root, locked, target, tally, { display = display, limits = target.limits })
  target:resolve(compositions.resolution or {}, compositions.place)
  if config_dir ~= "" then
    load_folder(config_dir, target, locked, { cwd = options.cwd or fs.cwd(), report = report, tally = tally, display = display })
  elseif #target.declared == 0 and next(target.unusable) == nil then
    report_nothing(intent, report)
    target:doubt(folder.source)
  end
  tally:warn(report)
  if options.lock == true and not options.locked then M.write_lock(target, root, report) end
  return target
end

---Adds missing entries to the lock file; a failure is only a warning.
---@param loaded Registry
---@param root string
---@param report table
function M.write_lock(loaded, root, report)
  if next(loaded.unusable) then return end
  local ok, message = lock.write(root, loaded.sources)
  if not ok then report:warn { kind = "composition.lock", message = "cannot write the composition lock: " .. message } end
end

return M
