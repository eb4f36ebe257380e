-- Tree -> closures `function(run, dot)` that write to the run and return nil, or "break" or "continue" on the way to their range.
local kinds = require "orun.template.kind"
local operand = require "orun.template.operand"
local position = require "orun.template.position"
local printing = require "orun.template.printing"
local sorted = require "orun.util.sorted"

local M = {}

-- Open template calls.
local DEPTH = 10000

-- Rounds of all ranges of one rendering: a mistyped number must end in an error, not in waiting.
local ROUNDS = 1000000

local fail, push, assign = operand.fail, operand.push, operand.assign
local kind, truth, plain, has_hole = kinds.of, kinds.truth, printing.plain, printing.has_hole

local compile_list

local compilers = {}

function compilers.text(node)
  local text = node.text
  return function(run)
    local n = run.n + 1
    run.n, run[n] = n, text
  end
end

---What is told when an action prints something missing or null.
---@class TemplateMissing
---@field line integer
---@field column integer
---@field expression string source text

local function report(run, at, expression)
  if not run.missing then return end
  local line, column = position.of(run.text, at)
  run.missing { line = line, column = column, expression = expression }
end

-- Whether a text shows that something was missing when a function made it; escapers leave the letters.
local function shows_hole(text) return text:find("nil", 1, true) or text:find("no.value") or text:find("no%20value", 1, true) end

local function write(run, text)
  local n = run.n + 1
  run.n, run[n] = n, text
end

---Prints a pipeline that is nothing but fields when it leads through plain maps to a text, which is the rule; else `general` does.
local function field_action(fields, general)
  local count = #fields
  return function(run, dot)
    local v = dot
    for i = 1, count do
      if type(v) ~= "table" or getmetatable(v) then return general(run, dot) end
      v = v[fields[i]]
    end
    if type(v) ~= "string" or run.hole then return general(run, dot) end
    write(run, v)
  end
end

function compilers.action(node)
  local pipeline, at, text = operand.pipeline(node.pipeline), node.pipeline.at, node.pipeline.text
  if #node.pipeline.variables > 0 then
    return function(run, dot) pipeline(run, dot) end
  end
  local function general(run, dot)
    local v = pipeline(run, dot)
    if type(v) == "string" then
      if run.hole and shows_hole(v) then report(run, at, run.hole) end
    elseif v == nil then
      v = "<no value>"
      report(run, at, text)
    else
      if run.missing and has_hole(v) then report(run, at, text) end
      v = plain(v)
    end
    write(run, v)
  end
  local first = node.pipeline.commands[1]
  if #node.pipeline.commands == 1 and #first == 1 and first[1].kind == "field" then return field_action(first[1].fields, general) end
  return general
end

local function nothing() end

local function choice(node, rebinds)
  local pipeline, list = operand.pipeline(node.pipeline), compile_list(node.list)
  local otherwise = node.otherwise and compile_list(node.otherwise) or nothing
  return function(run, dot)
    local top = run.top
    local v = pipeline(run, dot)
    local jump
    if truth(v) then
      if rebinds then dot = v end
      jump = list(run, dot)
    else
      jump = otherwise(run, dot)
    end
    run.top = top
    return jump
  end
end

compilers["if"] = function(node) return choice(node, false) end

function compilers.with(node) return choice(node, true) end

compilers["break"] = function() return function() return "break" end end

function compilers.continue() return function() return "continue" end end

-- Iterators `function(state, i)` -> i, index, item for what a range goes through.
local function next_of_list(list, i)
  if i < #list then return i + 1, i, list[i + 1] end
end

local function next_of_map(state, i)
  local name = state.keys[i + 1]
  if name ~= nil then return i + 1, name, state.map[name] end
end

local function next_integer(count, i)
  if i < count then return i + 1, nil, i end
end

local function next_byte(count, i)
  if i < count then return i + 1, nil, kinds.byte(i) end
end

-- The iterator for a value and its state. Nothing to go through: the iterator for no items.
local function iteration(v, node)
  local k = kind(v)
  if k == "list" then return next_of_list, v end
  if k == "map" then return next_of_map, { map = v, keys = sorted.keys(v) } end
  if k == "missing" then return next_integer, 0 end
  if k == "integer" or k == "byte" then
    if #node.pipeline.variables > 1 then fail(node.pipeline.at, "range over %s sets one variable, not two", kinds.word(v)) end
    if k == "byte" then return next_byte, v.number end
    return next_integer, v
  end
  fail(node.pipeline.at, "range cannot go through %s", kinds.word(v))
end

-- Gives the variables of a range their values for one round.
local function set_variables(run, node, mark, index, item)
  local variables = node.pipeline.variables
  local two = #variables > 1
  if node.pipeline.assigns then
    if two then assign(run, variables[1], index, node.at) end
    assign(run, variables[#variables], item, node.at)
  else
    run.values[mark] = item
    if two then run.values[mark - 1] = index end
  end
end

function compilers.range(node)
  local pipeline, list = operand.pipeline(node.pipeline), compile_list(node.list)
  local otherwise = node.otherwise and compile_list(node.otherwise) or nothing
  local declares = #node.pipeline.variables > 0
  return function(run, dot)
    local top = run.top
    local v = pipeline(run, dot)
    local mark = run.top
    local step, state = iteration(v, node)
    local i, index, item = step(state, 0)
    local jump
    if not i then jump = otherwise(run, dot) end
    while i do
      run.rounds = (run.rounds or 0) + 1
      if run.rounds > ROUNDS then fail(node.at, "range went through more than %d rounds", ROUNDS) end
      if declares then set_variables(run, node, mark, index, item) end
      local stop = list(run, item) == "break"
      run.top = mark
      if stop then break end
      i, index, item = step(state, i)
    end
    run.top = top
    return jump
  end
end

function compilers.template(node)
  local pipeline, at, name = node.pipeline and operand.pipeline(node.pipeline), node.at, node.name
  return function(run, dot)
    local body = run.templates[name]
    if not body then fail(at, "there is no template %q", name) end
    if run.depth == DEPTH then fail(at, "templates call each other to a depth of more than %d", DEPTH) end
    local argument
    if pipeline then argument = pipeline(run, dot) end
    local bottom, top = run.bottom, run.top
    push(run, "$", argument)
    run.bottom, run.depth = run.top, run.depth + 1
    body(run, argument)
    run.bottom, run.top, run.depth = bottom, top, run.depth - 1
  end
end

function compile_list(nodes)
  local compiled, count = {}, #nodes
  for i, node in ipairs(nodes) do compiled[i] = compilers[node.kind](node) end
  if count == 1 then return compiled[1] end
  return function(run, dot)
    for i = 1, count do
      local jump = compiled[i](run, dot)
      if jump then return jump end
    end
  end
end

---Compiles a tree.
---@param tree TemplateTree
---@param text string its source
---@return fun(data: any, missing?: fun(info: TemplateMissing)): boolean, any, TemplateRun  runs it: true, or false, what was raised,
--- and in any case the run with what it wrote
function M.compile(tree, text)
  local main, templates = compile_list(tree.main), {}
  for name, nodes in sorted.pairs(tree.templates) do templates[name] = compile_list(nodes) end
  local stateful = tree.stateful
  return function(data, missing)
    local run = { n = 0, top = 1, missing = missing, text = text }
    if stateful then
      run.names, run.values, run.bottom = { "$" }, { data }, 1
      run.templates, run.depth = templates, 0
    end
    local ok, err = pcall(main, run, data)
    return ok, err, run
  end
end

return M
