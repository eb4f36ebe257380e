-- Flags as tables (lua/types/command.lua): what a command accepts, and reading a command line by them. Pure; the environment is handed in.
local diagnostic = require "orun.diagnostic"
local value = require "host.value"

local M = {}

---@class Parsed
---@field flags table<string, any>     by name with `-` as `_`
---@field given table<string, boolean> what the command line itself says
---@field args table                   list of arguments, also by name

---Flags of every command.
---@type Flag[]
M.global = {
  { name = "intent", short = "i", value = "PATH", help = "intent file (default: the nearest intent.yaml upwards)", complete = "files" },
  { name = "config-dir", short = "c", value = "DIR", help = "directory of compositions", env = "ORUN_CONFIG_DIR", complete = "files" },
  { name = "all", help = "do not narrow to the component of the working directory" },
  { name = "debug", help = "show what compositions, policies and triggers print (on stderr)" },
  { name = "help", short = "h", help = "show help" },
  { name = "version", help = "show the version" },
}

---@param flag Flag
---@return string
function M.type(flag)
  return flag.type or (flag.value and "string" or "boolean")
end

---Name of a flag in `flags` and `given`.
---@param name string
---@return string
function M.key(name)
  return (name:gsub("-", "_"))
end

---A command's own flags and the global ones it does not redefine.
---@param own? Flag[]
---@return Flag[]
function M.with_global(own)
  local all, taken = {}, {}
  for _, flag in ipairs(own or {}) do
    all[#all + 1] = flag
    taken["--" .. flag.name] = true
    if flag.short then taken["-" .. flag.short] = true end
  end
  for _, flag in ipairs(M.global) do
    if not taken["--" .. flag.name] then
      if flag.short and taken["-" .. flag.short] then
        flag = setmetatable({ short = false }, { __index = flag })
      end
      all[#all + 1] = flag
    end
  end
  return all
end

---Flags by how they are written: `--name`, `-n`.
---@param list Flag[]
---@return table<string, Flag>
function M.index(list)
  local index = {}
  for _, flag in ipairs(list) do
    index["--" .. flag.name] = flag
    if flag.short then index["-" .. flag.short] = flag end
  end
  return index
end

---------------------------------------------------------------------------------------------------
-- Values

local truths = {
  ["true"] = true, ["1"] = true, yes = true, on = true,
  ["false"] = false, ["0"] = false, no = false, off = false, [""] = false,
}

local convert = {}

function convert.string(text) return text end

function convert.boolean(text)
  local truth = truths[text:lower()]
  if truth == nil then return nil, "true or false" end
  return truth
end

function convert.integer(text)
  local n = text:match("^[+-]?%d+$") and math.tointeger(tonumber(text))
  if not n then return nil, "an integer" end
  return n
end

function convert.number(text)
  local n = text:match("^[+-]?[%d.]+$") and tonumber(text)
  if not n then return nil, "a number" end
  return n
end

function convert.duration(text)
  local seconds = require("orun.util.duration").parse(text)
  if not seconds then return nil, "a duration such as 90s or 1m30s" end
  return seconds
end

local function quoted(text)
  return '"' .. text .. '"'
end

-- Blanks around a choice, and capitals, mean nothing.
local function choose(flag, text, origin)
  local plain = text:match("^%s*(.-)%s*$"):lower()
  for _, choice in ipairs(flag.choices) do
    if choice == text or choice:lower() == plain then return choice end
  end
  local hint = require("orun.util.suggestion").hint(text, flag.choices)
  diagnostic.usage(("%s must be one of %s, not %s"):format(origin, table.concat(flag.choices, ", "), quoted(text)), hint)
end

---Checks and converts the text of a value.
---@param flag Flag
---@param text string
---@param origin string what the text came from, for the message
---@return any
function M.value(flag, text, origin)
  local read = convert[M.type(flag)]
  local v, expected = read(text)
  if v == nil then diagnostic.usage(("%s must be %s, not %s"):format(origin, expected, quoted(text))) end
  if flag.choices then return (read(choose(flag, text, origin))) end
  return v
end

---------------------------------------------------------------------------------------------------
-- The command line

---@class Reader
---@field words string[]
---@field at integer index of the next word
---@field index table<string, Flag>
---@field name string    command name for messages
---@field flags table
---@field given table
---@field elsewhere? fun(written: string): string[]
local Reader = {}
Reader.__index = Reader

local function unknown(self, written)
  local names = {}
  for name, flag in next, self.index do
    if not flag.hidden and name:sub(1, 2) == "--" then names[#names + 1] = name end
  end
  table.sort(names)
  local others = self.elsewhere and written:sub(1, 2) == "--" and self.elsewhere(written) or {}
  local hint = (#others == 1 or #others == 2) and "did you mean " .. table.concat(others, " or ") .. "?" or nil
  if not hint and #written > 2 then hint = require("orun.util.suggestion").hint(written, names) end
  diagnostic.usage(("unknown flag %s for %s"):format(written, self.name), hint or ("%s --help lists the flags"):format(self.name))
end

function Reader:set(flag, v)
  local key = M.key(flag.name)
  if flag.repeatable then
    local list = self.given[key] and self.flags[key] or value.list {}
    list[#list + 1] = v
    v = list
  end
  self.flags[key], self.given[key] = v, true
end

-- A forgotten value must not swallow the flag behind it.
local function looks_like_flag(self, word)
  local long = word:match("^(%-%-[^=]+)") or word:match("^%-%a$")
  return long ~= nil and (self.index[long] ~= nil or word == "--")
end

local function take_value(self, flag, written)
  local word = self.words[self.at]
  if word == nil or looks_like_flag(self, word) then
    local wanted = flag.choices and table.concat(flag.choices, ", ") or flag.value or "VALUE"
    diagnostic.usage(("%s needs a value (%s)"):format(written, wanted),
      word and ("a value that starts with a dash is written %s=%s"):format(written, word) or nil)
  end
  self.at = self.at + 1
  return word
end

local function read_long(self, word)
  local written, text = word:match("^(%-%-[^=]*)=(.*)$")
  written = written or word
  local flag = self.index[written]
  local negated = not flag and written:match("^%-%-no%-(.+)$")
  if negated then
    flag = self.index["--" .. negated]
    if not flag or M.type(flag) ~= "boolean" then unknown(self, written) end
    if text then diagnostic.usage(("%s takes no value"):format(written)) end
    return self:set(flag, false)
  end
  if not flag then return unknown(self, written) end
  if M.type(flag) == "boolean" and not text then return self:set(flag, true) end
  self:set(flag, M.value(flag, text or take_value(self, flag, written), written))
end

-- `-abc`: booleans, the last one perhaps with a value (`-ofile`, `-o=file`, `-o file`).
local function read_short(self, word)
  local at = 2
  while at <= #word do
    local written = "-" .. word:sub(at, at)
    local flag = self.index[written]
    if not flag then return unknown(self, #word == 2 and word or written .. " in " .. word) end
    local rest = word:sub(at + 1)
    if M.type(flag) == "boolean" and rest:sub(1, 1) ~= "=" then
      self:set(flag, true)
      at = at + 1
    else
      local text = rest ~= "" and rest:gsub("^=", "") or take_value(self, flag, written)
      return self:set(flag, M.value(flag, text, written))
    end
  end
end

local function read_words(self, leading)
  local args = {}
  while self.at <= #self.words do
    local word = self.words[self.at]
    self.at = self.at + 1
    if word == "--" then
      table.move(self.words, self.at, #self.words, #args + 1, args)
      break
    elseif word:sub(1, 2) == "--" then
      read_long(self, word)
    elseif word:byte(1) == 45 and #word > 1 then
      read_short(self, word)
    else
      args[#args + 1] = word
      if leading then
        table.move(self.words, self.at, #self.words, #args + 1, args)
        break
      end
    end
  end
  return args
end

local function fill_defaults(self, list, environment)
  for _, flag in ipairs(list) do
    local key = M.key(flag.name)
    if not self.given[key] then
      local text = flag.env and environment(flag.env)
      if text and text ~= "" then
        local v = M.value(flag, text, flag.env)
        self.flags[key] = flag.repeatable and value.list { v } or v
      elseif flag.default ~= nil then
        local v = type(flag.default) == "string" and M.value(flag, flag.default, "--" .. flag.name) or flag.default
        self.flags[key] = flag.repeatable and type(v) ~= "table" and value.list { v } or v
      elseif M.type(flag) == "boolean" then
        self.flags[key] = false
      end
    end
  end
end

---Names the arguments and checks their number.
---@param args string[]
---@param declared Argument[]
---@param name string
local function check_arguments(args, declared, name)
  local count = #args
  for position, argument in ipairs(declared) do
    if argument.repeatable then
      local rest = table.move(args, position, count, 1, value.list {})
      if #rest == 0 and not argument.optional then diagnostic.usage(("%s needs at least one %s"):format(name, argument.name)) end
      args[argument.name] = rest
      return
    end
    if args[position] == nil and not argument.optional then
      diagnostic.usage(("%s needs an argument: %s"):format(name, argument.name), argument.help)
    end
    args[argument.name] = args[position]
  end
  if count > #declared then
    diagnostic.usage(("unexpected argument %s for %s"):format(quoted(args[#declared + 1]), name), ("see %s --help"):format(name))
  end
end

---Words that say again what was given on a command line.
---@param list Flag[]
---@param parsed Parsed
---@param dropped table<string, boolean> flags to leave out, by name
---@return string[]
function M.words(list, parsed, dropped)
  local words = {}
  for _, flag in ipairs(list) do
    local key = M.key(flag.name)
    local v = parsed.flags[key]
    if parsed.given[key] and not dropped[flag.name] then
      if type(v) == "boolean" then
        words[#words + 1] = (v and "--" or "--no-") .. flag.name
      else
        for _, each in ipairs(flag.repeatable and v or { v }) do
          words[#words + 1] = ("--%s=%s%s"):format(flag.name, each, M.type(flag) == "duration" and "s" or "")
        end
      end
    end
  end
  return words
end

---@class ParseOptions
---@field name string           command name for messages, e.g. "orun get plans"
---@field flags Flag[]          complete list (see with_global)
---@field args? Argument[]      nil: none
---@field leading? boolean      flags only before the first argument; everything after it is left as it is
---@field environment? fun(name: string): string?  default os.getenv
---@field elsewhere? fun(written: string): string[]  how other commands take a flag that this one does not know

---Reads the words after the command's name. A mistake raises a usage failure, unless `--help` or `--version` was given before it.
---@param words string[]
---@param options ParseOptions
---@return Parsed
function M.parse(words, options)
  local reader = setmetatable({
    words = words, at = 1, index = M.index(options.flags), name = options.name, flags = {}, given = {},
    elsewhere = options.elsewhere,
  }, Reader)
  local ok, args = pcall(read_words, reader, options.leading)
  if reader.given.help or reader.given.version then return { flags = reader.flags, given = reader.given, args = {} } end
  if not ok then error(args, 0) end
  fill_defaults(reader, options.flags, options.environment or os.getenv)
  check_arguments(args, options.args or {}, options.name)
  return { flags = reader.flags, given = reader.given, args = args }
end

return M
