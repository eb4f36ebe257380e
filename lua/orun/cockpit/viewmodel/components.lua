-- The components of an intent and where they run.
local sorted = require "orun.util.sorted"
local value = require "host.value"

local M = {}

local component_shape = value.shape {
  "name", "type", "domain", "enabled", "path", "source", "environments", "labels", "dependsOn", "instances",
}
local instance_shape = value.shape { "environment", "path", "parameters", "env" }

---@class ComponentRow
---@field name string
---@field type string
---@field domain string
---@field enabled boolean
---@field path string its own, or that of its instances when they agree
---@field source string manifest, relative to the intent's directory; empty when it is inline
---@field environments string[]
---@field labels table<string, string>
---@field dependsOn string[] names
---@field instances? {environment: string, path: string, parameters: table, env: table}[] when details were asked for

local function dependency_names(component)
  local names = {}
  for _, item in ipairs(component.dependsOn) do names[item.component] = true end
  return value.list(sorted.keys(names))
end

local function path_of(component, instances)
  local common = component.path
  for i, instance in ipairs(instances) do
    if i == 1 then
      common = instance.path
    elseif instance.path ~= common then
      return component.path or ""
    end
  end
  return common or ""
end

local function row(component, instances, details)
  local environments, list = value.list {}, details and value.list {} or nil
  for i, instance in ipairs(instances) do
    environments[i] = instance.environment
    if list then
      list[i] = instance_shape {
        environment = instance.environment, path = instance.path or "", parameters = instance.parameters, env = instance.env,
      }
    end
  end
  return component_shape {
    name = component.name, type = component.type, domain = component.domain, enabled = component.enabled,
    path = path_of(component, instances), source = component.sourcePath or "", environments = environments, labels = component.labels,
    dependsOn = dependency_names(component), instances = list,
  }
end

---@param model table
---@param expansion Expansion
---@param details boolean instances too
---@return ComponentRow[] by name
function M.rows(model, expansion, details)
  local instances, list = {}, value.list {}
  for _, instance in ipairs(expansion.all) do
    local mine = instances[instance.name] or {}
    instances[instance.name] = mine
    mine[#mine + 1] = instance
  end
  for i, component in ipairs(model.components) do list[i] = row(component, instances[component.name] or {}, details) end
  table.sort(list, function(a, b) return a.name < b.name end)
  return list
end

local group_shape = value.shape { "changed", "dependencies", "dependents", "removed" }

---@class ChangedRows
---@field changed ComponentRow[]
---@field dependencies ComponentRow[] what they depend on, directly or not, as far as it did not change
---@field dependents ComponentRow[]   what depends on them likewise; a component may be in both
---@field removed string[]            inline components that the intent had before

-- Everything that can be reached from the names by the edges.
local function reach(names, edges)
  local seen, queue = {}, sorted.keys(names)
  local i = 1
  while queue[i] do
    for _, target in ipairs(edges[queue[i]] or {}) do
      if not seen[target] then
        seen[target] = true
        queue[#queue + 1] = target
      end
    end
    i = i + 1
  end
  return seen
end

local function reversed(edges)
  local out = {}
  for from, targets in sorted.pairs(edges) do
    for _, target in ipairs(targets) do
      out[target] = out[target] or {}
      out[target][#out[target] + 1] = from
    end
  end
  return out
end

---@param rows ComponentRow[] all that exist, by name
---@param names table<string, boolean> those that changed
---@param removed? string[]
---@return ChangedRows
function M.changed(rows, names, removed)
  local edges = {}
  for _, item in ipairs(rows) do edges[item.name] = item.dependsOn end
  local below, above = reach(names, edges), reach(names, reversed(edges))
  local groups = group_shape {
    changed = value.list {}, dependencies = value.list {}, dependents = value.list {}, removed = value.list(removed or {}),
  }
  for _, item in ipairs(rows) do
    local changed = names[item.name]
    if changed then groups.changed[#groups.changed + 1] = item end
    if below[item.name] and not changed then groups.dependencies[#groups.dependencies + 1] = item end
    if above[item.name] and not changed then groups.dependents[#groups.dependents + 1] = item end
  end
  return groups
end

return M
