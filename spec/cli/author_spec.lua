-- The author's loop: orun compositions new, test and explain.
local fs = require "host.fs"
local json = require "host.json"
local program = dofile "spec/support/program.lua"
local Sources = dofile "spec/support/sources.lua"

local function has(text, ...)
  for _, part in ipairs { ... } do
    assert.truthy(text:find(part, 1, true), ("%q is not in:\n%s"):format(part, text))
  end
end

local function run(root, ...)
  return program.run(root, { ... }, { ORUN_HOME = root .. "/.home" })
end

describe("orun compositions new", function()
  local root

  before_each(function()
    root = Sources.new({ ["intent.yaml"] = "environments: {dev: }\n" }).root
  end)
  after_each(Sources.clean)

  for _, language in ipairs { "lua", "yaml" } do
    it(("writes a composition in %s that passes its spec and compiles"):format(language), function()
      local made = run(root, "compositions", "new", "site", table.unpack { language == "lua" and "--lua" or nil })
      assert.equal(0, made.code, made.err)
      has(made.out, "compositions/stack.yaml", "compositions/compositions/site/composition." .. language, "site_spec.lua")
      local tested = run(root, "compositions", "test", "compositions")
      assert.equal(0, tested.code, tested.out)
      has(tested.out, "3 passed")
      assert(fs.write(root .. "/intent.yaml", "environments: {dev: }\n" .. made.err:match "as: (compositions:[^\n]*)" .. "\n"
        .. "components: [{name: web, type: site, subscribe: {environments: [dev]}, parameters: {command: 'true'}},\n"
        .. "  {name: shipped, type: shell, subscribe: {environments: [dev]}, parameters: {run: 'true'}}]\n"))
      local ran = run(root, "run")
      assert.equal(0, ran.code, ran.out .. ran.err)
      has(ran.out, "2 succeeded")
      has(run(root, "compositions", "lint", "compositions").out, "nothing found")
    end)
  end

  it("says how an intent that has sources reads one more", function()
    local intent = "compositions: {sources: [{name: own, kind: dir, path: kit}]}\nenvironments: {dev: }\n"
    assert(fs.write(root .. "/intent.yaml", intent))
    has(run(root, "compositions", "new", "one", "--root", "more").err,
      "one more entry under compositions.sources: {name: more, kind: dir, path: more}\n")
    assert.falsy(run(root, "compositions", "new", "one", "--root", "kit").err:find("the intent reads it", 1, true))
    assert(fs.write(root .. "/intent.yaml", "compositions: [\n"))
    assert.equal(0, run(root, "compositions", "new", "one", "--root", "third").code)
  end)

  it("adds to the package where it is started, and overwrites nothing", function()
    assert.equal(0, run(root, "compositions", "new", "one").code)
    local second = run(root .. "/compositions", "compositions", "new", "two", "--lua")
    assert.equal(0, second.code, second.err)
    assert.is_nil(second.out:find("stack.yaml", 1, true))
    has(run(root, "compositions", "test", "compositions").out, "6 passed")
    local again = run(root .. "/compositions/compositions", "compositions", "new", "one", "--lua")
    assert.equal(1, again.code)
    has(again.err, "has a composition of this name: one/composition.yaml")
    assert.equal(2, run(root, "compositions", "new", "Two Words").code)
    assert(fs.write(root .. "/compositions/compositions/three.lua", "return 1\n"))
    assert(fs.mkdir(root .. "/compositions/compositions/four"))
    assert(fs.write(root .. "/compositions/compositions/four/four_spec.lua", "-- mine\n"))
    for _, name in ipairs { "three", "four" } do assert.equal(1, run(root, "compositions", "new", name).code) end
    assert.equal("-- mine\n", fs.read(root .. "/compositions/compositions/four/four_spec.lua"))
  end)
end)

