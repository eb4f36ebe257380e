-- A terminal that shows one frame in place of the one before, no larger than it is, and is put back in order afterwards.
local loop = require "host.loop"
local style = require "orun.cockpit.style"
local term = require "host.term"

local M = {}

-- The keys that end what is shown. Ctrl-C sends a signal, unless the terminal was told otherwise.
local quitting = "[qQ\3]"

---@class Screen
---@field write fun(text: string)
---@field keys? Keys      nil: whoever types, types elsewhere
---@field signals Signals
---@field tasks Task[]
local Screen = {}
Screen.__index = Screen

---@param write fun(text: string) to standard output
---@return Screen
function M.open(write)
  local self = setmetatable({ write = write, tasks = {} }, Screen)
  self.keys = term.isatty(0) and term.keys(0) or nil
  self.signals = loop.signals(self.keys and { "WINCH", "TSTP" } or { "WINCH" })
  write(style.screen.hide_cursor)
  return self
end

---How much room a frame has; the last line is left to the cursor.
---@return integer? columns nil: the terminal does not know
---@return integer? rows
function M.room()
  local columns, rows = term.size(1)
  if columns then return columns - 1, math.max(1, rows - 1) end
end

local function on_signal(self, wake)
  while true do
    if self.signals:wait() == "TSTP" then
      self.write(style.screen.show_cursor .. "\n")
      self.keys:suspend()
      self.write(style.screen.hide_cursor)
    end
    wake(true)
  end
end

local function on_key(self, wake)
  while true do
    local bytes = self.keys:read()
    if not bytes then return end
    if bytes:find(quitting) then wake "quit" end
  end
end

---Tells when the frame has to be drawn again (`wake(true)`), and when somebody has seen enough (`wake "quit"`).
---@param wake fun(what: true|"quit")
function Screen:attend(wake)
  self.tasks[1] = loop.spawn(pcall, on_signal, self, wake)
  if self.keys then self.tasks[2] = loop.spawn(pcall, on_key, self, wake) end
end

---@param text string lines, each ended by a newline
function Screen:draw(text)
  self.write(style.screen.home .. text)
end

function Screen:close()
  for _, task in ipairs(self.tasks) do task:cancel() end
  self.signals:close()
  if self.keys then self.keys:close() end
  self.write(style.screen.show_cursor .. "\n")
end
Screen.__close = Screen.close

return M
