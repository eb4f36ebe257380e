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

  it("in the form of a value show the form", function()
    local function hint(text, document)
      local p = platform(sources.intent .. text, document and {
        ["kit/compositions/sh/composition.yaml"] = (sources.composition "sh"):gsub("jobs: .*", document),
      })
      return json.decode(program.run(p.root, { "validate", "--json" }).out).errors[1].hint
    end
    local function component(field) return "environments: {dev: }\ncomponents: [{name: web, type: sh, " .. field .. "}]\n" end
    assert.equal("write subscribe: {environments: [NAME]}", hint(component "subscribe: [dev]"))
    assert.equal("write environments: [NAME] or environments: [{name: NAME, profile: PROFILE}]",
      hint(component "subscribe: {environments: dev}"))
    assert.equal("write dependsOn: [{component: NAME}]", hint(component "dependsOn: [db]"))
    assert.equal("write dependsOn: [{component: NAME}]", hint(component "dependsOn: db"))
    assert.equal("write environments: {NAME: {...}}", hint "environments: [dev]\n")
    assert.equal("write components: [{name: NAME, type: TYPE}]", hint "components: {web: {type: sh}}\n")
    assert.equal("write jobs: [{name: NAME, steps: [{name: NAME, run: COMMAND}]}]", hint(component "env: {}", "jobs: {build: {}}\n"))
    assert.equal("write steps: [{name: NAME, run: COMMAND}]", hint(component "env: {}", "jobs: [{name: build, steps: [make]}]\n"))
  end)

  -- Mistakes of every stage, each in a part of its own.
  local staged = sources.intent .. [[
environments:
  dev: {}
  prod: {policies: {requiredLabels: [team]}, promotion: {dependsOn: [{environment: dve}]}}
  x: {promotion: {dependsOn: [{environment: y}]}}
  y: {promotion: {dependsOn: [{environment: x}]}}
components:
  - {name: wrong-parameters, type: sh, subscribe: {environments: [dev]}, parameters: {size: large}}
  - {name: wrong-profile, type: sh, subscribe: {environments: [{name: dev, profile: ful}]}}
  - {name: wrong-type, type: hs, subscribe: {environments: [dev]}}
  - {name: no-type, subscribe: {environments: [dev]}}
  - {name: wrong-environment, type: sh, subscribe: {environments: [dev, prdo]}}
  - {name: wrong-dependency, type: sh, subscribe: {environments: [dev]}, dependsOn: [{component: db}]}
  - name: wrong-step
    type: sh
    subscribe: {environments: [dev]}
    overrides: {steps: [{name: a, phase: lter, run: a}, {name: b, run: "{{.a"}]}
  - {name: unlabelled, type: sh, subscribe: {environments: [prod]}}
  - {name: a, type: sh, subscribe: {environments: [dev, prod]}, labels: {team: t}, dependsOn: [{component: b}]}
  - {name: b, type: sh, subscribe: {environments: [dev, prod]}, labels: {team: t}, dependsOn: [{component: a}]}
  - {name: c, type: sh, subscribe: {environments: [dev]}, dependsOn: [{component: c}]}
  - name: needs-the-wrong
    type: sh
    subscribe: {environments: [dev]}
    dependsOn: [{component: wrong-parameters, include: always}, {component: wrong-profile, include: always}, {component: wrong-step}]
  - {name: needs-the-absent, type: sh, subscribe: {environments: [dev]}, dependsOn: [{component: unlabelled, include: always}]}
]]
  local profiled = sources.composition "sh":gsub("parameterSchema: {type: object}", [[
parameterSchema: {properties: {parameters: {properties: {size: {type: integer}}}}}
  defaultProfile: base
  executionProfiles: {base: {jobs: {build: {stepsEnabled: [make]}}}, full: {jobs: {build: {stepsEnabled: [make]}}}}]])

  it("of all stages are told at once, and none of what only follows from them", function()
    local p = platform(staged, { ["kit/compositions/sh/composition.yaml"] = profiled })
    for _, words in ipairs { { "validate", "--json" }, { "plan", "--json" }, { "run", "--json" } } do
      local r = program.run(p.root, words)
      assert.equal(1, r.code)
      local all = json.decode(r.out)
      assert.same({
        "intent.yaml:4:84 intent.promotion-unknown", "intent.yaml:5:30 intent.promotion-cycle",
        "intent.yaml:8:93 schema.violation", "intent.yaml:9:85 intent.unknown-profile", "intent.yaml:10:30 composition.unknown-type",
        "intent.yaml:11:5 intent.component-type", "intent.yaml:13:98 intent.unknown-dependency", "intent.yaml:17:42 bind.phase",
        "intent.yaml:17:73 template.parse", "intent.yaml:18:5 policy.violation", "intent.yaml:19:96 resolve.cycle",
        "intent.yaml:21:71 resolve.cycle", "intent.yaml:26:86 resolve.always-missing",
      }, places(all.errors), words[1])
      assert.same({ "intent.yaml:12:73 intent.unknown-environment" }, places(all.warnings), words[1])
    end
  end)

  it("of a selection are told beside those of the platform, whose jobs are not looked at then", function()
    local p = platform(staged, { ["kit/compositions/sh/composition.yaml"] = profiled })
    local r = program.run(p.root, { "plan", "--env", "dve", "--json" })
    local list = json.decode(r.out).errors
    assert.equal("plan.unknown-environment", list[1].kind)
    assert.same({
      "intent.yaml:4:84 intent.promotion-unknown", "intent.yaml:5:30 intent.promotion-cycle", "intent.yaml:8:93 schema.violation",
      "intent.yaml:9:85 intent.unknown-profile", "intent.yaml:10:30 composition.unknown-type", "intent.yaml:11:5 intent.component-type",
      "intent.yaml:13:98 intent.unknown-dependency",
    }, places { table.unpack(list, 2) })
    -- What the trigger or a revision would choose is not known either.
    for _, words in ipairs { { "--trigger", "push" }, { "--changed", "--base", "nowhere" } } do
      list = json.decode(program.run(p.root, { "plan", "--json", table.unpack(words) }).out).errors
      assert.equal(8, #list, words[1])
    end
  end)

  it("in one manifest hide nothing of the others, and what depends on it is left alone", function()
    local p = platform(sources.intent .. "environments: {dev: }\n", {
      ["a/component.yaml"] = "kind: Component\nmetadata: {name: a}\nspec: {type: [sh]}\n",
      ["b/component.yaml"] = "kind: Component\nmetadata: {name: b}\n"
        .. "spec: {type: hs, subscribe: {environments: [dev]}, dependsOn: [{component: a, include: always}]}\n",
      ["c/component.yaml"] = "kind: Component\nmetadata: {name: c}\n"
        .. "spec: {type: sh, subscribe: {environments: [dev]}, dependsOn: [{component: a, include: always}, {component: d}]}\n",
    })
    for _, words in ipairs { { "plan", "--all" }, { "plan", "a" }, { "validate" } } do
      local r = program.run(p.root, { words[1], "--json", words[2] })
      assert.same({
        "a/component.yaml:3:14 yaml.type", "b/component.yaml:3:14 composition.unknown-type",
        "c/component.yaml:3:109 intent.unknown-dependency",
      }, places(json.decode(r.out).errors), table.concat(words, " "))
    end
    -- A file without a name might be the one.
    p:write("d/component.yaml", "kind: Component\nmetadata: {name: d\n")
    local r = program.run(p.root, { "validate", "--json" })
    assert.same({
      "a/component.yaml:3:14 yaml.type", "b/component.yaml:3:14 composition.unknown-type", "d/component.yaml:2:11 yaml.syntax",
    }, places(json.decode(r.out).errors))
    r = program.run(p.root .. "/d", { "plan", "x", "--json" })
    assert.equal(3, #json.decode(r.out).errors)
    -- Nor is a plan narrowed to such a component.
    for _, name in ipairs { "a", "d" } do
      r = program.run(p.root .. "/" .. name, { "plan", "--json" })
      assert.equal(3, #json.decode(r.out).errors, name)
    end
    assert.is_nil(p:read ".orun/component-tree.yaml", "a tree without them would be another platform's")
  end)

  it("in the fields of one inline component hide nothing of the others", function()
    local p = platform(sources.intent .. [[
environments: {dev: }
components:
  - {name: a, type: [sh], subscribe: {environments: [dev]}}
  - {name: b, type: hs, subscribe: {environments: [dev]}, dependsOn: [{component: a}]}
  - {name: c, type: sh, subscribe: {environments: [dev]}, dependsOn: [{component: d}]}
]])
    local function all() return places(json.decode(program.run(p.root, { "validate", "--json" }).out).errors) end
    local first, second = "intent.yaml:4:21 yaml.type", "intent.yaml:5:21 composition.unknown-type"
    assert.same({ first, second, "intent.yaml:6:83 intent.unknown-dependency" }, all())
    -- One without a name may be the one that is depended on; a mistake elsewhere in the intent says that nothing of it is certain.
    p:write("intent.yaml", p:read "intent.yaml" .. "  - web\n")
    assert.same({ first, second, "intent.yaml:7:5 yaml.type" }, all())
    p:write("intent.yaml", p:read "intent.yaml" .. "env: [A]\n")
    assert.same({ first, "intent.yaml:7:5 yaml.type", "intent.yaml:8:6 yaml.type" }, all())
  end)

  it("in the form of a document are all that is said of it", function()
    local document = "kit/compositions/sh/composition.yaml"
    local function said(files)
      local p = platform(sources.intent .. "environments: {dev: }\ncomponents: [{name: web, type: sh, subscribe: {environments: [dev]}}]\n",
        files)
      return places(json.decode(program.run(p.root, { "validate", "--json" }).out).errors)
    end
    local function manifest(text) return { ["x/component.yaml"] = text } end
    assert.same({ "x/component.yaml:1:7 yaml.type" }, said(manifest "kind: [Component]\nmetadata: {name: x}\n"))
    assert.same({ "x/component.yaml:2:11 yaml.type" }, said(manifest "kind: Component\nmetadata: x\n"))
    assert.same({ "x/component.yaml:3:46 yaml.value" },
      said(manifest "kind: Component\nmetadata: {name: x}\nspec: {type: sh, subscribe: {environments: [{[a]: b}]}}\n"))
    assert.same({ "kit/stack.yaml:2:11 yaml.type" }, said { ["kit/stack.yaml"] = "kind: Stack\nmetadata: kit\n" })
    assert.same({ document .. ":2:11 yaml.type" }, said { [document] = (sources.composition "sh"):gsub("{name: sh}", "sh") })
    assert.same({ document .. ":1:1 composition.type" }, said { [document] = "kind: Composition\nmetadata: {name: sh}\n" })
    -- What lacks jobs has no jobs that profiles could name.
    local jobless = (sources.composition "sh"):gsub("jobs: .*",
      "defaultProfile: p\n  executionProfiles: {p: {jobs: {build: {stepsEnabled: [a]}}}}\n")
    assert.same({ document .. ":4:3 composition.no-jobs" }, said { [document] = jobless })
    local referring = (sources.composition "sh"):gsub("parameterSchema: .*", [[
schemaRef: {name: s}
  jobs: [{name: build, templateRef: {name: t}}]
  defaultProfile: p
  profiles: [{name: p, profileRef: {name: p}}]
]])
    local folder = "kit/compositions/sh/"
    assert.same({ folder .. "jobs/t.yaml:3:7 yaml.type", folder .. "profiles/p.yaml:3:7 yaml.type", folder .. "schema.yaml:3:7 yaml.type" },
      said {
        [document] = referring, [folder .. "schema.yaml"] = "kind: ComponentSchema\nmetadata: {name: s}\nspec: x\n",
        [folder .. "jobs/t.yaml"] = "kind: JobTemplate\nmetadata: {name: t}\nspec: x\n",
        [folder .. "profiles/p.yaml"] = "kind: ExecutionProfile\nmetadata: {name: p}\nspec: x\n",
      })
  end)

  it("of compositions hide nothing of an intent whose presets are known", function()
    local p = platform(sources.intent .. [[
extends: [{source: kit, preset: p}]
components: [{name: web, type: hs, subscribe: {environments: [dev]}}]
]], {
      ["kit/stack.yaml"] = sources.stack .. "spec: {intentPresets: [{name: p, path: p.yaml}]}\n",
      ["kit/p.yaml"] = "kind: IntentPreset\nspec: {environments: {dev: }}\n",
      ["kit/compositions/sh/composition.yaml"] = (sources.composition "sh"):gsub("defaultJob: build", "defaultJob: biuld"),
      ["kit/compositions/ssh/composition.yaml"] = sources.composition "ssh",
    })
    local function all() return places(json.decode(program.run(p.root, { "validate", "--json" }).out).errors) end
    local default = "kit/compositions/sh/composition.yaml:5:15 composition.default-job"
    assert.same({ "intent.yaml:3:32 composition.unknown-type", default }, all())
    p:write("kit/p.yaml", "kind: IntentPreset\nspec: {environments: [dev]}\n")
    assert.same({ default, "kit/p.yaml:2:22 yaml.type" }, all())
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
