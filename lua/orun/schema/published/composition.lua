-- A composition and the documents that it may be split into.
local definition = require "orun.schema.definition"
local shape = require "orun.schema.shape"

local list, map, object, ref, text = shape.list, shape.map, shape.object, shape.ref, shape.text

local parameter_schema = {
  type = { "object", "boolean" }, description = "JSON Schema; it describes name, type, parameters, domain and labels",
}

local function reference(what)
  return object({ name = shape.name(what) }, { required = { "name" } })
end

local function document(kind, spec)
  return object({
    apiVersion = text(), kind = { const = kind },
    metadata = object({ name = shape.name(), description = text() }, { required = { "name" }, open = true }), spec = spec,
  }, { required = { "kind", "metadata", "spec" } })
end

local composition = object({
  type = shape.name "the same as metadata.name and the directory's name", description = text(),
  defaultJob = shape.name "job that runs when there are no profiles", defaultProfile = text "profile of subscriptions that name none",
  parameterSchema = parameter_schema, schemaRef = reference "a ComponentSchema: schema.yaml or <name>.yaml",
  jobs = list(ref "jobEntry", nil, 1), executionProfiles = map(ref "profile"),
  profiles = list(object({
    name = shape.name(), profileRef = reference "an ExecutionProfile: profiles/<name>.yaml or <name>.yaml",
  }, { required = { "name", "profileRef" } })),
}, { required = { "type", "defaultJob", "jobs" } })
composition.anyOf = { { required = { "parameterSchema" } }, { required = { "schemaRef" } } }

local documents = {
  { "Composition", composition },
  { "ComponentSchema", object({ type = text(), description = text(), schema = parameter_schema }, { required = { "schema" } }) },
  { "JobTemplate", ref "job" },
  { "ExecutionProfile", ref "profile" },
}

local kinds, branches = {}, {}
for i, item in ipairs(documents) do
  kinds[i] = item[1]
  branches[i] = { ["if"] = { properties = { kind = { const = item[1] } } }, ["then"] = document(item[1], item[2]) }
end

return shape.document("composition", {
  type = "object", required = { "kind" }, properties = { kind = shape.one_of(kinds) }, allOf = branches,
}, definition.of("jobEntry", "job", "profile"))
