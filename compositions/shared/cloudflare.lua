-- What deployments to Cloudflare have in common: credentials from the environment, and the branch that may deploy.
local orun = require "orun"
local s = orun.schema

local M = {}

M.parameters = {
  productionBranch = s.string {
    default = "main", minLength = 1, pattern = "^[^ ~^:?*\\[\\\\]+$",
    description = "on GitHub, only this branch deploys; elsewhere the profile alone decides",
  },
  githubOnly = s.boolean { default = false, description = "deploy on GitHub only; elsewhere nothing is deployed, whatever the profile" },
}

---Lines that fail without credentials.
M.credentials = [[
: "${CLOUDFLARE_ACCOUNT_ID:?is needed for a deployment}"
: "${CLOUDFLARE_API_TOKEN:?is needed for a deployment}"]]

---Lines that end the step without an error on another branch of GitHub, and with `githubOnly` on every other machine.
---@param p table
---@param instead? string lines for there
---@return string
function M.branch_guard(p, instead)
  local elsewhere = p.githubOnly and "" or "$branch"
  local lines = {
    orun.sh("branch=refs/heads/%s", p.productionBranch),
    ('if [ "${GITHUB_REF:-%s}" != "$branch" ]; then'):format(elsewhere),
    '  echo "nothing is deployed from ${GITHUB_REF:-here}"',
  }
  if instead then lines[#lines + 1] = instead end
  lines[#lines + 1] = "  exit 0\nfi"
  return table.concat(lines, "\n")
end

---Lines that see to it that a Pages project exists and deploys from its branch. wrangler makes projects but cannot change them, and
---lists them for people only; hence the API.
---@param p table `projectName`, `productionBranch`
---@return string
function M.project(p)
  local branch = ('"production_branch":"%s"'):format((p.productionBranch:gsub('"', '\\"')))
  -- The token goes through standard input: every user of a machine can see the arguments of its processes.
  return orun.sh([[
projects="https://api.cloudflare.com/client/v4/accounts/$CLOUDFLARE_ACCOUNT_ID/pages/projects"
api() {
  printf 'header = "Authorization: Bearer %%s"\n' "$CLOUDFLARE_API_TOKEN" | curl --config - --silent --show-error --output /dev/null "$@"
}
write() { api --fail --header 'Content-Type: application/json' "$@"; }
status=$(api --write-out '%%{http_code}' "$projects/"%s)
case $status in
  200) write --request PATCH --data %s "$projects/"%s ;;
  404) write --request POST --data %s "$projects" ;;
  *) echo "Cloudflare answers $status when asked for the project "%s; exit 1 ;;
esac]], p.projectName, ("{%s}"):format(branch), p.projectName, ('{"name":"%s",%s}'):format(p.projectName, branch), p.projectName)
end

return M
