-- The older layout that `--config-dir` names: `<dir>/<type>/compositions.yaml` (or `job.yaml`) beside `<dir>/<type>/schema.yaml`.
local check = require "orun.composition.check"
local decode = require "orun.intent.decode"
local digest = require "orun.composition.digest"
local document = require "orun.composition.document"
local condition = require "orun.util.condition"
local fs = require "host.fs"
local model = require "orun.composition.model"
local package = require "orun.composition.package"
local path = require "orun.util.path"
local place = require "orun.intent.place"
local sorted = require "orun.util.sorted"

local M = {}

-- The name under which its compositions appear among the sources.
M.source = "legacy-config-dir"
M.kind = "legacy-dir"

---The schema file is the schema itself.
---@type DecodeType
local function schema_record(state, node)
  return { schema = decode.any(state, node), place = place.new(state.document, node) }
end

-- Roots ---------------------------------------------------------------------------------------------------------------------

---A shell pattern of one path segment as a Lua pattern; `*` and `?` are all that is special in it.
local function segment_pattern(segment)
  local out = segment:gsub("[^%w*?]", "%%%0"):gsub("%*+", "[^/]*"):gsub("%?", "[^/]")
  return "^" .. out .. "$"
end

---Directories that a shell pattern matches, sorted. A name that begins with a dot needs no dot in the pattern.
local function glob(pattern)
  local found = { path.is_absolute(pattern) and "/" or "." }
  for segment in path.clean(pattern):gmatch("[^/]+") do
    local next_found = {}
    for _, base in ipairs(found) do
      if segment:find("[*?]") then
        local match = segment_pattern(segment)
        for _, name in ipairs(fs.list(base) or {}) do
          if name:find(match) then next_found[#next_found + 1] = path.join(base, name) end
        end
      else
        next_found[#next_found + 1] = path.join(base, segment)
      end
    end
    found = next_found
  end
  local existing = {}
  for _, name in ipairs(found) do
    local stat = fs.stat(name)
    if stat and stat.type == "directory" then existing[#existing + 1] = path.clean(name) end
  end
  table.sort(existing)
  return existing
end

-- Types ---------------------------------------------------------------------------------------------------------------------

---Job and schema files by type in one plain directory.
local function plain_types(root)
  local types = {}
  for _, name in ipairs(fs.list(root.directory) or {}) do
    for _, file in ipairs { "compositions.yaml", "job.yaml" } do
      local job = path.join(name, file)
      if not types[name] and fs.exists(path.join(root.directory, job)) then
        types[name] = { root = root, job = job, schema = path.join(name, "schema.yaml") }
      end
    end
  end
  return types
end

---With a pattern every match is searched to the bottom; of several job files for a type the last path wins.
local function searched_types(roots)
  local types, schemas = {}, {}
  for _, root in ipairs(roots) do
    local entries = fs.walk(root.directory, { names = { "job.yaml", "compositions.yaml", "schema.yaml" } }) or {}
    for _, entry in ipairs(entries) do
      local name = path.basename(path.dirname(path.join(root.directory, entry.path)))
      if path.basename(entry.path) == "schema.yaml" then
        schemas[name] = { root = root, file = entry.path }
      else
        types[name] = { root = root, job = entry.path }
      end
    end
  end
  for name, found in sorted.pairs(types) do
    local beside = path.join(path.dirname(found.job), "schema.yaml")
    local schema = schemas[name]
    found.schema = beside
    if schema and not fs.exists(path.join(found.root.directory, beside)) then
      found.schema, found.schema_root = schema.file, schema.root
    end
  end
  return types
end

---@param name string
---@param found table
---@return Composition?
local function load_type(context, name, found)
  local checks = check.new(context, name)
  context.directory = found.root.directory
  local raw = context:read(found.job, document.job_registry)
  context.directory = (found.schema_root or found.root).directory
  local found_schema, exists = context:read(found.schema, schema_record)
  if not exists then
    checks:problem(raw and raw.place, "composition.schema", ("%s has no schema.yaml beside it"):format(found.job),
      "a type needs both files")
  end
  if not raw then return nil end
  local jobs = {}
  for i, job in ipairs(raw.jobs or {}) do jobs[i] = model.job(job.name or "", job) end
  local metadata = raw.metadata or {}
  local composition = {
    name = name, type = name, source = M.source, key = M.source .. ":" .. name, description = metadata.description,
    file = raw.place.file, path = found.job, package = package.trim(metadata.name), defaultJob = jobs[1] and jobs[1].name,
    place = raw.place, jobs = jobs, profiles = {},
    schema = found_schema and found_schema.schema, schemaPlace = found_schema and found_schema.place,
  }
  if #jobs > 0 then
    checks:jobs(composition, raw)
  else
    checks:problem(raw.place, "composition.no-jobs", ("%s has no jobs"):format(found.job))
  end
  return composition
end

---@param text string the option's value
---@param cwd string
---@param fail fun(message: string)
---@return {shown: string, directory: string}[]? roots
---@return boolean? searched whether a pattern was given
local function find_roots(text, cwd, fail)
  local cleaned = path.clean(text)
  if text:find("*", 1, true) then
    local roots = {}
    local base = path.is_absolute(cleaned) and "" or cwd .. "/"
    for _, match in ipairs(glob(path.clean(base .. cleaned))) do
      local shown = base == "" and match or path.relative(cwd, match)
      roots[#roots + 1] = { shown = shown, directory = match }
    end
    if #roots == 0 then return fail(("the config directory pattern %s matches no directory"):format(text)) end
    return roots, true
  end
  local directory = path.resolve(cwd, cleaned)
  local stat, message = fs.stat(directory)
  if not stat then return fail(("cannot read the config directory %s: %s"):format(text, condition.reason(message))) end
  if stat.type ~= "directory" then return fail(("the config directory %s is not a directory"):format(text)) end
  return { { shown = cleaned, directory = directory } }, false
end

---Loads every type below the config directory.
---@param text string value of `--config-dir`
---@param options {cwd: string, report: table, tally: Tally, display: fun(path: string): string}
---@return {compositions: table<string, Composition>, record: table}? nil when nothing can be used (reported)
function M.load(text, options)
  local function fail(message)
    options.report:error { kind = "composition.config-dir", message = message }
  end
  local roots, is_searched = find_roots(text, options.cwd, fail)
  if not roots then return nil end
  local types = is_searched and searched_types(roots) or plain_types(roots[1])
  local names = sorted.keys(types)
  if #names == 0 then return fail(("the config directory %s has no job.yaml or compositions.yaml"):format(text)) end
  local hex, message = digest.roots(roots)
  if not hex then return fail(message) end
  local context = setmetatable({
    source = M.source, report = options.report, tally = options.tally, display = options.display,
  }, package.Context)
  local compositions = {}
  for _, name in ipairs(names) do compositions[name] = load_type(context, name, types[name]) end
  return {
    compositions = compositions,
    record = { name = M.source, kind = M.kind, path = text, resolvedDigest = hex, exports = sorted.keys(compositions) },
  }
end

return M
