-- Compositions: `orun compositions`.
local frame = require "orun.cockpit.render.frame"
local style = require "orun.cockpit.style"

local M = {}

local glyph, plain = style.glyph, style.plain

local function add(lines, ...)
  lines[#lines + 1] = { ... }
end

local function branch(i, count)
  return { ("  %s "):format(i < count and glyph.branch or glyph.last), "dim" }
end

---Types that have more than one exporter say which source serves them.
local function note_of(row, counts)
  local parts = {}
  if counts[row.type] > 1 then parts[1] = row.selected and "selected" or "not selected" end
  if row.description ~= "" then parts[#parts + 1] = plain(row.description) end
  return #parts > 0 and "  " .. table.concat(parts, style.separator) or ""
end

---Every source and every type.
---@param view CompositionsView
---@return Span[][]
function M.list(view)
  local lines = { frame.title "compositions" }
  for _, source in ipairs(view.sources) do
    add(lines, "  ", { plain(source.name), "bold" }, "  ", { source.kind, "secondary" }, "  ", { plain(source.location), "dim" })
  end
  add(lines)
  if #view.rows == 0 then
    add(lines, { "No compositions.", "dim" })
    return lines
  end
  local counts, width = {}, 0
  for _, row in ipairs(view.rows) do
    counts[row.type] = (counts[row.type] or 0) + 1
    width = math.max(width, style.width(row.type))
  end
  add(lines, { "Available", "bold" })
  for i, row in ipairs(view.rows) do
    local source = #view.sources > 1 and "  " .. plain(row.source) or ""
    add(lines, branch(i, #view.rows), style.pad(plain(row.type), width), { source .. note_of(row, counts), "dim" })
  end
  add(lines)
  add(lines, { "Details of one: ", "dim" }, "orun compositions <type>")
  return lines
end

local function job_facts(job)
  local facts = { job.computed and "steps by a function" or style.plural(#job.steps, "step") }
  if job.timeout ~= "" then facts[#facts + 1] = "timeout " .. plain(job.timeout) end
  if job.runsOn ~= "" then facts[#facts + 1] = "runs on " .. plain(job.runsOn) end
  if job.retries > 0 then facts[#facts + 1] = style.plural(job.retries, "retry"):gsub("retrys$", "retries") end
  return table.concat(facts, style.separator)
end

local function expand(lines, row, job)
  for i, step in ipairs(job.steps) do
    local phase = step.phase ~= "main" and "  " .. plain(step.phase) or ""
    local capability = step.capability ~= "" and "  " .. plain(step.capability) or ""
    add(lines, "   ", branch(i, #job.steps), plain(step.name), { phase .. capability, "dim" })
  end
  if not job.default or #row.parameters == 0 then return end
  add(lines, { "     parameters", "bold" })
  for i, parameter in ipairs(row.parameters) do
    add(lines, "   ", branch(i, #row.parameters), plain(parameter.name), "  ", { plain(parameter.type), "secondary" },
      { parameter.required and "  required" or "", "warning" },
      { parameter.description ~= "" and "  " .. plain(parameter.description) or "", "dim" })
  end
end

local function jobs(lines, row, expanded)
  for i, job in ipairs(row.jobs) do
    add(lines, ("  %d. "):format(i), { plain(job.name), "bold" }, { job.default and " " .. glyph.default or "", "warning" },
      { job.scope ~= "" and (" [%s]"):format(plain(job.scope)) or "", "secondary" })
    if job.description ~= "" then add(lines, "     ", plain(job.description)) end
    add(lines, "     ", { job_facts(job), "dim" })
    if expanded then expand(lines, row, job) end
  end
end

---One composition in detail.
---@param row CompositionRow
---@param expanded? boolean steps and parameters too
---@return Span[][]
function M.detail(row, expanded)
  local lines = { frame.title(row.type) }
  local function field(label, text)
    if text ~= "" then lines[#lines + 1] = frame.prefixed("  ", frame.field(label, text, "fg")) end
  end
  if row.description ~= "" then add(lines, "  ", plain(row.description)) end
  field("package", row.package)
  field("about the package", row.packageDescription)
  field("source", row.source)
  field("location", row.location)
  field("document", row.exportPath)
  field("digest", row.digest)
  field("default job", row.defaultJob)
  field("profiles", table.concat(row.profiles, ", "))
  field("default profile", row.defaultProfile)
  if not row.selected then add(lines, "  ", { "not selected: components get this type from another source", "warning" }) end
  add(lines)
  add(lines, { ("Jobs (%d)"):format(#row.jobs), "bold" })
  jobs(lines, row, expanded)
  return lines
end

---What was resolved, by name of the source.
---@param view CompositionsView
---@return Span[][]
function M.resolved(view)
  local sources = table.move(view.sources, 1, #view.sources, 1, {})
  table.sort(sources, function(a, b) return a.name < b.name end)
  local lines = { { { "Resolved sources:", "bold" } } }
  for _, source in ipairs(sources) do
    add(lines, ("  - %s (%s) %s"):format(plain(source.name), source.kind, plain(source.location)))
    add(lines, "    digest: " .. source.digest)
    add(lines, "    exports: " .. table.concat(source.types, ", "))
  end
  return lines
end

return M
