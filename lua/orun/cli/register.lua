-- Looking at many commands: lists of them, what each is about, other names, and the commands of checkouts.
--
-- A checkout adds commands of new names only. What another place calls by a name, an alias or an argument stays what it is.
local discovery = require "orun.cli.discovery"
local fs = require "host.fs"

local M = {}

local find_own, load = discovery.own, discovery.load

---Whether a word below this command can only be another command: not where it could be an argument.
local function is_open(found)
  if not found.group then return false end
  local ok, command = pcall(load, found)
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
      local file, group = discovery.file_in(place, words)
      if (file or group) and not is_taken(words, places) then return { words = words, file = file, place = place, group = group } end
    end
  end
end

---Finds the command that stands exactly under these words.
---@param words string[]
---@param places Place[]
---@return Found?
function M.find(words, places)
  if not discovery.are_names(words) then return nil end
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
  local ok, command = pcall(load, found)
  return ok and command.summary or ""
end

---What is wrong with the file of a command; those that ship with the program are in order.
---@param found Found
---@return Diagnostic?
function M.trouble(found)
  if not found.file or found.place.module then return nil end
  local ok, failure = pcall(load, found)
  if ok then return nil end
  local diagnostic = require "orun.diagnostic"
  return diagnostic.is(failure) and failure.errors[1] or { kind = "command.failed", message = tostring(failure) }
end

local function below(words, word)
  local list = first(words, #words)
  list[#list + 1] = word
  return list
end

-- Names of files and folders that could be commands, each once.
local function names_in(place, words, names)
  if not discovery.is_reachable(place, below(words, "")) then return end
  local dir = #words > 0 and place.dir .. "/" .. table.concat(words, "/") or place.dir
  for _, entry in ipairs(fs.list(dir) or {}) do
    local name = entry:match("^(.*)%.lua$") or (not entry:find(".", 1, true) and discovery.type_of(place, dir .. "/"
      .. entry) == "directory" and entry)
    if name and not names[name] and name:sub(1, 2) ~= "__" and discovery.is_name(name) then
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

-- Command files of a place that no word can name.
local function nameless_in(place, words, files)
  if not discovery.is_reachable(place, below(words, "")) then return end
  local dir = #words > 0 and place.dir .. "/" .. table.concat(words, "/") or place.dir
  for _, entry in ipairs(fs.list(dir) or {}) do
    local name = entry:match("^(.*)%.lua$")
    if name and name ~= "init" and not discovery.is_name(name) and discovery.type_of(place, dir .. "/" .. entry) == "file" then
      files[#files + 1] = { require("orun.cockpit.style").plain(dir .. "/" .. entry), "commands are named by letters, digits, - and _" }
    end
  end
end

---Files that would be commands, did they have other names: a checkout's whose names are taken, and those that no word can name.
---@param words string[]
---@param places Place[]
---@return {[1]: string, [2]: string}[] file, why
function M.refused(words, places)
  local files = {}
  for _, place in ipairs(places) do
    local names = {}
    if place.foreign then names_in(place, words, names) end
    table.sort(names)
    for _, name in ipairs(names) do
      local file = discovery.file_in(place, below(words, name))
      if file and is_taken(below(words, name), places) then files[#files + 1] = { file, "the name is taken" } end
    end
    if not place.module then nameless_in(place, words, files) end
  end
  return files
end

local function literal_aliases(file)
  local list = (fs.read(file) or ""):match("\n%s*aliases%s*=%s*(%b{})")
  local names = {}
  for name in (list or ""):gmatch("[\"']([^\"']+)[\"']") do names[#names + 1] = name end
  return names
end

local function aliases_of(found)
  if found.place.module then return literal_aliases(found.file) end
  local ok, command = pcall(load, found)
  return ok and command.aliases or {}
end

local known_aliases = {}

---Other names of a command, as a set. Of those that ship they are read from the file as they stand there; others are loaded.
---@param found Found
---@return table<string, boolean>
function M.aliases(found)
  local known = known_aliases[found.file]
  if known then return known end
  local set = {}
  known_aliases[found.file] = set
  for _, name in ipairs(aliases_of(found)) do set[name] = true end
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

local function collect_flag(written, words, places, lines)
  for _, found in ipairs(M.list(words, places)) do
    local command = found.place.module and found.file and load(found)
    for _, flag in ipairs(command and command.flags or {}) do
      if not flag.hidden and "--" .. flag.name == written then
        lines[#lines + 1] = ("orun %s %s%s"):format(table.concat(found.words, " "), written, flag.value and " " .. flag.value or "")
      end
    end
    if found.group then collect_flag(written, found.words, places, lines) end
  end
  return lines
end

---How the commands that ship take a flag: what somebody meant who gave it to another one.
---@param written string  `--name`
---@param places Place[]
---@return string[] e.g. "orun status --trace FILE"
function M.with_flag(written, places)
  return collect_flag(written, {}, places, {})
end

---Finds a command below some words by an alias, or one of a checkout.
---@param words string[]
---@param word string
---@param places Place[]
---@return Found?
function M.below(words, word, places)
  return M.alias(words, word, places, true) or find_foreign(below(words, word), places) or M.alias(words, word, places)
end

return M
