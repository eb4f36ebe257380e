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
---@field state? table   state in the shape of state.json, made when somebody asks for it
---@field plan? table    manifest.json as far as Followed:plan gives it, read when somebody asks for it
---@field fold? Fold     nil when there is no journal
---@field corrupt integer torn or corrupt journal lines

-- Fields whose values are found at the first look at them.
local function with_lazy(t, makers)
  return setmetatable(t, {
    __index = function(self, key)
      local make = makers[key]
      if not make then return nil end
      makers[key] = nil
      local v = make()
      self[key] = v
      return v
    end,
  })
end

-- What metadata.json would say, where it is missing or damaged.
local function rebuilt(fold, id, plan)
  local metadata = type(plan) == "table" and type(plan.metadata) == "table" and plan.metadata or {}
  return snapshot.metadata(fold, {
    execId = id, planId = (fold.planChecksum or ""):gsub("^sha256%-", ""):sub(1, 12), user = "",
    planName = type(metadata.name) == "string" and metadata.name or "", jobTotal = fold.jobTotal or fold:counts().total,
  })
end

-- metadata.json is rewritten at intervals; what the journal knows is newer.
local function refreshed(meta, fold)
  local counts = fold:counts()
  meta.status, meta.startedAt, meta.finishedAt = fold.status, snapshot.seconds(fold.startedAt), snapshot.seconds(fold.finishedAt)
  meta.jobDone, meta.jobFailed = counts.completed, counts.failed
  return meta
end

---A record that is looked at again and again: of the journal only what was appended is read.
---@class FollowedRecord
---@field store string
---@field id string
---@field dir string
---@field reader JournalReader
local Followed = {}
Followed.__index = Followed

---@param store string
---@param id string
---@return FollowedRecord
function M.open(store, id)
  local dir = execution.directory(store, id)
  return setmetatable({ store = store, id = id, dir = dir, reader = journal.reader(dir .. "/journal.jsonl") }, Followed)
end

-- A plan may be large, and most of it is for those who run it.
local ids = { id = true, name = true, use = true }
local of_plan = { metadata = true, jobs = { ["*"] = { id = true, steps = { ["*"] = ids } } } }

---What says which jobs and steps there are: of the plan's jobs their ids and those fields of steps that log.step_ids looks at. It is read
---again only when another plan took its place.
---@return table?
function Followed:plan()
  local path = self.dir .. "/manifest.json"
  local stat = fs.stat(path)
  local mark = stat and ("%d.%d.%d"):format(stat.inode, stat.mtime, stat.mtime_ns)
  if mark ~= self.plan_mark then self.plan_mark, self.known_plan = mark, mark and execution.read_json(path, of_plan) or nil end
  return self.known_plan
end

---Everything that is known now. The fold in it is the same table every time.
---@return ExecutionRecord
function Followed:read()
  local reader, dir = self.reader, self.dir
  reader:refresh()
  local lazy = { plan = function() return self:plan() end }
  local record = with_lazy({
    execId = self.id, dir = dir, corrupt = reader:damaged(), meta = execution.read_json(dir .. "/metadata.json"),
  }, lazy)
  -- Of a journal without a single good line the snapshot of before is what is left to show.
  if reader.file and not (reader.fold.applied == 0 and record.corrupt > 0) then
    record.fold = reader.fold
    function lazy.state() return snapshot.state(reader.fold, self.id) end
    if reader.fold.status then record.meta = refreshed(record.meta or rebuilt(reader.fold, self.id, record.plan), reader.fold) end
  else
    function lazy.state()
      local state = execution.read_json(dir .. "/state.json")
      snapshot.arrange(nil, state)
      return state
    end
  end
  return record
end

function Followed:close()
  self.reader:close()
end
Followed.__close = Followed.close

---@param store string
---@param id string
---@return ExecutionRecord
function M.view(store, id)
  local followed <close> = M.open(store, id)
  return followed:read()
end

return M
