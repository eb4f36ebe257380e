-- From the words of the command line to a command with its flags and arguments.
local diagnostic = require "orun.diagnostic"
local discovery = require "orun.cli.discovery"
local flags = require "orun.cli.flags"

local M = {}

---@class Invocation
---@field found? Found       nil: no command was named
---@field command? Command
---@field parsed Parsed
---@field places Place[]

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
  for i, found in ipairs(discovery.list(words, places)) do names[i] = found.words[#found.words] end
  local line = "orun" .. (#words > 0 and " " .. table.concat(words, " ") or "")
  local hint = require("orun.util.suggestion").hint(word, names)
  diagnostic.usage(('unknown command "%s" for %s'):format(word, line), hint or ("%s --help lists the commands"):format(line))
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
    found, command = below, discovery.load(below)
    words = below.words
    table.remove(rest, at)
    if not below.group then break end
    index = flags.index(flags.with_global(command.flags))
  end
  return found, command, rest
end

---@param argv string[]
---@return Invocation
function M.read(argv)
  local places = discovery.places()
  local found, command, rest = M.follow(argv, places)
  local name = found and "orun " .. table.concat(found.words, " ") or "orun"
  local parsed = flags.parse(rest, {
    name = name,
    flags = flags.with_global(command and command.flags),
    args = command and command.args,
    leading = command and command.leading,
  })
  return { found = found, command = command, parsed = parsed, places = places }
end

return M
