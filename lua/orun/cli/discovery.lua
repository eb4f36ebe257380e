-- Where commands come from: one file per command in an ordered list of places. `orun get plans` is get/plans.lua; a folder
-- is a group, its init.lua (if any) describes it. A command with a run of its own can have commands below it too: plan.lua and
-- plan/diff.lua.
local M = {}

---@class Place
---@field name string       "user" or "installed"
---@field dir string        folder that holds the command files
---@field module? string    prefix under which `require` finds the files; others are loaded by path
---@field label? string     how help marks commands from here

---@class Command
---@field summary string
---@field usage? string       what follows the name; starts with "orun" when it is the whole line
---@field description? string
---@field aliases? string[]
---@field flags? Flag[]
---@field args? Argument[]
---@field leading? boolean    flags only before the first argument
---@field complete? fun(ctx: Context, word: string): string[]
---@field examples? {[1]: string, [2]: string}[]  command line, what it is for
---@field trouble? integer    exit code of every failure, where 1 says something else
---@field run? fun(ctx: Context, args: table): integer?

---@class Found
---@field words string[]   e.g. {"get", "plans"}
---@field file? string     nil for a group without a description
---@field place Place
---@field group boolean    other commands stand below it

---The user's own files: ~/.orun, or ORUN_HOME.
---@return string?
function M.home()
  local named = os.getenv("ORUN_HOME")
  if named and named ~= "" then return named end
  local home = os.getenv("HOME")
  return home and home ~= "" and home .. "/.orun" or nil
end

---Places in search order. Which one comes first decides: the user may replace an installed command.
---@return Place[]
function M.places()
  local places = {}
  local home = M.home()
  if home then places[1] = { name = "user", dir = home .. "/commands", label = home .. "/commands" } end
  local installed = package.searchpath("orun.main", package.path):gsub("/main%.lua$", "/commands")
  places[#places + 1] = { name = "installed", dir = installed, module = "orun.commands" }
  return places
end

local function readable(file)
  local handle = io.open(file, "rb")
  if handle then handle:close() end
  return handle ~= nil
end

-- A command word names a file, so it must not be able to name a path. `__complete` is the only kind of word that may start with `_`.
local function is_name(word)
  return word:match("^[%w_][%w_-]*$") ~= nil
end

-- Directories cannot be opened for reading, but they can be opened.
local function is_directory(dir)
  local handle = io.open(dir, "rb")
  if not handle then return false end
  local _, _, code = handle:read(0)
  handle:close()
  return code == 21
end

local function file_in(place, words)
  local base = place.dir .. "/" .. table.concat(words, "/")
  local group = is_directory(base)
  for _, file in ipairs { base .. ".lua", group and base .. "/init.lua" or nil } do
    if readable(file) then return file, group end
  end
  return nil, group
end

---Finds the command that stands exactly under these words. One place may add commands to a group, or to a command, of another.
---@param words string[]
---@param places Place[]
---@return Found?
function M.find(words, places)
  for _, word in ipairs(words) do
    if not is_name(word) then return nil end
  end
  local found, group
  for _, place in ipairs(places) do
    local file, is_group = file_in(place, words)
    group = group or is_group and place
    if file and not found then found = { words = words, file = file, place = place } end
  end
  if not found and group then found = { words = words, place = group } end
  if found then found.group = group and true or false end
  return found
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

local function read(file)
  local handle = io.open(file, "rb")
  local text = handle and handle:read("a")
  if handle then handle:close() end
  return text or ""
end

---One line about a command.
---@param found Found
---@return string
function M.summary(found)
  if not found.file then return "commands about " .. found.words[#found.words] end
  return summary_in(read(found.file)) or M.load(found).summary or ""
end

---Loads the table of a command.
---@param found Found
---@return Command
function M.load(found)
  if not found.file then return { summary = M.summary(found) } end
  local command
  if found.place.module then
    command = require(found.place.module .. "." .. table.concat(found.words, "."))
  else
    local chunk, message = loadfile(found.file, "t")
    if not chunk then require("orun.diagnostic").raise { kind = "command.syntax", message = message } end
    command = chunk()
  end
  if type(command) ~= "table" then
    require("orun.diagnostic").raise {
      kind = "command.shape", message = "a command file must return a table", file = found.file, hint = "see `orun help` on commands",
    }
  end
  return command
end

---Commands directly below some words (none: the top), by name. Earlier places win.
---@param words string[]
---@param places Place[]
---@return Found[]
function M.list(words, places)
  local fs = require "host.fs"
  local names, seen = {}, {}
  for _, place in ipairs(places) do
    local dir = #words > 0 and place.dir .. "/" .. table.concat(words, "/") or place.dir
    for _, entry in ipairs(fs.list(dir) or {}) do
      local name = entry:match("^(.*)%.lua$") or (not entry:find(".", 1, true) and is_directory(dir .. "/" .. entry) and entry) or nil
      if name and name ~= "init" and not seen[name] and name:sub(1, 2) ~= "__" and is_name(name) then
        seen[name] = true
        names[#names + 1] = name
      end
    end
  end
  table.sort(names)
  for i, name in ipairs(names) do
    local below = table.move(words, 1, #words, 1, {})
    below[#below + 1] = name
    names[i] = M.find(below, places)
  end
  return names
end

-- A word that is no command may be another name of one.
local function find_alias(words, word, places)
  for _, found in ipairs(M.list(words, places)) do
    if found.file and M.aliases(found)[word] then return found end
  end
end

---Other names of a command, as a set; read from the file without running it where they stand as literals.
---@param found Found
---@return table<string, boolean>
function M.aliases(found)
  local set, list = {}, read(found.file):match("\n%s*aliases%s*=%s*(%b{})")
  for name in (list or ""):gmatch("[\"']([^\"']+)[\"']") do set[name] = true end
  return set
end

---Finds a command below some words by name or alias.
---@param words string[]
---@param word string
---@param places Place[]
---@return Found?
function M.below(words, word, places)
  local below = table.move(words, 1, #words, 1, {})
  below[#below + 1] = word
  return M.find(below, places) or find_alias(words, word, places)
end

return M
