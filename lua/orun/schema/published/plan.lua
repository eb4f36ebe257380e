-- plan.json. Keys of later versions are let through: a plan is written by programs.
local shape = require "orun.schema.shape"

local function object(properties, required)
  return { type = "object", properties = properties, required = required }
end

local function list(items)
  return { type = "array", items = items }
end

local text, integer = { type = "string" }, { type = "integer", minimum = 0 }
local some_text = { type = "string", minLength = 1 }
local text_map = { type = "object", additionalProperties = text }
local ids = { type = "array", items = some_text, uniqueItems = true }

local step = object({
  id = text, name = text, phase = shape.one_of { "pre", "main", "post" }, order = { type = "integer" }, run = text, use = text,
  with = { type = "object" }, env = { type = "object" }, shell = text, ["working-directory"] = text, timeout = text, retry = integer,
  onFailure = text,
})

local gate = object({
  type = shape.one_of { "environment-promotion", "approval" }, environment = some_text, component = some_text, condition = some_text,
  match = text_map, source = text,
}, { "type", "environment", "component", "condition" })

local job = object({
  id = { type = "string", pattern = "^[^@]+@[^@.]+\\..+$|^[^@]+\\.[^@]+\\.[^@]+$", description = "component@environment.job" },
  uid = { type = "string", pattern = "^job_" }, displayName = text, checkName = text, name = some_text, component = some_text,
  environment = some_text, composition = text, profile = text,
  profileSource = shape.one_of { "legacy-none", "composition-default", "subscription", "subscription-rule" },
  profileRuleTriggerRef = text, jobRegistry = text, job = text, runsOn = text, path = text, steps = list(step), dependsOn = ids,
  advisoryDependsOn = ids, dependencyMode = shape.one_of { "enforced", "advisory", "disabled" }, dependencySource = text,
  dependencyRuleTriggerRef = text, gates = list(gate), timeout = text, retries = integer, outputs = list(text), env = text_map,
  labels = text_map, parameters = { type = "object" },
}, { "id", "name", "component", "environment", "steps" })

local trigger = object({
  mode = some_text, provider = text, event = text, action = text, matchedBindings = list(text), activeEnvironments = list(text),
  scope = text, base = text, head = text,
}, { "mode", "matchedBindings", "activeEnvironments", "scope" })

local source = object({
  name = some_text, kind = some_text, ref = text, path = text, resolvedDigest = { type = "string", pattern = "^sha256:[0-9a-f]{64}$" },
  exports = list(text),
}, { "name", "kind", "resolvedDigest" })

local plan = object({
  apiVersion = { const = "orun.io/v1" }, kind = { const = "Plan" },
  metadata = object({
    name = text, description = text, namespace = text, generatedAt = { type = "string", format = "date-time" },
    checksum = { type = "string", pattern = "^sha256-[0-9a-f]{64}$" },
    scope = object({ detectedComponent = text, components = list(text) }, { "detectedComponent", "components" }),
    trigger = trigger, workDir = text,
  }, { "name" }),
  execution = object({ concurrency = integer, failFast = { type = "boolean" }, stateFile = text }, { "failFast" }),
  spec = object { jobBindings = text_map, compositionSources = list(source) },
  jobs = list(job),
}, { "apiVersion", "kind", "metadata", "execution", "spec", "jobs" })

return shape.document("plan", plan)
