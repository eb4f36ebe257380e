-- The logs frame: `orun logs`.
local frame = require "orun.cockpit.render.frame"
local job_view = require "orun.cockpit.viewmodel.job"
local logs_view = require "orun.cockpit.viewmodel.logs"
local run_view = require "orun.cockpit.viewmodel.run"
local style = require "orun.cockpit.style"

local M = {}

local shown_lines = 8
local margin = "       "

local function head(view, now, columns, lines)
  local run = view.run
  lines[#lines + 1] = {}
  lines[#lines + 1] = frame.title(run.planName)
  local parts = { frame.field("Run", view.execId) }
  local token, _, label = style.status(run.status)
  if run.status ~= "" then parts[#parts + 1] = frame.field("State", label, token) end
  if run.startedAt then
    parts[#parts + 1] = frame.field("Duration", style.duration(math.max(0, (run.finishedAt or now) - run.startedAt)))
  end
  frame.append(lines, frame.flowing("  ", parts, columns))
  if run.counts.total > 0 then
    local legend = frame.legend_parts(run.counts, run_view.is_over(run))
    frame.append(lines, frame.flowing({ "  Status:   ", "dim" }, legend, columns, style.separator))
  end
  frame.links(run.links, lines, "  ")
  lines[#lines + 1] = {}
end

local function contains(lines, count, text)
  for i = 1, count do
    if lines[i]:find(text, 1, true) then return true end
  end
  return false
end

-- All lines of a long text, piece by piece.
local function pieces(entry, put)
  for text in entry.pieces() do
    local lines = logs_view.lines(text)
    for i, line in ipairs(lines) do lines[i] = { margin, style.plain(line) } end
    put(lines)
  end
end

local function body(entry, raw, lines)
  local count = raw and #entry.lines or math.min(#entry.lines, shown_lines)
  for i = 1, count do lines[#lines + 1] = { margin, style.plain(entry.lines[i]) } end
  local rest = entry.totalLines - count
  if rest > 0 then lines[#lines + 1] = { margin, { style.glyph.ellipsis .. " " .. style.plural(rest, "more line"), "dim" } } end
  local last = entry.lastLine or entry.lines[#entry.lines]
  if entry.status == "failed" and last and not contains(entry.lines, count, last) then
    lines[#lines + 1] = { margin, { style.plain(last), "error" } }
  end
end

local function entry_head(entry)
  local token, mark = style.status(entry.status)
  local line = { "    ", { mark, token }, " ", { style.plain(entry.short ~= "" and entry.short or entry.jobId), "bold" } }
  if entry.stepId ~= "" then line[#line + 1] = { "  " .. style.plain(entry.stepId), "dim" } end
  return line
end

local function group_name(entry)
  local name = entry.component or entry.jobId
  return entry.environment and name .. style.wide_separator .. entry.environment or name
end

---@class LogsFrameOptions
---@field now number
---@field raw? boolean all lines of every entry
---@field columns? integer  width of the terminal; heads that are longer take several lines

---What is shown instead of a frame when there is nothing to show.
---@param run? RunView     nil: no step of the run printed anything
---@param failed? boolean   only failures were asked for
---@return Span[][]
function M.nothing(run, failed)
  if not run then return { { { "No logs for this run yet.", "dim" } } } end
  local text = failed and run.counts.failed == 0 and "No step of this run failed." or "No step that was asked for printed anything."
  return { { { text, "dim" } } }
end

---Gives the frame in parts, so that long logs are never there as a whole.
---@param view LogsView
---@param options LogsFrameOptions
---@param put fun(lines: Span[][])
function M.each(view, options, put)
  local lines = {}
  head(view, options.now, options.columns, lines)
  if #view.entries == 0 then lines[#lines + 1] = { { "No logs captured for this run.", "dim" } } end
  local current
  for i, entry in ipairs(view.entries) do
    local name = group_name(entry)
    if name ~= current then
      if i > 1 then lines[#lines + 1] = {} end
      lines[#lines + 1] = { "  ", { style.glyph.bullet, "brand" }, " ", { style.plain(name), "bold" } }
      current = name
    end
    lines[#lines + 1] = entry_head(entry)
    if options.raw and entry.pieces then
      put(lines)
      pieces(entry, put)
      lines = {}
    else
      body(entry, options.raw, lines)
    end
  end
  if view.hidden > 0 then
    local what = style.plural(view.hidden, "more step")
    lines[#lines + 1] = {}
    lines[#lines + 1] = { { ("  %s without failures or links; --raw shows all"):format(what), "dim" } }
  end
  put(lines)
end

---@param view LogsView
---@param options LogsFrameOptions
---@return Span[][]
function M.lines(view, options)
  local all = {}
  M.each(view, options, function(lines) table.move(lines, 1, #lines, #all + 1, all) end)
  return all
end

-- The name of a job in one word, as far as that is possible.
local function job_name(id)
  local component, environment, short = job_view.split(id)
  if not component then return style.plain(id) end
  return style.plain(environment and component .. style.joint .. environment .. "/" .. short or component .. "/" .. short)
end

---A line of output as it came.
---@param job string
---@param step string
---@param text string
---@param raw? boolean the line alone
---@return Span[]
function M.live_line(job, step, text, raw)
  local line = style.plain((text:gsub("\r$", "")))
  if raw then return { line } end
  return { { job_name(job), "secondary" }, { " " .. style.plain(step) .. " " .. style.glyph.bar .. " ", "dim" }, line }
end

---How a step or a job ended.
---@param job string
---@param step? string
---@param record table step.finished or job.finished
---@return Span[]
function M.live_end(job, step, record)
  local token, mark, label = style.status(record.status)
  local line = { { mark, token }, " ", { job_name(job), "bold" } }
  if step then line[#line + 1] = { " " .. style.plain(step), "dim" } end
  line[#line + 1] = { " " .. label, token }
  local text = record.error or record.signal and "ended by signal " .. record.signal
  if not text and (record.exit or 0) ~= 0 then text = "exit status " .. record.exit end
  if text and record.status ~= "cancelled" then line[#line + 1] = { "  " .. style.plain(text), "dim" } end
  return line
end

---How the run ended.
---@param run RunView
---@return Span[][]
function M.live_summary(run)
  local token, mark, label = style.status(run.status)
  local took = run.startedAt and run.finishedAt and "  " .. style.duration(math.max(0, run.finishedAt - run.startedAt)) or ""
  return { { { mark, token }, " ", { style.plain(run.execId), "bold" }, { " " .. label, token }, { took, "dim" } } }
end

return M
