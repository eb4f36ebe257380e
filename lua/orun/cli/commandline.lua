-- From the words of the command line to a command with its flags and arguments.
local diagnostic = require "orun.diagnostic"
local discovery = require "orun.cli.discovery"
local flags = require "orun.cli.flags"
local place = require "orun.cli.place"

local M = {}

---@class Invocation
---@field found? Found       nil: no command was named
---@field command? Command
---@field parsed Parsed
---@field places Place[]
---@field pending? boolean   a checkout's command that somebody invoked: it is not loaded yet, and nothing is parsed

-- Number of words that a flag takes, as far as is known before the command is; an unknown flag ends the search.
local function flag_width(word, index)
  if word:find("=", 1, true) then return 1 end
  local flag = index[word] or index[word:sub(1, 2)]
  if not flag then return nil end
  local attached = word:sub(1, 2) ~= "--" and #word > 2
  return (flags.type(flag) == "boolean" or attached) and 1 or 2
end

-- Position of the next word that is not a flag; nil when there is none.
local function next_word(words, at, index)
  while words[at] do
    local word = words[at]
    if word == "--" then return nil end
    if word:byte(1) ~= 45 or word == "-" then return at end
    local width = flag_width(word, index)
    if not width then return nil end
    at = at + width
  end
end

local function unknown_command(words, word, places)
  local names = {}
  for i, found in ipairs(require("orun.cli.register").list(words, places)) do names[i] = found.words[#found.words] end
  local line = "orun" .. (#words > 0 and " " .. table.concat(words, " ") or "")
  local hint = require("orun.util.suggestion").hint(word, names)
  diagnostic.usage(('unknown command "%s" for %s'):format(word, line), hint or ("%s --help lists the commands"):format(line))
end

-- What a checkout's file says about its command may be unreadable, which matters when somebody wants to know it.
local function load(found)
  if not found.place.foreign then return discovery.load(found) end
  local ok, command = pcall(discovery.load, found)
  return ok and command or { summary = "", broken = command }
end

-- Follows the words into groups. Flags may stand before and between them.
---@param argv string[]
---@param places Place[]
---@return Found? found
---@return Command? command
---@return string[] rest words that are not part of the command's name
function M.follow(argv, places)
  local rest = table.move(argv, 1, #argv, 1, {})
  local found, command
  local words, at, index = {}, 1, flags.index(flags.global)
  while true do
    at = next_word(rest, at, index)
    if not at then break end
    local below = discovery.below(words, rest[at], places)
    if not below then
      if command and command.args then break end
      unknown_command(words, rest[at], places)
    end
    found, command = below, load(below)
    words = below.words
    table.remove(rest, at)
    if not below.group then break end
    index = flags.index(flags.with_global(command.flags))
  end
  return found, command, rest
end

local function asks_for_help(words)
  for _, word in ipairs(words) do
    if word == "--" then return false end
    if word == "--help" or word == "-h" or word == "--version" then return true end
  end
  return false
end

---@param argv string[]
---@param invoked? fun(found: Found): Command loads the command of a checkout; without it such a command is left pending
---@return Invocation
function M.read(argv, invoked)
  local places = place.list(argv)
  local found, command, rest = M.follow(argv, places)
  if found and command and found.place.foreign and (command.run or command.broken) and not asks_for_help(rest) then
    if not invoked then return { found = found, parsed = { flags = {}, given = {}, args = {} }, places = places, pending = true } end
    command = invoked(found)
  end
  if command and command.broken then error(command.broken, 0) end
  local name = found and "orun " .. table.concat(found.words, " ") or "orun"
  local parsed = flags.parse(rest, {
    name = name,
    flags = flags.with_global(command and command.flags),
    args = command and command.args,
    leading = command and command.leading,
    elsewhere = function(written) return require("orun.cli.register").with_flag(written, places) end,
  })
  return { found = found, command = command, parsed = parsed, places = places }
end

return M
