-- The log of a run as GitHub Actions shows it: a block for each job, a group for each step, an annotation for each failure.
local style = require "orun.cockpit.style"

local M = {}

local glyph = style.glyph
local label_width = 12
local rule = glyph.rule:rep(60)

-- What cannot stand in the text of a workflow command.
local function escape(text)
  return (text:gsub("[%%\r\n]", { ["%"] = "%25", ["\r"] = "%0D", ["\n"] = "%0A" }))
end

local function row(lines, label, text)
  if text and text ~= "" then lines[#lines + 1] = ("  %s%s%s"):format(label, (" "):rep(label_width - #label), text) end
end

local marks = { completed = glyph.success, cached = glyph.success, running = glyph.bullet, failed = glyph.cross }

local function dependencies(lines, found)
  if #found == 0 then return end
  local width, ready, failed = 0, 0, nil
  for _, dependency in ipairs(found) do width = math.max(width, style.width(dependency.id)) end
  lines[#lines + 1] = rule
  lines[#lines + 1] = "dependencies"
  for _, dependency in ipairs(found) do
    local status = dependency.status
    if status == "completed" or status == "cached" then ready = ready + 1 end
    if status == "failed" then failed = failed or dependency.id end
    local padding = (" "):rep(width - style.width(dependency.id))
    lines[#lines + 1] = ("  %s  %s%s  %s"):format(marks[status] or glyph.pending, dependency.id, padding, status or "pending")
  end
  if failed then
    lines[#lines + 1] = ("  %s dependency failed%s%s"):format(glyph.cross, style.separator, failed)
  elseif ready == #found then
    lines[#lines + 1] = ("  %s %d/%d ready"):format(glyph.success, ready, #found)
  else
    lines[#lines + 1] = ("  %s waiting%s%d/%d ready"):format(glyph.bullet, style.separator, ready, #found)
  end
end

---@class ActionsJob
---@field id string
---@field name string
---@field label string        as annotations name it
---@field component? string
---@field environment? string
---@field job? string
---@field directory? string
---@field runner string
---@field steps integer
---@field dependencies {id: string, status: string?}[]

---@param job ActionsJob
---@return string[]
function M.head(job)
  local lines = { "", glyph.play .. " " .. style.plain(job.name) }
  row(lines, "component", job.component)
  row(lines, "env", job.environment)
  row(lines, "job", job.job)
  row(lines, "job-id", job.id)
  row(lines, "workdir", job.directory)
  row(lines, "runner", job.runner)
  row(lines, "steps", tostring(job.steps))
  dependencies(lines, job.dependencies)
  lines[#lines + 1] = rule
  lines[#lines + 1] = "steps"
  lines[#lines + 1] = ""
  return lines
end

local phases = { pre = "Pre-steps", post = "Post-steps" }

---@param phase string
---@return string[]
function M.phase(phase)
  local title = phases[phase]
  return title and { ("%s %s %s"):format(glyph.rule:rep(2), title, glyph.rule:rep(2)) } or {}
end

---A retry, among the output.
---@param attempt integer of the retries
---@param most integer
---@return string
function M.retry(attempt, most)
  return ("%s retry %d/%d"):format(glyph.retry, attempt, most)
end

-- Output must neither end the pause of commands nor add matchers to the job around us.
local function quoted(lines, output, token)
  local resume = "::" .. token .. "::"
  lines[#lines + 1] = "::stop-commands::" .. token
  for line in output:gmatch("([^\n]*)\n?") do
    local trimmed = line:match("^%s*(.-)%s*$")
    if trimmed ~= resume and not trimmed:find("^##%[add%-matcher%]") and not trimmed:find("^##%[remove%-matcher%]") then
      lines[#lines + 1] = line
    end
  end
  if lines[#lines] == "" then lines[#lines] = nil end
  lines[#lines + 1] = resume
end

---@class ActionsStep
---@field number integer
---@field id string
---@field failed boolean
---@field cancelled? boolean
---@field tolerated? boolean  its job goes on all the same
---@field seconds number
---@field summary? string  the error, or what the output says first
---@field output string
---@field hint? string

---@param job ActionsJob
---@param step ActionsStep
---@return string[]
function M.step(job, step)
  local mark = step.failed and glyph.cross or step.cancelled and glyph.skipped or glyph.success
  local parts = { ("%s  %02d %s  %s"):format(mark, step.number, step.id, style.step_duration(step.seconds)) }
  if step.summary and step.summary ~= "" then parts[2] = step.summary end
  local lines = { "::group::" .. escape(table.concat(parts, style.wide_separator)) }
  if step.output:find("%S") then quoted(lines, step.output, "orun-stop-" .. job.id) end
  if step.failed then
    lines[#lines + 1] = ""
    lines[#lines + 1] = step.tolerated and ("  %s continuing after failure"):format(glyph.arrow)
      or "  retry:  orun run --job " .. job.id .. " --retry"
    if step.hint then lines[#lines + 1] = "  hint:   " .. style.plain(step.hint) end
  end
  lines[#lines + 1] = "::endgroup::"
  if step.failed then
    lines[#lines + 1] = (step.tolerated and "::warning::" or "::error::")
      .. escape(("%s %s %s: %s"):format(job.label, glyph.into, step.id, step.summary or "failed"))
  end
  return lines
end

---A step that did not run: its job was resumed after it, or nothing runs at all.
---@param number integer
---@param id string
---@param why "cached"|"dry-run"
---@return string[]
function M.skipped(number, id, why)
  return { ("  %s  %02d %s  %s"):format(glyph.skipped, number, style.plain(id), why) }
end

---A job that did not run.
---@param job ActionsJob
---@param status "cached"|"blocked"
---@param reason? string
---@param hint? string
---@return string[]
function M.absent(job, status, reason, hint)
  if status == "cached" then return { ("%s %s  cached"):format(glyph.cached, style.plain(job.label)) } end
  local lines = { ("%s %s  blocked  %s"):format(glyph.skipped, style.plain(job.label), style.plain(reason or "")) }
  if hint then
    lines[2] = "::error::" .. escape(("%s: %s; %s"):format(job.label, reason or "blocked", hint))
  end
  return lines
end

---@class ActionsOutcome
---@field status string
---@field seconds number
---@field error? string     of the job itself, when no step failed
---@field passed integer
---@field failed integer
---@field cancelled integer
---@field skipped integer
---@field slowest? {id: string, seconds: number}
---@field failed_step? string
---@field links {label: string, url: string}[]

---@param job ActionsJob
---@param outcome ActionsOutcome
---@return string[]
function M.foot(job, outcome)
  local good = outcome.status == "completed"
  local mark = good and glyph.success or outcome.status == "cancelled" and glyph.skipped or glyph.cross
  local title = ("%s %s %s"):format(mark, style.plain(job.name), outcome.status)
  local lines = { "", rule, title .. style.separator .. style.step_duration(outcome.seconds) }
  row(lines, "component", job.component)
  row(lines, "env", job.environment)
  local cancelled = outcome.cancelled > 0 and (", %d cancelled"):format(outcome.cancelled) or ""
  row(lines, "steps", ("%d passed, %d failed%s, %d skipped"):format(outcome.passed, outcome.failed, cancelled, outcome.skipped))
  if outcome.slowest then row(lines, "slowest", ("%s %s"):format(outcome.slowest.id, style.step_duration(outcome.slowest.seconds))) end
  row(lines, "failed step", outcome.failed_step)
  for _, link in ipairs(outcome.links) do
    lines[#lines + 1] = ("  %s %s  %s"):format(glyph.link, style.plain(link.label), style.plain(link.url))
  end
  if outcome.error and outcome.status ~= "cancelled" and not good and not outcome.failed_step then
    lines[#lines + 1] = "::error::" .. escape(("%s: %s"):format(job.label, outcome.error))
  end
  return lines
end

return M
