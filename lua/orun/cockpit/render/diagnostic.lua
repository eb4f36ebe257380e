-- Errors and warnings as people and programs read them.
local styles = require "orun.cockpit.style"

local M = {}

-- Of a long source line this much is shown around the column.
local shown = 120

-- A path as seen from the working directory when it lies below it.
local function near(file, cwd)
  if cwd and file:sub(1, #cwd + 1) == cwd .. "/" then return file:sub(#cwd + 2) end
  return file
end

local function place_of(d, cwd)
  local place = near(styles.plain(d.file), cwd)
  if d.line then place = place .. ":" .. d.line end
  if d.line and d.column then place = place .. ":" .. d.column end
  return place
end

-- The part of a source line around a column, and the column within it (both in characters).
local function window(source, column)
  local length = utf8.len(source)
  if not length then return source:sub(1, shown), column <= shown and column or 1 end
  if length <= shown then return source, column end
  local from = math.max(1, math.min(column - shown // 2, length - shown + 1))
  local cut = source:sub(utf8.offset(source, from), utf8.offset(source, from + shown) - 1)
  return cut, column - from + 1
end

-- The text before a column, as blanks of the same width.
local function indent(source, column)
  local stop = utf8.len(source) and utf8.offset(source, column) or column
  local before = source:sub(1, (stop or #source + 1) - 1)
  return (" "):rep(styles.width(styles.plain(before)))
end

local function source_lines(d, style)
  local column = d.column or 1
  local source
  source, column = window(d.source:gsub("[\r\n]+$", ""), column)
  local number = tostring(d.line or "")
  local margin = (" "):rep(#number)
  local rule = " " .. styles.glyph.bar .. " "
  local lines = {
    { " " .. number .. rule, "dim" }, { " " .. margin .. rule, "dim" },
  }
  local out = { style:line { lines[1], styles.plain(source) } }
  if d.column then out[2] = style:line { lines[2], indent(source, column), { styles.glyph.caret, "error" } } end
  return out
end

-- Text of several lines, without control characters, indented below its first line.
local function indented(text)
  local lines = {}
  for line in (text .. "\n"):gmatch("([^\n]*)\n") do lines[#lines + 1] = styles.plain(line) end
  return table.concat(lines, "\n  ")
end

-- So many instances are named.
local named = 5

---Whom a mistake concerns beside the one that the message names.
local function others(instances)
  local names = {}
  for i = 2, math.min(#instances, named + 1) do
    names[i - 1] = ("%s@%s"):format(styles.plain(instances[i].component), styles.plain(instances[i].environment))
  end
  local count = #instances - 1
  local rest = count > named and (" and %d more"):format(count - named) or ""
  return ("also for %d other%s:"):format(count, count > 1 and "s" or ""), table.concat(names, ", ") .. rest
end

local function entry(d, word, token, style, cwd)
  local lines = { style:line { { word .. ":", "bold " .. token }, " " .. indented(d.message) } }
  if d.file then lines[#lines + 1] = style:line { { "  --> ", "dim" }, place_of(d, cwd) } end
  if d.file and d.source and d.source:find("%S") then
    for _, line in ipairs(source_lines(d, style)) do lines[#lines + 1] = line end
  end
  if d.calls then lines[#lines + 1] = style:line { { "  " .. indented(d.calls), "dim" } } end
  if d.instances and #d.instances > 1 then
    local label, names = others(d.instances)
    lines[#lines + 1] = style:line { { label, "secondary" }, " " .. names }
  end
  if d.hint then lines[#lines + 1] = style:line { { "hint:", "secondary" }, " " .. indented(d.hint) } end
  return table.concat(lines, "\n") .. "\n"
end

---Warnings first, so that the errors end up nearest to the prompt.
---@param all {errors: Diagnostic[], warnings: Diagnostic[]}
---@param style Style
---@param cwd? string
---@return string
function M.text(all, style, cwd)
  local parts = {}
  for _, d in ipairs(all.warnings) do parts[#parts + 1] = entry(d, "warning", "warning", style, cwd) end
  for _, d in ipairs(all.errors) do parts[#parts + 1] = entry(d, "error", "error", style, cwd) end
  return table.concat(parts)
end

local keys = { "kind", "message", "file", "line", "column", "path", "hint", "instances" }

local function instances(found)
  local value = require "host.value"
  local shape, list = value.shape { "component", "environment" }, value.list {}
  for i, instance in ipairs(found) do list[i] = shape { component = instance.component, environment = instance.environment } end
  return list
end

---One JSON document without final newline.
---@param all {errors: Diagnostic[], warnings: Diagnostic[]}
---@return string
function M.json(all)
  local value = require "host.value"
  local shape, outer = value.shape(keys), value.shape { "errors", "warnings" }
  local document = outer {}
  for _, list in ipairs { "errors", "warnings" } do
    local items = value.list()
    for i, d in ipairs(all[list]) do
      local item = {}
      for _, key in ipairs(keys) do item[key] = d[key] end
      item.instances = d.instances and instances(d.instances)
      items[i] = shape(item)
    end
    document[list] = items
  end
  return require("host.json").encode(document, { indent = 2 })
end

return M
