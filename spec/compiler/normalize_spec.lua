local fs = require "host.fs"
local platform = dofile "spec/support/platform.lua"

---Errors of an intent text (and other files), as a list.
local function errors(intent, files)
  files = files or {}
  files["intent.yaml"] = intent
  return platform.new(files):errors()
end

---The only error, checked for its kind; fails when there are others.
local function only(kind, intent, files)
  local list = errors(intent, files)
  assert.equal(1, #list, #list > 1 and list[1].message .. "; " .. list[2].message or nil)
  assert.equal(kind, list[1].kind)
  return list[1]
end

local function mentions(text, ...)
  for _, part in ipairs { ... } do assert.truthy(text:find(part, 1, true), ("%q lacks %q"):format(text, part)) end
end

local function inline(fields)
  return "components:\n  - {name: web, type: t" .. (fields and ", " .. fields or "") .. "}\n"
end

describe("compiler.normalize", function()
  after_each(platform.clean)

  it("accepts any apiVersion and kind, and warns about unknown keys (01 case 4, the warning by decision 6)", function()
    local p = platform.new { ["intent.yaml"] = "kind: Banana\nfoo: 1\n" }
    local model, _, report = p:model()
    assert.is_table(model)
    assert.equal(1, #report.warnings)
    mentions(report.warnings[1].message, "foo")
  end)

  it("needs a list of names or objects as subscriptions (01 cases 5 to 7)", function()
    local err = only("yaml.type", inline "subscribe: [dev]")
    assert.equal(2, err.line)
    err = only("intent.subscription-name", inline "subscribe: {environments: [{profile: x}]}")
    mentions(err.message, "requires name")
    assert.equal(2, err.line)
    only("yaml.type", inline "subscribe: {environments: dev}")
    only("yaml.type", inline "subscribe: {environments: [[dev]]}")
    local p = platform.new { ["intent.yaml"] = inline "subscribe: {environments: [dev, {name: prod}, null, 1.5]}" }
    local names = {}
    for i, item in ipairs(p:model().components[1].subscribe.environments) do names[i] = item.name end
    assert.same({ "dev", "prod", "1.5" }, names)
  end)

  it("needs objects as dependencies (01 case 8)", function()
    only("yaml.type", inline "dependsOn: [db]")
  end)

  it("keeps env reserved, in every layer (01 cases 16 and 17)", function()
    local err = only("intent.reserved-env", "env: {orun_x: 1}\n")
    mentions(err.message, "intent root env", "orun_x")
    assert.same({ 1, 7 }, { err.line, err.column })
    assert.same({}, errors "env: {ORUNX: 1, XORUN_: 2}\n")
    local list = errors("environments: {dev: {env: {ORUN_A: 1}}}\n"
      .. inline "env: {Orun_B: 1}, subscribe: {environments: [{name: dev, env: {ORUN_C: 1}}]}")
    assert.equal(3, #list)
    mentions(list[1].message, "environment dev env", "ORUN_A")
    mentions(list[2].message, "component web root env", "Orun_B")
    mentions(list[3].message, "component web subscription dev env", "ORUN_C")
  end)

  it("finds duplicate names wherever they come from (01 case 18, quirk 16)", function()
    local err = only("intent.duplicate-component", "components:\n  - {name: web, type: t}\n  - {name: web, type: t}\n")
    assert.equal("duplicate component name: web", err.message)
    assert.equal(3, err.line)
    mentions(err.hint, "intent.yaml:2")
    local manifest = "kind: Component\nmetadata: {name: web}\nspec: {type: t}\n"
    err = only("intent.duplicate-component", inline(), { ["a/component.yaml"] = manifest })
    mentions(err.file, "a/component.yaml")
    only("intent.duplicate-component", "", { ["a/component.yaml"] = manifest, ["a/component.yml"] = manifest })
  end)

  it("needs names and types (01 case 19)", function()
    local err = only("intent.component-type", "components:\n  - name: web\n")
    assert.equal("component web must have a type", err.message)
    only("intent.component-name", "components:\n  - type: t\n")
    only("intent.component-type", "", { ["a/component.yaml"] = "kind: Component\nmetadata: {name: web}\n" })
  end)

  it("refuses names that would not fit into a job id", function()
    mentions(only("intent.component-name", "components:\n  - {name: a@b, type: t}\n").message, "@")
    only("intent.component-name", 'components:\n  - {name: "a\\tb", type: t}\n')
    assert.equal(2, #errors "environments: {a.b: {}, a@b: {}, ok: {}}\n")
    only("intent.environment-name", "environments: {a.b: {}}\n")
    assert.same({}, errors "components:\n  - {name: a.b, type: t}\n")
  end)

  it("knows eight things to watch (01 case 20)", function()
    local err = only("intent.change-watch", inline "change: {watches: [env, Groups]}")
    mentions(err.message, "watches[1]", "automation, compositions, discovery, env, environments, execution, extends, groups")
    assert.equal("did you mean groups?", err.hint)
  end)

  it("knows two include policies (01 case 21)", function()
    local text = "components:\n  - {name: a, type: t}\n"
      .. "  - {name: b, type: t, dependsOn: [{component: a}, {component: a, include: sometimes}]}\n"
    local err = only("intent.dependency-include", text)
    mentions(err.message, "component b", "dependsOn[1].include", "if-selected", "always")
    assert.equal(3, err.line)
  end)

  it("reports dependencies on components that exist nowhere", function()
    local text = "components:\n  - {name: ledger, type: t}\n  - {name: b, type: t, dependsOn: [{component: legder}, {environment: x}]}\n"
    local list = errors(text)
    assert.equal(2, #list)
    mentions(list[1].message, "b depends on", "legder")
    assert.equal("did you mean ledger?", list[1].hint)
    assert.equal("intent.unknown-dependency", list[2].kind)
  end)

  it("finds promotion cycles (01 case 22)", function()
    local function from(name) return ("{promotion: {dependsOn: [{environment: %s}]}}"):format(name) end
    local err = only("intent.promotion-cycle", ("environments: {a: %s, b: %s, c: %s}\n"):format(from "b", from "c", from "a"))
    mentions(err.message, "a → b → c → a")
    only("intent.promotion-self", ("environments: {a: %s}\n"):format(from "a"))
  end)

  it("needs known environments and values in promotions (01 case 23, quirk 24)", function()
    local err = only("intent.promotion-unknown", "environments: {dev: {}, prod: {promotion: {dependsOn: [{environment: dve}]}}}\n")
    mentions(err.message, "prod", "dve")
    assert.equal("did you mean dev?", err.hint)
    only("intent.promotion-environment", "environments: {prod: {promotion: {dependsOn: [{strategy: same-component}]}}}\n")
    local list = errors [[
environments:
  dev: {}
  prod:
    promotion:
      dependsOn:
        - environment: dev
          strategy: barrier
          condition: always
          satisfy: same
          match: {revision: tag}
]]
    assert.equal(4, #list)
    assert.equal("intent.promotion-value", list[1].kind)
    assert.same({ 7, 21 }, { list[1].line, list[1].column })
    mentions(list[4].message, "match.revision", "source")
  end)

  it("fills promotion defaults", function()
    local p = platform.new { ["intent.yaml"] = "environments: {dev: , prod: {promotion: {dependsOn: [{environment: dev}]}}}\n" }
    local entry = p:model().environments.prod.promotion.dependsOn[1]
    assert.same({ "dev", "same-component", "success", "same-plan-or-previous-success", "source" },
      { entry.environment, entry.strategy, entry.condition, entry.satisfy, entry.match.revision })
  end)

  it("checks profile rules and dependency rules statically", function()
    local list = errors [[
automation: {triggerBindings: {pr: {on: {provider: github, event: pull_request}}}}
environments: {dev: {dependencyMode: sometimes}}
components:
  - name: web
    type: t
    subscribe:
      environments:
        - name: dev
          profileRules: [{when: {triggerRef: pr}}, {profile: x}, {profile: x, when: {triggerRef: rp}}]
          dependencyMode: advisery
          dependencyRules: [{mode: off, when: {triggerRef: pr}}, {when: {triggerRef: pr}}, {mode: enforced}]
]]
    local kinds = {}
    for i, err in ipairs(list) do kinds[i] = err.kind end
    assert.same({
      "intent.dependency-mode", "intent.profile-required", "intent.rule-profile", "intent.rule-trigger", "intent.rule-trigger",
      "intent.dependency-mode", "intent.rule-mode", "intent.rule-mode", "intent.rule-trigger",
    }, kinds)
    assert.equal("did you mean pr?", list[5].hint)
    assert.equal("did you mean advisory?", list[6].hint)
  end)

  it("replaces the selector * by all components, sorted", function()
    local p = platform.new { ["intent.yaml"] = "environments: {dev: {selectors: {components: [b*, '*']}}}\n"
      .. "components:\n  - {name: b, type: t}\n  - {name: a, type: t}\n" }
    assert.same({ "a", "b" }, p:model().environments.dev.selectors.components)
  end)

  it("reports mistakes of several files together, sorted", function()
    local list = errors("discovery: {roots: [b]}\n" .. inline "enabled: maybe" .. "env: [1]\n", {
      ["b/component.yaml"] = "kind: Component\nmetadata: {name: b}\nspec: {labels: x}\n",
      ["a/component.yaml"] = "kind: component\nmetadata: {name: a}\n",
      ["c/component.yaml"] = "kind: Component\n",
      ["d/component.yaml"] = "kind: [\n",
    })
    local found = {}
    for i, err in ipairs(list) do found[i] = err.file .. ":" .. (err.line or "") .. " " .. err.kind end
    assert.same({ "b/component.yaml:3 yaml.type", "intent.yaml:3 yaml.type", "intent.yaml:4 yaml.type" }, found)
    list = errors(inline(), {
      ["b/component.yaml"] = "kind: Component\nmetadata: {name: b}\nspec: {labels: x}\n",
      ["a/component.yaml"] = "kind: component\nmetadata: {name: a}\n",
      ["c/component.yaml"] = "kind: Component\n",
      ["d/component.yaml"] = "kind: [\n",
    })
    found = {}
    for i, err in ipairs(list) do found[i] = err.file .. " " .. err.kind end
    assert.same({
      "a/component.yaml intent.manifest-kind", "b/component.yaml yaml.type", "c/component.yaml intent.manifest-name",
      "d/component.yaml yaml.syntax",
    }, found)
    mentions(list[1].message, "a/component.yaml", "must have kind Component")
  end)

  it("names the places that were searched when there is no intent (quirk 26)", function()
    local p = platform.new { ["x/y/file"] = "" }
    local model, failure = p:model { cwd = p.root .. "/x/y" }
    assert.is_nil(model)
    assert.equal("intent.not-found", failure.errors[1].kind)
    mentions(failure.errors[1].message, p.root .. "/x/y", "up to " .. p.root)
    model, failure = p:model { intent = "ghost.yaml" }
    assert.is_nil(model)
    assert.equal("intent.unreadable", failure.errors[1].kind)
    mentions(failure.errors[1].message, "ghost.yaml")
  end)

  it("writes the component tree when its content changes, beside a .gitignore", function()
    local p = platform.new {
      ["intent.yaml"] = inline(), ["a/component.yaml"] = "kind: Component\nmetadata: {name: a}\nspec: {type: t, parameters: {place: x}}\n",
    }
    p:model()
    local text = p:read ".orun/component-tree.yaml"
    mentions(text, "kind: ComponentTree", "name: a", "sourcePath: a/component.yaml", "source: inline", "place: x", "enabled: true")
    mentions(p:read ".orun/.gitignore", "component-tree.yaml", "plans/")
    local before = fs.stat(p.root .. "/.orun/component-tree.yaml").inode
    p:model()
    assert.equal(before, fs.stat(p.root .. "/.orun/component-tree.yaml").inode)
    p:write("a/component.yaml", "kind: Component\nmetadata: {name: a}\nspec: {type: other}\n")
    p:model()
    mentions(p:read ".orun/component-tree.yaml", "type: other")
  end)

  it("only warns when the component tree cannot be written", function()
    local p = platform.new { ["intent.yaml"] = inline(), [".orun"] = "a file" }
    local model, _, report = p:model()
    assert.is_table(model)
    assert.equal("intent.tree-unwritable", report.warnings[1].kind)
  end)
end)
