-- Shows a run while it happens: a subscriber to the runner's events that writes permanent lines.
local live = require "orun.cockpit.viewmodel.live"
local output = require "orun.cockpit.output"
local render = require "orun.cockpit.render.live"

local M = {}

---@class ProgressOptions
---@field style Style
---@field write fun(text: string)
---@field verbose? boolean
---@field job? string  the one job asked for
---@field resume? fun(view: LiveView): string  the command that goes on with this run

---@class Progress
---@field view LiveView
---@field printed boolean  something was printed below the header
---@field railed? boolean   the last of it was a block, to which the next one is joined
local Progress = {}
Progress.__index = Progress

local function put(self, lines)
  if #lines > 0 then self.write(self.style:text(lines)) end
end

local function print_block(self, group)
  if group.printed then return end
  group.printed = true
  put(self, render.block(self.view, group, not self.printed, self.verbose or not self.railed))
  self.printed, self.railed = true, true
end

local function finish(self, event, fields)
  local group = self.view:finish(event.job, fields)
  if group then print_block(self, group) end
end

-- In a verbose sequential run the steps stand below the name of their component.
local function announce_group(self, job)
  local name = job.component or job.name
  if self.view.concurrent or self.group == name then return end
  put(self, render.group_line(self.view, job, self.group == nil))
  self.group = name
end

local on = {}

on["run.started"] = function(self, event)
  self.view = live.new(event, { job = self.job })
  if event.dryRun or (not self.job and #self.view.order > 1) then put(self, render.header(self.view)) end
end

on["job.started"] = function(self, event)
  local job = self.view.jobs[event.job]
  if not job then return end
  job.status = "running"
  if self.verbose then announce_group(self, job) end
end

on["job.cached"] = function(self, event)
  finish(self, event, { status = "cached" })
end

on["job.waiting"] = function(self, event)
  if event.final then return finish(self, event, { status = "waiting", reason = event.reason }) end
  if self.verbose or self.job then put(self, render.waiting(self.view, event)) end
end

on["job.blocked"] = function(self, event)
  finish(self, event, { status = "blocked", reason = event.reason, hint = event.hint })
end

on["job.preview"] = function(self, event)
  local job = self.view.jobs[event.job]
  announce_group(self, job)
  put(self, render.preview(self.view, job, event, self.verbose))
end

on["step.started"] = function(self, event)
  if self.verbose then put(self, render.step(self.view, self.view.jobs[event.job], event, event.index, event.count)) end
end

on["step.retry"] = function(self, event)
  put(self, render.retry(self.view, event))
end

on["step.finished"] = function(self, event)
  local job = self.view.jobs[event.job]
  local failed = event.status == "failed"
  local text = (failed or self.verbose) and output.read(event.log) or nil
  if self.verbose then put(self, render.step_result(self.view, job, event, text)) end
  if failed then
    put(self, render.failure(self.view, job, event, text and output.headline(text)))
    job.told = true
  end
  self.printed = self.printed or failed or self.verbose
  if failed then self.railed = false end
  for _, link in ipairs(event.links or {}) do job.links[#job.links + 1] = link end
end

-- Not every failure is one of a step: a job may have failed in another process, or could not be claimed.
local function tell_failure(self, event)
  local job = self.view.jobs[event.job]
  if event.status ~= "failed" or not job or job.told then return end
  put(self, render.failure(self.view, job, event))
  job.told, self.printed, self.railed = true, true, false
end

on["job.finished"] = function(self, event)
  tell_failure(self, event)
  finish(self, event, { status = event.status, seconds = event.seconds, error = event.error, tolerated = event.tolerated })
end

on["run.interrupted"] = function(self)
  put(self, render.interrupted())
  self.printed, self.railed = true, false
end

on["run.finished"] = function(self, event)
  for _, group in ipairs(self.view:unfinished()) do print_block(self, group) end
  put(self, render.summary(self.view, event, event.signal and self.resume and self.resume(self.view)))
end

---A subscriber for `options.on_event` of the runner.
---@param options ProgressOptions
---@return fun(event: table)
function M.new(options)
  local self = setmetatable({
    style = options.style, write = options.write, verbose = options.verbose or false, job = options.job, printed = false,
    resume = options.resume,
  }, Progress)
  return function(event)
    local show = on[event.type]
    if show and (self.view or event.type == "run.started") then show(self, event) end
  end
end

return M
