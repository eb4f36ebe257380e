-- The list of runs: `orun get runs`, `orun status --all`.
local frame = require "orun.cockpit.render.frame"
local style = require "orun.cockpit.style"

local M = {}

local shortest_id, state_width, plan_width, result_width, age_width = 36, 10, 22, 20, 7

---What is shown where there is no run yet.
---@return Span[][]
function M.empty()
  return { { { "No runs yet.", "dim" } }, {}, { "  Start one with: ", { "orun run", "bold" } } }
end

local function result(counts)
  if counts.total == 0 then return { { style.glyph.dash, "dim" } }, 1 end
  local text = ("%d/%d"):format(counts.completed + counts.failed + counts.cancelled, counts.total)
  local line, width = { text }, #text
  for _, part in ipairs { { "failed", "failure", "error" }, { "cancelled", "skipped", "warning" } } do
    local n = counts[part[1]]
    if n > 0 then
      local span = ("  %s %d %s"):format(style.glyph[part[2]], n, part[1])
      line[#line + 1], width = { span, part[3] }, width + style.width(span)
    end
  end
  return line, width
end

-- Longest text of each column. Ids are never cut: people copy them.
local function longest(rows)
  local widths = { id = 3, state = 5, plan = 4, result = 6 }
  for _, run in ipairs(rows) do
    widths.id = math.max(widths.id, style.width(style.plain(run.execId)))
    widths.state = math.max(widths.state, style.width((select(3, style.status(run.status)))))
    widths.plan = math.max(widths.plan, math.min(plan_width, style.width(style.plain(run.planName))))
    widths.result = math.max(widths.result, (select(2, result(run.counts))))
  end
  return widths
end

local wide_columns = { { "PLAN ID", 12 }, { "DURATION", 8 }, { "TRIGGER", 10 }, { "USER", 10 } }

-- Cells that only the wide form has.
local function wide_text(texts)
  local parts = {}
  for i, column in ipairs(wide_columns) do
    parts[i] = style.pad(texts[i] ~= "" and style.plain(texts[i]) or style.glyph.dash, column[2]) .. "  "
  end
  return table.concat(parts)
end

local function duration(run, now)
  local finished = run.finishedAt or (run.status == "running" and now) or nil
  local seconds = run.startedAt and finished and math.max(0, finished - run.startedAt)
  return seconds and (seconds < 1 and "<1s" or style.duration(seconds)) or ""
end

-- The usual widths, or more where a text needs it; no more than the texts need where the terminal is too narrow for that.
local function widths_of(rows, wide, columns)
  local needed = longest(rows)
  local usual = {
    id = math.max(shortest_id, needed.id), state = math.max(state_width, needed.state), plan = plan_width,
    result = math.max(result_width, needed.result),
  }
  local total = 4 + age_width
  for _, width in next, usual do total = total + width + 2 end
  for _, column in ipairs(wide and wide_columns or {}) do total = total + column[2] + 2 end
  return columns and total > columns and needed or usual
end

local function row(run, widths, now, wide)
  local token, mark, label = style.status(run.status)
  local spans, used = result(run.counts)
  local line = {
    "  ", { mark, token }, " ", style.pad(style.plain(run.execId), widths.id), "  ",
    { style.pad(label, widths.state), token }, "  ",
    style.pad(style.truncate(style.plain(run.planName), plan_width), widths.plan), "  ",
  }
  table.move(spans, 1, #spans, #line + 1, line)
  line[#line + 1] = (" "):rep(widths.result - used) .. "  "
  if wide then line[#line + 1] = wide_text { run.planId, duration(run, now), run.trigger, run.user } end
  line[#line + 1] = { style.age(run.startedAt and now - run.startedAt), "dim" }
  return line
end

---@param rows RunRow[]
---@param now number seconds since the epoch
---@param wide? boolean plan ids, durations, triggers and users too
---@param columns? integer|false  width of the terminal
---@return Span[][]
function M.lines(rows, now, wide, columns)
  if #rows == 0 then return M.empty() end
  local widths = widths_of(rows, wide, columns)
  local heads = {}
  for i, column in ipairs(wide_columns) do heads[i] = column[1] end
  local header = ("  %s  %s  %s  %s  %sAGE"):format(style.pad("RUN", widths.id + 2), style.pad("STATE", widths.state),
    style.pad("PLAN", widths.plan), style.pad("RESULT", widths.result), wide and wide_text(heads) or "")
  local lines = { {}, frame.title("runs"), {}, { { header, "dim" } } }
  for _, run in ipairs(rows) do lines[#lines + 1] = row(run, widths, now, wide) end
  return lines
end

return M
