-- The list of runs: `orun get runs`, `orun status --all`.
local frame = require "orun.cockpit.render.frame"
local style = require "orun.cockpit.style"

local M = {}

local id_width, state_width, plan_width, result_width = 38, 10, 22, 20

---What is shown where there is no run yet.
---@return Span[][]
function M.empty()
  return { { { "No runs yet.", "dim" } }, {}, { "  Start one with: ", { "orun run", "bold" } } }
end

local function result(counts)
  if counts.total == 0 then return { { style.glyph.dash, "dim" } }, 1 end
  local text = ("%d/%d"):format(counts.completed + counts.failed, counts.total)
  if counts.failed == 0 then return { text }, #text end
  local failed = ("  %s %d failed"):format(style.glyph.failure, counts.failed)
  return { text, { failed, "error" } }, #text + style.width(failed)
end

local function row(run, now)
  local token, mark, label = style.status(run.status)
  local spans, width = result(run.counts)
  local line = {
    "  ", { mark, token }, " ", style.pad(style.truncate(style.plain(run.execId), id_width - 2), id_width - 2), "  ",
    { style.pad(label, state_width), token }, "  ",
    style.pad(style.truncate(style.plain(run.planName), plan_width), plan_width), "  ",
  }
  table.move(spans, 1, #spans, #line + 1, line)
  line[#line + 1] = (" "):rep(result_width - width) .. "  "
  line[#line + 1] = { style.age(run.startedAt and now - run.startedAt), "dim" }
  return line
end

---@param rows RunRow[]
---@param now number seconds since the epoch
---@return Span[][]
function M.lines(rows, now)
  if #rows == 0 then return M.empty() end
  local header = ("  %s  %s  %s  %s  AGE"):format(
    style.pad("RUN", id_width), style.pad("STATE", state_width), style.pad("PLAN", plan_width), style.pad("RESULT", result_width))
  local lines = { {}, frame.title("runs"), {}, { { header, "dim" } } }
  for _, run in ipairs(rows) do lines[#lines + 1] = row(run, now) end
  return lines
end

return M
