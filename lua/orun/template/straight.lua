-- Trees -> one Lua function for whole templates, when they are made of texts, fields, comparisons of fields with texts, and ranges over
-- lists. The function answers the usual case only: plain maps that hold texts and integers. In every other case it returns nil, having
-- done nothing, and the closures of the evaluator decide; so it knows no messages and none of the finer rules.
local value = require "host.value"

local M = {}

local LIST = getmetatable(value.list())

-- What Lua allows in one function, with room to spare.
local LOCALS, PIECES, NESTING = 120, 80, 8
-- Items of a list, and ranges within each other: what goes round more often is left to the evaluator, which counts.
local ITEMS, RANGES = 50, 2

-- A node that needs the evaluator.
local UNFIT = {}

local function unfit() error(UNFIT, 0) end

---@class Straight
---@field lines string[] of the function's body
---@field locals integer
---@field ranges integer open ones
---@field depth integer
local Straight = {}
Straight.__index = Straight

function Straight:line(text, ...) self.lines[#self.lines + 1] = text:format(...) end

---A new local variable.
---@return string name
function Straight:name()
  self.locals = self.locals + 1
  if self.locals > LOCALS then unfit() end
  return "v" .. self.locals
end

---@class StraightBlock
---@field dot string variable of the dot
---@field fields table<string, string> variable by field and the variable that it is a field of
---@field maps table<string, boolean> variables that are known to be plain maps

-- What a block knows from around it holds in it, but not the other way round.
---@return StraightBlock
local function inside(outer, dot)
  return {
    dot = dot or outer.dot, fields = setmetatable({}, { __index = outer.fields }), maps = setmetatable({}, { __index = outer.maps }),
  }
end

-- The variable of a chain of fields; those before the last must be plain maps.
function Straight:field(block, names)
  local from = block.dot
  for _, name in ipairs(names) do
    if not block.maps[from] then
      self:line('if type(%s) ~= "table" or getmetatable(%s) then return end', from, from)
      block.maps[from] = true
    end
    local key = from .. "." .. name
    if not block.fields[key] then
      block.fields[key] = self:name()
      self:line("local %s = %s[%q]", block.fields[key], from, name)
    end
    from = block.fields[key]
  end
  return from
end

function Straight:operand(block, node)
  if node.kind == "dot" then return block.dot end
  if node.kind ~= "field" then unfit() end
  return self:field(block, node.fields)
end

-- The operands of a pipeline of one stage without variables.
local function only_command(pipeline)
  if #pipeline.variables > 0 or #pipeline.commands > 1 then unfit() end
  return pipeline.commands[1]
end

function Straight:only_operand(block, pipeline)
  local command = only_command(pipeline)
  if #command > 1 then unfit() end
  return self:operand(block, command[1])
end

local parts = {}

function parts.text(_, _, node) return ("%q"):format(node.text) end

function parts.action(self, block, node)
  local command = only_command(node.pipeline)
  if #command == 1 and type(command[1].value) == "string" then return ("%q"):format(command[1].value) end
  local v = self:only_operand(block, node.pipeline)
  self:line('if type(%s) ~= "string" and mathtype(%s) ~= "integer" then return end', v, v)
  return v
end

-- `eq` and `ne` of a field and a text, or whether a field is there.
function Straight:condition(block, pipeline)
  local command = only_command(pipeline)
  if #command == 1 then
    local v = self:operand(block, command[1])
    self:line('if type(%s) ~= "string" and type(%s) ~= "boolean" and %s ~= nil then return end', v, v, v)
    return ('%s and %s ~= ""'):format(v, v)
  end
  local name, with = command[1].name, command[3]
  if name ~= "eq" and name ~= "ne" or #command ~= 3 or type(with.value) ~= "string" then unfit() end
  local v = self:operand(block, command[2])
  self:line('if type(%s) ~= "string" then return end', v)
  return ("%s %s %q"):format(v, name == "eq" and "==" or "~=", with.value)
end

parts["if"] = function(self, block, node)
  local condition, out = self:condition(block, node.pipeline), self:name()
  self:line("local %s if %s then", out, condition)
  self:line("%s = %s else", out, self:list(inside(block), node.list))
  self:line("%s = %s end", out, self:list(inside(block), node.otherwise or {}))
  return out
end

function parts.range(self, block, node)
  self.ranges = self.ranges + 1
  if self.ranges > RANGES or node.otherwise then unfit() end
  local list, out, item = self:only_operand(block, node.pipeline), self:name(), self:name()
  self:line("if getmetatable(%s) ~= LIST or #%s > %d then return end", list, list, ITEMS)
  self:line('local %s = "" for i = 1, #%s do local %s = %s[i]', out, list, item, list)
  self:line("%s = %s .. %s end", out, out, self:list(inside(block, item), node.list))
  self.ranges = self.ranges - 1
  return out
end

-- The text of nodes as an expression; lines before it make what it needs.
function Straight:list(block, nodes)
  self.depth = self.depth + 1
  if self.depth > NESTING or #nodes > PIECES then unfit() end
  local pieces = { '""' }
  for i, node in ipairs(nodes) do pieces[i] = (parts[node.kind] or unfit)(self, block, node) end
  self.depth = self.depth - 1
  -- An integer alone would stay one.
  if #nodes == 1 and nodes[1].kind == "action" then pieces[2] = '""' end
  return table.concat(pieces, " .. ")
end

---@param trees TemplateTree[]
---@return (fun(data: any): string?, ...: string?)? run returns the text of every tree, and nothing when the data needs the evaluator; nil
--- when a tree does
function M.compile(trees)
  local self = setmetatable({ lines = {}, locals = 0 }, Straight)
  local root, results = { dot = "dot", fields = {}, maps = {} }, {}
  for i, tree in ipairs(trees) do
    self.ranges, self.depth = 0, 0
    local ok, result = pcall(self.list, self, root, tree.main)
    if not ok and result ~= UNFIT then error(result, 0) end
    if not ok or tree.stateful then return nil end
    results[i] = result
  end
  self:line("return %s", table.concat(results, ", "))
  local source = ("local type, getmetatable, mathtype, LIST = ... return function(dot) %s end"):format(table.concat(self.lines, "\n"))
  return assert(load(source, "=template", "t", {}))(type, getmetatable, math.type, LIST)
end

return M
