-- Policies that intents and execution profiles declare: who says what, and whether they agree.
--
-- Group, environment and preset are equals: where they differ, none of them counts silently. What presets contribute stands apart from
-- the rest, in `presetPolicies` of its group or environment, decoded and normalized: a list of `{key=, value=, preset=, place=}`, one for
-- each preset that says something (`preset` as people write it, such as base:ci). It is never merged into `policies`, also not where a
-- preset brings the whole environment or group. A profile may only tighten.
local place = require "orun.intent.place"
local sorted = require "orun.util.sorted"
local value = require "host.value"

local M = {}

---@class PolicyStatement
---@field key string
---@field value any     texts "true" and "false" as truth values
---@field source string e.g. `environment prod`
---@field place? Place

---@class PolicyDemand
---@field key string
---@field statements PolicyStatement[] every one of them holds; the first one is the one to name

local truths = { ["true"] = true, ["false"] = false }

---A policy value; platforms write truth values as texts too.
local function truth(v)
  local meant = truths[v]
  if meant == nil then return v end
  return meant
end

local function statements(policies, at, source)
  local list = {}
  local home = place.of(at, "policies")
  for key, v in sorted.pairs(policies or {}) do
    list[#list + 1] = { key = key, value = truth(v), source = source, place = place.of(home, key) }
  end
  return list
end

local function preset_statements(list, contributed)
  for _, item in ipairs(contributed or {}) do
    list[#list + 1] = { key = item.key, value = truth(item.value), source = "preset " .. item.preset, place = item.place }
  end
  return list
end

---What an environment or a group and the presets that add to it say.
---@param owner? table environment or group of a model
---@param source string
---@return PolicyStatement[]
function M.of_owner(owner, source)
  if not owner then return {} end
  return preset_statements(statements(owner.policies, owner.place, source), owner.presetPolicies)
end

---@param profile? Profile
---@param type_name string
---@return PolicyStatement[]
function M.of_profile(profile, type_name)
  if not profile then return {} end
  return statements(profile.policies, profile.place, ("profile %s.%s"):format(type_name, profile.name))
end

---Statements by key, those of the environment first, then the group's, then the presets'.
local function by_key(model, environment, domain)
  local keys = {}
  local function add(list, of_preset)
    for _, statement in ipairs(list) do
      if (statement.source:sub(1, 7) == "preset ") == of_preset then
        local known = keys[statement.key] or {}
        keys[statement.key] = known
        known[#known + 1] = statement
      end
    end
  end
  local of_environment = M.of_owner(model.environments[environment], "environment " .. environment)
  local of_group = M.of_owner(model.groups[domain], "group " .. domain)
  for _, of_preset in ipairs { false, true } do
    add(of_environment, of_preset)
    add(of_group, of_preset)
  end
  return keys
end

---The first two statements that differ.
---@return PolicyStatement? a
---@return PolicyStatement? b
local function disagreement(list)
  for i = 2, #list do
    if not value.equal(list[1].value, list[i].value) then return list[1], list[i] end
  end
end

---Adds what a profile says: `true` counts over `false`, nothing takes back what the environment demands, other values hold both.
local function tighten(demand, statement)
  local base = demand.statements[1]
  if not base or base.value == false then
    demand.statements = { statement }
  elseif statement.value ~= false and not value.equal(base.value, statement.value) then
    demand.statements[#demand.statements + 1] = statement
  end
end

---What applies to the components of one domain and profile in one environment.
---@param model table
---@param environment string
---@param domain string
---@param profile? Profile
---@param type_name string component type
---@return PolicyDemand[] demands sorted by key
---@return {key: string, a: PolicyStatement, b: PolicyStatement}[] conflicts
function M.demands(model, environment, domain, profile, type_name)
  local demands, conflicts, list = {}, {}, {}
  for key, said in sorted.pairs(by_key(model, environment, domain)) do
    local a, b = disagreement(said)
    if a then conflicts[#conflicts + 1] = { key = key, a = a, b = b } end
    demands[key] = { key = key, statements = { said[1] } }
  end
  for _, statement in ipairs(M.of_profile(profile, type_name)) do
    demands[statement.key] = demands[statement.key] or { key = statement.key, statements = {} }
    tighten(demands[statement.key], statement)
  end
  for _, demand in sorted.pairs(demands) do
    if demand.statements[1].value ~= false then list[#list + 1] = demand end
  end
  return list, conflicts
end

return M
