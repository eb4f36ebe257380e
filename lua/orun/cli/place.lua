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

-- Most invocations never ask for the checkout's folder, so it is looked for when they do.
local function checkout(words)
  local known
  return setmetatable({ name = "checkout", foreign = true, label = ".orun/commands" }, { __index = function(_, key)
    if key ~= "dir" then return nil end
    if known == nil then known = require("orun.cli.checkout").commands(words, M.home()) or false end
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
