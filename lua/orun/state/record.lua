-- Everything known about one execution, for those who show it: the journal first, the snapshots where it is missing
-- (records of other versions, migrated ones).
local execution = require "orun.state.execution"
local fs = require "host.fs"
local journal = require "orun.state.journal"
local snapshot = require "orun.state.snapshot"

local M = {}

---@class ExecutionRecord
---@field execId string
---@field dir string
---@field meta? table    metadata.json as it would be now
---@field state? table   state in the shape of state.json
---@field plan? table    manifest.json
---@field fold? Fold     nil when there is no journal
---@field corrupt integer torn or corrupt journal lines

-- metadata.json is rewritten at intervals; what the journal knows is newer.
local function refreshed(meta, fold)
  if not meta then return nil end
  local counts = fold:counts()
  meta.status, meta.startedAt, meta.finishedAt = fold.status, snapshot.seconds(fold.startedAt), snapshot.seconds(fold.finishedAt)
  meta.jobDone, meta.jobFailed = counts.completed, counts.failed
  return meta
end

---@param store string
---@param id string
---@return ExecutionRecord
function M.view(store, id)
  local dir = execution.directory(store, id)
  local record = {
    execId = id,
    dir = dir,
    corrupt = 0,
    meta = execution.read_json(dir .. "/metadata.json"),
    plan = execution.read_json(dir .. "/manifest.json"),
  }
  local path = dir .. "/journal.jsonl"
  if fs.exists(path) then
    record.fold, record.corrupt = journal.read(path)
    record.state = snapshot.state(record.fold, id)
    if record.fold.status then record.meta = refreshed(record.meta, record.fold) end
  else
    record.state = execution.read_json(dir .. "/state.json")
  end
  return record
end

return M
