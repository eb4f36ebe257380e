-- lua/types says what authors of commands, triggers, compositions and rules may write and are given; it has to agree with the program.
local context = require "orun.cli.context"
local definition = require "orun.cli.definition"
local document = require "orun.plan.document"
local evaluation = require "orun.composition.evaluation"
local events = require "orun.trigger.event"
local fs = require "host.fs"
local json = require "host.json"
local module = require "orun.composition.module"
local program = dofile "spec/support/program.lua"
local rule = require "orun.sandbox.rule"
local sandbox = require "orun.sandbox"
local sorted = require "orun.util.sorted"
local sources = dofile "spec/support/sources.lua"

---Fields of a class, and the methods or functions of a table, as a file of lua/types declares them; of a field that is a table in place
---its own.
local function declared(file, class, variable)
  local fields, methods, inside, places = {}, {}, false, {}
  for line in assert(fs.read(file)):gmatch "[^\n]*" do
    local name = line:match "^%-%-%-@class ([%w_.]+)"
    if name then inside = name == class end
    local field, kind = line:match '^%-%-%-@field %[?"?([%w_-]+)"?%]?%??%s+(.*)$'
    if inside and field then
      fields[field] = true
      places[field] = {}
      for part in (kind:match "^{(.*)}" or ""):gmatch "([%w_]+)%??:" do places[field][part] = true end
    end
    local method = line:match("^function " .. (variable or class) .. "[:.]([%w_]+)%(")
    if method then methods[method] = true end
  end
  return fields, methods, places
end

local function names(list, more)
  local set = {}
  for key in next, list do set[key] = true end
  for _, key in ipairs(more or {}) do set[key] = true end
  return set
end

local function names_in(list)
  local set = {}
  for _, name in ipairs(list) do set[name] = true end
  return set
end

