-- Results of specs: `orun compositions test`.
local diagnostics = require "orun.cockpit.render.diagnostic"
local style = require "orun.cockpit.style"

local M = {}

local glyph, plain = style.glyph, style.plain

local marks = {
  passed = { glyph.success, "success" }, failed = { glyph.failure, "error" }, pending = { glyph.pending, "pending" },
}

---One line a test, below the name of its file.
---@param results SpecResult[]
---@return Span[][]
function M.lines(results)
  local lines, file = {}, nil
  for _, result in ipairs(results) do
    if result.file ~= file then
      file = result.file
      lines[#lines + 1] = { { plain(file), "bold" } }
    end
    local name = #result.names > 0 and table.concat(result.names, style.separator) or "the file cannot be loaded"
    lines[#lines + 1] = { "  ", marks[result.status], " ", plain(name) }
  end
  return lines
end

---What failed, as errors with their lines.
---@param results SpecResult[]
---@param out Style
---@param cwd string
---@return string
function M.problems(results, out, cwd)
  local errors = {}
  for _, result in ipairs(results) do errors[#errors + 1] = result.problem end
  if #errors == 0 then return "" end
  return "\n" .. diagnostics.text({ errors = errors, warnings = {} }, out, cwd)
end

---@param results SpecResult[]
---@return Span[][]
function M.summary(results)
  local counts = { passed = 0, failed = 0, pending = 0 }
  for _, result in ipairs(results) do counts[result.status] = counts[result.status] + 1 end
  local line = { { ("%d passed"):format(counts.passed), counts.failed == 0 and "success" or "fg" } }
  for _, status in ipairs { "failed", "pending" } do
    if counts[status] > 0 then
      line[#line + 1] = { style.separator, "dim" }
      line[#line + 1] = { ("%d %s"):format(counts[status], status), marks[status][2] }
    end
  end
  return { {}, line }
end

return M
