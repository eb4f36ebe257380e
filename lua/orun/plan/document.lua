-- The shape of plan.json: which keys every object has, in which order, and its two text forms.
local json = require "host.json"
local value = require "host.value"

local M = {}

M.api_version = "orun.io/v1"
M.kind = "Plan"

---@param spec string keys in order; a trailing `!` marks one that is written even when empty
---@return {keys: string[]; shape: fun(t: table): table; make: fun(t: table): table}
local function object(spec)
  local keys, required = {}, {}
  for key, mark in spec:gmatch("([%w-]+)(!?)") do
    keys[#keys + 1] = key
    required[key] = mark == "!" or nil
  end
  return { keys = keys, shape = value.shape(keys), make = value.form(keys, required) }
end

local objects = {
  plan = object "apiVersion! kind! metadata! execution! spec! jobs!",
  metadata = object "name! description namespace generatedAt checksum scope trigger workDir",
  scope = object "detectedComponent! components!",
  trigger = object "mode! provider event action matchedBindings! activeEnvironments! scope! base head",
  execution = object "concurrency failFast! stateFile",
  spec = object "jobBindings compositionSources",
  source = object "name! kind! ref path resolvedDigest! exports",
  job = object [[id! uid displayName checkName name! component! environment! composition profile profileSource
    profileRuleTriggerRef jobRegistry job runsOn path steps! dependsOn advisoryDependsOn dependencyMode dependencySource
    dependencyRuleTriggerRef gates timeout retries outputs env labels parameters]],
  step = object "id name phase order run use with env shell working-directory timeout retry onFailure",
  gate = object "type! environment! component! condition! match source",
}

---Makes one object of the plan: known keys in their order, empty optional ones left out.
---@param name "plan"|"metadata"|"scope"|"trigger"|"execution"|"spec"|"source"|"job"|"step"|"gate"
---@param fields table
---@return table
function M.make(name, fields)
  return objects[name].make(fields)
end

---Keys of one object of the plan, in their order.
---@param name "plan"|"metadata"|"scope"|"trigger"|"execution"|"spec"|"source"|"job"|"step"|"gate"
---@return string[]
function M.keys(name)
  return objects[name].keys
end

---Gives a decoded object (with keys of later versions, if any) the key order of its kind, in place.
local function order(name, t)
  if type(t) == "table" and not value.is_list(t) then objects[name].shape(t) end
  return t
end

local function order_all(name, list)
  if type(list) ~= "table" then return end
  for _, item in ipairs(list) do order(name, item) end
end

---Gives a plan read from a file the key orders of a fresh one, in place.
---@param plan table
---@return table plan
function M.arrange(plan)
  order("plan", plan)
  local metadata = order("metadata", plan.metadata)
  if type(metadata) == "table" then
    order("scope", metadata.scope)
    order("trigger", metadata.trigger)
  end
  order("execution", plan.execution)
  local spec = order("spec", plan.spec)
  if type(spec) == "table" then order_all("source", spec.compositionSources) end
  order_all("job", plan.jobs)
  for _, job in ipairs(type(plan.jobs) == "table" and plan.jobs or {}) do
    if type(job) == "table" then
      order_all("step", job.steps)
      order_all("gate", job.gates)
    end
  end
  return plan
end

---A copy of one object without some of its keys, in the same key order; the object itself when it has none of them.
---@param t table
---@param drop table<string, boolean>
---@return table
local function without(t, drop)
  local has = false
  for key in next, drop do has = has or t[key] ~= nil end
  if not has then return t end
  local out = {}
  for key, v in next, t do
    if not drop[key] then out[key] = v end
  end
  return setmetatable(out, getmetatable(t))
end

---A plan without some keys of its metadata, its spec and its jobs. It shares what it leaves alone.
---@param plan table
---@param drop {metadata: table<string, boolean>, spec: table<string, boolean>, job: table<string, boolean>}
---@return table
function M.reduce(plan, drop)
  local out = without(plan, { metadata = true, spec = true, jobs = true })
  out.metadata = without(plan.metadata or {}, drop.metadata)
  out.spec = without(plan.spec or {}, drop.spec)
  local jobs = value.list {}
  for i, job in ipairs(plan.jobs or {}) do jobs[i] = without(job, drop.job) end
  out.jobs = jobs
  return out
end

---The JSON form of a plan while some of its texts are not known yet. Raises what host.json raises when a value cannot be written.
---@param plan table
---@param omit table what the digest leaves out, as json.draft takes it
---@return JsonDraft
function M.draft(plan, omit)
  return json.draft(plan, { indent = 2, omit = omit })
end

---The bytes of a plan file. Raises what host.json raises when a value cannot be written.
---@param plan table
---@param format? "json"|"yaml"
---@return string
function M.encode(plan, format)
  if format ~= "yaml" then return json.encode(plan, { indent = 2 }) end
  if next(plan.spec or {}) == nil then plan = without(plan, { spec = true }) end
  return require("host.yaml").encode(plan)
end

return M
