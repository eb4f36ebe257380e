-- Which jobs of a plan a run is about. Filters use the same patterns as planning; `--job` names one job.
local diagnostic = require "orun.diagnostic"
local identity = require "orun.plan.identity"
local pattern = require "orun.util.pattern"
local selection = require "orun.intent.selection"
local sorted = require "orun.util.sorted"
local suggestion = require "orun.util.suggestion"

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

local function mismatch(field, texts, known)
  local hint = suggestion.hint(texts[1], known)
  return {
    kind = "run.nothing-selected", message = ("no job of this plan matches %s %s"):format(field, table.concat(texts, ", ")),
    hint = (hint and hint .. " " or "") .. "`orun get jobs` lists them",
  }
end

local function check_field(plan, field, patterns, scoped, report)
  local names = {}
  for _, job in ipairs(plan.jobs) do names[job[field] or ""] = true end
  local known = sorted.keys(names)
  local plain, wildcards = selection.unmatched(patterns, known)
  if #plain + #wildcards == #patterns then diagnostic.raise(mismatch(field, patterns, known)) end
  if scoped then return end
  if #plain > 0 then diagnostic.raise(mismatch(field, plain, known)) end
  for _, text in ipairs(wildcards) do report:warn(mismatch(field, { text }, known)) end
end

---Raises for patterns that no job of a plan matches: a plain name is a slip even when others match, a wildcard only when nothing else
---does (a warning otherwise).
---@param plan table
---@param filter RunFilter
---@param scoped boolean the components are those of the working directory, not all of which the plan need have
---@param report table
function M.check(plan, filter, scoped, report)
  if filter.environments then check_field(plan, "environment", filter.environments, false, report) end
  if filter.components then check_field(plan, "component", filter.components, scoped, report) end
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
    hint = suggestion.hint(text, ids) or "`orun get jobs` lists the jobs of a plan",
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
