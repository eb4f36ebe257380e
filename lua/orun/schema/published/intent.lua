-- intent.yaml
local definition = require "orun.schema.definition"
local shape = require "orun.schema.shape"

local list, map, object, ref, text = shape.list, shape.map, shape.object, shape.ref, shape.text

local source = object({
  name = shape.name "unique", kind = shape.one_of { "dir", "archive", "oci", "builtin" },
  path = text "of dir and archive, relative to this file",
  ref = text "of oci: [oci://][registry/]repository[:tag][@digest]",
  digest = { type = "string", pattern = "^sha256:[0-9a-f]{64}$", description = "the content must have this digest" },
  pullPolicy = text "has no effect", verify = object { provider = text(), keyRef = text(), required = shape.truth() },
  metadata = shape.text_map(),
}, { required = { "name", "kind" } })
source.allOf = {
  {
    ["if"] = { properties = { kind = { const = "oci" } } }, ["then"] = { required = { "ref" } }, ["else"] = { required = { "path" } },
  },
}

local size = { type = { "string", "integer" }, pattern = "^[0-9]+ *([KMG]iB)?$", minimum = 1 }

return shape.document("intent", object({
  apiVersion = text "sourceplane.io/v1", kind = shape.one_of { "Intent" },
  metadata = object { name = text(), description = text(), namespace = text() },
  extends = list(object({ source = shape.name "a declared source", preset = shape.name() }, { required = { "source", "preset" } }),
    "presets that fill gaps of this file; policies of theirs win"),
  discovery = object { roots = shape.texts "directories that are searched for component.yaml; default: ." },
  compositions = object {
    sources = list(source, "where compositions come from"),
    resolution = object {
      precedence = shape.texts "sources, for types that several export", bindings = shape.text_map "source of a type",
    },
    limits = object({
      memory = size, output = size, instructions = { type = "integer", minimum = 1000 },
    }, { description = "what one call of a Lua composition or policy may use; default: 64MiB, 16MiB, 100000000" }),
  },
  automation = object { triggerBindings = map(ref "triggerBinding") },
  groups = map(ref "group", "settings by domain"),
  environments = map(ref "environment", nil, definition.environment_name),
  components = list(ref "inlineComponent", "components that have no manifest of their own"),
  execution = object {
    state = object { mode = shape.one_of({ "local", "remote" }, "default: local"), backendUrl = text() },
  },
  env = definition.env "environment variables of every step",
}, { required = { "kind" } }), definition.of("triggerBinding", "group", "environment", "inlineComponent"))
