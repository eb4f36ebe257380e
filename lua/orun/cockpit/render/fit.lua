-- Which jobs of a run are shown where there is not room for all: those that run first, then what needs attention. What is left out is
-- counted.
local job_view = require "orun.cockpit.viewmodel.job"

local M = {}

local classes = { "running", "failed", "interrupted", "cancelled", "blocked", "pending", "completed" }
local words = { pending = "queued", completed = "succeeded" }

local function class_of(job)
  return job.status == "interrupted" and "interrupted" or job_view.group(job.status)
end

---@class FittedGroup
---@field group RunGroup
---@field jobs JobView[]     shown, in their order
---@field hidden? string[]   counts of the others, e.g. "3 queued"; nil: there are none

-- Jobs by class, with their groups.
local function sorted_in(groups)
  local by_class = {}
  for _, class in ipairs(classes) do by_class[class] = {} end
  for _, group in ipairs(groups) do
    for _, job in ipairs(group.jobs) do
      local list = by_class[class_of(job)]
      list[#list + 1] = { job = job, group = group }
    end
  end
  return by_class
end

local function counts_of(counts)
  local texts = {}
  for _, class in ipairs(classes) do
    if counts[class] then texts[#texts + 1] = ("%d %s"):format(counts[class], words[class] or class) end
  end
  return #texts > 0 and texts or nil
end

local function fitted(group, shown)
  local jobs, counts = {}, {}
  for _, job in ipairs(group.jobs) do
    if shown[job] then
      jobs[#jobs + 1] = job
    else
      local class = class_of(job)
      counts[class] = (counts[class] or 0) + 1
    end
  end
  return { group = group, jobs = jobs, hidden = counts_of(counts) }
end

---@param groups RunGroup[]
---@param rows integer       lines that there is room for
---@param size fun(job: JobView): integer  lines of a job; the head of a group takes one
---@return FittedGroup[]
---@return integer left_out  groups of which nothing is shown; a line is kept for saying so
function M.choose(groups, rows, size)
  local shown, open = {}, {}
  local left = rows - 1
  local by_class = sorted_in(groups)
  for _, class in ipairs(classes) do
    for _, entry in ipairs(by_class[class]) do
      local needed = size(entry.job) + (open[entry.group] and 0 or 1)
      if needed > left then goto full end
      shown[entry.job], open[entry.group], left = true, true, left - needed
    end
  end
  ::full::
  local list, left_out = {}, 0
  for _, group in ipairs(groups) do
    if not open[group] and left > 0 then open[group], left = true, left - 1 end
    if open[group] then
      list[#list + 1] = fitted(group, shown)
    else
      left_out = left_out + 1
    end
  end
  return list, left_out
end

return M
