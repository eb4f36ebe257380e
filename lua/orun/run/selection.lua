-- Which jobs of a plan a run is about. Filters use the same patterns as planning; `--job` names one job.
local diagnostic = require "orun.diagnostic"
local identity = require "orun.plan.identity"
local pattern = require "orun.util.pattern"

local M = {}

---@class RunFilter
---@field environments? string[] patterns
---@field components? string[]   patterns
---@field job? string            id, dotted id or unique prefix

---@param plan table
---@param filter RunFilter
---@return table[] jobs in plan order
function M.filter(plan, filter)
  local jobs = {}
  for _, job in ipairs(plan.jobs) do
    if (not filter.environments or pattern.any(filter.environments, job.environment or ""))
      and (not filter.components or pattern.any(filter.components, job.component or "")) then
      jobs[#jobs + 1] = job
    end
  end
  return jobs
end

local shown = 10

local function raise_ambiguous(text, candidates)
  local names = table.concat(candidates, ", ", 1, math.min(#candidates, shown))
  if #candidates > shown then names = names .. (" and %d more"):format(#candidates - shown) end
  diagnostic.raise { kind = "run.ambiguous-job", message = ("--job %s matches several jobs: %s"):format(text, names) }
end

---The job that `text` means among `jobs`.
---@param jobs table[]
---@param text string
---@return table job
function M.one(jobs, text)
  local ids, by_id = {}, {}
  for i, job in ipairs(jobs) do ids[i], by_id[job.id] = job.id, job end
  local id, candidates = identity.match(ids, text)
  if id then return by_id[id] end
  if candidates and #candidates > 0 then raise_ambiguous(text, candidates) end
  diagnostic.raise {
    kind = "run.unknown-job",
    message = ("job not found: %s"):format(text),
    hint = require("orun.util.suggestion").hint(text, ids) or "`orun get jobs` lists the jobs of a plan",
  }
end

---@param plan table
---@param filter RunFilter
---@return table[] jobs in plan order
function M.select(plan, filter)
  local jobs = M.filter(plan, filter)
  if filter.job then return { M.one(jobs, filter.job) } end
  return jobs
end

return M
