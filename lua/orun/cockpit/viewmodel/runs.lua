-- The list of executions: what runs comes first, then the newest.
local instant = require "orun.util.instant"
local job_view = require "orun.cockpit.viewmodel.job"
local run_view = require "orun.cockpit.viewmodel.run"

local M = {}

---@class RunRow
---@field execId string
---@field planName string
---@field status string
---@field recorded string  status as metadata.json has it: a cancelled run is a failed one there
---@field counts Counts
---@field startedAt? number
---@field finishedAt? number
---@field planId string
---@field trigger string
---@field user string

local function before(a, b)
  local x, y = a.status == "running", b.status == "running"
  if x ~= y then return x end
  if (a.startedAt or -1) ~= (b.startedAt or -1) then return (a.startedAt or -1) > (b.startedAt or -1) end
  return a.execId > b.execId
end

local function text_of(v)
  return type(v) == "string" and v or ""
end

---@class StoredRun
---@field execId string
---@field meta? table
---@field startedAt? string
---@field state? table
---@field fold? Fold
---@field abandoned? boolean
---@field cancelled? integer  jobs that the metadata count as failed

---@param item StoredRun a row of the store
---@return RunRow
local function row(item)
  local metadata = item.meta or {}
  local jobs = {}
  for id, state in next, item.state and item.state.jobs or {} do jobs[#jobs + 1] = job_view.view(id, state) end
  local status = item.abandoned and "interrupted" or job_view.status(metadata.status)
  status = status ~= "" and status or "unknown"
  local counts = run_view.counts(jobs, metadata, item.fold and item.fold.jobTotal)
  if item.cancelled then counts.failed, counts.cancelled = counts.failed - item.cancelled, item.cancelled end
  return {
    execId = item.execId,
    planName = text_of(metadata.planName),
    status = run_view.verdict(status, counts),
    recorded = status,
    counts = counts,
    startedAt = instant.parse(metadata.startedAt) or instant.parse(item.startedAt),
    finishedAt = instant.parse(metadata.finishedAt),
    planId = text_of(metadata.planId), trigger = text_of(metadata.trigger), user = text_of(metadata.user),
  }
end

---@param items table[] see `row`
---@return RunRow[]
function M.view(items)
  local rows = {}
  for i, item in ipairs(items) do rows[i] = row(item) end
  table.sort(rows, before)
  return rows
end

return M
