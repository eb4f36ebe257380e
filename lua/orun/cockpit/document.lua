-- The machine-readable forms of what the cockpit shows.
local json = require "host.json"
local value = require "host.value"

local M = {}

local status_shape = value.shape { "execID", "meta", "state" }
local run_shape = value.shape { "execId", "planName", "status", "jobTotal", "jobDone", "jobFailed", "startedAt", "finishedAt" }
local plan_shape = value.shape { "Name", "Path", "Checksum", "Jobs", "CreatedAt" }

---@param seconds? number
---@return string? RFC 3339, whole seconds, UTC
local function instant(seconds)
  return seconds and os.date("!%Y-%m-%dT%H:%M:%SZ", math.floor(seconds)) or nil
end

---One execution.
---@param record ExecutionRecord
---@return table
function M.status(record)
  return status_shape { execID = record.execId, meta = record.meta, state = record.state }
end

---@param rows RunRow[]
---@return table
function M.runs(rows)
  local list = value.list()
  for i, row in ipairs(rows) do
    list[i] = run_shape {
      execId = row.execId, planName = row.planName, status = row.recorded, jobTotal = row.counts.total, jobDone = row.counts.completed,
      jobFailed = row.counts.failed + row.counts.cancelled, startedAt = instant(row.startedAt), finishedAt = instant(row.finishedAt),
    }
  end
  return list
end

-- RFC 3339 in local time with the fraction that the file system knows.
local function local_instant(seconds, nanoseconds)
  local fraction = nanoseconds and nanoseconds > 0 and ("." .. ("%09d"):format(nanoseconds):gsub("0+$", "")) or ""
  local zone = os.date("%z", seconds):gsub("(%d%d)(%d%d)$", "%1:%2")
  return os.date("%Y-%m-%dT%H:%M:%S", seconds) .. fraction .. (zone == "+00:00" and "Z" or zone)
end

---@param view PlansView
---@return table
function M.plans(view)
  local list = value.list()
  for i, row in ipairs(view.rows) do
    list[i] = plan_shape {
      Name = row.name, Path = row.path, Checksum = row.checksum, Jobs = row.jobs,
      CreatedAt = local_instant(row.created, row.created_ns),
    }
  end
  return list
end

local composition_shape = value.shape {
  "type", "source", "selected", "package", "description", "exportPath", "defaultJob", "jobs", "profiles", "defaultProfile", "digest",
}
local composition_job_shape = value.shape { "name", "description", "default", "runsOn", "timeout", "retries", "steps" }
local parameter_shape = value.shape { "name", "type", "required", "description" }

local function composition_jobs(row, expanded)
  local list = value.list()
  for i, job in ipairs(row.jobs) do
    local steps = value.list()
    for j, step in ipairs(job.steps) do steps[j] = value.shape { "name", "phase", "capability" }(step) end
    list[i] = expanded and composition_job_shape {
      name = job.name, description = job.description, default = job.default, runsOn = job.runsOn, timeout = job.timeout,
      retries = job.retries, steps = steps,
    } or job.name
  end
  return list
end

