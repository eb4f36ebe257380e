-- Shows a run while it happens: a subscriber to the runner's events that writes permanent lines.
local live = require "orun.cockpit.viewmodel.live"
local now = require("host.loop").now
local output = require "orun.cockpit.output"
local render = require "orun.cockpit.render.live"

local M = {}

---@class ProgressOptions
---@field style Style
---@field write fun(text: string)
---@field verbose? boolean
---@field job? string  the one job asked for
---@field cwd? string
---@field columns? integer|false
---@field started? fun(view: LiveView)  told once when a run that is no preview begins
---@field resume? fun(view: LiveView): string  the command that goes on with this run

---@class Progress
---@field view LiveView
---@field printed boolean  something was printed below the header
---@field resumed? table<string, boolean>  jobs completed before, while no other event came (verbose)
---@field railed? boolean   the last of it was a block, to which the next one is joined
local Progress = {}
Progress.__index = Progress

local function put(self, lines)
  if #lines > 0 then self.write(self.style:text(lines)) end
end

-- Lines that belong to no block: the next one stands apart from them.
local function put_apart(self, lines)
  if self.railed and lines[1] and #lines[1] > 0 then put(self, { {} }) end
  put(self, lines)
  self.printed, self.railed = true, false
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

-- In a verbose sequential run the steps stand below the name of their component and environment, jobs of a preview below the former.
local function announce_group(self, job)
  local name = job.component or job.name
  if not self.view.dryRun and self.view.multiEnv then name = name .. "\0" .. (job.environment or "") end
  if self.view.concurrent or self.group == name then return end
  put(self, render.group_line(self.view, job, self.group == nil))
  self.group = name
end

local on = {}

on["run.started"] = function(self, event)
  self.view = live.new(event, { job = self.job, cwd = self.cwd, columns = self.columns, verbose = self.verbose })
  if event.dryRun or (not self.job and #self.view.order > 1) then put(self, render.header(self.view)) end
  if self.verbose and not event.dryRun then self.resumed = {} end
  if self.started and not event.dryRun then self.started(self.view) end
end

-- The first events tell which jobs were completed before; then it is known how the others stand.
local function show_readiness(self)
  local resumed = self.resumed
  self.resumed = nil
  put(self, render.readiness(self.view, self.view:readiness(resumed)))
  for _, id in ipairs(self.view.order) do
    if resumed[id] then finish(self, { job = id }, { status = "cached" }) end
  end
end

on["job.started"] = function(self, event)
  local job = self.view:begin(event.job, now())
  if job and self.verbose then announce_group(self, job) end
end

on["job.cached"] = function(self, event)
  if self.resumed then
    self.resumed[event.job] = true
    return
  end
  finish(self, event, { status = "cached" })
end

on["job.waiting"] = function(self, event)
  if event.final then return finish(self, event, { status = "waiting", reason = event.reason }) end
  if self.verbose or self.job then put_apart(self, render.waiting(self.view, event)) end
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
  local job, phase = self.view.jobs[event.job], event.phase or "main"
  if phase ~= (job.phase or "main") and phase ~= "main" and (self.verbose or self.job or #self.view.order == 1) then
    put_apart(self, render.phase(self.view, job, phase))
  end
  job.phase, job.step, job.index, job.count = phase, event.step, event.index, event.count
  if self.verbose then put(self, render.step(self.view, job, event, event.index, event.count)) end
end

on["step.retry"] = function(self, event)
  put_apart(self, render.retry(self.view, event, output.told(event.error)))
end

on["step.finished"] = function(self, event)
  local job = self.view.jobs[event.job]
  local failed = event.status == "failed"
  local text = (failed or self.verbose) and output.read(event.log) or nil
  if self.verbose then put(self, render.step_result(self.view, job, event, text)) end
  if event.tolerated then
    self.view.tolerated = self.view.tolerated + 1
    put_apart(self, render.continuing(self.view, job, event, output.told(event.error), text and output.headline(text)))
  elseif failed then
    put_apart(self, render.failure(self.view, job, event, output.told(event.error), text and output.headline(text)))
    job.told = true
  end
  self.printed = self.printed or self.verbose
  for _, link in ipairs(event.links or {}) do job.links[#job.links + 1] = link end
end

-- Not every failure is one of a step: a job may have failed in another process, or could not be claimed.
local function tell_failure(self, event)
  local job = self.view.jobs[event.job]
  if event.status ~= "failed" or not job or job.told then return end
  put_apart(self, render.failure(self.view, job, event, event.error))
  job.told = true
end

on["job.finished"] = function(self, event)
  tell_failure(self, event)
  finish(self, event, { status = event.status, seconds = event.seconds, error = event.error, tolerated = event.tolerated })
end

on["run.interrupted"] = function(self)
  put_apart(self, render.interrupted())
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
    resume = options.resume, cwd = options.cwd,
    columns = options.columns or nil, started = options.started,
  }, Progress)
  return function(event)
    local show = on[event.type]
    if show and self.resumed and event.type ~= "job.cached" then show_readiness(self) end
    if show and (self.view or event.type == "run.started") then show(self, event) end
  end
end

return M
