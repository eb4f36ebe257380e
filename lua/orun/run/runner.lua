-- Runs a plan: opens its execution record, schedules its jobs over the dependency graph, and tells subscribers what happens.
--
-- Events are plain tables given to `options.on_event`; `job` and `step` are ids:
--   run.started    execId planId planName jobs (list of plan jobs) components (sorted names) environments
--                  concurrency componentConcurrency (0: no limit) runner dir dryRun
--   job.started    job steps (count) directory attempt
--   job.cached     job                           completed in an earlier run, or meanwhile by another process
--   job.waiting    job reason final              another process runs it, or (final: nothing will start it) a dependency is not completed
--   job.blocked    job reason hint               a dependency failed, or a gate is not met
--   gate.answered  gate typed (somebody pressed Enter) by (who approved it elsewhere meanwhile)
--   job.preview    job directory steps[] gates[]  dry run only; gates by their ids
--   step.started   job step phase index count command use directory attempts timeout
--   step.output    job step line                 only with options.lines
--   step.retry     job step attempt attempts error log (absolute path, of the attempt that failed)
--   step.cached    job step phase index count
--   step.finished  job step phase status exit signal seconds error hint log (absolute path, absent when nothing was printed)
--                  links (label, url; what the step printed) tolerated (it failed, and its job goes on)
--   job.finished   job status ("completed", "failed", "cancelled") error hint seconds tolerated (failed steps that may fail)
--   warning        message
--   run.tick       once a second
--   run.finished   status counts seconds signal links cacheHits (steps that took something from a cache)
local diagnostic = require "orun.diagnostic"
local elsewhere = require "orun.run.elsewhere"
local execution = require "orun.state.execution"
local folds = require "orun.state.fold"
local graphs = require "orun.run.graph"
local jobs = require "orun.run.job"
local journal = require "orun.state.journal"
local loop = require "host.loop"
local session = require "orun.run.session"
local selection = require "orun.run.selection"
local termination = require "orun.util.termination"
local timing = require "orun.state.timing"

local M = {}

---@class RunOptions
---@field plan table
---@field store string        `.orun` directory
---@field root string         workspace directory (absolute)
---@field exec_id? string
---@field concurrency? integer       > 0 overrides the plan
---@field component_concurrency? integer  components in flight; 0 or less: no cap (default 1)
---@field job? string
---@field retry? boolean
---@field fail_fast? "yes"|"now"|"no"  after a failure: no further job starts; running ones are cancelled, too; all goes on that does not
---                                       depend on it. Default: what the plan says
---@field environments? string[]
---@field components? string[]
---@field dry_run? boolean
---@field runner? string      backend name (default "local")
---@field workdir? string     overrides the directory of every job
---@field approve? string[]   gates that are approved: ids, environments, or "all"
---@field ask? fun(gate: table, id: string): Process?  asks for an approval; the process prints the answer
---@field isolation? "auto"|"workspace"|"none"  whether jobs get trees of their own (default none); auto: when several run at once
---@field keep_workspaces? boolean  these trees stay
---@field pull? "missing"|"always"|"never"  when images are fetched
---@field pass_env? string[]  variables of orun's own environment for steps in containers
---@field lines? boolean      emit step.output
---@field signals? boolean    stop on SIGINT, SIGTERM and SIGHUP
---@field on_event? fun(event: table)
---@field plan_text? string|JsonDraft   bytes for manifest.json; default: the plan encoded again

---@class RunCounts
---@field selected integer
---@field completed integer
---@field failed integer
---@field cancelled integer
---@field cached integer
---@field blocked integer  a dependency failed, or a gate was not met
---@field waiting integer  never started

---@class RunResult
---@field status "completed"|"failed"|"preview"
---@field exit integer
---@field execId? string
---@field dir? string
---@field counts RunCounts
---@field signal? string
---@field workspaces? string where the trees of the jobs are, when they were kept
---@field meta table   shape of metadata.json
---@field state table  shape of state.json

local function new_counts(n)
  return { selected = n, completed = 0, failed = 0, cancelled = 0, cached = 0, blocked = 0, waiting = 0 }
end

