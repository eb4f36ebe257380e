-- Compiles one component that exists only here, for the specs of packages and for lint.
local compiler = require "orun.compiler"
local decode = require "orun.intent.decode"
local diagnostic = require "orun.diagnostic"
local document = require "orun.intent.document"
local expand = require "orun.compiler.expand"
local normalize = require "orun.compiler.normalize"
local rule = require "orun.sandbox.rule"
local sorted = require "orun.util.sorted"
local suggestion = require "orun.util.suggestion"
local value = require "host.value"
local yaml = require "host.yaml"

local M = {}

---@class Sample
---@field component? string|table name, or fields of a component (name, type, domain, path, labels, env, parameters, overrides)
---@field type? string
---@field environment? string|table name, or `name` and fields of an environment
---@field profile? string
---@field parameters? table
---@field env? table
---@field labels? table
---@field dependsOn? string[] names of components that exist beside it

local known = {}
for _, key in ipairs { "component", "type", "environment", "profile", "parameters", "env", "labels", "dependsOn" } do known[key] = true end

local function overlay(target, layer)
  for key, v in next, layer or {} do target[key] = v end
  return target
end

local function named(v, default)
  if type(v) == "table" then return overlay({ name = default }, v) end
  return { name = v or default }
end

---@param sample Sample
---@param kind? string type of the component when the sample names none
---@return table document an intent
local function intent_of(sample, kind)
  local component, environment = named(sample.component, "sample"), named(sample.environment, "dev")
  local name = environment.name
  environment.name = nil
  component.type = component.type or sample.type or kind
  component.parameters = overlay(overlay({}, component.parameters), sample.parameters)
  component.labels, component.env = overlay(overlay({}, component.labels), sample.labels), overlay(overlay({}, component.env), sample.env)
  component.subscribe = { environments = value.list { { name = name, profile = sample.profile } } }
  local components = value.list { component }
  if sample.dependsOn then
    component.dependsOn = value.list {}
    for i, other in ipairs(sample.dependsOn) do
      component.dependsOn[i] = { component = other }
      components[#components + 1] = { name = other, type = component.type, parameters = component.parameters }
    end
  end
  return { kind = "Intent", metadata = { name = "sample" }, environments = { [name] = environment }, components = components }
end

---The tree of the sample is clean: whether that of its reader is must not decide a test.
local function git()
  return { dirty = false, revision = ("0"):rep(40) }
end

local function loaded_of(intent, registry, report)
  local text = yaml.encode(intent)
  local tree = decode.read(text, "sample", report)
  report:check()
  local unknown = decode.tally()
  local decoded = decode.object(tree, tree:root(), document.intent, report, unknown)
  report:check()
  -- A platform is warned of such a key; a test that has one tests something else than it says.
  for _, item in ipairs(unknown.order) do
    diagnostic.raise {
      kind = "composition.sample", message = ('compile: unknown key "%s" in %s'):format(item.key, item.kind),
      hint = item.hint or suggestion.hint(item.key, sorted.keys(item.fields)),
    }
  end
  decoded.compositions = decoded.compositions or { sources = value.list {}, resolution = {} }
  for _, component in ipairs(decoded.components) do component.source = "inline" end
  return {
    intent = decoded, components = decoded.components, registry = registry, presets = {}, contributions = {}, file = "sample", root = "/",
    store = "/.orun", display = function(file) return file end, git = git,
    -- Of the platform around a package its tests know nothing.
    policy_files = rule.find(registry),
  }
end

---The jobs of many samples before policies and dependencies are looked at. What is wrong with some of them is in the report; the others
---are there.
---@param registry Registry
---@param samples Sample[] components of different names, all of one environment
---@param report table
---@param arrange? fun(instances: table[]): table[] another order, or fewer of them
---@return table[] jobs as bound
function M.bind(registry, samples, report, arrange)
  local intent = { kind = "Intent", metadata = { name = "samples" }, environments = { dev = {} }, components = value.list {} }
  for _, sample in ipairs(samples) do
    local one = intent_of(sample)
    table.move(one.components, 1, #one.components, #intent.components + 1, intent.components)
  end
  local model = normalize(loaded_of(intent, registry, report), report)
  report:check()
  local expansion = expand(model, registry, {}, report)
  report:check()
  return require "orun.compiler.bind"(arrange and arrange(expansion.instances) or expansion.instances, report)
end

---Compiles a sample; raises a Failure when it cannot be.
---@param registry Registry
---@param sample Sample
---@param kind? string type of the component when the sample names none
---@param report? table gets the warnings
---@return table[] jobs of the plan
function M.compile(registry, sample, kind, report)
  report = report or diagnostic.collector()
  for key in sorted.pairs(sample) do
    if not known[key] then
      diagnostic.raise {
        kind = "composition.sample", message = ('compile knows no field "%s"'):format(tostring(key)),
        hint = suggestion.hint(tostring(key), sorted.keys(known)),
      }
    end
  end
  local loaded = loaded_of(intent_of(sample, kind), registry, report)
  registry.report = report
  local model = normalize(loaded, report)
  report:check()
  local expansion = expand(model, registry, {}, report)
  report:check()
  local plan = compiler.finish(model, loaded, expansion, nil, report)
  report:check()
  return plan.jobs
end

return M
