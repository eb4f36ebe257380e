-- The .orun directory beside the intent: made on first use, with a .gitignore for what can be made again.
local fs = require "host.fs"
local path = require "orun.util.path"

local M = {}

local ignored = { "plans/", "executions/", "runs/", "cache/", "component-tree.yaml", ".gitignore" }

---Makes the directory and its .gitignore; an existing .gitignore is left as it is.
---@param store string
---@return true?
---@return string? message
function M.prepare(store)
  local ok, message = fs.mkdir(store)
  if not ok then return nil, message end
  local file = path.join(store, ".gitignore")
  if fs.exists(file) then return true end
  local lines = {}
  for i, name in ipairs(ignored) do lines[i] = "/" .. name end
  return fs.write(file, table.concat(lines, "\n") .. "\n", { sync = false })
end

return M
