-- One step of a job: its attempts, its time limit, its log and its records.
local directory = require "orun.run.directory"
local duration = require "orun.util.duration"
local environment = require "orun.run.environment"
local fs = require "host.fs"
local link = require "orun.run.link"
local reference = require "orun.run.reference"
local secret = require "orun.run.secret"
local shell = require "orun.run.shell"
local sorted = require "orun.util.sorted"

local M = {}

-- Seconds that post steps get once a run was interrupted.
local interrupted_limit = 5
local longest_delay = 30
-- Links are looked for in this much of a log.
local link_bytes = 1 << 20

---@class StepOutcome
---@field status "completed"|"failed"|"cancelled"
---@field error? string
---@field hint? string
---@field exit? integer
---@field signal? string
---@field seconds number
---@field log? string      relative to the execution's directory
---@field bytes integer
---@field result? ProcessResult
---@field final? boolean   another attempt would not help

local nothing = {}

local function failure(message, hint, final)
  return { status = "failed", error = message, hint = hint, seconds = 0, bytes = 0, final = final }
end

---Time limit of a step.
---@param job table
---@param step table
---@param id string
---@return number? seconds nil: none
---@return string? message when it is written wrongly
function M.limit(job, step, id)
  local text = step.timeout or job.timeout
  if not text or text == "" then return nil end
  local seconds, message = duration.parse(text)
  if seconds then return seconds end
  return nil, ('invalid timeout "%s" for job %s step %s: %s'):format(text, job.id, id, message)
end

---How often a step may start.
---@param job table
---@param step table
---@return integer
function M.attempts(job, step)
  local own, shared = math.tointeger(step.retry) or 0, math.tointeger(job.retries) or 0
  if own > 0 then return own + 1 end
  return shared > 0 and shared + 1 or 1
end

---Whether the job goes on when a step fails.
---@param step table
---@return boolean
function M.may_fail(step)
  return type(step.onFailure) == "string" and step.onFailure:lower() == "continue"
end

---Seconds to wait before attempt n (n >= 2).
---@param n integer
---@param base number seconds before the second attempt
---@return number
function M.delay(n, base)
  return math.min(base * 2 ^ (n - 2), longest_delay)
end

-- A text of the plan, with what earlier steps left put in.
local function expanded(work, text)
  if type(text) ~= "string" or not text:find("${{", 1, true) then return text end
  local exchange, base = work.exchange, work.run.environment.base
  return reference.expand(text, exchange.results, function(name)
    local job_env = work.job.env
    local v = exchange.env[name]
    if v == nil then v = job_env and job_env[name] end
    return v ~= nil and environment.text(v) or base[name] or ""
  end)
end

local function expanded_values(work, variables)
  local found
  for name, v in next, variables or nothing do
    local text = expanded(work, v)
    if text ~= v then
      if not found then
        found = {}
        for other, unchanged in next, variables do found[other] = unchanged end
      end
      found[name] = text
    end
  end
  return found or variables
end

