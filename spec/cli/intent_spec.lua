local json = require "host.json"
local platform = dofile "spec/support/platform.lua"
local program = dofile "spec/support/program.lua"
local sources = dofile "spec/support/sources.lua"
local yaml = require "host.yaml"

local function orun(p, ...)
  return program.run(p.root, { ... })
end

local function mentions(text, ...)
  for _, part in ipairs { ... } do assert.truthy(text:find(part, 1, true), ("%q lacks %q"):format(text, part)) end
end

local function decoded(text)
  local document = assert(yaml.read(text, "rendered"))
  return document:value(document:root())
end

local intent = [[
metadata: {name: shop}
compositions: {sources: [{name: base, kind: dir, path: base}]}
extends: [{source: base, preset: ci}, {source: base, preset: defaults}]
discovery: {roots: [svc]}
groups: {core: {policies: {tier: gold}, parameterDefaults: {"*": {size: 2}}}}
environments: {dev: }
]]

local function shop(files)
  local all = {
    ["intent.yaml"] = intent,
    ["base/stack.yaml"] = "kind: Stack\nmetadata: {name: base}\n"
      .. "spec: {intentPresets: [{name: ci, path: p/ci.yaml}, {name: defaults, path: p/defaults.yaml}]}\n",
    ["base/compositions/helm/composition.yaml"] = sources.composition "helm",
    ["base/p/ci.yaml"] = "kind: IntentPreset\nmetadata: {name: ci-defaults}\n"
      .. "spec: {env: {REGION: eu-1}, automation: {triggerBindings: {on-push: {on: {provider: github, event: push}}}}}\n",
    ["base/p/defaults.yaml"] = "kind: IntentPreset\nspec: {discovery: {roots: [apps, lib]}, environments: {prod: {}}}\n",
    ["svc/cart/component.yaml"] = "kind: Component\nmetadata: {name: cart}\nspec:\n  type: helm\n  domain: core\n"
      .. "  subscribe: {environments: [dev, {name: prod, parameters: {zone: b}}]}\n  dependsOn: [{component: ledger}]\n"
      .. "  parameters: {day: 2024-01-02, none: null, list: [a, 1.0], map: {y: 2, x: \"1\"}}\n",
    ["apps/ledger/component.yaml"] = "kind: Component\nmetadata: {name: ledger}\n"
      .. "spec: {type: helm, subscribe: {environments: [dev]}}\n",
    ["lib/old/component.yaml"] = "kind: Component\nmetadata: {name: old}\n"
      .. "spec: {type: helm, enabled: false, subscribe: {environments: [dev]}}\n",
    ["lib/idle/component.yaml"] = "kind: Component\nmetadata: {name: idle}\nspec: {type: helm}\n",
  }
  for name, text in next, files or {} do all[name] = text end
  return platform.new(all)
end

describe("orun intent explain", function()
  after_each(platform.clean)

  it("says in one line that there is nothing to explain (01 case 42)", function()
    local r = orun(platform.new { ["intent.yaml"] = "metadata: {name: shop}\n" }, "intent", "explain")
    assert.same({ 0, "No presets applied. The intent is used as-is.\n", "" }, { r.code, r.out, r.err })
  end)

  it("lists presets as declared, then what each one adds", function()
    local r = orun(shop(), "intent", "explain")
    assert.equal(0, r.code, r.err)
    assert.equal([[

Intent Presets

  ● base:ci
    ci-defaults
  ● base:defaults

Contributions

  base:ci
    ├─ automation.triggerBindings.on-push
    ├─ env.REGION

  base:defaults
    ├─ discovery.roots
    ├─ discovery.roots
    ├─ environments.prod

]], r.out)
  end)

  it("gives the same as data", function()
    local data = assert(json.decode(orun(shop(), "intent", "explain", "-o", "json").out))
    assert.same({ { preset = "base:ci", name = "ci-defaults" }, { preset = "base:defaults", name = "" } }, data.presets)
    assert.same({ preset = "base:ci", keys = { "automation.triggerBindings.on-push", "env.REGION" } }, data.contributions[1])
  end)

  it("fails when a preset cannot be had, naming what there is (01 case 41)", function()
    local r = orun(shop { ["intent.yaml"] = (intent:gsub("preset: ci", "preset: c1")) }, "intent", "explain")
    assert.same({ 1, "" }, { r.code, r.out })
    mentions(r.err, 'error: the source "base" publishes no preset "c1"', "--> intent.yaml:3:34", "did you mean ci?",
      "its presets: ci, defaults")
    r = orun(shop { ["intent.yaml"] = (intent:gsub("source: base, preset: ci", "source: bass, preset: ci")) }, "intent", "render")
    assert.equal(1, r.code)
    mentions(r.err, 'undeclared source "bass"', "declared sources: base")
    r = orun(shop { ["base/stack.yaml"] = "kind: Sack\n" }, "intent", "explain", "--json")
    assert.equal(1, r.code)
    assert.equal("composition.manifest-kind", json.decode(r.out).errors[1].kind)
  end)
end)

