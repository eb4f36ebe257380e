-- The version that a package is packed under.
local process = require "host.process"

local M = {}

local development = "0.1.0-dev"

---What git says, nil when it says nothing: no repository, no program, nothing found.
local function git(directory, ...)
  local result = process.run { argv = { "git", ... }, cwd = directory, merge = false }
  if not result or result.code ~= 0 then return nil end
  local line = result.output:match("^[^\n]+")
  return line
end

---A tag on the commit that is checked out, else the manifest's version, else one that names the commit.
---@param directory string of the package
---@param declared? string
---@return string
function M.find(directory, declared)
  local tag = git(directory, "describe", "--tags", "--exact-match")
  if tag then return tag end
  declared = (declared or ""):match("^%s*(.-)%s*$")
  if declared ~= "" then return declared end
  local commit = git(directory, "rev-parse", "--short", "HEAD")
  return commit and development .. "+" .. commit or development
end

---A name or version as part of a file name.
---@param text string
---@return string
function M.file_part(text)
  local part = text:gsub("[^%w._+-]+", "-"):gsub("^[.-]+", ""):gsub("[.-]+$", "")
  return part ~= "" and part or "package"
end

return M
