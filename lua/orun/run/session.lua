-- The run in progress: its execution record, its services (signals, durability, snapshots) and what its jobs share.
local backends = require "orun.run.backend"
local claims = require "orun.state.claim"
local diagnostic = require "orun.diagnostic"
local duration = require "orun.util.duration"
local environment = require "orun.run.environment"
local execution = require "orun.state.execution"
local fs = require "host.fs"
local head = require "orun.change.head"
local identity = require "orun.plan.identity"
local json = require "host.json"
local journal = require "orun.state.journal"
local liveness = require "orun.state.liveness"
local log = require "orun.state.log"
local loop = require "host.loop"
local plan_directory = require "orun.plan.directory"
local process = require "host.process"
local snapshot = require "orun.state.snapshot"
local sorted = require "orun.util.sorted"
local system = require "host.system"
local termination = require "orun.util.termination"
local workspaces = require "orun.run.workspace"

local M = {}

-- Seconds between snapshots while jobs finish, and between syncs of the journal; the first one is for the beginning of the run, which
-- the first jobs need not wait for.
local snapshot_interval = 0.25
local sync_interval, first_sync = 1, 0.02
-- A snapshot may take this part of the time at most: it grows with the number of jobs.
local snapshot_share = 0.02
-- Seconds between TERM and KILL for steps of an interrupted run.
local grace = 5

---@class Run
---@field plan table
---@field jobs table[]            selected jobs in plan order
---@field by_id table<string, table>
---@field index table<string, integer> position in the plan
---@field dir string              directory of the execution
---@field fold Fold
---@field writer JournalWriter
---@field claims Claims
---@field backend Backend
---@field prepared? any            whatever the backend remembers
---@field store string           `.orun` directory
---@field isolation? string       "auto", "workspace" or "none"
---@field keep_workspaces? boolean
---@field pull? "missing"|"always"|"never"  when images are fetched
---@field pass_env? string[]      variables of orun's own environment for steps that do not get all of it
---@field workspaces Workspaces
---@field environment Environment
---@field facts RunFacts
---@field counts RunCounts
---@field active table<JobWork, true>
---@field unstarted table<string, true>
---@field signal? string          first signal caught
---@field killed? boolean         a second one was caught
---@field stopping? boolean       no further job starts
---@field fail_fast boolean        a failure is the reason for that
---@field fail_now boolean         and cancels what runs
---@field store string
---@field cache_hits integer       steps that took something from a cache
---@field revision? string         commit of the source
---@field gates? Gates           see Run:gate_keeper
---@field seconds table<string, number> how long the completed jobs took
local Run = {}
Run.__index = Run

Run.now = loop.now

---@param kind string
---@param event table
function Run:emit(kind, event)
  if self.on_event then
    event.type = kind
    self.on_event(event)
  end
end

---@param message string
function Run:warn(message)
  self:emit("warning", { message = message })
end

---Appends a journal record; not being able to is the end of the run.
---@param kind string
---@param record table
---@param held? boolean it may be written with the next one, which follows at once
function Run:record(kind, record, held)
  if held then return self.writer:hold(kind, record) end
  local ok, message = self.writer:append(kind, record)
  if ok then return end
  diagnostic.raise {
    kind = "state.journal", message = ("cannot write the journal of %s: %s"):format(self.facts.execId, message),
    hint = ("free some space; the next run with --exec-id %s goes on from here"):format(self.facts.execId),
  }
end

---@param job table
---@return string segment of the job's log directory
function Run:log_directory(job)
  if not self.directories then self.directories = log.directories(self.plan) end
  return self.directories[job.id]
end

---@param found {label: string, url: string}
---@param job_id string
---@param step_id string
function Run:add_link(found, job_id, step_id)
  local key = found.url .. "\0" .. found.label
  if self.link_keys[key] then return end
  self.link_keys[key] = true
  table.insert(self.links, { label = found.label, url = found.url, jobId = job_id, stepId = step_id })
end

