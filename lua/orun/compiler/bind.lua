-- Stage 4: the jobs of every instance, with their steps chosen, ordered and rendered.
local assembly = require "orun.compiler.assembly"
local attempt = require "orun.composition.attempt"
local document = require "orun.plan.document"
local evaluation = require "orun.composition.evaluation"
local identity = require "orun.plan.identity"
local model = require "orun.composition.model"
local module = require "orun.composition.module"
local place = require "orun.intent.place"
local rendering = require "orun.composition.rendering"
local selection = require "orun.composition.selection"
local sorted = require "orun.util.sorted"
local suggestion = require "orun.util.suggestion"
local value = require "host.value"

---Names and profile choices of the jobs of an instance, sorted.
---@return {name: string, definition: Job, choice: ProfileJob?}[]
local function choose_jobs(instance, report)
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

---The same for all instances of a composition and profile, unless there is something to say, which is said for each.
local function chosen_jobs(instance, context)
  local composition, report = instance.composition, context.report
  local of_composition = context.chosen[composition] or {}
  context.chosen[composition] = of_composition
  local key = instance.profile or false
  local list = of_composition[key]
  if list then return list end
  local said = #report.errors
  list = choose_jobs(instance, report)
  if said == #report.errors then of_composition[key] = list end
  return list
end

-- What templates see. One table serves all jobs, one after the other: nothing keeps it.
local TemplateData = {}
TemplateData.__index = TemplateData

local function template_data()
  local orun = { component = {}, environment = {}, composition = {}, profile = {}, job = {} }
  return setmetatable({ orun = orun, root = { orun = orun } }, TemplateData)
end

---@return table root of the templates of one job
function TemplateData:of(instance, id, name)
  local orun, root = self.orun, self.root
  local component, job = orun.component, orun.job
  component.name, component.type, component.domain = instance.name, instance.type, instance.domain or ""
  orun.environment.name, orun.composition.type, orun.profile.name = instance.environment, instance.type, instance.profile or ""
  job.id, job.name = id, name
  root.parameters, root.env = instance.parameters, instance.env
  return root
end

local function label(step, index)
  return step.id or step.name or ("step-%d"):format(index)
end

---Checks the phases; an invalid one counts as the main one, so that the rest of the job is looked at.
local function check_phases(steps, report)
  for i, step in ipairs(steps) do
    local phase = selection.phase(step.phase)
    if not phase then
      report:error(place.mark(place.of(step.place, "phase"), {
        kind = "bind.phase", message = ('step "%s" has the phase "%s", must be pre, main or post'):format(label(step, i), step.phase),
        hint = suggestion.hint(step.phase, { "pre", "main", "post" }),
      }))
    end
    step.phase = phase or "main"
  end
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

