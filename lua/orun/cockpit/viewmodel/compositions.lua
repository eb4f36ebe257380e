-- The compositions of a platform: where each one comes from and what it does.
local sorted = require "orun.util.sorted"

local M = {}

---@class CompositionRow
---@field type string
---@field source string
---@field selected boolean  components of the type get this one unless they choose another
---@field package string    name of the package
---@field description string of the composition, else ""
---@field packageDescription string
---@field exportPath string document, relative to the package
---@field location string   ref or path of the source
---@field digest string     of the source
---@field defaultJob string
---@field defaultProfile string
---@field jobs CompositionJob[]
---@field profiles string[] sorted
---@field parameters CompositionParameter[] sorted by name

---@class CompositionJob
---@field name string
---@field description string
---@field default boolean
---@field runsOn string
---@field timeout string
---@field retries integer
---@field scope string
---@field steps {name: string, phase: string, capability: string}[]
---@field computed boolean  the steps are made by a function, for each component

---@class CompositionParameter
---@field name string
---@field type string
---@field required boolean
---@field description string

---@class CompositionsView
---@field sources {name: string, kind: string, location: string, digest: string, types: string[]}[] as declared
---@field rows CompositionRow[] sorted by type, then source

local function job_of(composition, job)
  local steps = {}
  for i, step in ipairs(job.steps) do
    steps[i] = { name = step.name or step.id or ("step-" .. i), phase = step.phase or "main", capability = step.capability or "" }
  end
  return {
    name = job.name, description = job.description or "", default = job.name == composition.defaultJob, runsOn = job.runsOn or "",
    timeout = job.timeout or "", retries = job.retries, scope = job.labels and job.labels.scope or "", steps = steps,
    computed = job.dynamic ~= nil and job.dynamic.steps ~= nil,
  }
end

local function map_of(v)
  return type(v) == "table" and v or {}
end

local function type_text(schema)
  local declared = map_of(schema).type
  if type(declared) == "table" then return table.concat(declared, " or ") end
  return type(declared) == "string" and declared or "any"
end

---Parameters that a schema knows. The schema describes the whole component; older ones say `inputs`.
local function parameters_of(schema)
  local properties = map_of(map_of(schema).properties)
  local described = map_of(properties.parameters or properties.inputs)
  local required, list = {}, {}
  for _, name in ipairs(map_of(described.required)) do required[name] = true end
  for name, property in sorted.pairs(map_of(described.properties)) do
    list[#list + 1] = {
      name = name, type = type_text(property), required = required[name] == true,
      description = type(map_of(property).description) == "string" and property.description or "",
    }
    required[name] = nil
  end
  for name in sorted.pairs(required) do list[#list + 1] = { name = name, type = "any", required = true, description = "" } end
  table.sort(list, function(a, b) return a.name < b.name end)
  return list
end

local function row_of(composition, registry, record)
  local owner, jobs = registry.packages[composition.source], {}
  for i, job in ipairs(composition.jobs) do jobs[i] = job_of(composition, job) end
  return {
    type = composition.name, source = composition.source, selected = registry.selected[composition.name] == composition,
    package = composition.package, description = composition.description or "", packageDescription = owner and owner.description or "",
    exportPath = composition.path, location = record and (record.ref or record.path) or "",
    digest = record and record.resolvedDigest or "", defaultJob = composition.defaultJob or "",
    defaultProfile = composition.defaultProfile or "", jobs = jobs, profiles = sorted.keys(composition.profiles),
    parameters = parameters_of(composition.schema),
  }
end

---@param registry Registry
---@return CompositionsView
function M.view(registry)
  local view, records = { sources = {}, rows = {} }, {}
  for i, record in ipairs(registry.sources) do
    records[record.name] = record
    view.sources[i] = {
      name = record.name, kind = record.kind, location = record.ref or record.path or "", digest = record.resolvedDigest,
      types = record.exports,
    }
  end
  for _, composition in sorted.pairs(registry.compositions) do
    view.rows[#view.rows + 1] = row_of(composition, registry, records[composition.source])
  end
  table.sort(view.rows, function(a, b)
    if a.type ~= b.type then return a.type < b.type end
    return a.source < b.source
  end)
  return view
end

---The row of a type: the selected one, else the first.
---@param view CompositionsView
---@param name string
---@return CompositionRow?
function M.find(view, name)
  local first
  for _, row in ipairs(view.rows) do
    if row.type == name and row.selected then return row end
    if row.type == name then first = first or row end
  end
  return first
end

return M
