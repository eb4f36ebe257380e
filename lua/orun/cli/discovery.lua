-- Finding commands: one file per command in an ordered list of places. `orun get plans` is get/plans.lua; a folder is a group, its
-- init.lua (if any) describes it. A command with a run of its own can have commands below it too: plan.lua and plan/diff.lua.
--
-- A checkout adds commands of new names only. What another place calls by a name, an alias or an argument stays what it is.
local fs = require "host.fs"

local M = {}

---@class Found
---@field words string[]     e.g. {"get", "plans"}
---@field file? string       nil for a group without a description
---@field place Place
---@field group boolean      other commands stand below it
---@field replaces? boolean  another place has a command of this name, which this one replaces

-- A command word names a file, so it must not be able to name a path. `__complete` is the only kind of word that may start with `_`;
-- `init` is the description of a folder.
local function is_name(word)
  return word ~= "init" and word:match("^[%w_][%w_-]*$") ~= nil
end

local function are_names(words)
  for _, word in ipairs(words) do
    if not is_name(word) then return false end
  end
  return true
end

local function type_of(place, file)
  local stat = fs.stat(file, { follow = not place.foreign })
  return stat and stat.type
end

-- A link among the folders of a checkout's commands hides everything below it.
local function is_reachable(place, words)
  if not place.dir then return false end
  local dir = place.dir
  for i = 1, place.foreign and #words - 1 or 0 do
    dir = dir .. "/" .. words[i]
    if type_of(place, dir) ~= "directory" then return false end
  end
  return true
end

---@return string? file
---@return boolean group
local function file_in(place, words)
  if not is_reachable(place, words) then return nil, false end
  local base = place.dir .. "/" .. table.concat(words, "/")
  local group = type_of(place, base) == "directory"
  for _, file in ipairs { base .. ".lua", group and base .. "/init.lua" or nil } do
    if type_of(place, file) == "file" then return file, group end
  end
  return nil, group
end

---Finds what stands exactly under these words outside of checkouts. One place may add commands to a group of another.
local function find_own(words, places)
  local found, group
  for _, place in ipairs(places) do
    if not place.foreign then
      local file, is_group = file_in(place, words)
      group = group or is_group and place
      if file and found then found.replaces = true end
      if file and not found then found = { words = words, file = file, place = place } end
    end
  end
  if not found and group then found = { words = words, place = group } end
  if found then found.group = group and true or false end
  return found
end

---Whether a word below this command can only be another command: not where it could be an argument.
local function is_open(found)
  if not found.group then return false end
  local ok, command = pcall(M.load, found)
  return ok and not command.args
end

local function first(words, n)
  return table.move(words, 1, n, 1, {})
end

---Whether the words mean something without the checkout: exactly, by an alias, or as the argument of a command.
local function is_taken(words, places)
  if find_own(words, places) then return true end
  for n = 1, #words do
    local above = first(words, n - 1)
    if M.alias(above, words[n], places, true) then return true end
    local found = n > 1 and find_own(above, places)
    if found and not is_open(found) then return true end
  end
  return false
end

local function find_foreign(words, places)
  for _, place in ipairs(places) do
    if place.foreign then
      local file, group = file_in(place, words)
      if (file or group) and not is_taken(words, places) then return { words = words, file = file, place = place, group = group } end
    end
  end
end

---Finds the command that stands exactly under these words.
---@param words string[]
---@param places Place[]
---@return Found?
function M.find(words, places)
  if not are_names(words) then return nil end
  return find_own(words, places) or find_foreign(words, places)
end

-- `summary = "…"` as it stands in a command file, so that a list of commands costs no more than reading their heads.
local function summary_in(text)
  local at = 0
  while true do
    at = text:find("summary", at + 1, true)
    if not at then return nil end
    local quote, literal = text:match("^summary%s*=%s*([\"'])(.-)%1[,%s}]", at)
    if quote and text:find("^[%s{]", at - 1) then return (literal:gsub("\\(.)", "%1")) end
  end
end

