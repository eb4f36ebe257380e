-- The table that a command file returns (lua/types/command.lua): its form, and loading a file that does not ship with the program.
local diagnostic = require "orun.diagnostic"
local fs = require "host.fs"

local M = {}

-- Form -------------------------------------------------------------------------------------------------------------------------------

local flag_types = { string = true, integer = true, number = true, boolean = true, duration = true }

---Type of every field, by kind of table.
M.fields = {
  command = {
    summary = "string", usage = "string", description = "string", aliases = "table", flags = "table", args = "table", leading = "boolean",
    complete = "function", examples = "table", trouble = "number", run = "function",
  },
  flag = {
    name = "string", short = "string", value = "string", help = "string", type = "string", default = "any", repeatable = "boolean",
    choices = "table", env = "string", hidden = "boolean", complete = "string",
  },
  argument = { name = "string", help = "string", optional = "boolean", repeatable = "boolean", complete = "string" },
}

local function check_fields(t, kind, where)
  if type(t) ~= "table" then return ("%s must be a table"):format(where) end
  local names, fields = {}, M.fields[kind]
  for name in next, t do names[#names + 1] = name end
  table.sort(names, function(a, b) return tostring(a) < tostring(b) end)
  for _, name in ipairs(names) do
    local wanted = fields[name]
    if not wanted then
      local known = require("orun.util.sorted").keys(fields)
      return ('%s has no field "%s"'):format(where, tostring(name)), require("orun.util.suggestion").hint(tostring(name), known)
    end
    if wanted ~= "any" and type(t[name]) ~= wanted then return ("%s of %s must be a %s"):format(name, where, wanted) end
  end
end

local function check_flag(flag, where)
  local wrong, hint = check_fields(flag, "flag", where)
  if wrong then return wrong, hint end
  if not (flag.name or ""):find("^%a[%w-]*$") then return where .. " needs a name of letters, digits and dashes" end
  if flag.short and not flag.short:find("^%a$") then return where .. ".short must be one letter" end
  if flag.type and not flag_types[flag.type] then return where .. ".type must be string, integer, number, boolean or duration" end
  for i, choice in ipairs(flag.choices or {}) do
    if type(choice) ~= "string" then return ("%s.choices[%d] must be a string"):format(where, i) end
  end
end

local function check_list(list, where, check)
  for i, item in ipairs(list or {}) do
    local wrong, hint = check(item, ("%s[%d]"):format(where, i))
    if wrong then return wrong, hint end
  end
end

local function check_argument(argument, where)
  local wrong, hint = check_fields(argument, "argument", where)
  if wrong then return wrong, hint end
  if (argument.name or "") == "" then return where .. " needs a name" end
end

local function check_text(text, where)
  if type(text) ~= "string" then return where .. " must be a string" end
end

local function check_example(example, where)
  if type(example) ~= "table" or type(example[1]) ~= "string" or type(example[2]) ~= "string" then
    return where .. " must be { command line, what it is for }"
  end
end

local lists = { flags = check_flag, args = check_argument, aliases = check_text, examples = check_example }

local function check(command, group)
  if type(command) ~= "table" then return "a command file must return a table" end
  local wrong, hint = check_fields(command, "command", "the command")
  if wrong then return wrong, hint end
  if (command.summary or "") == "" then return "the command needs a summary" end
  if not command.run and not group then return "the command needs a function run; only one with commands below it can be without" end
  for _, name in ipairs { "flags", "args", "aliases", "examples" } do
    wrong, hint = check_list(command[name], name, lists[name])
    if wrong then return wrong, hint end
  end
end

---What is wrong with the table of a command; nil when it is in order.
---@param command any
---@param file string that returned it
---@param group boolean other commands stand below it
---@return Diagnostic?
function M.check(command, file, group)
  local wrong, hint = check(command, group)
  return wrong and { kind = "command.shape", message = wrong, file = file, hint = hint or "docs/commands.md says what it may hold" }
end

-- Messages ---------------------------------------------------------------------------------------------------------------------------

-- How Lua shortens a file name in its messages.
local function chunk_name(file)
  return #file < 60 and file or "..." .. file:sub(-56)
end

local function line_of(text, number)
  local n = 0
  for row in (text .. "\n"):gmatch("([^\n]*)\n") do
    n = n + 1
    if n == number then return row end
  end
end

-- A diagnostic about a command file, from what Lua says: a message, with a traceback where the message names another file.
local function complaint(kind, what, file, text, said)
  local message, name = said:match("^[^\n]*"), chunk_name(file)
  local line
  if message:sub(1, #name + 1) == name .. ":" then line, message = message:sub(#name + 2):match("^(%d+): (.*)$") end
  if not line then
    local at = said:find(name .. ":", 1, true)
    line, message = at and said:match("^%d+", at + #name + 1), message or said
  end
  local number = math.tointeger(tonumber(line))
  return {
    kind = kind, message = ("%s: %s"):format(what, message), file = file, line = number, source = number and line_of(text, number),
  }
end

-- How the command file came to the line: the calls between it and whoever raised the error; nil when it raised the error itself.
local function calls(file, said)
  local frames, last = {}, 0
  for frame in (said:match "\nstack traceback:\n(.*)$" or ""):gmatch "[^\n]+" do
    -- The first one is whoever asks for the traceback.
    if frame:find("/orun/main.lua:", 1, true) then
      if #frames > 0 then break end
    elseif not frame:find "^%s*%[C%]:" and not frame:find("(...tail calls...)", 1, true) then
      frames[#frames + 1] = frame
      if frame:find(chunk_name(file) .. ":", 1, true) then last = #frames end
    end
  end
  return last > 1 and "stack traceback:\n" .. table.concat(frames, "\n", 1, last) or nil
end

---A diagnostic about an error that a running command did not mean to raise.
---@param file string of the command
---@param said string Lua's message with a traceback
---@return Diagnostic
function M.raised(file, said)
  local entry = complaint("command.raised", "the command failed", file, fs.read(file) or "", said)
  entry.calls = calls(file, said)
  return entry
end

---What is wrong with the exit code that a command returned; nil when it is in order.
---@param code any
---@return string?
function M.check_code(code)
  if code == nil or math.type(code) == "integer" and code >= 0 and code <= 255 then return nil end
  local shown = math.type(code) and tostring(code) or "a " .. type(code)
  return ("run must return an exit code from 0 to 255, or nothing, not %s"):format(shown)
end

-- Loading ----------------------------------------------------------------------------------------------------------------------------

local unloadable = "the command file cannot be loaded"

---@param file string
---@return string text
function M.read(file)
  local text, message = fs.read(file)
  if not text then diagnostic.raise { kind = "command.unreadable", message = message --[[@as string]] } end
  return (text:gsub("^\xef\xbb\xbf", ""))
end

---Runs a command file in this state and returns its table. Raises a Failure that names file and line.
---@param file string
---@param text string
---@param group boolean other commands stand below it
---@return Command
function M.run(file, text, group)
  local chunk, message = load(text, "@" .. file, "t")
  if not chunk then diagnostic.raise(complaint("command.syntax", unloadable, file, text, message --[[@as string]])) end
  local ok, command = xpcall(chunk --[[@as function]], function(err)
    if diagnostic.is(err) then return err end
    return complaint("command.failed", unloadable, file, text,
      require("host.loop").traceback(type(err) == "string" and err or "it raised a " .. type(err)))
  end)
  if not ok then
    if diagnostic.is(command) then error(command, 0) end
    diagnostic.raise(command)
  end
  local wrong = M.check(command, file, group)
  if wrong then diagnostic.raise(wrong) end
  return command
end

return M
