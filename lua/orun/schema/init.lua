-- JSON Schema: draft 7 and draft 2020-12 in full, the drafts between and draft 4 as far as they agree with them. A schema is compiled
-- once into closures; validation reports all violations, each with the JSON pointers of the value and of the keyword.
--
--   local schema = require "orun.schema"
--   local s = assert(schema.compile({ type = "integer", minimum = 1 }))
--   local ok, violations = s:validate(0)   --> nil, { { pointer = "", keyword = "minimum", message = "must be >= 1 but found 0" } }
local applicator = require "orun.schema.applicator"
local dialect = require "orun.schema.dialect"
local format = require "orun.schema.format"
local keyword = require "orun.schema.keyword"
local pointer = require "orun.schema.pointer"
local property = require "orun.schema.property"
local registry = require "orun.schema.registry"
local suggestion = require "orun.util.suggestion"
local value = require "host.value"

local M = {}

---@class Violation
---@field pointer string where in the value (RFC 6901), "" for the whole
---@field keyword string the keyword that failed
---@field message string
---@field hint? string
---@field property? string the surplus property, for additionalProperties and unevaluatedProperties
---@field missing? string[] the missing properties, for required

-- One validation: the place in the value, what failed, and what was seen there.
local Run = {}
Run.__index = Run

function Run:enter(token)
  self.depth = self.depth + 1
  self.path[self.depth] = token
end

function Run:leave() self.depth = self.depth - 1 end