---One line about a command; empty when its file is broken.
---@param found Found
---@return string
function M.summary(found)
  if not found.file then return "commands about " .. found.words[#found.words] end
  local text = not found.place.foreign and summary_in(fs.read(found.file) or "")
  if text then return text end
  local ok, command = pcall(M.load, found)
  return ok and command.summary or ""
end

---What is wrong with the file of a command; those that ship with the program are in order.
---@param found Found
---@return Diagnostic?
function M.trouble(found)
  if not found.file or found.place.module then return nil end
  local ok, failure = pcall(M.load, found)
  if ok then return nil end
  local diagnostic = require "orun.diagnostic"
  return diagnostic.is(failure) and failure.errors[1] or { kind = "command.failed", message = tostring(failure) }
end

---The table of a command, as far as that is nobody's risk: of a checkout's command it is read in the sandbox, and has no `run`.
---@param found Found
---@return Command
function M.load(found)
  if not found.file then return { summary = M.summary(found) } end
  if found.place.module then return require(found.place.module .. "." .. table.concat(found.words, ".")) end
  if found.place.foreign then return require("orun.cli.description").read(found.file) end
  local definition = require "orun.cli.definition"
  return definition.run(found.file, definition.read(found.file))
end

local function below(words, word)
  local list = first(words, #words)
  list[#list + 1] = word
  return list
end

-- Names of files and folders that could be commands, each once.
local function names_in(place, words, names)
  if not is_reachable(place, below(words, "")) then return end
  local dir = #words > 0 and place.dir .. "/" .. table.concat(words, "/") or place.dir
  for _, entry in ipairs(fs.list(dir) or {}) do
    local name = entry:match("^(.*)%.lua$") or (not entry:find(".", 1, true) and type_of(place, dir .. "/"
      .. entry) == "directory" and entry)
    if name and not names[name] and name:sub(1, 2) ~= "__" and is_name(name) then
      names[name] = true
      names[#names + 1] = name
    end
  end
end

---Commands directly below some words (none: the top), by name.
---@param words string[]
---@param places Place[]
---@return Found[]
function M.list(words, places)
  local names, list = {}, {}
  for _, place in ipairs(places) do names_in(place, words, names) end
  table.sort(names)
  for _, name in ipairs(names) do list[#list + 1] = M.find(below(words, name), places) end
  return list
end

---Files of the checkout that would be commands, had their names not been taken.
---@param words string[]
---@param places Place[]
---@return string[]
function M.refused(words, places)
  local files = {}
  for _, place in ipairs(places) do
    local names = {}
    if place.foreign then names_in(place, words, names) end
    table.sort(names)
    for _, name in ipairs(names) do
      local file = file_in(place, below(words, name))
      if file and is_taken(below(words, name), places) then files[#files + 1] = file end
    end
  end
  return files
end

---Other names of a command, as a set; read from the file without running it where they stand as literals.
---@param found Found
---@return table<string, boolean>
function M.aliases(found)
  local set = {}
  if found.place.foreign then
    local ok, command = pcall(M.load, found)
    for _, name in ipairs(ok and command.aliases or {}) do set[name] = true end
    return set
  end
  local list = (fs.read(found.file) or ""):match("\n%s*aliases%s*=%s*(%b{})")
  for name in (list or ""):gmatch("[\"']([^\"']+)[\"']") do set[name] = true end
  return set
end

---The command below some words that has this other name.
---@param words string[]
---@param word string
---@param places Place[]
---@param own? boolean not those of a checkout
---@return Found?
function M.alias(words, word, places, own)
  local foreign
  for _, place in ipairs(places) do
    local names = {}
    if not (own and place.foreign) then names_in(place, words, names) end
    table.sort(names)
    for _, name in ipairs(names) do
      local found = (place.foreign and M.find or find_own)(below(words, name), places)
      if found and found.file and found.place == place and M.aliases(found)[word] then
        if not place.foreign then return found end
        foreign = foreign or found
      end
    end
  end
  return foreign
end

---Finds a command below some words by name or alias.
---@param words string[]
---@param word string
---@param places Place[]
---@return Found?
function M.below(words, word, places)
  local list = below(words, word)
  if not are_names(list) then return nil end
  return find_own(list, places) or M.alias(words, word, places, true) or find_foreign(list, places) or M.alias(words, word, places)
end

return M
