-- The collector's pace while compiling: what the stages make mostly lives until the plan is written, so looking for garbage as often as
-- usual costs much and finds little. A large platform is collected as usual.
local M = {}

-- Percent of the heap after a collection at which the next one begins.
local SELDOM = 400
-- KiB from which the usual pace counts.
local LARGE = 128 * 1024

---@class Pace
---@field usual integer
local Pace = {}
Pace.__index = Pace

---Slows the collector down until the result goes out of scope (`local pace <close> = heap.relax()`).
---@return Pace
function M.relax()
  return setmetatable({ usual = collectgarbage("setpause", SELDOM) }, Pace)
end

---To be called between stages.
function Pace:check()
  if collectgarbage "count" > LARGE then collectgarbage("setpause", self.usual) end
end

function Pace:__close()
  collectgarbage("setpause", self.usual)
end

return M
