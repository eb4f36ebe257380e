-- The difference of two plans as it is shown: rows with marks, the jobs by component. A job that changed exactly like one before it
-- only refers to it.
local json = require "host.json"
local scalar = require "orun.cockpit.viewmodel.scalar"
local textdiff = require "orun.util.textdiff"

local M = {}

---@alias ChangeMark "added"|"removed"|"changed"

---@class ChangeRow
---@field mark ChangeMark
---@field label string      what it is about, e.g. `parameters.cpu`, `step push`
---@field text? string      what there is, or was
---@field before? string    of a changed value: how it reads
---@field after? string
---@field hunks? Hunk[]     of a changed text
---@field rows? ChangeRow[] what changed inside of it

---@class JobChangeRow
---@field id string
---@field mark ChangeMark
---@field steps? integer      of a new or gone job: how many it has
---@field kind? string        and its profile, else its composition
---@field rows ChangeRow[]
---@field same_as? string     id of a job before it that changed in the same way

---@class DifferenceView
---@field same boolean
---@field before {name: string, id: string, jobs: integer}
---@field after {name: string, id: string, jobs: integer}
---@field counts {added: integer, removed: integer, changed: integer, unchanged: integer}
---@field edges {added: integer, removed: integer}
---@field environments {added: string[], removed: string[]}
---@field components {added: string[], removed: string[]}
---@field plan ChangeRow[]    the plan around its jobs
---@field groups {name: string, jobs: JobChangeRow[]}[] by component

local function mark_of(change)
  if change.before == nil then return "added" end
  return change.after == nil and "removed" or "changed"
end

local function value_rows(changes)
  local rows = {}
  for i, change in ipairs(changes) do
    local mark = mark_of(change)
    local row = { mark = mark, label = table.concat(change.path, "."), hunks = change.hunks }
    if not change.hunks and mark == "changed" then
      row.before, row.after = scalar.text(change.before), scalar.text(change.after)
    elseif not change.hunks then
      row.text = scalar.text(mark == "added" and change.after or change.before)
    end
    rows[i] = row
  end
  return rows
end

local function step_detail(step)
  local parts = {}
  if step.phase and step.phase ~= "main" then parts[#parts + 1] = "[" .. step.phase .. "]" end
  if step.use then parts[#parts + 1] = "use " .. step.use end
  return table.concat(parts, " ")
end

-- A new or gone step shows its whole command.
local function step_row(step)
  if step.change == "changed" then
    return { mark = "changed", label = "step " .. step.id, text = step.moved and "moved" or nil, rows = value_rows(step.fields) }
  end
  local row = { mark = step.change, label = "step " .. step.id, text = step_detail(step.step) }
  local run = step.step.run
  if type(run) == "string" and run ~= "" then
    local change = { path = { "run" }, [step.change == "added" and "after" or "before"] = run }
    change.hunks = textdiff.hunks(change.before or "", change.after or "")
    row.rows = value_rows { change }
  end
  return row
end

local edge_labels = { dependsOn = "needs", advisoryDependsOn = "advisory" }

local function edge_rows(edges, rows)
  for _, mark in ipairs { "removed", "added" } do
    for _, edge in ipairs(edges[mark]) do
      rows[#rows + 1] = { mark = mark, label = edge_labels[edge.kind], text = edge.on }
    end
  end
end

local function gate_rows(gates, rows)
  for _, mark in ipairs { "removed", "added" } do
    for _, gate in ipairs(gates[mark]) do
      rows[#rows + 1] = { mark = mark, label = "gate", text = json.encode(gate, { html = false }) }
    end
  end
end

local function changed_rows(job)
  local rows = value_rows(job.fields)
  gate_rows(job.gates, rows)
  edge_rows(job.edges, rows)
  for _, step in ipairs(job.steps) do rows[#rows + 1] = step_row(step) end
  return rows
end

local function whole_row(job, mark)
  local rows, edges = {}, { added = {}, removed = {} }
  for _, kind in ipairs { "dependsOn", "advisoryDependsOn" } do
    for _, on in ipairs(job[kind] or {}) do table.insert(edges[mark], { on = on, kind = kind }) end
  end
  edge_rows(edges, rows)
  return {
    id = job.id, component = job.component, mark = mark, steps = #(job.steps or {}), kind = job.profile or job.composition, rows = rows,
  }
end

-- Two jobs changed alike when this text is the same.
local function signature(rows)
  local parts = {}
  for i, row in ipairs(rows) do
    parts[i] = table.concat({
      row.mark, row.label, row.text or "", row.before or "", row.after or "", textdiff.text(row.hunks or {}),
      signature(row.rows or {}),
    }, "\1")
  end
  return table.concat(parts, "\2") .. "\3"
end

local function fold_alike(rows)
  local first = {}
  for _, row in ipairs(rows) do
    if row.mark == "changed" then
      local key = signature(row.rows)
      if first[key] then
        row.same_as, row.rows = first[key], {}
      else
        first[key] = row.id
      end
    end
  end
end

local function job_rows(jobs)
  local rows = {}
  for _, job in ipairs(jobs.added) do rows[#rows + 1] = whole_row(job, "added") end
  for _, job in ipairs(jobs.removed) do rows[#rows + 1] = whole_row(job, "removed") end
  for _, job in ipairs(jobs.changed) do
    rows[#rows + 1] = { id = job.id, component = job.job.component, mark = "changed", rows = changed_rows(job) }
  end
  table.sort(rows, function(a, b)
    if a.component ~= b.component then return a.component < b.component end
    if a.id ~= b.id then return a.id < b.id end
    return a.mark < b.mark
  end)
  fold_alike(rows)
  return rows
end

local function groups_of(rows)
  local groups = {}
  for _, row in ipairs(rows) do
    local last = groups[#groups]
    if not last or last.name ~= row.component then
      last = { name = row.component, jobs = {} }
      groups[#groups + 1] = last
    end
    last.jobs[#last.jobs + 1] = row
  end
  return groups
end

local function source_text(source)
  return ("%s %s"):format(source.kind or "", source.ref or source.path or ""):match("^%s*(.-)%s*$")
end

local function plan_rows(difference)
  local rows, sources = value_rows(difference.fields), difference.sources
  for _, mark in ipairs { "removed", "added" } do
    for _, source in ipairs(sources[mark]) do
      rows[#rows + 1] = { mark = mark, label = "source " .. source.name, text = source_text(source) }
    end
  end
  for _, source in ipairs(sources.changed) do
    rows[#rows + 1] = { mark = "changed", label = "source " .. source.name, rows = value_rows(source.fields) }
  end
  return rows
end

local function side(plan)
  local checksum = plan.metadata.checksum or ""
  return { name = plan.metadata.name or "", id = checksum:gsub("^sha256%-", ""):sub(1, 12), jobs = #plan.jobs }
end

---@param difference PlanDifference
---@param before table plan
---@param after table plan
---@return DifferenceView
function M.view(difference, before, after)
  local jobs, edges = difference.jobs, difference.edges
  return {
    same = difference.same, before = side(before), after = side(after),
    counts = { added = #jobs.added, removed = #jobs.removed, changed = #jobs.changed, unchanged = jobs.unchanged },
    edges = { added = #edges.added, removed = #edges.removed },
    environments = difference.environments, components = difference.components,
    plan = plan_rows(difference), groups = groups_of(job_rows(jobs)),
  }
end

return M
