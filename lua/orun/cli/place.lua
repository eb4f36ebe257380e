-- The folders that commands come from, in search order: the user's own, those that ship with the program, those of the checkout.
local M = {}

---@class Place
---@field name "user"|"installed"|"checkout"
---@field dir? string       folder that holds the command files; nil when there is none
---@field module? string    prefix under which `require` finds the files; others are loaded by path
---@field label? string     how help marks commands from here
---@field foreign? boolean  came with a checkout: nobody has vouched for it

---The user's own files: ~/.orun, or ORUN_HOME.
---@return string?
function M.home()
  local named = os.getenv("ORUN_HOME")
  if named and named ~= "" then return named end
  local home = os.getenv("HOME")
  return home and home ~= "" and home .. "/.orun" or nil
end

-- The intent that a command line names, found before its command is known; with it a checkout's commands are chosen, nothing else.
local function intent_in(words)
  for i, word in ipairs(words) do
    if word == "--" then return nil end
    local text = word:match("^%-%-intent=(.*)$") or word:match("^%-i=?(.+)$")
    if text then return text end
    if word == "--intent" or word == "-i" then return words[i + 1] end
  end
end

-- A link could lead anywhere, to a pipe or out of the checkout.
local function is_own_directory(dir)
  local stat = require("host.fs").stat(dir, { follow = false })
  return stat ~= nil and stat.type == "directory"
end

local function checkout_commands(words)
  local cwd = require("host.fs").cwd()
  local found = require("orun.intent.location").find { flag = intent_in(words), cwd = cwd }
  if not found.file then return nil end
  local dir = found.root .. "/.orun/commands"
  -- An intent in the home directory has no commands of its own: these are the user's.
  local home = M.home()
  if home and require("host.fs").realpath(home .. "/commands") == dir then return nil end
  if not is_own_directory(found.root .. "/.orun") or not is_own_directory(dir) then return nil end
  -- As it is seen from here: this is how messages name the files.
  local fs, path = require "host.fs", require "orun.util.path"
  return path.relative(fs.realpath(cwd) or cwd, fs.realpath(dir) or dir)
end

-- Most invocations never ask for the checkout's folder, so it is looked for when they do.
local function checkout(words)
  local known
  return setmetatable({ name = "checkout", foreign = true, label = ".orun/commands" }, { __index = function(_, key)
    if key ~= "dir" then return nil end
    if known == nil then known = checkout_commands(words) or false end
    return known or nil
  end })
end

---Which one comes first decides: the user may replace an installed command, a checkout may not.
---@param words? string[] of the command line
---@return Place[]
function M.list(words)
  local places = {}
  local home = M.home()
  if home then places[1] = { name = "user", dir = home .. "/commands", label = home .. "/commands" } end
  local installed = package.searchpath("orun.main", package.path):gsub("/main%.lua$", "/commands")
  places[#places + 1] = { name = "installed", dir = installed, module = "orun.commands" }
  places[#places + 1] = checkout(words or {})
  return places
end

return M
