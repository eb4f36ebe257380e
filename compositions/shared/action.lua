-- The GitHub actions that install tools, pinned to commits. A version that is not given leaves the tool on the PATH as it is.
local orun = require "orun"

local M = {}

local pinned = {
  go = "actions/setup-go@d35c59abb061a4a6fb18e82ac0862c26744d6ab5", -- v5.5.0
  helm = "azure/setup-helm@b9e51907a09c216f16ebe8536097933489208112", -- v4.3.0
  node = "actions/setup-node@49933ea5288caeca8642d1e84afbd3f7d6820020", -- v4.4.0
  pnpm = "pnpm/action-setup@a7487c7e89a18df4991f7f222e4898a00d66ddda", -- v4.1.0
  python = "actions/setup-python@a26af69be951a213d495a4c3e4e4022e16d87065", -- v5.6.0
  terraform = "hashicorp/setup-terraform@b9cd54a3c349d3f38e8881555d616ced269862dd", -- v3.1.2
}

---A step that installs a tool; nil without a version.
---@param tool string
---@param capability string
---@param version? string
---@param input string name of the action's input for the version
---@param more? table<string, string> its other inputs
---@return table?
function M.setup(tool, capability, version, input, more)
  if not version or version == "" then return nil end
  local with = { [input] = version }
  for key, v in pairs(more or {}) do with[key] = v end
  return orun.use { id = "setup-" .. tool, capability = capability, use = pinned[tool], with = with }
end

return M
