-- Tokens -> tree of the step template language, with every check that Go's text/template makes before anything runs.
local functions = require "orun.template.functions"
local lexer = require "orun.template.lexer"
local literal = require "orun.template.literal"

local M = {}

local NESTING = 500

---@class Node
---@field kind string text action if with range break continue template, or a term: field chain variable dot nil bool number string
---pipeline identifier
---@field line integer

local Parser = {}
Parser.__index = Parser

function Parser:fail(line, message, ...)
  error({ kind = "parse", line = line, message = message:format(...) }, 0)
end

function Parser:peek() return self.tokens[self.at] end

function Parser:next()
  local token = self.tokens[self.at]
  if token.kind ~= "eof" and token.kind ~= "error" then self.at = self.at + 1 end
  return token
end

function Parser:peek_solid()
  while self.tokens[self.at].kind == "space" do self.at = self.at + 1 end
  return self.tokens[self.at]
end

function Parser:next_solid()
  self:peek_solid()
  return self:next()
end

local function shown(token)
  if token.kind == "eof" then return "end of the template" end
  local text = token.text
  if #text > 20 then text = text:sub(1, 17) .. "..." end
  return ("%q"):format(text)
end

function Parser:unexpected(token, context)
  if token.kind == "error" then self:fail(token.line, "%s", token.text) end
  self:fail(token.line, "unexpected %s in %s", shown(token), context)
end

function Parser:expect_right(context)
  local token = self:next_solid()
  if token.kind ~= "right" then self:unexpected(token, context) end
  return token
end

function Parser:deeper(line)
  self.depth = self.depth + 1
  if self.depth > NESTING then self:fail(line, "nested too deeply (more than %d levels)", NESTING) end
end

-- ---- expressions --------------------------------------------------------------------------------

function Parser:use_variable(token)
  for i = #self.variables, 1, -1 do
    if self.variables[i] == token.text then return { kind = "variable", name = token.text, fields = {}, line = token.line } end
  end
  self:fail(token.line, "undefined variable %q", token.text)
end

function Parser:string_literal(token)
  local text = literal.string(token.text)
  if not text then self:fail(token.line, "invalid syntax in string %s", token.text) end
  return text
end

-- One operand without what may follow it, or nil when the next token begins none.
function Parser:term()
  local token = self:peek_solid()
  local kind, line = token.kind, token.line
  if kind == "identifier" then
    if not functions.exists(token.text) then self:fail(line, "function %q not defined", token.text) end
    self:next()
    return { kind = "identifier", name = token.text, line = line }
  elseif kind == "field" then
    self:next()
    return { kind = "field", fields = { token.text:sub(2) }, line = line }
  elseif kind == "variable" then
    self:next()
    return self:use_variable(token)
  elseif kind == "dot" or kind == "nil" then
    self:next()
    return { kind = kind, line = line }
  elseif kind == "bool" then
    self:next()
    return { kind = "bool", value = token.text == "true", line = line }
  elseif kind == "string" then
    self:next()
    return { kind = "string", value = self:string_literal(token), line = line }
  elseif kind == "number" then
    self:next()
    local n, problem = literal.number(token.text)
    if n == nil and problem:find("overflows int", 1, true) then
      return { kind = "number", overflow = token.text, line = line }
    end
    if n == nil then self:fail(line, "%s: %q", problem, token.text) end
    return { kind = "number", value = n, line = line }
  elseif kind == "char" then
    self:next()
    local code = literal.character(token.text)
    if not code then self:fail(line, "malformed character constant: %s", token.text) end
    return { kind = "number", value = code, line = line }
  elseif kind == "leftparen" then
    self:next()
    self:deeper(line)
    local pipeline = self:pipeline("parenthesized pipeline", "rightparen")
    self.depth = self.depth - 1
    return pipeline
  end
  return nil
end

