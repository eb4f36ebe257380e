-- .orun/component-tree.yaml: what discovery found, for people and outside tools. It is written when its content changes, never read back.
local hash = require "host.hash"
local place = require "orun.intent.place"
local value = require "host.value"
local yaml = require "host.yaml"

local M = {}

-- Part of the digest: raise it when the form of the file changes.
local format = "1"

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

---First line of a tree made from these files: equal lines mean equal content, so that it need not be made to be compared.
---@param intent_text string
---@param components table[]
---@return string
local function heading(intent_text, components)
  local hasher = hash.new():update(format .. "\n" .. intent_text)
  for _, component in ipairs(components) do
    local file = component.file
    if file then hasher:update(("\n%s\0%d\0%d.%09d"):format(file.path, file.size, file.mtime, file.mtime_ns)) end
  end
  return "# Written by orun, never read. Inputs: " .. hasher:hex() .. "\n"
end

---@param intent_file string
---@param roots string[]
---@param components table[] decoded components
---@return string
local function encode(intent_file, roots, components)
  local ordered = table.move(components, 1, #components, 1, {})
  table.sort(ordered, before)
  local entries = value.list {}
  for i, component in ipairs(ordered) do entries[i] = entry(component) end
  return yaml.encode(shape_root {
    apiVersion = "sourceplane.io/v1", kind = "ComponentTree",
    metadata = shape_metadata { intent = intent_file, generatedAt = os.date("!%Y-%m-%dT%H:%M:%SZ") },
    discovery = { roots = value.list(table.move(roots, 1, #roots, 1, {})) }, components = entries,
  })
end

---The text to write, or nil when the file says the same already.
---@param old? string the file as it is
---@param intent_file string
---@param intent_text string
---@param roots string[]
---@param components table[] decoded components
---@return string?
function M.update(old, intent_file, intent_text, roots, components)
  local first = heading(intent_file .. "\n" .. intent_text, components)
  if old and old:sub(1, #first) == first then return nil end
  return first .. encode(intent_file, roots, components)
end

return M
