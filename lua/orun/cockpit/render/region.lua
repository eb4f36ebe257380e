-- How a run stands, in the few lines that are drawn again and again below what it has printed.
local frame = require "orun.cockpit.render.frame"
local style = require "orun.cockpit.style"

local M = {}

local glyph = style.glyph
local most_lines = 14
local bar_cells = 6

local function row(view, job, branch, picture, now)
  local line = { { "  " .. glyph.bar .. "  " .. branch .. " ", "dim" }, { style.spinner(picture), "running" }, " " }
  if view.multiEnv and job.environment then line[#line + 1] = { style.plain(job.environment) .. "  ", "bold" } end
  line[#line + 1] = style.plain(job.name)
  if job.step then
    line[#line + 1] = { "  [" .. style.bar(job.index * 100 / job.count, bar_cells) .. "]", "running" }
    line[#line + 1] = ("  %s %d/%d"):format(style.plain(job.step), job.index, job.count)
  else
    line[#line + 1] = { "  starting...", "dim" }
  end
  if job.began and now - job.began >= 1 then line[#line + 1] = { ("  %ds"):format((now - job.began) // 1), "dim" } end
  return line
end

-- Rows of what runs, as many as there is room for; a group needs two lines, and what is left out one.
local function active(view, room, picture, now, lines)
  local groups, needed, total = view:running(), 0, 0
  for _, group in ipairs(groups) do needed, total = needed + 1 + #group.jobs, total + #group.jobs end
  local left = needed <= room and room or room - 1
  for _, group in ipairs(groups) do
    if left < 2 then break end
    lines[#lines + 1] = { "  ", { glyph.bullet, "brand" }, " ", { style.plain(group.name), "bold" } }
    local shown = math.min(#group.jobs, left - 1)
    for j = 1, shown do
      lines[#lines + 1] = row(view, group.jobs[j], j == #group.jobs and glyph.last or glyph.branch, picture, now)
    end
    left, total = left - 1 - shown, total - shown
  end
  if total > 0 then lines[#lines + 1] = { { ("  + %s"):format(style.plural(total, "more active task")), "dim" } } end
end

---@class RegionFrameOptions
---@field now number      seconds, of the clock that jobs began by
---@field picture integer of the spinner
---@field columns integer
---@field rows integer    lines that there is room for

---@param view LiveView
---@param options RegionFrameOptions
---@return Span[][]
function M.lines(view, options)
  local lines = { {} }
  local most = math.min(most_lines, options.rows)
  if #view.order > 1 then
    local counts = view:counts()
    frame.append(lines, frame.flowing({ "  Status:   ", "dim" }, frame.legend_parts(counts), options.columns, style.separator))
    lines[#lines + 1] = frame.prefixed({ "  Progress: ", "dim" }, frame.progress(counts.percent))
    if next(view.active) then
      lines[#lines + 1] = {}
      lines[#lines + 1] = { { "  Active", "dim" } }
      lines[#lines + 1] = { { "  " .. glyph.bar, "dim" } }
    end
  end
  if next(view.active) and most > #lines then active(view, most - #lines, options.picture, options.now, lines) end
  return table.move(lines, 1, math.min(#lines, most), 1, {})
end

return M
