-- A dry run: the selected jobs in the order they would start, with where and how often their steps would run. Touches nothing.
local directory = require "orun.run.directory"
local folds = require "orun.state.fold"
local gates = require "orun.run.gate"
local identity = require "orun.plan.identity"
local log = require "orun.state.log"
local snapshot = require "orun.state.snapshot"
local sorted = require "orun.util.sorted"
local step = require "orun.run.step"
local system = require "host.system"

local M = {}

local function steps_of(job, job_directory)
  local ids, steps = log.step_ids(job), {}
  for i, planned in ipairs(job.steps or {}) do
    steps[i] = {
      step = ids[i], phase = planned.phase or "main", run = planned.run, use = planned.use, shell = planned.shell,
      directory = directory.step(job_directory, planned), attempts = step.attempts(job, planned), timeout = planned.timeout or job.timeout,
    }
  end
  return steps
end

local function gates_of(job)
  local ids = {}
  for i, gate in ipairs(job.gates or {}) do ids[i] = gates.id(gate) end
  return ids
end

local function names(jobs, field)
  local found = {}
  for _, job in ipairs(jobs) do
    if job[field] then found[job[field]] = true end
  end
  return sorted.keys(found)
end

---@param options RunOptions
---@param selected table[]
---@param order string[] start order of all jobs
---@param counts RunCounts
---@return RunResult
function M.run(options, selected, order, counts)
  local metadata = options.plan.metadata or {}
  local plan_id = identity.short(metadata.checksum or "") or ""
  local wanted, emit = {}, options.on_event or function() end
  for _, job in ipairs(selected) do wanted[job.id] = job end
  emit {
    type = "run.started", dryRun = true, planId = plan_id, planName = metadata.name or "", jobs = selected,
    components = names(selected, "component"), environments = names(selected, "environment"),
    concurrency = 1, runner = options.runner or "local",
  }
  for _, id in ipairs(order) do
    local job = wanted[id]
    if job then
      local job_directory = directory.job(options.root, job, options.workdir)
      emit { type = "job.preview", job = id, directory = job_directory, steps = steps_of(job, job_directory), gates = gates_of(job) }
    end
  end
  emit { type = "run.finished", status = "preview", dryRun = true, counts = counts, seconds = 0, links = {} }
  local nothing, id = folds.new(), options.exec_id or ""
  nothing.status = "completed"
  local meta = snapshot.metadata(nothing, {
    execId = id, planId = plan_id, planName = metadata.name or "", user = system.user(), jobTotal = #selected, dryRun = true,
  })
  return { status = "preview", exit = 0, execId = id, counts = counts, meta = meta, state = snapshot.state(nothing, id) }
end

return M
