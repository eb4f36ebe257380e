local fs = require "host.fs"
local location = require "orun.intent.location"
local platform = dofile "spec/support/platform.lua"
local scope = require "orun.intent.scope"

describe("intent.location", function()
  after_each(platform.clean)

  it("searches upwards, .yaml before .yml (01 case 31)", function()
    local p = platform.new { ["intent.yaml"] = "", ["intent.yml"] = "", ["a/b/file"] = "" }
    local found = location.find { cwd = p.root .. "/a/b" }
    assert.equal(p.root .. "/intent.yaml", found.file)
    assert.equal(p.root, found.root)
    fs.remove(p.root .. "/intent.yaml")
    assert.equal(p.root .. "/intent.yml", location.find({ cwd = p.root .. "/a/b" }).file)
  end)

  it("takes the nearest file, whatever it holds, but no directory", function()
    local p = platform.new { ["intent.yaml"] = "", ["a/intent.yml"] = "[", ["a/b/intent.yaml/x"] = "" }
    assert.equal(p.root .. "/a/intent.yml", location.find({ cwd = p.root .. "/a/b" }).file)
  end)

  it("stops at the top of the git work tree (01 case 30)", function()
    local p = platform.new { ["intent.yaml"] = "", ["repo/.git"] = "gitdir: elsewhere\n", ["repo/a/b/file"] = "" }
    local found = location.find { cwd = p.root .. "/repo/a/b" }
    assert.is_nil(found.file)
    assert.equal(p.root .. "/repo/a/b", found.from)
    assert.equal(p.root .. "/repo", found.to)
    assert.equal(p.root .. "/repo/a/b", found.root)
  end)

  it("uses a given file as it is", function()
    local found = location.find { cwd = "/srv/x", flag = "../y/in.yaml" }
    assert.equal("/srv/y/in.yaml", found.file)
    assert.equal("/srv/y", found.root)
  end)
end)

describe("intent.scope", function()
  after_each(platform.clean)

  it("reads the component's name as YAML (quirk 17)", function()
    local p = platform.new {
      ["a/component.yaml"] = "metadata: {name: flow}  # comment\n",
      ["b/component.yml"] = "metadata:\n  labels:\n    name: no\n  name: yes-this # c\n",
      ["b/c/component.yaml"] = "metadata: {}\n", ["b/d/component.yaml"] = "][",
    }
    assert.equal("flow", (scope.detect(p.root .. "/a", p.root)))
    assert.equal("yes-this", (scope.detect(p.root .. "/b/c", p.root)))
    local name, file = scope.detect(p.root .. "/b/d", p.root)
    assert.equal("yes-this", name)
    assert.equal(p.root .. "/b/component.yml", file)
    assert.is_nil((scope.detect(p.root, p.root)))
    assert.is_nil((scope.detect(p.root .. "/a", p.root .. "/b")))
  end)

  it("closes over dependencies", function()
    local function component(name, ...)
      local list = {}
      for i, on in ipairs { ... } do list[i] = { component = on } end
      return { name = name, dependsOn = list }
    end
    local model = {
      components = { component("cart", "ledger", "vpc"), component("ledger", "vpc"), component("vpc", "cart"), component("x") },
    }
    assert.same({ "cart", "ledger", "vpc" }, scope.closure(model, "cart"))
    assert.same({ "x" }, scope.closure(model, "x"))
  end)

  it("tells of it in two lines", function()
    assert.same({ "context: auto-scoped to component cart (+ 2 dependencies: ledger, vpc)", "hint: pass --all to include all components" },
      scope.banner("cart", { "cart", "ledger", "vpc" }))
    assert.equal("context: auto-scoped to component cart (+ 1 dependency: vpc)", scope.banner("cart", { "cart", "vpc" })[1])
    assert.equal("context: auto-scoped to component cart", scope.banner("cart", { "cart" })[1])
  end)
end)
