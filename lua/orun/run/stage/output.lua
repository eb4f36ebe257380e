-- Brings the declared outputs of a job from its own workspace into the one that all share: files by rename, one after the other, and
-- what the job removed is removed.
local exclusion = require "orun.run.stage.exclusion"
local fs = require "host.fs"
local overlay = require "host.overlay"
local path = require "orun.util.path"
local process = require "host.process"

local M = {}

-- Everything at or below a path of a tree, by path; nothing where nothing is.
local function entries(root, prefix, leave_out)
  local top = prefix == "" and root or root .. "/" .. prefix
  local stat = fs.stat(top, { follow = prefix == "" })
  if not stat then return {} end
  if stat.type ~= "directory" then return { { path = prefix, type = stat.type } } end
  local found, message, errno = fs.walk(top, { skip_any = leave_out })
  if not found then return errno == "ENOENT" and {} or nil, message end
  if prefix == "" then return found end
  for _, entry in ipairs(found) do entry.path = prefix .. "/" .. entry.path end
  table.insert(found, 1, { path = prefix, type = "directory" })
  return found
end

-- By a file beside the target, so that nobody sees half of it.
local function copy(from, to)
  local beside = to .. ".orun-partial"
  local result, message = process.run { argv = { "cp", "-a", "--", from, beside }, limit = 1000 }
  if not result or result.code ~= 0 then return nil, message or result.output end
  return fs.rename(beside, to)
end

local function move(from, to)
  local ok, message, errno = fs.rename(from, to)
  if ok then return true end
  if errno == "EXDEV" then return copy(from, to) end
  if errno ~= "EISDIR" and errno ~= "ENOTEMPTY" and errno ~= "EEXIST" then return nil, message end
  ok, message = fs.remove_tree(to)
  if not ok then return nil, message end
  return fs.rename(from, to)
end

local function make_directory(at)
  local stat = fs.stat(at)
  if stat and stat.type ~= "directory" then fs.remove(at) end
  return fs.mkdir(at)
end

---@class OutputReturn
---@field root string     workspace that gets them
---@field staged {changes: string, merged: string, stays: boolean?}  stays: outputs are copied, not moved
---@field outputs Glob[]
---@field hidden table<string, true>  what the job could not see, so that its absence means nothing
---@field gone string[]   to be removed
local Return = {}
Return.__index = Return

-- The nearest thing above a path that the job could not see.
local function is_hidden(self, name)
  while name ~= "." do
    if self.hidden[name] then return true end
    name = path.dirname(name)
  end
  return false
end

local function note_removed(self, output)
  local found, message = entries(self.root, output.prefix, { ".orun", ".git" })
  if not found then return nil, message end
  for _, entry in ipairs(found) do
    local seen = self.staged.merged .. "/" .. entry.path
    if output:covers(entry.path) and not is_hidden(self, entry.path) and not fs.stat(seen, { follow = false }) then
      self.gone[#self.gone + 1] = entry.path
    end
  end
  return true
end

---Looks, while the job's workspace is still open, what of the outputs it removed.
---@param root string
---@param staged {changes: string, merged: string}
---@param job table
---@param hidden string[]
---@return OutputReturn?
---@return string? message
function M.look(root, staged, job, hidden)
  local set = {}
  for _, name in ipairs(hidden) do set[name] = true end
  local self = setmetatable({ root = root, staged = staged, outputs = exclusion.outputs(job), hidden = set, gone = {} }, Return)
  for _, output in ipairs(self.outputs) do
    local ok, message = note_removed(self, output)
    if not ok then return nil, message end
  end
  return self
end

local function bring(self, entry)
  local from, to = self.staged.changes .. "/" .. entry.path, self.root .. "/" .. entry.path
  if entry.type == "directory" then return make_directory(to) end
  if entry.type ~= "file" and entry.type ~= "link" then return true end
  local ok, message = fs.mkdir(path.dirname(to))
  if ok then ok, message = overlay.strip(from) end
  if ok then ok, message = (self.staged.stays and copy or move)(from, to) end
  return ok, message
end

---Brings the outputs; the job's workspace is closed.
---@return true?
---@return string? message
function Return:finish()
  for i = #self.gone, 1, -1 do fs.remove_tree(self.root .. "/" .. self.gone[i]) end
  for _, output in ipairs(self.outputs) do
    local found, message = entries(self.staged.changes, output.prefix, { ".orun", ".git" })
    for _, entry in ipairs(found or {}) do
      if found and output:covers(entry.path) then
        local ok, why = bring(self, entry)
        if not ok then found, message = nil, why end
      end
    end
    if not found then return nil, message end
  end
  return true
end

return M
