-- Which parameters matter to which steps, whatever language they are written in: each parameter is taken away or changed, the jobs are made
-- again, and what comes out differently depends on it.
local bind = require "orun.compiler.bind"
local diagnostic = require "orun.diagnostic"
local json = require "host.json"
local sample = require "orun.schema.instance"
local sorted = require "orun.util.sorted"
local value = require "host.value"

local M = {}

local nothing = {}

---What the schema says about a parameter, where it says so plainly.
local function property_of(instance, name)
  local schema = instance.composition and instance.composition.schema
  local envelope = type(schema) == "table" and schema.properties or {}
  local parameters = envelope.parameters or envelope.inputs
  local property = type(parameters) == "table" and type(parameters.properties) == "table" and parameters.properties[name]
  return type(property) == "table" and property or {}
end

---Other values than the one that a parameter has. A composition need not accept all of them: of a choice there are no others than those
---of the schema, and whatever lies outside of it may be refused.
local function alternatives(v, property)
  local kind, list = value.kind(v), {}
  for _, choice in ipairs(type(property.enum) == "table" and property.enum or {}) do
    if choice ~= v then list[#list + 1] = choice end
  end
  list[#list + 1] = nothing
  if kind == "string" then
    list[#list + 1] = v .. "-other"
    list[#list + 1] = ""
  elseif kind == "integer" then
    list[#list + 1] = v + 1
    list[#list + 1] = v - 1
  elseif kind == "boolean" then
    list[#list + 1] = not v
  elseif kind == "list" then
    list[#list + 1] = value.list {}
  else
    list[#list + 1] = {}
  end
  list[#list + 1] = sample.value(property)
  return list
end

---The texts of the steps of an instance, by job and id; nil when the composition refuses it.
local function texts_of(instance)
  local aside, texts = diagnostic.collector(), {}
  local jobs = bind({ instance }, aside)
  if #aside.errors > 0 then return nil end
  for _, job in ipairs(jobs) do
    texts[job.name] = {}
    for _, step in ipairs(job.steps) do texts[job.name][step.id] = json.encode(step, { canonical = true }) end
  end
  return texts
end

local function with(instance, name, v)
  local other = {}
  for key, item in next, instance do other[key] = item end
  other.parameters = value.clone(instance.parameters)
  other.parameters[name] = v ~= nothing and v or nil
  if v == false then other.parameters[name] = false end
  return other
end

---@class Influence
---@field steps table<string, table<string, string[]>> names of parameters by job and step id
---@field unknown table<string, boolean> parameters of which the composition accepted no other value

---@param instance table
---@return Influence
function M.of(instance)
  local base, found, unknown = texts_of(instance), {}, {}
  for job, steps in sorted.pairs(base or {}) do
    found[job] = {}
    for id in sorted.pairs(steps) do found[job][id] = {} end
  end
  for name, v in sorted.pairs(base and instance.parameters or {}) do
    local noted = {}
    unknown[name] = true
    for _, alternative in ipairs(alternatives(v, property_of(instance, name))) do
      local texts = texts_of(with(instance, name, alternative))
      if texts then unknown[name] = nil end
      for job, steps in sorted.pairs(texts and base or {}) do
        for id, text in sorted.pairs(steps) do
          local key = job .. "\0" .. id
          if not noted[key] and (texts[job] or {})[id] ~= text then
            noted[key] = true
            table.insert(found[job][id], name)
          end
        end
      end
    end
  end
  return { steps = found, unknown = unknown }
end

return M
