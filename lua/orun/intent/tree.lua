-- .orun/component-tree.yaml: what discovery found, for people and outside tools. It is written when its content changes, never read back.
local place = require "orun.intent.place"
local value = require "host.value"
local yaml = require "host.yaml"

local M = {}

local shape_root = value.shape { "apiVersion", "kind", "metadata", "discovery", "components" }
local shape_metadata = value.shape { "intent", "generatedAt" }
local shape_component = value.shape {
  "name", "type", "domain", "enabled", "path", "subscribe", "env", "parameters", "overrides", "labels", "dependsOn", "change",
  "source", "sourcePath", "fileSize", "fileModTime",
}

local function present(v)
  if v == "" or type(v) == "table" and next(v) == nil then return nil end
  return v
end

---A copy without places: the value as the file said it.
local function plain(v)
  if type(v) ~= "table" then return v end
  local out = value.is_list(v) and value.list {} or {}
  for k, item in next, v do
    if not place.is(item) then out[k] = plain(item) end
  end
  return out
end

---RFC 3339 in UTC, fraction without trailing zeros.
local function modification_time(file)
  if not file or not file.mtime then return nil end
  local fraction = ("%09d"):format(file.mtime_ns or 0):gsub("0+$", "")
  return os.date("!%Y-%m-%dT%H:%M:%S", file.mtime) .. (fraction ~= "" and "." .. fraction or "") .. "Z"
end

local function entry(component)
  local file = component.file or {}
  return shape_component {
    name = component.name or "", type = component.type or "", domain = present(component.domain), enabled = component.enabled ~= false,
    path = present(component.path), subscribe = component.subscribe and present(plain(component.subscribe)),
    env = present(component.env), parameters = present(component.parameters),
    overrides = component.overrides and present(plain(component.overrides)), labels = present(component.labels),
    dependsOn = component.dependsOn and present(plain(component.dependsOn)), change = component.change and present(plain(component.change)),
    source = component.source, sourcePath = present(component.sourcePath), fileSize = file.size, fileModTime = modification_time(file),
  }
end

local function before(a, b)
  if a.source ~= b.source then return a.source < b.source end
  if (a.sourcePath or "") ~= (b.sourcePath or "") then return (a.sourcePath or "") < (b.sourcePath or "") end
  return (a.name or "") < (b.name or "")
end

---The file's text.
---@param intent_file string
---@param roots string[]
---@param components table[] decoded components
---@param generated_at string
---@return string
function M.encode(intent_file, roots, components, generated_at)
  local ordered = table.move(components, 1, #components, 1, {})
  table.sort(ordered, before)
  local entries = value.list {}
  for i, component in ipairs(ordered) do entries[i] = entry(component) end
  return yaml.encode(shape_root {
    apiVersion = "sourceplane.io/v1", kind = "ComponentTree",
    metadata = shape_metadata { intent = intent_file, generatedAt = generated_at },
    discovery = { roots = value.list(table.move(roots, 1, #roots, 1, {})) }, components = entries,
  })
end

---The text to write, or nil when `old` says the same already, its time of generation aside.
---@param old? string the file as it is
---@param intent_file string
---@param roots string[]
---@param components table[]
---@return string?
function M.update(old, intent_file, roots, components)
  local old_time = old and old:match('generatedAt: "?([^"\n]+)"?\n')
  if old_time and M.encode(intent_file, roots, components, old_time) == old then return nil end
  return M.encode(intent_file, roots, components, os.date("!%Y-%m-%dT%H:%M:%SZ") --[[@as string]])
end

return M
