-- What git knows about the work tree: libgit2 where it can, the git program where it cannot.
local M = {}

---@class WorktreeFacts
---@field revision? string commit of HEAD; nil before the first one
---@field dirty? boolean   whether anything differs from HEAD, files that are neither tracked nor ignored included; nil when not known
---@field changed? string  a file that differs, relative to the repository
---@field problem? string  why something is not known

local function trimmed(text)
  return (text or ""):match("^%s*(.-)%s*$")
end

---One git command; nil and the reason when it fails.
local function git(directory, ...)
  local found, process = pcall(require, "host.process")
  if not found then return nil end
  local r, message = process.run { argv = { "git", ... }, cwd = directory, merge = false }
  if not r then return nil, message end
  if r.code ~= 0 then return nil, trimmed(r.errors):match("[^\n]*") end
  return r.output
end

local function ask_program(directory, problem)
  local status, message = git(directory, "status", "--porcelain")
  if not status then return { problem = message or problem } end
  local head = git(directory, "rev-parse", "--verify", "--quiet", "HEAD")
  return { revision = head and trimmed(head) or nil, dirty = status ~= "", changed = status:match "^..[ ]([^\n]+)" }
end

---@param directory string
---@return WorktreeFacts
function M.facts(directory)
  local repository, message, errno = require("host.git").open(directory)
  if not repository then
    if errno == "ENOENT" then return { problem = "it is in no git repository" } end
    return ask_program(directory, message)
  end
  local revision, _, head_message = repository:head()
  local dirty, found = repository:dirty()
  repository:close()
  if dirty == nil or head_message then return ask_program(directory, not dirty and found or head_message) end
  return { revision = revision, dirty = dirty, changed = dirty and found or nil }
end

return M
