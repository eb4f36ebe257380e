-- What differs between two plans: pure comparison of decoded documents. What follows from the rest (checksum, uids, display names) or
-- from the place and time of the compilation is not compared. Jobs are the same when component, environment and name are, however
-- their ids are written.
local identity = require "orun.plan.identity"
local sorted = require "orun.util.sorted"
local textdiff = require "orun.util.textdiff"
local value = require "host.value"

local M = {}

---@class PlanChange
---@field path string[]   where in the object: keys
---@field before? any     absent: the key is new
---@field after? any      absent: the key is gone
---@field hunks? Hunk[]   when it is a text of several lines, or the command of a step

---@class StepDifference
---@field id string
---@field change "added"|"removed"|"changed"
---@field moved? boolean       it stands elsewhere among the steps that both jobs have
---@field step table           the step as it is now, or was
---@field fields PlanChange[]  of a changed step

---@class PlanEdge
---@field job string           id of the job that waits
---@field on string            id of the job it waits for
---@field kind "dependsOn"|"advisoryDependsOn"

---@class JobDifference
---@field id string
---@field job table            the job as it is now
---@field fields PlanChange[]
---@field steps StepDifference[]
---@field gates {added: table[], removed: table[]}
---@field edges {added: PlanEdge[], removed: PlanEdge[]}

---@class PlanDifference
---@field same boolean
---@field fields PlanChange[]  of the plan itself: metadata, execution, bindings
---@field sources {added: table[], removed: table[], changed: {name: string, fields: PlanChange[]}[]}
---@field environments {added: string[], removed: string[]}
---@field components {added: string[], removed: string[]}
---@field jobs {added: table[], removed: table[], changed: JobDifference[], unchanged: integer}
---@field edges {added: PlanEdge[], removed: PlanEdge[]}  all of them, those of new and gone jobs too

local derived = {
  plan = { jobs = true },
  metadata = { checksum = true, generatedAt = true, workDir = true },
  spec = { compositionSources = true },
  job = {
    id = true, uid = true, displayName = true, checkName = true, steps = true, gates = true, dependsOn = true, advisoryDependsOn = true,
  },
  step = {},
  source = { name = true },
}

---------------------------------------------------------------------------------------------------
-- Values

local function is_map(v)
  return value.kind(v) == "map"
end

local function text_of(v)
  return v == nil and "" or type(v) == "string" and v or nil
end

