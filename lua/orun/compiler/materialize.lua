-- Stage 6: the plan document, its checksum and its bytes.
local checksum = require "orun.plan.checksum"
local diagnostic = require "orun.diagnostic"
local document = require "orun.plan.document"
local identity = require "orun.plan.identity"
local json = require "host.json"
local value = require "host.value"

---The instant of SOURCE_DATE_EPOCH as RFC 3339, nil when it is not set.
local function generated_at(epoch)
  if not epoch or epoch == "" then return nil end
  local seconds = math.tointeger(tonumber(epoch))
  if not seconds or seconds < 0 or not tostring(epoch):find("^%d+$") then
    diagnostic.raise { kind = "plan.source-date-epoch", message = ('SOURCE_DATE_EPOCH is "%s", must be a number of seconds'):format(epoch) }
  end
  return tostring(value.time(seconds))
end

local function make_job(job)
  local out = document.make("job", job)
  if out.gates then
    out.gates = value.list {}
    for i, gate in ipairs(job.gates) do out.gates[i] = document.make("gate", gate) end
  end
  return out
end

local function make_sources(registry)
  local sources = value.list {}
  for i, source in ipairs(registry.sources) do
    sources[i] = document.make("source", {
      name = source.name, kind = source.kind, ref = source.ref, path = source.path, resolvedDigest = source.resolvedDigest,
      exports = value.list(source.exports),
    })
  end
  return sources
end

local function make_metadata(model, options)
  local trigger, scope = options.trigger, options.scope
  return document.make("metadata", {
    name = model.metadata.name or "", description = model.metadata.description, namespace = model.metadata.namespace,
    generatedAt = generated_at(options.source_date_epoch or os.getenv "SOURCE_DATE_EPOCH"),
    trigger = trigger and document.make("trigger", trigger),
    scope = scope and document.make("scope", {
      detectedComponent = scope.detectedComponent, components = value.list(scope.components),
    }),
  })
end

---Adds what follows from names.
local function name_jobs(jobs)
  for _, job in ipairs(jobs) do
    job.displayName = identity.display(job.name)
    job.checkName = identity.check(job.component, job.environment, job.name)
  end
end

---Encoding fails for values that JSON does not know, which only a parameter or a step can bring in.
local function fail(reason)
  reason = tostring(reason):gsub("^[^:\n]+:%d+: ", "")
  diagnostic.raise { kind = "plan.unencodable", message = "the plan cannot be written: " .. reason }
end

local M = {}

---@class MaterializeOptions
---@field scope? {detectedComponent: string, components: string[]}
---@field trigger? table
---@field source_date_epoch? string|integer

---@param jobs table[] in plan order, from resolve
---@param model table
---@param registry Registry
---@param options? MaterializeOptions
---@return table plan
---@return JsonDraft encoded its JSON form
function M.plan(jobs, model, registry, options)
  local list = value.list {}
  for i, job in ipairs(jobs) do list[i] = make_job(job) end
  local plan = document.make("plan", {
    apiVersion = document.api_version, kind = document.kind, metadata = make_metadata(model, options or {}),
    execution = document.make("execution", { concurrency = 4, failFast = true }),
    spec = document.make("spec", { jobBindings = registry.bindings, compositionSources = make_sources(registry) }),
    jobs = list,
  })
  name_jobs(plan.jobs)
  local ok, encoded = pcall(checksum.seal, plan)
  if not ok then fail(encoded) end
  return plan, encoded
end

-- Whether everything that jobs bring into the plan can be written. Jobs share much of it, which is looked at once.
local function all_encodable(jobs)
  local keys, known = document.keys "job", {}
  for _, job in ipairs(jobs) do
    for _, key in ipairs(keys) do
      local v = job[key]
      if v ~= nil and type(v) ~= "string" and not known[v] then
        if not json.encodable(v) then return false end
        known[v] = true
      end
    end
  end
  return true
end

---Raises what making the plan would raise, without making it.
---@param jobs table[] in plan order, from resolve
---@param model table
---@param registry Registry
---@param options? MaterializeOptions
function M.check(jobs, model, registry, options)
  local rest = value.list { make_metadata(model, options or {}), registry.bindings, make_sources(registry) }
  -- The encoder knows where in the plan a value stands.
  if not (json.encodable(rest) and all_encodable(jobs)) then M.plan(jobs, model, registry, options) end
end

return M
