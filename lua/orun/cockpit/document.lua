-- The machine-readable forms of what the cockpit shows.
local json = require "host.json"
local value = require "host.value"

local M = {}

local status_shape = value.shape { "execID", "meta", "state" }
local run_shape = value.shape { "execId", "planName", "status", "jobTotal", "jobDone", "jobFailed", "startedAt", "finishedAt" }
local plan_shape = value.shape { "Name", "Path", "Checksum", "Jobs", "CreatedAt" }

---@param seconds? number
---@return string? RFC 3339, whole seconds, UTC
local function instant(seconds)
  return seconds and os.date("!%Y-%m-%dT%H:%M:%SZ", math.floor(seconds)) or nil
end

---One execution.
---@param record ExecutionRecord
---@return table
function M.status(record)
  return status_shape { execID = record.execId, meta = record.meta, state = record.state }
end

---@param rows RunRow[]
---@return table
function M.runs(rows)
  local list = value.list()
  for i, row in ipairs(rows) do
    list[i] = run_shape {
      execId = row.execId, planName = row.planName, status = row.status, jobTotal = row.counts.total, jobDone = row.counts.completed,
      jobFailed = row.counts.failed, startedAt = instant(row.startedAt), finishedAt = instant(row.finishedAt),
    }
  end
  return list
end

-- RFC 3339 in local time with the fraction that the file system knows.
local function local_instant(seconds, nanoseconds)
  local fraction = nanoseconds and nanoseconds > 0 and ("." .. ("%09d"):format(nanoseconds):gsub("0+$", "")) or ""
  local zone = os.date("%z", seconds):gsub("(%d%d)(%d%d)$", "%1:%2")
  return os.date("%Y-%m-%dT%H:%M:%S", seconds) .. fraction .. (zone == "+00:00" and "Z" or zone)
end

---@param view PlansView
---@return table
function M.plans(view)
  local list = value.list()
  for i, row in ipairs(view.rows) do
    list[i] = plan_shape {
      Name = row.name, Path = row.path, Checksum = row.checksum, Jobs = row.jobs,
      CreatedAt = local_instant(row.created, row.created_ns),
    }
  end
  return list
end

---@param document any
---@param format "json"|"yaml"
---@return string with a final newline
function M.encode(document, format)
  if format == "yaml" then return require("host.yaml").encode(document) end
  return json.encode(document, { indent = 2 }) .. "\n"
end

return M
