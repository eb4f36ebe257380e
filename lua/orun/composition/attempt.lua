-- How a job and its steps are attempted: time limits, retries, what a failure means. What the runner could only refuse when the job's turn
-- comes is refused here.
local duration = require "orun.util.duration"
local place = require "orun.intent.place"
local suggestion = require "orun.util.suggestion"

local M = {}

-- Whose values are looked at: a job or one of its steps.
---@param of {place?: Place}
---@param field string
---@param report table
---@param severity "error"|"warn"
---@param kind string
---@param message string
---@param hint? string
local function say(of, field, report, severity, kind, message, hint)
  report[severity](report, place.mark(place.of(of.place, field), { kind = kind, message = message, hint = hint }))
end

-- Timeouts that were looked at: few are written, many jobs have them.
local good = {}

local function check_timeout(of, what, report)
  local text = of.timeout
  if not text or good[text] then return end
  local seconds, flaw = duration.parse(text)
  if seconds and seconds > 0 then
    good[text] = true
    return
  end
  say(of, "timeout", report, "error", "bind.timeout",
    ('the timeout of %s is "%s", which is no duration a program could run for%s'):format(what, text, flaw and ": " .. flaw or ""),
    "write a number with its unit, such as 30s, 10m or 1h30m")
end

local function check_retries(of, field, what, report)
  local count = of[field]
  if not count or count >= 0 then return end
  say(of, field, report, "error", "bind.retries", ("%s of %s is %d, must be 0 or more"):format(field, what, count))
end

---Timeout and retries of a job.
---@param job Job
---@param report table
function M.check_job(job, report)
  local what = ('job "%s"'):format(job.name)
  check_timeout(job, what, report)
  check_retries(job, "retries", what, report)
end

local outcomes = { stop = true, continue = true }

---@param step Step
---@param label string what the step is called
---@param report table
function M.check_step(step, label, report)
  local what = ('step "%s"'):format(label)
  check_timeout(step, what, report)
  check_retries(step, "retry", what, report)
  if step.onFailure and not outcomes[step.onFailure:lower()] then
    say(step, "onFailure", report, "warn", "bind.on-failure",
      ('onFailure of %s is "%s", which means stop; the values are stop and continue'):format(what, step.onFailure),
      suggestion.hint(step.onFailure, { "continue", "stop" }))
  end
  if not step.run and not step.use then
    say(step, "run", report, "warn", "bind.empty-step", ("%s has neither run nor use, so it does nothing"):format(what))
  end
end

return M
