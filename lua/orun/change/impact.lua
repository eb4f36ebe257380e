-- Which components a list of changed files concerns, and what a plan of them needs beside them. Pure.
local path = require "orun.util.path"

local M = {}

---Whether a change of the intent outside its components concerns a component.
local function is_watched(component, change, impact)
  if change.mode ~= "global" or impact == "none" then return false end
  if impact == "all" then return true end
  local watches = component.change.watches
  if not change.comparable then return #watches > 0 end
  for _, section in ipairs(change.sections) do
    for _, watch in ipairs(watches) do
      if watch == section then return true end
    end
  end
  return false
end

---Names of inline components that the intent's own change concerns.
local function edited(change)
  local names = {}
  for _, list in ipairs { change.added, change.modified } do
    for _, name in ipairs(list) do names[name] = true end
  end
  return names
end

-- All directories that hold a changed file, and the files themselves.
local function touched(files)
  local set = {}
  for _, file in ipairs(files) do
    local at = file
    while not set[at] do
      set[at] = true
      at = path.dirname(at)
    end
  end
  return set
end

---@param instance table
---@param root string
---@param below table<string, boolean> from touched
local function has_changed_file(instance, root, below)
  local directory = path.clean(path.resolve(root, instance.path or ""))
  -- A component at the root reacts to its manifest only: everything lies below it.
  return directory ~= path.clean(root) and below[directory] or false
end

---Names of the components among these instances that the changes concern.
---@param instances table[]
---@param changes Changes
---@return table<string, boolean>
function M.changed(instances, changes)
  local names, files, below, root = {}, {}, touched(changes.files), changes.root
  for _, file in ipairs(changes.files) do files[file] = true end
  local inline = changes.intent and edited(changes.intent) or {}
  for _, instance in ipairs(instances) do
    local component = instance.component
    local manifest = component.sourcePath or ""
    if inline[component.name] or changes.intent and is_watched(component, changes.intent, changes.impact)
      or manifest ~= "" and files[path.resolve(root, manifest)] or has_changed_file(instance, root, below) then
      names[component.name] = true
    end
  end
  return names
end

---Adds what those components always include, whatever environment.
---@param names table<string, boolean> changed in place
---@param components table[] normalized
function M.grow(names, components)
  local by_name, queue = {}, {}
  for _, component in ipairs(components) do
    by_name[component.name] = component
    if names[component.name] then queue[#queue + 1] = component end
  end
  local i = 1
  while queue[i] do
    for _, dependency in ipairs(queue[i].dependsOn) do
      local target = dependency.include == "always" and by_name[dependency.component]
      if target and not names[target.name] then
        names[target.name] = true
        queue[#queue + 1] = target
      end
    end
    i = i + 1
  end
end

---Keeps the instances of the components that changed, and of what they always include. Environments left empty stay.
---@param expansion Expansion
---@param model table
---@param changes Changes
---@return Expansion
function M.narrow(expansion, model, changes)
  local names, kept = M.changed(expansion.instances, changes), {}
  M.grow(names, model.components)
  for _, instance in ipairs(expansion.instances) do
    if names[instance.name] then kept[#kept + 1] = instance end
  end
  return { instances = kept, active = expansion.active, environments = expansion.environments, all = expansion.all }
end

return M
