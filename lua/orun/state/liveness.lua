-- Whether somebody still works on an execution.
local fs = require "host.fs"
local process = require "host.process"
local system = require "host.system"

local M = {}

-- A record that says neither by journal nor by status how it ended is left alone for this long after its last change.
local quiet = 86400

---@param dir string directory of an execution
---@return string
function M.pid_file(dir)
  return dir .. "/pid"
end

---The process that was sent into the background for an execution, while it lives. Its number may belong to another process by now; its
---environment tells.
---@param dir string
---@param id string
---@return integer? pid
function M.background(dir, id)
  local pid = math.tointeger(tonumber((fs.read(M.pid_file(dir)) or ""):match "^%d+"))
  local environment = pid and process.alive(pid) and fs.read(("/proc/%d/environ"):format(pid))
  if not environment then return nil end
  environment = "\0" .. environment
  local ours = environment:find("\0ORUN_BACKGROUND_CHILD=1\0", 1, true) and environment:find("\0ORUN_EXEC_ID=" .. id .. "\0", 1, true)
  return ours and pid or nil
end

---Whether a process that wrote records may still be there. Of other machines nothing is known.
---@param writer WriterState
---@return boolean
function M.may_live(writer)
  return writer.host ~= system.hostname() or process.alive(writer.pid, writer.startTicks)
end

---The processes that work on an execution now.
---@param fold Fold
---@return WriterState[] by pid
function M.owners(fold)
  local owners = {}
  for _, writer in next, fold.open do
    if M.may_live(writer) then owners[#owners + 1] = writer end
  end
  table.sort(owners, function(a, b) return a.pid < b.pid end)
  return owners
end

---Whether somebody else works on an execution.
---@param fold Fold
---@return boolean
function M.shared(fold)
  for _, writer in ipairs(M.owners(fold)) do
    if writer.pid ~= process.pid() then return true end
  end
  return false
end

---Whether an execution says that it runs, but all of its processes are gone: it will not go on by itself.
---@param fold? Fold
---@return boolean
function M.abandoned(fold)
  if not fold or fold.status ~= "running" then return false end
  return next(fold.open) ~= nil and #M.owners(fold) == 0
end

local over = { completed = true, failed = true, success = true, succeeded = true, error = true, cancelled = true, interrupted = true }

local function changed_within(dir, seconds, now)
  for _, name in ipairs { "/journal.jsonl", "/state.json", "/metadata.json", "" } do
    local stat = fs.stat(dir .. name)
    if stat and now - stat.mtime < seconds then return true end
  end
  return false
end

---Whether an execution may still be worked on.
---@param record ExecutionRecord
---@param now number seconds since the epoch
---@return boolean
function M.busy(record, now)
  local fold = record.fold
  if fold and fold.status then return fold.status == "running" and not M.abandoned(fold) end
  local status = record.meta and record.meta.status
  if type(status) == "string" and over[status:lower()] then return false end
  return changed_within(record.dir, quiet, now)
end

return M
