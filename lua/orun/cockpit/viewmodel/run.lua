-- One execution as it is shown. Built from plain tables: metadata.json, state.json, the fold of the journal, the plan.
local groups = require "orun.cockpit.viewmodel.group"
local instant = require "orun.util.instant"
local job_view = require "orun.cockpit.viewmodel.job"
local log = require "orun.state.log"
local sorted = require "orun.util.sorted"

local M = {}

---@class RunView
---@field execId string
---@field planId? string
---@field planName string
---@field status string       normalized, "" when unknown
---@field trigger? string
---@field dryRun boolean
---@field continuation? string command that goes on with a run that did not come to its end
---@field startedAt? number   seconds since the epoch
---@field finishedAt? number
---@field links {label: string, url: string}[]
---@field jobs JobView[]
---@field counts Counts
---@field groups RunGroup[]   jobs by component
---@field components string[]
---@field environments string[]
---@field multiEnv boolean

---@class Counts
---@field total integer
---@field completed integer
---@field failed integer
---@field cancelled integer
---@field running integer
---@field blocked integer
---@field pending integer  all others: queued, or never started
---@field percent integer

---@class RunGroup
---@field name string
---@field jobs JobView[]

local function trimmed(text)
  return type(text) == "string" and text:match("^%s*(.-)%s*$") or ""
end

local function finish_counts(counts)
  local done = counts.completed + counts.failed + counts.cancelled
  counts.percent = counts.total > 0 and math.floor(done * 100 / counts.total + 0.5) or 0
  if done < counts.total then counts.percent = math.min(counts.percent, 99) end
  return counts
end

