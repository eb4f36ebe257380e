-- Tokens -> tree of the step template language: texts and actions. Everything that Go's text/template checks before anything runs is
-- checked here, in the same order.
local expression = require "orun.template.pipeline"
local lexer = require "orun.template.lexer"

local M = {}

-- Nested control structures and parentheses.
local NESTING = 1000

---@class TemplateNode
---@field kind "text"|"action"|"if"|"with"|"range"|"break"|"continue"|"template"
---@field at integer byte of the text it came from
---@field text? string
---@field pipeline? PipelineNode
---@field list? TemplateNode[]      body of if, with, range
---@field otherwise? TemplateNode[] after else
---@field name? string              of a called template

---@class TemplateTree
---@field main TemplateNode[]
---@field templates table<string, TemplateNode[]> by name
---@field stateful boolean whether variables or other templates are used

---@class Parser
---@field text string
---@field tokens Token[]
---@field position integer of the next token
---@field variables string[] names that are known here
---@field ranges integer open ranges
---@field depth integer
---@field stateful boolean
---@field templates table<string, TemplateNode[]>
local Parser = setmetatable({}, { __index = expression })
Parser.__index = Parser

---@param at integer
---@param message string
function Parser:fail(at, message, ...)
  error({ at = at, message = message:format(...) }, 0)
end

function Parser:peek() return self.tokens[self.position] end

function Parser:next()
  local token = self.tokens[self.position]
  if token.kind ~= "eof" and token.kind ~= "error" then self.position = self.position + 1 end
  return token
end

function Parser:skip_space()
  if self.tokens[self.position].kind == "space" then self.position = self.position + 1 end
  return self.tokens[self.position]
end

function Parser:next_solid()
  self:skip_space()
  return self:next()
end

---@param token Token
---@param context string
function Parser:unexpected(token, context)
  if token.kind == "error" then self:fail(token.at, "%s", token.text) end
  local shown = token.text
  if token.kind == "eof" then
    shown = "end of text"
  elseif #shown > 40 then
    shown = shown:sub(1, 37) .. "..."
  end
  self:fail(token.at, "unexpected %s in %s", shown, context)
end

function Parser:expect_right(context)
  local token = self:next_solid()
  if token.kind ~= "right" then self:unexpected(token, context) end
end

function Parser:enter(at)
  self.depth = self.depth + 1
  if self.depth > NESTING then self:fail(at, "nested deeper than %d levels", NESTING) end
end

function Parser:leave() self.depth = self.depth - 1 end

-- Forgets the variables that were declared since there were `count`.
function Parser:forget(count)
  for i = #self.variables, count + 1, -1 do self.variables[i] = nil end
end

