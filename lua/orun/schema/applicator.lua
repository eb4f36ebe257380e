-- The keywords that apply other schemas: applicator(argument, schema, compiler) returns a check like those of keyword.lua. A check
-- whose run carries `seen` also notes which properties and items it has looked at, for `unevaluatedProperties` and `unevaluatedItems`.
local keyword = require "orun.schema.keyword"
local sorted = require "orun.util.sorted"

local M = {}

local is_map, is_list = keyword.is_map, keyword.is_list

-- Runs a check with a record of its own of what was seen; it joins the outer record only if the check holds.
local function tracked(check, v, run)
  local outer = run.seen
  local inner = { properties = {}, items = {}, upto = 0 }
  run.seen = inner
  local ok = check(v, run)
  run.seen = outer
  if ok and outer then
    for k in next, inner.properties do outer.properties[k] = true end
    for k in next, inner.items do outer.items[k] = true end
    outer.all_properties = outer.all_properties or inner.all_properties
    outer.all_items = outer.all_items or inner.all_items
    outer.upto = math.max(outer.upto, inner.upto)
  end
  return ok
end
M.tracked = tracked

-- Runs a check of a schema that stands at the same place. What it has seen counts only if it holds.
local function in_place(check, v, run)
  if not run.seen then return check(v, run) end
  return tracked(check, v, run)
end

-- Runs a check below the current place.
local function below(check, v, run, token)
  local outer = run.seen
  run.seen = nil
  run:enter(token)
  local ok = check(v, run)
  run:leave()
  run.seen = outer
  return ok
end

-- Runs a check without keeping its complaints.
local function quietly(check, v, run)
  local failures = run.failures
  run.failures = nil
  local ok = in_place(check, v, run)
  run.failures = failures
  return ok
end

local function compile_list(argument, compiler)
  local checks = {}
  for i, schema in ipairs(argument) do checks[i] = compiler:check(schema) end
  return checks
end

function M.allOf(argument, _, compiler)
  local checks = compile_list(argument, compiler)
  return function(v, run)
    local ok = true
    for _, check in ipairs(checks) do
      if not in_place(check, v, run) then
        ok = false
        if not run.failures then return false end
      end
    end
    return ok
  end
end

function M.anyOf(argument, _, compiler)
  local checks = compile_list(argument, compiler)
  return function(v, run)
    local ok = false
    for _, check in ipairs(checks) do
      if quietly(check, v, run) then
        ok = true
        if not run.seen then return true end
      end
    end
    if ok then return true end
    return run:explain("anyOf", checks, v)
  end
end

function M.oneOf(argument, _, compiler)
  local checks = compile_list(argument, compiler)
  return function(v, run)
    local first
    for i, check in ipairs(checks) do
      if quietly(check, v, run) then
        if first then return run:fail("oneOf", "valid against the schemas at index %d and %d, where one is wanted", first - 1, i - 1) end
        first = i
      end
    end
    return first ~= nil or run:explain("oneOf", checks, v)
  end
end

M["not"] = function(argument, _, compiler)
  local check = compiler:check(argument)
  return function(v, run)
    local seen = run.seen
    run.seen = seen and { properties = {}, items = {}, upto = 0 }
    local holds = quietly(check, v, run)
    run.seen = seen
    return not holds or run:fail("not", "must not be valid against the schema in 'not'")
  end
end

M["if"] = function(argument, schema, compiler)
  local condition = compiler:check(argument)
  local yes = schema["then"] ~= nil and compiler:check(schema["then"])
  local no = schema["else"] ~= nil and compiler:check(schema["else"])
  return function(v, run)
    local branch = no
    if quietly(condition, v, run) then branch = yes end
    return not branch or in_place(branch, v, run)
  end
end

