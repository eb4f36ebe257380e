-- Following a run: looking at it again and again until it is over.
local follow = require "orun.state.follow"
local loop = require "host.loop"
local run_view = require "orun.cockpit.viewmodel.run"

local M = {}

local shortest = 0.2
-- Seconds between two looks however often something changes.
local breath = 0.1

---The time between looks: what was asked for, unless that would only keep the machine busy.
---@param seconds number
---@return number seconds
function M.interval(seconds)
  return seconds < shortest and 1 or seconds
end

---@class Vigil
---@field changes Changes   what is waited for besides signals; paths may be added
---@field arrived Queue
local Vigil = {}
Vigil.__index = Vigil

-- Passes on that something changed, once for all that changed meanwhile.
local function report_changes(self)
  while true do
    if self.changes:wait() and self.arrived:length() == 0 then self.arrived:push(true) end
    loop.sleep(breath)
  end
end

---Waits for changes of files and for the signals that end the program, so that the terminal can be put back in order.
---@param signals string[]
---@param ... string paths
---@return Vigil
function M.vigil(signals, ...)
  local self = setmetatable({ changes = follow.changes(...), arrived = loop.queue() }, Vigil)
  local caught = loop.signals(signals)
  self.tasks = {
    loop.spawn(pcall, function() self.arrived:push(caught:wait()) end), loop.spawn(pcall, report_changes, self),
  }
  return self
end

---Waits until something changes or the time has passed. Suspends.
---@param seconds number
---@return string? signal  or "quit"
function Vigil:pause(seconds)
  local what = self.arrived:pop(seconds)
  return type(what) == "string" and what or nil
end

---Looks at a screen as well: its changes of size and its keys end a pause.
---@param screen Screen
function Vigil:attend(screen)
  screen:attend(function(what)
    if what ~= true or self.arrived:length() == 0 then self.arrived:push(what) end
  end)
end

function Vigil:close()
  for _, task in ipairs(self.tasks) do task:cancel() end
  self.changes:close()
end
Vigil.__close = Vigil.close

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
