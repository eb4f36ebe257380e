-- Which command files of checkouts were run before. The first time, and whenever a file has changed since, its name is told before it
-- runs. The memory stands with the user's own files: a checkout must not be able to vouch for itself.
local fs = require "host.fs"
local hash = require "host.hash"
local json = require "host.json"
local place = require "orun.cli.place"

local M = {}

local function memory()
  local home = place.home()
  return home and home .. "/known-commands.json"
end

local function recall(file)
  local known = file and json.decode(fs.read(file) or "")
  return type(known) == "table" and known or {}
end

---Says that a command file runs for the first time, unless it is known as it is.
---@param file string   as it is shown
---@param text string   its bytes, those that will be run
---@param tell fun(line: string)
function M.greet(file, text, tell)
  local store = memory()
  local known, digest, place_of_file = recall(store), hash.sha256(text), fs.realpath(file) or file
  if known[place_of_file] == digest then return end
  tell(("note: running %s, a command of this checkout%s"):format(file,
    known[place_of_file] and ", which has changed since it last ran" or " that was not run here before"))
  if not store then return end
  known[place_of_file] = digest
  -- Forgetting costs another note, so failures to write are not worth a word.
  if fs.mkdir(store:match("^(.*)/")) then fs.write(store, json.encode(known, { indent = 2 }) .. "\n", { mode = 384, sync = false }) end
end

return M
