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
  local lines = {}
  for i, job in ipairs(view.jobs) do
    local mark = status_spans(job)
    local component, environment = style.pad(style.plain(job.component), 24), style.pad(style.plain(job.environment), 12)
    lines[i] = { mark, ("  %s %s %s"):format(component, environment, style.plain(job.short)) }
  end
  return lines
end

local function id_width(jobs)
  local width = 48
  for _, job in ipairs(jobs) do width = math.max(width, style.width(job.id)) end
  return width
end

local function grid(view)
  local width = id_width(view.jobs)
  local header = ("%s  %s  %s  STATUS"):format(style.pad("JOB ID", width + 2), style.pad("COMPONENT", 18), style.pad("ENV", 14))
  local lines = { { { header, "dim" } } }
  for _, job in ipairs(view.jobs) do
    local mark, label = status_spans(job)
    lines[#lines + 1] = {
      mark, (" %s  %s  %s  "):format(style.pad(style.plain(job.id), width), style.pad(style.plain(job.component), 18),
        style.pad(style.plain(job.environment), 14)), label,
    }
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
