-- The jobs of a plan: `orun get jobs`, as a tree, as compact lines or as a table.
local style = require "orun.cockpit.style"

local M = {}

---@return Span[][]
function M.empty()
  return { { { "No plan yet.", "dim" } }, {}, { "  Make one with: ", { "orun plan", "bold" } } }
end

local function status_spans(job)
  local token, mark, label = style.status(job.status)
  return { mark, token }, { label, token }
end

local function tree(view)
  local head = ("%s (%s)%s%s"):format(style.plain(view.planName), view.planId, style.separator, style.plural(#view.jobs, "job"))
  local lines = { { { "PLAN: ", "dim" }, head }, {} }
  for _, component in ipairs(view.tree) do
    lines[#lines + 1] = { { style.plain(component.component), "bold" } }
    for _, environment in ipairs(component.environments) do
      lines[#lines + 1] = { "  ", { style.plain(environment.environment), "secondary" } }
      for _, job in ipairs(environment.jobs) do
        local mark, label = status_spans(job)
        lines[#lines + 1] = { "    ", mark, " " .. style.pad(style.plain(job.short), 30) .. " ", label }
      end
    end
    lines[#lines + 1] = {}
  end
  return lines
end

local function compact(view)
  local lines, jobs = {}, view.jobs
  local component, environment = style.column(jobs, "component", 24), style.column(jobs, "environment", 12)
  for i, job in ipairs(jobs) do
    local mark = status_spans(job)
    lines[i] = {
      mark, ("  %s %s %s"):format(style.pad(style.plain(job.component), component), style.pad(style.plain(job.environment), environment),
        style.plain(job.short)),
    }
  end
  return lines
end

local function grid(view)
  local jobs = view.jobs
  local id = style.column(jobs, "id", 48)
  local component, environment = style.column(jobs, "component", 18), style.column(jobs, "environment", 14)
  local function row(a, b, c, extra)
    return ("%s  %s  %s  "):format(style.pad(a, id + extra), style.pad(b, component), style.pad(c, environment))
  end
  local lines = { { { row("JOB ID", "COMPONENT", "ENV", 2) .. "STATUS", "dim" } } }
  for _, job in ipairs(jobs) do
    local mark, label = status_spans(job)
    lines[#lines + 1] = { mark, " " .. row(style.plain(job.id), style.plain(job.component), style.plain(job.environment), 0), label }
  end
  return lines
end

local forms = { tree = tree, compact = compact, table = grid }

---@param view JobsView
---@param form "tree"|"compact"|"table"
---@return Span[][]
function M.lines(view, form)
  return forms[form](view)
end

return M