function Parser:operand()
  local node = self:term()
  if not node or self:peek().kind ~= "field" then return node end
  if node.kind == "field" or node.kind == "variable" then
    while self:peek().kind == "field" do node.fields[#node.fields + 1] = self:next().text:sub(2) end
    return node
  end
  if node.kind ~= "pipeline" and node.kind ~= "identifier" then
    self:fail(node.line, "unexpected . after term %q", tostring(node.value or node.kind))
  end
  local chain = { kind = "chain", base = node, fields = {}, line = self:peek().line }
  while self:peek().kind == "field" do chain.fields[#chain.fields + 1] = self:next().text:sub(2) end
  return chain
end

function Parser:command()
  local arguments, line = {}, self:peek_solid().line
  local from = self:peek().at
  while true do
    self:peek_solid()
    local operand = self:operand()
    if operand then arguments[#arguments + 1] = operand end
    local token = self:next()
    if token.kind == "right" or token.kind == "rightparen" then
      self.at = self.at - 1
      break
    elseif token.kind == "pipe" then
      break
    elseif token.kind ~= "space" then
      self:unexpected(token, "operand")
    end
  end
  if #arguments == 0 then self:fail(line, "empty command") end
  return { arguments = arguments, line = line, text = self.text:sub(from, self.tokens[self.at].at - 1):gsub("%s*|?%s*$", "") }
end

-- `$x :=`, `$x =`, and in a range `$i, $x :=`.
function Parser:declarations(pipeline, context)
  while true do
    local variable = self:peek_solid()
    if variable.kind ~= "variable" then return end
    local mark = self.at
    self:next()
    local token = self:peek_solid()
    if token.kind == "assign" or token.kind == "declare" then
      self:next()
      pipeline.assigns = token.kind == "assign"
      pipeline.variables[#pipeline.variables + 1] = variable.text
      self.variables[#self.variables + 1] = variable.text
      return
    elseif token.kind == "sign" and token.text == "," then
      self:next()
      pipeline.variables[#pipeline.variables + 1] = variable.text
      self.variables[#self.variables + 1] = variable.text
      if context ~= "range" or #pipeline.variables >= 2 then self:fail(token.line, "too many declarations in %s", context) end
      local following = self:peek_solid().kind
      if following ~= "variable" and following ~= "right" and following ~= "rightparen" then
        self:fail(token.line, "range can only initialize variables")
      end
    else
      self.at = mark
      return
    end
  end
end

local operand_kinds = { bool = true, char = true, dot = true, field = true, identifier = true, number = true, ["nil"] = true,
  string = true, variable = true, leftparen = true }
local not_executable = { bool = true, dot = true, ["nil"] = true, number = true, string = true }

function Parser:pipeline(context, close)
  local pipeline = { kind = "pipeline", variables = {}, commands = {}, line = self:peek_solid().line }
  local from = self:peek().at
  self:declarations(pipeline, context)
  while true do
    local token = self:next_solid()
    if token.kind == close then
      pipeline.text = self.text:sub(from, token.at - 1):gsub("%s+%-?$", "")
      break
    end
    if not operand_kinds[token.kind] then self:unexpected(token, context) end
    self.at = self.at - 1
    pipeline.commands[#pipeline.commands + 1] = self:command()
  end
  if #pipeline.commands == 0 then self:fail(pipeline.line, "missing value for %s", context) end
  for i = 2, #pipeline.commands do
    local first = pipeline.commands[i].arguments[1]
    if not_executable[first.kind] then self:fail(first.line, "non executable command in pipeline stage %d", i) end
  end
  return pipeline
end

-- ---- actions ------------------------------------------------------------------------------------

-- Nodes up to `end` or `else`, and which of the two it was.
function Parser:list()
  local nodes = {}
  while self:peek_solid().kind ~= "eof" do
    local node = self:text_or_action()
    if node.kind == "end" or node.kind == "else" then return nodes, node end
    nodes[#nodes + 1] = node
  end
  self:fail(self:peek().line, "unexpected end of the template: {{end}} is missing")
end

function Parser:control(kind)
  local line, variables = self:peek().line, #self.variables
  self:deeper(line)
  local node = { kind = kind, line = line, pipeline = self:pipeline(kind, "right") }
  if kind == "range" then self.ranges = self.ranges + 1 end
  local stop
  node.list, stop = self:list()
  if kind == "range" then self.ranges = self.ranges - 1 end
  if stop.kind == "else" then
    local following = self:peek().kind
    if (kind == "if" or kind == "with") and following == kind then
      self:next()
      node.otherwise = { self:control(kind) }
    else
      node.otherwise, stop = self:list()
      if stop.kind ~= "end" then self:fail(stop.line, "expected end; found {{else}}") end
    end
  end
  for i = #self.variables, variables + 1, -1 do self.variables[i] = nil end
  self.depth = self.depth - 1
  return node
end

function Parser:template_name(context)
  local token = self:next_solid()
  if token.kind ~= "string" then self:unexpected(token, context) end
  return self:string_literal(token), token.line
end

local function is_blank(nodes)
  for _, node in ipairs(nodes) do
    if node.kind ~= "text" or node.text:find("%S") then
      if node.kind ~= "text" then return false end
      if node.text:gsub("[ \t\r\n]", "") ~= "" then return false end
    end
  end
  return true
end

function Parser:add_template(name, nodes, line)
  local known = self.templates[name]
  if not known or is_blank(known) then
    self.templates[name] = nodes
  elseif not is_blank(nodes) then
    self:fail(line, "multiple definition of template %q", name)
  end
end

-- The body of a define or block: its own variables and ranges.
function Parser:body(context)
  local variables, ranges = self.variables, self.ranges
  self.variables, self.ranges = { "$" }, 0
  local nodes, stop = self:list()
  if stop.kind ~= "end" then self:fail(stop.line, "unexpected {{else}} in %s", context) end
  self.variables, self.ranges = variables, ranges
  return nodes
end

function Parser:definition()
  local name, line = self:template_name("define clause")
  self:expect_right("define clause")
  self:add_template(name, self:body("define clause"), line)
end

local actions = {}

actions["if"] = function(self) return self:control("if") end
actions.with = function(self) return self:control("with") end
actions.range = function(self) return self:control("range") end

actions["end"] = function(self, token)
  self:expect_right("end")
  return { kind = "end", line = token.line }
end

actions["else"] = function(self, token)
  local following = self:peek_solid()
  if following.kind ~= "if" and following.kind ~= "with" then self:expect_right("else") end
  return { kind = "else", line = token.line }
end

local function jump(self, token)
  local following = self:next_solid()
  if following.kind ~= "right" then self:unexpected(following, "{{" .. token.kind .. "}}") end
  if self.ranges == 0 then self:fail(token.line, "{{%s}} outside {{range}}", token.kind) end
  return { kind = token.kind, line = token.line }
end
actions["break"], actions.continue = jump, jump

actions.template = function(self, token)
  local node = { kind = "template", line = token.line, name = self:template_name("template clause") }
  if self:peek_solid().kind == "right" then
    self:next()
  else
    node.pipeline = self:pipeline("template clause", "right")
  end
  return node
end

actions.block = function(self, token)
  local name = self:template_name("block clause")
  local pipeline = self:pipeline("block clause", "right")
  self:deeper(token.line)
  self:add_template(name, self:body("block clause"), token.line)
  self.depth = self.depth - 1
  return { kind = "template", line = token.line, name = name, pipeline = pipeline }
end

function Parser:text_or_action()
  local token = self:next_solid()
  if token.kind == "text" then return { kind = "text", text = token.text, line = token.line } end
  if token.kind ~= "left" then self:unexpected(token, "input") end
  local first = self:peek_solid()
  local action = actions[first.kind]
  if action then
    self:next()
    return action(self, first)
  end
  return { kind = "action", line = first.line, pipeline = self:pipeline("command", "right") }
end

---Parses a template. Raises a TemplateError table.
---@param text string
---@return Node[] nodes the main template
---@return table<string, Node[]> templates defined ones by name
function M.parse(text)
  local self = setmetatable({ text = text, tokens = lexer.tokens(text), at = 1, variables = { "$" }, ranges = 0, depth = 0,
    templates = {} }, Parser)
  local nodes = {}
  while self:peek().kind ~= "eof" do
    local mark = self.at
    local token = self:next()
    if token.kind == "left" and self:peek_solid().kind == "define" then
      self:next()
      self:definition()
    else
      self.at = mark
      local node = self:text_or_action()
      if node.kind == "end" or node.kind == "else" then self:fail(node.line, "unexpected {{%s}}", node.kind) end
      nodes[#nodes + 1] = node
    end
  end
  return nodes, self.templates
end

return M