---What judges the gates of jobs; made for the first job that has some.
---@return Gates
function Run:gate_keeper()
  if not self.gates then self.gates = require("orun.run.gate").new(self, self.approve, self.ask) end
  return self.gates
end

---@return table
function Run:state()
  return snapshot.state(self.fold, self.facts.execId)
end

---@return table
function Run:metadata()
  return snapshot.metadata(self.fold, {
    execId = self.facts.execId,
    planId = self.facts.planId,
    planName = self.plan_name,
    user = self.user,
    jobTotal = self.total,
    links = self.links,
  })
end

---Writes state.json and metadata.json.
---@param sync boolean
function Run:write_snapshot(sync)
  local began = loop.now()
  local ok, message = self.claims:locked(function()
    local done, why = snapshot.write(self.dir, "state.json", self.encoder:state(self.fold), sync)
    if done then done, why = snapshot.write(self.dir, "metadata.json", snapshot.encode(self:metadata()), sync) end
    return done, why
  end)
  local ended = loop.now()
  self.stale = not ok
  self.next_snapshot = ended + math.max(snapshot_interval, (ended - began) / snapshot_share)
  if not ok and not self.snapshot_failed then
    self.snapshot_failed = true
    self:warn(("cannot write the state snapshot: %s"):format(message))
  end
end

---Called when something changed: writes the snapshots unless they were written just now.
function Run:refresh_snapshot()
  self.stale = true
  if loop.now() >= self.next_snapshot then self:write_snapshot(false) end
end

-- Durability and snapshots while jobs run and nothing else happens.
local function housekeeping(self)
  if self.stop:pop(first_sync) then return end
  if self.stale and loop.now() >= self.next_snapshot then self:write_snapshot(false) end
  self.writer:sync()
  while not self.stop:pop(sync_interval) do
    self.writer:sync()
    self:emit("run.tick", {})
    if self.stale and loop.now() >= self.next_snapshot then self:write_snapshot(false) end
  end
end

-- Steps that ignore TERM get KILL.
local function reap(self)
  local asked = {}
  for work in next, self.active do asked[work] = work.process end
  if self.reaper_stop:pop(grace) then return end
  for work, child in next, asked do
    if work.process == child then child:kill("KILL") end
  end
end

---Cancels the jobs that run.
function Run:cancel_jobs()
  for work in next, self.active do work:cancel() end
end

---First signal: no further job starts, running steps get TERM. Second: KILL.
---@param name string
function Run:interrupt(name)
  if self.signal then
    self.killed = true
    for work in next, self.active do
      if work.process then work.process:kill("KILL") end
    end
    return
  end
  self.signal, self.stopping = name, true
  self.writer:append("run.stopping", { signal = name }) -- that it could not be written is told by the records that follow
  for wake in next, self.sleepers do wake:push {} end
  self:cancel_jobs()
  self.reaper_stop = loop.queue()
  loop.spawn(reap, self)
  self:emit("run.interrupted", { signal = name })
end

local function catch(self, signals)
  while true do self:interrupt(signals:wait()) end
end

---Tasks that live as long as the run.
function Run:start_services()
  self.stop = loop.queue()
  loop.spawn(housekeeping, self)
  if self.signals then self.catcher = loop.spawn(pcall, catch, self, self.signals) end
end

function Run:stop_services()
  self.stop:push(true)
  if self.reaper_stop then self.reaper_stop:push(true) end
  if self.catcher then self.catcher:cancel() end
end

---Tells subscribers that the run begins.
function Run:announce()
  local components, environments = sorted.distinct(self.jobs, "component"), sorted.distinct(self.jobs, "environment")
  self:emit("run.started", {
    execId = self.facts.execId, planId = self.facts.planId, planName = self.plan_name, jobs = self.jobs,
    components = components, environments = environments, concurrency = self.concurrency, componentConcurrency = self.component_concurrency,
    runner = self.facts.runner, dir = self.dir,
  })
end

