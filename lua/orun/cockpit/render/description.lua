-- One plan, job or execution in detail: `orun describe`.
local box = require "orun.cockpit.render.box"
local frame = require "orun.cockpit.render.frame"
local job_view = require "orun.cockpit.viewmodel.job"
local run_view = require "orun.cockpit.viewmodel.run"
local style = require "orun.cockpit.style"

local M = {}

local glyph = style.glyph
local label_width = 14

local function field_lines(fields, lines, margin)
  for _, field in ipairs(fields) do
    lines[#lines + 1] = { margin or "", { style.pad(field[1] .. ":", label_width), "dim" }, " ", style.plain(field[2]) }
  end
end

local function title(what, name, lines)
  lines[#lines + 1] = { { what .. ": ", "dim" }, { style.plain(name), "bold" } }
  lines[#lines + 1] = box.rule()
end

local function heading(text, lines)
  lines[#lines + 1] = {}
  lines[#lines + 1] = { { text .. ":", "bold" } }
end

-- What only the wide form says, below the thing it belongs to.
local function detail_lines(details, margin, lines)
  for _, field in ipairs(details) do
    lines[#lines + 1] = { { margin .. style.plain(field[1]) .. ": ", "dim" }, (style.plain(field[2])) }
  end
end

---@param view PlanDescription
---@return Span[][]
function M.plan(view)
  local lines = {}
  title("Plan", view.name, lines)
  field_lines(view.fields, lines)
  if #view.sources > 0 then heading("Composition Sources", lines) end
  for _, source in ipairs(view.sources) do
    lines[#lines + 1] = { "  ", style.plain(("%s (%s)"):format(source.name, source.kind)) }
    detail_lines(source.details, "    ", lines)
  end
  if #view.jobs > 0 then heading("Jobs", lines) end
  for i, job in ipairs(view.jobs) do
    local line = {
      { ("  %s "):format(i == #view.jobs and glyph.last or glyph.branch), "dim" }, style.plain(job.id),
      { (" (%s)"):format(style.plural(job.steps, "step")), "dim" },
    }
    if #job.dependsOn > 0 then
      line[#line + 1] = { (" %s %s"):format(glyph.arrow, style.plain(table.concat(job.dependsOn, ", "))), "dim" }
    end
    lines[#lines + 1] = line
    detail_lines(job.details, ("  %s    "):format(i == #view.jobs and " " or glyph.bar), lines)
  end
  return lines
end

---------------------------------------------------------------------------------------------------

local function text_lines(text, margin, lines)
  for line in (text:gsub("^%s*\n", ""):gsub("%s+$", "") .. "\n"):gmatch("(.-)\n") do
    lines[#lines + 1] = { margin .. style.plain(line) }
  end
end

local function step_lines(steps, details, lines)
  heading("Steps", lines)
  for i, step in ipairs(steps) do
    local phase = step.phase ~= "main" and { (" [%s]"):format(step.phase), "dim" } or nil
    lines[#lines + 1] = { ("  %d. %s"):format(i, style.plain(step.name)), phase }
    detail_lines(details[i], "     ", lines)
    if step.use then lines[#lines + 1] = { { "     use: ", "dim" }, style.plain(step.use) } end
    if step.run then text_lines(step.run, "     ", lines) end
  end
end

local function status_spans(status)
  local token, mark, label = style.status(status)
  return { ("%s %s"):format(mark, label), token }
end

local function step_states(job, margin, lines)
  for _, step in ipairs(job.steps) do
    local token, mark = style.status(step.status)
    local line = { { margin, "dim" }, { mark, token }, " ", style.plain(step.id) }
    if step.seconds then line[#line + 1] = { "  " .. style.duration(step.seconds), "dim" } end
    lines[#lines + 1] = line
  end
end

local function state_lines(view, now, lines)
  heading("State", lines)
  local job = view.state
  local seconds = job_view.seconds(job, now)
  lines[#lines + 1] = { { style.pad("Run:", label_width), "dim" }, " ", style.plain(view.execId) }
  local line = { { style.pad("Status:", label_width), "dim" }, " ", status_spans(job.status) }
  if seconds > 0 then line[#line + 1] = { "  " .. style.duration(seconds), "dim" } end
  lines[#lines + 1] = line
  if type(job.error) == "string" then
    lines[#lines + 1] = { { style.pad("Error:", label_width), "dim" }, " ", { style.plain(job.error), "error" } }
  end
  step_states(job, "  ", lines)
end

---@param view JobDescription
---@param now number seconds since the epoch
---@return Span[][]
function M.job(view, now)
  local lines = {}
  title("Job", view.id, lines)
  field_lines(view.fields, lines)
  for _, map in ipairs(view.maps) do
    heading(map[1], lines)
    for _, field in ipairs(map[2]) do
      lines[#lines + 1] = { "  ", { style.plain(field[1]) .. ": ", "dim" }, style.plain(field[2]) }
    end
  end
  step_lines(view.steps, view.stepDetails, lines)
  if view.state then state_lines(view, now, lines) end
  return lines
end

---------------------------------------------------------------------------------------------------

local function job_lines(job, is_last, now, lines)
  local token, mark, label = style.status(job.status)
  local seconds = job_view.seconds(job, now)
  local line = {
    { ("  %s "):format(is_last and glyph.last or glyph.branch), "dim" }, { mark, token }, " ", style.plain(job.id), "  ", { label, token },
  }
  if seconds > 0 then line[#line + 1] = { "  " .. style.duration(seconds), "dim" } end
  lines[#lines + 1] = line
  local margin = ("  %s    "):format(is_last and " " or glyph.bar)
  local text = job.error or job.reason
  if type(text) == "string" and text ~= "" then
    lines[#lines + 1] = { { margin, "dim" }, { style.plain(text), job.error and "error" or "dim" } }
  end
  step_states(job, margin, lines)
end

---@param description RunDescription
---@param now number seconds since the epoch
---@return Span[][]
function M.run(description, now)
  local view, lines = description.view, { {}, frame.title(description.view.planName) }
  field_lines(description.fields, lines, "  ")
  lines[#lines + 1] = { "  ", { style.pad("Status:", label_width), "dim" }, " ", status_spans(view.status) }
  if view.startedAt then
    local seconds = math.max(0, (view.finishedAt or now) - view.startedAt)
    lines[#lines + 1] = { "  ", { style.pad("Duration:", label_width), "dim" }, " ", style.duration(seconds) }
  end
  if view.counts.total > 0 then
    local legend = frame.legend(view.counts, run_view.is_over(view))
    lines[#lines + 1] = frame.prefixed({ "  " .. style.pad("Jobs:", label_width) .. " ", "dim" }, legend)
  end
  if #view.links > 0 then
    lines[#lines + 1] = {}
    frame.links(view.links, lines, "  ")
  end
  if #description.jobs > 0 then lines[#lines + 1] = {} end
  for i, job in ipairs(description.jobs) do job_lines(job, i == #description.jobs, now, lines) end
  return lines
end

return M
