-- Which parameters matter to which steps, whatever language they are written in: each parameter is taken away or changed, the jobs are made
-- again, and what comes out differently depends on it.
local bind = require "orun.compiler.bind"
local diagnostic = require "orun.diagnostic"
local json = require "host.json"
local sorted = require "orun.util.sorted"
local value = require "host.value"

local M = {}

local nothing = {}

---Other values than the one that a parameter has; the first that the composition accepts is enough.
local function alternatives(v)
  local kind = value.kind(v)
  if kind == "string" then return { nothing, v .. "-other", "" } end
  if kind == "integer" then return { nothing, v + 1, v - 1 } end
  if kind == "boolean" then return { not v, nothing } end
  if kind == "list" then return { nothing, value.list {} } end
  return { nothing, {} }
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

---@param instance table
---@return table<string, table<string, string[]>> names of parameters by job and step id
function M.of(instance)
  local base, found = texts_of(instance), {}
  for job, steps in sorted.pairs(base or {}) do
    found[job] = {}
    for id in sorted.pairs(steps) do found[job][id] = {} end
  end
  for name, v in sorted.pairs(base and instance.parameters or {}) do
    local noted = {}
    for _, alternative in ipairs(alternatives(v)) do
      local texts = texts_of(with(instance, name, alternative))
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
  return found
end

return M
