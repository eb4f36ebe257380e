-- Waiting for changes of files by inotify, with a poll for what it does not tell (network file systems, a full queue).
local watch = require "host.watch"
local loop = require "host.loop"

local M = {}

-- Seconds after which to look although nothing was reported.
M.poll = 1

---@class Changes
---@field watch? Watch nil where the system has none left
---@field added table<string, integer> ids of the watches by path
local Changes = {}
Changes.__index = Changes

---@param ... string paths of files or directories
---@return Changes
function M.changes(...)
  local self = setmetatable({ watch = watch.open(), added = {} }, Changes)
  for i = 1, select("#", ...) do self:add((select(i, ...))) end
  return self
end

---Watches one more path; one that does not exist (yet) is left to the poll and may be added again.
---@param path string
---@return boolean watched
function Changes:add(path)
  if not self.added[path] then self.added[path] = self.watch and self.watch:add(path) or nil end
  return self.added[path] ~= nil
end

---Watches a path no longer.
---@param path string
function Changes:drop(path)
  local id = self.added[path]
  if id and self.watch then self.watch:remove(id) end
  self.added[path] = nil
end

---Waits for a change. Suspends.
---@param seconds? number default: the poll's
---@return boolean changed false when only the time passed
function Changes:wait(seconds)
  seconds = seconds or M.poll
  if self.watch then return self.watch:wait(seconds) ~= nil end
  loop.sleep(seconds)
  return false
end

function Changes:close()
  if self.watch then self.watch:close() end
  self.watch = nil
end
Changes.__close = Changes.close

return M
