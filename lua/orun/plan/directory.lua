-- The `.orun` directory of a workspace: made on first use, with a .gitignore for what orun generates in it.
-- The rest of it (lock, policies, commands, triggers) is source and meant to be committed.
local fs = require "host.fs"

local M = {}

local ignored = {
  "# What orun generates here; everything else in this directory is meant to be committed.",
  ".gitignore",
  "plans/",
  "executions/",
  "runs/",
  "cache/",
  "component-tree.yaml",
}

---Makes the directory and, when there is none yet, its .gitignore. An existing .gitignore is never touched.
---@param store string path of the `.orun` directory
---@return true?
---@return string? message
---@return string? errno
function M.prepare(store)
  local ok, message, errno = fs.mkdir(store)
  if not ok then return nil, message, errno end
  local file = store .. "/.gitignore"
  if fs.exists(file) then return true end
  return fs.write(file, table.concat(ignored, "\n") .. "\n", { sync = false })
end

return M
