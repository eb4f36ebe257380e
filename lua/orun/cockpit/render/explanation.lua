-- Why jobs have the steps that they have: `orun compositions explain`.
local frame = require "orun.cockpit.render.frame"
local style = require "orun.cockpit.style"

local M = {}

local glyph, plain = style.glyph, style.plain

local sources = {
  ["composition-default"] = "default of the composition", ["legacy-none"] = "the composition has no profiles",
  subscription = "named by the subscription", ["subscription-rule"] = "chosen by a rule of the subscription",
}

-- Longer values are cut: the plan has them whole.
local value_width = 48

local function widest(list, key, most)
  local width = 0
  for _, item in ipairs(list) do width = math.max(width, style.width(plain(item[key]))) end
  return math.min(width, most)
end

local function place_of(item)
  if not item.file then return "" end
  return item.line and ("%s:%d"):format(item.file, item.line) or item.file
end

local function parameter_lines(lines, parameters)
  lines[#lines + 1] = {}
  lines[#lines + 1] = { { ("Parameters (%d)"):format(#parameters), "bold" } }
  local names, texts = widest(parameters, "name", 40), widest(parameters, "text", value_width)
  for _, item in ipairs(parameters) do
    local text = style.truncate(plain((item.text:gsub("%s+", " "))), value_width)
    local from = item.unknown and item.from .. style.separator .. "no other value is accepted" or item.from
    lines[#lines + 1] = {
      "  ", style.pad(plain(item.name), names), "  ", { style.pad(text, texts), "secondary" }, "  ", from, "  ", { place_of(item), "dim" },
    }
  end
end

local function step_line(step, width)
  local mark = step.kept and { glyph.success, "success" } or { glyph.skipped, "warning" }
  local facts = { step.reason }
  if step.phase and step.phase ~= "main" then facts[#facts + 1] = step.phase end
  if #step.parameters > 0 then facts[#facts + 1] = "uses " .. table.concat(step.parameters, ", ") end
  return {
    "     ", mark, " ", style.pad(plain(step.id), width), "  ", { plain(step.capability or ""), "secondary" },
    step.capability and "  " or "", table.concat(facts, style.separator), "  ", { place_of(step), "dim" },
  }
end

---@param view Explanation
---@return Span[][]
function M.lines(view)
  local lines = { frame.title(("%s@%s"):format(view.component, view.environment)) }
  local function field(label, text) lines[#lines + 1] = frame.prefixed("  ", frame.field(label, text, "fg")) end
  field("composition", ("%s (%s)"):format(view.type, view.composition))
  local source = sources[view.profileSource] or view.profileSource
  field("profile", view.profile and ("%s (%s)"):format(view.profile, source) or source)
  if #view.parameters > 0 then parameter_lines(lines, view.parameters) end
  lines[#lines + 1] = {}
  lines[#lines + 1] = { { ("Jobs (%d)"):format(#view.jobs), "bold" } }
  for i, job in ipairs(view.jobs) do
    lines[#lines + 1] = { ("  %d. "):format(i), { plain(job.id), "bold" } }
    local width = widest(job.steps, "id", 40)
    for _, step in ipairs(job.steps) do lines[#lines + 1] = step_line(step, width) end
  end
  if #view.left > 0 then lines[#lines + 1] = { "  ", { "left out by the profile: ", "dim" }, plain(table.concat(view.left, ", ")) } end
  return lines
end

return M
