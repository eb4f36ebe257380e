-- The shapes of the files of a composition package, as tables of fields for orun.intent.decode.
local decode = require "orun.intent.decode"

local text, texts, any, any_map = decode.string, decode.string_list, decode.any, decode.any_map

local M = {}

-- Catalogues put keys of their own below metadata.
local metadata = decode.record("metadata", { name = text, version = text, description = text }, { open = true })
local ref = decode.record("reference", { name = text })

---A step of a composition or of a component's overrides.
M.step = decode.record("step", {
  id = text, name = text, capability = text, phase = text, order = decode.integer, run = text, use = text, with = any_map,
  env = any_map, shell = text, ["working-directory"] = text, timeout = text, retry = decode.integer, onFailure = text,
}, { form = "steps: [{name: NAME, run: COMMAND}]" })

local job_fields = {
  name = text, description = text, runsOn = text, timeout = text, retries = decode.integer,
  steps = decode.list(M.step, "steps: [{name: NAME, run: COMMAND}]"),
  labels = decode.string_map, inputs = any, capabilities = texts, outputs = texts, dependsOn = texts,
}
M.job = decode.record("job template", job_fields)

local entry_fields = { templateRef = ref }
for _, key in ipairs {
  "name", "description", "runsOn", "timeout", "retries", "steps", "labels", "inputs", "capabilities", "outputs", "dependsOn",
} do entry_fields[key] = job_fields[key] end
local job_entry = decode.record("job", entry_fields)

local override = decode.record("step override", { run = text, with = any_map, env = any_map })

local profile_job = decode.record("profile job", {
  stepsEnabled = texts, includeCapabilities = texts, stepOverrides = decode.map(override, "stepOverrides: {STEP: {run: COMMAND}}"),
})

M.profile = decode.record("execution profile", {
  description = text, policies = any_map, jobs = decode.map(profile_job, "jobs: {JOB: {stepsEnabled: [STEP]}}"),
})

M.composition = decode.record("composition document", {
  apiVersion = text, kind = text, metadata = metadata,
  spec = decode.record("composition", {
    type = text, description = text, defaultJob = text, defaultProfile = text, parameterSchema = decode.present(any), schemaRef = ref,
    jobs = decode.list(job_entry, "jobs: [{name: NAME, steps: [{name: NAME, run: COMMAND}]}]"),
    executionProfiles = decode.present(decode.map(M.profile, "executionProfiles: {NAME: {jobs: {JOB: {stepsEnabled: [STEP]}}}}")),
    profiles = decode.list(decode.record("profile entry", { name = text, profileRef = ref })),
  }),
})

---Documents that a composition refers to, by their kind; `spec` is what matters of them.
M.referenced = {
  ComponentSchema = decode.record("component schema", {
    apiVersion = text, kind = text, metadata = metadata,
    spec = decode.record("component schema", { type = text, description = text, schema = decode.present(any) }),
  }),
  JobTemplate = decode.record("job template document", { apiVersion = text, kind = text, metadata = metadata, spec = M.job }),
  ExecutionProfile = decode.record("execution profile document", { apiVersion = text, kind = text, metadata = metadata, spec = M.profile }),
}

---`stack.yaml`
M.stack = decode.record("stack", {
  apiVersion = text, kind = text, metadata = metadata,
  registry = decode.record("registry", { host = text, namespace = text, repository = text, visibility = text }),
  spec = decode.record("stack spec", {
    compositions = decode.list(decode.record("composition entry", { path = text })),
    intentPresets = decode.list(decode.record("intent preset", { name = text, path = text })),
  }),
})

---`orun.yaml`
M.package = decode.record("composition package", {
  apiVersion = text, kind = text, metadata = metadata,
  spec = decode.record("composition package spec", {
    version = text,
    exports = decode.list(decode.record("export", { composition = text, path = text })),
    orun = decode.record("orun requirement", { minVersion = text }),
    dependencies = decode.list(decode.record("package dependency", { name = text, ref = text, optional = decode.boolean })),
  }),
})

---The job file of a `--config-dir` directory.
M.job_registry = decode.record("job registry", { apiVersion = text, kind = text, metadata = metadata, jobs = decode.list(M.job) })

return M
