local diagnostic = require "orun.diagnostic"
local sources = dofile "spec/support/sources.lua"

local load = require "orun.compiler.load"
local normalize = require "orun.compiler.normalize"

local head = "compositions: {sources: [{name: base, kind: dir, path: base}, {name: other, kind: dir, path: other}]}\n"

local function stack(presets)
  local entries = {}
  for i, name in ipairs(presets) do entries[i] = ("{name: %s, path: presets/%s.yaml}"):format(name, name) end
  return "kind: Stack\nmetadata: {name: p}\nspec: {intentPresets: [" .. table.concat(entries, ", ") .. "]}\n"
end

local function preset(spec)
  return "kind: IntentPreset\nmetadata: {name: any}\nspec:\n" .. spec
end

---A platform with the presets p1 and p2 of the source `base`, whose spec is given.
local function platform(intent, p1, p2, files)
  local all = {
    ["intent.yaml"] = head .. intent, ["base/stack.yaml"] = stack { "p1", "p2" }, ["kit/stack.yaml"] = sources.stack,
    ["base/presets/p1.yaml"] = preset(p1 or "  {}\n"), ["base/presets/p2.yaml"] = preset(p2 or "  {}\n"),
    ["base/compositions/sh/composition.yaml"] = sources.composition "sh",
    ["other/stack.yaml"] = stack {}, ["other/compositions/tf/composition.yaml"] = sources.composition "tf",
  }
  for name, text in next, files or {} do all[name] = text end
  return sources.new(all)
end

---Loads and normalizes: model, loaded, report; or nil and the Failure.
local function model(p, compositions)
  local report = diagnostic.collector()
  local ok, result, loaded = pcall(function()
    local loaded = load({ cwd = p.root, compositions = compositions }, report)
    local made = normalize(loaded, report)
    report:check()
    return made, loaded
  end)
  if ok then return result, loaded, report end
  if not diagnostic.is(result) then error(result, 0) end
  return nil, result, report
end

local both = "extends: [{source: base, preset: p1}, {source: base, preset: p2}]\n"
local one = "extends: [{source: base, preset: p1}]\n"

local function contributions(loaded)
  local list = {}
  for i, item in ipairs(loaded.contributions) do list[i] = item.preset .. " " .. item.key end
  return list
end

