-- Finding the intent file: as given, or upwards from the working directory to the top of the git work tree.
local fs = require "host.fs"
local path = require "orun.util.path"

local M = {}

local names = { "intent.yaml", "intent.yml" }

---The directory at which an upward search ends: the nearest one that has a `.git` entry, else `/`.
---@param start string absolute directory without links
---@return string
function M.ceiling(start)
  local dir = start
  while true do
    if fs.exists(path.join(dir, ".git")) then return dir end
    if dir == "/" then return dir end
    dir = path.dirname(dir)
  end
end

---Directories from `start` up to and including `ceiling`.
---@param start string
---@param ceiling string
---@return fun(): string?
function M.upwards(start, ceiling)
  local dir = start
  return function()
    local current = dir
    if current then dir = current ~= ceiling and current ~= "/" and path.dirname(current) or nil end
    return current
  end
end

local function is_file(name)
  local stat = fs.stat(name)
  return stat ~= nil and stat.type ~= "directory"
end

---The intent that was meant when a directory was named.
---@param file string absolute
---@param display fun(path: string): string
---@return string? hint
function M.hint(file, display)
  for _, name in ipairs(names) do
    local inside = path.join(file, name)
    if is_file(inside) then return ("did you mean %s?"):format(display(inside)) end
  end
  local stat = fs.stat(file)
  return stat and stat.type == "directory" and "--intent names a file, and there is no intent.yaml in this directory" or nil
end

---@class IntentLocation
---@field file? string absolute path; nil when nothing was found
---@field root string absolute directory of the intent, or the working directory
---@field from string where the search started
---@field to string where it stopped

---@param options {flag?: string, cwd: string}
---@return IntentLocation
function M.find(options)
  if options.flag and options.flag ~= "" then
    local file = path.resolve(options.cwd, options.flag)
    local root = path.dirname(file)
    return { file = file, root = root, from = root, to = root }
  end
  local start = fs.realpath(options.cwd) or options.cwd
  local ceiling = M.ceiling(start)
  for dir in M.upwards(start, ceiling) do
    for _, name in ipairs(names) do
      local file = path.join(dir, name)
      if is_file(file) then return { file = file, root = dir, from = start, to = dir } end
    end
  end
  return { root = start, from = start, to = ceiling }
end

return M
