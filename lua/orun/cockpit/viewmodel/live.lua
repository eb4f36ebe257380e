-- A run in progress as its events tell it: which jobs ended how, and which components are complete.
local groups = require "orun.cockpit.viewmodel.group"
local job_view = require "orun.cockpit.viewmodel.job"
local style = require "orun.cockpit.style"

local M = {}

---@class LiveJob
---@field id string
---@field component? string
---@field environment? string
---@field name string
---@field status "waiting"|"running"|"completed"|"failed"|"cancelled"|"cached"|"blocked"
---@field seconds? number
---@field error? string
---@field reason? string
---@field phase? string   of the step that started last
---@field began? number   when it started, by the clock of the loop
---@field started? integer the how manieth job it was that started
---@field step? string    the one that runs, `index` of `count`
---@field index? integer
---@field count? integer
---@field told? boolean  its failure was printed when it happened
---@field links {label: string, url: string}[]

---@class LiveGroup
---@field name string
---@field open integer     jobs that have not ended
---@field ended LiveJob[]  in the order in which they ended
---@field printed? boolean

---@class LiveView
---@field execId? string
---@field planId string
---@field planName string
---@field runner string
---@field concurrency integer
---@field components? integer  so many components at once; nil: all that there are
---@field dryRun boolean
---@field target? string     the one job asked for
---@field columns? integer    width of the terminal; heads that are longer take several lines
---@field cwd? string        directories below it are shown from there
---@field environments string[]
---@field multiEnv boolean
---@field concurrent boolean  jobs run side by side
---@field placed boolean      labels name component and environment, as no line above them does
---@field order string[]     job ids in plan order
---@field jobs table<string, LiveJob>
---@field groups table<string, LiveGroup>
---@field group_order string[]
---@field active table<LiveJob, true>  jobs that run
---@field starts integer    jobs that were started
---@field ends table<string, integer>  jobs that ended, by status
---@field planned table[]   plan jobs
---@field tolerated integer failed steps whose jobs went on
---@field waiting integer   jobs that nothing will start, as what they need was not selected
local Live = {}
Live.__index = Live

local none = {}

local function group_of(self, job)
  local name = job.component or job.name
  local group = self.groups[name]
  if not group then
    group = { name = name, open = 0, ended = {} }
    self.groups[name] = group
    self.group_order[#self.group_order + 1] = name
  end
  return group
end

local function add_job(self, planned)
  local component, environment, name = planned.component, planned.environment, planned.name
  if not (component and environment and name) then
    local of_component, of_environment, short = job_view.split(planned.id)
    component, environment, name = component or of_component, environment or of_environment, name or short
  end
  local job = { id = planned.id, component = component, environment = environment, name = name, status = "waiting", links = {} }
  self.jobs[job.id], self.order[#self.order + 1] = job, job.id
  local group = group_of(self, job)
  group.open = group.open + 1
end

---@param started table the event run.started
---@param options? {job?: string, cwd?: string, columns?: integer, verbose?: boolean}
---@return LiveView
function M.new(started, options)
  local self = setmetatable({
    execId = started.execId, planId = started.planId or "", planName = started.planName or "", runner = started.runner or "local",
    concurrency = started.concurrency or 1, dryRun = started.dryRun == true, target = options and options.job,
    cwd = options and options.cwd, columns = options and options.columns,
    environments = started.environments or {}, jobs = {}, order = {}, groups = {}, group_order = {},
    waiting = 0, tolerated = 0, active = {}, starts = 0, ends = {},
    planned = started.jobs,
  }, Live)
  for _, planned in ipairs(started.jobs) do add_job(self, planned) end
  local most = started.componentConcurrency or 0
  if self.concurrency > 1 and most > 0 and most < #self.group_order then self.components = most end
  self.multiEnv = #self.environments > 1
  self.concurrent = self.concurrency > 1 and #self.order > 1
  self.placed = self.concurrent or not (options and options.verbose or self.dryRun) and #self.order > 1
  return self
end

---@param job LiveJob
---@return string the job's name as far as its surroundings do not say it: `component·env/name` when jobs run side by side
function Live:label(job)
  if not self.placed or not job.component then return job.name end
  local place = job.component
  if self.multiEnv and job.environment then place = place .. style.joint .. job.environment end
  return place .. "/" .. job.name
end

---How the jobs stand when the run begins: which may start, which were completed before, which need others first.
---@param resumed table<string, boolean> ids of the completed ones
---@return integer ready
---@return integer resumed
---@return {job: string, needs: string[]}[] waiting  for which of the jobs of this run
function Live:readiness(resumed)
  local ready, done, waiting = 0, 0, {}
  for _, job in ipairs(self.planned) do
    local needs = {}
    for _, needed in ipairs(job.dependsOn or none) do
      if self.jobs[needed] and not resumed[needed] then needs[#needs + 1] = needed end
    end
    if resumed[job.id] then
      done = done + 1
    elseif #needs == 0 then
      ready = ready + 1
    else
      waiting[#waiting + 1] = { job = job.id, needs = needs }
    end
  end
  return ready, done, waiting
end

---Notes that a job started.
---@param id string
---@param now number
---@return LiveJob?
function Live:begin(id, now)
  local job = self.jobs[id]
  if not job then return nil end
  self.starts = self.starts + 1
  job.status, job.began, job.started = "running", now, self.starts
  self.active[job] = true
  return job
end

---How many jobs stand how, now.
---@return Counts
function Live:counts()
  local ends, running = self.ends, 0
  for _ in next, self.active do running = running + 1 end
  local counts = {
    total = #self.order, completed = (ends.completed or 0) + (ends.cached or 0), failed = ends.failed or 0,
    cancelled = ends.cancelled or 0, blocked = ends.blocked or 0, running = running,
  }
  local done = counts.completed + counts.failed + counts.cancelled
  counts.pending = counts.total - done - counts.blocked - running
  counts.percent = math.floor(done * 100 / counts.total)
  return counts
end

---Notes that a job ended.
---@param id string
---@param fields table what is known about its end
---@return LiveGroup? complete the job's group when it was the last one in it
function Live:finish(id, fields)
  local job = self.jobs[id]
  if not job then return nil end
  local group = group_of(self, job)
  local ended = job.ended
  for key, v in next, fields do job[key] = v end
  if ended then return nil end
  job.ended, group.open = true, group.open - 1
  self.active[job], self.ends[job.status] = nil, (self.ends[job.status] or 0) + 1
  if job.status == "waiting" then self.waiting = self.waiting + 1 end
  group.ended[#group.ended + 1] = job
  return group.open == 0 and group or nil
end

---Groups that have something to show and are not complete.
---@return LiveGroup[]
function Live:unfinished()
  local found = {}
  for _, name in ipairs(self.group_order) do
    local group = self.groups[name]
    if not group.printed and #group.ended > 0 then found[#found + 1] = group end
  end
  return found
end

---The jobs that run, in the order in which they started.
---@return JobGroup[]
function Live:running()
  local jobs = {}
  for job in next, self.active do jobs[#jobs + 1] = job end
  table.sort(jobs, function(a, b) return a.started < b.started end)
  return groups.by_component(jobs, "name")
end

return M
