-- Tree -> closures. A compiled list is `function(run, dot)` that appends to run.out and returns nil, "break" or "continue"; a compiled
-- term is `function(run, dot)` that returns a value. Missing values are `functions.missing`, nulls `value.null`: they differ inside a
-- chain of fields (a null has no fields, a missing value has all of them), and a pipeline turns the second into the first.
local format = require "orun.template.format"
local functions = require "orun.template.functions"
local sorted = require "orun.util.sorted"
local value = require "host.value"

local M = {}

local DEPTH = 2000

local missing, null, truth, kind = functions.missing, value.null, functions.truth, value.kind

local function fail(line, message, ...)
  error({ kind = "exec", line = line, message = select("#", ...) > 0 and message:format(...) or message }, 0)
end

-- ---- variables ----------------------------------------------------------------------------------

local function push(run, name, v)
  local top = run.top + 1
  run.top, run.names[top], run.values[top] = top, name, v
end

local function find(run, name)
  for i = run.top, run.bottom, -1 do
    if run.names[i] == name then return i end
  end
  return nil
end

local function assign(run, name, v, line)
  local i = find(run, name)
  if not i then fail(line, "undefined variable: %s", name) end
  run.values[i] = v
end

-- ---- terms --------------------------------------------------------------------------------------

local function field_of(receiver, name, line)
  if receiver == missing then return missing end
  if type(receiver) == "table" and not value.is_list(receiver) then
    local v = receiver[name]
    if v == nil then return missing end
    return v
  end
  if receiver == null then fail(line, "nil pointer evaluating interface {}.%s: the value before it is null", name) end
  fail(line, "can't evaluate field %s in type %s", name, format.type_name(receiver))
end

-- The last field of a chain may be handed arguments, which only a function could take.
local function chain_of(fields, line, has_arguments)
  local n = #fields
  return function(receiver, with_final)
    for i = 1, n do
      local arguments = i == n and (has_arguments or with_final)
      if arguments and receiver ~= missing and type(receiver) == "table" and not value.is_list(receiver) then
        fail(line, "%s is not a method but has arguments", fields[i])
      end
      receiver = field_of(receiver, fields[i], line)
    end
    return receiver
  end
end

local compile_pipeline, compile_list

-- A term in an argument's place.
local compile_argument

local terms = {}

function terms.dot() return function(_, dot) return dot end end
terms["nil"] = function() return function() return null end end
function terms.bool(node) return function() return node.value end end
function terms.string(node) return function() return node.value end end

function terms.number(node)
  if node.overflow then
    return function() fail(node.line, "%s overflows int", node.overflow) end
  end
  return function() return node.value end
end

function terms.field(node)
  local fields = node.fields
  if #fields == 1 then
    local name, line = fields[1], node.line
    return function(_, dot) return field_of(dot, name, line) end
  end
  local follow = chain_of(fields, node.line)
  return function(_, dot) return follow(dot) end
end

function terms.variable(node)
  local follow = #node.fields > 0 and chain_of(node.fields, node.line)
  return function(run)
    local i = find(run, node.name)
    if not i then fail(node.line, "undefined variable: %s", node.name) end
    local v = run.values[i]
    if follow then return follow(v) end
    return v
  end
end

function terms.pipeline(node) return compile_pipeline(node) end

function terms.chain(node)
  local base, follow = compile_argument(node.base), chain_of(node.fields, node.line)
  return function(run, dot) return follow(base(run, dot)) end
end

-- ---- calls --------------------------------------------------------------------------------------

local function compile_short_circuit(name, node, arguments)
  local stops_at = name == "or"
  return function(run, dot, final)
    if #arguments == 0 and final == nil then fail(node.line, "wrong number of args for %s: want at least 1 got 0", name) end
    local v
    for _, argument in ipairs(arguments) do
      v = argument(run, dot)
      if truth(v) == stops_at then return v end
    end
    if final ~= nil then v = final end
    return v
  end
end

local function check_count(f, name, n, given, line)
  if n < f.least then
    fail(line, f.most and "wrong number of args for %s: want %d got %d" or "wrong number of args for %s: want at least %d got %d", name,
      f.least, f.most and n or given)
  end
  if f.most and n > f.most then fail(line, "wrong number of args for %s: want %d got %d", name, f.most, n) end
end

