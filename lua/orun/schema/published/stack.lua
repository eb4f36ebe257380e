-- The manifest of a composition package: stack.yaml, and the older orun.yaml.
local shape = require "orun.schema.shape"

local list, object, text = shape.list, shape.object, shape.text

local metadata = object({
  name = shape.name "name of the package", version = text "when no git tag says otherwise", description = text(), title = text(),
  owner = text(), tags = shape.texts(),
}, { required = { "name" }, open = true })

local stack = object({
  apiVersion = text "orun.io/v1", kind = { const = "Stack" }, metadata = metadata,
  registry = object {
    host = text(), namespace = text(), repository = text(), visibility = text "has no effect",
  },
  spec = object {
    compositions = list(object({
      path = shape.name("<directory>/<file>; the directory names the composition", { pattern = "/" }),
    }, { required = { "path" } }), "default: every compositions/<name>/composition.yaml"),
    intentPresets = list(object({ name = shape.name(), path = shape.name() }, { required = { "name", "path" } })),
  },
}, { required = { "kind", "metadata" } })

local package = object({
  apiVersion = text(), kind = { const = "CompositionPackage" }, metadata = metadata,
  spec = object({
    version = text(),
    exports = list(object({ composition = shape.name(), path = shape.name() }, { required = { "composition", "path" } }), nil, 1),
    orun = object { minVersion = text "has no effect" },
    dependencies = list(object { name = text(), ref = text(), optional = shape.truth() }, "has no effect"),
  }, { required = { "exports" } }),
}, { required = { "kind", "metadata", "spec" } })

return shape.document("stack", {
  type = "object", required = { "kind" }, properties = { kind = shape.one_of { "Stack", "CompositionPackage" } },
  ["if"] = { properties = { kind = { const = "CompositionPackage" } } }, ["then"] = package, ["else"] = stack,
})