describe("orun intent render", function()
  after_each(platform.clean)

  it("prints the merged intent with its components, keys in order", function()
    local r = orun(shop(), "intent", "render")
    assert.equal(0, r.code, r.err)
    local order = {}
    for key in ("\n" .. r.out):gmatch "\n([%w]+):" do order[#order + 1] = key end
    assert.same({
      "apiVersion", "kind", "metadata", "discovery", "compositions", "automation", "groups", "environments", "components", "env",
    }, order)
    local data = decoded(r.out)
    assert.same({ "svc", "apps", "lib" }, data.discovery.roots)
    assert.same({ REGION = "eu-1" }, data.env)
    assert.same({ policies = { tier = "gold" }, parameterDefaults = { ["*"] = { size = 2 } } }, data.groups.core)
    assert.same({
      path = "", selectors = { components = {}, domains = {} }, parameterDefaults = {}, policies = {},
    }, data.environments.prod)
    local names = {}
    for i, component in ipairs(data.components) do names[i] = component.name .. " " .. tostring(component.enabled) end
    assert.same({ "ledger true", "idle true", "old false", "cart true" }, names)
    mentions(r.out, [[
    - name: ledger
      type: helm
      domain: ""
      enabled: true
      path: apps/ledger
      subscribe:
        environments:
            - name: dev
      parameters: {}
      overrides:
        steps: []
      labels: {}
      dependsOn: []
]])
  end)

  it("takes the last preset's policy and the first one's env (01 case 39)", function()
    local p = shop {
      ["base/p/ci.yaml"] = "kind: IntentPreset\nspec: {env: {B: one}, groups: {core: {policies: {tier: one}}}}\n",
      ["base/p/defaults.yaml"] = "kind: IntentPreset\nspec: {env: {B: two}, groups: {core: {policies: {tier: two}}}}\n",
    }
    local data = decoded(orun(p, "intent", "render").out)
    assert.equal("one", data.env.B)
    assert.equal("two", data.groups.core.policies.tier)
  end)

  it("sorts free maps as people count, and quotes what would read as something else", function()
    local p = platform.new {
      ["intent.yaml"] = 'env: {K10: "yes", K9: "1", K09: ~, A: "a\\nb\\n"}\n'
        .. "components: [{name: a, type: t, parameters: {x10: {b: 1, a: 2}, x9: on}}]\n",
    }
    local r = orun(p, "intent", "render")
    mentions(r.out, "env:\n    A: |\n        a\n        b\n    K9: \"1\"\n    K09: \"\"\n    K10: \"yes\"\n",
      "parameters:\n        x9: \"on\"\n        x10:\n            a: 2\n            b: 1\n")
  end)

  it("prints what can be read again: a copy alone is the same platform", function()
    local p = shop()
    local text = orun(p, "intent", "render").out
    local copy = shop { ["intent.yaml"] = (text:gsub("\ndiscovery:\n.-\ncompositions:", "\ndiscovery: {roots: [nowhere]}\ncompositions:")) }
    copy:write("nowhere/README", "")
    local function ids(q)
      local r = orun(q, "component", "-o", "json")
      assert.equal(0, r.code, r.err)
      local out = {}
      for i, item in ipairs(json.decode(r.out)) do out[i] = { item.name, item.path, item.environments, item.instances } end
      return out
    end
    assert.same(ids(p), ids(copy))
  end)

  it("writes to a file", function()
    local p = shop()
    local r = orun(p, "intent", "render", "-o", "effective.yaml")
    assert.same({ 0, "Effective intent written to effective.yaml\n" }, { r.code, r.out })
    assert.equal(orun(p, "intent", "render").out, p:read "effective.yaml")
    assert.equal(p:read "effective.yaml", orun(p, "intent", "render", "-o", "-").out)
    assert.is_nil(p:read "-")
    r = orun(p, "intent", "render", "-o", "no/such/place.yaml")
    assert.equal(1, r.code)
    mentions(r.err, "error: cannot write the intent to no/such/place.yaml: No such file or directory")
    assert.equal("shop", json.decode(orun(p, "intent", "render", "--json").out).metadata.name)
  end)
end)

describe("orun component", function()
  after_each(platform.clean)

  it("lists what runs somewhere, and what was switched off", function()
    local r = orun(shop(), "component")
    assert.equal(0, r.code, r.err)
    assert.equal([[
3 components

  ✓ cart                     helm                         dev,prod
  ✓ ledger                   helm                         dev
  ↷ old                      helm
]], r.out)
    assert.equal(r.out, orun(shop(), "components").out)
    assert.equal("No components found.\n", orun(platform.new { ["intent.yaml"] = "" }, "component", "-l").out)
  end)

  it("shows one in detail, values as templates print them", function()
    local r = orun(shop(), "component", "cart")
    assert.equal([[

╭─ Component cart
│  type: helm
│  domain: core
│  enabled: true
│  source: svc/cart/component.yaml
│  dependencies: ledger
│  instances (2):
│  ├─ [dev] path=svc/cart
│  │  parameters:
│  │    day: 2024-01-02 00:00:00 +0000 UTC
│  │    list: [a 1]
│  │    map: map[x:1 y:2]
│  │    none: <nil>
│  │    size: 2
│  │  env:
│  │    REGION: eu-1
│  ├─ [prod] path=svc/cart
│  │  parameters:
│  │    day: 2024-01-02 00:00:00 +0000 UTC
│  │    list: [a 1]
│  │    map: map[x:1 y:2]
│  │    none: <nil>
│  │    size: 2
│  │    zone: b
│  │  env:
│  │    REGION: eu-1
╰─ end component cart
]], r.out)
    local long = orun(shop(), "component", "--long").out
    local _, blocks = long:gsub("╭─", "")
    assert.equal(3, blocks)
    assert.equal("cart", json.decode(orun(shop(), "component", "cart", "--json").out).name)
  end)

  it("does not find a ghost, nor what runs nowhere (01 case 44)", function()
    local r = orun(shop(), "component", "ghost")
    assert.same({ 1, "" }, { r.code, r.out })
    mentions(r.err, "error: component not found: ghost")
    assert.equal(1, orun(shop(), "component", "idle").code)
    r = orun(shop(), "component", "kart", "-o", "json")
    assert.equal("did you mean cart?", json.decode(r.out).errors[1].hint)
  end)

  it("never narrows to the component of the working directory", function()
    local p = shop()
    local r = program.run(p.root .. "/svc/cart", { "component" })
    mentions(r.out, "3 components")
    assert.equal("", r.err)
  end)

  it("pads before it colours (quirk 25)", function()
    local r = program.run(shop().root, { "component" }, { CLICOLOR_FORCE = "1" })
    mentions(r.out, "\27[32m✓\27[0m cart                     helm                         \27[36mdev,prod\27[0m")
  end)
end)

describe("orun debug", function()
  after_each(platform.clean)

  it("prints the normalized intent in a few lines, sorted", function()
    local r = orun(shop(), "debug")
    assert.equal(0, r.code, r.err)
    assert.equal([==[
○ Loading and normalizing...

Metadata: {Name:shop Description: Namespace:}
Groups: 1
  - core: policies=map[tier:gold], parameterDefaults=map[*:map[size:2]]
Environments: 2
  - dev: 0 components, policies=map[]
  - prod: 0 components, policies=map[]
Components: 4
  - cart: type=helm, domain=core, enabled=true, deps=1
  - idle: type=helm, domain=, enabled=true, deps=0
  - ledger: type=helm, domain=, enabled=true, deps=0
  - old: type=helm, domain=, enabled=false, deps=0
Discovered components: 4 (roots=[apps lib svc])
]==], r.out)
    local data = json.decode(orun(shop(), "debug", "-o", "json").out)
    assert.same({ count = 4, roots = { "apps", "lib", "svc" } }, data.discovered)
  end)

  it("counts what a selector of all stands for, and fails without a prefix", function()
    local p = platform.new { ["intent.yaml"] = 'environments: {dev: {selectors: {components: ["*"]}}}\ncomponents: [{name: a, type: t}]\n' }
    local r = orun(p, "debug")
    mentions(r.out, "  - dev: 1 components, policies=map[]\n")
    assert.falsy(r.out:find("Discovered", 1, true))
    r = orun(platform.new { ["intent.yaml"] = "components: [{name: a}]\n" }, "debug")
    assert.equal(1, r.code)
    mentions(r.err, "error: component a must have a type")
  end)
end)