-- properties, patternProperties and additionalProperties belong together: the last means what the others leave.
function M.members(schema, compiler)
  local properties, patterns = {}, {}
  if is_map(schema.properties) then
    for name, s in sorted.pairs(schema.properties) do properties[name] = compiler:check(s) end
  end
  if is_map(schema.patternProperties) then
    for pattern, s in sorted.pairs(schema.patternProperties) do
      patterns[#patterns + 1] = { test = compiler:pattern(pattern), check = compiler:check(s) }
    end
  end
  local additional = schema.additionalProperties
  local rest = additional ~= nil and additional ~= false and compiler:check(additional)
  -- Only whether all members are right: in any order, up to the first that is not.
  local function agree(v, run)
    for name, member in next, v do
      local check = properties[name] or rest
      if check then
        if not check(member, run) then return false end
      elseif additional ~= nil then
        return false
      end
    end
    return true
  end
  return function(v, run)
    if not is_map(v) then return true end
    if not run.failures and not run.seen and #patterns == 0 then return agree(v, run) end
    local ok, extra, seen = true, nil, run.seen
    for name, member in sorted.pairs(v) do
      local known = false
      if properties[name] then
        known = true
        if not below(properties[name], member, run, name) then ok = false end
      end
      for _, p in ipairs(patterns) do
        if p.test(name) then
          known = true
          if not below(p.check, member, run, name) then ok = false end
        end
      end
      if not known and additional ~= nil then
        known = true
        if not rest then
          extra = extra or {}
          extra[#extra + 1] = name
        elseif not below(rest, member, run, name) then
          ok = false
        end
      end
      if seen and known then seen.properties[name] = true end
      if not ok and not run.failures then return false end
    end
    if extra then return run:extra("additionalProperties", "additionalProperties %s not allowed", extra, sorted.keys(properties)) end
    return ok
  end
end

function M.propertyNames(argument, _, compiler)
  local check = compiler:check(argument)
  return function(v, run)
    if not is_map(v) then return true end
    local ok = true
    for name in sorted.pairs(v) do
      if not below(check, name, run, name) then ok = false end
    end
    return ok
  end
end

-- prefixItems and items (2020-12), items and additionalItems (before).
function M.elements(schema, compiler)
  local leading, rest
  if compiler.dialect.prefix then
    leading, rest = schema.prefixItems, schema.items
  elseif is_list(schema.items) then
    leading, rest = schema.items, schema.additionalItems
  else
    rest = schema.items
  end
  local checks = is_list(leading) and compile_list(leading, compiler) or {}
  local rest_check = rest ~= nil and compiler:check(rest)
  return function(v, run)
    if not is_list(v) then return true end
    local ok, seen = true, run.seen
    for i = 1, #v do
      local check = checks[i] or rest_check
      if check and not below(check, v[i], run, i - 1) then
        ok = false
        if not run.failures then return false end
      end
    end
    if seen then
      seen.upto = math.max(seen.upto, math.min(#checks, #v))
      if rest_check then seen.all_items = true end
    end
    return ok
  end
end

function M.contains(argument, schema, compiler)
  local check = compiler:check(argument)
  local counts = compiler.dialect.modern and not compiler.dialect.without_validation
  local least = counts and schema.minContains or 1
  local most = counts and schema.maxContains
  return function(v, run)
    if not is_list(v) then return true end
    local found = 0
    for i = 1, #v do
      local outer = run.seen
      run.seen = nil
      local holds = quietly(check, v[i], run)
      run.seen = outer
      if holds then
        found = found + 1
        if outer and compiler.dialect.prefix then outer.items[i] = true end
      end
    end
    if found < least then return run:fail("contains", "contains too few matching items: %d, at least %s wanted", found, tostring(least)) end
    if most and found > most then
      return run:fail("maxContains", "contains too many matching items: %d, at most %s wanted", found, tostring(most))
    end
    return true
  end
end

function M.dependentSchemas(argument, _, compiler)
  local checks = {}
  for name, s in sorted.pairs(argument) do checks[#checks + 1] = { name = name, check = compiler:check(s) } end
  return function(v, run)
    if not is_map(v) then return true end
    local ok = true
    for _, d in ipairs(checks) do
      if v[d.name] ~= nil and not in_place(d.check, v, run) then ok = false end
    end
    return ok
  end
end

-- Draft 7's mixture of dependentRequired and dependentSchemas.
function M.dependencies(argument, _, compiler)
  local names, schemas = {}, {}
  for name, need in sorted.pairs(argument) do
    if is_list(need) then names[name] = need else schemas[name] = need end
  end
  local required = keyword.dependentRequired(names)
  local dependent = M.dependentSchemas(schemas, nil, compiler)
  return function(v, run)
    local a = required(v, run)
    return dependent(v, run) and a
  end
end

function M.unevaluatedProperties(argument, _, compiler)
  local check = argument ~= false and compiler:check(argument)
  return function(v, run)
    local seen = run.seen
    if not is_map(v) or seen.all_properties then return true end
    local ok, extra = true, nil
    for name, member in sorted.pairs(v) do
      if not seen.properties[name] then
        if not check then
          extra = extra or {}
          extra[#extra + 1] = name
        elseif not below(check, member, run, name) then
          ok = false
        end
      end
    end
    seen.all_properties = true
    if extra then return run:extra("unevaluatedProperties", "unevaluatedProperties %s not allowed", extra, {}) end
    return ok
  end
end

function M.unevaluatedItems(argument, _, compiler)
  local check = compiler:check(argument)
  return function(v, run)
    local seen = run.seen
    if not is_list(v) or seen.all_items then return true end
    local ok = true
    for i = seen.upto + 1, #v do
      if not seen.items[i] and not below(check, v[i], run, i - 1) then ok = false end
    end
    seen.all_items = true
    return ok
  end
end

return M
