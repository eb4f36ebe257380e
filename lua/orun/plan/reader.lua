-- Reads a plan file, JSON or YAML, and checks that it is what was compiled.
local checksum = require "orun.plan.checksum"
local diagnostic = require "orun.diagnostic"
local document = require "orun.plan.document"
local fs = require "host.fs"
local identity = require "orun.plan.identity"
local json = require "host.json"
local value = require "host.value"

local M = {}

local function from_yaml(text, path)
  local yaml = require "host.yaml"
  local tree, err = yaml.read(text, path)
  if not tree then return nil, err end
  return tree:value(tree:root())
end

---YAML by its file name, everything else JSON and, should that fail, YAML: the error shown is the first one's.
local function decode(text, path)
  if path:find("%.ya?ml$") then return from_yaml(text, path) end
  local plan, err = json.decode(text, { name = path })
  if plan ~= nil then return plan end
  plan = from_yaml(text, path)
  if type(plan) == "table" then return plan end
  return nil, err
end

local function malformed(path, what)
  diagnostic.raise { kind = "plan.malformed", message = ("%s is not a plan: %s"):format(path, what), file = path }
end

local function is_map(v)
  return type(v) == "table" and not value.is_list(v)
end

local is_list, null = value.is_list, value.null

local function place(i)
  return ("jobs[%d]"):format(i - 1)
end

-- A list of a job, or nil.
local function check_list(job, key, i, path)
  local list = job[key]
  if list == null then
    job[key] = nil
  elseif list ~= nil and not is_list(list) then
    malformed(path, ("%s.%s is not a list"):format(place(i), key))
  end
end

---@param job any
---@param i integer
local function check_job(job, i, path)
  if type(job) ~= "table" or is_list(job) then malformed(path, place(i) .. " is not an object") end
  if type(job.id) ~= "string" then malformed(path, place(i) .. " has no id") end
  if type(job.component) ~= "string" then malformed(path, place(i) .. " has no component") end
  if type(job.environment) ~= "string" then malformed(path, place(i) .. " has no environment") end
  check_list(job, "steps", i, path)
  if job.dependsOn ~= nil then check_list(job, "dependsOn", i, path) end
  if job.advisoryDependsOn ~= nil then check_list(job, "advisoryDependsOn", i, path) end
  if job.gates ~= nil then check_list(job, "gates", i, path) end
  local steps = job.steps
  if not steps then
    job.steps = value.list {}
    return
  end
  for k = 1, #steps do
    local step = steps[k]
    if type(step) ~= "table" or is_list(step) then malformed(path, ("%s.steps[%d] is not an object"):format(place(i), k - 1)) end
  end
end

---Nulls where a list or an object belongs count as absent; what every reader relies on is filled in.
local function complete(plan, path)
  if not is_map(plan) then malformed(path, "it holds no object") end
  for _, key in ipairs { "metadata", "execution", "spec", "jobs" } do
    if plan[key] == value.null then plan[key] = nil end
  end
  plan.metadata, plan.execution, plan.spec = plan.metadata or {}, plan.execution or {}, plan.spec or {}
  for _, key in ipairs { "metadata", "execution", "spec" } do
    if not is_map(plan[key]) then malformed(path, key .. " is not an object") end
  end
  if type(plan.kind) == "string" and plan.kind ~= document.kind then
    malformed(path, ("it is of kind %s"):format(plan.kind))
  end
  if plan.jobs == nil and plan.apiVersion == nil then malformed(path, "it has neither apiVersion nor jobs") end
  plan.jobs = plan.jobs or value.list {}
  if not value.is_list(plan.jobs) then malformed(path, "jobs is not a list") end
  local known = {}
  for i, job in ipairs(plan.jobs) do
    check_job(job, i, path)
    local other = known[job.id]
    if other then malformed(path, ("%s and %s are both named %s"):format(place(other), place(i), job.id)) end
    known[job.id] = i
  end
end

local function settle(plan, computed)
  plan.metadata.checksum = computed
  for _, job in ipairs(plan.jobs) do
    job.uid = identity.uid(computed, job.id)
    job.name = job.name or job.job or select(3, identity.parse(job.id))
    job.displayName = job.displayName or job.name and identity.display(job.name)
    job.checkName = job.checkName or job.name and identity.check(job.component, job.environment, job.name)
  end
end

---Acts on the verdict. An intact plan keeps its own checksum, so that its id is the one people know.
local function verify(plan, path, allow_modified, report)
  local verdict, computed = checksum.verify(plan)
  if verdict == "modified" then
    local message = ("%s does not match its checksum: it was changed after it was compiled"):format(path)
    if not allow_modified then
      diagnostic.raise { kind = "plan.modified", message = message, file = path,
        hint = "compile it again with orun plan, or pass --allow-modified-plan to use it as it is" }
    end
    if report then report:warn { kind = "plan.modified", message = message, file = path } end
  elseif verdict == "former" then
    if report then
      report:warn { kind = "plan.former-checksum", file = path,
        message = ("%s has the checksum of an earlier version of orun, which leaves out its trigger and its sources"):format(path) }
    end
    if #plan.metadata.checksum ~= 12 then return end
  end
  if verdict ~= "intact" or plan.metadata.checksum ~= computed then settle(plan, computed) end
end

---Reads and verifies a plan. Whatever is wrong with it is raised as a Failure.
---@param path string
---@param options? {allow_modified?: boolean, unordered?: boolean}  unordered: a plan whose text is as it was written does without the key
---orders, since that text is what there is to copy
---@param report? table collector for warnings
---@return table plan with the key orders of orun.plan.document and a checksum
---@return string text of the file
function M.read(path, options, report)
  local text, message, errno = fs.read(path)
  if not text then
    diagnostic.raise { kind = "plan.unreadable", message = "cannot read the plan: " .. message, file = path, errno = errno }
  end
  local plan, err = decode(text, path)
  if plan == nil then
    diagnostic.raise { kind = "plan.syntax", message = ("%s is neither JSON nor YAML: %s"):format(path, err and err.message or "?"),
      file = path, line = err and err.line, column = err and err.column }
  end
  complete(plan, path)
  local sealed = checksum.is_sealed(text, plan)
  if not sealed or not (options and options.unordered) then document.arrange(plan) end
  if not sealed then verify(plan, path, options and options.allow_modified, report) end
  return plan, text
end

return M
