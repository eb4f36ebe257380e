-- The captured output of an execution, found in its directory and told apart by job and step.
local fs = require "host.fs"
local job_view = require "orun.cockpit.viewmodel.job"
local log = require "orun.state.log"

local M = {}

-- Names of directories and files are derived from ids; the plan tells which ids.
local function jobs_by_directory(plan)
  local jobs = {}
  for _, job in ipairs(plan and plan.jobs or {}) do jobs[job.id] = job end
  local by_directory = {}
  for id, directory in next, plan and log.directories(plan) or {} do by_directory[directory] = jobs[id] end
  return by_directory
end

local function steps_by_file(job)
  local steps = {}
  if not job then return steps end
  local ids = log.step_ids(job)
  local segments = log.segments(ids)
  for position, id in ipairs(ids) do steps[segments[id]] = { id = id, position = position } end
  return steps
end

local function status_of(record, job_id, step_id)
  local fold = record.fold
  if fold then
    local job = fold.jobs[job_id]
    local step = job and job.steps[step_id]
    if step and step.cancelled then return "cancelled" end
    return step and step.status or job and job.status or "completed"
  end
  local job = record.state and record.state.jobs and record.state.jobs[job_id]
  if not job then return "completed" end
  return job_view.status(job.steps and job.steps[step_id] or job.status or "completed")
end

-- A longer log is not held as a whole; the pieces in which it is read are as long.
local whole = 1 << 20

-- Iterates over a file in texts of whole lines; true beside a text whose last line goes on in the next.
local function pieces(path)
  local file, kept = io.open(path, "rb"), ""
  return function()
    local block = file and file:read(whole)
    if block then
      local cut = block:find "\n[^\n]*$"
      local text = kept .. (cut and block:sub(1, cut) or block)
      kept = cut and block:sub(cut + 1) or ""
      return text, not cut
    end
    if file then file:close() end
    local rest = kept
    file, kept = nil, ""
    return rest ~= "" and rest or nil, false
  end
end

-- What a log says; of a long one the beginning, and a function that gives all of it in pieces.
local function contents(path)
  local text, _, errno = fs.read(path, whole)
  if errno ~= "EFBIG" then return text end
  return pieces(path)(), function() return pieces(path) end
end

---@param record ExecutionRecord
---@return LogEntry[]
function M.read(record)
  local entries, root = {}, record.dir .. "/logs"
  local directories = fs.list(root) or {}
  if #directories == 0 then return entries end
  local by_directory = jobs_by_directory(record.plan)
  for _, directory in ipairs(directories) do
    local job = by_directory[directory]
    local job_id, steps = job and job.id or directory, steps_by_file(job)
    local component, environment, short = job_view.split(job_id)
    for _, file in ipairs(fs.list(root .. "/" .. directory) or {}) do
      local segment = file:match("^(.*)%.log$")
      local text, all
      if segment then text, all = contents(("%s/%s/%s"):format(root, directory, file)) end
      if text and text:find "%S" then
        local step = steps[segment] or { id = segment }
        entries[#entries + 1] = {
          jobId = job_id, component = component, environment = environment, short = short, stepId = step.id, position = step.position,
          status = status_of(record, job_id, step.id), text = text, pieces = all,
        }
      end
    end
  end
  return entries
end

return M
