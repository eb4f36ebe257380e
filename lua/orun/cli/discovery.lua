-- Finding commands: one file per command in an ordered list of places. `orun get plans` is get/plans.lua; a folder is a group, its
-- init.lua (if any) describes it. A command with a run of its own can have commands below it too: plan.lua and plan/diff.lua.
--
-- Most invocations need no more than this file; what looks at many commands is register.lua.
local fs = require "host.fs"

local M = {}

---@class Found
---@field words string[]     e.g. {"get", "plans"}
---@field file? string       nil for a group without a description
---@field place Place
---@field group boolean      other commands stand below it
---@field replaces? boolean  another place has a command of this name, which this one replaces

---A command word names a file, so it must not be able to name a path. `__complete` is the only kind of word that may start with `_`;
---`init` is the description of a folder.
---@param word string
---@return boolean
function M.is_name(word)
  return word ~= "init" and word:match("^[%w_][%w_-]*$") ~= nil
end

---@param words string[]
---@return boolean
function M.are_names(words)
  for _, word in ipairs(words) do
    if not M.is_name(word) then return false end
  end
  return true
end

---@param place Place
---@param file string
---@return string? type as in host.fs; links of a checkout are not followed
function M.type_of(place, file)
  local stat = fs.stat(file, { follow = not place.foreign })
  return stat and stat.type
end

---A link among the folders of a checkout's commands hides everything below it.
---@param place Place
---@param words string[]
---@return boolean
function M.is_reachable(place, words)
  if not place.dir then return false end
  local dir = place.dir
  for i = 1, place.foreign and #words - 1 or 0 do
    dir = dir .. "/" .. words[i]
    if M.type_of(place, dir) ~= "directory" then return false end
  end
  return true
end

---@param place Place
---@param words string[]
---@return string? file
---@return boolean group
function M.file_in(place, words)
  if not M.is_reachable(place, words) then return nil, false end
  local base = place.dir .. "/" .. table.concat(words, "/")
  local group = M.type_of(place, base) == "directory"
  for _, file in ipairs { base .. ".lua", group and base .. "/init.lua" or nil } do
    if M.type_of(place, file) == "file" then return file, group end
  end
  return nil, group
end

---Finds what stands exactly under these words outside of checkouts. One place may add commands to a group of another.
---@param words string[]
---@param places Place[]
---@return Found?
function M.own(words, places)
  local found, group
  for _, place in ipairs(places) do
    if not place.foreign then
      local file, is_group = M.file_in(place, words)
      group = group or is_group and place
      if file and found then found.replaces = true end
      if file and not found then found = { words = words, file = file, place = place } end
    end
  end
  if not found and group then found = { words = words, place = group } end
  if found then found.group = group and true or false end
  return found
end

---The table of a command, as far as that is nobody's risk: of a checkout's command it is read in the sandbox, and has no `run`.
---@param found Found
---@return Command
function M.load(found)
  if not found.file then return { summary = "commands about " .. found.words[#found.words] } end
  if found.place.module then return require(found.place.module .. "." .. table.concat(found.words, ".")) end
  if found.place.foreign then return require("orun.cli.description").read(found.file, found.group) end
  local definition = require "orun.cli.definition"
  return definition.run(found.file, definition.read(found.file), found.group)
end

---Finds a command below some words by name or alias.
---@param words string[]
---@param word string
---@param places Place[]
---@return Found?
function M.below(words, word, places)
  local list = table.move(words, 1, #words, 1, {})
  list[#list + 1] = word
  if not M.are_names(list) then return nil end
  return M.own(list, places) or require("orun.cli.register").below(words, word, places)
end

return M
