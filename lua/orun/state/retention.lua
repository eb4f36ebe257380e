-- Which executions and plans may go. Decisions only; nothing is removed here.
local instant = require "orun.util.instant"

local M = {}

---@class RetentionRule
---@field keep integer    how many executions stay at most, the newest ones
---@field max_age number  seconds after which an execution goes even if it is one of these
---@field now number      seconds since the epoch

---@class RetainedRow
---@field execId string
---@field startedAt string

-- Newest first. One whose start cannot be read counts as the oldest.
local function by_start(rows)
  local list = {}
  for i, row in ipairs(rows) do list[i] = { row = row, started = instant.parse(row.startedAt) } end
  table.sort(list, function(a, b)
    local x, y = a.started or -math.huge, b.started or -math.huge
    if x ~= y then return x > y end
    return a.row.execId > b.row.execId
  end)
  return list
end

---@param rows RetainedRow[]
---@param rule RetentionRule
---@param is_busy fun(id: string): boolean asked for those that would go
---@return string[] gone    ids, newest first
---@return string[] busy    ids that would go, but may be running
---@return string[] staying ids, newest first
function M.executions(rows, rule, is_busy)
  local gone, busy, staying = {}, {}, {}
  for rank, item in ipairs(by_start(rows)) do
    local young = not item.started or item.started > rule.now - rule.max_age
    local id = item.row.execId
    if rank <= rule.keep and young then
      staying[#staying + 1] = id
    elseif is_busy(id) then
      staying[#staying + 1], busy[#busy + 1] = id, id
    else
      gone[#gone + 1] = id
    end
  end
  return gone, busy, staying
end

---Whether a stored plan may go: it is old, its file is named by its checksum (names that people gave stay), and nothing refers to it.
---@param entry PlanEntry
---@param used table<string, boolean> ids (12 hex digits) of plans that are referred to
---@param rule RetentionRule
---@return boolean
function M.plan_goes(entry, used, rule)
  local digits = entry.checksum:gsub("^sha256[-:]", "")
  local named_by_checksum = #entry.name >= 8 and not entry.name:find("[^0-9a-f]") and digits:sub(1, #entry.name) == entry.name
  return named_by_checksum and entry.mtime < rule.now - rule.max_age and not used[entry.short]
end

return M
