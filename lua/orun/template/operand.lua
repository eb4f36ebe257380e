-- Pipelines and what they are made of -> closures `function(run, dot)` that return a value: nil when it is missing. A null stays
-- host.value.null within one chain of fields, which must not go on behind it, and becomes nil at the end of a pipeline.
local functions = require "orun.template.functions"
local kinds = require "orun.template.kind"
local printing = require "orun.template.printing"
local value = require "host.value"

local M = {}

---@class TemplateRun
---@field n integer         pieces written; they are in the array part
---@field names string[]    variables: a stack of names and one of values
---@field values any[]
---@field bottom integer    the first variable of the running template
---@field top integer
---@field depth integer     open template calls
---@field templates table<string, function>
---@field missing? fun(info: TemplateMissing)
---@field hole? string      what was last written as `<nil>` or `<no value>` into a text

local null, is_map, truth, has_hole = value.null, kinds.is_map, kinds.truth, printing.has_hole

---@param at integer
---@param message string
function M.fail(at, message, ...) error({ at = at, message = message:format(...) }, 0) end
local fail = M.fail

-- Source text for messages.
local function brief(text)
  text = text:gsub("[ \t\r\n]+", " ")
  return #text > 60 and text:sub(1, 57) .. "..." or text
end

local function no_field(v, name, node) fail(node.at, "%s: %s has no field %s", brief(node.text), kinds.word(v), name) end

-- `function(v)` that goes through the fields of a node. What is missing has every field, but none has a value.
local function follower(node)
  local fields = node.fields
  local n = #fields
  return function(v)
    for i = 1, n do
      if v == nil then return nil end
      -- Most maps have no metatable; asking for that first saves a call.
      if (type(v) ~= "table" or getmetatable(v)) and not is_map(v) then no_field(v, fields[i], node) end
      v = v[fields[i]]
    end
    return v
  end
end

-- The same for a node that is handed arguments, which no field takes.
local function follower_with_arguments(node)
  local fields = node.fields
  local n = #fields
  return function(v)
    for i = 1, n do
      if v == nil then return nil end
      if not is_map(v) then no_field(v, fields[i], node) end
      if i == n then fail(node.at, "%s: a field takes no arguments", brief(node.text)) end
      v = v[fields[i]]
    end
  end
end

-- ---- variables ----------------------------------------------------------------------------------

local function place_of(run, name, at)
  local names = run.names
  for i = run.top, run.bottom, -1 do
    if names[i] == name then return i end
  end
  fail(at, "the variable %s is not set", name)
end

---@param run TemplateRun
---@param name string
---@param v any
function M.push(run, name, v)
  local top = run.top + 1
  run.top, run.names[top], run.values[top] = top, name, v
end
local push = M.push

---@param run TemplateRun
---@param name string
---@param v any
---@param at integer
function M.assign(run, name, v, at) run.values[place_of(run, name, at)] = v end
local assign = M.assign

-- ---- operands -----------------------------------------------------------------------------------

local operands, call = {}, nil

-- An operand in the place of an argument.
local function argument(node) return operands[node.kind](node) end

function operands.dot() return function(_, dot) return dot end end

operands["nil"] = function() return function() return null end end

function operands.constant(node)
  local v = node.value
  return function() return v end
end

function operands.overflow(node)
  return function() fail(node.at, "the integer %s is too large", node.text) end
end

function operands.field(node)
  local follow = follower(node)
  return function(_, dot) return follow(dot) end
end

function operands.variable(node)
  local name, at, follow = node.name, node.at, follower(node)
  return function(run) return follow(run.values[place_of(run, name, at)]) end
end

operands["function"] = function(node) return call(node, {}, false) end

function operands.chain(node)
  local base, follow = argument(node.base), follower(node)
  return function(run, dot) return follow(base(run, dot)) end
end

function operands.pipeline(node) return M.pipeline(node) end

-- ---- calls --------------------------------------------------------------------------------------

local function count_problem(f, n)
  if n < f.least then return ("needs %s%d argument%s"):format(f.most and "" or "at least ", f.least, f.least == 1 and "" or "s") end
  if f.most and n > f.most then return ("takes %d argument%s"):format(f.most, f.most == 1 and "" or "s") end
end

local function final_argument(_, _, final) return final end

