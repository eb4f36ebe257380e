-- What is wrong with a composition before anything is compiled from it. Everything is reported, nothing stops at the first mistake.
-- Mistakes that made the reference refuse a package are errors; those it planned in spite of are warnings.
local model = require "orun.composition.model"
local place = require "orun.intent.place"
local sorted = require "orun.util.sorted"
local suggestion = require "orun.util.suggestion"

local M = {}

---Reports about one composition.
---@class CompositionCheck
---@field context PackageContext
---@field name string
local Check = {}
Check.__index = Check

---@param context PackageContext
---@param name string export name
---@return CompositionCheck
function M.new(context, name)
  return setmetatable({ context = context, name = name }, Check)
end

function Check:problem(at, kind, message, hint)
  self.context:problem(at, kind, ('composition "%s": %s'):format(self.name, message), hint)
end

---An error, or a warning when `lenient`.
function Check:finding(lenient, at, kind, message, hint)
  if not lenient then return self:problem(at, kind, message, hint) end
  self.context:warning(at, kind, ('composition "%s": %s'):format(self.name, message), hint)
end

---The head of the document: names that must agree.
---@param raw table decoded document
---@return boolean usable false when nothing else in it makes sense
function Check:head(raw)
  if raw.kind ~= "Composition" then
    local found = (raw.kind or "") ~= "" and ("found " .. raw.kind) or "found none"
    self:problem(place.of(raw.place, "kind"), "composition.kind", ("the document must have kind: Composition, %s"):format(found))
    return false
  end
  if not raw.spec then
    self:problem(raw.place, "composition.type", "the document has no spec", ("write spec: {type: %s, ...}"):format(self.name))
    return false
  end
  local metadata, spec = raw.metadata or {}, raw.spec
  local name, kind = (metadata.name or ""):match("^%s*(.-)%s*$"), (spec.type or ""):match("^%s*(.-)%s*$")
  local name_place, type_place = place.of(raw.place, "metadata", "name"), place.of(raw.place, "spec", "type")
  if name == "" then
    self:problem(name_place, "composition.name", "metadata.name is missing", ("write metadata.name: %s"):format(self.name))
  elseif name ~= self.name then
    self:problem(name_place, "composition.name", ('metadata.name "%s" must match the export name "%s"'):format(name, self.name),
      "the export is named by the document's directory or by the manifest")
  end
  if kind == "" then
    self:problem(type_place, "composition.type", "spec.type is missing", ("write spec.type: %s"):format(self.name))
  elseif name ~= "" and kind ~= name then
    self:problem(type_place, "composition.type", ('spec.type "%s" must equal metadata.name "%s"'):format(kind, name))
  end
  return true
end

---The type of a Lua composition, which has no other name.
---@param spec table
---@return boolean usable
function Check:type(spec)
  if spec.type == self.name then return true end
  if spec.type then
    self:problem(spec.place, "composition.type", ('type "%s" must match the export name "%s"'):format(spec.type, self.name),
      "a composition is named by its file or by the file's directory")
  else
    self:problem(spec.place, "composition.type", "type is missing", ('write type = "%s"'):format(self.name))
  end
  return false
end

---Steps with one identity. `lenient` for job templates, which the reference did not look into.
---@param job Job
---@param lenient boolean
function Check:steps(job, lenient)
  local seen = {}
  for _, step in ipairs(job.steps) do
    local key = model.step_key(step)
    if key and seen[key] then
      self:finding(lenient, step.place, "composition.duplicate-step", ('job "%s" has two steps with the id "%s"'):format(job.name, key),
        "a step is known by its id, else by its name; give one of them another id")
    elseif key then
      seen[key] = true
    end
  end
end

---@param composition Composition
---@param raw_spec table
function Check:jobs(composition, raw_spec)
  local at, seen = composition.place, {}
  if #(raw_spec.jobs or {}) == 0 then
    self:problem(place.of(at, "jobs"), "composition.no-jobs", "it has no jobs", "list at least one job under spec.jobs")
  end
  local default = composition.defaultJob
  if not default then
    self:problem(place.of(at, "defaultJob"), "composition.default-job", "spec.defaultJob is missing",
      "name the job that runs when no profile chooses")
  end
  for _, job in ipairs(composition.jobs) do
    if job.name == "" then
      self:problem(job.place, "composition.job-name", "a job has no name")
    elseif seen[job.name] then
      self:problem(job.place, "composition.duplicate-job", ('duplicate job "%s"'):format(job.name))
    end
    seen[job.name] = true
    self:steps(job, job.template ~= nil)
  end
  -- A job whose template is missing was reported for that; its name counts.
  for _, entry in ipairs(raw_spec.jobs or {}) do seen[entry.name or ""] = true end
  if default and #composition.jobs > 0 and not seen[default] then
    self:problem(place.of(at, "defaultJob"), "composition.default-job", ('defaultJob "%s" is not among the jobs'):format(default),
      suggestion.hint(default, model.job_names(composition)) or ("jobs: " .. table.concat(model.job_names(composition), ", ")))
  end
  self:dependencies(composition, seen)
