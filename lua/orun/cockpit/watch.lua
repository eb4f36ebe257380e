-- Following a run: the view again and again until it is over.
local run_view = require "orun.cockpit.viewmodel.run"

local M = {}

local shortest = 0.2

---The time between looks: what was asked for, unless that would only keep the machine busy.
---@param seconds number
---@return number seconds
function M.interval(seconds)
  return seconds < shortest and 1 or seconds
end

---@class WatchOptions
---@field interval number                   seconds
---@field load fun(): RunView?, string?     the view as it is now; nil while there is none; a message when it cannot be read
---@field emit fun(view: RunView?, message: string?): boolean?  false: nobody looks any more
---@field pause fun(seconds: number): string?  waits; the name of a signal ends the watch

---@param options WatchOptions
---@return string? signal
function M.follow(options)
  while true do
    local view, message = options.load()
    if options.emit(view, message) == false then return nil end
    if view and run_view.is_over(view) then return nil end
    local signal = options.pause(options.interval)
    if signal then return signal end
  end
end

return M
