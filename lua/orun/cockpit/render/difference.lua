-- What differs between two plans: `orun plan diff`.
local frame = require "orun.cockpit.render.frame"
local style = require "orun.cockpit.style"
local textdiff = require "orun.util.textdiff"

local M = {}

local glyph = style.glyph
local tokens = { added = "success", removed = "error", changed = "warning" }
-- A changed value stands on one line as long as both sides together leave room for it.
local value_width = 90

local function marked(mark, text)
  return { glyph[mark] .. " " .. text, tokens[mark] }
end

---------------------------------------------------------------------------------------------------
-- Rows and texts

local line_tokens = { ["+"] = "success", ["-"] = "error" }

local function hunk_lines(hunks, margin, lines)
  for _, part in ipairs(hunks) do
    lines[#lines + 1] = { margin, { part.header, "secondary" } }
    for _, line in ipairs(part.lines) do
      lines[#lines + 1] = { margin, { line[1] .. style.visible(line[2]), line_tokens[line[1]] } }
      if line.unended then lines[#lines + 1] = { margin, { textdiff.unended_note, "dim" } } end
    end
  end
end

local function value_lines(row, margin, lines)
  local before, after = style.visible(row.before), style.visible(row.after)
  local head = { margin, { glyph.changed, tokens.changed }, " ", style.visible(row.label) .. ":" }
  lines[#lines + 1] = head
  if style.width(before) + style.width(after) <= value_width then
    table.move({ " ", { before, "error" }, { " " .. glyph.arrow .. " ", "dim" }, { after, "success" } }, 1, 4, #head + 1, head)
    return
  end
  lines[#lines + 1] = { margin .. "  ", marked("removed", before) }
  lines[#lines + 1] = { margin .. "  ", marked("added", after) }
end

local row_lines

local function rows_lines(rows, margin, lines)
  for _, row in ipairs(rows) do row_lines(row, margin, lines) end
end

function row_lines(row, margin, lines)
  if row.before then return value_lines(row, margin, lines) end
  local line = { margin, { glyph[row.mark], tokens[row.mark] }, " ", style.visible(row.label) }
  if row.text and row.text ~= "" then
    line[#line] = line[#line] .. (row.label:find("^step ") and "  " or ": ")
    line[#line + 1] = { style.visible(row.text), row.mark ~= "changed" and tokens[row.mark] or "dim" }
  end
  lines[#lines + 1] = line
  if row.hunks then hunk_lines(row.hunks, margin .. "  ", lines) end
  rows_lines(row.rows or {}, margin .. "  ", lines)
end

---------------------------------------------------------------------------------------------------
-- The head

local function side(plan)
  return { { style.plain(plan.name) .. " " }, { plan.id, "bold" }, { (" (%s)"):format(style.plural(plan.jobs, "job")), "dim" } }
end

local function count(label, parts)
  local shown = {}
  for _, part in ipairs(parts) do
    local mark, n, text = part[1], part[2], part[3]
    if n > 0 then shown[#shown + 1] = { ("%s%d %s"):format(glyph[mark] or "", n, text), tokens[mark] or "dim" } end
  end
  if #shown == 0 then return nil end
  return frame.prefixed({ ("  %-14s"):format(label .. ":"), "dim" }, frame.joined(shown))
end

local function name_line(label, found)
  local shown = {}
  for _, mark in ipairs { "added", "removed" } do
    for _, name in ipairs(found[mark]) do shown[#shown + 1] = { glyph[mark] .. style.visible(name), tokens[mark] } end
  end
  if #shown == 0 then return nil end
  return frame.prefixed({ ("  %-14s"):format(label .. ":"), "dim" }, frame.joined(shown))
end

local function head(view)
  local line = side(view.before)
  line[#line + 1] = { (" %s "):format(glyph.arrow), "dim" }
  table.move(side(view.after), 1, 3, #line + 1, line)
  local lines = { {}, frame.title("plan diff"), frame.prefixed("  ", line), {} }
  local counts, edges = view.counts, view.edges
  local function put(part) lines[#lines + 1] = part end
  put(count("Jobs", {
    { "added", counts.added, "added" }, { "removed", counts.removed, "removed" }, { "changed", counts.changed, "changed" },
    { "unchanged", counts.unchanged, "unchanged" },
  }))
  put(count("Edges", { { "added", edges.added, "added" }, { "removed", edges.removed, "removed" } }))
  put(name_line("Environments", view.environments))
  put(name_line("Components", view.components))
  return lines
end

---------------------------------------------------------------------------------------------------
-- The jobs

local function job_lines(job, rail, is_last, lines)
  local line = {
    { ("  %s  %s "):format(rail, is_last and glyph.last or glyph.branch), "dim" }, marked(job.mark, style.visible(job.id)),
  }
  if job.same_as then
    line[#line + 1] = { "  as " .. style.visible(job.same_as), "dim" }
  elseif job.steps then
    local detail = style.plural(job.steps, "step") .. (job.kind and style.separator .. style.plain(job.kind) or "")
    line[#line + 1] = { "  " .. detail, "dim" }
  end
  lines[#lines + 1] = line
  local below = {}
  rows_lines(job.rows, "", below)
  for _, row in ipairs(below) do
    lines[#lines + 1] = frame.prefixed({ ("  %s  %s    "):format(rail, is_last and " " or glyph.bar), "dim" }, row)
  end
end

local function group_lines(group, is_last, lines)
  local rail = is_last and " " or glyph.bar
  lines[#lines + 1] = { "  ", { glyph.bullet, "brand" }, " ", { style.visible(group.name), "bold" } }
  for i, job in ipairs(group.jobs) do job_lines(job, rail, i == #group.jobs, lines) end
end

---@param view DifferenceView
---@return Span[][]
function M.lines(view)
  local lines = head(view)
  if view.same then
    lines[#lines + 1] = {}
    lines[#lines + 1] = { "  ", { glyph.success .. " The plans do the same", "success" } }
    return lines
  end
  if #view.plan > 0 then
    lines[#lines + 1] = {}
    lines[#lines + 1] = { "  ", { glyph.bullet, "brand" }, " ", { "plan", "bold" } }
    rows_lines(view.plan, "     ", lines)
  end
  if #view.groups > 0 then lines[#lines + 1] = {} end
  for i, group in ipairs(view.groups) do
    if i > 1 then lines[#lines + 1] = { { "  " .. glyph.bar, "dim" } } end
    group_lines(group, i == #view.groups, lines)
  end
  return lines
end

return M
