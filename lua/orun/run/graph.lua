-- The dependency graph of a plan, checked before anything runs.
local dag = require "host.dag"
local diagnostic = require "orun.diagnostic"

local M = {}

local function build(jobs)
  local graph = dag.new()
  for _, job in ipairs(jobs) do
    graph:add(job.id, job.component or job.id)
  end
  return graph
end

---Start order of all jobs of a plan; an unknown dependency or a cycle is an error.
---@param plan table
---@return string[] ids
function M.order(plan)
  local graph = build(plan.jobs)
  for _, job in ipairs(plan.jobs) do
    for _, dependency in ipairs(job.dependsOn or {}) do
      if not graph:depend(job.id, dependency) then
        diagnostic.raise {
          kind = "run.unknown-dependency",
          message = ("job %s depends on unknown job %s"):format(job.id, dependency),
        }
      end
    end
  end
  local ids, cycle = graph:order()
  if ids then return ids end
  diagnostic.raise {
    kind = "run.cycle",
    message = "the jobs of this plan depend on each other in a circle: " .. table.concat(cycle, " → "),
  }
end

---The graph of the selected jobs alone.
---@param jobs table[]
---@return Dag graph
---@return table<string, string[]> outside dependencies that were not selected, by job id
function M.of(jobs)
  local wanted, outside = {}, {}
  for _, job in ipairs(jobs) do wanted[job.id] = true end
  local graph = build(jobs)
  for _, job in ipairs(jobs) do
    for _, dependency in ipairs(job.dependsOn or {}) do
      if wanted[dependency] then
        graph:depend(job.id, dependency)
      else
        outside[job.id] = outside[job.id] or {}
        table.insert(outside[job.id], dependency)
      end
    end
  end
  return graph, outside
end

return M
