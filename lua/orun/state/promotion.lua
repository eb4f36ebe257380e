-- Whether a component already ran successfully somewhere, by the local records.
local execution = require "orun.state.execution"
local fs = require "host.fs"
local journal = require "orun.state.journal"

local M = {}

-- All jobs of the component in that environment, by the plan of the execution, completed from that revision.
local function succeeded(dir, component, environment, revision)
  local text = fs.read(dir .. "/journal.jsonl")
  if not text or not text:find('"' .. revision .. '"', 1, true) then return false end
  local plan = execution.read_json(dir .. "/manifest.json")
  if not plan or type(plan.jobs) ~= "table" then return false end
  local fold, found = journal.read(dir .. "/journal.jsonl"), false
  for _, job in ipairs(plan.jobs) do
    if job.component == component and job.environment == environment then
      local state = fold.jobs[job.id]
      if not state or state.status ~= "completed" or state.revision ~= revision then return false end
      found = true
    end
  end
  return found
end

---@param store string `.orun` directory
---@param component string
---@param environment string
---@param revision string
---@return string? id of such an execution, the latest one first
function M.find(store, component, environment, revision)
  local rows = execution.list(store)
  table.sort(rows, function(a, b)
    if a.startedAt ~= b.startedAt then return a.startedAt > b.startedAt end
    return a.execId > b.execId
  end)
  for _, row in ipairs(rows) do
    if succeeded(row.dir, component, environment, revision) then return row.execId end
  end
end

return M
