-- The stored plans.
local M = {}

---@class PlanRow
---@field name string
---@field path string
---@field checksum string  12 hex digits, "" when the file cannot be read
---@field jobs integer
---@field created number   seconds since the epoch
---@field age number       seconds

---@class PlansView
---@field rows PlanRow[]       by file name, `latest` among them
---@field revisions PlanRow[]  the same without `latest`
---@field latest? string       checksum of the latest plan

---@param entries PlanEntry[]
---@param now number
---@return PlansView
function M.view(entries, now)
  local view = { rows = {}, revisions = {} }
  for i, entry in ipairs(entries) do
    local row = {
      name = entry.name, path = entry.path, checksum = entry.short, jobs = entry.jobs,
      created = entry.mtime, created_ns = entry.mtime_ns, age = now - entry.mtime,
    }
    view.rows[i] = row
    if row.name == "latest" then
      view.latest = row.checksum
    else
      view.revisions[#view.revisions + 1] = row
    end
  end
  return view
end

return M
