-- Following a run: the view again and again until it is over.
local run_view = require "orun.cockpit.viewmodel.run"

local M = {}

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
