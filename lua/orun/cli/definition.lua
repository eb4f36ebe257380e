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
    name = "string", short = "string", value = "string", help = "string", type = "string", repeatable = "boolean", choices = "table",
    env = "string", hidden = "boolean", complete = "string",
  },
  argument = { name = "string", help = "string", optional = "boolean", repeatable = "boolean", complete = "string" },
}

local function check_fields(t, kind, where)
  if type(t) ~= "table" then return ("%s must be a table"):format(where) end
  local names = {}
  for name in next, M.fields[kind] do names[#names + 1] = name end
  table.sort(names)
  for _, name in ipairs(names) do
    local wanted = M.fields[kind][name]
    if t[name] ~= nil and type(t[name]) ~= wanted then return ("%s.%s must be a %s"):format(where, name, wanted) end
  end
end

local function check_flag(flag, where)
  local wrong = check_fields(flag, "flag", where)
  if wrong then return wrong end
  if not (flag.name or ""):find("^%a[%w-]*$") then return where .. " needs a name of letters, digits and dashes" end
  if flag.short and not flag.short:find("^%a$") then return where .. ".short must be one letter" end
  if flag.type and not flag_types[flag.type] then return where .. ".type must be string, integer, number, boolean or duration" end
end

local function check_list(list, where, check)
  for i, item in ipairs(list or {}) do
    local wrong = check(item, ("%s[%d]"):format(where, i))
    if wrong then return wrong end
  end
end

local function check_argument(argument, where)
  local wrong = check_fields(argument, "argument", where)
  return wrong or (argument.name or "") == "" and where .. " needs a name" or nil
end

local function check_text(text, where)
  if type(text) ~= "string" then return where .. " must be a string" end
end

local function check_example(example, where)
  if type(example) ~= "table" or type(example[1]) ~= "string" or type(example[2]) ~= "string" then
    return where .. " must be { command line, what it is for }"
  end
end

---What is wrong with the table of a command; nil when it is in order.
---@param command any
---@return string?
function M.check(command)
  if type(command) ~= "table" then return "a command file must return a table" end
  local wrong = check_fields(command, "command", "the command")
  if wrong then return wrong end
  if (command.summary or "") == "" then return "the command needs a summary" end
  return check_list(command.flags, "flags", check_flag) or check_list(command.args, "args", check_argument)
    or check_list(command.aliases, "aliases", check_text) or check_list(command.examples, "examples", check_example)
end

-- Loading ----------------------------------------------------------------------------------------------------------------------------

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

---A diagnostic about a command file, from a message of Lua.
---@param kind string
---@param file string
---@param text string
---@param said string      what Lua says: a message, with a traceback where the message names another file
---@return Diagnostic
function M.complaint(kind, file, text, said)
  local message, name = said:match("^[^\n]*"), chunk_name(file)
  local line
  if message:sub(1, #name + 1) == name .. ":" then line, message = message:sub(#name + 2):match("^(%d+): (.*)$") end
  if not line then
    local at = said:find(name .. ":", 1, true)
    line, message = at and said:match("^%d+", at + #name + 1), message or said
  end
  local number = math.tointeger(tonumber(line))
  return {
    kind = kind, message = ("the command file cannot be loaded: %s"):format(message), file = file, line = number,
    source = number and line_of(text, number),
  }
end

---@param file string
---@return string text
function M.read(file)
  local text, message = fs.read(file)
  if not text then diagnostic.raise { kind = "command.unreadable", message = message --[[@as string]] } end
  return text --[[@as string]]
end

---Runs a command file in this state and returns its table. Raises a Failure that names file and line.
---@param file string
---@param text string
---@return Command
function M.run(file, text)
  local chunk, message = load(text, "@" .. file, "t")
  if not chunk then diagnostic.raise(M.complaint("command.syntax", file, text, message --[[@as string]])) end
  local ok, command = xpcall(chunk --[[@as function]], function(err)
    if diagnostic.is(err) then return err end
    return M.complaint("command.failed", file, text,
      require("host.loop").traceback(type(err) == "string" and err or "it raised a " .. type(err)))
  end)
  if not ok then
    if diagnostic.is(command) then error(command, 0) end
    diagnostic.raise(command)
  end
  local wrong = M.check(command)
  if wrong then
    diagnostic.raise { kind = "command.shape", message = wrong, file = file, hint = "docs/commands.md says what it may hold" }
  end
  return command
end

return M
