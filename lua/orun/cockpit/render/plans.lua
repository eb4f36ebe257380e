-- The stored plans: `orun get plans`.
local style = require "orun.cockpit.style"

local M = {}

local name_width, jobs_width, age_width = 14, 6, 8

---@param seconds number
---@return string
local function age(seconds)
  if seconds < 60 then return "now" end
  if seconds < 3600 then return ("%dm"):format(seconds // 60) end
  if seconds < 86400 then return ("%dh"):format(seconds // 3600) end
  return ("%dd"):format(seconds // 86400)
end

---@return Span[][]
function M.empty()
  return { { { "No plans yet.", "dim" } }, {}, { "  Make one with: ", { "orun plan", "bold" } } }
end

-- The widest name decides: a plan's name is what people copy.
local function width_of(rows)
  local width = name_width
  for _, row in ipairs(rows) do width = math.max(width, style.width(row.name)) end
  return width
end

---@param view PlansView
---@param wide? boolean file paths too
---@return Span[][]
function M.lines(view, wide)
  if #view.rows == 0 then return M.empty() end
  local width = width_of(view.rows)
  local header = ("%s  %s  %s  STATUS"):format(style.pad("REVISION", width), style.pad("JOBS", jobs_width), style.pad("AGE", age_width))
  if wide then header = header .. "    CHECKSUM      FILE" end
  local lines = { { { header, "dim" } } }
  for _, row in ipairs(view.rows) do
    local line = {
      style.pad(style.plain(row.name), width) .. "  " .. style.pad(tostring(row.jobs), jobs_width) .. "  ",
      { style.pad(age(row.age), age_width), "dim" }, "  ",
    }
    if row.checksum ~= "" then
      line[#line + 1] = { style.glyph.bullet .. " ready ", "success" }
    else
      line[#line + 1] = { style.glyph.failure .. " broken", "error" }
    end
    if wide then line[#line + 1] = ("  %s  %s"):format(style.pad(row.checksum, 12), style.plain(row.path)) end
    lines[#lines + 1] = line
  end
  local foot = style.plural(#view.revisions, "revision")
  if view.latest and view.latest ~= "" then foot = foot .. style.separator .. "latest: " .. view.latest end
  lines[#lines + 1] = {}
  lines[#lines + 1] = { { foot, "dim" } }
  return lines
end

return M
