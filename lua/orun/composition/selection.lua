-- Which steps a job has: those its profile keeps, with the profile's and the component's overrides, in the order of execution.
local model = require "orun.composition.model"

local M = {}

---A step of one job, not yet rendered. `origin` says where run, with and env are written.
---@class BoundStep: Step
---@field origin {run?: Place, with?: Place, env?: Place}

local function copy(step)
  local out = {}
  for key, v in next, step do out[key] = v end
  out.origin = { run = step.place, with = step.place, env = step.place }
  return out
end

---Where run, with and env of a step are written.
---@param step BoundStep
---@return {run?: Place, with?: Place, env?: Place}
function M.origin(step)
  return step.origin or step.place and rawget(step.place, "origin") or {}
end

local function set_of(list)
  local set = {}
  for _, item in ipairs(list) do set[item] = true end
  return set
end

local function make_keeper(choice)
  if choice.all then return function() return true end end
  if #choice.includeCapabilities > 0 then
    local included = set_of(choice.includeCapabilities)
    return function(step) return not step.capability or included[step.capability] end
  end
  local enabled = set_of(choice.stepsEnabled)
  return function(step)
    local key = model.step_key(step)
    return key ~= nil and enabled[key]
  end
end

local keepers = setmetatable({}, { __mode = "k" })

---Whether a profile keeps a step. Capabilities, when any are listed, decide alone; steps without one always stay then.
---@param choice ProfileJob
---@return fun(step: Step): boolean?
function M.keeper(choice)
  local keeper = keepers[choice] or make_keeper(choice)
  keepers[choice] = keeper
  return keeper
end

---Which texts of a step are templates when one of its fields is another.
local function override_templates(step, override, field)
  local templates, prefix = {}, field .. "/"
  for name, at in next, step.templates or {} do
    if name ~= field and name:sub(1, #prefix) ~= prefix then templates[name] = at end
  end
  for name, at in next, override.templates do
    if name == field or name:sub(1, #prefix) == prefix then templates[name] = at end
  end
  step.templates = templates
end

local function override_fields(step, override)
  for _, field in ipairs { "run", "with", "env" } do
    if override[field] then
      local former = M.origin(step)
      local origin = { run = former.run, with = former.with, env = former.env }
      origin[field] = override.place
      step[field], step.origin = override[field], origin
      if override.templates then override_templates(step, override, field) end
    end
  end
end

---The steps of a job after its profile. Without a profile's choice all of them.
---@param job Job
---@param choice? ProfileJob
---@return BoundStep[] kept
---@return table<string, boolean> removed names of steps that the profile removed
function M.profile(job, choice)
  local kept, removed = {}, {}
  local keeps = choice and M.keeper(choice)
  for _, step in ipairs(job.steps) do
    if not keeps or keeps(step) then
      local bound = job.fresh and step or copy(step)
      local override = choice and choice.stepOverrides[model.step_key(step) or ""]
      if override then override_fields(bound, override) end
      kept[#kept + 1] = bound
    elseif step.name then
      removed[step.name] = true
    end
  end
  return kept, removed
end

---Applies a component's overrides: a step of the same name is replaced as a whole, any other one is appended.
---@param steps BoundStep[] changed in place
---@param overrides Step[]
---@return Step[] appended
function M.override(steps, overrides)
  local at, appended = {}, {}
  for i, step in ipairs(steps) do
    if step.name and not at[step.name] then at[step.name] = i end
  end
  for _, override in ipairs(overrides) do
    local index = override.name and at[override.name]
    if not index then
      index = #steps + 1
      if override.name then at[override.name] = index end
      appended[#appended + 1] = override
    end
    steps[index] = copy(override)
  end
  return appended
end

local ranks = { pre = 1, main = 2, post = 3 }

---A phase as written → `pre`, `main` or `post`; nil for anything else.
---@param text? string
---@return string?
function M.phase(text)
  local phase = (text or ""):match("^%s*(.-)%s*$"):lower()
  if phase == "" then return "main" end
  return ranks[phase] and phase
end

---Most lists of steps are in order already.
local function is_sorted(steps)
  local rank, order = 0, 0
  for i = 1, #steps do
    local step = steps[i]
    local own, own_order = ranks[step.phase], step.order or 0
    if own < rank or own == rank and own_order < order then return false end
    rank, order = own, own_order
  end
  return true
end

---Sorts by phase, then order, then position. Phases must be valid.
---@param steps BoundStep[]
---@return BoundStep[]
function M.sort(steps)
  if is_sorted(steps) then return steps end
  local position = {}
  for i, step in ipairs(steps) do position[step] = i end
  table.sort(steps, function(a, b)
    local x, y = ranks[a.phase], ranks[b.phase]
    if x ~= y then return x < y end
    local m, n = a.order or 0, b.order or 0
    if m ~= n then return m < n end
    return position[a] < position[b]
  end)
  return steps
end

return M
