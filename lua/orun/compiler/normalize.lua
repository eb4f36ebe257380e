-- Stage 2: defaults, and every check that needs the intent and its components only.
local components = require "orun.intent.component"
local dag = require "host.dag"
local environments = require "orun.intent.environment"
local reserved = require "orun.intent.reserved"
local place = require "orun.intent.place"
local rules = require "orun.intent.rule"
local sorted = require "orun.util.sorted"
local strays = require "orun.intent.stray"

local function metadata(decoded)
  local from = decoded or {}
  return { name = from.name or "", description = from.description or "", namespace = from.namespace or "", place = from.place }
end

local function groups(decoded)
  local out = {}
  for name, group in sorted.pairs(decoded or {}) do
    out[name] = {
      policies = group.policies or {}, parameterDefaults = group.parameterDefaults or {}, path = group.path or "", place = group.place,
      presetPolicies = group.presetPolicies, -- orun.intent.policy says what these are
    }
  end
  return out
end

local function find_promotion_cycle(model)
  local graph = dag.new()
  for name in sorted.pairs(model.environments) do graph:add(name) end
  for name, environment in sorted.pairs(model.environments) do
    for _, dependency in ipairs(environment.promotion.dependsOn) do graph:depend(name, dependency.environment) end
  end
  local _, cycle = graph:order()
  return cycle
end

---An environment that waits for itself through promotions can never be promoted to. The promotions of a circle are left out of what
---follows: jobs would go round in it once more.
local function check_promotion_cycles(model, report)
  local cycle = find_promotion_cycle(model)
  while cycle do
    local environment = model.environments[cycle[1]]
    report:error(place.mark(place.of(environment.place, "promotion", "dependsOn"), {
      kind = "intent.promotion-cycle", message = "promotion cycle: " .. table.concat(cycle, " → "),
    }))
    for _, name in ipairs(cycle) do model.environments[name].promotion = { dependsOn = {} } end
    cycle = find_promotion_cycle(model)
  end
end

---Parts with a mistake are left out of the model, or marked `flawed`: what is said of the rest should be true of it, not follow from
---what was said before.
---@param loaded Loaded
---@param report table
---@return table model
return function(loaded, report)
  local intent = loaded.intent
  local model = {
    metadata = metadata(intent.metadata), env = intent.env or {}, groups = groups(intent.groups),
    automation = { triggerBindings = intent.automation and intent.automation.triggerBindings or {} },
    compositions = intent.compositions, execution = { state = intent.execution and intent.execution.state or {} },
    discovery = intent.discovery or {}, place = intent.place, incomplete = loaded.incomplete,
  }
  reserved.check(model.env, "intent root env", place.of(intent.place, "env"), report)
  model.components, model.broken = components.normalize(loaded.components, report)
  model.environments = environments.normalize(intent, model.components, report)
  components.check_dependencies(model, report)
  check_promotion_cycles(model, report)
  strays.check(model, report)
  strays.check_mode(model.execution.state, report)
  rules.check(model, report)
  if loaded.registry then
    require("orun.composition.defaults").check(model, loaded.registry, report)
    require("orun.composition.parameters").check(model, loaded.registry, report)
  end
  return model
end
