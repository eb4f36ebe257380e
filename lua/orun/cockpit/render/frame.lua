-- Parts that several frames share. Lines are lists of spans; see orun.cockpit.style.
local style = require "orun.cockpit.style"

local M = {}

local glyph = style.glyph

---The line that opens every frame.
---@param name string
---@return Span[]
function M.title(name)
  return { { glyph.wedge .. " orun", "brand" }, " ", { style.plain(name), "bold" } }
end

---Parts joined by dim separators, each styled by itself.
---@param parts (Span|Span[])[]
---@param separator? string
---@return Span[]
function M.joined(parts, separator)
  local line = {}
  for i, part in ipairs(parts) do
    if i > 1 then line[#line + 1] = { separator or style.separator, "dim" } end
    if type(part[1]) == "table" then
      table.move(part, 1, #part, #line + 1, line)
    else
      line[#line + 1] = part
    end
  end
  return line
end

---Lines behind others.
---@param lines Span[][]
---@param more Span[][]
function M.append(lines, more)
  table.move(more, 1, #more, #lines + 1, lines)
end

local function width_of(spans)
  local width = 0
  for _, span in ipairs(spans) do width = width + style.width(type(span) == "string" and span or span[1]) end
  return width
end

---Joined parts in as many lines as they need.
---@param prefix Span|string  of the first line; the others are indented by it
---@param parts (Span|Span[])[]
---@param columns? integer    cells of a line; nil: one line takes them all
---@param separator? Span|string
---@return Span[][]
function M.flowing(prefix, parts, columns, separator)
  separator = separator or { style.separator, "dim" }
  local margin, lines = width_of { prefix }, {}
  local line, used = { prefix }, margin
  for i, part in ipairs(parts) do
    local spans = type(part[1]) == "table" and part or { part }
    local width = width_of(spans)
    if #line > 1 and columns and used + width_of { separator } + width > columns then
      lines[#lines + 1] = line
      line, used = { (" "):rep(margin) }, margin
    elseif i > 1 then
      line[#line + 1], used = separator, used + width_of { separator }
    end
    table.move(spans, 1, #spans, #line + 1, line)
    used = used + width
  end
  lines[#lines + 1] = line
  return lines
end

---`prefix` followed by the spans of a line.
---@param prefix Span|string
---@param line Span[]
---@return Span[]
function M.prefixed(prefix, line)
  return table.move(line, 1, #line, 2, { prefix })
end

---The four counts: succeeded, running, queued, failed. Jobs that were cancelled or could not start are counted where there are any.
---@param counts Counts
---@param over? boolean nothing more will start
---@return Span[][] each count
function M.legend_parts(counts, over)
  local parts = {
    { "success", glyph.success, counts.completed, "succeeded" },
    { "running", glyph.running, counts.running, "running" },
    { "pending", glyph.pending, counts.pending, over and counts.pending > 0 and "not started" or "queued" },
    { counts.failed > 0 and "error" or "dim", glyph.failure, counts.failed, "failed" },
  }
  for _, what in ipairs { "cancelled", "blocked" } do
    if (counts[what] or 0) > 0 then parts[#parts + 1] = { "warning", glyph.skipped, counts[what], what } end
  end
  for i, part in ipairs(parts) do parts[i] = { ("%s %d %s"):format(part[2], part[3], part[4]), part[1] } end
  return parts
end

---The counts in one line.
---@param counts Counts
---@param over? boolean
---@return Span[]
function M.legend(counts, over)
  local line = {}
  for i, part in ipairs(M.legend_parts(counts, over)) do
    if i > 1 then line[#line + 1] = style.separator end
    line[#line + 1] = part
  end
  return line
end

---Steps that failed without failing their job.
---@param n integer
---@return string
function M.tolerated(n)
  return style.plural(n, "failed step") .. " ignored"
end

---The progress bar with its percentage.
---@param percent integer
---@return Span[]
function M.progress(percent)
  return { { style.bar(percent), "running" }, (" %3d%%"):format(percent) }
end

---`label: value` for the head of a frame.
---@param label string
---@param text string
---@param tokens? string
---@return Span[]
function M.field(label, text, tokens)
  return { { label .. ": ", "dim" }, { style.plain(text), tokens or "dim" } }
end

---Links, one a line.
---@param links {label: string, url: string}[]
---@param lines Span[][] appended to
---@param margin string
function M.links(links, lines, margin)
  for _, link in ipairs(links) do
    local label = style.plain(link.label)
    lines[#lines + 1] = { margin, { label ~= "" and label or "Link:", "secondary" }, " ", style.plain(link.url) }
  end
end

return M
