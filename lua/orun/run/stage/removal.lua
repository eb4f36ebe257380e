-- Removes the trees of jobs that have ended, while others run.
local fs = require "host.fs"
local liveness = require "orun.state.liveness"
local loop = require "host.loop"

local M = {}

-- Trees that are removed at once, before somebody has to wait.
local most_tasks = 16

---@class Removal
---@field run Run
---@field directory string  absolute: of the execution's trees
---@field tasks integer     trees that are being removed
---@field idle? Queue       hears when there is none any more
local Removal = {}
Removal.__index = Removal

---@param run Run
---@param directory string
---@return Removal
function M.new(run, directory)
  return setmetatable({ run = run, directory = directory, tasks = 0 }, Removal)
end

---Removes a tree that nobody sees any more. Suspends.
---@param tree Workspace
---@param kept boolean only what is of no use to who looks at it
function Removal:now(tree, kept)
  local gone, why
  if kept then
    gone, why = fs.remove_tree(tree.directory .. "/changes", { background = true })
    fs.remove_tree(tree.directory .. "/scratch")
  else
    gone, why = fs.remove_tree(tree.directory, { background = true })
  end
  if not gone then self.run:warn(("the workspace of %s could not be removed: %s"):format(tree.job.id, why)) end
end

local function clear(self, tree)
  tree.stage:close()
  self:now(tree, false)
end

---Ends and removes a tree. Nobody waits for that, unless jobs end faster than their trees go.
---@param tree Workspace
function Removal:later(tree)
  if self.tasks >= most_tasks then return clear(self, tree) end
  self.tasks = self.tasks + 1
  loop.spawn(function()
    clear(self, tree)
    self.tasks = self.tasks - 1
    if self.tasks == 0 and self.idle then self.idle:push(true) end
  end)
end

---Waits until all are gone. Suspends.
function Removal:finish()
  if self.tasks > 0 then
    self.idle = loop.queue()
    self.idle:pop()
  end
end

---Removes what killed processes left of jobs that did not run again, unless somebody else works on the execution. A process that joins it
---says so under the same lock, before it makes a tree.
function Removal:rest()
  self.run.claims:locked(function()
    if not liveness.shared(self.run.fold) then fs.remove_tree(self.directory) end
  end)
end

return M
