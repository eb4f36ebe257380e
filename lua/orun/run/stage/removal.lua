-- Removes the trees of jobs that have ended, while others run.
local fs = require "host.fs"
local liveness = require "orun.state.liveness"
local loop = require "host.loop"
local process = require "host.process"

local M = {}

-- Trees that are removed at once, before somebody has to wait.
local most_tasks = 16
-- Trees without content that are removed together.
local most_empty = 4000

---@class Removal
---@field run Run
---@field directory string  absolute: of the execution's trees
---@field tasks integer     trees that are being removed
---@field idle? Queue       hears when there is none any more
---@field aside? string     absolute: where trees without content wait
---@field asides integer    how many such places there were
---@field empty integer     how many trees are there
local Removal = {}
Removal.__index = Removal

---@param run Run
---@param directory string
---@return Removal
function M.new(run, directory)
  return setmetatable({ run = run, directory = directory, tasks = 0, asides = 0, empty = 0 }, Removal)
end

-- Removes the trees that were put aside. Suspends.
local function sweep(self)
  local place = self.aside
  self.aside, self.empty = nil, 0
  local gone, why = fs.remove_tree(place, { background = true })
  if not gone then self.run:warn(("workspaces without content could not be removed: %s"):format(why)) end
end

-- Puts the tree of a job that wrote nothing aside, to be removed with many others: ext4 looks at every inode that was freed in the last
-- seconds for each one that it needs, so that making trees and removing them by turns costs milliseconds.
local function put_aside(self, tree)
  if not tree.stage.view then return false end
  local names = fs.list(tree.stage.changes)
  if not names or #names > 0 then return false end
  if not self.aside then
    self.asides = self.asides + 1
    self.aside = ("%s/.empty-%d-%d"):format(self.directory, process.pid(), self.asides)
    if not fs.mkdir(self.aside) then return false end
  end
  if not fs.rename(tree.directory, ("%s/%d"):format(self.aside, self.empty)) then return false end
  self.empty = self.empty + 1
  if self.empty >= most_empty then sweep(self) end
  return true
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
  if not put_aside(self, tree) then self:now(tree, false) end
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
  if self.aside then sweep(self) end
end

---Removes what killed processes left of jobs that did not run again, unless somebody else works on the execution. A process that joins it
---says so under the same lock, before it makes a tree.
function Removal:rest()
  self.run.claims:locked(function()
    if not liveness.shared(self.run.fold) then fs.remove_tree(self.directory) end
  end)
end

return M