-- Nodes up to `{{end}}` or `{{else}}`, and the kind of which it was. `opener` is the token that began the structure.
function Parser:list(opener)
  local nodes = {}
  while self:peek().kind ~= "eof" do
    local node = self:text_or_action()
    if node.kind == "end" or node.kind == "else" then return nodes, node end
    nodes[#nodes + 1] = node
  end
  self:fail(opener.at, "{{%s}} has no {{end}}", opener.kind)
end

-- if, with and range.
function Parser:control(opener)
  local kind, known = opener.kind, #self.variables
  self:enter(opener.at)
  local node = { kind = kind, at = opener.at, pipeline = self:pipeline(kind, "right") }
  local inside = kind == "range" and 1 or 0
  self.ranges = self.ranges + inside
  local stop
  node.list, stop = self:list(opener)
  self.ranges = self.ranges - inside
  if stop.kind == "else" then
    local following = self:peek()
    if following.kind == kind and kind ~= "range" then
      -- {{else if}} and {{else with}} share the {{end}} of the whole.
      self:next()
      self:leave()
      node.otherwise = { self:control(following) }
      self:enter(opener.at)
    else
      node.otherwise, stop = self:list(opener)
      if stop.kind ~= "end" then self:fail(stop.at, "second {{else}} in {{%s}}: {{end}} is expected", kind) end
    end
  end
  self:forget(known)
  self:leave()
  return node
end

function Parser:template_name(context)
  local token = self:next_solid()
  if token.kind ~= "string" then self:unexpected(token, context) end
  return self:string_value(token)
end

-- What Go counts as white space; a blank definition can be replaced by another.
local spaces = { "[\t-\r ]", "\u{85}", "\u{a0}", "\u{1680}", "\u{2000}", "\u{2001}", "\u{2002}", "\u{2003}", "\u{2004}", "\u{2005}",
  "\u{2006}", "\u{2007}", "\u{2008}", "\u{2009}", "\u{200a}", "\u{2028}", "\u{2029}", "\u{202f}", "\u{205f}", "\u{3000}" }

local function is_blank(nodes)
  for _, node in ipairs(nodes) do
    if node.kind ~= "text" then return false end
    local text = node.text
    for _, space in ipairs(spaces) do text = text:gsub(space, "") end
    if text ~= "" then return false end
  end
  return true
end

-- The body of a define or block, which sees nothing of what is around it, becomes a template.
function Parser:body(name, opener, context)
  local variables, ranges = self.variables, self.ranges
  self.variables, self.ranges = { "$" }, 0
  local nodes, stop = self:list(opener)
  if stop.kind ~= "end" then self:fail(stop.at, "unexpected {{else}} in %s", context) end
  self.variables, self.ranges = variables, ranges
  local known = self.templates[name]
  if not known or is_blank(known) then
    self.templates[name] = nodes
  elseif not is_blank(nodes) then
    self:fail(opener.at, "template %q is defined twice", name)
  end
end

function Parser:definition(opener)
  local name = self:template_name("define clause")
  self:expect_right("define clause")
  self:body(name, opener, "define clause")
end

local actions = { ["if"] = Parser.control, with = Parser.control, range = Parser.control }

actions["end"] = function(self, token)
  self:expect_right("{{end}}")
  return token
end

actions["else"] = function(self, token)
  local following = self:skip_space().kind
  if following ~= "if" and following ~= "with" then self:expect_right("{{else}}") end
  return token
end

local function jump(self, token)
  self:expect_right(("{{%s}}"):format(token.kind))
  if self.ranges == 0 then self:fail(token.at, "{{%s}} outside of a range", token.kind) end
  return token
end
actions["break"], actions.continue = jump, jump

function actions.template(self, token)
  self.stateful = true
  local node = { kind = "template", at = token.at, name = self:template_name("template clause") }
  if self:skip_space().kind == "right" then
    self:next()
  else
    node.pipeline = self:pipeline("template clause", "right")
  end
  return node
end

function actions.block(self, token)
  self.stateful = true
  local name = self:template_name("block clause")
  local pipeline = self:pipeline("block clause", "right")
  self:enter(token.at)
  self:body(name, token, "block clause")
  self:leave()
  return { kind = "template", at = token.at, name = name, pipeline = pipeline }
end

function Parser:text_or_action()
  local token = self:next_solid()
  if token.kind == "text" then return token end
  if token.kind ~= "left" then self:unexpected(token, "the template") end
  local first = self:skip_space()
  local action = actions[first.kind]
  if action then
    self:next()
    return action(self, first)
  end
  return { kind = "action", at = first.at, pipeline = self:pipeline("action", "right") }
end

---Parses a template.
---@param text string
---@return TemplateTree tree  raises {at, message}
function M.parse(text)
  local self = setmetatable({ text = text, tokens = lexer.tokens(text), position = 1, variables = { "$" }, ranges = 0, depth = 0,
    templates = {}, stateful = false }, Parser)
  local nodes = {}
  while self:peek().kind ~= "eof" do
    local start = self.position
    if self:next().kind == "left" and self:skip_space().kind == "define" then
      self:definition(self:next())
    else
      self.position = start
      local node = self:text_or_action()
      if node.kind == "end" or node.kind == "else" then self:fail(node.at, "unexpected {{%s}}: nothing is open", node.kind) end
      nodes[#nodes + 1] = node
    end
  end
  return { main = nodes, templates = self.templates, stateful = self.stateful }
end

return M