describe("orun compositions test", function()
  local root

  before_each(function()
    root = Sources.new({
      ["intent.yaml"] = "compositions: {sources: [{name: kit, kind: dir, path: kit}]}\nenvironments: {dev: }\n",
      ["kit/stack.yaml"] = Sources.stack, ["kit/compositions/sh/composition.yaml"] = Sources.composition "sh",
    }).root
  end)
  after_each(Sources.clean)

  local function spec(text, name)
    assert(fs.write(root .. "/kit/compositions/sh/" .. (name or "sh_spec.lua"), text))
  end

  it("reports what failed with its line, as text and as data", function()
    spec [[
describe("sh", function()
  it("passes", function() assert.equal("web@dev.build", compile({ component = "web" })[1].id) end)
  it("fails", function()
    assert.same({ 1, { a = "x" } }, { 1, { a = "y" } })
  end)
  it("cannot compile", function()
    compile { component = "web", profile = "fast" }
    compile { componnt = "web" }
  end)
  it("has a misspelt environment", function()
    compile { component = "web", environment = { name = "dev", parameterDefault = {} } }
  end)
  pending "comes later"
end)
]]
    local r = run(root, "compositions", "test")
    assert.equal(1, r.code)
    has(r.out, "✓ sh · passes", "✗ sh · fails", "○ sh · comes later",
      'error: expected { 1, { a = "x" } }, got { 1, { a = "y" } }; they differ at [2]["a"]\n  --> kit/compositions/sh/sh_spec.lua:4\n',
      'error: compile knows no field "componnt"\n  --> kit/compositions/sh/sh_spec.lua:8\n',
      'error: compile: unknown key "parameterDefault" in ', "1 passed · 3 failed · 1 pending")
    local data = assert(json.decode(run(root, "compositions", "test", "--json").out))
    assert.same({ 1, 3, 1, 5 }, { data.passed, data.failed, data.pending, #data.tests })
    assert.same({ "sh fails", "failed", 4 }, { data.tests[2].name, data.tests[2].status, data.tests[2].at.line })
    local filtered = run(root, "compositions", "test", "--filter", "passes")
    assert.equal(0, filtered.code)
    has(filtered.out, "1 passed")
  end)

  it("runs specs in the sandbox, each test with a budget of its own", function()
    spec [[
it("loops", function() while true do end end)
it("goes on", function() assert.is_nil(os) assert.is_nil(io) end)
it("knows the package's modules", function() assert.equal(7, require "lib.seven") end)
]]
    assert(fs.mkdir(root .. "/kit/lib"))
    assert(fs.write(root .. "/kit/lib/seven.lua", "return 7\n"))
    local r = run(root, "compositions", "test", "kit/compositions/sh")
    assert.equal(1, r.code)
    has(r.out, "✗ loops", "✓ goes on", "✓ knows", "does not end within 100,000,000 instructions")
  end)

  it("knows the rules of the package", function()
    assert(fs.mkdir(root .. "/kit/policies"))
    assert(fs.write(root .. "/kit/policies/fewSteps.lua", [[
return {
  schema = { type = "integer" },
  check = function(most, job) return #job.steps > most and #job.steps .. " steps" or nil end,
}
]]))
    spec [[
local function steps(most) return compile { component = "web", environment = { name = "dev", policies = { fewSteps = most } } } end
it("refuses", function() assert.has_error(function() steps(0) end, "violates the policy fewSteps of environment dev: 1 steps") end)
it("accepts", function() assert.equal(1, #steps(1)) end)
it("looks at the value", function() assert.has_error(function() steps "x" end, "expected integer") end)
]]
    local r = run(root, "compositions", "test")
    assert.equal(0, r.code, r.out)
    has(r.out, "3 passed")
  end)

  it("goes on after a file that cannot be loaded", function()
    spec "local x = \n"
    spec("it('works', function() assert(true) end)\n", "other_spec.lua")
    local r = run(root, "compositions", "test")
    assert.equal(1, r.code)
    has(r.out, "the file cannot be loaded", "kit/compositions/sh/sh_spec.lua:", "✓ works")
    assert.equal(0, run(root, "compositions", "test", "kit/compositions/sh/other_spec.lua").code)
  end)

  it("runs hooks around tests, the inner ones later", function()
    spec [[
local log = {}
before_each(function() log[#log + 1] = "a" end)
describe("block", function()
  before_each(function() log[#log + 1] = "b" end)
  after_each(function() log[#log + 1] = "c" end)
  it("first", function() assert.same({ "a", "b" }, log) end)
  it("second", function() assert.same({ "a", "b", "c", "a", "b" }, log) error "stop" end)
end)
it("third", function() assert.same({ "a", "b", "c", "a", "b", "c", "a" }, log) end)
it("spellings of busted", function()
  assert.are.equal(1, 1) assert.are.same({}, {}) assert.is_not.equal(1, 2) assert.is.truthy(1) assert.has.error(function() error "x" end)
  assert.has_no.errors(function() end) assert.is_not_nil(1) assert.contains("b", { "a", "b" })
  assert.has_error(function() assert.contains("c", { "a" }) end, "is not in")
  assert.has_error(function() assert.nonsense() end, "does not exist")
  assert.has_error(function() assert(false, "own words") end, "own words")
end)
]]
    local r = run(root, "compositions", "test")
    has(r.out, "✓ block · first", "✗ block · second", "✓ third", "✓ spellings", "error: stop\n")
  end)
end)

describe("orun compositions explain", function()
  after_each(Sources.clean)

  it("says where parameters come from and why steps stay", function()
    local root = "examples/platform"
    local r = run(root, "compositions", "explain", "c-program", "--env", "production")
    assert.same({ 0, "" }, { r.code, r.err })
    has(r.out, "tally@production", "profile: release (named by the subscription)",
      'environment production, for type "*"  intent.yaml:', "component  core/tally/component.yaml:15", 'group core, for type "*"',
      "1. tally@production.build", "its capability is included · uses buildDir, cflags, libDir, program, warnings",
      "has no capability, so it always stays · post")
    local dev = run(root, "compositions", "explain", "c-program", "--env", "dev", "--component", "tally")
    has(dev.out, "profile: debug (default of the composition)", "its capability is not included")
    local data = assert(json.decode(run(root, "compositions", "explain", "c-program", "--json").out))
    assert.equal(3, #data)
    assert.same({ "tally", "dev", "debug" }, { data[1].component, data[1].environment, data[1].profile })
    assert.same({ "link", true, "smoke", true, "strip", false }, {
      data[1].jobs[1].steps[1].id, data[1].jobs[1].steps[1].kept, data[1].jobs[1].steps[2].id, data[1].jobs[1].steps[2].kept,
      data[1].jobs[1].steps[3].id, data[1].jobs[1].steps[3].kept,
    })
  end)

  it("shows defaults of the schema, overrides and jobs that the profile leaves out", function()
    local root = Sources.new({
      ["intent.yaml"] = "compositions: {sources: [{name: kit, kind: dir, path: kit}]}\nenvironments: {dev: }\n"
        .. "components: [{name: web, type: sh, subscribe: {environments: [dev]}, overrides: {steps: [{name: check, run: mine}]}}]\n",
      ["kit/stack.yaml"] = Sources.stack,
      ["kit/compositions/sh.lua"] = [[
local orun = require "orun"
return orun.composition {
  type = "sh", defaultJob = "build", defaultProfile = "fast",
  parameters = orun.schema.object { target = orun.schema.string { default = "all" } },
  jobs = {
    { name = "build", steps = function(ctx)
      return {
        orun.run { id = "make", capability = "sh.make", run = orun.sh("make %s", ctx.parameters.target) },
        orun.run { name = "check", capability = "sh.check", run = "make check" },
        orun.run { id = "pack", capability = "sh.pack", run = "make pack" },
      }
    end },
    { name = "deploy", steps = { orun.run { id = "deploy", run = "make deploy" } } },
  },
  profiles = {
    fast = { jobs = { build = { includeCapabilities = { "sh.make" }, stepOverrides = { make = { run = "make -s" } } } } },
    all = { jobs = { build = {}, deploy = {} } },
  },
}
]],
    }).root
    local r = run(root, "compositions", "explain", "sh", "--component", "web")
    assert.equal(0, r.code, r.err)
    has(r.out, "target  all  default of the composition  kit/compositions/sh.lua:", "changed by stepOverrides", "kit/compositions/sh.lua:8",
      "from the overrides of the component", "its capability is not included", "left out by the profile: deploy")
  end)
end)

describe("orun compositions explain, of parameters that not every value fits,", function()
  after_each(Sources.clean)

  it("tries the choices of the schema, and says where nothing else was accepted", function()
    local root = Sources.new({
      ["intent.yaml"] = "compositions: {sources: [{name: kit, kind: dir, path: kit}]}\nenvironments: {dev: }\n"
        .. "components: [{name: web, type: sh, subscribe: {environments: [dev]}, parameters: {level: high, word: open}}]\n",
      ["kit/stack.yaml"] = Sources.stack,
      ["kit/compositions/sh.lua"] = [[
local orun = require "orun"
local s = orun.schema
local flags = { low = { "-l" }, high = { "-h", "-x" } }
return orun.composition {
  type = "sh", defaultJob = "build",
  parameters = s.object { level = s.enum { "low", "high" }, word = s.string {}, idle = s.enum { "a", "b", default = "a" } },
  jobs = { { name = "build", steps = function(ctx)
    local p = ctx.parameters
    if p.word ~= "open" then orun.fail("the word is open") end
    return {
      orun.run { id = "levelled", run = orun.sh("make %s", { table.unpack(flags[p.level]) }) },
      orun.run { id = "worded", run = orun.sh("echo %s", p.word) },
    }
  end } },
}
]],
    }).root
    local r = run(root, "compositions", "explain", "sh")
    assert.same({ 0, "" }, { r.code, r.err })
    has(r.out, "levelled  no profile chooses · uses level  ", "worded    no profile chooses  kit/",
      "word   open  component · no other value is accepted")
    assert.falsy(r.out:find("level  high  component · no", 1, true))
    local data = assert(json.decode(run(root, "compositions", "explain", "sh", "--json").out))[1]
    assert.same({ "idle", nil, "level", nil, "word", true }, {
      data.parameters[1].name, data.parameters[1].unknown, data.parameters[2].name, data.parameters[2].unknown, data.parameters[3].name,
      data.parameters[3].unknown,
    })
    assert.same({ "level" }, data.jobs[1].steps[1].parameters)
  end)
end)

describe("orun compositions lint", function()
  after_each(Sources.clean)

  it("finds nothing in the packages of the repository", function()
    for _, words in ipairs {
      { "compositions", "--examples", "examples/standard" }, { "examples/platform/compositions", "--examples", "examples/platform" },
      { "examples/lua-platform/compositions", "--examples", "examples/lua-platform" },
    } do
      local r = run(fs.cwd(), "compositions", "lint", table.unpack(words))
      assert.same({ 0, "" }, { r.code, r.err }, r.out)
      has(r.out, "nothing found")
    end
  end)

  it("looks at YAML too, and at the platform around the package", function()
    local root = Sources.new({
      ["intent.yaml"] = "compositions: {sources: [{name: kit, kind: dir, path: kit}]}\nenvironments: {dev: }\n"
        .. "components: [{name: web, type: sh, subscribe: {environments: [dev]}, parameters: {size: 1}}]\n",
      ["kit/stack.yaml"] = Sources.stack,
      ["kit/compositions/sh/composition.yaml"] = [[
kind: Composition
metadata: {name: sh}
spec:
  type: sh
  defaultJob: build
  parameterSchema:
    properties:
      parameters:
        type: object
        properties:
          target: {type: string}
          size: {type: integer}
          other: {type: string}
  jobs:
    - name: build
      outputs: ["{{.parameters.target}}/*"]
      steps: [{name: make, run: 'make {{index .parameters "size"}}'}]
]],
    }).root
    local r = run(root, "compositions", "lint")
    assert.equal(1, r.code)
    has(r.out, 'the type sh has a parameter "other" that nothing uses\n  --> kit/compositions/sh/composition.yaml:13:11\n')
    local data = assert(json.decode(run(root, "compositions", "lint", "--json").out))
    assert.equal(1, #data.warnings)
    assert(fs.write(root .. "/intent.yaml", (assert(fs.read(root .. "/intent.yaml")):gsub("size: 1", "size: none"))))
    has(run(root, "compositions", "lint").out, "the example intent.yaml does not compile", "intent.yaml:3:")
  end)
end)

describe("names in a Lua text", function()
  local bytecode = require "orun.sandbox.bytecode"

  it("are told from the code that the compiler made", function()
    local names = assert(bytecode.names([[
local x = y.field
function made() inner = "text" end
local t = { key = "value", [1] = x }; t.key = 1
t.key = 2
return function(a) if a == "compared" then return a:method(t["read"], other) end end
]], "x.lua"))
    local globals = {}
    for i, global in ipairs(names.globals) do globals[i] = { global.name, global.line, global.written } end
    assert.same({ { "y", 1, false }, { "inner", 2, true }, { "made", 2, true }, { "other", 5, false } }, globals)
    assert.same({ field = true, method = true, read = true }, names.fields)
    assert.same({ text = true, value = true, compared = true }, names.strings)
    assert.same({ key = { 3, 4 } }, names.keys)
  end)

  it("of fields stand where they begin", function()
    local keys = assert(bytecode.names([[
local s, x = orun.schema, 1
print(x)
local t = {
  call = s.string {
    inner = "a",
    deep = {
      1,
    },
  },
  fn = function()
    return 1
  end,
  sum = x +
    2,
  joined = "a" ..
    x,
  plain = x,
  other = x
    and s.y
    or s.z,
}
print(1)
t.later = s.map(
  x
)
function t.method()
  return 1
end
]], "x.lua")).keys
    local first = {}
    for name, lines in pairs(keys) do first[name] = lines[1] end
    assert.same({
      call = 4, inner = 5, deep = 6, fn = 10, sum = first.sum, joined = 15, plain = 17, other = first.other, later = 23, method = 26,
    }, first)
    assert.truthy(first.other >= 18 and first.other <= 20 and first.sum >= 13 and first.sum <= 14)
    local late = assert(bytecode.names("local t, v = {}, f(\n1)\nlocal w = g()\nt.a = v\nt.b = w\n", "x.lua")).keys
    assert.same({ a = { 4 }, b = { 5 } }, late)
  end)

  it("are found in long files, far down", function()
    local names = assert(bytecode.names(("\n"):rep(1000) .. "x = 1" .. ("\n"):rep(300) .. "return y", "x.lua"))
    assert.same({ 1001, 1301 }, { names.globals[1].line, names.globals[2].line })
    assert.is_nil(bytecode.names("local = 1", "x.lua"))
  end)
end)
