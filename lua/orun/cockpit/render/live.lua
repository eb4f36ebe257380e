-- The permanent lines of `orun run`: header, a block per component, failures at once, the summary.
local frame = require "orun.cockpit.render.frame"
local path = require "orun.util.path"
local shellword = require "orun.util.shellword"
local style = require "orun.cockpit.style"

local M = {}

local glyph = style.glyph
local rail = "  " .. glyph.bar
local under = rail .. "       "
local headline_width = 100

local runner_names = { ["github-actions"] = "gha" }

---@param view LiveView
---@return Span[][]
function M.header(view)
  local ids = {}
  if view.planId ~= "" then ids[1] = frame.field("Plan", view.planId) end
  if view.execId then ids[#ids + 1] = frame.field("Run", view.execId) end
  if view.target then ids[#ids + 1] = frame.field("Target", view.target) end
  local parts = {}
  if #view.group_order > 0 then parts[1] = { style.plural(#view.group_order, "component"), "dim" } end
  parts[#parts + 1] = { style.plural(#view.order, "job"), "dim" }
  if view.concurrency > 1 then parts[#parts + 1] = { ("%d%s parallel"):format(view.concurrency, glyph.times), "dim" } end
  if view.components then parts[#parts + 1] = { style.plural(view.components, "component") .. " at a time", "dim" } end
  parts[#parts + 1] = { runner_names[view.runner] or view.runner, "dim" }
  if #view.environments == 1 then parts[#parts + 1] = { style.plain(view.environments[1]), "dim" } end
  local lines = { {}, frame.title(view.planName ~= "" and view.planName or "plan") }
  if #ids > 0 then frame.append(lines, frame.flowing("  ", ids, view.columns, { style.wide_separator, "dim" })) end
  frame.append(lines, frame.flowing({ "  Scope: ", "dim" }, parts, view.columns))
  lines[#lines + 1] = {}
  return lines
end

local outcomes = {
  completed = { "success", glyph.success },
  cached = { "secondary", glyph.cached, "cached" },
  failed = { "error", glyph.failure, "failed" },
  cancelled = { "warning", glyph.skipped, "cancelled" },
  blocked = { "warning", glyph.skipped, "blocked" },
  waiting = { "dim", glyph.pending, "waiting" },
}

-- Name of a job below its component: the environment leads when there are several.
local function row_name(view, job)
  if view.concurrent then return { style.plain(view:label(job)) } end
  if view.multiEnv and job.environment then return { { style.plain(job.environment), "bold" }, "  ", style.plain(job.name) } end
  return { style.plain(job.name) }
end

local function row(view, job, branch)
  local token, mark, word = table.unpack(outcomes[job.status] or outcomes.waiting)
  local line = { { rail .. "  " .. branch .. " ", "dim" }, { mark, token }, " " }
  local name = row_name(view, job)
  table.move(name, 1, #name, #line + 1, line)
  if word then line[#line + 1] = { "  " .. word, token } end
  if job.seconds and job.status ~= "cached" then line[#line + 1] = { "  " .. style.step_duration(job.seconds), "dim" } end
  local held = job.status == "blocked" or job.status == "waiting"
  if held and job.reason then line[#line + 1] = { "  " .. style.plain(job.reason), "dim" } end
  if job.tolerated then line[#line + 1] = { "  " .. frame.tolerated(job.tolerated), "warning" } end
  return line
end

local function logs_command(view, job)
  return ("orun logs --exec-id %s --job %s"):format(shellword.quote(view.execId or ""), shellword.quote(job.id))
end

---All jobs of a component that ended.
---@param view LiveView
---@param group LiveGroup
---@param first boolean nothing was printed between it and the header
---@param apart boolean an empty line above it, as what stands there is no block
---@return Span[][]
function M.block(view, group, first, apart)
  local lines = {}
  if not first then lines[1] = apart and {} or { { rail, "dim" } } end
  lines[#lines + 1] = { "  ", { glyph.bullet, "brand" }, " ", { style.plain(group.name), "bold" } }
  for i, job in ipairs(group.ended) do
    lines[#lines + 1] = row(view, job, i == #group.ended and glyph.last or glyph.branch)
    if job.status == "blocked" and job.hint then
      lines[#lines + 1] = { { under, "dim" }, { "hint ", "dim" }, style.plain(job.hint) }
    end
    for _, link in ipairs(job.links) do
      lines[#lines + 1] = { { under, "dim" }, { glyph.link .. " " .. style.plain(link.label), "secondary" }, "  ", style.plain(link.url) }
    end
    if job.status == "failed" and view.execId and not job.told then
      lines[#lines + 1] = { { under, "dim" }, { "logs ", "dim" }, logs_command(view, job) }
    end
  end
  return lines
end

local function detail(label, text)
  return { { "       " .. label .. (" "):rep(6 - #label), "dim" }, text }
end

---A step that failed, or a job without one, at once.
---@param view LiveView
---@param job LiveJob
---@param event table step.finished or job.finished
---@param message? string the error
---@param headline? string the line of its output that says most
---@return Span[][]
function M.failure(view, job, event, message, headline)
  local first = { "    ", { glyph.failure, "error" }, " ", { style.plain(view:label(job)), "bold" } }
  if event.seconds then first[#first + 1] = { "  " .. style.step_duration(event.seconds), "dim" } end
  local text = headline or message
  if text then first[#first + 1] = { "  " .. style.truncate(style.plain(text), headline_width), "error" } end
  local lines = { first }
  if event.step then lines[2] = detail("step", style.plain(event.step)) end
  if message then lines[#lines + 1] = detail("error", style.plain(message)) end
  if event.hint then lines[#lines + 1] = detail("hint", style.plain(event.hint)) end
  if view.execId then lines[#lines + 1] = detail("logs", logs_command(view, job)) end
  return lines
end

---@param view LiveView
---@param event table step.retry
---@param message? string the error
---@return Span[][]
function M.retry(view, event, message)
  local job = view.jobs[event.job]
  local text = ("%s retrying attempt %d/%d"):format(glyph.retry, event.attempt, event.attempts)
  local line = { "    ", { text, "warning" }, "  " .. style.plain(job and view:label(job) or event.job) .. "  " .. style.plain(event.step) }
  if message then line[#line + 1] = { "  " .. style.plain(message), "dim" } end
  return { line }
end

---A step that failed and may: its job goes on.
---@param view LiveView
---@param job LiveJob
---@param event table step.finished
---@param message? string the error
---@param headline? string
---@return Span[][]
function M.continuing(view, job, event, message, headline)
  local line = {
    "    ", { glyph.arrow .. " continuing after failure", "warning" },
    ("  %s  %s"):format(style.plain(view:label(job)), style.plain(event.step)),
  }
  if event.seconds then line[#line + 1] = { "  " .. style.step_duration(event.seconds), "dim" } end
  if message then line[#line + 1] = { "  " .. style.plain(message), "dim" } end
  if headline then line[#line + 1] = { "  " .. style.truncate(style.plain(headline), headline_width), "dim" } end
  return { line }
end

local phase_names = { pre = "Pre-steps", post = "Post-steps" }

---The steps of another phase begin.
---@param view LiveView
---@param job LiveJob
---@param phase string
---@return Span[][]
function M.phase(view, job, phase)
  local name = phase_names[phase]
  if not name then return {} end
  local line = { "  ", { glyph.phase .. " " .. name, "secondary" } }
  if view.placed then line[#line + 1] = { "  " .. style.plain(view:label(job)), "dim" } end
  return { line }
end

-- The commands that go on with a run.
local function commands(id, words)
  local lines = {}
  for _, word in ipairs(words) do
    lines[#lines + 1] = { { ("  %-8s"):format(word[1]), "dim" }, ("orun %s %s%s"):format(word[2], shellword.quote(id), word[3] or "") }
  end
  return lines
end

---A run that was sent into the background.
---@param started BackgroundRun
---@param name? string of the plan
---@param cwd string
---@return Span[][]
function M.background(started, name, cwd)
  local inside = started.log:sub(1, #cwd + 1) == cwd .. "/"
  local ids = { frame.field("Run", started.execId), frame.field("Pid", tostring(started.pid)) }
  local lines = {
    {}, frame.title(name and name ~= "" and name or "plan"), frame.prefixed("  ", frame.joined(ids, style.wide_separator)),
    {}, { { "  output  ", "dim" }, style.plain(inside and started.log:sub(#cwd + 2) or started.log) },
  }
  local below = commands(started.execId, {
    { "status", "status --exec-id", " --watch" }, { "logs", "logs --exec-id", " --follow" }, { "cancel", "cancel" },
  })
  return table.move(below, 1, #below, #lines + 1, lines)
end

---What a signal does, below the echo of the key.
---@return Span[][]
function M.interrupted()
  return { {}, { { "  Stopping: running steps are asked to end; once more ends them at once.", "warning" } } }
end

---@param view LiveView
---@param event table job.waiting
---@return Span[][]
function M.waiting(view, event)
  local job = view.jobs[event.job]
  local label = style.plain(job and view:label(job) or event.job)
  return { { "    ", { glyph.waiting, "dim" }, " " .. label, { "  " .. style.plain(event.reason or ""), "dim" } } }
end

---What can start at the beginning, and what has to wait for what.
---@param view LiveView
---@param ready integer
---@param resumed integer
---@param waiting {job: string, needs: string[]}[]
---@return Span[][]
function M.readiness(view, ready, resumed, waiting)
  local text = ("%d ready%s%d resumed%s%d waiting"):format(ready, style.separator, resumed, style.separator, #waiting)
  local lines = { { { "  State  ", "dim" }, text } }
  for _, entry in ipairs(waiting) do
    lines[#lines + 1] = M.waiting(view, { job = entry.job, reason = "waiting on " .. table.concat(entry.needs, ", ") })[1]
  end
  lines[#lines + 1] = {}
  return lines
end

---The line above what follows for one component.
---@param view LiveView
---@param job LiveJob
---@param first boolean the header stands right above
---@return Span[][]
function M.group_line(view, job, first)
  local line = { "  ", { style.plain(job.component or job.name), "bold" } }
  if view.multiEnv and job.environment and not view.dryRun then
    line[#line + 1] = { style.wide_separator .. style.plain(job.environment), "dim" }
  end
  return first and { line } or { {}, line }
end

local function quoted_lines(text, lines)
  for line in text:gmatch("[^\n]+") do lines[#lines + 1] = { { "    " .. glyph.bar .. "   ", "dim" }, style.plain(line) } end
end

local function bar_line(text)
  return { { "    " .. glyph.bar .. " ", "dim" }, style.plain(text) }
end

-- When a step runs, how often at most and for how long.
local function limits(step, with_phase)
  local text = ""
  if with_phase and step.phase and step.phase ~= "main" then text = "  phase: " .. step.phase end
  if step.attempts and step.attempts > 1 then text = ("%s  retries: %d"):format(text, step.attempts - 1) end
  if step.timeout and step.timeout ~= "" then text = ("%s  timeout: %s"):format(text, style.plain(step.timeout)) end
  return text
end

---What a step is about to do.
---@param view LiveView
---@param job LiveJob
---@param step table step.started, or a step of job.preview
---@param position integer
---@param count integer
---@return Span[][]
function M.step(view, job, step, position, count)
  local name = style.plain(view:label(job) .. " " .. step.step)
  local lines = { { "    ", { glyph.bullet, "running" }, " ", { name, "bold" }, { (" (%d/%d)"):format(position, count), "dim" } } }
  lines[#lines + 1] = bar_line(("runner: %s  cwd: %s"):format(view.runner, step.directory or ""))
  if step.use and step.use ~= "" then lines[#lines + 1] = bar_line("use: " .. step.use) end
  local command = step.command or step.run
  if command and command ~= "" then
    lines[#lines + 1] = bar_line "run:"
    quoted_lines(command, lines)
  end
  local bounds = limits(step)
  if bounds ~= "" then lines[#lines + 1] = bar_line(bounds:match "%S.*") end
  return lines
end

---What a step printed and how it ended.
---@param view LiveView
---@param job LiveJob
---@param event table step.finished
---@param output? string
---@return Span[][]
function M.step_result(view, job, event, output)
  local lines = {}
  if output and output:find("%S") then
    lines[1] = bar_line(("result: %s %s"):format(view:label(job), event.step))
    quoted_lines(output, lines)
  end
  if event.status == "completed" then
    lines[#lines + 1] = {
      "    ", { glyph.success .. " completed in " .. style.step_duration(event.seconds or 0), "success" },
      { ("  %s %s"):format(style.plain(view:label(job)), style.plain(event.step)), "dim" },
    }
  end
  return lines
end

-- A directory, from where the person stands when it is below.
local function place(view, directory)
  if not view.cwd or (directory .. "/"):sub(1, #view.cwd + 1) ~= view.cwd .. "/" then return directory end
  return path.relative(view.cwd, directory)
end

---A job of a dry run.
---@param view LiveView
---@param job LiveJob
---@param event table job.preview
---@param verbose boolean
---@return Span[][]
function M.preview(view, job, event, verbose)
  local first = { "    ", { glyph.preview, "secondary" }, " " }
  local name = row_name(view, job)
  table.move(name, 1, #name, #first + 1, first)
  first[#first + 1] = { "  " .. style.plural(#event.steps, "step"), "dim" }
  if not verbose and event.directory then first[#first + 1] = { "  in " .. style.plain(place(view, event.directory)), "dim" } end
  local lines = { first }
  for _, gate in ipairs(event.gates or {}) do
    lines[#lines + 1] = { { "      gate  ", "warning" }, style.plain(gate) }
  end
  if verbose then lines[#lines + 1] = bar_line("cwd: " .. (event.directory or "")) end
  local phase = "main"
  for i, step in ipairs(event.steps) do
    if verbose then
      if step.phase and step.phase ~= phase then table.move(M.phase(view, job, step.phase), 1, 1, #lines + 1, lines) end
      phase = step.phase
      table.move(M.step(view, job, step, i, #event.steps), 1, 100, #lines + 1, lines)
    else
      lines[#lines + 1] = { { "      " .. style.plain(step.step) .. limits(step, true), "dim" } }
    end
  end
  return lines
end

local function counted(parts)
  local texts = {}
  for _, part in ipairs(parts) do
    if (part[1] or 0) > 0 then texts[#texts + 1] = ("%d %s"):format(part[1], part[2]) end
  end
  return texts
end

local function title(event)
  local duration = style.step_duration(event.seconds or 0)
  if event.dryRun then return { glyph.preview .. " Preview ready in " .. duration, "bold" } end
  if event.status == "completed" then return { glyph.success .. " Done in " .. duration, "bold success" } end
  if event.signal and (event.counts.failed or 0) == 0 then return { glyph.skipped .. " Interrupted after " .. duration, "bold warning" } end
  return { glyph.failure .. (event.signal and " Interrupted after " or " Failed in ") .. duration, "bold error" }
end

---@param view LiveView
---@param event table run.finished
---@param resume? string the command that goes on with the run
---@return Span[][]
function M.summary(view, event, resume)
  local counts = event.counts
  local lines = { {}, { title(event) } }
  local texts = event.dryRun and counted { { counts.selected, "selected" } } or counted {
    { counts.completed, "succeeded" }, { counts.failed, "failed" }, { counts.cancelled, "cancelled" }, { counts.cached, "cached" },
    { counts.blocked, "blocked" }, { view.waiting, "waiting" },
    { (counts.waiting or 0) - view.waiting, "not started" },
  }
  if view.tolerated > 0 then texts[#texts + 1] = frame.tolerated(view.tolerated) end
  if #texts > 0 then lines[#lines + 1] = { { "  " .. table.concat(texts, style.separator), "dim" } } end
  if (event.cacheHits or 0) > 0 then
    lines[#lines + 1] = { { "  cache  ", "dim" }, style.plural(event.cacheHits, "local hit") }
  end
  frame.links(event.links or {}, lines, "  ")
  if event.dryRun or not view.execId then return lines end
  lines[#lines + 1] = {}
  local below = commands(view.execId, {
    { "status", "status --exec-id" }, { "logs", "logs --exec-id", (counts.failed or 0) > 0 and " --failed" or "" },
  })
  if resume then below[#below + 1] = { { "  resume  ", "dim" }, resume } end
  return table.move(below, 1, #below, #lines + 1, lines)
end

return M
