-- state.json and metadata.json: what outside tools read. Both are derived from the journal and decide nothing.
local fs = require "host.fs"
local json = require "host.json"
local sorted = require "orun.util.sorted"
local value = require "host.value"

local M = {}

local state_shape = value.shape { "execId", "planChecksum", "jobs" }
local job_shape = value.shape { "status", "startedAt", "finishedAt", "heartbeatAt", "steps", "lastError" }
local metadata_shape = value.shape {
  "execId", "planId", "planName", "startedAt", "finishedAt", "status", "trigger", "user", "dryRun",
  "jobTotal", "jobDone", "jobFailed", "links",
}
local link_shape = value.shape { "label", "url", "jobId", "stepId" }

---A journal time as the snapshots write it: whole seconds.
---@param ts? string
---@return string?
function M.seconds(ts)
  return ts and ts:sub(1, 19) .. "Z"
end

local function job_state(job)
  local steps = {}
  for step_id, step in next, job.steps do steps[step_id] = step.status end
  return job_shape {
    status = job.status,
    startedAt = M.seconds(job.startedAt),
    finishedAt = M.seconds(job.finishedAt),
    steps = steps,
    lastError = job.error,
  }
end

---@param fold Fold
---@param exec_id string
---@return table state in the shape of state.json
function M.state(fold, exec_id)
  local jobs = {}
  for id, job in next, fold.jobs do jobs[id] = job_state(job) end
  return state_shape { execId = exec_id, planChecksum = fold.planChecksum or "", jobs = jobs }
end

---The text of a snapshot.
---@param v table
---@return string
function M.encode(v)
  return json.encode(v, { indent = 2 })
end

---Writes state.json again and again: a job that did not change since is not encoded again.
---@class StateEncoder
---@field id string
---@field texts table<string, string>    members of `jobs` by job id
---@field seen table<string, integer>    `applied` of the job then
---@field ids string[]
local StateEncoder = {}
StateEncoder.__index = StateEncoder

---@param exec_id string
---@return StateEncoder
function M.encoder(exec_id)
  return setmetatable({ id = exec_id, texts = {}, seen = {}, ids = {} }, StateEncoder)
end

local function member(id, job)
  local text = M.encode { [id] = job_state(job) } -- an object of one member: its inside is what stands in `jobs`
  return (text:sub(3, -3):gsub("\n", "\n  "))
end

-- Ids in order; sorted again only when there are others.
local function ids_of(self, fold)
  local ids, count = self.ids, 0
  for id in next, fold.jobs do
    count = count + 1
    if not self.seen[id] then ids = nil end
  end
  if not ids or #ids ~= count then ids = sorted.keys(fold.jobs) end
  self.ids = ids
  return ids
end

---@param fold Fold
---@return string text the same as that of the whole state encoded at once
function StateEncoder:state(fold)
  local parts = {}
  for i, id in ipairs(ids_of(self, fold)) do
    local job = fold.jobs[id]
    if self.seen[id] ~= job.applied then self.seen[id], self.texts[id] = job.applied, member(id, job) end
    parts[i] = "\n  " .. self.texts[id]
  end
  local head = M.encode(state_shape { execId = self.id, planChecksum = fold.planChecksum or "", jobs = {} })
  if #parts == 0 then return head end
  return head:sub(1, -5) .. "{" .. table.concat(parts, ",") .. "\n  }\n}"
end

---Gives decoded snapshots the key order in which they are written, in place.
---@param metadata? table
---@param state? table
function M.arrange(metadata, state)
  if metadata then
    metadata_shape(metadata)
    for _, link in ipairs(type(metadata.links) == "table" and metadata.links or {}) do link_shape(link) end
  end
  if not state then return end
  state_shape(state)
  for _, job in next, type(state.jobs) == "table" and state.jobs or {} do job_shape(job) end
end

---@class MetadataFacts
---@field execId string
---@field planId string
---@field planName string
---@field user string
---@field dryRun? boolean
---@field jobTotal integer
---@field links? {label: string, url: string, jobId: string?, stepId: string?}[]

---@param fold Fold
---@param facts MetadataFacts
---@return table metadata in the shape of metadata.json
function M.metadata(fold, facts)
  local counts = fold:counts()
  local links
  for _, link in ipairs(facts.links or {}) do
    links = links or value.list()
    links[#links + 1] = link_shape { label = link.label, url = link.url, jobId = link.jobId, stepId = link.stepId }
  end
  return metadata_shape {
    execId = facts.execId,
    planId = facts.planId,
    planName = facts.planName,
    startedAt = M.seconds(fold.startedAt) or "",
    finishedAt = M.seconds(fold.finishedAt),
    status = fold.status or "running",
    trigger = "cli",
    user = facts.user,
    dryRun = facts.dryRun or false,
    jobTotal = facts.jobTotal,
    jobDone = counts.completed,
    jobFailed = counts.failed,
    links = links,
  }
end

---@param dir string
---@param name "state.json"|"metadata.json"
---@param text string
---@param sync boolean whether it must survive a power loss
---@return true?
---@return string? message
function M.write(dir, name, text, sync)
  return fs.write(dir .. "/" .. name, text, { sync = sync })
end

return M