function Run:fail(name, message, ...)
  local failures = self.failures
  if failures then
    local tokens = {}
    for i = 1, self.depth do tokens[i] = "/" .. pointer.escape(tostring(self.path[i])) end
    failures[#failures + 1] = { pointer = table.concat(tokens), keyword = name, message = message:format(...) }
  end
  return false
end

-- Missing properties, all in one violation.
function Run:lack(name, message, missing)
  self:fail(name, message, table.concat(missing, "', '"))
  if self.failures then self.failures[#self.failures].missing = missing end
  return false
end

-- Surplus properties, one violation each, so that each can point at its own line.
function Run:extra(name, message, extra, known)
  if self.failures then
    for _, surplus in ipairs(extra) do
      self:fail(name, message, "'" .. surplus .. "'")
      local v = self.failures[#self.failures]
      v.property, v.hint = surplus, suggestion.hint(surplus, known)
    end
  end
  return false
end

-- No alternative holds: tell what the nearest one (the one with the fewest complaints, deepest first) wants.
function Run:explain(name, checks, v)
  local failures = self.failures
  if not failures then return false end
  local best, best_depth
  for _, check in ipairs(checks) do
    self.failures = {}
    local seen = self.seen
    self.seen = seen and { properties = {}, items = {}, upto = 0 }
    check(v, self)
    self.seen = seen
    local deepest = 0
    for _, f in ipairs(self.failures) do deepest = math.max(deepest, select(2, f.pointer:gsub("/", ""))) end
    if #self.failures > 0 and (not best or deepest > best_depth or deepest == best_depth and #self.failures < #best) then
      best, best_depth = self.failures, deepest
    end
  end
  self.failures = failures
  if not best then return self:fail(name, "no alternative allows it") end
  if #checks > 1 and best_depth <= self.depth then
    local told = {}
    for i, f in ipairs(best) do told[i] = f.message end
    return self:fail(name, "none of %d alternatives holds; the nearest: %s", #checks, table.concat(told, "; "))
  end
  for _, f in ipairs(best) do failures[#failures + 1] = f end
  return false
end

-- Applies what a reference leads to. A way back to the same schema is harmless only when it leads to another value.
function Run:follow(target, check, v, text)
  local depths, values = self.depths, self.values
  local depth, outer = depths[target], values[target]
  if depth == self.depth and rawequal(outer, v) then return self:fail("$ref", "the schema refers to itself without end, by %s", text) end
  depths[target], values[target] = self.depth, v
  local ok = check(v, self)
  depths[target], values[target] = depth, outer
  return ok
end

---@class SchemaCompiler
local Compiler = {}
Compiler.__index = Compiler

function Compiler:pattern(text)
  local found = self.patterns[text]
  if found then return found end
  local compiled, message = require("host.regex").compile(property.translate(text))
  if not compiled then
    error({ kind = "schema.pattern", text = text, message = ("the pattern '%s' is malformed: %s"):format(text, message) }, 0)
  end
  found = function(subject)
    local ok = compiled:test(subject)
    return ok == true
  end
  self.patterns[text] = found
  return found
end

function Compiler:format(name)
  local asserted = self.asserts_format
  if asserted == nil then asserted = self.dialect.asserts_format end
  return asserted and format[name] or nil
end

local function always(holds)
  if holds then return function() return true end end
  return function(_, run) return run:fail("false", "nothing is allowed here") end
end

---The check of a schema, compiled once. Recursion meets the check that is being made.
---@param schema table|boolean
---@param resource? Resource
---@return fun(v: any, run: table): boolean
function Compiler:check(schema, resource)
  if type(schema) == "boolean" then return always(schema) end
  if type(schema) ~= "table" or value.is_list(schema) then
    error({ kind = "schema.malformed", message = ("a schema must be an object or a boolean, not %s"):format(value.kind(schema)) }, 0)
  end
  local owner = self.registry.owner[schema] or resource or self.resource
  local known = self.checks[schema]
  if known then return known end
  local made
  self.checks[schema] = function(v, run) return made(v, run) end
  local outer, outer_dialect = self.resource, self.dialect
  self.resource, self.dialect = owner, owner.dialect
  made = self:build(schema, owner)
  self.resource, self.dialect = outer, outer_dialect
  self.checks[schema] = made
  return made
end

---What a reference leads to, and the resource that it stands in.
local function resolve(self, text, owner)
  local target, found = self.registry:resolve(text, owner)
  if target == nil then error({ kind = "schema.reference", message = found, text = text }, 0) end
  return target, found
end

-- A chain of references that comes back to itself says nothing about any value.
local function check_circle(self, text, owner)
  local seen, target, resource = {}, resolve(self, text, owner)
  while type(target) == "table" and type(target["$ref"]) == "string" do
    if seen[target] then
      error({ kind = "schema.reference", message = ("the reference %s leads in a circle"):format(text), text = text }, 0)
    end
    seen[target] = true
    target, resource = resolve(self, target["$ref"], self.registry.owner[target] or resource)
  end
end

local function reference(self, text, owner)
  local target, found = resolve(self, text, owner)
  check_circle(self, text, owner)
  local check = self:check(target, found)
  return function(v, run) return run:follow(target, check, v, text) end, found, target
end

-- $dynamicRef: the outermost schema on the way here that has this dynamic anchor.
local function dynamic_reference(self, text, owner)
  local static, found, target = reference(self, text, owner)
  local name = text:match("#(.*)$")
  if not name or type(target) ~= "table" or found.dynamic[name] ~= target then return static end
  return function(v, run)
    for _, resource in ipairs(run.scope) do
      local dynamic = resource.dynamic[name]
      if dynamic then return run:follow(dynamic, self:check(dynamic, resource), v, text) end
    end
    return static(v, run)
  end
end

local function recursive_reference(self, owner)
  local static, found = reference(self, "#", owner)
  if not found.recursive then return static end
  return function(v, run)
    for _, resource in ipairs(run.scope) do
      if resource.recursive then return run:follow(resource.root, self:check(resource.root, resource), v, "#") end
    end
    return static(v, run)
  end
end

local assertions = { "type", "enum", "const", "maximum", "minimum", "exclusiveMaximum", "exclusiveMinimum", "multipleOf", "maxLength",
  "minLength", "maxItems", "minItems", "maxProperties", "minProperties", "pattern", "format", "uniqueItems", "required" }
local applicators = { "allOf", "anyOf", "oneOf", "not", "if", "propertyNames", "contains" }

function Compiler:build(schema, owner)
  local checks, d = {}, owner.dialect
  local function add(check) checks[#checks + 1] = check end

  if schema["$ref"] ~= nil then add((reference(self, schema["$ref"], owner))) end
  if schema["$ref"] ~= nil and not d.modern then return self:join(checks, owner, false) end
  if d.modern and schema["$dynamicRef"] then add(dynamic_reference(self, schema["$dynamicRef"], owner)) end
  if d.modern and schema["$recursiveRef"] then add(recursive_reference(self, owner)) end

  if not d.without_validation then
    for _, name in ipairs(assertions) do
      if schema[name] ~= nil then add(keyword[name](schema[name], schema, self)) end
    end
    if d.modern and schema.dependentRequired then add(keyword.dependentRequired(schema.dependentRequired)) end
  end
  for _, name in ipairs(applicators) do
    if schema[name] ~= nil then add(applicator[name](schema[name], schema, self)) end
  end
  if schema.properties or schema.patternProperties or schema.additionalProperties ~= nil then add(applicator.members(schema, self)) end
  if schema.items ~= nil or schema.prefixItems then add(applicator.elements(schema, self)) end
  if d.modern and schema.dependentSchemas then add(applicator.dependentSchemas(schema.dependentSchemas, schema, self)) end
  if schema.dependencies then add(applicator.dependencies(schema.dependencies, schema, self)) end

  local tracks = false
  if d.modern then
    for _, name in ipairs { "unevaluatedItems", "unevaluatedProperties" } do
      if schema[name] ~= nil then
        tracks = true
        add(applicator[name](schema[name], schema, self))
      end
    end
  end
  return self:join(checks, owner, tracks)
end

-- All checks of one schema, in order; more than the first failure only when somebody collects them.
function Compiler:join(checks, owner, tracks)
  local n = #checks
  local function all(v, run)
    local ok = true
    for i = 1, n do
      if not checks[i](v, run) then
        ok = false
        if not run.failures then return false end
      end
    end
    return ok
  end
  local inner = n == 1 and checks[1] or all
  -- What this schema has seen itself, apart from what stands around it.
  if tracks then inner = function(v, run) return applicator.tracked(all, v, run) end end
  if not self.registry.has_dynamic then return inner end
  return function(v, run)
    local scope = run.scope
    scope[#scope + 1] = owner
    local ok = inner(v, run)
    scope[#scope] = nil
    return ok
  end
end

---@class Schema
local Schema = {}
Schema.__index = Schema

local function new_run()
  return setmetatable({ depth = 0, path = {}, failures = nil, seen = nil, scope = {}, depths = {}, values = {} }, Run)
end

---@param v any a value of the value model
---@return true? ok
---@return Violation[]? violations all of them, sorted by pointer
function Schema:validate(v)
  local run = new_run()
  if self.check(v, run) then return true end
  run = new_run()
  run.failures = {}
  self.check(v, run)
  local order = {}
  for i, f in ipairs(run.failures) do order[f] = i end
  table.sort(run.failures, function(a, b)
    if a.pointer ~= b.pointer then return a.pointer < b.pointer end
    return order[a] < order[b]
  end)
  return nil, run.failures
end

local function new_compiler(options)
  return setmetatable({ registry = registry.new(options.documents), checks = {}, patterns = {},
    asserts_format = options.format, dialect = dialect.default }, Compiler)
end

local function validated_by_meta(schema, d)
  local address = d.name == "draft-07" and "http://json-schema.org/draft-07/schema" or "https://json-schema.org/draft/2020-12/schema"
  if d.name ~= "draft-07" and d.name ~= "2020-12" then return true end
  if not M.meta then M.meta = {} end
  local meta = M.meta[address]
  if not meta then
    meta = assert(M.compile({ ["$ref"] = address }, { unchecked = true }))
    M.meta[address] = meta
  end
  return meta:validate(schema)
end

---Compiles a schema.
---@param schema table|boolean
---@param options? {documents?: table<string, table>, format?: boolean, uri?: string, unchecked?: boolean}
---  documents: schemas that `$ref` may lead to, by URI; format: whether `format` is asserted (nil: as the dialect says);
---  uri: base URI; unchecked: do not check the schema against its meta-schema
---@return Schema?
---@return {kind: string, message: string, pointer?: string, text?: string, violations?: Violation[]}? err  text: the pattern or reference
function M.compile(schema, options)
  options = options or {}
  local compiler = new_compiler(options)
  local ok, result = pcall(function()
    local resource = compiler.registry:add(options.uri or "", schema, dialect.default)
    compiler.resource, compiler.dialect = resource, resource.dialect
    if not options.unchecked then
      local fine, violations = validated_by_meta(schema, resource.dialect)
      if not fine then
        local first = violations[1]
        error({ kind = "schema.invalid", message = ("not a valid schema: at '%s': %s"):format(first.pointer, first.message),
          pointer = first.pointer, violations = violations }, 0)
      end
    end
    return compiler:check(schema, resource)
  end)
  if ok then return setmetatable({ check = result }, Schema) end
  if type(result) == "table" and result.kind then return nil, result end
  error(result, 0)
end

return M
