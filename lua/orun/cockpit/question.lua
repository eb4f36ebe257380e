-- A question at the terminal while a run goes on: what is shown meanwhile stands above it.
local M = {}

---@class Question
---@field write fun(text: string)
---@field text? string   while it is open
---@field above? boolean something was shown since it was put
local Question = {}
Question.__index = Question

---@param write fun(text: string) to the terminal at once
---@return Question
function M.new(write)
  return setmetatable({ write = write }, Question)
end

---@param text string
function Question:put(text)
  self.text, self.above = text, nil
  self.write("\n  " .. text)
end

---Before something is shown: it begins on a line of its own.
function Question:make_room()
  if not self.text or self.above then return end
  self.above = true
  self.write "\n"
end

---Whether the question has to be put again, since something stands below it.
---@return boolean
function Question:has_made_room()
  return self.above == true
end

function Question:put_again()
  self.above = nil
  self.write("  " .. self.text)
end

---Nothing is asked any more.
---@param answered {typed: boolean?, by: string?} typed: Enter has ended the line; by: who answered it elsewhere
function Question:close(answered)
  if not self.text then return end
  if not answered.typed then self.write "\n" end
  if answered.by then self.write(("  approved by %s\n"):format(answered.by)) end
  self.text, self.above = nil, nil
end

return M