---The only error, as kind, file, line and column; its message and hint mention what is given.
local function fails(p, place, ...)
  local made, failure = model(p)
  assert.is_nil(made)
  assert.equal(1, #failure.errors, tostring(failure))
  local err = failure.errors[1]
  assert.same(place, { err.kind, err.file, err.line, err.column })
  local text = err.message .. "\n" .. (err.hint or "")
  for _, part in ipairs { ... } do assert.truthy(text:find(part, 1, true), ("%q lacks %q"):format(text, part)) end
end

describe("intent presets", function()
  after_each(sources.clean)

  it("fill gaps, the first one first; their policies stand beside the intent's own (01 case 39)", function()
    local p = platform(both .. "groups: {g: {policies: {iso: own}}}\n",
      "  env: {B: one}\n  groups: {g: {policies: {iso: first}}}\n", "  env: {B: two}\n  groups: {g: {policies: {iso: second}}}\n")
    local made, loaded = model(p)
    assert.equal("one", made.env.B)
    assert.same({ iso = "own" }, made.groups.g.policies)
    local said = {}
    for i, item in ipairs(made.groups.g.presetPolicies) do
      said[i] = { item.preset, item.key, item.value, item.place.file, item.place.line }
    end
    assert.same({
      { "base:p1", "iso", "first", "base/presets/p1.yaml", 5 }, { "base:p2", "iso", "second", "base/presets/p2.yaml", 5 },
    }, said)
    assert.same({ iso = "second" }, require("orun.intent.preset").effective_policies(made.groups.g))
    assert.same({ "base:p1 env.B", "base:p1 groups.g.policies.iso", "base:p2 groups.g.policies.iso" }, contributions(loaded))
  end)

  it("append trigger references after those of the intent (01 case 40)", function()
    local p = platform(one .. "environments: {dev: {activation: {triggerRefs: [c]}}}\n",
      "  environments: {dev: {activation: {triggerRefs: [a, c, b]}}}\n")
    local made, loaded = model(p)
    assert.same({ "c", "a", "b" }, made.environments.dev.activation.triggerRefs)
    local key = "base:p1 environments.dev.activation.triggerRefs"
    assert.same({ key, key }, contributions(loaded))
  end)

  it("say which sources and presets there are (01 case 41)", function()
    fails(platform "extends: [{source: bsae, preset: p1}]\n", { "intent.preset-source", "intent.yaml", 2, 20 }, "bsae",
      "did you mean base?", "declared sources: base, other")
    fails(platform "extends: [{source: base, preset: p3}]\n", { "intent.preset-unknown", "intent.yaml", 2, 34 }, "p3",
      "did you mean p1?", "its presets: p1, p2")
    fails(platform "extends: [{source: other, preset: p1}]\n", { "intent.preset-unknown", "intent.yaml", 2, 35 }, "it publishes no presets")
    fails(platform "extends: [{preset: p1}]\n", { "intent.preset-source", "intent.yaml", 2, 11 }, "extends[0] requires source")
    fails(platform "extends: [{source: base}]\n", { "intent.preset-unknown", "intent.yaml", 2, 11 }, "requires preset")
  end)

  it("are needed to tell anything: composition errors come first and alone", function()
    local p = platform(one .. "components: [{name: a, type: sh, dependsOn: [{component: b}]}]\n", "  {}\n", nil,
      { ["base/stack.yaml"] = "kind: Sack\n" })
    fails(p, { "composition.manifest-kind", "base/stack.yaml", 1, 7 })
  end)

  it("need declared compositions", function()
    local p = sources.new { ["intent.yaml"] = "extends: [{source: x, preset: y}]\n" }
    local _, failure = sources.without_stack(model, p)
    local kinds = {}
    for i, err in ipairs(failure.errors) do kinds[i] = err.kind end
    assert.same({ "composition.none-declared", "intent.preset-source" }, kinds)
  end)

  it("are documents of their own kind", function()
    fails(platform(one, nil, nil, { ["base/presets/p1.yaml"] = "kind: Intent\n" }),
      { "intent.preset-kind", "base/presets/p1.yaml", 1, 7 }, 'not "Intent"')
    fails(platform(one, nil, nil, { ["base/presets/p1.yaml"] = "# nothing\n" }), { "intent.preset-kind", "base/presets/p1.yaml", 1, 1 })
    fails(platform(one, "  env: [a]\n"), { "yaml.type", "base/presets/p1.yaml", 4, 8 })
    fails(platform(one, "  env: {A: 1, A: 2}\n"), { "yaml.value", "base/presets/p1.yaml", 4, 15 })
  end)

  it("cannot be read outside of their package, or when they are missing (quirk 19)", function()
    local function with(path)
      return { ["base/stack.yaml"] = "kind: Stack\nmetadata: {name: p}\nspec:\n  intentPresets: [{name: p1, path: " .. path .. "}]\n" }
    end
    fails(platform(one, nil, nil, with "../other/p.yaml"), { "composition.path-leaves-package", "base/stack.yaml", 4, 36 })
    fails(platform(one, nil, nil, with "/etc/passwd"), { "composition.path-leaves-package", "base/stack.yaml", 4, 36 })
    fails(platform(one, nil, nil, with "nothing.yaml"), { "intent.preset-unreadable", "base/stack.yaml", 4, 36 }, "base/nothing.yaml")
  end)

  it("come from stack.yaml only", function()
    local p = platform(one, nil, nil, { ["base/orun.yaml"] = "kind: CompositionPackage\nmetadata: {name: p}\nspec: {exports: ["
      .. "{composition: sh, path: compositions/sh/composition.yaml}]}\n" })
    assert(require("host.fs").remove(p.root .. "/base/stack.yaml"))
    fails(p, { "intent.preset-unknown", "intent.yaml", 2, 34 }, "it publishes no presets")
  end)

  it("do not nest; what they cannot hold is ignored with a word", function()
    local p = platform(one, "  extends: [{source: base, preset: p2}]\n  components: [{name: x, type: sh}]\n  enf: {A: 1}\n",
      "  env: {B: two}\n")
    local made, _, report = model(p)
    assert.same({}, made.components)
    assert.is_nil(made.env.B)
    local said = {}
    for i, warning in ipairs(diagnostic.sorted(report.warnings)) do said[i] = ("%d %s"):format(warning.line, warning.hint) end
    assert.same({
      "4 presets do not build on each other; list both under extends of the intent", "5 components belong to the intent",
      "6 did you mean env?",
    }, said)
  end)

  it("merge parameter defaults two levels deep, values whole", function()
    local p = platform(both .. "groups: {g: {parameterDefaults: {sh: {a: own, n: null}}}}\nenvironments: {dev: }\n",
      "  groups: {g: {path: there, parameterDefaults: {sh: {a: 1, n: 1, b: {x: 1}}}}}\n"
        .. "  environments: {dev: {parameterDefaults: {sh: {c: 1}}}}\n",
      '  groups: {g: {path: elsewhere, parameterDefaults: {sh: {b: {y: 2}}, "*": {d: 2}}}}\n')
    local made, loaded = model(p)
    local group = made.groups.g
    assert.same({ sh = { a = "own", n = require("host.value").null, b = { x = 1 } }, ["*"] = { d = 2 } }, group.parameterDefaults)
    assert.equal("there", group.path)
    assert.same({ sh = { c = 1 } }, made.environments.dev.parameterDefaults)
    assert.same({
      "base:p1 groups.g.parameterDefaults.sh.b", "base:p1 environments.dev.parameterDefaults.sh.c",
      "base:p2 groups.g.parameterDefaults.*.d",
    }, contributions(loaded))
  end)

  it("bring whole groups and environments, promotion and dependencyMode included, and keep those of the intent (01 case 43, quirk 3)",
    function()
      local p = platform(one .. "environments: {dev: {dependencyMode: disabled}}\n"
        .. "components: [{name: a, type: sh, domain: core, subscribe: {environments: [dev, prod]}}]\n",
        "  groups: {core: {policies: {isolation: strict}}}\n"
          .. "  environments:\n    dev: {dependencyMode: advisory, promotion: {dependsOn: [{environment: prod}]}}\n"
          .. "    prod: {dependencyMode: advisory, promotion: {dependsOn: [{environment: dev}]}}\n")
      local made, loaded = model(p)
      assert.equal("disabled", made.environments.dev.dependencyMode)
      assert.same({}, made.environments.dev.promotion.dependsOn)
      assert.equal("advisory", made.environments.prod.dependencyMode)
      assert.equal("dev", made.environments.prod.promotion.dependsOn[1].environment)
      assert.same({}, made.groups.core.policies)
      assert.equal("base:p1", made.groups.core.presetPolicies[1].preset)
      assert.same({ "base:p1 groups.core", "base:p1 environments.prod" }, contributions(loaded))
      local jobs = p:jobs()
      assert.same({ "disabled", "environment" }, { jobs["a@dev.build"].dependencyMode, jobs["a@dev.build"].dependencySource })
      assert.equal("advisory", jobs["a@prod.build"].dependencyMode)
    end)

  it("take selectors only where the intent has none, even an empty one", function()
    local p = platform(one .. "environments:\n  a: {selectors: {components: []}}\n  b: {}\n",
      "  environments:\n    a: {selectors: {components: [x], domains: [d]}}\n    b: {selectors: {components: [x]}}\n")
    local made = model(p)
    assert.same({}, made.environments.a.selectors.components)
    assert.same({ "d" }, made.environments.a.selectors.domains)
    assert.same({ "x" }, made.environments.b.selectors.components)
  end)

  it("add environment variables without telling, trigger bindings whole", function()
    local p = platform(one .. "environments: {dev: {env: {A: own}}}\nautomation: {triggerBindings: {t: {on: {provider: github}}}}\n",
      "  environments: {dev: {env: {A: theirs, B: theirs}}}\n  automation:\n    triggerBindings:\n"
        .. "      t: {on: {event: push}}\n      u: {on: {provider: github, event: push}}\n")
    local made, loaded = model(p)
    assert.same({ A = "own", B = "theirs" }, made.environments.dev.env)
    assert.is_nil(made.automation.triggerBindings.t.on.event)
    assert.equal("push", made.automation.triggerBindings.u.on.event)
    assert.same({ "base:p1 automation.triggerBindings.u" }, contributions(loaded))
  end)

  it("add discovery roots that really are searched (quirk 5)", function()
    local manifest = "kind: Component\nmetadata: {name: %s}\nspec: {type: sh}\n"
    local files = { ["svc/a/component.yaml"] = manifest:format "a", ["apps/b/component.yaml"] = manifest:format "b" }
    local function names(p)
      local out = {}
      local made, loaded = model(p)
      for i, component in ipairs(made.components) do out[i] = component.name end
      return out, loaded.intent.discovery.roots, contributions(loaded)
    end
    local svc = one .. "discovery: {roots: [svc]}\n"
    local found, roots, added = names(platform(svc, "  discovery: {roots: [apps, svc, apps/]}\n", nil, files))
    assert.same({ "b", "a" }, found)
    assert.same({ "svc", "apps", "apps/" }, roots)
    assert.same({ "base:p1 discovery.roots", "base:p1 discovery.roots" }, added)
    found, roots = names(platform(one, "  discovery: {roots: [apps]}\n", nil, files))
    assert.same({ "b", "a" }, found)
    assert.same({ ".", "apps" }, roots)
    fails(platform(svc, "  discovery: {roots: [nope]}\n", nil, files),
      { "intent.discovery-root", "base/presets/p1.yaml", 4, 23 }, "nope")
  end)

  it("are what messages about their values point at", function()
    fails(platform(one, "  env:\n    ORUN_X: 1\n"), { "intent.reserved-env", "base/presets/p1.yaml", 5, 5 })
    fails(platform(one .. "environments: {dev: {env: {A: 1}}}\n", "  environments:\n    dev:\n      env: {ORUN_X: 1}\n"),
      { "intent.reserved-env", "base/presets/p1.yaml", 6, 13 })
    fails(platform(one, "  environments:\n    a.b: {}\n"), { "intent.environment-name", "base/presets/p1.yaml", 5, 5 })
    fails(platform(one, "  environments:\n    dev: {dependencyMode: loose}\n"), { "intent.dependency-mode", "base/presets/p1.yaml", 5, 27 })
  end)

  it("are merged for listings too; what cannot be reached is told and left out (quirk 6)", function()
    local p = platform(one, "  env: {A: 1}\n")
    assert.equal("1", model(p, false).env.A)
    p = platform(one, "  env: {A: 1}\n", nil, { ["base/stack.yaml"] = "kind: Sack\n" })
    local made, _, report = model(p, false)
    assert.is_nil(made.env.A)
    assert.same({ "intent.presets-skipped", "base/stack.yaml", 1 },
      { report.warnings[1].kind, report.warnings[1].file, report.warnings[1].line })
    made = model(platform "extends: [{source: bsae, preset: p1}]\n", false)
    assert.is_nil(made)
  end)

  it("let rules name their triggers, in validate as in plan (quirk 6)", function()
    local p = platform(one .. "environments: {dev: }\ncomponents: [{name: a, type: sh, subscribe: {environments: "
      .. "[{name: dev, dependencyRules: [{mode: advisory, when: {triggerRef: t}}]}]}}]\n",
      "  automation: {triggerBindings: {t: {on: {provider: github, event: push}}}}\n")
    local report = diagnostic.collector()
    require("orun.compiler").validate({ cwd = p.root }, report)
    assert.same({}, report.errors)
    assert.is_table(p:compile())
  end)

  it("make policies that disagree with the intent an error that names both (decision 9)", function()
    local p = platform(one .. "environments: {dev: {policies: {isolation: none}}}\n"
      .. "components: [{name: a, type: sh, subscribe: {environments: [dev]}}]\n",
      "  environments: {dev: {policies: {isolation: strict}}}\n")
    local compiled, failure = p:compile()
    assert.is_nil(compiled)
    assert.truthy(sources.text(failure.errors):find("preset base:p1", 1, true))
  end)
end)
