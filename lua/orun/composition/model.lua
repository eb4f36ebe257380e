-- From decoded documents to the composition that the compiler works with. Absent, empty and null texts and maps are all nil.
local sorted = require "orun.util.sorted"
local value = require "host.value"

local M = {}

---@class Step
---@field id? string
---@field name? string
---@field capability? string
---@field phase? string    as written
---@field order integer
---@field run? string
---@field use? string
---@field with? table
---@field env? table
---@field shell? string
---@field timeout? string
---@field retry integer
---@field onFailure? string
---@field templates? table<string, Place> which of its texts are templates, by field or `<field>/<key>`; all are when there is no
--- such table, unless its place is in Lua
---@field place? Place

---@class Job
---@field name string
---@field description? string
---@field runsOn? string
---@field timeout? string
---@field retries integer
---@field labels? table<string, string>
---@field capabilities string[]
---@field outputs string[]
---@field dependsOn string[]
---@field dependsOnPlace? Place of a list that stands beside the name of a template, not in it
---@field steps Step[]
---@field place? Place
---@field template? string name of the template that it was made from
---@field final? boolean      its outputs are no templates, but those in `templates`
---@field templates? table<integer, Place>
---@field env? table<string, string> variables of a Lua composition
---@field dynamic? table<string, userdata> functions of ctx, by field
---@field fresh? boolean      its steps were made for one job and belong to it
---@field plannedLabels? table<string, string> what the function for labels gave

---@class ProfileJob
---@field stepsEnabled string[]
---@field includeCapabilities string[]
---@field stepOverrides table<string, {run?: string, with?: table, env?: table, templates?: table<string, Place>, place?: Place}>
---@field all? boolean every step, whatever the lists say
---@field place? Place

---@class Profile
---@field name string
---@field description? string
---@field policies? table
---@field jobs table<string, ProfileJob>
---@field place? Place

---@class Composition
---@field name string       name of the export
---@field type string
---@field source string     name of the source
---@field key string        `<source>:<export>`
---@field description? string
---@field file string       document, as shown in messages
---@field path string       document, relative to the package
---@field package string    metadata.name of the package, "" when it has none
---@field flawed? boolean   there is a mistake in it (reported), which its jobs would repeat
---@field defaultJob? string
---@field defaultProfile? string
---@field sandbox? Sandbox  of a composition in Lua
---@field schema? any       JSON Schema
---@field schemaPlace? Place
---@field jobs Job[]
---@field profiles table<string, Profile>
---@field place? Place

local function text(t)
  if t ~= "" then return t end
end

local function map(t)
  if t and next(t) ~= nil then return t end
end

---@param raw table decoded by document.step
---@return Step
function M.step(raw)
  return {
    id = text(raw.id), name = text(raw.name), capability = text(raw.capability), phase = text(raw.phase), order = raw.order or 0,
    run = text(raw.run), use = text(raw.use), with = map(raw.with), env = map(raw.env), shell = text(raw.shell),
    ["working-directory"] = text(raw["working-directory"]), timeout = text(raw.timeout), retry = raw.retry or 0,
    onFailure = text(raw.onFailure), templates = raw.templates, place = raw.place,
  }
end

---What a profile knows a step by: its id, else its name; nil for a step that has neither.
---@param step Step
---@return string?
function M.step_key(step)
  return step.id or step.name
end

---@param name string
---@param raw table decoded by document.job
---@return Job
function M.job(name, raw)
  local steps = value.list {}
  for i, step in ipairs(raw.steps or {}) do steps[i] = M.step(step) end
  return {
    name = name, description = text(raw.description), runsOn = text(raw.runsOn), timeout = text(raw.timeout), retries = raw.retries or 0,
    labels = map(raw.labels), capabilities = raw.capabilities or value.list {}, outputs = raw.outputs or value.list {},
    dependsOn = raw.dependsOn or value.list {}, steps = steps, place = raw.place, env = map(raw.env), dynamic = raw.dynamic,
    final = raw.templates and true, templates = raw.templates,
  }
end

local function profile_job(raw)
  local overrides = {}
  for key, override in sorted.pairs(raw.stepOverrides or {}) do
    overrides[key] = {
      run = text(override.run), with = map(override.with), env = map(override.env), templates = override.templates, place = override.place,
    }
  end
  return {
    stepsEnabled = raw.stepsEnabled or value.list {}, includeCapabilities = raw.includeCapabilities or value.list {},
    stepOverrides = overrides, all = raw.all, place = raw.place,
  }
end

---@param name string
---@param raw table decoded by document.profile
---@return Profile
function M.profile(name, raw)
  local jobs = {}
  for job, selection in sorted.pairs(raw.jobs or {}) do jobs[job] = profile_job(selection) end
  return { name = name, description = text(raw.description), policies = map(raw.policies), jobs = jobs, place = raw.place }
end

---@param composition Composition
---@param name string
---@return Job?
function M.find_job(composition, name)
  for _, job in ipairs(composition.jobs) do
    if job.name == name then return job end
  end
end

---@param composition Composition
---@return string[]
function M.job_names(composition)
  local names = {}
  for i, job in ipairs(composition.jobs) do names[i] = job.name end
  return names
end

return M