local function compile_call(node, arguments)
  local name, line = node.name, node.line
  local compiled = {}
  for i, argument in ipairs(arguments) do compiled[i] = compile_argument(argument) end
  if name == "and" or name == "or" then return compile_short_circuit(name, node, compiled) end
  local f = functions.get(name)
  local given = #compiled
  return function(run, dot, final)
    local n = given + (final ~= nil and 1 or 0)
    check_count(f, name, n, given, line)
    local values = {}
    for i = 1, given do
      if i == f.text and arguments[i].kind ~= "string" and (arguments[i].kind == "number" or arguments[i].kind == "bool"
        or arguments[i].kind == "nil") then
        fail(line, "%s: expected string", name)
      end
      local v = compiled[i](run, dot)
      if v == missing then v = null end
      values[i] = v
    end
    if final ~= nil then
      if final == missing then final = null end
      values[n] = final
    end
    if f.text and type(values[f.text]) ~= "string" then
      fail(line, "%s: wrong type for value; expected string; got %s", name, format.type_name(values[f.text]))
    end
    local ok, result = pcall(f.run, values, n)
    if ok then return result end
    if type(result) == "table" and result.fault then fail(line, "error calling %s: %s", name, result.fault) end
    error(result, 0)
  end
end

function compile_argument(node)
  if node.kind == "identifier" then return compile_call(node, {}) end
  return terms[node.kind](node)
end

