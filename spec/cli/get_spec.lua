local fs = require "host.fs"
local json = require "host.json"
local platform = dofile "spec/support/platform.lua"
local program = dofile "spec/support/program.lua"
local value = require "host.value"
local yaml = require "host.yaml"

local shared = "../shared/fixtures"

local function orun(p, ...)
  return program.run(p.root, { ... })
end

local function shop()
  return platform.new {
    ["intent.yaml"] = [[
environments:
  prod: {policies: {tier: gold, a: 1}, promotion: {dependsOn: [{environment: dev}]}}
  dev: {parameterDefaults: {"*": {size: 2}}, activation: {triggerRefs: [pr]}, selectors: {components: [ledger]}}
components:
  - {name: ledger, type: sql}
]],
    ["svc/cart/component.yaml"] = [[
kind: Component
metadata: {name: cart}
spec:
  type: helm
  domain: core
  subscribe: {environments: ["*"]}
  labels: {team: a}
  dependsOn: [{component: ledger}, {component: ledger, environment: prod}]
]],
    ["svc/old/component.yaml"] = "kind: Component\nmetadata: {name: old}\n"
      .. "spec: {type: helm, enabled: false, subscribe: {environments: [dev]}}\n",
  }
end

---A value without what listings may leave out.
local function without_empty(v)
  if type(v) ~= "table" then return v end
  local out = value.is_list(v) and value.list {} or {}
  for k, item in next, v do
    item = without_empty(item)
    local empty = item == "" or item == value.null or type(item) == "table" and next(item) == nil
    if not empty then out[k] = item end
  end
  return out
end

describe("orun get components", function()
  after_each(platform.clean)

  it("lists components with their environments", function()
    local r = orun(shop(), "get", "components")
    assert.equal(0, r.code)
    assert.equal([[
3 components
  ✓ cart                     helm                         dev,prod
  ✓ ledger                   sql                          dev
  ↷ old                      helm
]], r.out)
    assert.equal(r.out, orun(shop(), "get", "component").out)
    assert.equal("No components found.\n", orun(platform.new { ["intent.yaml"] = "" }, "get", "components").out)
  end)

  it("prints lists and single ones as JSON and YAML", function()
    local p = shop()
    local list = assert(json.decode(orun(p, "get", "components", "-o", "json").out))
    assert.same({
      name = "cart", type = "helm", domain = "core", enabled = true, path = "svc/cart", source = "svc/cart/component.yaml",
      environments = { "dev", "prod" }, labels = { team = "a" }, dependsOn = { "ledger" },
    }, list[1])
    assert.same({ path = "./", source = "" }, { path = list[2].path, source = list[2].source })
    assert.is_false(list[3].enabled)
    local document = assert(yaml.read(orun(p, "get", "components", "-o", "yaml").out, "out"))
    assert.is_true(value.equal(list, (document:value(document:root()))))
    local one = assert(json.decode(orun(p, "get", "components", "cart", "--json").out))
    assert.equal("cart", one.name)
    assert.same({ size = 2 }, one.instances[1].parameters)
    assert.equal("[]\n", orun(platform.new { ["intent.yaml"] = "" }, "get", "components", "-o", "json").out)
  end)

  it("shows one in detail and does not find a ghost (01 case 44)", function()
    local p = shop()
    local r = orun(p, "get", "components", "cart")
    assert.equal([[
✓ cart
  type: helm
  domain: core
  enabled: true
  source: svc/cart/component.yaml
  dependencies: ledger
  instances (2):
  [dev] path=svc/cart
    parameters:
      size: 2
  [prod] path=svc/cart
]], r.out)
    r = orun(p, "get", "components", "crat")
    assert.equal(1, r.code)
    assert.truthy(r.err:find("component not found: crat", 1, true))
    assert.truthy(r.err:find("did you mean cart?", 1, true))
  end)

  it("prints a wide table", function()
    local out = orun(shop(), "get", "components", "-o", "wide").out
    assert.equal([[
NAME    TYPE  DOMAIN  ENVIRONMENTS  PATH      SOURCE                   DEPENDS ON
cart    helm  core    dev,prod      svc/cart  svc/cart/component.yaml  ledger
ledger  sql   -       dev           ./        -                        -
old     helm  -       -             svc/old   svc/old/component.yaml   -
]], out)
  end)

  it("refuses another format with exit code 2", function()
    assert.equal(2, orun(platform.new {}, "get", "components", "-o", "xml").code)
  end)
end)

describe("orun get environments", function()
  after_each(platform.clean)

  it("lists them with policies and defaults", function()
    local p = shop()
    assert.equal(("ENVIRONMENTS  2\n\ndev%s*.size=2\nprod            a=1 tier=gold\n"):format((" "):rep(28)),
      orun(p, "get", "environments").out)
    assert.equal(orun(p, "get", "env").out, orun(p, "get", "environments").out)
    assert.truthy(orun(p, "get", "envs", "-o", "wide").out:find("after dev", 1, true))
  end)

  it("prints the raw values as JSON, null where nothing is set", function()
    local p = shop()
    local text = orun(p, "get", "environments", "-o", "json").out
    assert.equal([[
{
  "dev": {
    "path": "",
    "activation": {
      "triggerRefs": [
        "pr"
      ]
    },
    "promotion": {},
    "selectors": {
      "components": [
        "ledger"
      ],
      "domains": null
    },
    "parameterDefaults": {
      "*": {
        "size": 2
      }
    },
    "policies": null
  },
  "prod": {
    "path": "",
    "activation": {},
    "promotion": {
      "dependsOn": [
        {
          "environment": "dev",
          "match": {}
        }
      ]
    },
    "selectors": {
      "components": null,
      "domains": null
    },
    "parameterDefaults": null,
    "policies": {
      "a": 1,
      "tier": "gold"
    }
  }
}
]], text)
    local document = assert(yaml.read(orun(p, "get", "environments", "-o", "yaml").out, "out"))
    assert.is_true(value.equal(json.decode(text), (document:value(document:root()))))
  end)
end)

describe("listings of the reference platform", function()
  for fixture, folder in next, { ["reference-platform"] = "", ["remote-state-matrix"] = "/remote-state-matrix" } do
    it("are those of " .. fixture, function()
      local bytes = fs.read(("%s/expected/%s/listings.json"):format(shared, fixture))
      if not bytes then
        pending(shared .. " is absent: the goldens of " .. fixture .. " were not compared")
        return
      end
      local golden = assert(json.decode(bytes))
      local dir = assert(fs.temporary "/tmp/orun-spec-") .. "/platform"
      finally(function() fs.remove_tree((dir:gsub("/platform$", ""))) end)
      assert(fs.clone_tree(shared .. "/reference-platform", dir))
      local list = assert(json.decode(program.run(dir .. folder, { "get", "components", "-o", "json" }).out))
      for _, item in ipairs(list) do item.enabled = nil end
      assert.same(without_empty(golden.components), without_empty(list))
      local environments = assert(json.decode(program.run(dir .. folder, { "get", "environments", "-o", "json" }).out))
      assert.same(without_empty(golden.environments), without_empty(environments))
    end)
  end
end)
