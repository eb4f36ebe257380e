-- The component that the working directory belongs to, and what a plan narrowed to it comprises.
local fs = require "host.fs"
local location = require "orun.intent.location"
local path = require "orun.util.path"
local sorted = require "orun.util.sorted"
local yaml = require "host.yaml"

local M = {}

---metadata.name of a manifest; nil when it cannot be read.
---@param file string
---@return string?
local function name_of(file)
  local bytes = fs.read(file)
  local document = bytes and yaml.read(bytes, file)
  if not document then return nil end
  local node, complete = document:find("metadata", "name")
  local name = complete and document:kind(node) == "scalar" and document:class(node) ~= "null" and document:text(node) or ""
  return name ~= "" and name or nil
end

---Searches component.yaml, then component.yml, from `cwd` up to `ceiling`; the first whose name can be read counts.
---@param cwd string
---@param ceiling string a `cwd` outside of it belongs to no component
---@return string? name
---@return string? file
function M.detect(cwd, ceiling)
  local start, top = fs.realpath(cwd) or cwd, fs.realpath(ceiling) or ceiling
  local within = top == "/" and "/" or top .. "/"
  if start ~= top and start:sub(1, #within) ~= within then return nil end
  for dir in location.upwards(start, top) do
    for _, base in ipairs { "component.yaml", "component.yml" } do
      local file = path.join(dir, base)
      local name = fs.exists(file) and name_of(file)
      if name then return name, file end
    end
  end
end

---The component and everything it depends on, directly or not, whatever the environments and include policies.
---@param model table normalized model
---@param name string
---@return string[] sorted
function M.closure(model, name)
  local by_name, seen, queue = {}, { [name] = true }, { name }
  for _, component in ipairs(model.components) do by_name[component.name] = component end
  local i = 1
  while queue[i] do
    local component = by_name[queue[i]]
    for _, dependency in ipairs(component and component.dependsOn or {}) do
      if not seen[dependency.component] then
        seen[dependency.component] = true
        queue[#queue + 1] = dependency.component
      end
    end
    i = i + 1
  end
  return sorted.keys(seen)
end

---The two lines that tell of a narrowed plan.
---@param name string
---@param components string[] closure, with the component itself
---@return string[]
function M.banner(name, components)
  local others = {}
  for _, other in ipairs(components) do
    if other ~= name then others[#others + 1] = other end
  end
  local line = "context: auto-scoped to component " .. name
  if #others > 0 then
    line = ("%s (+ %d %s: %s)"):format(line, #others, #others == 1 and "dependency" or "dependencies", table.concat(others, ", "))
  end
  return { line, "hint: pass --all to include all components" }
end

return M
