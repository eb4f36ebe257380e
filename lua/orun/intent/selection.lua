-- Which instances a plan is about: by environment, then by component, grown along dependencies that must always be included.
local pattern = require "orun.util.pattern"
local sorted = require "orun.util.sorted"
local suggestion = require "orun.util.suggestion"

local M = {}

---Patterns of a repeatable flag whose values are comma lists.
---@param values? string[]
---@return string[]? nil when nothing was said
function M.patterns(values)
  local out = {}
  for _, text in ipairs(values or {}) do
    for part in text:gmatch("[^,]+") do
      part = part:match("^%s*(.-)%s*$")
      if part ~= "" then out[#out + 1] = part end
    end
  end
  return #out > 0 and out or nil
end

local function nothing_matched(noun, kind, patterns, known, report)
  local hint
  for _, text in ipairs(patterns) do hint = hint or suggestion.hint(text, known) end
  local list = #known > 0 and ("%ss: %s"):format(noun, table.concat(known, ", ")) or ("there are no %ss"):format(noun)
  report:error {
    kind = kind, message = ("no %s matched %s"):format(noun, table.concat(patterns, ", ")), hint = (hint and hint .. " " or "") .. list,
  }
end

local function active_environments(model, patterns, report)
  local known, active = sorted.keys(model.environments), {}
  for _, name in ipairs(known) do
    if not patterns or pattern.any(patterns, name) then active[#active + 1] = name end
  end
  if patterns and #active == 0 then nothing_matched("environment", "plan.unknown-environment", patterns, known, report) end
  return active
end

local function key(name, environment)
  return name .. "\0" .. environment
end

---Adds what the chosen instances always need, and what that needs, as far as it lives in an active environment.
local function grow(chosen, candidates)
  local by_key, queue, taken = {}, {}, {}
  for _, instance in ipairs(candidates) do by_key[key(instance.name, instance.environment)] = instance end
  for i, instance in ipairs(chosen) do
    queue[i] = instance
    taken[instance] = true
  end
  local i = 1
  while queue[i] do
    for _, dependency in ipairs(queue[i].dependencies) do
      local target = dependency.include == "always" and by_key[key(dependency.component, dependency.environment)]
      if target and not taken[target] then
        taken[target] = true
        queue[#queue + 1] = target
      end
    end
    i = i + 1
  end
  local out = {}
  for _, instance in ipairs(candidates) do
    if taken[instance] then out[#out + 1] = instance end
  end
  return out
end

local function by_component(model, candidates, patterns, report)
  local chosen = {}
  for _, instance in ipairs(candidates) do
    if pattern.any(patterns, instance.name) then chosen[#chosen + 1] = instance end
  end
  if #chosen == 0 then
    local known = {}
    for _, component in ipairs(model.components) do known[component.name] = true end
    nothing_matched("component", "plan.unknown-component", patterns, sorted.keys(known), report)
  end
  return grow(chosen, candidates)
end

---@param model table
---@param all table[] instances, sorted
---@param choice {environments?: string[], components?: string[], active?: string[]} active: names that a trigger chose, nothing else counts
---@param report table
---@return Expansion
function M.apply(model, all, choice, report)
  local active = choice.active or active_environments(model, choice.environments, report)
  local is_active, instances, remaining = {}, {}, active
  for _, name in ipairs(active) do is_active[name] = true end
  for _, instance in ipairs(all) do
    if is_active[instance.environment] then instances[#instances + 1] = instance end
  end
  if choice.components and #active > 0 then
    instances = by_component(model, instances, choice.components, report)
    local filled = {}
    for _, instance in ipairs(instances) do filled[instance.environment] = true end
    remaining = sorted.keys(filled)
  end
  return { instances = instances, active = active, environments = remaining, all = all }
end

return M
