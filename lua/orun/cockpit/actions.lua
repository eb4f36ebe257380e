-- Shows a run inside GitHub Actions: a subscriber to the runner's events. What a job has to say is written in one piece after each of its
-- steps, so that jobs which run side by side do not mix.
local live = require "orun.cockpit.viewmodel.live"
local live_render = require "orun.cockpit.render.live"
local output = require "orun.cockpit.output"
local render = require "orun.cockpit.render.actions"
local style = require "orun.cockpit.style"

local M = {}

---@class ActionsProgress
---@field jobs table<string, ActionsJob>
---@field state table<string, table> of the jobs that run
---@field status table<string, string> of all jobs
local Actions = {}
Actions.__index = Actions

local function put(self, lines)
  if #lines > 0 then self.write(table.concat(lines, "\n") .. "\n") end
end

local function label_of(job, name)
  if job.checkName and job.checkName ~= "" then return job.checkName end
  local place = { job.component, job.environment }
  return #place == 2 and ("%s [%s]"):format(name, table.concat(place, style.joint)) or name
end

local function facts_of(self, id)
  local facts = self.jobs[id]
  if facts then return facts end
  local job = self.plan_jobs[id]
  local name = job.displayName or job.name or id
  facts = {
    id = id, name = name, label = label_of(job, name), component = job.component, environment = job.environment, job = job.job or job.name,
    runner = self.runner, steps = #(job.steps or {}), dependencies = {},
  }
  self.jobs[id] = facts
  return facts
end

local function header(self, event)
  local view = live.new(event, { job = self.job })
  self.view = view
  if event.dryRun or (not self.job and #view.order > 1) then self.write(self.style:text(live_render.header(view))) end
end

local on = {}

on["run.started"] = function(self, event)
  self.runner, self.plan_jobs = event.runner, {}
  for _, job in ipairs(event.jobs) do self.plan_jobs[job.id] = job end
  header(self, event)
end

on["job.started"] = function(self, event)
  local facts, id = facts_of(self, event.job), event.job
  facts.directory, facts.steps = event.directory, event.steps
  facts.dependencies = {}
  for i, needed in ipairs(self.plan_jobs[id].dependsOn or {}) do
    facts.dependencies[i] = { id = needed, status = self.status[needed] or "completed" }
  end
  self.status[id] = "running"
  self.state[id] = { passed = 0, failed = 0, cancelled = 0, skipped = 0, links = {}, lines = render.head(facts) }
end

-- Lines that wait for the next end of a step.
local function add(self, id, lines)
  local waiting = self.state[id].lines
  table.move(lines, 1, #lines, #waiting + 1, waiting)
end

local function flush(self, id)
  put(self, self.state[id].lines)
  self.state[id].lines = {}
end

on["step.started"] = function(self, event)
  local state = self.state[event.job]
  local phase = event.phase or "main"
  if phase ~= (state.phase or "main") and phase ~= "main" then add(self, event.job, render.phase(phase)) end
  state.phase, state.number, state.output = phase, event.index, {}
end

on["step.retry"] = function(self, event)
  local texts = self.state[event.job].output
  texts[#texts + 1] = output.read(event.log)
  texts[#texts + 1] = render.retry(event.attempt - 1, event.attempts - 1) .. "\n"
end

on["step.cached"] = function(self, event)
  local state = self.state[event.job]
  state.skipped = state.skipped + 1
  add(self, event.job, render.skipped(event.index, event.step, "cached"))
end

local function joined(texts)
  local parts = {}
  for _, text in ipairs(texts) do
    parts[#parts + 1] = text
    if text ~= "" and text:sub(-1) ~= "\n" then parts[#parts + 1] = "\n" end
  end
  return table.concat(parts)
end

on["step.finished"] = function(self, event)
  local state, failed, cancelled = self.state[event.job], event.status == "failed", event.status == "cancelled"
  local text = output.read(event.log)
  table.insert(state.output, text)
  local key = failed and "failed" or cancelled and "cancelled" or "passed"
  state[key] = state[key] + 1
  if event.tolerated then self.view.tolerated = self.view.tolerated + 1 end
  if failed and not event.tolerated then state.failed_step = state.failed_step or event.step end
  if not state.slowest or event.seconds > state.slowest.seconds then state.slowest = { id = event.step, seconds = event.seconds } end
  for _, link in ipairs(event.links or {}) do state.links[#state.links + 1] = link end
  add(self, event.job, render.step(facts_of(self, event.job), {
    number = state.number, id = event.step, failed = failed, seconds = event.seconds, hint = event.hint, output = joined(state.output),
    tolerated = event.tolerated,
    cancelled = cancelled, summary = event.error and output.told(event.error) or output.headline(text),
  }))
  flush(self, event.job)
end

on["job.finished"] = function(self, event)
  local state, facts = self.state[event.job], facts_of(self, event.job)
  self.status[event.job] = event.status
  self.view:finish(event.job, { status = event.status, seconds = event.seconds })
  state = state or { passed = 0, failed = 0, cancelled = 0, skipped = 0, links = {}, lines = {} }
  self.state[event.job] = state
  add(self, event.job, render.foot(facts, {
    status = event.status, seconds = event.seconds or 0, error = event.error, passed = state.passed, failed = state.failed,
    cancelled = state.cancelled, skipped = state.skipped, slowest = state.slowest, failed_step = state.failed_step, links = state.links,
  }))
  flush(self, event.job)
  self.state[event.job] = nil
end

on["job.cached"] = function(self, event)
  self.status[event.job] = "completed"
  put(self, render.absent(facts_of(self, event.job), "cached"))
end

on["job.blocked"] = function(self, event)
  put(self, render.absent(facts_of(self, event.job), "blocked", event.reason, event.hint))
end

on["job.preview"] = function(self, event)
  local facts = facts_of(self, event.job)
  facts.directory = event.directory
  local lines = render.head(facts)
  for i, step in ipairs(event.steps) do table.move(render.skipped(i, step.step, "dry-run"), 1, 1, #lines + 1, lines) end
  put(self, lines)
end

on["run.interrupted"] = function(self)
  self.write(self.style:text(live_render.interrupted()))
end

on["run.finished"] = function(self, event)
  self.write(self.style:text(live_render.summary(self.view, event, event.signal and self.resume and self.resume(self.view))))
end

---A subscriber for `options.on_event` of the runner.
---@param options ProgressOptions
---@return fun(event: table)
function M.new(options)
  local self = setmetatable({
    style = options.style, write = options.write, job = options.job, resume = options.resume, jobs = {}, state = {}, status = {},
  }, Actions)
  return function(event)
    local show = on[event.type]
    if show and (self.view or event.type == "run.started") then show(self, event) end
  end
end

return M
