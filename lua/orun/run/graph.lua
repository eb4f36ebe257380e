-- The dependency graph of a plan, checked before anything runs.
local dag = require "host.dag"
local diagnostic = require "orun.diagnostic"

local M = {}

local none = {}

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

-- Differences below this many seconds are noise, and must not change the order of a plan's jobs from run to run.
local grain = 0.1

-- The longest way to the end goes first. A job that never ran is taken for an average one.
local function weigh(graph, jobs, seconds)
  local sum, known = 0, 0
  for _, job in ipairs(jobs) do
    local took = seconds[job.id]
    if took then sum, known = sum + took, known + 1 end
  end
  if known == 0 then return end
  local weights = {}
  for _, job in ipairs(jobs) do weights[job.id] = (seconds[job.id] or sum / known) // grain * grain end
  graph:weigh(weights)
end

---The graph of the selected jobs alone. Jobs start in the order of their ids, unless it is known how long they take.
---@param jobs table[]
---@param seconds? table<string, number> how long jobs took, by id
---@return Dag graph
---@return table<string, string[]> outside dependencies that were not selected, by job id
function M.of(jobs, seconds)
  local wanted, outside = {}, {}
  for _, job in ipairs(jobs) do wanted[job.id] = true end
  local graph = build(jobs)
  for _, job in ipairs(jobs) do
    for _, dependency in ipairs(job.dependsOn or none) do
      if wanted[dependency] then
        graph:depend(job.id, dependency)
      else
        outside[job.id] = outside[job.id] or {}
        table.insert(outside[job.id], dependency)
      end
    end
  end
  if seconds then weigh(graph, jobs, seconds) end
  return graph, outside
end

return M
