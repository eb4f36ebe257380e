-- How mistakes are told: together, with their source lines, as data, and warnings as errors.
local json = require "host.json"
local program = dofile "spec/support/program.lua"
local sources = dofile "spec/support/sources.lua"

local intent = sources.intent .. [[
environments:
  dev: {dependencyMode: loose}
components:
  - {name: web, type: sh, subscribe: {environments: [dev]}, dependsOn: [{component: ledgr}]}
  - {name: web, type: sh}
  - {name: ledger, type: sh, change: {watches: [Env]}}
]]

local function platform(text, files)
  local all = { ["intent.yaml"] = text, ["kit/compositions/sh/composition.yaml"] = sources.composition "sh" }
  for name, content in next, files or {} do all[name] = content end
  return sources.new(all)
end

local warned = sources.intent .. "environments: {dev: }\ncomponents:\n"
  .. "  - {name: web, type: sh, subscribe: {environments: [dev]}, paramters: {a: 1}}\n  - {name: ledger, type: sh, paramters: {b: 1}}\n"

local function places(list)
  local out = {}
  for i, d in ipairs(list) do out[i] = ("%s:%d:%d %s"):format(d.file, d.line, d.column, d.kind) end
  return out
end

describe("mistakes", function()
  after_each(sources.clean)

  it("are reported together, sorted by file and line, with source line, caret and hint (decision 3)", function()
    local p = platform(intent, {
      ["kit/compositions/sh/composition.yaml"] = (sources.composition "sh"):gsub("defaultJob: build", "defaultJob: biuld"),
    })
    for _, words in ipairs { { "plan" }, { "validate" }, { "run" } } do
      local r = program.run(p.root, words)
      assert.equal(1, r.code)
      assert.equal([[
error: environment dev: dependencyMode is "loose", must be enforced, advisory or disabled
  --> intent.yaml:3:25
 3 │   dev: {dependencyMode: loose}
   │                         ^
error: component web depends on "ledgr", which no file of this intent declares
  --> intent.yaml:5:85
 5 │   - {name: web, type: sh, subscribe: {environments: [dev]}, dependsOn: [{component: ledgr}]}
   │                                                                                     ^
hint: did you mean ledger?
error: duplicate component name: web
  --> intent.yaml:6:12
 6 │   - {name: web, type: sh}
   │            ^
hint: the first one stands at intent.yaml:5
error: component ledger: change.watches[0] is "Env", must be one of ]] .. [[
automation, compositions, discovery, env, environments, execution, extends, groups
  --> intent.yaml:7:49
 7 │   - {name: ledger, type: sh, change: {watches: [Env]}}
   │                                                 ^
hint: did you mean env?
error: source "kit": composition "sh": defaultJob "biuld" is not among the jobs
  --> kit/compositions/sh/composition.yaml:5:15
 5 │   defaultJob: biuld
   │               ^
hint: did you mean build?
]], (r.err:gsub("^○.-\n", "")), words[1])
    end
  end)

  it("of several manifests are reported together too", function()
    local p = platform(sources.intent, {
      ["a/component.yaml"] = "kind: Compnent\nmetadata: {name: a}\n", ["b/component.yaml"] = "kind: Component\n",
      ["c/component.yaml"] = "kind: Component\nmetadata: {name: c\n",
    })
    local r = program.run(p.root, { "plan", "--json" })
    assert.same({ "a/component.yaml:1:7 intent.manifest-kind", "b/component.yaml:1:1 intent.manifest-name",
      "c/component.yaml:2:11 yaml.syntax" }, places(json.decode(r.out).errors))
  end)

  it("are data with --json, on stdout alone", function()
    local p = platform(intent)
    for _, words in ipairs { { "plan", "--json" }, { "validate", "--json" }, { "run", "--json" } } do
      local r = program.run(p.root, words)
      assert.same({ 1, "" }, { r.code, r.err }, words[1])
      local all = assert(json.decode(r.out))
      assert.same({
        "intent.yaml:3:25 intent.dependency-mode", "intent.yaml:5:85 intent.unknown-dependency",
        "intent.yaml:6:12 intent.duplicate-component", "intent.yaml:7:49 intent.change-watch",
      }, places(all.errors))
      assert.same({}, all.warnings)
      assert.equal("did you mean ledger?", all.errors[2].hint)
    end
    local r = program.run(p.root, { "component", "-o", "json" })
    assert.equal(4, #json.decode(r.out).errors)
  end)

  it("of a kind are counted, not repeated, when they are only warned about (decision 6)", function()
    local p = platform(warned)
    local r = program.run(p.root, { "validate" })
    assert.equal(0, r.code)
    assert.equal([[
warning: unknown key "paramters" in component is ignored (2 times, first here)
  --> intent.yaml:4:61
 4 │   - {name: web, type: sh, subscribe: {environments: [dev]}, paramters: {a: 1}}
   │                                                             ^
hint: did you mean parameters?
]], r.err)
    local all = json.decode(program.run(p.root, { "validate", "--json" }).out)
    assert.same({}, all.errors)
    assert.same({ "intent.yaml:4:61 yaml.unknown-key" }, places(all.warnings))
  end)

  it("that are warnings are errors with --strict (decision 5)", function()
    local p = platform(warned)
    for _, command in ipairs { "plan", "validate", "run" } do
      local r = program.run(p.root, { command, "--strict" })
      assert.equal(1, r.code, command)
      assert.truthy(r.err:find("error: unknown key \"paramters\"", 1, true), command)
      r = program.run(p.root, { command, "--strict", "--json" })
      local all = json.decode(r.out)
      assert.same({ "intent.yaml:4:61 yaml.unknown-key" }, places(all.errors), command)
      assert.same({}, all.warnings, command)
    end
    assert.is_nil(p:read ".orun/plans/latest.json")
  end)

  it("in the command line are told before any file is read, with exit code 2 (decision 12)", function()
    local p = platform("{ broken\n")
    for _, words in ipairs {
      { "plan", "--nope" }, { "intent", "render", "--nope" }, { "component", "-o", "xml" }, { "debug", "surplus", "words" },
    } do
      local r = program.run(p.root, words)
      assert.equal(2, r.code, table.concat(words, " "))
      assert.falsy(r.err:find("intent.yaml", 1, true))
    end
  end)

  it("show long lines around the column, and columns in characters", function()
    local p = platform(sources.intent .. "env: {ÄÖÜ: '" .. ("ä"):rep(300) .. "', ORUN_X: 1}\n")
    local r = program.run(p.root, { "validate" })
    local shown, caret = r.err:match("\n 2 │ ([^\n]*)\n   │ ( *)%^")
    assert.is_true(utf8.len(shown) <= 120)
    assert.equal("ORUN_X", shown:sub(utf8.offset(shown, #caret + 1)):match "^[%w_]+")
    assert.truthy(r.err:find("intent.yaml:2:316", 1, true), r.err)
  end)
end)
