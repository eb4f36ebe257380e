-- Stage 4: the jobs of every instance, with their steps chosen, ordered and rendered.
local identity = require "orun.plan.identity"
local model = require "orun.composition.model"
local place = require "orun.intent.place"
local rendering = require "orun.composition.rendering"
local selection = require "orun.composition.selection"
local sorted = require "orun.util.sorted"
local suggestion = require "orun.util.suggestion"
local value = require "host.value"

---Names and profile choices of the jobs of an instance, sorted.
---@return {name: string, definition: Job, choice: ProfileJob?}[]
local function chosen_jobs(instance, report)
  local composition = instance.composition
  if not instance.profile then
    local definition = model.find_job(composition, composition.defaultJob) or composition.jobs[1]
    return { { name = definition.name, definition = definition } }
  end
  local profile, list = composition.profiles[instance.profile], {}
  for name, choice in sorted.pairs(profile.jobs) do
    local definition = model.find_job(composition, name)
    if definition then
      list[#list + 1] = { name = name, definition = definition, choice = choice }
    else
      report:error(place.mark(place.of_key(place.of(profile.place, "jobs"), name), {
        kind = "bind.unknown-job",
        message = ('profile "%s" names the job "%s", which the composition "%s" does not have')
          :format(profile.name, name, composition.name),
        hint = suggestion.hint(name, model.job_names(composition)),
      }))
    end
  end
  return list
end

---What templates see.
local function template_data(instance, id, name)
  return {
    orun = {
      component = { name = instance.name, type = instance.type, domain = instance.domain or "" },
      environment = { name = instance.environment },
      composition = { type = instance.type },
      profile = { name = instance.profile or "" },
      job = { id = id, name = name },
    },
    parameters = instance.parameters, env = instance.env,
  }
end

local function label(step, index)
  return step.id or step.name or ("step-%d"):format(index)
end

---Checks the phases; a job with an invalid one is not ordered further.
local function check_phases(steps, report)
  local valid = true
  for i, step in ipairs(steps) do
    local phase = selection.phase(step.phase)
    if not phase then
      valid = false
      report:error(place.mark(place.of(step.place, "phase"), {
        kind = "bind.phase", message = ('step "%s" has the phase "%s", must be pre, main or post'):format(label(step, i), step.phase),
        hint = suggestion.hint(step.phase, { "pre", "main", "post" }),
      }))
    end
    step.phase = phase
  end
  return valid
end

---Gives every step its id; two of one id could not be told apart in logs and state.
local function assign_ids(steps, job, report)
  local seen = {}
  for i, step in ipairs(steps) do
    step.id = label(step, i)
    local first = seen[step.id]
    if first then
      report:error(place.mark(step.place, {
        kind = "bind.duplicate-step", message = ('job "%s" has two steps with the id "%s"'):format(job, step.id),
        hint = first.place and ("the first one stands at %s:%d"):format(first.place.file, first.place.line) or nil,
      }))
    end
    seen[step.id] = seen[step.id] or step
  end
end

---The steps of one job in order, ready to be rendered; nil when they cannot be ordered.
local function bound_steps(instance, chosen, id, report)
  local steps, removed = selection.profile(chosen.definition, chosen.choice)
  local overrides = instance.component.overrides and instance.component.overrides.steps or {}
  for _, override in ipairs(selection.override(steps, overrides)) do
    if override.name and removed[override.name] then
      report:warn(place.mark(override.place, {
        kind = "bind.override-appended",
        message = ('component %s: the override of step "%s" adds a step to %s, because the profile "%s" left that step out')
          :format(instance.name, override.name, id, instance.profile),
      }))
    end
  end
  if #steps == 0 then
    report:warn(place.mark(chosen.choice and chosen.choice.place or chosen.definition.place, {
      kind = "bind.no-steps", message = ("job %s has no steps"):format(id),
    }))
  end
  if not check_phases(steps, report) then return nil end
  selection.sort(steps)
  assign_ids(steps, chosen.name, report)
  return steps
end

---Where a text of a step is written; `key` for one in a map.
---@return TextSite
local function step_site(id, step, field, key)
  return {
    job = id, what = ('step "%s" %s'):format(step.id, key and field .. " " .. key or field), origin = step.origin[field] or step.place,
    path = { field, key },
  }
end

---@return TextSite
local function output_site(id, definition, i)
  return { job = id, what = ("outputs[%d]"):format(i - 1), origin = definition.place, path = { "outputs", i } }
end

---Renders the texts of a map; other values pass through.
local function render_map(renderer, step, field, data, id)
  local map = step[field]
  if not map then return nil end
  local out = {}
  for key, v in sorted.pairs(map) do
    if type(v) == "string" then v = renderer:render(v, data, step_site, id, step, field, key) end
    out[key] = v
  end
  return out
end

local function render_step(renderer, step, data, id)
  local out = {
    id = step.id, name = step.name, phase = step.phase, order = step.order, timeout = step.timeout, retry = step.retry,
    onFailure = step.onFailure,
    -- for the next stages only
    bound = step,
  }
  for _, field in ipairs { "run", "use", "shell", "working-directory" } do
    local text = step[field]
    if text then out[field] = renderer:render(text, data, step_site, id, step, field) end
  end
  out.with, out.env = render_map(renderer, step, "with", data, id), render_map(renderer, step, "env", data, id)
  return out
end

local function render_outputs(renderer, definition, data, id)
  local out = value.list {}
  for i, text in ipairs(definition.outputs) do
    out[i] = renderer:render(text, data, output_site, id, definition, i) or text
  end
  return out
end

---@param instance table
---@param chosen {name: string, definition: Job, choice: ProfileJob?}
---@return table? job
local function bind_job(instance, chosen, renderer, report)
  local composition, definition = instance.composition, chosen.definition
  local id = identity.id(instance.name, instance.environment, chosen.name)
  local data = template_data(instance, id, chosen.name)
  local bound = bound_steps(instance, chosen, id, report)
  if not bound then return nil end
  local steps = value.list {}
  for i, step in ipairs(bound) do steps[i] = render_step(renderer, step, data, id) end
  return {
    id = id, name = chosen.name, component = instance.name, environment = instance.environment, composition = composition.type,
    profile = instance.profile and ("%s.%s"):format(instance.type, instance.profile), profileSource = instance.profileSource,
    profileRuleTriggerRef = instance.profileRuleTriggerRef, jobRegistry = composition.package, job = chosen.name,
    runsOn = definition.runsOn, path = instance.path, steps = steps, dependencyMode = instance.dependencyMode,
    dependencySource = instance.dependencySource, dependencyRuleTriggerRef = instance.dependencyRuleTriggerRef,
    timeout = definition.timeout, retries = definition.retries, outputs = render_outputs(renderer, definition, data, id),
    env = instance.env, labels = instance.labels, parameters = instance.parameters,
    -- for the next stages only
    instance = instance, definition = definition,
  }
end

---@param instances table[] sorted by environment, then name
---@param report table
---@return table[] jobs in the order of the instances, those of one instance by name
return function(instances, report)
  local jobs, renderer = {}, rendering.new(report)
  for _, instance in ipairs(instances) do
    for _, chosen in ipairs(instance.composition and chosen_jobs(instance, report) or {}) do
      jobs[#jobs + 1] = bind_job(instance, chosen, renderer, report)
    end
  end
  renderer:finish()
  return jobs
end
