-- What changed in an intent as a person sees it: two versions of the file compared as values, not as text.
local sorted = require "orun.util.sorted"
local value = require "host.value"
local yaml = require "host.yaml"

local M = {}

---@class IntentChange
---@field mode "none"|"global"|"components"
---@field reason string
---@field sections string[]   that differ; empty when they could not be compared
---@field comparable boolean  false: everything has to be taken for changed
---@field added string[]      names of inline components
---@field modified string[]
---@field removed string[]

-- What a plan does not depend on, and what is compared one by one.
local aside = { apiVersion = true, kind = true, metadata = true, components = true }

local function unknown(reason)
  return { mode = "global", reason = reason, sections = {}, comparable = false, added = {}, modified = {}, removed = {} }
end
M.unknown = unknown

local function parse(text)
  local document = text and yaml.read(text, "intent")
  if not document then return nil end
  if document:is_null(document:root()) then return {} end
  if document:kind(document:root()) ~= "mapping" then return nil end
  local content = document:value(document:root())
  return content
end

local function union(a, b)
  local all = {}
  for key in sorted.pairs(a) do all[key] = true end
  for key in sorted.pairs(b) do all[key] = true end
  return sorted.keys(all)
end

local function same(a, b)
  if a == nil or b == nil then return a == b end
  return value.equal(a, b)
end

local function by_name(components)
  local index = {}
  for _, component in ipairs(value.is_list(components) and components or {}) do
    if type(component) == "table" and not value.is_list(component) then
      local name = component.name
      if type(name) ~= "string" or not name:find("%S") then
        local metadata = component.metadata
        name = type(metadata) == "table" and metadata.name or nil
      end
      if type(name) == "string" then index[name] = component end
    end
  end
  return index
end

---@param before? string text; nil when there was none
---@param after? string
---@return IntentChange
function M.compare(before, after)
  local a, b = parse(before), parse(after)
  if not a then return unknown(before and "its base version is no YAML mapping" or "it has no base version") end
  if not b then return unknown(after and "its new version is no YAML mapping" or "it has no new version") end
  local change = { mode = "none", reason = "nothing of meaning differs", sections = {}, comparable = true, added = {}, modified = {},
    removed = {} }
  for _, key in ipairs(union(a, b)) do
    if not aside[key] and not same(a[key], b[key]) then change.sections[#change.sections + 1] = key end
  end
  local old, new = by_name(a.components), by_name(b.components)
  for _, name in ipairs(union(old, new)) do
    local list = not old[name] and change.added or not new[name] and change.removed or not same(old[name], new[name]) and change.modified
    if list then list[#list + 1] = name end
  end
  if #change.sections > 0 then
    change.mode, change.reason = "global", "sections other than components differ"
  elseif #change.added + #change.modified + #change.removed > 0 then
    change.mode, change.reason = "components", "inline components differ"
  end
  return change
end

return M