-- Dependencies that are not selected must have completed before.
---@return string[]? ids
local function unmet(fold, outside)
  local missing
  for _, id in ipairs(outside or {}) do
    local state = fold.jobs[id]
    if not state or state.status ~= "completed" then
      missing = missing or {}
      missing[#missing + 1] = id
    end
  end
  return missing
end

local function mark_blocked(run, ids, reason, count, hint)
  for _, id in ipairs(ids) do
    run.counts[count] = run.counts[count] + 1
    run.unstarted[id] = nil
    run:record(count == "blocked" and "job.blocked" or "job.skipped", { job = id, reason = reason })
    run:emit(count == "blocked" and "job.blocked" or "job.waiting", { job = id, reason = reason, hint = hint, final = true })
  end
end

-- Takes note of a job that ended.
local function settle(run, ready, id, outcome)
  local status = outcome.status
  run.counts[status] = run.counts[status] + 1
  if status == "completed" then run.seconds[id] = outcome.seconds end
  local blocked = ready:finish(id, status == "completed" or status == "cached")
  if status == "failed" then
    run.first_failure = run.first_failure or id
    if run.fail_fast then
      run.stopping = true
      if run.fail_now then run:cancel_jobs() end
    else
      mark_blocked(run, blocked, ("%s failed"):format(id), "blocked")
    end
  end
  run:refresh_snapshot()
end

local function start(run, ended, id)
  run.unstarted[id] = nil
  loop.spawn(function() ended:push { id = id, outcome = jobs.execute(run, run.by_id[id]) } end)
end

-- Somebody has to be asked before the job may start; the others go on meanwhile.
local function ask(run, ready, ended, id)
  ready:defer(id)
  run.unstarted[id] = true
  loop.spawn(function()
    run:gate_keeper():check(run.by_id[id])
    ended:push { id = id, outcome = { status = "free" } }
  end)
end

-- The job and all that needs it cannot start.
local function block(run, ready, id, reason, hint)
  local blocked = ready:finish(id, false)
  mark_blocked(run, { id }, reason, "blocked", hint)
  mark_blocked(run, blocked, ("%s is blocked"):format(id), "blocked")
  run:refresh_snapshot()
end

-- Starts a job whose dependencies are done, unless a gate keeps it; true when a task works on it now.
local function admit(run, ready, ended, id)
  local job = run.by_id[id]
  if job.gates and job.gates[1] then
    if run:gate_keeper():needs_answer(job) then
      ask(run, ready, ended, id)
      return true
    end
    local reason, hint = run:gate_keeper():check(job)
    if reason then
      block(run, ready, id, reason, hint)
      return false
    end
  end
  start(run, ended, id)
  return true
end

-- Starts every job that may start now; returns how many did.
local function start_ready(run, ready, outside, ended)
  local n = 0
  while not run.stopping do
    local id = ready:take()
    if not id then break end
    local missing = unmet(run.fold, outside[id])
    if missing then
      local reason = "not completed: " .. table.concat(missing, ", ")
      local blocked = ready:finish(id, false)
      mark_blocked(run, { id }, reason, "waiting")
      mark_blocked(run, blocked, ("%s is waiting"):format(id), "waiting")
    elseif admit(run, ready, ended, id) then
      n = n + 1
    end
  end
  return n
end

-- Jobs completed in an earlier run are done before anything starts.
local function skip_completed(run, ready)
  for _, job in ipairs(run.jobs) do
    run.unstarted[job.id] = true
    local state = run.fold.jobs[job.id]
    if state and state.status == "completed" then
      ready:skip(job.id)
      run.unstarted[job.id] = nil
      run.counts.cached = run.counts.cached + 1
      run:record("job.cached", { job = job.id })
      run:emit("job.cached", { job = job.id })
    end
  end
end

-- Jobs that nobody got to, as the run stopped before.
local function note_unstarted(run)
  local reason = run.first_failure and run.first_failure .. " failed" or run.signal and "interrupted" or nil
  for _, job in ipairs(run.jobs) do
    if run.unstarted[job.id] then
      run.counts.waiting = run.counts.waiting + 1
      run:record("job.skipped", { job = job.id, reason = reason })
    end
  end
end

local function schedule(run)
  local graph, outside = graphs.of(run.jobs, timing.read(run.store))
  local ready = graph:queue { concurrency = run.concurrency, groups = run.component_concurrency }
  skip_completed(run, ready)
  local ended, running = loop.queue(), 0
  local others <close> = elsewhere.new(run, ready, ended)
  while true do
    running = running + start_ready(run, ready, outside, ended)
    if running == 0 and (run.stopping or others:is_empty()) then break end
    local job = ended:pop()
    if job.outcome then
      if not job.elsewhere then running = running - 1 end
      if not others:handles(job) then settle(run, ready, job.id, job.outcome) end
    end
  end
  note_unstarted(run)
end

local function status_of(run)
  local counts = run.counts
  if run.signal or counts.failed + counts.cancelled + counts.blocked + counts.waiting > 0 then return "failed" end
  return "completed"
end

-- The state is made when somebody wants to see it.
local result_meta = {
  __index = function(result, key)
    if key ~= "state" then return nil end
    result.state = rawget(result, "run"):state()
    return result.state
  end,
}

local function result_of(run, status)
  return setmetatable({
    run = run,
    status = status,
    exit = termination.exits[run.signal] or (status == "completed" and 0 or 1),
    execId = run.facts.execId,
    dir = run.dir,
    counts = run.counts,
    signal = run.signal,
    workspaces = run.workspaces.keep and run.workspaces.directory or nil,
    meta = run:metadata(),
  }, result_meta)
end

-- What must hold before the first job starts.
local function check(run)
  graphs.order(run.plan)
  local ok, message = run.backend.prepare(run)
  if not ok then
    diagnostic.raise { kind = "run.runner-unavailable", message = ("prepare runner %s: %s"):format(run.backend.name, message) }
  end
end

-- A job asked for by name does not wait for others: nothing would ever start them. Checked before a record exists, so that a
-- mistake leaves none behind.
local function check_dependencies(options, job)
  if #(job.dependsOn or "") == 0 then return end
  local fold = options.exec_id and journal.read(execution.directory(options.store, options.exec_id) .. "/journal.jsonl") or folds.new()
  local missing = unmet(fold, job.dependsOn)
  if not missing then return end
  diagnostic.raise {
    kind = "run.unmet-dependencies",
    message = ("cannot run %s: dependencies not completed (%s)"):format(job.id, table.concat(missing, ", ")),
    hint = options.exec_id and "run them first in the same execution"
      or "to continue an earlier execution, name it: --exec-id ID (`orun get runs` lists them)",
  }
end

local function reset(run, job)
  local ok, message = run.claims:reset(job.id, run.index[job.id])
  if not ok then diagnostic.raise { kind = "run.retry-refused", message = message } end
end

-- Everything between run.started and run.finished.
local function body(run, options)
  check(run)
  if options.retry then reset(run, run.jobs[1]) end
  run:announce()
  schedule(run)
end

-- However the run ended.
local function leave(run)
  run.workspaces:close()
  if run.backend.finish then run.backend.finish(run) end
end

-- A run allocates little per job but keeps all of its state; walking that over and over would cost more than the scheduling.
local collector_pause = 400

local function run_plan(options, selected)
  local pause = collectgarbage("setpause", collector_pause)
  local collector <close> = setmetatable({}, { __close = function() collectgarbage("setpause", pause) end }) -- luacheck: ignore collector
  local run <close> = session.open(options, selected, new_counts(#selected))
  local ok, err = pcall(loop.scope, function()
    run:start_services()
    local done, failure = pcall(body, run, options)
    leave(run)
    run:stop_services()
    if not done then error(failure, 0) end
  end)
  local status = ok and status_of(run) or "failed"
  run:finish(status)
  timing.add(options.store, run.seconds)
  if not ok then error(err, 0) end
  return result_of(run, status)
end

---Runs (or previews) a plan. Mistakes of the user are raised as diagnostics; failed jobs are part of the result. Suspends.
---@param options RunOptions
---@return RunResult
function M.run(options)
  local selected = selection.select(options.plan, options)
  if options.dry_run then
    return require("orun.run.preview").run(options, selected, graphs.order(options.plan), new_counts(#selected))
  end
  for _, text in ipairs(options.approve or {}) do require("orun.run.gate").find(options.plan.jobs, text, "--approve") end
  if options.exec_id then session.check_id(options.exec_id) end
  if options.job then check_dependencies(options, selected[1]) end
  return run_plan(options, selected)
end

return M
