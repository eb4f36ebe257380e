-- Directories that components name. Steps start in them, so one that is missing would only come to light when the plan runs.
local fs = require "host.fs"
local path = require "orun.util.path"
local place = require "orun.intent.place"

local M = {}

---Whether a file lies below a directory, both relative to the intent.
local function lies_below(file, directory)
  return file:sub(1, #directory) == directory and file:sub(#directory + 1, #directory + 1) == "/"
end

---What jobs leave behind, as far as it can be said without looking: the directories before the first wildcard of their outputs.
---@param jobs table[] bound
---@param root string
---@return string[] absolute
local function promised(jobs, root)
  local list = {}
  for _, job in ipairs(jobs) do
    for _, glob in ipairs(job.outputs or {}) do
      local fixed = glob:match "^[^*?%[{]*"
      list[#list + 1] = path.resolve(path.resolve(root, job.path or ""), fixed ~= "" and fixed or ".")
    end
  end
  return list
end

---Whether outputs of a job may bring a directory about.
local function is_promised(directory, list)
  for _, made in ipairs(list) do
    if directory == made or lies_below(directory, made) or lies_below(made, directory) then return true end
  end
  return false
end

---Authors of manifests often take paths to be relative to the manifest.
local function hint(component, written, root)
  local beside = component.sourcePath and path.join(path.dirname(component.sourcePath), written)
  local stat = beside and fs.stat(path.resolve(root, beside))
  if stat and stat.type == "directory" then return ("paths are relative to the intent's directory: write %s"):format(beside) end
  return "paths are relative to the intent's directory"
end

---Warns about directories that do not exist, unless outputs of a job may bring them about.
---@param jobs table[] bound
---@param root string the intent's directory
---@param report table
function M.check(jobs, root, report)
  local met, made = {}, nil
  for _, job in ipairs(jobs) do
    local component, written = job.instance.component, job.instance.path
    local key = written and component.name .. "\0" .. written
    if key and not met[key] then
      met[key] = true
      local own = component.sourcePath and lies_below(component.sourcePath, written)
      local directory = not own and path.resolve(root, written)
      local stat = directory and fs.stat(directory)
      if directory and not (stat and stat.type == "directory") then
        made = made or promised(jobs, root)
        if stat or not is_promised(directory, made) then
          report:warn(place.mark(place.of(component.place, "path"), {
            kind = "intent.no-directory", hint = hint(component, written, root),
            message = ("the steps of %s start in %s, which %s"):format(component.name, written,
              stat and "is no directory" or "does not exist"),
          }))
        end
      end
    end
  end
end

return M
