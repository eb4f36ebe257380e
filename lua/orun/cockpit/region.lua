-- The lines below what a run has printed, on a terminal: how it stands now, drawn again and again, and gone when it ends.
--
-- What is printed for good takes their place; they come back with the next drawing, so that many lines at once cost no drawings.
local loop = require "host.loop"
local style = require "orun.cockpit.style"
local term = require "host.term"

local M = {}

-- Seconds between drawings.
local interval = 0.12

---@class RegionOptions
---@field write fun(text: string)  to the terminal, some time soon
---@field flush fun()              now
---@field style Style
---@field lines fun(frame: integer, columns: integer, rows: integer): Span[][]  frame: how often it was drawn

---@class Region
---@field height integer  lines on the screen
---@field frame integer
---@field hidden? boolean something else has the end of the screen
---@field tasks Task[]
local Region = {}
Region.__index = Region

---@param options RegionOptions
---@return Region
function M.open(options)
  local self = setmetatable({ height = 0, frame = 0, tasks = {} }, Region)
  for key, v in next, options do self[key] = v end
  self.write(style.screen.hide_cursor)
  self.signals = loop.signals { "TSTP" }
  self.tasks[1] = loop.spawn(pcall, self.keep_drawing, self)
  self.tasks[2] = loop.spawn(pcall, self.attend, self)
  return self
end

---Takes the lines away.
function Region:erase()
  if self.height == 0 then return end
  self.write(style.screen.up(self.height))
  self.height = 0
end

---Text that stays, above the lines.
---@param text string
function Region:print(text)
  self:erase()
  self.write(text)
end

function Region:draw()
  if self.hidden then return end
  self:erase()
  local columns, rows = term.size(1)
  if columns then
    self.frame = self.frame + 1
    local lines = self.lines(self.frame, columns - 1, rows - 1)
    for i, line in ipairs(lines) do lines[i] = style.clip(line, columns - 1) end
    self.write(self.style:text(lines))
    self.height = #lines
  end
  self.flush()
end

function Region:keep_drawing()
  while true do
    self:draw()
    loop.sleep(interval)
  end
end

-- Whoever stops the program gets a terminal in order.
function Region:attend()
  while true do
    self.signals:wait()
    local hidden = self.hidden
    self:hide()
    term.suspend()
    if not hidden then self:show() end
  end
end

---Leaves the end of the screen to somebody else.
function Region:hide()
  if self.hidden then return end
  self:erase()
  self.write(style.screen.show_cursor)
  self.flush()
  self.hidden = true
end

function Region:show()
  if not self.hidden or self.closed then return end
  self.hidden = nil
  self.write(style.screen.hide_cursor)
end

---Whether flushing is up to the drawings.
---@return boolean
function Region:is_shown()
  return not self.hidden
end

function Region:close()
  if self.closed then return end
  for _, task in ipairs(self.tasks) do task:cancel() end
  self.signals:close()
  self:hide()
  self.closed = true
end
Region.__close = Region.close

return M