---@param jobs JobView[]
---@param metadata? table used when no job is known
---@param selected? integer jobs selected by the latest run
---@return Counts
function M.counts(jobs, metadata, selected)
  local counts = { total = #jobs, completed = 0, failed = 0, cancelled = 0, running = 0, blocked = 0, pending = 0 }
  for _, job in ipairs(jobs) do
    local group = job_view.group(job.status)
    counts[group] = counts[group] + 1
  end
  local total = metadata and math.tointeger(metadata.jobTotal) or 0
  if #jobs == 0 and total > 0 then
    counts.total = total
    counts.completed, counts.failed = math.tointeger(metadata.jobDone) or 0, math.tointeger(metadata.jobFailed) or 0
    counts.pending = math.max(0, total - counts.completed - counts.failed)
  elseif selected and selected > counts.total then
    counts.pending = counts.pending + selected - counts.total
    counts.total = selected
  end
  return finish_counts(counts)
end

-- Jobs that were not reached have no entry in the state. While a run goes on (or after it stopped early) they are queued; when
-- the run was for some jobs only, those are known that the journal says something about.
local function unreached(record, status)
  local plan = status ~= "completed" and record.plan
  local planned = plan and plan.jobs
  if type(planned) ~= "table" then return {} end
  local fold = record.fold
  if not (fold and fold.jobTotal and fold.jobTotal < #planned) then return planned end
  local known = {}
  for _, job in ipairs(planned) do
    local id = type(job) == "table" and job.id
    if id and (fold.blocked[id] or fold.skipped[id]) then known[#known + 1] = job end
  end
  return known
end

local function plan_steps(record)
  local steps = {}
  for _, job in ipairs(record.plan and record.plan.jobs or {}) do
    if type(job) == "table" and job.id then steps[job.id] = log.step_ids(job) end
  end
  return steps
end

-- Whether all jobs of the plan take part in a run that goes on with an earlier one now.
local function goes_on(record)
  local fold, planned = record.fold, record.plan and record.plan.jobs
  return fold.status == "running" and not record.abandoned and fold.first ~= nil and type(planned) == "table"
    and (fold.jobTotal or 0) >= #planned
end

-- A job that ended without success in an earlier run, and to which this one has not come yet, is as good as new.
local function renew(record, jobs)
  local fold, again = record.fold, nil
  for _, job in ipairs(jobs) do
    local group = job_view.group(job.status)
    if (group == "failed" or group == "cancelled") and fold.jobs[job.id].applied <= (fold.first or 0) then
      if again == nil then again = goes_on(record) end
      if again then
        job.reason = group == "failed" and "it failed before" or "it was cancelled before"
        job.status, job.error, job.startedAt, job.finishedAt = "pending", nil, nil, nil
      end
    end
  end
end

-- The jobs that were reached: by the journal, and where there is none by state.json.
local function reached(record)
  local jobs, fold = {}, record.fold
  if fold then
    for id, job in next, fold.jobs do jobs[#jobs + 1] = job_view.folded(id, job) end
    renew(record, jobs)
    return jobs
  end
  local states = record.state and record.state.jobs
  for id, state in next, type(states) == "table" and states or {} do
    jobs[#jobs + 1] = job_view.view(id, type(state) == "table" and state or {})
  end
  return jobs
end

local function add_steps(record, jobs)
  local planned, states, fold = plan_steps(record), not record.fold and record.state and record.state.jobs, record.fold
  for _, job in ipairs(jobs) do
    local state, folded = type(states) == "table" and states[job.id], fold and fold.jobs[job.id]
    local statuses = type(state) == "table" and type(state.steps) == "table" and state.steps or nil
    job.steps = job_view.steps(statuses, planned[job.id], folded and folded.steps)
  end
end

local function job_views(record, status)
  local jobs, seen, fold = reached(record), {}, record.fold
  local others = unreached(record, status)
  for _, job in ipairs(#others > 0 and jobs or {}) do seen[job.id] = true end
  for _, planned in ipairs(others) do
    local id = type(planned) == "table" and planned.id
    if id and not seen[id] then
      local blocked = fold and fold.blocked[id]
      local job = job_view.view(id, { status = blocked and "blocked" or "pending" })
      job.reason = blocked or fold and (fold.skipped[id] or fold.waits[id]) or nil
      jobs[#jobs + 1] = job
    end
  end
  job_view.sort(jobs)
  return jobs
end

local function links_of(metadata)
  local links = {}
  for _, link in ipairs(type(metadata.links) == "table" and metadata.links or {}) do
    local url = type(link) == "table" and trimmed(link.url) or ""
    if url ~= "" then links[#links + 1] = { label = trimmed(link.label), url = url } end
  end
  return links
end

-- The last time that a run which broke off is known to have been alive.
local function last_sign(fold)
  local last = instant.parse(fold.startedAt)
  for _, job in next, fold.jobs do
    for _, text in ipairs { job.runAt or "", job.finishedAt or "" } do
      local at = instant.parse(text)
      if at and (not last or at > last) then last = at end
    end
  end
  return last
end

---What a run is called that ended without success: one in which nothing failed, but jobs were cancelled, was stopped by somebody.
---@param status string
---@param counts Counts
---@return string
function M.verdict(status, counts)
  return status == "failed" and counts.failed == 0 and counts.cancelled > 0 and "cancelled" or status
end

---@param record {execId: string, meta?: table, state?: table, plan?: table, fold?: Fold, abandoned?: boolean}
---@param options? {steps?: boolean}  steps: false leaves out those of the jobs, for which the plan has to be read
---@return RunView
function M.view(record, options)
  local metadata, fold = record.meta or {}, record.fold
  local status = job_view.status(fold and fold.status or metadata.status)
  local jobs = job_views(record, status)
  if record.abandoned then
    status = "interrupted"
    for _, job in ipairs(jobs) do
      if job_view.group(job.status) == "running" then job.status, job.startedAt = "interrupted", nil end
    end
    job_view.sort(jobs)
  end
  if not options or options.steps ~= false then add_steps(record, jobs) end
  local environments = sorted.distinct(jobs, "environment")
  local counts = M.counts(jobs, metadata, fold and fold.jobTotal)
  local name = trimmed(metadata.planName)
  return {
    execId = record.execId,
    planId = trimmed(metadata.planId) ~= "" and trimmed(metadata.planId) or nil,
    planName = name ~= "" and name or "plan",
    status = M.verdict(status, counts),
    trigger = metadata.trigger,
    continuation = record.continuation,
    dryRun = metadata.dryRun == true,
    startedAt = instant.parse(fold and fold.startedAt or metadata.startedAt),
    finishedAt = instant.parse(fold and fold.finishedAt or metadata.finishedAt) or record.abandoned and last_sign(fold) or nil,
    links = links_of(metadata),
    jobs = jobs,
    counts = counts,
    groups = groups.by_component(jobs, "short"),
    components = sorted.distinct(jobs, "component"),
    environments = environments,
    multiEnv = #environments > 1,
  }
end

local terminal = { completed = true, failed = true, succeeded = true, success = true, error = true, cancelled = true, interrupted = true }

---Whether a run is over.
---@param view RunView
---@return boolean
function M.is_over(view)
  return terminal[view.status] or false
end

return M
