-- The step template language: that of Go's text/template without added functions. A text is compiled once and run many times.
--
--   local template = require "orun.template"
--   local t = assert(template.compile("hello {{.name}}"))
--   t:render { name = "world" }   --> "hello world"
local evaluator = require "orun.template.evaluator"
local parser = require "orun.template.parser"
local position = require "orun.template.position"
local straight = require "orun.template.straight"

local M = {}

---@class TemplateError
---@field kind "parse"|"exec" found before anything ran, or while it ran
---@field line integer
---@field column integer in characters
---@field message string
---@field partial? string what had been written before an error of kind "exec"

---@class TemplateOptions
---@field missing? fun(info: TemplateMissing) called for every action that prints something missing or null: as `<no value>`, or
--- as `<nil>` inside other text

---@class Template
---@field literal? string a text without actions
---@field text string
---@field tree TemplateTree
---@field run fun(data: any, missing?: function): boolean, any, TemplateRun
---@field uses integer times that it was rendered while there was no straight function
---@field straight? (fun(data: any): string?)|false false when it cannot be made
local Template = {}
Template.__index = Template

-- A straight function costs as much as this many renderings win.
local OFTEN = 10

-- What was raised as an error value. Anything but a mistake in the template is an error of this program.
local function failure(kind, text, raised)
  if type(raised) == "string" and raised:find("stack overflow", 1, true) then
    raised = { at = 1, message = "nested too deeply (depth limit)" }
  end
  if type(raised) ~= "table" or not raised.at then error(raised, 0) end
  local line, column = position.of(text, raised.at)
  return { kind = kind, line = line, column = column, message = raised.message }
end

-- What is rendered often gets a function of its own.
function Template:count()
  self.uses = self.uses + 1
  if self.uses > OFTEN then self.straight = straight.compile { self.tree } or false end
end

---@param data any the root, `.` and `$`: null, list and other values as host.value has them
---@param options? TemplateOptions
---@return string? text
---@return TemplateError? err
function Template:render(data, options)
  if self.literal then return self.literal end
  if self.straight then
    local text = self.straight(data)
    if text then return text end
  elseif self.straight == nil then
    self:count()
  end
  local ok, raised, run = self.run(data, options and options.missing)
  local written = table.concat(run, "", 1, run.n)
  if ok then return written end
  local err = failure("exec", self.text, raised)
  err.partial = written
  return nil, err
end

local function compiled(text)
  local tree = parser.parse(text)
  return setmetatable({ text = text, tree = tree, run = evaluator.compile(tree, text), uses = 0 }, Template)
end

-- Compiled templates by text: two generations of at most SIZE, so that those in use stay.
local SIZE = 2048
local recent, older, count = {}, {}, 0

local function remember(text, template)
  if count == SIZE then recent, older, count = {}, recent, 0 end
  recent[text], count = template, count + 1
  return template
end

---Compiles a template. Texts that were seen lately are not compiled again.
---@param text string
---@return Template?
---@return TemplateError? err of kind "parse"
function M.compile(text)
  local known = recent[text]
  if known then return known end
  known = older[text]
  if known then return remember(text, known) end
  if not text:find("{{", 1, true) then return setmetatable({ literal = text }, Template) end
  local ok, made = pcall(compiled, text)
  if not ok then return nil, failure("parse", text, made) end
  return remember(text, made)
end

---One function for many templates, for those who render them with the same data again and again.
---@param templates Template[]
---@return (fun(data: any): string?, ...: string?)? run returns the texts, or nothing when they have to be rendered one by one; nil when
--- that is always so
function M.join(templates)
  local trees = {}
  for i, template in ipairs(templates) do trees[i] = template.tree end
  return straight.compile(trees)
end

---@param text string
---@param data any
---@param options? TemplateOptions
---@return string? text
---@return TemplateError? err
function M.render(text, data, options)
  if not text:find("{{", 1, true) then return text end
  local template, err = M.compile(text)
  if not template then return nil, err end
  return template:render(data, options)
end

return M
