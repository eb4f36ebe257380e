-- How long jobs took in earlier runs: what the order of the next one follows. A cache that is written at the end of each run; the
-- journals would be too long to read before the first job.
local fs = require "host.fs"
local sorted = require "orun.util.sorted"

local M = {}

-- Jobs of other plans are remembered too, up to this many.
local most = 20000

local function path_of(store)
  return store .. "/cache/durations"
end

---@param store string `.orun` directory
---@return table<string, number> seconds by job id; empty when nothing is known
function M.read(store)
  local seconds = {}
  for text, id in (fs.read(path_of(store)) or ""):gmatch("([%d.]+)\t([^\n]+)\n") do seconds[id] = tonumber(text) end
  return seconds
end

-- The file's text, with the jobs of this run always in it.
local function encode(seconds, fresh)
  local lines, room = {}, most
  for _ in next, fresh do room = room - 1 end
  for _, id in ipairs(sorted.keys(seconds)) do
    if not fresh[id] then room = room - 1 end
    if fresh[id] or room >= 0 then lines[#lines + 1] = ("%.3f\t%s\n"):format(seconds[id], id) end
  end
  return table.concat(lines)
end

---Adds what a run found out; one that took another time than before counts half.
---@param store string
---@param fresh table<string, number> seconds by job id
function M.add(store, fresh)
  if not next(fresh) then return end
  local seconds = M.read(store)
  for id, took in next, fresh do seconds[id] = seconds[id] and (seconds[id] + took) / 2 or took end
  if fs.mkdir(store .. "/cache") then fs.write(path_of(store), encode(seconds, fresh), { sync = false }) end
end

return M