-- What this attempt adds to the environment of all, and the values to hide in its output.
local function surroundings(work, step, position)
  local exchange, run, site = work.exchange, work.run, work.site
  local env, hidden = run.environment:with(environment.identity(run.facts, work.job, exchange:names_of(position, site)), work.job.env,
    exchange.env, expanded_values(work, step.env))
  if exchange.path ~= "" then env.PATH = exchange.path .. (env.PATH or run.environment.base.PATH or "") end
  if #exchange.masks > 0 then
    hidden = table.move(exchange.masks, 1, #exchange.masks, 1, table.move(hidden or {}, 1, #(hidden or {}), #exchange.masks + 1, {}))
  end
  return env, hidden
end

-- A step that names a shell gets its text as a file of the execution, removed after the step.
local function script(work, step, position, text)
  if not shell.needs_file(step.shell) then return nil end
  local file = work:script_file(position, shell.extension(step.shell))
  if text:sub(-1) ~= "\n" then text = text .. "\n" end
  local ok, message = fs.write(file, text, { mode = 493, sync = false })
  return file, not ok and message or nil
end

-- What no process can be given.
local function misfit(call)
  for _, word in ipairs(call.argv) do
    if word:find("\0", 1, true) then return "its command contains a NUL byte" end
  end
  for _, name in ipairs(sorted.keys(call.env)) do
    if name == "" or name:find "[=\0]" then return ("no environment variable can be called %q"):format(name) end
    if call.env[name]:find("\0", 1, true) then return ("the value of %s contains a NUL byte"):format(name) end
  end
end

local function start_message(step, call, message, errno)
  local cwd = call.directory
  if not fs.exists(cwd) then return ("working directory %s does not exist"):format(cwd) end
  if errno == "EINVAL" then return misfit(call) or message end
  if errno == "ENOENT" and shell.needs_file(step.shell) then return ("shell not found: %s"):format(step.shell) end
  return message
end

-- What a finished process means.
local function judge(result, cancelled)
  if cancelled then return "cancelled", "cancelled" end
  if result.timed_out then return "failed", "command timed out" end
  if result.signal then return "failed", "ended by signal " .. result.signal end
  if result.code ~= 0 then return "failed", ("exit status %d"):format(result.code) end
  return "completed"
end

-- Starts the process, records it, waits for it.
local function run_process(work, step, position, call)
  local run, id = work.run, work.ids[position]
  local process, message, errno = work.site:start(call)
  if not process then return failure(start_message(step, call, message, errno)) end
  work.process = process
  local group = { pgid = process:pid(), startTicks = process:start_ticks() }
  table.insert(work.groups, group)
  run:record("step.started", {
    job = work.job.id, attempt = work.attempt, step = id, phase = step.phase or "main",
    pgid = group.pgid, startTicks = group.startTicks,
  })
  if work.cancelled and not call.after_cancel then process:terminate() end
  local result = process:wait()
  work.process = nil
  local status, why = judge(result, work.cancelled and not call.after_cancel)
  local logged = result.log and work:log_path(position) or nil
  if result.held or result.escaped then
    run:warn(("step %s of job %s left processes behind that held its output open; %s"):format(id, work.job.id,
      result.escaped and "some have a session or group of their own: they go on, and what they print is lost" or "they were ended"))
  end
  if result.log_error then
    run:warn(("the log of step %s of job %s is not complete: %s"):format(id, work.job.id, result.log_error))
  end
  return {
    status = status, error = why, exit = result.code, signal = result.signal,
    seconds = result.ms / 1000, log = logged, bytes = result.log_bytes or 0, result = result,
  }
end

-- Looks for commands in the output of an attempt; values that it announces are hidden from then on.
local function listener(work, hidden)
  return work.exchange:listener(function(values)
    table.move(values, 1, #values, #hidden + 1, hidden)
    if work.process then work.process:mask(values) end
  end)
end

-- A shell says something else about an expression that nobody replaced.
local function hint_of(text)
  local expression = text:match "%${{.-}}"
  return expression and ("%s was not replaced: only --gha knows expressions of that kind"):format(expression)
end

local function attempt(work, step, position, limit)
  local host_directory = directory.step(work.directory, step, expanded(work, step["working-directory"]))
  local cwd, nowhere = work.site:inside(host_directory)
  if not cwd then return failure(nowhere, nil, true) end
  local text = expanded(work, step.run or "")
  local file, problem = script(work, step, position, text)
  if problem then return failure(problem) end
  local env, mask = surroundings(work, step, position)
  local hidden = mask and table.move(mask, 1, #mask, 1, {}) or {}
  local outcome = run_process(work, step, position, {
    step = step,
    argv = shell.command(step.shell, text, file and work.site:inside(file)),
    env = env,
    cwd = cwd,
    directory = host_directory,
    log = work.run.dir .. "/" .. work:log_path(position),
    mask = mask,
    filter = listener(work, hidden),
    seek = link.signs,
    timeout = limit,
    claim = work.claim,
    after_cancel = work.cancelled,
    line = work.run.lines and function(line) work:emit("step.output", { step = work.ids[position], line = line }) end or nil,
  })
  if file then fs.remove(file) end
  local message = work.exchange:collect(position, work.ids[position])
  if message and outcome.status ~= "cancelled" then outcome.status, outcome.error, outcome.final = "failed", message, true end
  if outcome.error then outcome.error = secret.hide(outcome.error, hidden) end
  if outcome.status == "failed" then outcome.hint = outcome.hint or hint_of(text) end
  return outcome
end

local function record_finish(work, position, outcome)
  local result = outcome.result or nothing
  -- The end of a last step stands beside the end of its job, if that follows without waiting.
  local last = position == #work.job.steps and work.workspace.shared and work.site.immediate
  work.run:record("step.finished", {
    job = work.job.id, attempt = work.attempt, step = work.ids[position], status = outcome.status,
    exit = outcome.exit, signal = outcome.signal, ms = math.floor(outcome.seconds * 1000),
    userMs = result.user_ms, sysMs = result.sys_ms, maxRssKiB = result.max_rss_kib,
    log = outcome.log, logBytes = outcome.log and outcome.bytes or nil,
  }, last)
end

local function collect_links(work, position, outcome)
  if not outcome.log or not outcome.result.found then return end
  local run = work.run
  local links, cache_hit = link.scan(run.dir .. "/" .. outcome.log, link_bytes)
  if cache_hit then run.cache_hits = run.cache_hits + 1 end
  for _, found in ipairs(links) do run:add_link(found, work.job.id, work.ids[position]) end
  return links
end

-- Runs the attempts of a step; the last one counts.
local function attempts(work, step, position, limit)
  local most, n = M.attempts(work.job, step), 1
  while true do
    local outcome = attempt(work, step, position, limit)
    if outcome.status ~= "failed" or outcome.final or n >= most or work.cancelled then return outcome end
    n = n + 1
    work:emit("step.retry", {
      step = work.ids[position], attempt = n, attempts = most, error = outcome.error,
      log = outcome.log and work.run.dir .. "/" .. outcome.log or nil,
    })
    if work:pause(M.delay(n, work.run.retry_delay)) then
      outcome.status, outcome.error = "cancelled", "cancelled"
      return outcome
    end
    work:discard_log(position, outcome)
  end
end

-- Checks that need no process; a failing one ends the step.
local function refusal(work, step, id)
  local message, hint = work.run.backend.refuses(step, work.job)
  if message then return failure(message, hint, true) end
  local limit, wrong = M.limit(work.job, step, id)
  if wrong then return failure(wrong, 'write a duration with its unit, such as "30s" or "10m"', true) end
  if limit and limit <= 0 then return failure("command timed out", "its time limit is not positive", true) end
  return nil, limit
end

---Runs one step to its end.
---@param work JobWork
---@param position integer index among the job's steps
---@return StepOutcome
function M.execute(work, position)
  local step, id = work.job.steps[position], work.ids[position]
  work:emit("step.started", {
    step = id, phase = step.phase or "main", index = position, count = #work.job.steps, command = step.run, use = step.use,
    directory = directory.step(work.directory, step), attempts = M.attempts(work.job, step), timeout = step.timeout or work.job.timeout,
  })
  local outcome, limit = refusal(work, step, id)
  if not outcome then
    if work.cancelled then limit = math.min(limit or interrupted_limit, interrupted_limit) end
    outcome = attempts(work, step, position, limit)
  end
  record_finish(work, position, outcome)
  local links = collect_links(work, position, outcome)
  work:emit("step.finished", {
    step = id, phase = step.phase or "main", status = outcome.status, exit = outcome.exit, signal = outcome.signal,
    seconds = outcome.seconds, error = outcome.error, hint = outcome.hint,
    log = outcome.log and work.run.dir .. "/" .. outcome.log or nil, links = links,
    tolerated = outcome.status == "failed" and M.may_fail(step) or nil,
  })
  return outcome
end

return M