describe("lua/types", function()
  it("declares what a command file may hold", function()
    assert.same(names(definition.fields.command), (declared("lua/types/command.lua", "Command")))
    assert.same(names(definition.fields.flag), (declared("lua/types/command.lua", "Flag")))
    assert.same(names(definition.fields.argument), (declared("lua/types/command.lua", "Argument")))
  end)

  it("declares what a command is given", function()
    local ctx = context.new { flags = {}, given = {} }
    local fields, methods = declared("lua/types/command.lua", "Context")
    for field in next, fields do assert.is_true(ctx[field] ~= nil, field) end
    for method in next, methods do assert.equal("function", type(ctx[method]), method) end
    assert.is_true(methods.print and fields.flags)
  end)

  it("declares what an event may hold", function()
    local set = {}
    for _, field in ipairs(events.fields) do set[field] = true end
    set.provider, set.raw = true, true
    assert.same(set, (declared("lua/types/trigger.lua", "TriggerEvent")))
  end)

  it("declares what authors may write", function()
    local classes = {
      composition = "CompositionSpec", job = "Job", step = "Step", profile = "Profile", ["profile job"] = "ProfileJob",
    }
    for noun, class in pairs(classes) do
      local known = names(module.fields[noun])
      assert.same(known, (declared("lua/types/orun.lua", "orun." .. class)), noun)
    end
    assert.same(names(rule.fields.rule), (declared("lua/types/policy.lua", "orun.Policy")))
    assert.same(names(rule.fields.violation), (declared("lua/types/policy.lua", "orun.Violation")))
  end)

  -- Texts of what the sandbox has, as a list: the keys of a table of it.
  local function inside(expression, ...)
    local dir = assert(fs.temporary "/tmp/orun-types-")
    assert(fs.write(dir .. "/keys.lua", ("return function(ctx) local l = {} for k in pairs(%s) do l[#l + 1] = k end return l end")
      :format(expression)))
    local box = sandbox.open { directory = dir, name = "types" }
    local list, problem = box:call(assert(box:load "keys.lua"), ...)
    fs.remove_tree(dir)
    assert.is_nil(problem and problem.message)
    local set = {}
    for _, key in ipairs(list) do set[key] = true end
    return set
  end

  it("declares the module orun", function()
    local fields, functions = declared("lua/types/orun.lua", "orun", "orun")
    for name in pairs(fields) do functions[name] = true end
    assert.same(inside 'require "orun"', functions)
    local _, builders = declared("lua/types/orun.lua", "orun.SchemaBuilders", "schema")
    assert.same(inside 'require("orun").schema', builders)
  end)

  it("declares what functions of ctx are told", function()
    local instance = {
      name = "web", type = "site", domain = "shop", path = "web", environment = "dev", profile = "verify", parameters = {}, env = {},
      labels = {}, dependencies = {},
    }
    local trigger = {}
    for _, key in ipairs(document.keys "trigger") do trigger[key] = "x" end
    local ctx = evaluation.context(instance, "web@dev.build", "build", trigger)
    local fields, _, places = declared("lua/types/orun.lua", "orun.Context")
    assert.same(inside("ctx", ctx), fields)
    for _, name in ipairs { "component", "environment", "composition", "profile", "job", "orun" } do
      assert.same(inside("ctx." .. name, ctx), places[name], name)
    end
    assert.same(inside("ctx.trigger", ctx), (declared("lua/types/orun.lua", "orun.Trigger")))
  end)

  it("declares what rules are told", function()
    assert.same(names_in(document.keys "job"), (declared("lua/types/policy.lua", "orun.PlanJob")))
    assert.same(names_in(document.keys "step"), (declared("lua/types/policy.lua", "orun.PlanStep")))
    local fields, _, places = declared("lua/types/policy.lua", "orun.PolicyContext")
    local p = sources.new {
      ["intent.yaml"] = sources.intent .. "environments: {dev: {policies: {told: true}}, prod: {}}\n"
        .. "components:\n  - {name: web, type: sh, subscribe: {environments: [dev]}, dependsOn: [{component: api}]}\n"
        .. "  - {name: api, type: sh, subscribe: {environments: [dev]}}\n"
        .. "automation: {triggerBindings: {go: {on: {provider: github, event: push}}}}\n",
      ["kit/compositions/sh/composition.yaml"] = sources.composition "sh",
      [".orun/policies/told.lua"] = [[
local function keys(t) local l = {} for k in pairs(t) do l[#l + 1] = k end return table.concat(l, " ") end
return { check = function(_, job, ctx)
  if job.component ~= "web" then return nil end
  return table.concat({ keys(ctx), keys(ctx.component), keys(ctx.environment), keys(ctx.dependencies[1]), keys(ctx.git) }, "|")
end }]],
    }
    local r = program.run(p.root, { "plan", "--json" })
    sources.clean()
    local told = assert(json.decode(r.out)).errors[1].message:match "environment dev: (.*)$"
    local sets = {}
    for text in (told .. "|"):gmatch "([^|]*)|" do
      sets[#sets + 1] = {}
      for word in text:gmatch "%S+" do sets[#sets][word] = true end
    end
    -- No trigger started this plan.
    fields.trigger = nil
    assert.same({ fields, places.component, places.environment, places.dependencies, { problem = true } }, sets)
    assert.same({ revision = true, dirty = true, changed = true, problem = true }, places.git)
  end)

  it("declares what specs of packages have", function()
    local _, asserts = declared("lua/types/spec.lua", "orun.Assert", "assert")
    local lines = { "describe('x', function() it('y', function()" }
    for name in sorted.pairs(asserts) do lines[#lines + 1] = ("_ENV.assert(type(_ENV.assert.%s) == 'function')"):format(name) end
    for name in assert(fs.read "lua/types/spec.lua"):gmatch "\nfunction ([%w_]+)%(" do
      lines[#lines + 1] = ("assert(type(%s) == 'function')"):format(name)
    end
    assert.truthy(#lines > 20)
    lines[#lines + 1] = "end) end)"
    local p = sources.new {
      ["kit/compositions/sh/composition.yaml"] = sources.composition "sh",
      ["kit/compositions/sh/sh_spec.lua"] = table.concat(lines, "\n"),
    }
    local r = program.run(p.root, { "compositions", "test", "kit" })
    sources.clean()
    assert.equal(0, r.code, r.out .. r.err)
  end)

  it("is Lua that an editor can read", function()
    for _, name in ipairs(assert(fs.list "lua/types")) do assert(loadfile("lua/types/" .. name)) end
  end)
end)
