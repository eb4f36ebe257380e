-- Tokens -> pipelines: the part of the parser that reads what stands inside actions. Methods of the parser.
local functions = require "orun.template.functions"
local literal = require "orun.template.literal"

---@class PipelineNode
---@field kind "pipeline"
---@field at integer
---@field text string as written
---@field assigns boolean   `=` instead of `:=`
---@field variables string[] declared or assigned, with the dollar sign
---@field commands OperandNode[][] each the operands of one stage

---@class OperandNode
---@field kind "dot"|"nil"|"constant"|"overflow"|"field"|"variable"|"function"|"chain"|"pipeline"
---@field at integer
---@field text string as written
---@field value? any        of a constant
---@field name? string      of a variable or function
---@field fields? string[]  of a field, variable or chain
---@field base? OperandNode of a chain

---@class Parser
local Parser = {}

---@param token Token
---@return string
function Parser:string_value(token)
  local text = literal.string(token.text)
  if not text then self:fail(token.at, "malformed escape in the string %s", token.text) end
  return text
end

local number_problems = { malformed = "malformed number %s", large = "the integer %s is too large",
  complex = "complex numbers such as %s are not supported" }

local terms = {}

function terms.dot(_, token) return { kind = "dot", at = token.at } end

terms["nil"] = function(_, token) return { kind = "nil", at = token.at } end

function terms.bool(_, token) return { kind = "constant", at = token.at, value = token.text == "true" } end

function terms.string(self, token) return { kind = "constant", at = token.at, value = self:string_value(token) } end

function terms.field(_, token) return { kind = "field", at = token.at, fields = { token.text:sub(2) } } end

function terms.identifier(self, token)
  if not functions.get(token.text) then self:fail(token.at, "there is no function %s", token.text) end
  return { kind = "function", at = token.at, name = token.text }
end

function terms.variable(self, token)
  for i = #self.variables, 1, -1 do
    if self.variables[i] == token.text then
      self.stateful = true
      return { kind = "variable", at = token.at, name = token.text, fields = {} }
    end
  end
  self:fail(token.at, "there is no variable %s here", token.text)
end

function terms.number(self, token)
  local n, problem = literal.number(token.text)
  if n then return { kind = "constant", at = token.at, value = n } end
  -- Found when it is evaluated, as in Go.
  if problem == "unsigned" then return { kind = "overflow", at = token.at } end
  self:fail(token.at, number_problems[problem], token.text)
end

function terms.character(self, token)
  local code = literal.character(token.text)
  if not code then self:fail(token.at, "malformed character constant %s", token.text) end
  return { kind = "constant", at = token.at, value = code }
end

function terms.leftparen(self, token)
  self:enter(token.at)
  local pipeline = self:pipeline("parentheses", "rightparen")
  self:leave()
  return pipeline
end

-- Fields that follow an operand directly.
function Parser:followed(node)
  local kind = node.kind
  if kind == "constant" or kind == "overflow" or kind == "nil" or kind == "dot" then
    self:fail(self:peek().at, "unexpected %s behind %s", self:peek().text, self.text:sub(node.at, self:peek().at - 1))
  end
  if kind == "function" or kind == "pipeline" then node = { kind = "chain", at = self:peek().at, base = node, fields = {} } end
  while self:peek().kind == "field" do node.fields[#node.fields + 1] = self:next().text:sub(2) end
  return node
end

-- One operand, or nil when the next token begins none.
function Parser:operand()
  local token = self:peek()
  local term = terms[token.kind]
  if not term then return nil end
  self:next()
  local node = term(self, token)
  if self:peek().kind == "field" then node = self:followed(node) end
  node.text = self.text:sub(token.at, self:peek().at - 1)
  return node
end

-- The operands of one stage, up to a pipe (taken) or the end of the pipeline (left).
function Parser:command()
  local operands = {}
  while true do
    self:skip_space()
    operands[#operands + 1] = self:operand()
    local token = self:peek()
    local kind = token.kind
    if kind == "right" or kind == "rightparen" then return operands end
    if kind ~= "space" and kind ~= "pipe" then self:unexpected(token, "operand") end
    self:next()
    if kind == "pipe" then return operands end
  end
end

-- The variables at the beginning of a pipeline: `$x :=`, `$x =`, in a range also `$i, $x :=`.
function Parser:declarations(pipeline, context)
  while self:skip_space().kind == "variable" do
    local start, variable = self.position, self:next()
    local token = self:skip_space()
    local comma = token.kind == "sign" and token.text == ","
    if token.kind ~= "assign" and token.kind ~= "declare" and not comma then
      self.position = start
      return
    end
    self:next()
    self.stateful = true
    pipeline.variables[#pipeline.variables + 1] = variable.text
    self.variables[#self.variables + 1] = variable.text
    if not comma then
      pipeline.assigns = token.kind == "assign"
      return
    end
    if context ~= "range" or #pipeline.variables > 1 then self:fail(token.at, "too many declarations in %s", context) end
    local following = self:skip_space()
    if following.kind ~= "variable" and following.kind ~= "right" and following.kind ~= "rightparen" then
      if following.kind == "error" then self:unexpected(following, context) end
      self:fail(following.at, "unexpected %s: a range declares variables only", following.text)
    end
  end
end

function Parser:check_pipeline(pipeline, context)
  if #pipeline.commands == 0 then self:fail(pipeline.at, "missing value in %s", context) end
  for i = 2, #pipeline.commands do
    local first = pipeline.commands[i][1]
    if first.kind == "constant" or first.kind == "overflow" or first.kind == "dot" or first.kind == "nil" then
      self:fail(first.at, "%s cannot take the value of a pipeline (stage %d)", first.text, i)
    end
  end
end

---Reads a pipeline and the token that ends it.
---@param context string for messages
---@param close "right"|"rightparen"
---@return PipelineNode
function Parser:pipeline(context, close)
  local pipeline = { kind = "pipeline", at = self:skip_space().at, assigns = false, variables = {}, commands = {} }
  self:declarations(pipeline, context)
  while true do
    local token = self:skip_space()
    if token.kind == close then
      self:check_pipeline(pipeline, context)
      self:next()
      pipeline.text = self.text:sub(pipeline.at, token.at - 1):gsub("[ \t\r\n]+%-?$", "")
      return pipeline
    end
    if not terms[token.kind] then self:unexpected(token, context) end
    pipeline.commands[#pipeline.commands + 1] = self:command()
  end
end

return Parser
