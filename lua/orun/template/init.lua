-- The step template language: Go's text/template without added functions, compiled once per text.
--
--   local template = require "orun.template"
--   local t = assert(template.compile("hello {{.name}}"))
--   t:render { name = "world" }   --> "hello world"
local evaluator = require "orun.template.evaluator"
local parser = require "orun.template.parser"

local M = {}

---@class Template
local Template = {}
Template.__index = Template

---@param data table the root, `.` and `$`
---@param options? {missing?: fun(info: {line: integer, expression: string})} called when an action prints a missing or null value
---@return string? text
---@return TemplateError? err of kind "exec"
function Template:render(data, options)
  if self.literal then return self.literal end
  return self.run(data, options and options.missing)
end

local CACHE = 4096
local cache, cached = {}, 0

---Compiles a template; the same text gives the same object.
---@param text string
---@return Template?
---@return TemplateError? err of kind "parse"
function M.compile(text)
  local known = cache[text]
  if known then return known end
  local made
  if not text:find("{{", 1, true) then
    made = setmetatable({ literal = text }, Template)
  else
    local ok, main, templates = pcall(parser.parse, text)
    if not ok then
      if type(main) == "table" and main.kind == "parse" then return nil, main end
      error(main, 0)
    end
    made = setmetatable({ run = evaluator.compile(main, templates) }, Template)
  end
  if cached >= CACHE then cache, cached = {}, 0 end
  cache[text], cached = made, cached + 1
  return made
end

---@param text string
---@param data table
---@param options? {missing?: fun(info: {line: integer, expression: string})}
---@return string? text
---@return TemplateError? err
function M.render(text, data, options)
  local t, err = M.compile(text)
  if not t then return nil, err end
  return t:render(data, options)
end

return M
