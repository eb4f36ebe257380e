-- What deployments to Cloudflare have in common: credentials from the environment, and the branch that may deploy.
local orun = require "orun"
local s = orun.schema

local M = {}

M.parameters = {
  productionBranch = s.string {
    default = "main", minLength = 1, pattern = "^[^ ~^:?*\\[\\\\]+$",
    description = "on GitHub, only this branch deploys; elsewhere the profile alone decides",
  },
}

---Lines that fail without credentials.
M.credentials = [[
: "${CLOUDFLARE_ACCOUNT_ID:?is needed for a deployment}"
: "${CLOUDFLARE_API_TOKEN:?is needed for a deployment}"]]

---Lines that end the step without an error on another branch of GitHub.
---@param p table
---@return string
function M.branch_guard(p)
  return orun.sh([[
branch=refs/heads/%s
if [ "${GITHUB_REF:-$branch}" != "$branch" ]; then
  echo "nothing is deployed from $GITHUB_REF"
  exit 0
fi]], p.productionBranch)
end

return M