---One composition.
---@param row CompositionRow
---@param expanded? boolean jobs and parameters in full instead of the jobs' names
---@return table
function M.composition(row, expanded)
  local out = composition_shape {
    type = row.type, source = row.source, selected = row.selected, package = row.package, description = row.description,
    exportPath = row.exportPath, defaultJob = row.defaultJob, jobs = composition_jobs(row, expanded),
    profiles = value.list(table.move(row.profiles, 1, #row.profiles, 1, {})), digest = row.digest,
    defaultProfile = row.defaultProfile ~= "" and row.defaultProfile or nil,
  }
  if not expanded then return out end
  out.parameters = value.list()
  for i, parameter in ipairs(row.parameters) do
    out.parameters[i] = parameter_shape {
      name = parameter.name, type = parameter.type, required = parameter.required, description = parameter.description,
    }
  end
  return out
end

---@param rows CompositionRow[]
---@param expanded? boolean
---@return table
function M.compositions(rows, expanded)
  local list = value.list()
  for i, row in ipairs(rows) do list[i] = M.composition(row, expanded) end
  return list
end

local source_shape = value.shape { "name", "kind", "ref", "path", "resolvedDigest", "exports" }

---The resolved sources of compositions and the file that locks them.
---@param file string
---@param sources SourceRecord[]
---@return table
function M.sources(file, sources)
  local list = value.list()
  for i, source in ipairs(sources) do
    list[i] = source_shape {
      name = source.name, kind = source.kind, ref = source.ref, path = source.path, resolvedDigest = source.resolvedDigest,
      exports = value.list(source.exports),
    }
  end
  return value.shape { "lock", "sources" } { lock = file, sources = list }
end

---@param view PresetsView
---@return table
function M.presets(view)
  local presets, contributions = value.list {}, value.list {}
  for i, item in ipairs(view.presets) do presets[i] = value.shape { "preset", "name" } { preset = item.id, name = item.name } end
  for i, item in ipairs(view.contributions) do
    contributions[i] = value.shape { "preset", "keys" } { preset = item.preset, keys = value.list(item.keys) }
  end
  return value.shape { "presets", "contributions" } { presets = presets, contributions = contributions }
end

local explanation_shape = value.shape {
  "component", "environment", "type", "composition", "profile", "profileSource", "parameters", "jobs", "leftOut",
}
local explained_parameter_shape = value.shape { "name", "value", "from", "file", "line", "unknown" }
local explained_step_shape = value.shape { "id", "kept", "reason", "capability", "phase", "parameters", "file", "line" }

local function explained_job(job)
  local steps = value.list {}
  for i, step in ipairs(job.steps) do
    steps[i] = explained_step_shape {
      id = step.id, kept = step.kept, reason = step.reason, capability = step.capability, phase = step.phase,
      parameters = value.list(step.parameters), file = step.file, line = step.line,
    }
  end
  return value.shape { "id", "name", "steps" } { id = job.id, name = job.name, steps = steps }
end

---@param views Explanation[]
---@return table
function M.explanations(views)
  local list = value.list {}
  for i, view in ipairs(views) do
    local parameters, jobs = value.list {}, value.list {}
    for j, item in ipairs(view.parameters) do
      parameters[j] = explained_parameter_shape {
        name = item.name, value = item.value, from = item.from, file = item.file, line = item.line, unknown = item.unknown,
      }
    end
    for j, job in ipairs(view.jobs) do jobs[j] = explained_job(job) end
    list[i] = explanation_shape {
      component = view.component, environment = view.environment, type = view.type, composition = view.composition,
      profile = view.profile, profileSource = view.profileSource, parameters = parameters, jobs = jobs, leftOut = value.list(view.left),
    }
  end
  return list
end

local spec_shape = value.shape { "file", "line", "name", "status", "message", "at" }
local spec_place_shape = value.shape { "file", "line" }

---@param results SpecResult[]
---@return table
function M.specs(results)
  local list, counts = value.list {}, { passed = 0, failed = 0, pending = 0 }
  for i, result in ipairs(results) do
    local problem = result.problem
    counts[result.status] = counts[result.status] + 1
    list[i] = spec_shape {
      file = result.file, line = result.line, name = table.concat(result.names, " "), status = result.status,
      message = problem and problem.message, at = problem and spec_place_shape { file = problem.file, line = problem.line },
    }
  end
  return value.shape { "passed", "failed", "pending", "tests" } {
    passed = counts.passed, failed = counts.failed, pending = counts.pending, tests = list,
  }
end

---@param document any
---@param format "json"|"yaml"
---@return string with a final newline
function M.encode(document, format)
  if format == "yaml" then return require("host.yaml").encode(document) end
  return json.encode(document, { indent = 2 }) .. "\n"
end

return M
