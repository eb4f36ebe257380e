-- The jobs of a plan with the status they have in an execution.
local M = {}

---@class PlanJobView
---@field id string
---@field component string
---@field environment string
---@field short string
---@field status string
---@field dependsOn integer

---@class JobsView
---@field planName string
---@field planId string   first 7 hex digits
---@field jobs PlanJobView[]  in plan order
---@field tree {component: string, environments: {environment: string, jobs: PlanJobView[]}[]}[]

---Name of a job without the part that repeats its composition: `deploy-terraform` of `terraform` is `deploy`.
---@param name string
---@param composition? string
---@return string
function M.short(name, composition)
  if not composition or composition == "" then return name end
  local parts = {}
  for part in composition:gmatch("[^-]+") do parts[#parts + 1] = part end
  for count = #parts, 1, -1 do
    local suffix = "-" .. table.concat(parts, "-", 1, count)
    if #name > #suffix and name:sub(-#suffix) == suffix then return name:sub(1, -#suffix - 1) end
  end
  return name
end

local function sorted_by(list, key)
  table.sort(list, function(a, b) return a[key] < b[key] end)
  return list
end

local function tree(jobs)
  local components, by_name = {}, {}
  for _, job in ipairs(jobs) do
    local component = by_name[job.component]
    if not component then
      component = { component = job.component, environments = {}, by_name = {} }
      by_name[job.component], components[#components + 1] = component, component
    end
    local environment = component.by_name[job.environment]
    if not environment then
      environment = { environment = job.environment, jobs = {} }
      component.by_name[job.environment] = environment
      component.environments[#component.environments + 1] = environment
    end
    environment.jobs[#environment.jobs + 1] = job
  end
  for _, component in ipairs(components) do
    component.by_name = nil
    sorted_by(component.environments, "environment")
  end
  return sorted_by(components, "component")
end

---@param plan table
---@param statuses table<string, string> by job id
---@param components? table<string, boolean> the ones to show; nil: all
---@return JobsView
function M.view(plan, statuses, components)
  local jobs = {}
  for _, job in ipairs(plan.jobs) do
    if not components or components[job.component] then
      jobs[#jobs + 1] = {
        id = job.id, component = job.component, environment = job.environment, composition = job.composition,
        short = M.short(job.name or job.id, job.composition), status = statuses[job.id] or "pending",
        dependsOn = #(job.dependsOn or {}),
      }
    end
  end
  local checksum = (plan.metadata.checksum or ""):gsub("^sha256%-", "")
  return { planName = plan.metadata.name or "", planId = checksum:sub(1, 7), jobs = jobs, tree = tree(jobs) }
end

return M
