-- The directory that the steps of a job see. Opened before the first step of a job that was claimed, closed after its last one (post
-- steps included) and before its end is recorded, so that a dependent never starts without its outputs.
--
-- With isolation every job has a tree of its own (stage/view.lua where the kernel and the backend allow it, else
-- stage/copy.lua) below `.orun/runs/<execution>/<job>`; its declared outputs come back, everything else is dropped. Where neither kind
-- works the job runs in the workspace itself, with a warning.
local fs = require "host.fs"

local M = {}

-- Loaded where a job gets a tree of its own: most runs of one job at a time have none.
local function part(name)
  return require("orun.run.stage." .. name)
end

-- A copy of more files than these is worth a word.
local many_files = 10000

---What the steps of one job see.
---@class Workspace
---@field root string        absolute: the base of the job's path
---@field shared boolean     it is the workspace itself, and close() waits for nothing
---@field view? View         to start steps in
local Workspace = {}
Workspace.__index = Workspace

---All workspaces of a run.
---@class Workspaces
---@field run Run
---@field active boolean   jobs get trees of their own
---@field keep boolean     and these stay
---@field removal? Removal of trees whose jobs have ended
local Workspaces = {}
Workspaces.__index = Workspaces

---@param mode? string  "auto", "workspace" or "none"
---@param concurrency integer
---@param override? string  --workdir
---@return boolean
function M.isolates(mode, concurrency, override)
  if override or not mode or mode == "none" then return false end
  return mode == "workspace" or concurrency > 1
end

---Once for each run, before the first job.
---@param run Run
---@return Workspaces
function M.open(run)
  return setmetatable({
    run = run, active = M.isolates(run.isolation, run.concurrency, run.directory_override), keep = run.keep_workspaces == true,
  }, Workspaces)
end

-- A job id as the name of a directory.
local function safe_name(id)
  local name = id:gsub("[^%w%._%-]+", "_"):gsub("^[%._%-]+", ""):gsub("[%._%-]+$", "")
  return name == "" and "job" or name:sub(1, 120)
end

-- One directory for each job of the plan, also where two ids look the same.
local function name_directories(plan)
  local names, taken = {}, {}
  for _, job in ipairs(plan.jobs) do
    local name = safe_name(job.id)
    taken[name] = (taken[name] or 0) + 1
    names[job.id] = taken[name] == 1 and name or ("%s~%d"):format(name, taken[name])
  end
  return names
end

---Where the tree of a job will be, relative to the store; nil when it has none of its own.
---@param job table plan job
---@return string?
function Workspaces:place(job)
  if not self.active then return nil end
  self.names = self.names or name_directories(self.run.plan)
  return ("runs/%s/%s"):format(self.run.facts.execId, self.names[job.id])
end

-- The store as steps in a view share it: where it lies inside of the workspace.
local function store_inside(root, store)
  local real = fs.realpath(store)
  return real and real:sub(1, #root + 1) == root .. "/" and real or nil
end

-- What all jobs of the run have in common; when the first one starts.
local function prepare(self)
  local run = self.run
  local root, message = fs.realpath(run.base_directory)
  if not root then return nil, message end
  local hidden, why = part("exclusion").find(run.plan, root)
  if not hidden then return nil, why end
  local directory = ("%s/runs/%s"):format(run.store, run.facts.execId)
  local ok, problem = fs.mkdir(directory)
  if not ok then return nil, problem end
  self.root, self.hidden, self.directory, self.names = root, hidden, fs.realpath(directory), self.names or name_directories(run.plan)
  self.removal = part("removal").new(run, self.directory)
  if run.backend.views then
    self.base, self.no_view = part("view").prepare(root, store_inside(root, run.store), self.directory, hidden)
  else
    self.no_view = ("the %s runner cannot use it"):format(run.backend.name)
  end
  return true
end

local function warn_files(self, count, reason)
  if self.warned or count <= many_files then return end
  self.warned = true
  self.run:warn(("%d files are copied for every job, because an overlay is not possible: %s; --isolation none shares the workspace")
    :format(count, reason))
end

-- A tree for a job, of the best kind that works.
local function stage(self, job, directory)
  local ok, message = true, nil
  if fs.exists(directory) then ok, message = fs.remove_tree(directory, { background = true }) end
  if ok then ok, message = fs.mkdir(directory) end
  if not ok then return nil, message end
  local reason = self.no_view or self.base and self.base:refuses(job)
  if self.base and not reason then
    local staged, why = self.base:open(directory)
    if staged then return staged end
    reason = why
    fs.remove_tree(directory .. "/changes")
    fs.remove_tree(directory .. "/scratch")
  end
  local staged, why = part("copy").open(self.root, directory, self.hidden)
  if staged then warn_files(self, staged.files, reason) end
  return staged, why
end

---@param job table plan job
---@return Workspace
function Workspaces:open(job)
  local own = setmetatable({ all = self, job = job, root = self.run.base_directory, shared = true }, Workspace)
  if not self.active then return own end
  if self.prepared == nil then self.prepared, self.failure = prepare(self) end
  local staged, message = nil, self.failure
  if self.prepared then
    own.directory = self.directory .. "/" .. self.names[job.id]
    staged, message = stage(self, job, own.directory)
  end
  if not staged then
    if own.directory then fs.remove_tree(own.directory) end
    self.run:warn(("workspace isolation failed for %s, falling back to shared tree: %s"):format(job.id, message))
    return own
  end
  own.stage, own.shared, own.view, own.root = staged, false, staged.view, staged.root or own.root
  return own
end

local function keep(self)
  local ok, message = self.stage:keep(self.directory .. "/work")
  if not ok then self.all.run:warn(("the workspace of %s could not be kept: %s"):format(self.job.id, message)) end
end

local function failed(job, message)
  return nil, ("the outputs of %s could not be brought into the workspace: %s"):format(job.id, message)
end

---After the last step. A message is the failure of a job that had completed so far: its declared outputs could not be collected.
---The tree may go later, but the outputs are in their places.
---@param status "completed"|"failed"|"cancelled"
---@return true?
---@return string? message
function Workspace:close(status)
  if self.shared then return true end
  local all = self.all
  local wanted = status == "completed" and #(self.job.outputs or {}) > 0
  if not wanted and not all.keep then
    all.removal:later(self)
    return true
  end
  local found, message
  if wanted then found, message = part("output").look(all.root, self.stage, self.job, all.hidden) end
  if all.keep then keep(self) end
  -- The outputs leave the tree by rename, which no view may see.
  self.stage:close()
  if found then
    local _
    _, message = found:finish()
  end
  all.removal:now(self, all.keep)
  if message then return failed(self.job, message) end
  return true
end

---Once for each run, after the last job, however the run ended. Suspends.
function Workspaces:close()
  if not self.prepared then return end
  self.removal:finish()
  if self.base then self.base:close() end
  part("view").clear(self.directory)
  if self.keep then
    fs.write(self.directory .. "/.kept", "", { sync = false })
  else
    if not fs.remove(self.directory) then self.removal:rest() end
    fs.remove(self.run.store .. "/runs") -- unless another execution has something there
  end
end

---Directories of workspaces that nobody needs any more.
---@param store string
---@param stays fun(id: string, kept: boolean): boolean  kept: somebody asked for them
---@return {execId: string, path: string}[]
function M.stale(store, stays)
  local found, root = {}, store .. "/runs"
  for _, id in ipairs(fs.list(root) or {}) do
    local directory = root .. "/" .. id
    if not stays(id, fs.exists(directory .. "/.kept")) then found[#found + 1] = { execId = id, path = directory } end
  end
  return found
end

return M
