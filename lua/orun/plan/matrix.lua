-- A plan as the outputs of a CI step: the jobs as a matrix, the plan's id, and the execution's id that all workers share.
local identity = require "orun.plan.identity"
local json = require "host.json"
local value = require "host.value"

local M = {}

local entry_shape = value.shape { "id", "uid", "component", "env", "composition", "profile" }
local matrix_shape = value.shape { "include" }

---@param plan table
---@return table {include: {id, uid, component, env, composition, profile}[]} in plan order
function M.matrix(plan)
  local include = value.list {}
  for i, job in ipairs(plan.jobs) do
    include[i] = entry_shape {
      id = job.id, uid = job.uid or "", component = job.component, env = job.environment, composition = job.composition or "",
      profile = job.profile or "",
    }
  end
  return matrix_shape { include = include }
end

---The id of the execution that the workers of a GitHub workflow run share.
---@param plan table
---@param environment fun(name: string): string?
---@return string? nil outside of GitHub Actions
function M.execution(plan, environment)
  local run, attempt = environment "GITHUB_RUN_ID" or "", environment "GITHUB_RUN_ATTEMPT" or ""
  if environment "GITHUB_ACTIONS" ~= "true" or run == "" then return nil end
  return ("gh-%s-%s-%s"):format(run, attempt ~= "" and attempt or "1", identity.short(plan.metadata.checksum))
end

---Lines for the file that GITHUB_OUTPUT names. The matrix is one line, so its end mark cannot occur in it.
---@param plan table
---@param environment fun(name: string): string?
---@return string
function M.outputs(plan, environment)
  local lines = { "matrix<<EOF", json.encode(M.matrix(plan)), "EOF", "plan_id=" .. identity.short(plan.metadata.checksum) }
  local execution = M.execution(plan, environment)
  if execution then lines[#lines + 1] = "exec_id=" .. execution end
  lines[#lines + 1] = ""
  return table.concat(lines, "\n")
end

return M
