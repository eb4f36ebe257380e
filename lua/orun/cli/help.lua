-- Help texts, made from the same tables that read the command line.
local flags = require "orun.cli.flags"
local register = require "orun.cli.register"

local M = {}

local tagline = "orun compiles platform intent into a plan and runs it."

---@param rows {[1]: string, [2]: string}[]
---@param lines string[] appended to
local function columns(rows, lines)
  local width = 0
  for _, row in ipairs(rows) do width = math.max(width, utf8.len(row[1]) or #row[1]) end
  for _, row in ipairs(rows) do
    local padding = (" "):rep(width - (utf8.len(row[1]) or #row[1]))
    lines[#lines + 1] = ("  %s%s  %s"):format(row[1], padding, row[2]):gsub("%s+$", "")
  end
end

local function section(lines, title, rows)
  if #rows == 0 then return end
  lines[#lines + 1] = ""
  lines[#lines + 1] = title
  columns(rows, lines)
end

local text_width = 80

-- Fills lines with the words of a paragraph. One with columns or indented lines stays as it was written.
local function wrapped(paragraph)
  if paragraph:find("  ", 1, true) then return paragraph end
  local lines, line = {}, ""
  for word in paragraph:gmatch("%S+") do
    if line ~= "" and #line + 1 + #word > text_width then
      lines[#lines + 1] = line
      line = word
    else
      line = line == "" and word or line .. " " .. word
    end
  end
  lines[#lines + 1] = line
  return table.concat(lines, "\n")
end

-- Paragraphs are separated by empty lines.
local function description(text)
  local paragraphs = {}
  for paragraph in (text:gsub("%s+$", "") .. "\n\n"):gmatch("(.-)\n\n+") do paragraphs[#paragraphs + 1] = wrapped(paragraph) end
  return table.concat(paragraphs, "\n\n")
end

---How a flag is written: `-o, --output PATH`.
---@param flag Flag
---@return string
function M.flag(flag)
  local written = (flag.short and "-" .. flag.short .. ", " or "    ") .. "--" .. flag.name
  return flag.value and written .. " " .. flag.value or written
end

local function explanation(flag)
  local parts, notes = { flag.help or "" }, {}
  if flag.choices then notes[#notes + 1] = table.concat(flag.choices, ", ") end
  if flag.default ~= nil and flag.default ~= false then notes[#notes + 1] = "default " .. tostring(flag.default) end
  if flag.repeatable then notes[#notes + 1] = "may be repeated" end
  if flag.env then notes[#notes + 1] = "$" .. flag.env end
  if #notes > 0 then parts[#parts + 1] = "(" .. table.concat(notes, "; ") .. ")" end
  return (table.concat(parts, " "):gsub("^%s+", ""))
end

local function flag_rows(list)
  local rows = {}
  for _, flag in ipairs(list) do
    if not flag.hidden then rows[#rows + 1] = { M.flag(flag), explanation(flag) } end
  end
  return rows
end

local function location(d)
  return d.file and d.line and ("%s:%d: "):format(d.file:match("[^/]*$"), d.line) or ""
end

local function command_rows(list)
  local rows = {}
  for _, found in ipairs(list) do
    local summary, trouble = register.summary(found), register.trouble(found)
    if trouble then summary = ("broken: %s%s"):format(location(trouble), trouble.message:gsub("%c", " ")) end
    if found.place.label then
      summary = ("%s (from %s%s)"):format(summary, found.place.label, found.replaces and ", replaces a command of orun" or "")
    end
    rows[#rows + 1] = { found.words[#found.words], summary }
  end
  return rows
end

local function argument_text(argument)
  local text = argument.name .. (argument.repeatable and "..." or "")
  return argument.optional and "[" .. text .. "]" or "<" .. text .. ">"
end

---The usage line of a command.
---@param name string e.g. "orun get plans"
---@param command Command
---@param group boolean
---@return string
function M.usage(name, command, group)
  local usage = command.usage
  if usage then return usage:match("^orun") and usage or name .. " " .. usage end
  local parts = { name }
  for _, argument in ipairs(command.args or {}) do parts[#parts + 1] = argument_text(argument) end
  if group and not command.run then parts[#parts + 1] = "<command>" end
  parts[#parts + 1] = "[flags]"
  return table.concat(parts, " ")
end

local function argument_rows(list)
  local rows = {}
  for _, argument in ipairs(list or {}) do
    if argument.help then rows[#rows + 1] = { argument_text(argument), argument.help } end
  end
  return rows
end

-- A checkout cannot change what a word means; that its file does nothing should not be a riddle.
local function refusals(lines, words, places)
  section(lines, "Not used:", register.refused(words, places))
end

---Help of `orun` itself.
---@param places Place[]
---@return string
function M.program(places)
  local lines = { tagline, "", "Usage: orun <command> [arguments] [flags]" }
  section(lines, "Commands:", command_rows(register.list({}, places)))
  refusals(lines, {}, places)
  section(lines, "Flags of every command:", flag_rows(flags.global))
  lines[#lines + 1] = ""
  lines[#lines + 1] = "`orun help <command>` shows the flags of a command."
  return table.concat(lines, "\n") .. "\n"
end

-- Those that the command does not give a meaning of its own.
local function global_flags(own)
  local taken, left = {}, {}
  for _, flag in ipairs(own or {}) do taken[flag.name] = true end
  for _, flag in ipairs(flags.global) do
    if not taken[flag.name] then left[#left + 1] = flag end
  end
  return left
end

---Help of one command or group.
---@param found Found
---@param command Command
---@param places Place[]
---@return string
function M.command(found, command, places)
  local name = "orun " .. table.concat(found.words, " ")
  local lines = { command.summary or "", "", "Usage: " .. M.usage(name, command, found.group) }
  if command.aliases then lines[#lines + 1] = "Also: " .. table.concat(command.aliases, ", ") end
  if command.description then
    lines[#lines + 1] = ""
    lines[#lines + 1] = description(command.description)
  end
  section(lines, "Arguments:", argument_rows(command.args))
  if found.group then
    section(lines, "Commands:", command_rows(register.list(found.words, places)))
    refusals(lines, found.words, places)
  end
  section(lines, "Flags:", flag_rows(command.flags or {}))
  section(lines, "Flags of every command:", flag_rows(global_flags(command.flags)))
  section(lines, "Examples:", command.examples or {})
  if found.place.label and found.file then
    lines[#lines + 1] = ""
    lines[#lines + 1] = "Defined in " .. found.file
  end
  return table.concat(lines, "\n") .. "\n"
end

return M
