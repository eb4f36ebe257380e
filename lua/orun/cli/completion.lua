-- What may stand next on a command line: found with the same tables that read it and that help is made of.
local candidate = require "orun.cli.candidate"
local commandline = require "orun.cli.commandline"
local context = require "orun.cli.context"
local flags = require "orun.cli.flags"
local register = require "orun.cli.register"
local places_of = require("orun.cli.place").list

local M = {}

---@class Completion
---@field candidates Candidate[]  whole words
---@field files boolean           names of files are welcome too

-- What the value of a flag means when its table does not say.
local kind_by_value = { PATH = "files", FILE = "files", DIR = "files" }
local kind_by_name = { component = "components", env = "environments", job = "jobs", plan = "plans", ["exec-id"] = "runs" }

---@param flag Flag
---@return string?
local function kind_of(flag)
  return flag.complete or kind_by_name[flag.name] or kind_by_value[flag.value]
end

-- Adds the values of one kind. Of a comma list the last item is completed.
local function add_values(result, kind, ctx, prefix, word)
  if kind == "files" then
    result.files = true
    return
  end
  local before = kind == "environments" and word:match("^(.*,)") or ""
  for _, item in ipairs(candidate.list(kind, ctx)) do
    result.candidates[#result.candidates + 1] = { prefix .. before .. item[1], item[2] }
  end
end

local function add_flag_value(result, flag, ctx, prefix, word)
  for _, choice in ipairs(flag.choices or {}) do result.candidates[#result.candidates + 1] = { prefix .. choice } end
  local kind = not flag.choices and kind_of(flag)
  if kind then add_values(result, kind, ctx, prefix, word) end
end

local function add_flags(result, list, given)
  for _, flag in ipairs(list) do
    if not flag.hidden and (flag.repeatable or not given[flags.key(flag.name)]) then
      result.candidates[#result.candidates + 1] = { "--" .. flag.name, flag.help }
    end
  end
end

-- What a command is about is looked up only for those that begin so: a checkout's files are each read in a sandbox for it.
local function add_commands(result, words, places, word)
  for _, found in ipairs(register.list(words, places)) do
    local name = found.words[#found.words]
    if name:sub(1, #word) == word then result.candidates[#result.candidates + 1] = { name, register.summary(found) } end
  end
end

-- The command that the words name, as far as they do.
local function follow(words, places)
  local ok, found, command, rest = pcall(commandline.follow, words, places)
  if ok then return found, command, rest end
end

-- The flag that the last of these words leaves without its value.
local function open_flag(words, index)
  local last, skip = nil, false
  for _, word in ipairs(words) do
    if word == "--" and not skip then return nil, true end
    if skip then
      last, skip = nil, false
    elseif word:byte(1) == 45 and not word:find("=", 1, true) then
      local flag = index[word:sub(1, 2) == "--" and word or "-" .. word:sub(-1)]
      skip = flag ~= nil and flags.type(flag) ~= "boolean"
      last = skip and flag or nil
    end
  end
  return last, false
end

-- Flags and arguments of the words before the one to complete; mistakes in them are for the command to report.
local function parse(words, list)
  local ok, parsed = pcall(flags.parse, words, { name = "", flags = list, args = { { name = "any", optional = true, repeatable = true } } })
  return ok and parsed or { flags = {}, given = {}, args = {} }
end

local function add_argument(result, command, position, ctx, word)
  local declared = command.args or {}
  local argument = declared[position] or (declared[#declared] and declared[#declared].repeatable and declared[#declared]) or nil
  if argument and argument.complete then add_values(result, argument.complete, ctx, "", word) end
end

-- A command's own ideas. They run when a key is pressed, so their failures are nobody's business.
local function add_own(result, command, ctx, word)
  local ok, list = pcall(command.complete, ctx, word)
  for _, value in ipairs(ok and type(list) == "table" and list or {}) do
    result.candidates[#result.candidates + 1] = type(value) == "table" and value or { value }
  end
end

local function add_words(result, state, word)
  local found, command, ctx = state.found, state.command, state.ctx
  if not found or found.group then add_commands(result, found and found.words or {}, state.places, word) end
  if not command or not command.run then return end
  if found.words[1] == "help" then
    local named = state.rest[1] and follow(state.parsed.args.any or {}, state.places)
    if not named or named.group then add_commands(result, named and named.words or {}, state.places, word) end
  elseif command.leading and #state.parsed.args > 0 then
    result.files = true
  else
    add_argument(result, command, #state.parsed.args + 1, ctx, word)
  end
  if command.complete then add_own(result, command, ctx, word) end
end

local function keep_matching(list, word)
  local kept, seen = {}, {}
  for _, item in ipairs(list) do
    if item[1]:sub(1, #word) == word and not seen[item[1]] then
      seen[item[1]] = true
      kept[#kept + 1] = item
    end
  end
  return kept
end

---@param words string[] after `orun`; the last one is what stands before the cursor, "" for a new word
---@return Completion
function M.complete(words)
  local word = words[#words] or ""
  local before = table.move(words, 1, #words - 1, 1, {})
  local result, places = { candidates = {}, files = false }, places_of(before)
  local found, command, rest = follow(before, places)
  if not rest then return result end
  local list = flags.with_global(command and command.flags)
  local parsed = parse(rest, list)
  local index = flags.index(list)
  local pending, ended = open_flag(rest, index)
  if pending then parsed = parse(table.move(rest, 1, #rest - 1, 1, {}), list) end
  local ctx = context.new(parsed)
  local state = { found = found, command = command, rest = rest, places = places, parsed = parsed, ctx = ctx }
  local name, text = word:match("^(%-%-[^=]+)=(.*)$")
  if pending then
    add_flag_value(result, pending, ctx, "", word)
  elseif name and not ended then
    if index[name] then add_flag_value(result, index[name], ctx, name .. "=", text) end
  elseif word:byte(1) == 45 and not ended then
    add_flags(result, list, parsed.given)
  else
    add_words(result, state, word)
  end
  result.candidates = keep_matching(result.candidates, word)
  return result
end

---Splits a command line as a shell does, up to the cursor; quotes and backslashes are taken away.
---@param line string
---@return string[] words the last one is unfinished ("" after a blank)
function M.split(line)
  local words, word, quote, at = {}, "", nil, 1
  while at <= #line do
    local c = line:sub(at, at)
    if quote then
      if c == quote then
        quote = nil
      elseif c == "\\" and quote == '"' and line:find('^["\\$`]', at + 1) then
        at = at + 1
        word = word .. line:sub(at, at)
      else
        word = word .. c
      end
    elseif c == "'" or c == '"' then
      quote = c
    elseif c == "\\" then
      at = at + 1
      word = word .. line:sub(at, at)
    elseif c:find("%s") then
      if word ~= "" then words[#words + 1] = word end
      word = ""
    else
      word = word .. c
    end
    at = at + 1
  end
  words[#words + 1] = word
  return words
end

return M
