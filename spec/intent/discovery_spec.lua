local discovery = require "orun.intent.discovery"
local fs = require "host.fs"
local platform = dofile "spec/support/platform.lua"

local function manifest(name)
  return ("kind: Component\nmetadata: {name: %s}\nspec: {type: t}\n"):format(name)
end

local function found(p)
  local model, failure, report = p:model()
  if not model then error(tostring(failure), 2) end
  local out = {}
  for i, component in ipairs(model.components) do out[i] = component.name .. "=" .. (component.path or "") end
  return out, report, model
end

describe("intent.discovery", function()
  after_each(platform.clean)

  it("normalizes roots (01 case 24)", function()
    assert.same({ "a" }, discovery.roots { "", " a ", "./a", "a/" })
    assert.same({ "." }, discovery.roots(nil))
    assert.same({ "." }, discovery.roots { "", "  " })
    assert.same({ "../x", "b" }, discovery.roots { "a/../b", "../x" })
  end)

  it("reports roots that are missing or no directories, together (01 case 25)", function()
    local p = platform.new { ["intent.yaml"] = "discovery:\n  roots: [nope, file, /abs]\n", file = "x" }
    local list = p:errors()
    assert.equal(3, #list)
    for _, err in ipairs(list) do assert.equal("intent.discovery-root", err.kind) end
    assert.truthy(list[1].message:find("nope", 1, true))
    assert.same({ 2, 11 }, { list[1].line, list[1].column })
    assert.truthy(list[3].hint:find("absolute", 1, true))
  end)

  it("skips .git, .orun and node_modules, but no other hidden directory (01 cases 26 to 28)", function()
    local p = platform.new {
      ["intent.yaml"] = "", ["component.yml"] = manifest "root", ["b/node_modules/x/component.yaml"] = manifest "x",
      [".hidden/h/component.yaml"] = manifest "h", [".orun/q/component.yaml"] = manifest "q", [".git/g/component.yaml"] = manifest "g",
      ["b/Component.yaml"] = manifest "case",
    }
    assert.same({ "h=.hidden/h", "root=./" }, (found(p)))
  end)

  it("puts inline components first and keeps overlapping roots harmless", function()
    local p = platform.new {
      ["intent.yaml"] = "discovery: {roots: [svc, svc/a, .]}\ncomponents:\n  - {name: z, type: t}\n",
      ["svc/b/component.yaml"] = manifest "b", ["svc/a/component.yaml"] = manifest "a",
    }
    local list, _, model = found(p)
    assert.same({ "z=", "a=svc/a", "b=svc/b" }, list)
    assert.equal("inline", model.components[1].source)
    assert.equal("svc/a/component.yaml", model.components[2].sourcePath)
  end)

  it("follows a root that is a link, and a linked manifest, but no linked directory (quirk 15)", function()
    local p = platform.new {
      ["intent.yaml"] = "discovery: {roots: [link, plain]}\n", ["real/a/component.yaml"] = manifest "a",
      ["elsewhere/m.yaml"] = manifest "m", ["elsewhere/dir/component.yaml"] = manifest "not", ["plain/keep"] = "",
    }
    assert(fs.symlink("real", p.root .. "/link"))
    assert(fs.symlink("../elsewhere/m.yaml", p.root .. "/plain/component.yaml"))
    assert(fs.symlink("../elsewhere/dir", p.root .. "/plain/dir"))
    assert.same({ "a=link/a", "m=plain" }, (found(p)))
    assert(fs.symlink("nowhere", p.root .. "/plain/component.yml"))
    local list = p:errors()
    assert.equal("intent.manifest-unreadable", list[1].kind)
    assert.truthy(list[1].message:find("plain/component.yml", 1, true))
  end)

  it("warns about a root that is always skipped", function()
    local p = platform.new { ["intent.yaml"] = "discovery: {roots: [node_modules]}\n", ["node_modules/a/component.yaml"] = manifest "a" }
    local list, report = found(p)
    assert.same({}, list)
    assert.equal("intent.discovery-skipped", report.warnings[1].kind)
  end)

  it("reads names and path from the manifest", function()
    local p = platform.new { ["intent.yaml"] = "", ["a/component.yaml"] = [[
kind: Component
metadata: {name: real}
spec: {name: other, type: t, path: "src/{{ .component }}", compositionRef: {source: s}}
]] }
    local list, _, model = found(p)
    assert.same({ "real=src/{{ .component }}" }, list)
    assert.equal("s", model.components[1].compositionRef.source)
  end)
end)
