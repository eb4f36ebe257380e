-- Jobs of one component stand together.
local M = {}

---@class JobGroup
---@field name string
---@field jobs table[]

---@param jobs table[]  in the order in which they are to stand; `component` is the name of their group
---@param name string   field that stands for it in jobs without a component
---@return JobGroup[] in the order of their first jobs
function M.by_component(jobs, name)
  local groups, by_name = {}, {}
  for _, job in ipairs(jobs) do
    local key = job.component or job[name]
    local group = by_name[key]
    if not group then
      group = { name = key, jobs = {} }
      by_name[key], groups[#groups + 1] = group, group
    end
    group.jobs[#group.jobs + 1] = job
  end
  return groups
end

return M
