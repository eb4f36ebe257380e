-- The run frame: `orun status`.
local frame = require "orun.cockpit.render.frame"
local job_view = require "orun.cockpit.viewmodel.job"
local run_view = require "orun.cockpit.viewmodel.run"
local shellword = require "orun.util.shellword"
local style = require "orun.cockpit.style"

local M = {}

local glyph = style.glyph
local error_width = 60

-- Spans that stand in thousands of lines.
local between_groups = { { "  " .. glyph.bar, "dim" } }
local begun, waiting = { glyph.bullet, "brand" }, { glyph.pending, "dim" }
local leads = {} -- what a job line begins with, by rail and by whether it is the last one
for _, rail in ipairs { " ", glyph.bar } do
  leads[rail] = {
    [true] = { "  " .. rail .. "  " .. glyph.last .. " ", "dim" }, [false] = { "  " .. rail .. "  " .. glyph.branch .. " ", "dim" },
  }
end

local function head(view, now, columns)
  local token, _, label = style.status(view.status)
  local parts = {}
  if view.planId then parts[#parts + 1] = frame.field("Plan", view.planId) end
  parts[#parts + 1] = frame.field("Run", view.execId)
  parts[#parts + 1] = frame.field("State", label, token)
  if view.startedAt then
    parts[#parts + 1] = frame.field("Duration", style.duration(math.max(0, (view.finishedAt or now) - view.startedAt)))
  end
  if view.dryRun then parts[#parts + 1] = { "dry-run", "warning" } end
  return frame.flowing("  ", parts, columns)
end

local function scope(view)
  local parts = {}
  for _, part in ipairs {
    { #view.components, "component" }, { view.counts.total, "job" }, { #view.environments, "environment" },
  } do
    if part[1] > 0 then parts[#parts + 1] = { style.plural(part[1], part[2]), "dim" } end
  end
  if #parts == 0 then return nil end
  return frame.prefixed({ "  Scope: ", "dim" }, frame.joined(parts))
end

-- What stands behind the name of a job: how long it took, or that it has not ended yet.
local function outcome(job, label, view, now, line)
  local seconds, group = job_view.seconds(job, now), job_view.group(job.status)
  if group == "running" then
    line[#line + 1] = { "  running", "running" }
  elseif group == "cancelled" or group == "blocked" then
    line[#line + 1] = { "  " .. group, "warning" }
  elseif group == "pending" then
    local waits = run_view.is_over(view) and "not started" or "queued"
    line[#line + 1] = { "  " .. ((label == "pending" or label == "unknown") and waits or label), "dim" }
  end
  if seconds > 0 and group ~= "pending" and group ~= "blocked" then
    line[#line + 1] = { (group == "running" and " " or "  ") .. style.duration(seconds), "dim" }
  end
  if job.tolerated then line[#line + 1] = { "  " .. frame.tolerated(job.tolerated), "warning" } end
  if group == "failed" and type(job.error) == "string" and job.error ~= "" then
    line[#line + 1] = { "  " .. style.truncate(style.plain(job.error), error_width), "error" }
  elseif job.reason and job.reason ~= "" then
    line[#line + 1] = { "  " .. style.plain(job.reason), "dim" }
  end
end

local function job_line(job, lead, view, now)
  local token, mark, label = style.status(job.status)
  local line = { lead, { mark, token }, " " }
  if view.multiEnv and job.environment then line[#line + 1] = { style.plain(job.environment) .. "/", "dim" } end
  line[#line + 1] = style.plain(job.short)
  outcome(job, label, view, now, line)
  return line
end

local function step_lines(job, rail, more, lines)
  for _, step in ipairs(job.steps) do
    local token, mark = style.status(step.status)
    local line = {
      { ("  %s  %s    "):format(rail, more and glyph.bar or " "), "dim" }, { mark, token }, " ", style.plain(step.id),
    }
    if step.seconds then line[#line + 1] = { "  " .. style.duration(step.seconds), "dim" } end
    lines[#lines + 1] = line
  end
end

local function started(group)
  for _, job in ipairs(group.jobs) do
    local status = job_view.group(job.status)
    if status ~= "pending" and status ~= "blocked" then return true end
  end
  return false
end

local function group_head(group)
  return { "  ", started(group) and begun or waiting, " ", { style.plain(group.name), "bold" } }
end

local function job_lines(jobs, rail, view, options, lines)
  for i, job in ipairs(jobs) do
    local last_job = i == #jobs
    lines[#lines + 1] = job_line(job, leads[rail][last_job], view, options.now)
    if options.detailed then step_lines(job, rail, not last_job, lines) end
  end
end

local function group_lines(group, is_last, view, options, lines)
  lines[#lines + 1] = group_head(group)
  job_lines(group.jobs, is_last and " " or glyph.bar, view, options, lines)
end

-- All groups; the number of their lines is known before.
local function all_groups(view, options, lines)
  for i, group in ipairs(view.groups) do
    if i > 1 then lines[#lines + 1] = between_groups end
    group_lines(group, i == #view.groups, view, options, lines)
  end
end

-- As much of the groups as there is room for.
local function some_groups(view, options, rows, lines)
  local function size(job) return 1 + (options.detailed and #job.steps or 0) end
  local total = 0
  for i, group in ipairs(view.groups) do
    total = total + (i > 1 and 2 or 1)
    for _, job in ipairs(group.jobs) do total = total + size(job) end
  end
  if total <= rows then return all_groups(view, options, lines) end
  local fitted, left_out = require("orun.cockpit.render.fit").choose(view.groups, rows, size)
  for i, part in ipairs(fitted) do
    local line = group_head(part.group)
    if part.hidden then
      local lead = #part.jobs > 0 and "  " .. glyph.ellipsis .. " and " or "  "
      line[#line + 1] = { lead .. table.concat(part.hidden, style.separator), "dim" }
    end
    lines[#lines + 1] = line
    job_lines(part.jobs, i == #fitted and left_out == 0 and " " or glyph.bar, view, options, lines)
  end
  if left_out > 0 then
    local noun = #fitted > 0 and "more component" or "component"
    lines[#lines + 1] = { { ("  %s %s"):format(glyph.ellipsis, style.plural(left_out, noun)), "dim" } }
  end
end

-- Links, on a screen a quarter of it at most.
local function link_lines(view, options, lines)
  if #view.links == 0 then return end
  local most = options.rows and math.max(1, options.rows // 4) or #view.links
  frame.links(table.move(view.links, 1, math.min(most, #view.links), 1, {}), lines, "  ")
  if #view.links > most then
    lines[#lines + 1] = { { ("  %s %s"):format(glyph.ellipsis, style.plural(#view.links - most, "more link")), "dim" } }
  end
  lines[#lines + 1] = {}
end

---@class RunFrameOptions
---@field now number        seconds since the epoch
---@field detailed? boolean the steps of every job
---@field rows? integer     lines that there is room for; without it everything is shown
---@field columns? integer  cells of a line; heads that are longer go on in the next one

---@param view RunView
---@param options RunFrameOptions
---@return Span[][]
function M.lines(view, options)
  local lines = { {}, frame.title(view.planName) }
  frame.append(lines, head(view, options.now, options.columns))
  lines[#lines + 1] = scope(view)
  lines[#lines + 1] = {}
  if view.counts.total > 0 then
    local legend = frame.legend_parts(view.counts, run_view.is_over(view))
    frame.append(lines, frame.flowing({ "  Status:   ", "dim" }, legend, options.columns, style.separator))
    lines[#lines + 1] = frame.prefixed({ "  Progress: ", "dim" }, frame.progress(view.counts.percent))
    lines[#lines + 1] = {}
  end
  link_lines(view, options, lines)
  if options.rows then
    some_groups(view, options, math.max(1, options.rows - #lines), lines)
  else
    all_groups(view, options, lines)
  end
  local broken_off = view.status == "interrupted"
  if broken_off or view.status == "cancelled" and view.continuation then
    lines[#lines + 1] = {}
    lines[#lines + 1] = {
      { broken_off and "  Its process is gone. Continue with: " or "  Continue with: ", "dim" },
      style.plain(view.continuation or "orun run --exec-id " .. view.execId),
    }
  end
  if #view.groups == 0 then lines[#lines + 1] = { { "  Logs:", "dim" }, " orun logs --exec-id " .. shellword.quote(view.execId) } end
  return lines
end

return M
