-- Jobs of this run that another process runs: they are awaited through the journal, while our own jobs go on.
local follow = require "orun.state.follow"
local loop = require "host.loop"

local M = {}

-- Seconds between looks at whether the owners still live, doubling from the first to the last: their death is in no journal.
local first_look, last_look = 0.05, 1
-- Records come in bursts, our own among them; each burst is read once.
local burst = 0.01

---@class Elsewhere
---@field jobs table<string, true>
---@field count integer
---@field run Run
---@field ready ReadyQueue
---@field ended Queue   takes `{id, outcome, elsewhere = true}` for each that is over, `{}` for an interruption
local Elsewhere = {}
Elsewhere.__index = Elsewhere

---@param run Run
---@param ready ReadyQueue
---@param ended Queue
---@return Elsewhere
function M.new(run, ready, ended)
  return setmetatable({ run = run, ready = ready, ended = ended, jobs = {}, count = 0 }, Elsewhere)
end

---The outcome of a job that failed in another process.
---@param run Run
---@param id string
---@param message? string
---@return JobOutcome
function M.failed(run, id, message)
  local text = "failed in another process: " .. (message or "no reason was recorded")
  run:emit("job.finished", { job = id, status = "failed", error = text, seconds = 0 })
  return { status = "failed", error = text }
end

-- What a job that is over means for this run; nil while it goes on.
local function outcome_of(self, id, thorough)
  local state, message = self.run.claims:fate(id, self.run.index[id], thorough)
  if state == "running" then return nil end
  if state == "free" then return { status = "free" } end
  if state == "failed" then return M.failed(self.run, id, message) end
  self.run:emit("job.cached", { job = id })
  return { status = "cached" }
end

local function look(self, thorough)
  local ids = {}
  for id in next, self.jobs do ids[#ids + 1] = id end
  table.sort(ids)
  for _, id in ipairs(ids) do
    local outcome = outcome_of(self, id, thorough)
    if outcome then
      self.jobs[id], self.count = nil, self.count - 1
      self.ended:push { id = id, outcome = outcome, elsewhere = true }
    end
  end
end

local function watch(self)
  local changes <close> = follow.changes(self.run.dir .. "/journal.jsonl")
  local delay = first_look
  while self.count > 0 do
    local changed = changes:wait(delay)
    if changed then loop.sleep(burst) end
    local foreign = self.run.writer:refresh()
    look(self, not changed)
    delay = foreign and first_look or math.min(delay * 2, last_look)
  end
  self.watcher = nil
end

local function add(self, id)
  self.ready:defer(id)
  self.run.unstarted[id] = true
  self.jobs[id], self.count = true, self.count + 1
  self.run:record("job.queued", { job = id, reason = "running in another process" })
  self.run:emit("job.waiting", { job = id, reason = "it is running in another process" })
  self.run.sleepers[self.ended] = true
  if not self.watcher then self.watcher = loop.spawn(watch, self) end
end

---Takes care of what is no end of a job: one that another process has, and one that it let go of.
---@param job {id: string, outcome: JobOutcome}
---@return boolean handled
function Elsewhere:handles(job)
  local status = job.outcome.status
  if status == "elsewhere" then
    add(self, job.id)
    return true
  end
  self.run.unstarted[job.id] = status == "free" or nil
  if status == "free" then self.ready:retry(job.id) end
  return status == "free"
end

---@return boolean
function Elsewhere:is_empty()
  return self.count == 0 and self.ended:length() == 0
end

function Elsewhere:close()
  self.run.sleepers[self.ended] = nil
  if self.watcher then self.watcher:cancel() end
end
Elsewhere.__close = Elsewhere.close

return M
