-- Workspaces as views: an overlay over the workspace, mounted at the workspace's own path in a mount namespace that only the steps of one
-- job enter. So absolute paths mean the job's tree, git finds its repository, and opening one costs the same for ten files and for a
-- million. What the job writes lands in a directory of its own, and the namespace ends with its last process: nothing has to be unmounted.
--
-- Root makes the namespace as it is; others get it together with a user namespace, in which they stay who they are but programs that
-- change the user have no effect.
local fs = require "host.fs"
local overlay = require "host.overlay"
local process = require "host.process"

local M = {}

---@class ViewBase
---@field root string    workspace, without links
---@field store? string  the store, where it lies in the workspace: steps share it
---@field base View
---@field mask? string   directory of whiteouts, inside the namespace
---@field user boolean   in a user namespace
local Base = {}
Base.__index = Base

-- What changes the user, or makes user namespaces of its own with such help.
local privileged = { "sudo", "doas", "su", "podman", "buildah", "fusermount", "fusermount3", "newuidmap" }

-- An overlay does not show what is mounted below the directory.
local function mount_below(root, store)
  local text = fs.read "/proc/self/mountinfo"
  if not text then return nil, "/proc is not mounted" end
  for point in text:gmatch("%d+ %d+ %S+ %S+ (%S+)[^\n]*\n") do
    local place = point:gsub("\\(%d%d%d)", function(digits) return string.char(tonumber(digits, 8)) end)
    local inside = place:sub(1, #root + 1) == root .. "/"
    if inside and not (store and (place .. "/"):sub(1, #store + 1) == store .. "/") then return nil, place .. " is mounted in it" end
  end
  return true
end

local function explain(message, directory)
  local system = overlay.file_system(directory)
  if system == "overlayfs" then return message .. " (the workspace lies on overlayfs itself)" end
  return system and ("%s (on %s)"):format(message, system) or message
end

-- As root when that works, else with a user namespace.
local function make_base(mask)
  local base, message = overlay.base(mask, false)
  if base then return base, nil, false end
  local other, why = overlay.base(mask, true)
  if other then return other, nil, true end
  return nil, why or message
end

---@param root string     workspace, without links
---@param store? string   where it lies in the workspace
---@param directory string  of the execution's workspaces; exists
---@param hidden string[] paths relative to the workspace that no job sees
---@return ViewBase?
---@return string? message why this is not possible here
function M.prepare(root, store, directory, hidden)
  if root == "/" then return nil, "the workspace is /" end
  local ok, message = mount_below(root, store)
  if not ok then return nil, message end
  local point = ("%s/.mask-%d"):format(directory, process.pid())
  ok, message = fs.mkdir(point)
  if not ok then return nil, message end
  local base, why, user = make_base(point)
  if base and #hidden > 0 then
    ok, message = overlay.mask(root, base:root(), hidden)
    if not ok then base, why = base:close(), message end
  end
  if not base then
    fs.remove(point)
    return nil, explain(why, root)
  end
  return setmetatable({ root = root, store = store, base = base, user = user, point = point, mask = #hidden > 0 and point or nil }, Base)
end

---Why the steps of a job cannot run in a view, if so.
---@param job table plan job
---@return string?
function Base:refuses(job)
  if not self.user then return nil end
  for _, step in ipairs(job.steps or {}) do
    for word in (type(step.run) == "string" and step.run or ""):gmatch("[%w_%-]+") do
      for _, name in ipairs(privileged) do
        if word == name then return name .. " has no effect in a user namespace" end
      end
    end
  end
end

---@class StagedView
---@field root string     what a path of the workspace begins with, for the steps
---@field view View       to start steps in
---@field changes string  what the job wrote
---@field merged string   leads to what the steps see
local Staged = {}
Staged.__index = Staged

---Suspends.
---@param directory string of this job; exists and is empty
---@return StagedView?
---@return string? message
function Base:open(directory)
  local changes, scratch = directory .. "/changes", directory .. "/scratch"
  local ok, message = overlay.mirror(self.root, changes)
  if ok then ok, message = fs.mkdir(scratch) end
  if not ok then return nil, message end
  local view, why = overlay.open {
    base = self.base, lower = self.root, mask = self.mask, upper = changes, work = scratch, keep = self.store,
  }
  if not view then return nil, explain(why, self.root) end
  return setmetatable({ view = view, changes = changes, merged = view:root() }, Staged)
end

---Writes down as files what the steps saw. Suspends.
---@param to string must not exist
---@return table?
---@return string? message
function Staged:keep(to)
  return fs.clone_tree(self.merged, to, { skip_any = { ".orun" }, background = true })
end

---Ends the view; what was written stays. Suspends.
function Staged:close()
  self.view:finish()
end

function Base:close()
  self.base:close()
  fs.remove(self.point)
end

---Removes what processes left that were killed.
---@param directory string of the execution's workspaces
function M.clear(directory)
  for _, name in ipairs(fs.list(directory) or {}) do
    local pid = tonumber(name:match "^%.mask%-(%d+)$")
    if pid and not process.alive(pid) then fs.remove(directory .. "/" .. name) end
  end
end

return M