-- One command of a pipeline: `function(run, dot, final)`, final being the value of the stage before (nil for the first).
local function compile_command(command)
  local first = command.arguments[1]
  local line, more = first.line, #command.arguments > 1
  if first.kind == "identifier" then return compile_call(first, table.move(command.arguments, 2, #command.arguments, 1, {})) end
  if first.kind == "field" then
    local follow = chain_of(first.fields, line, more)
    return function(_, dot, final) return follow(dot, final ~= nil) end
  end
  if first.kind == "chain" then
    local base, follow = compile_argument(first.base), chain_of(first.fields, line, more)
    return function(run, dot, final) return follow(base(run, dot), final ~= nil) end
  end
  if first.kind == "variable" and #first.fields > 0 then
    local follow = chain_of(first.fields, line, more)
    return function(run, _, final)
      local i = find(run, first.name)
      if not i then fail(line, "undefined variable: %s", first.name) end
      return follow(run.values[i], final ~= nil)
    end
  end
  local term = terms[first.kind](first)
  return function(run, dot, final)
    if first.kind == "variable" then term(run, dot) end
    if more or final ~= nil then fail(line, "can't give argument to non-function %s", first.name or tostring(first.value or first.kind)) end
    if first.kind == "nil" then fail(line, "nil is not a command") end
    return term(run, dot)
  end
end

function compile_pipeline(node)
  local commands, variables = {}, node.variables
  for i, command in ipairs(node.commands) do commands[i] = compile_command(command) end
  local count, declares = #commands, #variables
  if count == 1 and declares == 0 then
    local only = commands[1]
    return function(run, dot)
      local v = only(run, dot)
      if v == null then return missing end
      return v
    end
  end
  return function(run, dot)
    local v
    for i = 1, count do
      v = commands[i](run, dot, v)
      if v == null then v = missing end
    end
    for i = 1, declares do
      if node.assigns then assign(run, variables[i], v, node.line) else push(run, variables[i], v) end
    end
    return v
  end
end

-- ---- actions ------------------------------------------------------------------------------------

local nodes = {}

function nodes.text(node)
  local text = node.text
  return function(run)
    local n = run.n + 1
    run.n, run.out[n] = n, text
  end
end

-- Whether `<nil>` stands in a printed list or map.
local function holds_null(v)
  if type(v) ~= "table" then return false end
  for _, item in next, v do
    if item == null or (type(item) == "table" and holds_null(item)) then return true end
  end
  return false
end

function nodes.action(node)
  local pipeline, line, text = compile_pipeline(node.pipeline), node.line, node.pipeline.text
  if #node.pipeline.variables > 0 then
    return function(run, dot) pipeline(run, dot) end
  end
  return function(run, dot)
    local v = pipeline(run, dot)
    local n = run.n + 1
    run.n = n
    if type(v) == "string" then
      run.out[n] = v
    elseif v == missing then
      run.out[n] = "<no value>"
    else
      run.out[n] = format.plain(v)
    end
    if run.on_missing and (v == missing or holds_null(v)) then run.on_missing { line = line, expression = text } end
  end
end

local function compile_choice(node, rebinds)
  local pipeline, list = compile_pipeline(node.pipeline), compile_list(node.list)
  local otherwise = node.otherwise and compile_list(node.otherwise)
  return function(run, dot)
    local top = run.top
    local v = pipeline(run, dot)
    local jump
    if truth(v) then
      jump = list(run, rebinds and v or dot)
    elseif otherwise then
      jump = otherwise(run, dot)
    end
    run.top = top
    return jump
  end
end

nodes["if"] = function(node) return compile_choice(node, false) end
nodes.with = function(node) return compile_choice(node, true) end
nodes["break"] = function() return function() return "break" end end
nodes.continue = function() return function() return "continue" end end

function nodes.range(node)
  local pipeline, list = compile_pipeline(node.pipeline), compile_list(node.list)
  local otherwise = node.otherwise and compile_list(node.otherwise)
  local variables, assigns, line = node.pipeline.variables, node.pipeline.assigns, node.line

  -- Runs the body once; true to stop.
  local function once(run, mark, index, item)
    if #variables > 0 then
      if assigns then
        if #variables > 1 then
          assign(run, variables[1], index, line)
          assign(run, variables[2], item, line)
        else
          assign(run, variables[1], item, line)
        end
      else
        run.values[mark] = item
        if #variables > 1 then run.values[mark - 1] = index end
      end
    end
    local jump = list(run, item)
    run.top = mark
    return jump == "break"
  end

  return function(run, dot)
    local top = run.top
    local v = pipeline(run, dot)
    local mark, ran, k = run.top, false, v ~= missing and kind(v) or "nil"
    if k == "list" then
      for i = 1, #v do
        ran = true
        if once(run, mark, i - 1, v[i]) then break end
      end
    elseif k == "map" then
      for name, item in sorted.pairs(v) do
        ran = true
        if once(run, mark, name, item) then break end
      end
    elseif k == "integer" then
      if #variables > 1 then fail(line, "can't use %d to iterate over more than one variable", v) end
      for i = 0, v - 1 do
        ran = true
        if once(run, mark, missing, i) then break end
      end
    elseif k ~= "nil" then
      fail(line, "range can't iterate over %s", format.plain(v))
    end
    local jump
    if not ran and otherwise then jump = otherwise(run, dot) end
    run.top = top
    return jump
  end
end

function nodes.template(node)
  local pipeline, line, name = node.pipeline and compile_pipeline(node.pipeline), node.line, node.name
  return function(run, dot)
    local body = run.templates[name]
    if not body then fail(line, "template %q not defined", name) end
    if run.depth >= DEPTH then fail(line, "exceeded maximum template depth (%d)", DEPTH) end
    local argument = missing
    if pipeline then argument = pipeline(run, dot) end
    local bottom, top = run.bottom, run.top
    run.depth = run.depth + 1
    push(run, "$", argument)
    run.bottom = run.top
    body(run, argument)
    run.bottom, run.top, run.depth = bottom, top, run.depth - 1
  end
end

function compile_list(list)
  local compiled = {}
  for i, node in ipairs(list) do compiled[i] = nodes[node.kind](node) end
  local n = #compiled
  if n == 1 then return compiled[1] end
  return function(run, dot)
    for i = 1, n do
      local jump = compiled[i](run, dot)
      if jump then return jump end
    end
  end
end

---Compiles a parsed template.
---@param main Node[]
---@param templates table<string, Node[]>
---@return fun(data: any, on_missing?: fun(info: {line: integer, expression: string})): string?, TemplateError?
function M.compile(main, templates)
  local body, named = compile_list(main), {}
  for name, list in sorted.pairs(templates) do named[name] = compile_list(list) end
  return function(data, on_missing)
    local run = { out = {}, n = 0, names = { "$" }, values = { data }, top = 1, bottom = 1, depth = 0, templates = named,
      on_missing = on_missing }
    local ok, err = pcall(body, run, data)
    if ok then return table.concat(run.out, "", 1, run.n) end
    if type(err) ~= "table" or err.kind ~= "exec" then error(err, 0) end
    err.partial = table.concat(run.out, "", 1, run.n)
    return nil, err
  end
end

return M