-- `and` and `or` stop at the argument that decides.
local function short_circuit(arguments, n, decisive)
  return function(run, dot, final)
    local v
    for i = 1, n do
      v = arguments[i](run, dot, final)
      if truth(v) == decisive then break end
    end
    return v
  end
end

-- Longest text that a function may make: one that doubles in every round of a range must end in an error, not in all memory.
local TEXT = 16 << 20

-- Functions that write their arguments into a text: what is missing there is remembered.
local function printer(node, f, arguments, texts)
  local n = #arguments
  return function(run, dot, final)
    local values = {}
    for i = 1, n do
      local v = arguments[i](run, dot, final)
      if i == 1 and f.format and type(v) ~= "string" then
        fail(node.at, "%s: the format must be a string, not %s", node.name, kinds.word(v))
      end
      if run.missing and has_hole(v) then run.hole = texts[i] end
      values[i] = v
    end
    local text = f.call(table.unpack(values, 1, n))
    if #text > TEXT then fail(node.at, "%s made a text of more than %d bytes", node.name, TEXT) end
    return text
  end
end

local function plain_call(node, f, arguments)
  local n, compute = #arguments, f.call
  local function checked(v, problem)
    if problem then fail(node.at, "%s: %s", node.name, problem) end
    return v
  end
  if n == 1 then
    local first = arguments[1]
    return function(run, dot, final) return checked(compute((first(run, dot, final)))) end
  elseif n == 2 then
    local first, second = arguments[1], arguments[2]
    return function(run, dot, final) return checked(compute(first(run, dot, final), (second(run, dot, final)))) end
  end
  return function(run, dot, final)
    local values = {}
    for i = 1, n do values[i] = arguments[i](run, dot, final) end
    return checked(compute(table.unpack(values, 1, n)))
  end
end

-- `staged`: the value of the stage before comes as last argument.
function call(node, given, staged)
  local f = functions.get(node.name)
  local arguments, texts = {}, {}
  for i, operand in ipairs(given) do arguments[i], texts[i] = argument(operand), operand.text end
  if staged then arguments[#arguments + 1], texts[#texts + 1] = final_argument, staged end
  local problem = count_problem(f, #arguments)
  if problem then
    return function() fail(node.at, "%s %s, not %d", node.name, problem, #arguments) end
  end
  if f.prints then return printer(node, f, arguments, texts) end
  if f.call then return plain_call(node, f, arguments) end
  return short_circuit(arguments, #arguments, node.name == "or")
end

-- ---- pipelines ----------------------------------------------------------------------------------

local function refuse_arguments(node) fail(node.at, "%s is not a function and takes no argument", brief(node.text)) end

-- One stage: `function(run, dot, final)`. `staged`: the source text of the stages before, false for the first.
local function command(given, staged)
  local first = given[1]
  local kind = first.kind
  if kind == "function" then return call(first, table.move(given, 2, #given, 1, {}), staged) end
  if #given == 1 and not staged then
    if kind == "nil" then return function() fail(first.at, "nil is not a command") end end
    return argument(first)
  end
  if kind == "field" then
    local follow = follower_with_arguments(first)
    return function(_, dot) return follow(dot) end
  elseif kind == "chain" then
    local base, follow = argument(first.base), follower_with_arguments(first)
    return function(run, dot) return follow(base(run, dot)) end
  elseif kind == "variable" then
    local follow = #first.fields > 0 and follower_with_arguments(first) or function() refuse_arguments(first) end
    return function(run) return follow(run.values[place_of(run, first.name, first.at)]) end
  end
  return function() refuse_arguments(first) end
end

local function declare(run, node, v)
  for _, name in ipairs(node.variables) do
    if node.assigns then assign(run, name, v, node.at) else push(run, name, v) end
  end
end

---@param node PipelineNode
---@return fun(run: TemplateRun, dot: any): any
function M.pipeline(node)
  local stages, count = {}, #node.commands
  for i, given in ipairs(node.commands) do stages[i] = command(given, i > 1 and node.text) end
  local first, declares = stages[1], #node.variables > 0
  if count == 1 and not declares then
    return function(run, dot)
      local v = first(run, dot)
      if v == null then return nil end
      return v
    end
  end
  return function(run, dot)
    local v = first(run, dot)
    if v == null then v = nil end
    for i = 2, count do
      v = stages[i](run, dot, v)
      if v == null then v = nil end
    end
    if declares then declare(run, node, v) end
    return v
  end
end

return M
