-- The list of runs: `orun get runs`, `orun status --all`.
local frame = require "orun.cockpit.render.frame"
local style = require "orun.cockpit.style"

local M = {}

local shortest_id, state_width, plan_width, result_width = 36, 10, 22, 20

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

-- Ids are never cut: people copy them.
local function id_width(rows)
  local width = shortest_id
  for _, run in ipairs(rows) do width = math.max(width, style.width(style.plain(run.execId))) end
  return width
end

-- Only a run that broke off has a longer label than the column.
local function label_width(rows)
  local width = state_width
  for _, run in ipairs(rows) do width = math.max(width, style.width((select(3, style.status(run.status))))) end
  return width
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

local function row(run, id_columns, state_columns, now, wide)
  local token, mark, label = style.status(run.status)
  local spans, used = result(run.counts)
  local line = {
    "  ", { mark, token }, " ", style.pad(style.plain(run.execId), id_columns), "  ",
    { style.pad(label, state_columns), token }, "  ",
    style.pad(style.truncate(style.plain(run.planName), plan_width), plan_width), "  ",
  }
  table.move(spans, 1, #spans, #line + 1, line)
  line[#line + 1] = (" "):rep(result_width - used) .. "  "
  if wide then line[#line + 1] = wide_text { run.planId, duration(run, now), run.trigger, run.user } end
  line[#line + 1] = { style.age(run.startedAt and now - run.startedAt), "dim" }
  return line
end

---@param rows RunRow[]
---@param now number seconds since the epoch
---@param wide? boolean plan ids, durations, triggers and users too
---@return Span[][]
function M.lines(rows, now, wide)
  if #rows == 0 then return M.empty() end
  local id_columns, state_columns = id_width(rows), label_width(rows)
  local heads = {}
  for i, column in ipairs(wide_columns) do heads[i] = column[1] end
  local header = ("  %s  %s  %s  %s  %sAGE"):format(style.pad("RUN", id_columns + 2), style.pad("STATE", state_columns),
    style.pad("PLAN", plan_width), style.pad("RESULT", result_width), wide and wide_text(heads) or "")
  local lines = { {}, frame.title("runs"), {}, { { header, "dim" } } }
  for _, run in ipairs(rows) do lines[#lines + 1] = row(run, id_columns, state_columns, now, wide) end
  return lines
end

return M