end

---`dependsOn` between the jobs of one component.
function Check:dependencies(composition, known)
  for _, job in ipairs(composition.jobs) do
    for i, name in ipairs(job.dependsOn) do
      if not known[name] then
        local at = job.dependsOnPlace and place.of(job.dependsOnPlace, i) or place.of(job.place, "dependsOn", i)
        self:problem(at, "composition.job-dependency",
          ('job "%s" depends on "%s", which is not among the jobs'):format(job.name, name),
          suggestion.hint(name, model.job_names(composition)))
      end
    end
  end
end

local function has(list, item)
  for _, element in ipairs(list) do
    if element == item then return true end
  end
  return false
end

---Steps that one job of a profile enables or overrides.
function Check:selection(profile, job, selection, lenient)
  local keys, seen = {}, {}
  for _, step in ipairs(job.steps) do keys[#keys + 1] = model.step_key(step) end
  local from_template = lenient or job.template ~= nil
  if job.dynamic and job.dynamic.steps then return end
  for i, key in ipairs(selection.stepsEnabled) do
    local at = place.of(selection.place, "stepsEnabled", i)
    if not has(keys, key) then
      self:finding(from_template, at, "composition.unknown-step", ('profile "%s" enables the step "%s", which the job "%s" does not have')
        :format(profile.name, key, job.name), suggestion.hint(key, keys)
          or (#keys > 0 and "steps: " .. table.concat(keys, ", ") or "its steps have neither id nor name to be enabled by"))
    elseif seen[key] then
      self:finding(lenient, at, "composition.repeated-step",
        ('profile "%s" enables the step "%s" of job "%s" twice'):format(profile.name, key, job.name))
    end
    seen[key] = true
  end
  for key, override in sorted.pairs(selection.stepOverrides) do
    if not has(keys, key) then
      self:finding(true, override.place, "composition.unknown-step",
        ('profile "%s" overrides the step "%s", which the job "%s" does not have; the override has no effect')
          :format(profile.name, key, job.name), suggestion.hint(key, keys))
    end
  end
end

function Check:profile(composition, profile, known, lenient)
  local names = sorted.keys(profile.jobs)
  if #names == 0 then
    self:finding(lenient, profile.place, "composition.empty-profile", ('profile "%s" selects no job'):format(profile.name),
      "name at least one job under jobs")
  end
  for _, name in ipairs(names) do
    local selection, job = profile.jobs[name], model.find_job(composition, name)
    if not job and not known[name] and next(known) then
      self:finding(lenient, place.of_key(place.of(profile.place, "jobs"), name), "composition.unknown-job",
        ('profile "%s" names the unknown job "%s"'):format(profile.name, name),
        suggestion.hint(name, model.job_names(composition)) or ("jobs: " .. table.concat(model.job_names(composition), ", ")))
    end
    if not selection.all and #selection.stepsEnabled == 0 and #selection.includeCapabilities == 0 then
      self:finding(lenient, selection.place, "composition.empty-profile",
        ('profile "%s" selects no step of the job "%s"'):format(profile.name, name), "give it stepsEnabled or includeCapabilities")
    end
    if job then self:selection(profile, job, selection, lenient) end
  end
end

-- A profile whose document is missing was reported for that; its name counts.
local function is_listed(raw_spec, name)
  for _, entry in ipairs(not raw_spec.executionProfiles and raw_spec.profiles or {}) do
    if entry.name == name and entry.profileRef then return true end
  end
  return false
end

---@param composition Composition
---@param raw_spec table
function Check:profiles(composition, raw_spec)
  -- Beside a list of referenced profiles the reference checked nothing.
  local lenient = raw_spec.profiles ~= nil and #raw_spec.profiles > 0
  local names, known = sorted.keys(composition.profiles), {}
  if #names == 0 then return end
  for _, entry in ipairs(raw_spec.jobs or {}) do known[entry.name or ""] = true end
  local default, at = composition.defaultProfile, place.of(composition.place, "defaultProfile")
  if not default and not lenient then
    self:problem(at, "composition.default-profile", "it has executionProfiles but no defaultProfile",
      "profiles: " .. table.concat(names, ", "))
  elseif default and not composition.profiles[default] and not is_listed(raw_spec, default) then
    self:finding(lenient, at, "composition.default-profile", ('defaultProfile "%s" does not exist'):format(default),
      suggestion.hint(default, names) or ("profiles: " .. table.concat(names, ", ")))
  end
  for _, name in ipairs(names) do self:profile(composition, composition.profiles[name], known, lenient) end
end

return M
