-- The list of executions: what runs comes first, then the newest.
local instant = require "orun.util.instant"
local job_view = require "orun.cockpit.viewmodel.job"
local run_view = require "orun.cockpit.viewmodel.run"

local M = {}

---@class RunRow
---@field execId string
---@field planName string
---@field status string
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

---@param item {execId: string, meta?: table, startedAt?: string, state?: table, fold?: Fold, abandoned?: boolean} a row of the store
---@return RunRow
local function row(item)
  local metadata = item.meta or {}
  local jobs = {}
  for id, state in next, item.state and item.state.jobs or {} do jobs[#jobs + 1] = job_view.view(id, state) end
  local status = item.abandoned and "interrupted" or job_view.status(metadata.status)
  return {
    execId = item.execId,
    planName = text_of(metadata.planName),
    status = status ~= "" and status or "unknown",
    counts = run_view.counts(jobs, metadata, item.fold and item.fold.jobTotal),
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
