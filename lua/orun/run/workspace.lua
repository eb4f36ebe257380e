-- The directory that the steps of a job see. Opened before the first step of a job that was claimed, closed after its last one (post
-- steps included) and before its end is recorded, so that a dependent never starts without its outputs.
--
-- Only the shared kind exists: all jobs work in the workspace itself.
local M = {}

---What the steps of one job see.
---@class Workspace
---@field root string        absolute: the base of the job's path
---@field shared? boolean    it is the workspace itself, and close() waits for nothing
local Workspace = {}
Workspace.__index = Workspace

---All workspaces of a run.
---@class Workspaces
---@field run Run
local Workspaces = {}
Workspaces.__index = Workspaces

---Once for each run, before the first job.
---@param run Run
---@return Workspaces
function M.open(run)
  return setmetatable({ run = run }, Workspaces)
end

---@param job table plan job
---@return Workspace
function Workspaces:open(job) -- luacheck: ignore job
  return setmetatable({ root = self.run.base_directory, shared = true }, Workspace)
end

---After the last step. A message is the failure of a job that had completed so far: its declared outputs could not be collected.
---@param status "completed"|"failed"|"cancelled"
---@return true?
---@return string? message
function Workspace:close(status) -- luacheck: ignore self status
  return true
end

---Once for each run, after the last job, however the run ended.
function Workspaces:close() end

return M