local function step_names(steps)
  local names = {}
  for _, step in ipairs(steps) do names[#names + 1] = step.name end
  return names
end

---The steps of one job in order.
---@return BoundStep[]
local function bound_steps(instance, chosen, id, report)
  local steps, removed = selection.profile(chosen.definition, chosen.choice)
  local overrides = instance.component.overrides and instance.component.overrides.steps or {}
  local names = #overrides > 0 and step_names(steps)
  for _, override in ipairs(selection.override(steps, overrides)) do
    local name = override.name
    local meant = name and not removed[name] and suggestion.slip(name, names)
    if name and (removed[name] or meant) then
      local message = ('component %s: the override of step "%s" adds a step to %s'):format(instance.name, name, id)
      if removed[name] then message = ('%s, because the profile "%s" left that step out'):format(message, instance.profile) end
      report:warn(place.mark(override.place, {
        kind = "bind.override-appended", message = message, hint = meant and ("did you mean %s?"):format(meant) or nil,
      }))
    end
  end
  if #steps == 0 then
    report:warn(place.mark(chosen.choice and chosen.choice.place or chosen.definition.place, {
      kind = "bind.no-steps", message = ("job %s has no steps"):format(id),
    }))
  end
  attempt.check_job(chosen.definition, report)
  for i, step in ipairs(steps) do attempt.check_step(step, label(step, i), report) end
  check_phases(steps, report)
  selection.sort(steps)
  assign_ids(steps, chosen.name, report)
  return steps
end

---Where a text of a step is written; `key` for one in a map.
---@return TextSite
local function step_site(id, step, field, key)
  return {
    job = id, what = ('step "%s" %s'):format(step.id, key and field .. " " .. key or field), path = { field, key },
    origin = step.templates and step.templates[key and field .. "/" .. key or field] or selection.origin(step)[field] or step.place,
  }
end

---@return TextSite
local function output_site(id, definition, i)
  local own = definition.templates and definition.templates[i]
  return { job = id, what = ("outputs[%d]"):format(i - 1), origin = own or definition.place, path = { "outputs", i } }
end

---Whether a step comes from Lua, where texts are final unless they say otherwise.
local function is_final(step)
  return step.place ~= nil and rawget(step.place, "final") == true
end

---Whether a text of a step is a template.
local function has_template(step, field, key)
  local v = step[field]
  if key then v = v[key] end
  if type(v) ~= "string" or not v:find("{{", 1, true) then return false end
  if step.templates then return step.templates[key and field .. "/" .. key or field] ~= nil end
  return not is_final(step)
end

---What a step is before its texts are rendered, in the form of the plan, and where it has templates. Steps without any are shared by
---all jobs.
---@class StepRecipe
---@field bound BoundStep
---@field step table
---@field texts {field: string, index: integer}[] index: of the text among all those of the job
---@field maps {field: string, texts: {field: string, index: integer}[]}[]

local nothing = {}

---@param step BoundStep
---@param all string[] texts of the job, added to
---@return StepRecipe
local function recipe(step, all)
  if is_final(step) and (not step.templates or next(step.templates) == nil) then
    return { bound = step, step = document.make("step", step), texts = nothing, maps = nothing }
  end
  local texts, maps = {}, {}
  local function add(list, field, key)
    if not has_template(step, field, key) then return end
    all[#all + 1] = key and step[field][key] or step[field]
    list[#list + 1] = { field = key or field, index = #all }
  end
  for _, field in ipairs { "run", "use", "shell", "working-directory" } do add(texts, field) end
  for _, field in ipairs { "with", "env" } do
    local list = {}
    for key in sorted.pairs(step[field] or {}) do add(list, field, key) end
    if #list > 0 then maps[#maps + 1] = { field = field, texts = list } end
  end
  return { bound = step, step = document.make("step", step), texts = texts, maps = maps }
end

---@param made StepRecipe
local function render_step(renderer, made, data, id)
  local bound, texts, maps = made.bound, made.texts, made.maps
  if #texts == 0 and #maps == 0 then return made.step end
  local out = value.clone(made.step)
  for i = 1, #texts do
    local field = texts[i].field
    local text = renderer:render(bound[field], data, step_site, id, bound, field)
    out[field] = text ~= "" and text or nil
  end
  for i = 1, #maps do
    local field, list = maps[i].field, maps[i].texts
    local from = bound[field]
    local rendered = value.clone(from)
    for j = 1, #list do
      local key = list[j].field
      rendered[key] = renderer:render(from[key], data, step_site, id, bound, field, key)
    end
    out[field] = rendered
  end
  return out
end

---The steps of jobs, prepared. Jobs of one definition and one profile without overrides share them, unless there is something to say
---about them, which is said for each job.
local function preparation(report)
  local known = {}
  return function(instance, chosen, id)
    local overrides = instance.component.overrides and instance.component.overrides.steps or {}
    local choices = not chosen.definition.fresh and known[chosen.definition] or {}
    if not chosen.definition.fresh then known[chosen.definition] = choices end
    local shared = #overrides == 0 and choices[chosen.choice or chosen.definition]
    if shared then return shared end
    local said = #report.errors + #report.warnings
    local steps = bound_steps(instance, chosen, id, report)
    local recipes, texts = {}, {}
    for i, step in ipairs(steps) do recipes[i] = recipe(step, texts) end
    recipes.texts, recipes.uses = texts, 0
    if #overrides == 0 and said == #report.errors + #report.warnings then choices[chosen.choice or chosen.definition] = recipes end
    return recipes
  end
end

-- Functions for the texts and the steps of recipes cost as much as this many renderings win.
local OFTEN = 3

---The steps of a job. Recipes in frequent use get functions that answer the usual case.
---@return table[]
local function render_steps(renderer, recipes, data, id)
  recipes.uses = recipes.uses + 1
  if recipes.uses == OFTEN then
    recipes.render = renderer:together(recipes.texts)
    recipes.assemble = recipes.render and assembly.of(recipes, #recipes.texts)
  end
  local quick = recipes.assemble and recipes.assemble(recipes.render(data))
  if quick then return quick end
  local steps = value.list {}
  for i, made in ipairs(recipes) do steps[i] = render_step(renderer, made, data, id) end
  return steps
end

local function render_outputs(renderer, definition, data, id)
  local out = value.list {}
  for i, text in ipairs(definition.outputs) do
    local final = definition.final and not definition.templates[i]
    out[i] = final and text or renderer:render(text, data, output_site, id, definition, i) or text
  end
  return out
end

---What a composition says below what the component does.
local function below(base, over)
  if not base then return over end
  local out = {}
  for key, v in next, base do out[key] = v end
  for key, v in next, over or {} do out[key] = v end
  return out
end

---Asks the functions of a Lua composition, which may have templates rendered meanwhile.
---@return Job?
local function evaluate(instance, chosen, id, context)
  local box, renderer = instance.composition.sandbox, context.renderer
  local data = context.data:of(instance, id, chosen.name)
  box.template = function(text, file, line)
    local site = { job = id, what = "orun.template", origin = file and module.place(box, file, line), path = {} }
    return renderer:expand(text, data, site)
  end
  local ctx = evaluation.context(instance, id, chosen.name, context.trigger)
  local definition = evaluation.job(instance.composition, chosen.definition, instance, ctx, context.report)
  box.template = nil
  return definition
end

---@param instance table
---@param chosen {name: string, definition: Job, choice: ProfileJob?}
---@param context {renderer: Rendering, prepare: function, data: table, report: table, trigger: table?}
---@return table? job
local function bind_job(instance, chosen, context)
  local composition, definition, renderer = instance.composition, chosen.definition, context.renderer
  local id = identity.id(instance.name, instance.environment, chosen.name)
  if definition.dynamic then
    definition = evaluate(instance, chosen, id, context)
    if not definition then return nil end
    chosen = { name = chosen.name, definition = definition, choice = chosen.choice }
  end
  local recipes = context.prepare(instance, chosen, id)
  local data = context.data:of(instance, id, chosen.name)
  local steps = render_steps(renderer, recipes, data, id)
  return {
    id = id, name = chosen.name, component = instance.name, environment = instance.environment, composition = composition.type,
    profile = instance.profile and ("%s.%s"):format(instance.type, instance.profile), profileSource = instance.profileSource,
    profileRuleTriggerRef = instance.profileRuleTriggerRef, jobRegistry = composition.package, job = chosen.name,
    runsOn = definition.runsOn, path = instance.path, steps = steps, dependencyMode = instance.dependencyMode,
    dependencySource = instance.dependencySource, dependencyRuleTriggerRef = instance.dependencyRuleTriggerRef,
    timeout = definition.timeout, retries = definition.retries, outputs = render_outputs(renderer, definition, data, id),
    env = below(definition.env, instance.env), labels = below(definition.plannedLabels, instance.labels), parameters = instance.parameters,
    -- for the next stages only
    instance = instance, definition = definition, recipes = recipes,
  }
end

---@param instances table[] sorted by environment, then name
---@param report table
---@param trigger? table as compositions in Lua see it
---@return table[] jobs in the order of the instances, those of one instance by name; `flawed` where a mistake was found in its steps
return function(instances, report, trigger)
  local jobs, renderer = {}, rendering.new(report)
  local context = { renderer = renderer, prepare = preparation(report), data = template_data(), report = report, trigger = trigger,
    chosen = {} }
  for _, instance in ipairs(instances) do
    for _, chosen in ipairs(not instance.flawed and instance.composition and chosen_jobs(instance, context) or nothing) do
      local before = #report.errors + renderer.failures
      local job = bind_job(instance, chosen, context)
      if job and #report.errors + renderer.failures > before then job.flawed = true end
      jobs[#jobs + 1] = job
    end
  end
  renderer:finish()
  return jobs
end
