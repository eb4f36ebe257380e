-- component.yaml
local definition = require "orun.schema.definition"
local shape = require "orun.schema.shape"

return shape.document("component", shape.object({
  apiVersion = shape.text "sourceplane.io/v1", kind = shape.one_of { "Component" },
  metadata = shape.object({
    name = shape.name("unique in the platform", definition.component_name), description = shape.text(), namespace = shape.text(),
  }, { required = { "name" } }),
  spec = shape.ref "component",
}, { required = { "kind", "metadata", "spec" } }), definition.of "component")
