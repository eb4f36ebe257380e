-- The digest of a package directory: every file of it by path and content. What git and orun keep beside the files does not count.
local hash = require "host.hash"

local M = {}

-- `.git` is a file in submodules and further work trees.
local options = { skip = { ".orun" }, skip_any = { ".git" } }

---@param directory string
---@return string? digest `sha256:` + 64 hex digits
---@return string? message
---@return string? errno "ELOOP" for a symbolic link
function M.directory(directory)
  local hex, message, errno = hash.sha256_tree(directory, options)
  if not hex then return nil, message, errno end
  return "sha256:" .. hex
end

---One digest over several directories; the name by which each one was given counts.
---@param roots {shown: string, directory: string}[]
---@return string? digest
---@return string? message
function M.roots(roots)
  local hasher = hash.new()
  for _, root in ipairs(roots) do
    hasher:update(root.shown .. "\n")
    local ok, message = hasher:tree(root.directory, options)
    if not ok then return nil, message end
  end
  return "sha256:" .. hasher:hex()
end

return M
