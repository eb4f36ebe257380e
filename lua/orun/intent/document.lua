-- The shapes of intent.yaml and component.yaml, as tables of fields for orun.intent.decode.
local decode = require "orun.intent.decode"

local text, texts, text_map, truth = decode.string, decode.string_list, decode.string_map, decode.boolean
local any_map = decode.any_map

local M = {}

-- Keys that earlier versions used; they are ignored, with a hint.
local former = { inputs = "parameters", defaults = "parameterDefaults" }

local metadata = decode.record("metadata", { name = text, description = text, namespace = text })

local parameter_defaults = decode.map(any_map)

local step = decode.record("override step", {
  id = text, name = text, capability = text, phase = text, order = decode.integer, run = text, use = text,
  with = any_map, env = any_map, shell = text, ["working-directory"] = text, timeout = text, retry = decode.integer, onFailure = text,
})

local trigger_condition = decode.record("when", { triggerRef = text })

local subscription_object = decode.record("environment subscription", {
  name = text, profile = text,
  profileRules = decode.list(decode.record("profile rule", { profile = text, when = trigger_condition })),
  dependencyMode = text,
  dependencyRules = decode.list(decode.record("dependency rule", { mode = text, when = trigger_condition })),
  env = text_map, parameters = any_map,
}, { renamed = former })

---A subscription is a name or an object that has one.
local named_subscription = decode.named("name", subscription_object, function(state, node)
  state:problem(node, "intent.subscription-name", (state:where() or "an environment subscription") .. " requires name")
end)
local subscription = decode.like(named_subscription, function(state, node)
  if state.document:kind(node) ~= "sequence" then return named_subscription(state, node) end
  state:mismatch(node, "an environment's name or a mapping")
end)

local component_fields = {
  type = text, domain = text, enabled = truth, path = text,
  subscribe = decode.record("subscribe", {
    environments = decode.list(decode.scalar_or(function(name, at) return { name = name, place = at } end, subscription),
      "environments: [NAME] or environments: [{name: NAME, profile: PROFILE}]"),
  }, { form = "subscribe: {environments: [NAME]}" }),
  compositionRef = decode.record("compositionRef", { source = text, name = text }),
  parameters = any_map,
  overrides = decode.record("overrides", { steps = decode.list(step) }),
  labels = text_map,
  dependsOn = decode.list(decode.record("dependency", {
    component = text, environment = text, scope = text, condition = text, include = text, reason = text,
  }, { form = "dependsOn: [{component: NAME}]" }), "dependsOn: [{component: NAME}]"),
  env = text_map,
  change = decode.record("change", { watches = texts }),
}

-- A manifest's own name stands in its metadata; `name` in the spec is accepted and overwritten.
component_fields.name = text
local component = decode.record("component", component_fields, { renamed = former })

local group = decode.record("group", { policies = any_map, parameterDefaults = parameter_defaults, path = text }, { renamed = former })

local promotion = decode.record("promotion", {
  dependsOn = decode.list(decode.record("promotion dependency", {
    environment = text, strategy = text, condition = text, satisfy = text, match = decode.record("match", { revision = text }),
  }, { form = "dependsOn: [{environment: NAME}]" })),
}, { form = "promotion: {dependsOn: [{environment: NAME}]}" })

local environment = decode.record("environment", {
  path = text,
  activation = decode.record("activation", { triggerRefs = texts }, { form = "activation: {triggerRefs: [NAME]}" }),
  promotion = promotion,
  selectors = decode.record("selectors", { components = texts, domains = texts }),
  parameterDefaults = parameter_defaults,
  policies = any_map,
  env = text_map,
  dependencyMode = text,
}, { renamed = former })

local trigger_binding = decode.record("trigger binding", {
  description = text,
  on = decode.record("on", { provider = text, event = text, actions = texts, branches = texts, baseBranches = texts, tags = texts }),
  plan = decode.record("trigger plan", { scope = text, base = text, head = text }),
})

local compositions = decode.record("compositions", {
  sources = decode.list(decode.record("composition source", {
    name = text, kind = text, path = text, ref = text, digest = text, pullPolicy = text,
    verify = decode.record("verify", { provider = text, keyRef = text, required = truth }), metadata = text_map,
  })),
  resolution = decode.record("resolution", { precedence = texts, bindings = text_map }),
  limits = decode.record("limits", { memory = text, instructions = text, output = text }),
}, { form = "compositions: {sources: [{name: NAME, kind: dir, path: PATH}]}" })

local discovery = decode.record("discovery", { roots = texts }, { form = "discovery: {roots: [DIRECTORY]}" })
local automation = decode.record("automation", { triggerBindings = decode.map(trigger_binding) })

---The whole intent.yaml.
M.intent = decode.record("intent", {
  apiVersion = text, kind = text, metadata = metadata,
  extends = decode.list(decode.record("preset reference", { source = text, preset = text }, {
    form = "extends: [{source: NAME, preset: NAME}]",
  })),
  discovery = discovery,
  compositions = compositions,
  automation = automation,
  groups = decode.map(group, "groups: {NAME: {...}}"),
  environments = decode.map(environment, "environments: {NAME: {...}}"),
  components = decode.list(decode.judged(component), "components: [{name: NAME, type: TYPE}]"),
  execution = decode.record("execution", { state = decode.record("execution state", { mode = text, backendUrl = text }) }),
  env = text_map,
})

local preset_spec = decode.record("intent preset", {
  env = text_map, discovery = discovery, automation = automation, environments = decode.map(environment), groups = decode.map(group),
}, {
  hints = {
    extends = "presets do not build on each other; list both under extends of the intent", components = "components belong to the intent",
    compositions = "compositions belong to the intent", execution = "execution belongs to the intent",
  },
})

---A preset: a document that a composition package offers to intents.
M.preset = decode.record("intent preset document", { apiVersion = text, kind = text, metadata = metadata, spec = preset_spec })

---A component.yaml.
M.manifest = decode.record("component manifest", { apiVersion = text, kind = text, metadata = metadata, spec = component })

return M
