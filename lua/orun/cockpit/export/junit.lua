-- A run as JUnit XML, the form that CI systems read test results in: a suite for each component, a case for each job.
local style = require "orun.cockpit.style"

local M = {}

-- Of the log of a failed step this much is quoted, its end.
local quoted_bytes = 1 << 16

local entities = { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;", ["\n"] = "&#10;" }

-- XML 1.0 has no control characters, and no bytes that are not UTF-8.
local function clean(text)
  text = text:gsub("\27%[[0-?]*[ -/]*[@-~]", ""):gsub("[\0-\8\11-\31\127]", "")
  if utf8.len(text) then return text end
  local parts, at = {}, 1
  while at <= #text do
    local bad = select(2, utf8.len(text, at))
    if not bad then break end
    parts[#parts + 1] = text:sub(at, bad - 1) .. "\u{fffd}"
    at = bad + 1
  end
  return table.concat(parts) .. text:sub(at)
end

local function attribute(text)
  return (clean(text):gsub('[&<>"\n]', entities))
end

local function content(text)
  return (clean(text):gsub("[&<>]", entities))
end

local function seconds(n)
  return ("%.3f"):format(math.max(0, n or 0))
end

local function tail(path)
  local file = path and io.open(path, "rb")
  if not file then return "" end
  file:seek("set", math.max(0, file:seek "end" - quoted_bytes))
  local text = file:read "a" or ""
  file:close()
  return text
end

-- Logs of the steps that failed.
local function failure_text(job, folded, dir)
  local parts = {}
  for _, step in ipairs(job.steps) do
    local state = folded and folded.steps[step.id]
    if step.status == "failed" and state and state.log then
      parts[#parts + 1] = ("step %s:\n%s"):format(step.id, tail(dir .. "/" .. state.log))
    end
  end
  return table.concat(parts, "\n")
end

local outcomes = {
  completed = "passed", success = "passed", failed = "failed", error = "failed",
  cancelled = "error", interrupted = "error", running = "error",
}
local verbs = { running = "is running", cancelled = "was cancelled", interrupted = "was interrupted" }

local function case(job, folded, dir, lines)
  local outcome = outcomes[job.status] or "skipped"
  local took = job.startedAt and job.finishedAt and job.finishedAt - job.startedAt or 0
  local head = ('    <testcase name="%s" classname="%s" time="%s"'):format(attribute(job.short),
    attribute((job.component or "orun") .. (job.environment and "." .. job.environment or "")), seconds(took))
  if outcome == "passed" then
    lines[#lines + 1] = head .. "/>"
    return outcome
  end
  lines[#lines + 1] = head .. ">"
  if outcome == "failed" then
    lines[#lines + 1] = ('      <failure message="%s" type="failed">%s</failure>'):format(attribute(job.error or "failed"),
      content(failure_text(job, folded, dir)))
  elseif outcome == "error" then
    lines[#lines + 1] = ('      <error message="the job %s" type="%s"/>'):format(verbs[job.status], job.status)
  else
    lines[#lines + 1] = ('      <skipped message="%s"/>'):format(attribute(job.reason or "not started"))
  end
  lines[#lines + 1] = "    </testcase>"
  return outcome
end

local function counted(n, jobs, took)
  return ('tests="%d" failures="%d" errors="%d" skipped="%d" time="%s"'):format(jobs, n.failed, n.error, n.skipped, seconds(took))
end

-- Lines of one suite; adds its counts to those of the whole.
local function suite(group, fold, dir, whole, lines)
  local n, took, cases = { passed = 0, failed = 0, error = 0, skipped = 0 }, 0, {}
  for _, job in ipairs(group.jobs) do
    local outcome = case(job, fold and fold.jobs[job.id], dir, cases)
    n[outcome], whole[outcome] = n[outcome] + 1, whole[outcome] + 1
    if job.startedAt and job.finishedAt then took = took + math.max(0, job.finishedAt - job.startedAt) end
  end
  lines[#lines + 1] = ('  <testsuite name="%s" %s>'):format(attribute(group.name), counted(n, #group.jobs, took))
  table.move(cases, 1, #cases, #lines + 1, lines)
  lines[#lines + 1] = "  </testsuite>"
end

---@param view RunView
---@param record ExecutionRecord
---@return string
function M.text(view, record)
  local whole, suites = { passed = 0, failed = 0, error = 0, skipped = 0 }, {}
  for _, group in ipairs(view.groups) do suite(group, record.fold, record.dir, whole, suites) end
  local took = view.startedAt and view.finishedAt and view.finishedAt - view.startedAt or 0
  local name = attribute(("%s %s %s"):format(view.planName, style.glyph.dash, view.execId))
  return ('<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="%s" %s>\n'):format(name, counted(whole, #view.jobs, took))
    .. table.concat(suites, "\n") .. (#suites > 0 and "\n" or "") .. "</testsuites>\n"
end

return M
