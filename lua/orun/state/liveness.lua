-- Whether somebody still works on an execution.
local fs = require "host.fs"
local process = require "host.process"
local system = require "host.system"

local M = {}

-- A record that says neither by journal nor by status how it ended is left alone for this long after its last change.
local quiet = 86400

---Whether an execution says that it runs, but all of its processes are gone: it will not go on by itself. Of other machines nothing
---is known.
---@param fold? Fold
---@return boolean
function M.abandoned(fold)
  if not fold or fold.status ~= "running" then return false end
  local here = system.hostname()
  for _, writer in next, fold.writers do
    if writer.host ~= here or process.alive(writer.pid, writer.startTicks) then return false end
  end
  return next(fold.writers) ~= nil
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
