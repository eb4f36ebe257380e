-- What a job's own workspace leaves out: what is big and can be made again, and what cannot be copied. Declared outputs win: what they
-- may lie in is there.
local fs = require "host.fs"
local glob = require "orun.util.glob"
local path = require "orun.util.path"

local M = {}

-- Directories of these names, at every level.
local directories = {
  "node_modules", ".next", ".nuxt", ".turbo", ".svelte-kit", "dist", "build", "target", ".venv", "venv", "__pycache__", ".terraform",
  ".pytest_cache", ".mypy_cache",
}
-- Anything of these names.
local names = { ".orun" }

---The outputs of a job, as patterns of paths relative to the workspace.
---@param job table plan job
---@return Glob[]
function M.outputs(job)
  local globs = {}
  for i, output in ipairs(job.outputs or {}) do globs[i] = glob.new(path.join(job.path or "", output)) end
  return globs
end

---@param plan table
---@param root string workspace
---@return string[]? paths relative to the workspace, sorted; the store at its top is not among them
---@return string? message
function M.find(plan, root)
  local found, message = fs.exclusions(root, { directories = directories, any = names, skip_any = { ".git" }, leave_out = { ".orun" } })
  if not found then return nil, message end
  local outputs = {}
  for _, job in ipairs(plan.jobs) do table.move(M.outputs(job), 1, #(job.outputs or {}), #outputs + 1, outputs) end
  if #outputs == 0 then return found end
  local hidden = {}
  for _, name in ipairs(found) do
    local wanted = false
    for _, output in ipairs(outputs) do wanted = wanted or output:reaches(name) end
    if not wanted then hidden[#hidden + 1] = name end
  end
  return hidden
end

return M
