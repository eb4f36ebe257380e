-- A preset that a stack publishes for intents to extend.
local definition = require "orun.schema.definition"
local shape = require "orun.schema.shape"

local map, object, ref, text = shape.map, shape.object, shape.ref, shape.text

return shape.document("intent-preset", object({
  apiVersion = text "sourceplane.io/v1alpha1", kind = shape.one_of { "IntentPreset" },
  metadata = object({ name = text "shown by orun intent explain" }, { open = true }),
  spec = object {
    env = definition.env(), discovery = object { roots = shape.texts() },
    automation = object { triggerBindings = map(ref "triggerBinding") },
    environments = map(ref "environment", nil, definition.environment_name), groups = map(ref "group"),
  },
}, { required = { "kind", "spec" } }), definition.of("triggerBinding", "group", "environment"))
