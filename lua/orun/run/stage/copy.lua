-- Workspaces as copies, where the kernel allows no views: by reflinks where the file system has them, else byte for byte.
local fs = require "host.fs"
local path = require "orun.util.path"

local M = {}

---@class StagedCopy
---@field root string    the copy
---@field changes string the same
---@field merged string  the same
---@field files integer  that were copied byte for byte
---@field stays? boolean it is kept when the job has ended
local Staged = {}
Staged.__index = Staged

-- Of a repository everything is copied but its objects, which are borrowed, and what belongs to other work trees.
local function copy_repository(from, to)
  local ok, message = fs.clone_tree(from, to, {
    leave_out = { "objects", "lfs", "worktrees", "index.lock", "HEAD.lock", "config.lock" }, background = true,
  })
  if not ok then return nil, message end
  ok, message = fs.mkdir(to .. "/objects/info")
  if ok then ok, message = fs.mkdir(to .. "/objects/pack") end
  if ok then ok, message = fs.write(to .. "/objects/info/alternates", from .. "/objects\n", { sync = false }) end
  if ok and fs.exists(from .. "/lfs") then ok, message = fs.symlink(from .. "/lfs", to .. "/lfs") end
  return ok, message
end

---Suspends while the tree is copied.
---@param root string       workspace, without links
---@param directory string  of this job; exists
---@param hidden string[]   paths relative to the workspace that the copy lacks
---@return StagedCopy?
---@return string? message
function M.open(root, directory, hidden)
  local to, repository = directory .. "/work", fs.stat(path.join(root, ".git"), { follow = false })
  local leave_out = table.move(hidden, 1, #hidden, 2, { ".orun" })
  local own = repository and repository.type == "directory"
  if own then leave_out[#leave_out + 1] = ".git" end
  local done, message = fs.clone_tree(root, to, { leave_out = leave_out, background = true })
  if done and own then
    local ok, why = copy_repository(root .. "/.git", to .. "/.git")
    if not ok then done, message = nil, why end
  end
  if not done then return nil, message end
  return setmetatable({ root = to, changes = to, merged = to, files = done.files - done.reflinks }, Staged)
end

---@return true
function Staged:keep()
  self.stays = true
  return true
end

function Staged:close() end

return M
