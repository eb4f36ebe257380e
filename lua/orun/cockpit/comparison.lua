-- The machine-readable form of the difference of two plans.
local textdiff = require "orun.util.textdiff"
local value = require "host.value"

local M = {}

local shapes = {}
for name, keys in next, {
  document = { "same", "before", "after", "fields", "sources", "environments", "components", "jobs", "edges" },
  side = { "name", "checksum", "jobs" },
  change = { "path", "before", "after", "diff" },
  sets = { "added", "removed", "changed", "unchanged" },
  source = { "name", "fields" },
  summary = { "id", "component", "environment", "name", "composition", "profile", "steps" },
  job = { "id", "component", "environment", "fields", "steps", "gates", "edges" },
  step = { "id", "change", "moved", "fields", "step" },
  edge = { "job", "on", "kind" },
} do
  shapes[name] = value.shape(keys)
end

local function each(list, fn)
  local out = value.list {}
  for i, item in ipairs(list) do out[i] = fn and fn(item) or item end
  return out
end

-- A JSON pointer: keys of labels and parameters may have dots and slashes.
local function pointer(path)
  local parts = {}
  for i, key in ipairs(path) do parts[i] = "/" .. key:gsub("~", "~0"):gsub("/", "~1") end
  return table.concat(parts)
end

local function change(entry)
  return shapes.change {
    path = pointer(entry.path), before = entry.before, after = entry.after, diff = entry.hunks and textdiff.text(entry.hunks),
  }
end

local function sets(found, fn)
  return shapes.sets { added = each(found.added, fn), removed = each(found.removed, fn) }
end

local function edge(entry)
  return shapes.edge { job = entry.job, on = entry.on, kind = entry.kind }
end

local function step(entry)
  return shapes.step {
    id = entry.id, change = entry.change, moved = entry.moved,
    fields = entry.change == "changed" and each(entry.fields, change) or nil,
    step = entry.change ~= "changed" and entry.step or nil,
  }
end

local function summary(job)
  return shapes.summary {
    id = job.id, component = job.component, environment = job.environment, name = job.name, composition = job.composition,
    profile = job.profile, steps = #(job.steps or {}),
  }
end

local function changed_job(entry)
  return shapes.job {
    id = entry.id, component = entry.job.component, environment = entry.job.environment, fields = each(entry.fields, change),
    steps = each(entry.steps, step), gates = sets(entry.gates), edges = sets(entry.edges, edge),
  }
end

local function changed_source(entry)
  return shapes.source { name = entry.name, fields = each(entry.fields, change) }
end

local function side(plan)
  return shapes.side { name = plan.metadata.name, checksum = plan.metadata.checksum, jobs = #plan.jobs }
end

---@param difference PlanDifference
---@param before table plan
---@param after table plan
---@return table
function M.document(difference, before, after)
  local sources, jobs = sets(difference.sources), sets(difference.jobs, summary)
  sources.changed = each(difference.sources.changed, changed_source)
  jobs.changed, jobs.unchanged = each(difference.jobs.changed, changed_job), difference.jobs.unchanged
  return shapes.document {
    same = difference.same, before = side(before), after = side(after), fields = each(difference.fields, change), sources = sources,
    environments = sets(difference.environments), components = sets(difference.components), jobs = jobs,
    edges = sets(difference.edges, edge),
  }
end

return M
