-- Renders the templates of steps. Every distinct text is compiled once; every problem is reported once for each place, however many
-- jobs share the text.
local advice = require "orun.composition.advice"
local expression = require "orun.template.expression"
local place = require "orun.intent.place"
local template = require "orun.template"

local M = {}

---@class Rendering
---@field report table
---@field compiled table<string, table> template or error by text
---@field found table[] problems in order of appearance
---@field missing TemplateMissing[] what the text being rendered prints without a value
local Rendering = {}
Rendering.__index = Rendering

---Where a text is written and what it belongs to.
---@class TextSite
---@field job string     job id
---@field what string    e.g. `step "compile" run`
---@field origin? Place  of the object that holds the text
---@field path (string|integer)[] from there to the text

---@param report table
---@return Rendering
function M.new(report)
  local missing = {}
  return setmetatable({
    report = report, compiled = {}, found = {}, known = {}, missing = missing, failures = 0,
    options = { missing = function(info) missing[#missing + 1] = info end },
  }, Rendering)
end

---Line `n` of a text.
local function nth_line(text, n)
  for line in (text .. "\n"):gmatch("([^\n]*)\n") do
    n = n - 1
    if n == 0 then return line end
  end
  return ""
end

---The place of a position in a text: in a block scalar the lines below the indicator are those of the text. The column is that of the
---position where the source shows the line of the text as it is.
---@param site TextSite
---@param text string
---@param position {line: integer, column: integer} both from 1
---@return Place?
local function text_place(site, text, position)
  local at = place.of(site.origin, table.unpack(site.path))
  if not at or not at.document then return at end
  local style = at.document:style(at.node)
  local number = at.line
  if style == "literal" then number = number + position.line elseif style == "folded" then number = number + 1 end
  local source = at.document:source(number) or ""
  local shown = nth_line(text, position.line)
  local found = shown ~= "" and source:find(shown, number == at.line and at.column or 1, true)
  if found then
    local before = source:sub(1, found - 1)
    return { file = at.file, line = number, column = (utf8.len(before) or #before) + position.column, document = at.document }
  end
  if number == at.line then return at end
  return { file = at.file, line = number, column = source:find("%S") or 1, document = at.document }
end

---Remembers a problem; one that is known already only counts.
---@param data? table root of the template, for what has no value in it
function Rendering:note(severity, kind, site, text, position, message, data)
  if severity == "error" then self.failures = self.failures + 1 end
  local at = text_place(site, text, position)
  local id = ("%s\0%s\0%s\0%s\0%s"):format(kind, at and at.file or site.job, at and at.line or "", at and at.column or "", message)
  local known = self.known[id]
  if known then
    if known.jobs[#known.jobs] ~= site.job then known.jobs[#known.jobs + 1] = site.job end
    return
  end
  known = { severity = severity, kind = kind, place = at, what = site.what, message = message, jobs = { site.job } }
  known.hint = data and advice.of_missing(position.expression, data) or advice.of_function(message)
  self.known[id] = known
  self.found[#self.found + 1] = known
end

---Reports what was noted.
function Rendering:finish()
  for _, item in ipairs(self.found) do
    local jobs = item.jobs[1]
    if #item.jobs > 1 then jobs = ("%s and %d more"):format(jobs, #item.jobs - 1) end
    local diagnostic = place.mark(item.place, {
      kind = item.kind, message = ("%s of %s: %s"):format(item.what, jobs, item.message), hint = item.hint,
    })
    if item.severity == "error" then self.report:error(diagnostic) else self.report:warn(diagnostic) end
  end
  self.found, self.known = {}, {}
end

---@param text string
---@return {template: Template?, err: TemplateError?}
function Rendering:compile(text)
  local entry = self.compiled[text]
  if not entry then
    local compiled, err = template.compile(expression.protect(text))
    entry = { template = compiled, err = err }
    self.compiled[text] = entry
  end
  return entry
end

---What is wrong with a text that is a template, for those who cannot point into it.
---@param text string
---@param err TemplateError
---@return string
local function worded(text, err)
  return text:find("\n", 1, true) and ("%s (line %d of the text)"):format(err.message, err.line) or err.message
end

---What is wrong with a text before anything is rendered; nil when nothing is.
---@param text string
---@return string?
function M.flaw(text)
  local compiled, err = template.compile(expression.protect(text))
  return not compiled and worded(text, err) or nil
end

---Renders one text for whoever asks on the way; nil and a message when it cannot be rendered.
---@param text string
---@param data table
---@param site TextSite
---@return string?
---@return string?
function Rendering:expand(text, data, site)
  if not text:find("{{", 1, true) then return text end
  local entry = self:compile(text)
  if not entry.template then return nil, worded(text, entry.err) end
  local result, err = entry.template:render(data, self.options)
  for i, info in ipairs(self.missing) do
    self:note("warning", "template.missing", site, text, info, ("%s has no value"):format(info.expression), data)
    self.missing[i] = nil
  end
  return result, err and worded(text, err)
end

---One function for texts that are rendered with the same data again and again.
---@param texts string[]
---@return (fun(data: any): string?, ...: string?)? run as template.join has it
function Rendering:together(texts)
  local templates = {}
  for i, text in ipairs(texts) do
    templates[i] = self:compile(text).template
    if not templates[i] then return nil end
  end
  return template.join(templates)
end

---Renders one text. Nil when it cannot be rendered (noted).
---@param text string
---@param data table root of the template
---@param site fun(...): TextSite called with what follows, and only when there is something to report
---@param ... any
---@return string?
function Rendering:render(text, data, site, ...)
  local entry = self.compiled[text]
  if not entry then
    if not text:find("{{", 1, true) then return text end
    entry = self:compile(text)
  end
  local err = entry.err
  if entry.template then
    local result
    result, err = entry.template:render(data, self.options)
    local missing = self.missing
    if #missing > 0 then
      for i, info in ipairs(missing) do
        self:note("warning", "template.missing", site(...), text, info, ("%s has no value"):format(info.expression), data)
        missing[i] = nil
      end
    end
    if result then return result end
  end
  self:note("error", err.kind == "parse" and "template.parse" or "template.exec", site(...), text, err, err.message)
  return nil
end

return M