local function is_prose(path, before, after)
  if path[#path] == "run" then return true end
  return before:find("\n", 1, true) ~= nil or after:find("\n", 1, true) ~= nil
end

local function change(path, before, after)
  local entry = { path = table.move(path, 1, #path, 1, {}), before = before, after = after }
  local a, b = text_of(before), text_of(after)
  if a and b and is_prose(path, a, b) then entry.hunks = textdiff.hunks(a, b) end
  return entry
end

-- Keys of two maps, sorted, without some.
local function keys_of(before, after, drop)
  local all = {}
  for key in next, before do all[key] = true end
  for key in next, after do all[key] = true end
  for key in next, drop do all[key] = nil end
  return sorted.keys(all)
end

local nothing = {}

-- Maps are compared key by key; a map against nothing counts as an empty one, so that each of its keys is shown.
local function compare(before, after, path, out, drop)
  if value.equal(before, after) then return end
  local a, b = is_map(before), is_map(after)
  if not (a or b) or not (a or before == nil) or not (b or after == nil) then
    out[#out + 1] = change(path, before, after)
    return
  end
  before, after = before or nothing, after or nothing
  for _, key in ipairs(keys_of(before, after, drop or nothing)) do
    path[#path + 1] = key
    compare(before[key], after[key], path, out)
    path[#path] = nil
  end
end

local function fields(before, after, drop)
  local out = {}
  compare(before, after, {}, out, drop)
  return out
end

-- Members of two lists by their content, each as often as it stands there.
local function members(before, after)
  local added, removed, taken = {}, {}, {}
  for _, item in ipairs(before) do
    local at
    for i, other in ipairs(after) do
      if not taken[i] and value.equal(item, other) then
        at = i
        break
      end
    end
    if at then taken[at] = true else removed[#removed + 1] = item end
  end
  for i, item in ipairs(after) do
    if not taken[i] then added[#added + 1] = item end
  end
  return { added = added, removed = removed }
end

local function names(before, after)
  local added, removed = {}, {}
  for _, name in ipairs(sorted.keys(after)) do
    if not before[name] then added[#added + 1] = name end
  end
  for _, name in ipairs(sorted.keys(before)) do
    if not after[name] then removed[#removed + 1] = name end
  end
  return { added = added, removed = removed }
end

---------------------------------------------------------------------------------------------------
-- Steps

-- Names of steps by position; a later one of the same name gets `#2`, `#3`, …
local function step_names(steps)
  local list, seen = {}, {}
  for i, step in ipairs(steps) do
    local name = step.id or step.name or "step-" .. i
    seen[name] = (seen[name] or 0) + 1
    list[i] = seen[name] > 1 and ("%s#%d"):format(name, seen[name]) or name
  end
  return list
end

local function positions(list)
  local at = {}
  for i, name in ipairs(list) do at[name] = i end
  return at
end

-- Names of one list that the other has too, in order.
local function common(list, other)
  local out = {}
  for _, name in ipairs(list) do
    if other[name] then out[#out + 1] = name end
  end
  return out
end

-- The steps that did not keep their place among those that both jobs have.
local function moved_steps(before, after, in_before, in_after)
  local a, b = common(before, in_after), common(after, in_before)
  local stays, moved = {}, {}
  for _, j in next, textdiff.match(a, b) do stays[j] = true end
  for j, name in ipairs(b) do moved[name] = not stays[j] or nil end
  return moved
end

local function compare_steps(before, after)
  local old, new, out = step_names(before), step_names(after), {}
  local in_old, in_new = positions(old), positions(new)
  local moved = moved_steps(old, new, in_old, in_new)
  for i, name in ipairs(new) do
    local step, was = after[i], before[in_old[name]]
    if not was then
      out[#out + 1] = { id = name, change = "added", step = step, fields = {} }
    else
      local found = fields(was, step, derived.step)
      if #found > 0 or moved[name] then
        out[#out + 1] = { id = name, change = "changed", step = step, fields = found, moved = moved[name] }
      end
    end
  end
  for i, name in ipairs(old) do
    if not in_new[name] then out[#out + 1] = { id = name, change = "removed", step = before[i], fields = {} } end
  end
  return out
end

---------------------------------------------------------------------------------------------------
-- Jobs and edges

-- The id of a job with `@`, whichever form the plan uses.
local function canonical(job)
  for _, separator in ipairs { "@", "." } do
    local prefix = job.component .. separator .. job.environment .. "."
    if job.id:sub(1, #prefix) == prefix then return identity.id(job.component, job.environment, job.id:sub(#prefix + 1)) end
  end
  return job.id
end

-- The jobs of a plan by their canonical ids, these ids sorted, and by every id of the plan.
local function index(plan)
  local jobs, ids = {}, {}
  for _, job in ipairs(plan.jobs) do
    local id = canonical(job)
    ids[job.id] = id
    jobs[id] = jobs[id] or job
  end
  return { jobs = jobs, order = sorted.keys(jobs), ids = ids }
end

local kinds = { "dependsOn", "advisoryDependsOn" }

local function edges_of(plan, id)
  local set, job = {}, plan.jobs[id]
  for _, kind in ipairs(kinds) do
    for _, on in ipairs(job and job[kind] or nothing) do
      on = plan.ids[on] or on
      set[on .. "\0" .. kind] = { job = id, on = on, kind = kind }
    end
  end
  return set
end

local function compare_edges(before, after, id)
  local a, b = edges_of(before, id), edges_of(after, id)
  local found = names(a, b)
  for i, key in ipairs(found.added) do found.added[i] = b[key] end
  for i, key in ipairs(found.removed) do found.removed[i] = a[key] end
  return found
end

local function compare_job(before, after, id)
  local a, b = before.jobs[id], after.jobs[id]
  local found = {
    id = id, job = b, fields = fields(a, b, derived.job), steps = compare_steps(a.steps or nothing, b.steps or nothing),
    gates = members(a.gates or nothing, b.gates or nothing), edges = compare_edges(before, after, id),
  }
  local differs = #found.fields + #found.steps + #found.gates.added + #found.gates.removed + #found.edges.added + #found.edges.removed > 0
  return differs and found or nil
end

local function append(list, more)
  table.move(more, 1, #more, #list + 1, list)
end

local function compare_jobs(before, after)
  local jobs, edges = { added = {}, removed = {}, changed = {}, unchanged = 0 }, { added = {}, removed = {} }
  for _, id in ipairs(after.order) do
    if not before.jobs[id] then
      jobs.added[#jobs.added + 1] = after.jobs[id]
      append(edges.added, compare_edges(before, after, id).added)
    else
      local found = compare_job(before, after, id)
      if found then
        jobs.changed[#jobs.changed + 1] = found
        append(edges.added, found.edges.added)
        append(edges.removed, found.edges.removed)
      else
        jobs.unchanged = jobs.unchanged + 1
      end
    end
  end
  for _, id in ipairs(before.order) do
    if not after.jobs[id] then
      jobs.removed[#jobs.removed + 1] = before.jobs[id]
      append(edges.removed, compare_edges(before, after, id).removed)
    end
  end
  return jobs, edges
end

---------------------------------------------------------------------------------------------------
-- The plan around its jobs

local function without(t, drop)
  local out = {}
  for key, v in next, t or nothing do
    if not drop[key] then out[key] = v end
  end
  return out
end

local function frame_of(plan)
  local out = without(plan, derived.plan)
  out.metadata, out.spec = without(plan.metadata, derived.metadata), without(plan.spec, derived.spec)
  return out
end

-- Sources are searched in their order.
local function source_order(plan)
  local out = value.list {}
  for i, source in ipairs(plan.spec and plan.spec.compositionSources or nothing) do
    out[i] = type(source) == "table" and source.name or ""
  end
  return out
end

local function frame_fields(before, after)
  local out = fields(frame_of(before), frame_of(after))
  local a, b = source_order(before), source_order(after)
  local in_a, in_b = positions(a), positions(b)
  if not value.equal(common(a, in_b), common(b, in_a)) then out[#out + 1] = change({ "spec", "compositionSources" }, a, b) end
  return out
end

local function by_name(list)
  local out = {}
  for _, item in ipairs(list or nothing) do
    if type(item) == "table" and item.name then out[item.name] = item end
  end
  return out
end

local function compare_sources(before, after)
  local a, b = by_name(before.spec and before.spec.compositionSources), by_name(after.spec and after.spec.compositionSources)
  local found = names(a, b)
  for i, name in ipairs(found.added) do found.added[i] = b[name] end
  for i, name in ipairs(found.removed) do found.removed[i] = a[name] end
  found.changed = {}
  for _, name in ipairs(sorted.keys(b)) do
    local changes = a[name] and fields(a[name], b[name], derived.source) or nothing
    if #changes > 0 then found.changed[#found.changed + 1] = { name = name, fields = changes } end
  end
  return found
end

local function values_of(plan, field)
  local set = {}
  for _, job in ipairs(plan.jobs) do set[job[field]] = true end
  return set
end

---Compares two plans as orun.plan.reader returns them.
---@param before table
---@param after table
---@return PlanDifference
function M.compare(before, after)
  local jobs, edges = compare_jobs(index(before), index(after))
  local found = {
    fields = frame_fields(before, after),
    sources = compare_sources(before, after),
    environments = names(values_of(before, "environment"), values_of(after, "environment")),
    components = names(values_of(before, "component"), values_of(after, "component")),
    jobs = jobs,
    edges = edges,
  }
  local sources = found.sources
  found.same = #found.fields + #sources.added + #sources.removed + #sources.changed + #jobs.added + #jobs.removed + #jobs.changed == 0
  return found
end

return M
