-- Where jobs and steps run.
local path = require "orun.util.path"

local M = {}

---@param p? string
---@return string
local function trimmed(p)
  return p and p:match("^%s*(.-)%s*$") or ""
end

---@param base string absolute workspace directory
---@param job table plan job
---@param override? string absolute directory given by --workdir; the job's path is then ignored
---@return string absolute
function M.job(base, job, override)
  if override then return override end
  local p = trimmed(job.path)
  if p == "" then return base end
  return path.resolve(base, p)
end

---@param job_directory string absolute
---@param step table plan step
---@param given? string in place of what the step says
---@return string absolute
function M.step(job_directory, step, given)
  local p = trimmed(given or step["working-directory"])
  if p == "" then return job_directory end
  return path.resolve(job_directory, p)
end

return M
