-- Loads one export of a package: the composition document with all that it refers to.
local check = require "orun.composition.check"
local document = require "orun.composition.document"
local model = require "orun.composition.model"
local module = require "orun.composition.module"
local package = require "orun.composition.package"
local path = require "orun.util.path"
local place = require "orun.intent.place"
local reference = require "orun.composition.reference"
local sorted = require "orun.util.sorted"
local value = require "host.value"

local function blank_to_nil(text)
  text = package.trim(text)
  if text ~= "" then return text end
end

-- What an entry that names a template may say as well without any effect; texts for listings are not worth a warning.
local template_says = { "runsOn", "timeout", "retries", "steps", "outputs" }

local function check_entry(context, entry, name, template)
  local idle = {}
  for _, key in ipairs(template_says) do
    if entry[key] ~= nil then idle[#idle + 1] = key end
  end
  if #idle == 0 then return end
  context:warning(place.of_key(entry.place, idle[1]), "composition.idle-fields",
    ('job "%s" is the template "%s"; its own %s has no effect'):format(name, template, table.concat(idle, ", ")))
end

---One entry of spec.jobs: what it says itself, or the template it names. Which jobs come first is for the entry to say, since it knows
---their names.
local function load_job(context, directory, entry)
  local name = entry.name or ""
  if not entry.templateRef then return model.job(name, entry) end
  local template = entry.templateRef.name or ""
  local found = reference.find(context, directory, "JobTemplate", template, place.of(entry.place, "templateRef", "name"))
  if not found then return nil end
  check_entry(context, entry, name, template)
  local job = model.job(name, found.spec)
  job.template = template
  if entry.dependsOn then job.dependsOn, job.dependsOnPlace = entry.dependsOn, place.of(entry.place, "dependsOn") end
  return job
end

local function load_jobs(context, directory, spec)
  local jobs = {}
  for _, entry in ipairs(spec.jobs or {}) do jobs[#jobs + 1] = load_job(context, directory, entry) end
  return jobs
end

---Inline profiles win over listed ones, even when there are none of them.
local function load_profiles(context, directory, spec, checks)
  local profiles = {}
  if spec.executionProfiles then
    for name, raw in sorted.pairs(spec.executionProfiles) do profiles[name] = model.profile(name, raw) end
    return profiles
  end
  for _, entry in ipairs(spec.profiles or {}) do
    local name = entry.name or ""
    if not entry.profileRef then
      checks:finding(true, entry.place, "composition.profile-reference", ('profile "%s" has no profileRef and is left out'):format(name))
    else
      if profiles[name] then
        checks:finding(true, entry.place, "composition.duplicate-profile",
          ('profile "%s" is listed twice; the last one counts'):format(name))
      end
      local at = place.of(entry.place, "profileRef", "name")
      local found = reference.find(context, directory, "ExecutionProfile", entry.profileRef.name or "", at)
      if found then profiles[name] = model.profile(name, found.spec) end
    end
  end
  return profiles
end

---The parameter schema and where it is written.
local function load_schema(context, directory, spec, checks)
  local inline = spec.parameterSchema
  local empty = type(inline) == "table" and not value.is_list(inline) and next(inline) == nil
  if inline ~= nil and not (empty and not spec.schemaRef) then return inline, place.of(spec.place, "parameterSchema") end
  if not spec.schemaRef then
    checks:problem(spec.place, "composition.schema", "it needs parameterSchema or schemaRef",
      "parameterSchema: {type: object} accepts everything")
    return nil
  end
  local name = spec.schemaRef.name or ""
  local found = reference.find(context, directory, "ComponentSchema", name, place.of(spec.place, "schemaRef", "name"))
  if not found then return nil end
  if found.spec.schema == nil then
    checks:problem(found.place, "composition.schema", ('ComponentSchema "%s" has no spec.schema'):format(name))
  end
  return found.spec.schema, place.of(found.place, "spec", "schema")
end

---The spec of a YAML document.
local function read_document(context, export, checks)
  local raw, exists = context:read(export.path, document.composition)
  if not exists then
    checks:problem(export.place, "composition.unreadable",
      ("cannot read %s"):format(context.display(path.join(context.directory, export.path))))
  end
  if not raw or not checks:head(raw) then return nil end
  return raw.spec
end

---The spec of a Lua file, in the form of a document's.
local function read_module(context, owner, export, checks)
  local spec = module.read(context, owner.sandbox, export.path)
  return spec and checks:type(spec) and spec or nil
end

---@param context PackageContext
---@param owner CompositionPackage
---@param export CompositionExport
---@return Composition? composition nil when nothing of it can be used (reported)
return function(context, owner, export)
  local checks, directory = check.new(context, export.name), path.dirname(export.path)
  local spec
  if module.is_module(export.path) then
    spec = read_module(context, owner, export, checks)
  else
    spec = read_document(context, export, checks)
  end
  if not spec then return nil end
  local composition = {
    name = export.name, type = export.name, source = context.source, key = context.source .. ":" .. export.name,
    description = blank_to_nil(spec.description), file = spec.place.file, path = export.path, package = owner.name,
    defaultJob = blank_to_nil(spec.defaultJob), defaultProfile = blank_to_nil(spec.defaultProfile), place = spec.place,
    sandbox = module.is_module(export.path) and owner.sandbox or nil,
    jobs = load_jobs(context, directory, spec), profiles = load_profiles(context, directory, spec, checks),
  }
  composition.schema, composition.schemaPlace = load_schema(context, directory, spec, checks)
  checks:jobs(composition, spec)
  checks:profiles(composition, spec)
  return composition
end
