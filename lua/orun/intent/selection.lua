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

local function is_wildcard(text)
  return text:byte(-1) == 42
end

---What of a list of patterns matches none of the names.
---@param patterns string[]
---@param known string[]
---@return string[] names plain ones: slips, since they can be nothing else
---@return string[] wildcards which may well have nothing to match
function M.unmatched(patterns, known)
  local names, wildcards, exists = {}, {}, {}
  for _, name in ipairs(known) do exists[name] = true end
  for _, text in ipairs(patterns) do
    if not is_wildcard(text) then
      if not exists[text] then names[#names + 1] = text end
    else
      local found = false
      for _, name in ipairs(known) do found = found or pattern.matches(text, name) end
      if not found then wildcards[#wildcards + 1] = text end
    end
  end
  return names, wildcards
end

-- Values of --component are no comma lists; those of --env are.
local function comma_hint(text, known)
  if not text:find(",", 1, true) then return nil end
  local words = {}
  for part in text:gmatch("[^,]+") do
    part = part:match "^%s*(.-)%s*$"
    if #M.unmatched({ part }, known) > 0 then return nil end
    words[#words + 1] = part
  end
  return ("one flag for each: --component %s."):format(table.concat(words, " --component "))
end

---The error, or the warning, about patterns that match no name.
---@param noun string "component" or "environment"
---@param kind string
---@param texts string[] patterns
---@param known string[]
---@return Diagnostic
function M.mismatch(noun, kind, texts, known)
  local hint
  for _, text in ipairs(texts) do
    hint = hint or noun == "component" and comma_hint(text, known) or suggestion.hint(text, known)
  end
  local list = #known > 0 and ("%ss: %s"):format(noun, table.concat(known, ", ")) or ("there are no %ss"):format(noun)
  return {
    kind = kind, message = ("no %s matched %s"):format(noun, table.concat(texts, ", ")), hint = (hint and hint .. " " or "") .. list,
  }
end

---Reports patterns that match no name: a plain one is a mistake even when others match something, a wildcard only when nothing else does.
---@param noun string
---@param kind string
---@param patterns string[]
---@param known string[] sorted
---@param report table
---@return boolean sound
local function check_patterns(noun, kind, patterns, known, report)
  local names, wildcards = M.unmatched(patterns, known)
  if #names + #wildcards == #patterns then
    report:error(M.mismatch(noun, kind, patterns, known))
    return false
  end
  if #names > 0 then report:error(M.mismatch(noun, kind, names, known)) end
  for _, text in ipairs(wildcards) do report:warn(M.mismatch(noun, kind, { text }, known)) end
  return #names == 0
end

local function active_environments(model, patterns, report)
  local known, active = sorted.keys(model.environments), {}
  if patterns then check_patterns("environment", "plan.unknown-environment", patterns, known, report) end
  for _, name in ipairs(known) do
    if not patterns or pattern.any(patterns, name) then active[#active + 1] = name end
  end
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

-- Names of all components, of those with mistakes too.
local function component_names(model)
  local known = {}
  for _, component in ipairs(model.components) do known[component.name] = true end
  for _, name in ipairs(model.broken or {}) do known[name] = true end
  return sorted.keys(known)
end

-- Components that exist but run in none of the active environments.
local function absent(names, active)
  return {
    kind = "plan.unknown-component",
    message = ("no component matched %s in %s"):format(table.concat(names, ", "), table.concat(active, ", ")),
    hint = "`orun get components` shows where they run",
  }
end

---@param scoped boolean the working directory says the names, not a person
local function check_components(model, candidates, active, patterns, scoped, report)
  -- Others may stand in a manifest that could not be read.
  if model.incomplete then return end
  if not scoped and not check_patterns("component", "plan.unknown-component", patterns, component_names(model), report) then return end
  local present, flawed = {}, {}
  for i, instance in ipairs(candidates) do present[i] = instance.name end
  for _, name in ipairs(model.broken or {}) do flawed[name] = true end
  local names, wildcards = M.unmatched(patterns, present)
  if #names + #wildcards == #patterns then
    for _, name in ipairs(names) do
      if flawed[name] then return end
    end
    report:error(absent(patterns, active))
  elseif not scoped then
    for _, name in ipairs(names) do
      if not flawed[name] then report:warn(absent({ name }, active)) end
    end
  end
end

local function by_component(candidates, patterns)
  local chosen = {}
  for _, instance in ipairs(candidates) do
    if pattern.any(patterns, instance.name) then chosen[#chosen + 1] = instance end
  end
  return grow(chosen, candidates)
end

---@param model table
---@param all table[] instances, sorted
---@param choice {environments?: string[], components?: string[], scoped?: boolean, active?: string[]} scoped: the components are those of
--- the working directory; active: names that a trigger chose, nothing else counts
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
    check_components(model, instances, active, choice.components, choice.scoped or false, report)
    instances = by_component(instances, choice.components)
    local filled = {}
    for _, instance in ipairs(instances) do filled[instance.environment] = true end
    remaining = sorted.keys(filled)
  end
  return { instances = instances, active = active, environments = remaining, all = all }
end

return M
