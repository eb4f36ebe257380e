-- Capabilities that no profile includes, profiles that include what no step has, profiles that keep no step of a job.
local model = require "orun.composition.model"
local place = require "orun.intent.place"
local sorted = require "orun.util.sorted"

---What the steps of a job can be: those that are fixed, and those that invented components got.
local function steps_of(subject, composition, job)
  local found, seen = {}, {}
  local function add(step)
    local key = ("%s\0%s"):format(model.step_key(step) or "", step.capability or "")
    if not seen[key] then
      seen[key] = true
      found[#found + 1] = step
    end
  end
  for _, step in ipairs(job.steps) do add(step) end
  for _, bound in ipairs(subject.jobs[composition.name] or {}) do
    if bound.name == job.name then
      for _, step in ipairs(bound.definition.steps) do add(step) end
    end
  end
  return found
end

---Capabilities and ids by which some profile takes steps of a job.
local function taken(composition, job)
  local by, all = {}, false
  for _, profile in sorted.pairs(composition.profiles) do
    local selection = profile.jobs[job.name]
    all = all or selection and selection.all
    for _, name in ipairs(selection and selection.includeCapabilities or {}) do by[name] = true end
    for _, key in ipairs(selection and selection.stepsEnabled or {}) do by["#" .. key] = true end
  end
  return by, all
end

local function check_steps(composition, job, steps, report)
  local by, all = taken(composition, job)
  if all then return end
  local seen = {}
  for _, step in ipairs(steps) do
    local name, key = step.capability, model.step_key(step)
    if name and not by[name] and not by["#" .. (key or "")] and not seen[name] then
      seen[name] = true
      report:warn(place.mark(step.place or job.place, {
        kind = "lint.capability",
        message = ('no profile of %s includes the capability "%s" of the step "%s"'):format(composition.name, name, key or job.name),
        hint = "include it in a profile, or take the capability off the step",
      }))
    end
  end
end

local function check_selection(composition, profile, job, steps, report)
  local selection, has = profile.jobs[job.name], {}
  if not selection or selection.all then return end
  for _, step in ipairs(steps) do
    if step.capability then has[step.capability] = true end
  end
  for i, name in ipairs(selection.includeCapabilities) do
    if not has[name] then
      report:warn(place.mark(place.of(selection.place, "includeCapabilities", i) or composition.place, {
        kind = "lint.capability",
        message = ('the profile %s.%s includes the capability "%s", which no step of the job %s has'):format(composition.name, profile.name,
          name, job.name),
      }))
    end
  end
end

---A profile under which a job never got a step.
local function check_empty(subject, composition, profile, job, report)
  local tried, kept = 0, false
  for _, bound in ipairs(subject.jobs[composition.name] or {}) do
    if bound.name == job.name and bound.instance.profile == profile.name then
      tried, kept = tried + 1, kept or #bound.recipes > 0
    end
  end
  if tried > 0 and not kept then
    report:warn(place.mark(profile.jobs[job.name].place or profile.place or composition.place, {
      kind = "lint.profile", message = ("the profile %s.%s keeps no step of the job %s"):format(composition.name, profile.name, job.name),
      hint = "give it includeCapabilities or stepsEnabled that the job's steps have, or leave the job out",
    }))
  end
end

local function check_job(subject, composition, job, report)
  local steps = steps_of(subject, composition, job)
  check_steps(composition, job, steps, report)
  for _, profile in sorted.pairs(composition.profiles) do
    check_selection(composition, profile, job, steps, report)
    if profile.jobs[job.name] then check_empty(subject, composition, profile, job, report) end
  end
end

---@param subject LintSubject
---@param report table
return function(subject, report)
  for _, composition in ipairs(subject.compositions) do
    for _, job in ipairs(next(composition.profiles) and composition.jobs or {}) do
      if subject:tried(composition, job) then check_job(subject, composition, job, report) end
    end
  end
end
