-- A plan as a graph to look at: components, their environments, their jobs with what these wait for and their steps.
local jobs_view = require "orun.cockpit.viewmodel.jobs"

local M = {}

---@class GraphStep
---@field name string
---@field phase string
---@field run? string
---@field use? string

---@class GraphJob
---@field id string
---@field name string
---@field label string        the profile without its type, else the job's name without its composition's
---@field component string
---@field environment string
---@field registry? string
---@field job? string
---@field timeout? string
---@field retries integer
---@field dependsOn string[]  sorted
---@field advisory string[]   sorted
---@field mode? string        only when dependencies are not enforced
---@field modeSource? string
---@field modeTrigger? string
---@field gates string[]
---@field steps GraphStep[]

---@class GraphEnvironment
---@field name string
---@field profile? string
---@field profileTrigger? string
---@field mode? string
---@field modeSource? string
---@field modeTrigger? string
---@field jobs GraphJob[]

---@class GraphComponent
---@field name string
---@field composition? string
---@field environments GraphEnvironment[]

---@class GraphView
---@field name string
---@field jobs integer
---@field components GraphComponent[]

local function filled(text)
  return type(text) == "string" and text ~= "" and text or nil
end

local function sorted_copy(list)
  local out = table.move(list or {}, 1, #(list or {}), 1, {})
  table.sort(out)
  return out
end

local function steps_of(job)
  local steps = {}
  for i, step in ipairs(job.steps) do
    steps[i] = {
      name = filled(step.name) or filled(step.id) or "step-" .. i, phase = filled(step.phase) or "main",
      run = filled(step.run), use = filled(step.use),
    }
  end
  return steps
end

-- A gate by what it waits for: an environment, or somebody's word.
local function gates_of(job)
  local out = {}
  for i, gate in ipairs(job.gates or {}) do
    out[i] = ("%s %s"):format(tostring(gate.type):gsub("^environment%-", ""), tostring(gate.environment))
  end
  return out
end

local function job_of(job)
  local mode = filled(job.dependencyMode)
  if mode == "enforced" then mode = nil end
  local name = filled(job.name) or job.id
  return {
    id = job.id, name = name, label = (filled(job.profile) or ""):match("^[^.]*%.(.+)$") or jobs_view.short(name, job.composition),
    component = job.component, environment = job.environment, registry = filled(job.jobRegistry), job = filled(job.job),
    timeout = filled(job.timeout), retries = math.tointeger(job.retries) or 0, dependsOn = sorted_copy(job.dependsOn),
    advisory = sorted_copy(job.advisoryDependsOn), mode = mode, modeSource = mode and filled(job.dependencySource),
    modeTrigger = mode and filled(job.dependencyRuleTriggerRef), gates = gates_of(job), steps = steps_of(job),
  }
end

-- Several jobs of one profile are told apart by their names.
local function tell_apart(jobs, composition)
  local count = {}
  for _, job in ipairs(jobs) do count[job.label] = (count[job.label] or 0) + 1 end
  for _, job in ipairs(jobs) do
    local short = jobs_view.short(job.name, composition)
    if count[job.label] > 1 and short ~= job.label then job.label = job.label .. "/" .. short end
  end
end

-- What the first job says about its environment holds for all of them.
local function environment_of(name, raw)
  local first = raw[1]
  local environment = { name = name, profile = filled(first.profile), profileTrigger = filled(first.profileRuleTriggerRef), jobs = {} }
  for i, job in ipairs(raw) do environment.jobs[i] = job_of(job) end
  local shown = environment.jobs[1]
  environment.mode, environment.modeSource, environment.modeTrigger = shown.mode, shown.modeSource, shown.modeTrigger
  tell_apart(environment.jobs, first.composition)
  return environment
end

---@param plan table
---@return GraphView
function M.view(plan)
  local ordered = table.move(plan.jobs, 1, #plan.jobs, 1, {})
  table.sort(ordered, function(a, b)
    if a.component ~= b.component then return a.component < b.component end
    if a.environment ~= b.environment then return a.environment < b.environment end
    if (a.name or "") ~= (b.name or "") then return (a.name or "") < (b.name or "") end
    return a.id < b.id
  end)
  local components, i = {}, 1
  while ordered[i] do
    local first, raw = ordered[i], {}
    while ordered[i] and ordered[i].component == first.component and ordered[i].environment == first.environment do
      raw[#raw + 1] = ordered[i]
      i = i + 1
    end
    local component = components[#components]
    if not component or component.name ~= first.component then
      component = { name = first.component, composition = filled(first.composition), environments = {} }
      components[#components + 1] = component
    end
    component.environments[#component.environments + 1] = environment_of(first.environment, raw)
  end
  return { name = plan.metadata.name or "", jobs = #ordered, components = components }
end

---All jobs of a view by id.
---@param view GraphView
---@return GraphJob[]
function M.jobs(view)
  local jobs = {}
  for _, component in ipairs(view.components) do
    for _, environment in ipairs(component.environments) do table.move(environment.jobs, 1, #environment.jobs, #jobs + 1, jobs) end
  end
  table.sort(jobs, function(a, b) return a.id < b.id end)
  return jobs
end

return M