---Records the end, makes it durable and tells subscribers.
---@param status "completed"|"failed"
function Run:finish(status)
  local counts = self.counts
  fs.remove(self.dir .. "/files")
  -- Under the lock: of two processes that end together, one is the last.
  local locked, message = self.claims:locked(function()
    self:record("run.finished", {
      status = status, completed = counts.completed, failed = counts.failed, cancelled = counts.cancelled,
      cached = counts.cached, blocked = counts.blocked, waiting = counts.waiting, others = liveness.shared(self.fold) or nil,
    })
    return true
  end)
  if not locked then diagnostic.raise { kind = "state.journal", message = message } end
  self.writer:sync()
  self:write_snapshot(true)
  if self.writer.corrupt > 0 then
    self:warn(journal.damage(self.facts.execId, self.writer.corrupt))
  end
  self:emit("run.finished", {
    status = status, counts = counts, seconds = loop.now() - self.began, signal = self.signal, links = self.links,
    cacheHits = self.cache_hits,
  })
end

function Run:close()
  if self.signals then self.signals:close() end
  self.signals = nil
  self.claims:close()
  self.writer:close()
end
Run.__close = Run.close

---------------------------------------------------------------------------------------------------

local function fail(message)
  diagnostic.raise { kind = "state.record", message = message }
end

---Makes the directory of an execution, or finds it.
---@param store string
---@param id string
---@return string
function M.directory(store, id)
  local ok, message = plan_directory.prepare(store)
  if not ok then fail(("cannot create %s: %s"):format(store, message)) end
  local dir, why = execution.create(store, id)
  if not dir then fail(("cannot create the record of execution %s: %s"):format(id, why)) end
  return dir
end

-- Directory and journal of the execution.
local function open_record(options, id)
  local dir = M.directory(options.store, id)
  local ok, message = fs.mkdir(dir .. "/files")
  if not ok then fail(("cannot create %s/files: %s"):format(dir, message)) end
  fs.chmod(dir .. "/files", 448)
  local writer, problem = journal.writer(dir .. "/journal.jsonl")
  if not writer then fail(("cannot open the journal of execution %s: %s"):format(id, problem)) end
  return dir, writer
end

local function retry_delay()
  local text = process.environ().ORUN_RETRY_DELAY
  if not text or text == "" then return 1 end
  local seconds = tonumber(text) or duration.parse(text)
  if not seconds or seconds < 0 then
    diagnostic.raise {
      kind = "run.retry-delay",
      message = ('ORUN_RETRY_DELAY is "%s", which is not a duration'):format(text),
      hint = "for example 500ms, 2s or 0",
    }
  end
  return seconds
end

---Keeps the plan beside the state; it is written again only when another plan continues the execution.
---@param dir string
---@param options RunOptions
function M.write_manifest(dir, options)
  local text = options.plan_text or json.encode(options.plan, { indent = 2 })
  local path = dir .. "/manifest.json"
  local kept = fs.read(path)
  if kept and kept == tostring(text) then return end
  local ok, message = fs.write(path, text, { sync = false })
  if not ok then fail(message) end
end

local function warn_mismatch(run, checksum)
  local before = run.fold.planChecksum or ""
  if before == "" or checksum == "" or before == checksum then return end
  run:warn(("execution %s was started with plan %s and continues with plan %s; jobs are matched by id"):format(
    run.facts.execId, identity.short(before), identity.short(checksum)))
end

local function record_start(run, checksum)
  local ok, message = run.claims:locked(function()
    local resumed = run.fold.execId ~= nil
    run.claims:begin()
    return run.writer:append("run.started", {
      execId = run.facts.execId, planChecksum = checksum, jobs = #run.jobs, runner = run.facts.runner,
      concurrency = run.concurrency, host = claims.host(), startTicks = process.start_ticks(), resumed = resumed,
      joined = liveness.shared(run.fold) or nil, revision = run.revision,
    })
  end)
  if not ok then fail(("cannot write the journal of %s: %s"):format(run.facts.execId, message)) end
end

