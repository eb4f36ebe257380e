-- A plan as a graph: the views of `orun plan --view`.
local box = require "orun.cockpit.render.box"
local graph = require "orun.cockpit.viewmodel.graph"
local style = require "orun.cockpit.style"

local M = {}

local glyph = style.glyph

---------------------------------------------------------------------------------------------------
-- The tree

-- Puts items below a margin, each with its branch; `below(item, margin)` adds what hangs on it.
local function branches(items, margin, lines, line_of, below)
  for i, item in ipairs(items) do
    local is_last = i == #items
    local line = line_of(item)
    lines[#lines + 1] = table.move(line, 1, #line, 2, { { margin .. (is_last and glyph.last or glyph.branch) .. " ", "dim" } })
    if below then below(item, margin .. (is_last and "   " or glyph.bar .. "  ")) end
  end
end

local function environment_line(environment)
  local line = { { style.plain(environment.name), "secondary" } }
  if environment.profile then
    local via = environment.profileTrigger and " via " .. environment.profileTrigger or ""
    line[#line + 1] = { (" [%s%s]"):format(style.plain(environment.profile), style.plain(via)), "dim" }
  end
  if environment.mode then
    local reason = environment.modeTrigger and "via " .. environment.modeTrigger or ("(%s)"):format(environment.modeSource or "default")
    line[#line + 1] = { style.plain((" (%s deps %s)"):format(environment.mode, reason)), "warning" }
  end
  return line
end

local function job_line(job)
  local line = { { style.plain(job.label), "bold" } }
  if job.timeout then line[#line + 1] = { style.separator .. style.plain(job.timeout), "dim" } end
  if job.retries > 0 then line[#line + 1] = { (" (retry:%dx)"):format(job.retries), "dim" } end
  return line
end

-- What a job waits for, then what it does.
local function items_of(job)
  local items = {}
  local function put(label, texts, token)
    for _, text in ipairs(texts) do items[#items + 1] = { { ("(%s) "):format(label), token }, style.plain(text) } end
  end
  put("depends on", job.dependsOn, "dim")
  put("advisory", job.advisory, "dim")
  put("gate", job.gates, "warning")
  for _, step in ipairs(job.steps) do
    items[#items + 1] = { step = step, style.plain(step.name), step.phase ~= "main" and { (" [%s]"):format(step.phase), "dim" } or nil }
  end
  return items
end

local function text_lines(text)
  local list = {}
  for line in (text:gsub("%s+$", "") .. "\n"):gmatch("(.-)\n") do list[#list + 1] = line end
  return list
end

-- The command of a step, later lines below the beginning of the first.
local function command_lines(step, margin, lines)
  for _, field in ipairs { "use", "run" } do
    for i, text in ipairs(step[field] and text_lines(step[field]) or {}) do
      local label = i == 1 and field .. ": " or (" "):rep(#field + 2)
      lines[#lines + 1] = { { margin .. label, "dim" }, style.plain(text) }
    end
  end
end

local function job_lines(job, margin, long, lines)
  branches(items_of(job), margin, lines, function(item) return item end, function(item, below)
    if long and item.step then command_lines(item.step, below, lines) end
  end)
end

---@param view GraphView
---@param long? boolean the commands of the steps too
---@return Span[][]
function M.dag(view, long)
  local lines = { {}, { { "Component graph", "bold" } }, {} }
  branches(view.components, "", lines, function(component) return { { style.plain(component.name), "brand" } } end,
    function(component, margin)
      branches(component.environments, margin, lines, environment_line, function(environment, inner)
        branches(environment.jobs, inner, lines, job_line, function(job, innermost) job_lines(job, innermost, long, lines) end)
      end)
    end)
  if #view.components > 0 then lines[#lines + 1] = {} end
  lines[#lines + 1] = { { style.pad("  components", 15), "dim" }, tostring(#view.components) }
  lines[#lines + 1] = { { style.pad("  jobs", 15), "dim" }, tostring(view.jobs) }
  return lines
end

---------------------------------------------------------------------------------------------------
-- Dependencies

local function dependency_lines(job, lines)
  lines[#lines + 1] = {
    { style.plain(job.name), "bold" }, { style.plain((" (%s/%s)"):format(job.component, job.environment)), "secondary" },
  }
  local function put(label, texts)
    for _, text in ipairs(texts) do lines[#lines + 1] = { "  ", { label .. ": ", "dim" }, style.plain(text) } end
  end
  put("depends-on", job.dependsOn)
  put("advisory", job.advisory)
  if #job.dependsOn + #job.advisory == 0 then lines[#lines + 1] = { { "  no dependencies", "dim" } } end
  put("gate", job.gates)
  if job.mode then
    local reason = job.modeTrigger and "rule:" .. job.modeTrigger or job.modeSource or "default"
    put("mode", { ("%s (%s)"):format(job.mode, reason) })
  end
end

---@param view GraphView
---@return Span[][]
function M.dependencies(view)
  local lines = { {} }
  box.put({ box.field("View", "dependencies"), box.field("Plan", view.name), box.field("Jobs", tostring(view.jobs)) }, lines)
  for _, job in ipairs(graph.jobs(view)) do
    lines[#lines + 1] = {}
    dependency_lines(job, lines)
  end
  return lines
end

---------------------------------------------------------------------------------------------------
-- One component

-- At most 70 bytes on one line; a cut leaves no half character.
local function shortened(text)
  text = text:gsub("^%s+", ""):gsub("%s+$", ""):gsub("%s*\n%s*", " ")
  if #text <= 70 then return text end
  local length = 67
  while length > 0 and (text:byte(length + 1) & 0xC0) == 0x80 do length = length - 1 end
  return text:sub(1, length) .. "..."
end

local function component_job_lines(job, lines)
  local function put(label, text)
    if text and text ~= "" then lines[#lines + 1] = { { ("    %-14s"):format(label .. ":"), "dim" }, style.plain(text) } end
  end
  lines[#lines + 1] = { "  ", { style.plain(job.id), "bold" } }
  put("registry", job.registry)
  put("job", job.job or job.name)
  put("timeout", job.timeout)
  put("retries", job.retries > 0 and tostring(job.retries) or nil)
  put("depends on", table.concat(job.dependsOn, ", "))
  put("advisory", table.concat(job.advisory, ", "))
  put("gates", table.concat(job.gates, ", "))
  lines[#lines + 1] = { { ("    steps (%d):"):format(#job.steps), "dim" } }
  for i, step in ipairs(job.steps) do
    local phase = step.phase ~= "main" and (" [%s]"):format(step.phase) or ""
    lines[#lines + 1] = { ("      %d. %s"):format(i, style.plain(step.name)), { phase, "dim" } }
    for _, field in ipairs { "run", "use" } do
      if step[field] then lines[#lines + 1] = { { ("         %s: "):format(field), "dim" }, style.plain(shortened(step[field])) } end
    end
  end
end

---@param view GraphView
---@param name string
---@return Span[][]
function M.component(view, name)
  local lines = { {} }
  for _, component in ipairs(view.components) do
    if component.name == name then
      box.put({ { { style.plain(name), "bold" }, { style.plain((" [%s]"):format(component.composition or "")), "dim" } } }, lines)
      for _, environment in ipairs(component.environments) do
        lines[#lines + 1] = {}
        lines[#lines + 1] = { { style.plain(environment.name), "secondary" } }
        for _, job in ipairs(environment.jobs) do component_job_lines(job, lines) end
      end
      return lines
    end
  end
  box.put({ { { ('no jobs of component "%s" in this plan'):format(style.plain(name)), "dim" } } }, lines)
  return lines
end

return M
