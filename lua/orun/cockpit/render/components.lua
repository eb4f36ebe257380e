-- Components: `orun component`.
local style = require "orun.cockpit.style"
local verb = require "orun.template.verb"
local sorted = require "orun.util.sorted"

local M = {}

local glyph, plain = style.glyph, style.plain

local function mark(row)
  if row.enabled then return { glyph.success, "success" } end
  return { glyph.skipped, "muted" }
end

local function add_rows(lines, rows)
  local name, type_name = style.column(rows, "name", 24), style.column(rows, "type", 28)
  for _, row in ipairs(rows) do
    lines[#lines + 1] = {
      "  ", mark(row), " " .. style.pad(plain(row.name), name) .. " " .. style.pad(plain(row.type), type_name) .. " ",
      { plain(table.concat(row.environments, ",")), "secondary" },
    }
  end
end

---@param rows ComponentRow[]
---@return Span[][]
function M.list(rows)
  if #rows == 0 then return { { "No components found." } } end
  local lines = { { ("%d components"):format(#rows) }, {} }
  add_rows(lines, rows)
  return lines
end

local bar = { glyph.bar, "dim" }

local function field(lines, label, text)
  if text ~= "" then lines[#lines + 1] = { bar, "  ", { label .. ":", "dim" }, " " .. plain(text) } end
end

local function instance(lines, item)
  local head = (" [%s] "):format(plain(item.environment))
  lines[#lines + 1] = { bar, "  ", { glyph.branch, "dim" }, head, { "path=" .. plain(item.path), "dim" } }
  for _, section in ipairs { "parameters", "env" } do
    local map = item[section]
    if next(map) ~= nil then
      lines[#lines + 1] = { bar, "  ", bar, "  ", { section .. ":", "dim" } }
      for key, v in sorted.pairs(map) do
        -- Values as templates print them, on one line.
        local text = plain((verb.text(v, "v", {}):gsub("\n", " ")))
        lines[#lines + 1] = { bar, "  ", bar, ("    %s: %s"):format(plain(key), text) }
      end
    end
  end
end

---One component in detail.
---@param row ComponentRow with instances
---@return Span[][]
function M.detail(row)
  local lines = { {}, { { glyph.top .. glyph.rule, "dim" }, " Component ", { plain(row.name), "bold" } } }
  field(lines, "type", row.type)
  field(lines, "domain", row.domain)
  field(lines, "enabled", tostring(row.enabled))
  field(lines, "source", row.source)
  field(lines, "dependencies", table.concat(row.dependsOn, ", "))
  lines[#lines + 1] = { bar, "  ", { ("instances (%d):"):format(#row.instances), "dim" } }
  for _, item in ipairs(row.instances) do instance(lines, item) end
  lines[#lines + 1] = { { glyph.bottom .. glyph.rule, "dim" }, " end component " .. plain(row.name) }
  return lines
end

local titles = { { "changed", "Changed" }, { "dependencies", "Dependencies" }, { "dependents", "Dependents" } }

---@param groups ChangedRows
---@param long boolean every component in detail
---@return Span[][]
function M.changed(groups, long)
  local lines = {}
  for _, title in ipairs(titles) do
    local rows = groups[title[1]]
    if #rows > 0 then
      if #lines > 0 then lines[#lines + 1] = {} end
      lines[#lines + 1] = { { ("%s (%d)"):format(title[2], #rows), "bold" } }
      if not long then add_rows(lines, rows) end
      for _, row in ipairs(long and rows or {}) do
        for _, line in ipairs(M.detail(row)) do lines[#lines + 1] = line end
      end
    end
  end
  if #groups.removed > 0 then lines[#lines + 1] = { "Removed: " .. plain(table.concat(groups.removed, ", ")) } end
  return #lines > 0 and lines or { { "No changed components." } }
end

return M
