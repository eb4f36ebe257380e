-- Composition packages: resolves the sources of an intent and loads everything they export.
local decode = require "orun.intent.decode"
local export = require "orun.composition.export"
local folder = require "orun.composition.folder"
local fs = require "host.fs"
local lock = require "orun.composition.lock"
local package = require "orun.composition.package"
local place = require "orun.intent.place"
local registry = require "orun.composition.registry"
local sorted = require "orun.util.sorted"
local suggestion = require "orun.util.suggestion"
local value = require "host.value"

local M = {}

-- Kinds that are meant to exist; each one is a file of source/.
local kinds = { "archive", "dir", "oci" }

local function is_known(kind)
  for _, known in ipairs(kinds) do
    if known == kind then return true end
  end
  return false
end

---The resolver of a kind of source: `source/<kind>.lua` returns it.
local function resolver(kind)
  if not kind:find("^%a+$") then return nil end
  local name = "orun.composition.source." .. kind
  if _G.package.searchpath(name, _G.package.path) then return require(name) end
end

local function problem(report, at, kind, message, hint)
  report:error(place.mark(at, { kind = "composition." .. kind, message = message, hint = hint }))
end

---Name and kind of a declared source.
---@return function? resolve
local function check_source(source, declared, report)
  local name, kind = package.trim(source.name), source.kind or ""
  if name == "" then
    problem(report, source.place, "source-name", "a composition source has no name")
    return nil
  end
  for _, former in ipairs(declared) do
    if former == name then
      problem(report, place.of(source.place, "name"), "duplicate-source", ('duplicate composition source "%s"'):format(name))
      return nil
    end
  end
  local resolve = resolver(kind)
  if resolve then return resolve end
  local at = place.of(source.place, "kind")
  if is_known(kind) then
    problem(report, at, "source-unsupported", ('source "%s": sources of kind %s are not supported yet'):format(name, kind))
  else
    problem(report, at, "source-kind", ('source "%s": unknown kind "%s"'):format(name, kind),
      suggestion.hint(kind, kinds) or ("kinds: " .. table.concat(kinds, ", ")))
  end
end

---What a source declares and nothing honours must not look as if it did.
local function warn_unhonoured(source, report)
  if source.verify and source.verify.required then
    report:warn(place.mark(place.of(source.place, "verify"), {
      kind = "composition.unverified",
      message = ('source "%s": verify.required has no effect; signatures are not checked'):format(source.name),
      hint = "pin the content with digest: sha256:...",
    }))
  end
end

---Finds a source's content and checks its pin.
---@return {directory: string, digest: string}?
local function locate(source, resolve, root, report)
  local found, err = resolve(source, root)
  if not found then
    problem(report, err.at or source.place, err.kind, ('source "%s": %s'):format(source.name, err.message), err.hint)
    return nil
  end
  local pin = source.digest or ""
  if pin ~= "" and pin ~= found.digest then
    problem(report, place.of(source.place, "digest"), "digest",
      ('source "%s": digest mismatch: expected %s, found %s'):format(source.name, pin, found.digest),
      "its content changed; look at the change, then write the new digest")
    return nil
  end
  return found
end

---Loads what a source exports into the registry.
local function load_source(source, found, target, context)
  context.directory = found.directory
  local owner = package.read(context)
  if not owner then return target:doubt(source.name) end
  target.packages[source.name] = owner
  local names = {}
  for _, item in ipairs(owner.exports) do
    names[#names + 1] = item.name
    local composition = export(context, owner, item)
    if composition then target:add(composition) else target:doubt(source.name) end
  end
  table.sort(names)
  target.sources[#target.sources + 1] = {
    name = source.name, kind = source.kind, ref = source.ref, path = source.path, resolvedDigest = found.digest,
    exports = value.list(names),
  }
end

---@param text string
local function load_folder(text, target, options)
  local loaded = folder.load(text, options)
  if not loaded then return target:doubt(folder.source) end
  target.sources[#target.sources + 1] = loaded.record
  for name, composition in sorted.pairs(loaded.compositions) do
    target.compositions[composition.key] = composition
    if not target.exporters[name] then target:select(name, composition) end
  end
end

local function report_nothing(intent, report)
  problem(report, place.of(intent.place, "compositions"), "none-declared",
    "the intent declares no compositions and no config directory was given",
    "list a source under compositions.sources, or pass --config-dir")
end

---Loads the compositions of an intent. Everything that is wrong is reported; the registry holds what could be used.
---@param intent {compositions?: {sources?: table[], resolution?: table}, place?: Place} decoded intent
---@param root string the intent's directory
---@param report table collector
---@param options? {config_dir?: string, cwd?: string, display?: (fun(path: string): string), lock?: boolean}
--- cwd: what config_dir is relative to; display: how files are named in messages; lock: write the lock file
---@return Registry
function M.load(intent, root, report, options)
  options = options or {}
  local display = options.display or function(file) return file end
  local tally, target = decode.tally(), registry.new(report)
  local compositions = intent.compositions or {}
  for _, source in ipairs(compositions.sources or {}) do
    local resolve = check_source(source, target.declared, report)
    local name = package.trim(source.name)
    if name ~= "" then target:declare(name) end
    if resolve then
      source.name = name
      warn_unhonoured(source, report)
      local found = locate(source, resolve, root, report)
      local context = setmetatable({ source = name, report = report, tally = tally, display = display }, package.Context)
      if found then load_source(source, found, target, context) else target:doubt(name) end
    else
      target:doubt(name)
    end
  end
  target:resolve(compositions.resolution or {})
  local config_dir = options.config_dir or ""
  if config_dir ~= "" then
    load_folder(config_dir, target, { cwd = options.cwd or fs.cwd(), report = report, tally = tally, display = display })
  elseif #target.declared == 0 and next(target.unusable) == nil then
    report_nothing(intent, report)
  end
  tally:warn(report)
  if options.lock then M.write_lock(target, root, report) end
  return target
end

---Writes the lock file; a failure is only a warning.
---@param loaded Registry
---@param root string
---@param report table
function M.write_lock(loaded, root, report)
  if next(loaded.unusable) then return end
  local ok, message = lock.write(root, loaded.sources)
  if not ok then report:warn { kind = "composition.lock", message = "cannot write the composition lock: " .. message } end
end

return M
