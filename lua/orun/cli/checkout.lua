-- Where the commands of a checkout lie: beside the intent, in folders that are no links.
local fs = require "host.fs"
local location = require "orun.intent.location"
local path = require "orun.util.path"

local M = {}

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
  local stat = fs.stat(dir, { follow = false })
  return stat ~= nil and stat.type == "directory"
end

---The folder of a checkout's commands as it is seen from here, which is how messages name the files.
---@param words string[] of the command line
---@param home? string the user's own files
---@return string? directory
function M.commands(words, home)
  local cwd = fs.cwd()
  local found = location.find { flag = intent_in(words), cwd = cwd }
  if not found.file then return nil end
  local dir = found.root .. "/.orun/commands"
  -- An intent in the home directory has no commands of its own: these are the user's.
  if home and fs.realpath(home .. "/commands") == fs.realpath(dir) then return nil end
  if not is_own_directory(found.root .. "/.orun") or not is_own_directory(dir) then return nil end
  return path.relative(fs.realpath(cwd) or cwd, fs.realpath(dir) or dir)
end

return M