local function jobs_total(run)
  local total = #run.jobs
  for id in next, run.fold.jobs do
    if not run.selected[id] then total = total + 1 end
  end
  return total
end

-- Links found by earlier runs of the same execution are kept.
local function restore_links(run)
  local meta = execution.read_json(run.dir .. "/metadata.json")
  for _, found in ipairs(meta and type(meta.links) == "table" and meta.links or {}) do
    run:add_link(found, found.jobId, found.stepId)
  end
end

local function positive(n)
  return n and n > 0 and n or nil
end

-- Descriptors that a running step takes (its output, its log, its claim, the process itself), and that the program itself takes.
local step_files, own_files = 4, 28

-- As many jobs at once as were asked for, unless the descriptors do not last: steps would fail to start, or lose their logs.
local function affordable(run, wanted)
  local files = system.open_files()
  local most = math.max(1, (files - own_files) // step_files)
  if wanted <= most then return wanted end
  run:warn(("concurrency is %d instead of %d: this process may have only %d files open (ulimit -n)"):format(most, wanted, files))
  return most
end

local function new_run(options, selected, counts)
  local plan = options.plan
  local metadata, planned = plan.metadata or {}, plan.execution or {}
  local run = setmetatable({
    plan = plan, plan_name = metadata.name or "", jobs = selected, by_id = {}, index = {}, selected = {},
    counts = counts, active = {}, unstarted = {}, sleepers = {}, links = {}, link_keys = {}, cache_hits = 0, next_snapshot = 0,
    began = loop.now(), on_event = options.on_event, lines = options.lines, user = system.user(),
    base_directory = options.root, directory_override = options.workdir,
    isolation = options.isolation, keep_workspaces = options.keep_workspaces,
    pull = options.pull, pass_env = options.pass_env, retry_delay = retry_delay(),
    backend = backends.of(options.runner or "local"),
    component_concurrency = math.max(options.component_concurrency or 1, 0),
    fail_fast = (options.fail_fast or planned.failFast == true and "yes" or "no") ~= "no", fail_now = options.fail_fast == "now",
    store = options.store, seconds = {}, revision = head.revision(options.root),
  }, Run)
  run.concurrency = affordable(run, positive(options.concurrency) or positive(planned.concurrency) or 1)
  for i, job in ipairs(plan.jobs) do run.by_id[job.id], run.index[job.id] = job, i end
  for _, job in ipairs(selected) do run.selected[job.id] = true end
  run.environment = environment.new(run.backend.environment(run))
  run.workspaces = workspaces.open(run)
  run.approve, run.ask = options.approve, options.ask
  return run
end

---Refuses an execution id that cannot name a directory.
---@param id string
function M.check_id(id)
  local good, message = execution.check(id)
  if not good then diagnostic.raise { kind = "run.execution-id", message = message } end
end

---Opens (or continues) the execution record and notes that the run begins.
---@param options RunOptions
---@param selected table[]
---@param counts RunCounts
---@return Run
function M.open(options, selected, counts)
  local run = new_run(options, selected, counts)
  local checksum = options.plan.metadata and options.plan.metadata.checksum or ""
  local id = options.exec_id or execution.fresh_id(run.plan_name)
  run.facts = { execId = id, planId = identity.short(checksum) or "", runner = run.backend.name, context = run.backend.context }
  run.dir, run.writer = open_record(options, id)
  run.fold = run.writer.fold
  run.claims = claims.open(run.dir, run.writer)
  run.encoder = snapshot.encoder(id)
  run.total = jobs_total(run)
  restore_links(run)
  warn_mismatch(run, checksum)
  -- From the first record on somebody may ask the run to stop.
  if options.signals then run.signals = loop.signals(termination.signals()) end
  record_start(run, checksum)
  M.write_manifest(run.dir, options)
  -- That of an execution with many jobs takes its time: it is written when the first ones were started.
  if next(run.fold.jobs) then run.stale = true else run:write_snapshot(false) end
  return run
end

return M
