-- Parts that several of our published schemas share.
local shape = require "orun.schema.shape"

local list, map, object, ref, text, texts = shape.list, shape.map, shape.object, shape.ref, shape.text, shape.texts

local M = {}

local component_name = { pattern = "^[^@\\u0000-\\u001f]+$" }
local environment_name = { pattern = "^[^@.\\u0000-\\u001f]+$" }

M.component_name, M.environment_name = component_name, environment_name

local modes = { "enforced", "advisory", "disabled" }
local no_reserved = { ["not"] = { pattern = "^[Oo][Rr][Uu][Nn]_" } }

local function env(description)
  local schema = shape.text_map(description)
  schema.propertyNames = no_reserved
  return schema
end

local function parameters(description)
  return map(true, description)
end

local when = object({ triggerRef = shape.name "a key of automation.triggerBindings" }, { required = { "triggerRef" } })

local parts = {}

parts.step = object({
  id = text "what profiles know the step by; default: its name", name = text "shown, and what overrides know the step by",
  capability = text "profiles may keep or leave out steps by it", phase = shape.one_of({ "pre", "main", "post" }, "default: main"),
  order = shape.integer "within the phase, lowest first", run = text "shell script; a template", use = text "action; a template",
  with = parameters "inputs of the action; texts are templates", env = parameters "texts are templates",
  shell = text "default: that of the runner",
  ["working-directory"] = text "relative to the component's path", timeout = shape.duration "default: that of the job",
  retry = shape.integer("further attempts; default: those of the job", 0),
  onFailure = shape.one_of({ "stop", "continue" }, "default: stop"),
})

parts.dependency = object({
  component = shape.name("component that must be done first", component_name),
  environment = text "default: the same environment", scope = text "has no effect", condition = text "has no effect",
  include = shape.one_of({ "if-selected", "always" }, "always: it is planned even when it is not selected"),
  reason = text "for people",
}, { required = { "component" } })

local subscription = object({
  name = shape.name "environment, or a pattern with *", profile = text "execution profile: name or type.name",
  profileRules = list(object({ profile = shape.name(), when = when }, { required = { "profile", "when" } }),
    "other profiles for some triggers; the first match counts"),
  dependencyMode = shape.one_of(modes),
  dependencyRules = list(object({ mode = shape.one_of(modes), when = when }, { required = { "mode", "when" } })),
  env = env(), parameters = parameters "the highest layer",
}, { required = { "name" } })

parts.subscription = { anyOf = { { type = { "string", "number", "boolean" }, minLength = 1 }, subscription } }

local function component_fields()
  return {
    type = shape.name "type of composition that builds it", domain = text "selects the group of settings",
    enabled = shape.truth "default: true", path = text "its directory, relative to the intent's; default: where the manifest is",
    subscribe = object({ environments = list(ref "subscription", "environments in which it runs") }),
    compositionRef = object({ source = shape.name "a declared source", name = text "default: the type" }, { required = { "source" } }),
    parameters = parameters "what the composition's parameterSchema describes",
    overrides = object { steps = list(ref "step", "steps that replace those of the same name; others are added") },
    labels = shape.text_map(), dependsOn = list(ref "dependency"), env = env "environment variables of its steps",
    change = object {
      watches = list(shape.one_of { "automation", "compositions", "discovery", "env", "environments", "execution", "extends", "groups" },
        "sections of the intent whose change makes it changed"),
    },
  }
end

parts.component = object(component_fields(), { required = { "type" }, description = "a component" })

local inline = component_fields()
inline.name = shape.name("unique", component_name)
parts.inlineComponent = object(inline, { required = { "name", "type" } })

local function defaults()
  return map(parameters(), "default parameters by component type; * is every type")
end

local function policies()
  return parameters "policies by key; docs/policies.md lists them"
end

parts.group = object { policies = policies(), parameterDefaults = defaults(), path = text "has no effect" }

local promotion = object({
  environment = shape.name "must have succeeded before", strategy = shape.one_of { "same-component", "environment-barrier" },
  condition = shape.one_of { "success" }, satisfy = shape.one_of { "same-plan", "previous-success", "same-plan-or-previous-success" },
  match = object { revision = shape.one_of { "source" } },
}, { required = { "environment" } })

parts.environment = object {
  path = text "has no effect", activation = object { triggerRefs = texts "triggers that activate it" },
  promotion = object { dependsOn = list(promotion) },
  selectors = object { components = texts "patterns of names, for components without subscriptions", domains = texts "patterns" },
  parameterDefaults = defaults(), policies = policies(), env = env(), dependencyMode = shape.one_of(modes),
}

parts.triggerBinding = object({
  description = text(),
  on = object({
    provider = shape.name "e.g. github", event = shape.name "e.g. push", actions = texts(), branches = texts(), baseBranches = texts(),
    tags = texts(),
  }, { required = { "provider", "event" } }),
  plan = object {
    scope = shape.one_of({ "full", "changed" }), base = text "where the payload names the base revision",
    head = text "where the payload names the head revision",
  },
}, { required = { "on" } })

local function job_fields()
  return {
    description = text(), runsOn = text "runner that it asks for", timeout = shape.duration(), capabilities = texts "for people",
    retries = shape.integer("further attempts of each step", 0),
    steps = list(ref "step"), labels = shape.text_map "scope is shown in lists", inputs = true,
    outputs = texts "globs of files that later jobs need, relative to the component",
    dependsOn = texts "jobs of the same component that must be done first",
  }
end

parts.job = object(job_fields())

local entry = job_fields()
entry.name = shape.name "job name in plans"
entry.templateRef = object({ name = shape.name "a JobTemplate: jobs/<name>.yaml or <name>.yaml" },
  { required = { "name" }, description = "beside it only name and dependsOn count" })
parts.jobEntry = object(entry, { required = { "name" } })

parts.profile = object {
  description = text(), policies = parameters "may tighten what an environment says",
  jobs = map(object {
    stepsEnabled = texts "ids (else names) of the steps that run", includeCapabilities = texts "steps that run, by capability",
    stepOverrides = map(object { run = text(), with = parameters(), env = parameters() }, "by id, else name, of the step"),
  }, "jobs that run"),
}

---Some of the parts, and those that they refer to, as `definitions` of a schema. Fresh tables every time.
---@param ... string
---@return table<string, table>
function M.of(...)
  local found = {}
  local function visit(schema)
    if type(schema) ~= "table" then return end
    local name = type(schema["$ref"]) == "string" and schema["$ref"]:match("^#/definitions/(.+)$")
    if name and not found[name] then
      found[name] = parts[name]
      visit(parts[name])
    end
    for _, child in next, schema do visit(child) end
  end
  for _, name in ipairs { ... } do visit(ref(name)) end
  return found
end

---@type fun(description?: string): table
M.env = env

return M
