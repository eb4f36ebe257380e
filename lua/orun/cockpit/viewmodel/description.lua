-- One plan, job or execution with everything about it.
local graph = require "orun.cockpit.viewmodel.graph"
local identity = require "orun.plan.identity"
local job_view = require "orun.cockpit.viewmodel.job"
local run_view = require "orun.cockpit.viewmodel.run"
local scalar = require "orun.cockpit.viewmodel.scalar"
local sorted = require "orun.util.sorted"

local M = {}

---@class Field
---@field [1] string label
---@field [2] string text

-- Fields that have a text, in order.
local function fields(list)
  local out = {}
  for _, field in ipairs(list) do
    if field[2] ~= nil and field[2] ~= "" then out[#out + 1] = { field[1], tostring(field[2]) } end
  end
  return out
end

local function instant(seconds)
  return seconds and os.date("!%Y-%m-%dT%H:%M:%SZ", math.floor(seconds)) or nil
end

---------------------------------------------------------------------------------------------------
-- Plans

---@class PlanDescription
---@field name string
---@field fields Field[]
---@field sources {name: string, kind: string, details: Field[]}[]
---@field jobs {id: string, steps: integer, dependsOn: string[], details: Field[]}[] in plan order

local function job_details(job)
  local gates = {}
  for i, gate in ipairs(job.gates or {}) do gates[i] = ("%s %s"):format(tostring(gate.type), tostring(gate.environment)) end
  return fields {
    { "profile", job.profile }, { "runs on", job.runsOn }, { "path", job.path }, { "timeout", job.timeout }, { "retries", job.retries },
    { "gates", table.concat(gates, ", ") }, { "advisory", table.concat(job.advisoryDependsOn or {}, ", ") },
    { "outputs", table.concat(job.outputs or {}, ", ") },
  }
end

local function source_details(source)
  return fields {
    { "from", source.ref or source.path }, { "digest", source.resolvedDigest }, { "exports", table.concat(source.exports or {}, ", ") },
  }
end

---@param plan table
---@param modified? integer time of its file, for plans that do not say when they were made
---@param wide? boolean with the details of jobs and sources
---@return PlanDescription
function M.plan(plan, modified, wide)
  local metadata, execution = plan.metadata, plan.execution
  local view = { name = metadata.name or "", sources = {}, jobs = {} }
  view.fields = fields {
    { "Plan ID", metadata.checksum and identity.short(metadata.checksum) }, { "Description", metadata.description },
    { "Generated", metadata.generatedAt or instant(modified) }, { "Checksum", metadata.checksum },
    { "Scope", metadata.scope and metadata.scope.components and table.concat(metadata.scope.components, ", ") },
    { "Trigger", metadata.trigger and table.concat(metadata.trigger.matchedBindings or {}, ", ") },
    { "Concurrency", execution.concurrency }, { "Fail Fast", execution.failFast }, { "Jobs", #plan.jobs },
  }
  for i, source in ipairs(plan.spec.compositionSources or {}) do
    view.sources[i] = { name = tostring(source.name), kind = tostring(source.kind), details = wide and source_details(source) or {} }
  end
  for i, job in ipairs(plan.jobs) do
    view.jobs[i] = { id = job.id, steps = #job.steps, dependsOn = job.dependsOn or {}, details = wide and job_details(job) or {} }
  end
  return view
end

---------------------------------------------------------------------------------------------------
-- Jobs

---@class JobDescription
---@field id string
---@field fields Field[]
---@field maps {[1]: string, [2]: Field[]}[]   env, labels, parameters
---@field steps GraphStep[]
---@field stepDetails Field[][]  of each step; empty unless asked for
---@field execId? string
---@field state? JobView     how it went in that execution

local function map_fields(map)
  local out = {}
  for key, v in sorted.pairs(map or {}) do out[#out + 1] = { key, scalar.text(v) } end
  return out
end

-- Records of other versions write ids with dots.
local function state_of(run, id)
  for _, job in ipairs(run and run.jobs or {}) do
    if job.id == id or job.id == identity.dotted(id) then return job end
  end
end

local function step_details(step)
  local list = fields {
    { "shell", step.shell }, { "directory", step["working-directory"] }, { "timeout", step.timeout }, { "retry", step.retry },
    { "on failure", step.onFailure },
  }
  for _, name in ipairs { "with", "env" } do
    for _, field in ipairs(map_fields(step[name])) do list[#list + 1] = { name .. " " .. field[1], field[2] } end
  end
  return list
end

---@param plan table
---@param job table
---@param run? RunView the latest execution
---@param wide? boolean with the details of the steps
---@return JobDescription
function M.job(plan, job, run, wide)
  local single = graph.view { metadata = plan.metadata, jobs = { job } }
  local shown = single.components[1].environments[1].jobs[1]
  local state = state_of(run, job.id)
  local mode = shown.mode and ("%s (%s)"):format(shown.mode, shown.modeTrigger or shown.modeSource or "default")
  local maps = {}
  for _, name in ipairs { "env", "labels", "parameters" } do
    local list = map_fields(job[name])
    if #list > 0 then maps[#maps + 1] = { name:sub(1, 1):upper() .. name:sub(2), list } end
  end
  local details = {}
  for i, step in ipairs(job.steps) do details[i] = wide and step_details(step) or {} end
  return {
    id = job.id, stepDetails = details,
    fields = fields {
      { "Component", job.component }, { "Environment", job.environment }, { "Composition", job.composition }, { "Profile", job.profile },
      { "Runs on", job.runsOn }, { "Path", job.path }, { "Timeout", job.timeout }, { "Retries", job.retries or 0 },
      { "Dependencies", table.concat(shown.dependsOn, ", ") }, { "Advisory", table.concat(shown.advisory, ", ") },
      { "Mode", mode }, { "Gates", table.concat(shown.gates, ", ") }, { "Outputs", table.concat(job.outputs or {}, ", ") },
    },
    maps = maps, steps = shown.steps, execId = state and run.execId, state = state,
  }
end

---------------------------------------------------------------------------------------------------
-- Executions

---@class RunDescription
---@field view RunView
---@field fields Field[]
---@field jobs JobView[] in plan order

-- Jobs as the plan has them; those it does not know come last.
local function in_plan_order(jobs, plan)
  local positions = {}
  for i, job in ipairs(plan and plan.jobs or {}) do
    if type(job) == "table" and job.id then positions[job.id] = i end
  end
  local list = table.move(jobs, 1, #jobs, 1, {})
  table.sort(list, function(a, b)
    local x, y = positions[a.id] or math.huge, positions[b.id] or math.huge
    if x ~= y then return x < y end
    return job_view.key(a) < job_view.key(b)
  end)
  return list
end

---@param record ShownRecord
---@param wide? boolean says where the record is kept, too
---@return RunDescription
function M.run(record, wide)
  local view, metadata = run_view.view(record), record.meta or {}
  local plan = view.planId and ("%s (%s)"):format(view.planName, view.planId) or view.planName
  return {
    view = view,
    fields = fields {
      { "Run", view.execId }, { "Plan", plan }, { "Started", instant(view.startedAt) }, { "Finished", instant(view.finishedAt) },
      { "Trigger", view.trigger }, { "User", metadata.user }, { "Dry run", view.dryRun and "yes" or nil },
      { "Runner", record.fold and record.fold.runner }, { "Record", wide and record.dir or nil },
    },
    jobs = in_plan_order(view.jobs, record.plan),
  }
end

return M
