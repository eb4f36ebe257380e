local Sources = dofile "spec/support/sources.lua"
local checksum = require "orun.plan.checksum"
local diagnostic = require "orun.diagnostic"
local document = require "orun.plan.document"
local fs = require "host.fs"
local identity = require "orun.plan.identity"
local materialize = require "orun.compiler.materialize"
local value = require "host.value"

local function platform(component)
  return Sources.new {
    ["intent.yaml"] = "metadata: {name: demo, description: d}\n" .. Sources.intent .. "environments: {dev: {}}\ncomponents:\n"
      .. "  - name: app\n    type: site\n    subscribe: {environments: [dev]}\n" .. (component or ""),
    ["kit/site/composition.yaml"] = Sources.composition("site",
      "  jobs: [{name: build, steps: [{name: make, run: 'a < b && c é {{.parameters.big}}'}]}]\n"),
  }
end

local numbers = "    parameters: {a: 1.10, big: 1000000.0, huge: 1e21, tiny: 0.0000001, day: 2020-01-02, none: null, "
  .. "size: 18446744073709551615}\n"

describe("materialize", function()
  after_each(Sources.clean)

  it("writes the plan in its exact form", function()
    local compiled = assert(platform():compile())
    local sources = compiled.registry.sources[1]
    local id, sum = "app@dev.build", compiled.plan.metadata.checksum
    assert.equal(([[
{
  "apiVersion": "orun.io/v1",
  "kind": "Plan",
  "metadata": {
    "name": "demo",
    "description": "d",
    "checksum": "%s"
  },
  "execution": {
    "concurrency": 4,
    "failFast": true
  },
  "spec": {
    "jobBindings": {
      "site": "kit-package"
    },
    "compositionSources": [
      {
        "name": "kit",
        "kind": "dir",
        "path": "./kit",
        "resolvedDigest": "%s",
        "exports": [
          "site"
        ]
      }
    ]
  },
  "jobs": [
    {
      "id": "app@dev.build",
      "uid": "%s",
      "displayName": "Build",
      "checkName": "app · dev · Build",
      "name": "build",
      "component": "app",
      "environment": "dev",
      "composition": "site",
      "profileSource": "legacy-none",
      "jobRegistry": "kit-package",
      "job": "build",
      "path": "./",
      "steps": [
        {
          "id": "make",
          "name": "make",
          "phase": "main",
          "run": "a \u003c b \u0026\u0026 c é \u003cno value\u003e"
        }
      ],
      "dependencyMode": "enforced",
      "dependencySource": "default"
    }
  ]
}]]):format(sum, sources.resolvedDigest, identity.uid(sum, id)), compiled.encoded:text())
    assert.equal(sum, checksum.compute(compiled.plan))
  end)

  it("keeps the classes of numbers (03 case 21)", function()
    local compiled = assert(platform(numbers):compile())
    assert.truthy(compiled.encoded:text():find([["parameters": {
        "a": 1.1,
        "big": 1000000,
        "day": "2020-01-02T00:00:00Z",
        "huge": 1e+21,
        "none": null,
        "size": 18446744073709551615,
        "tiny": 1e-7
      }]], 1, true), compiled.encoded:text())
    assert.truthy(compiled.encoded:text():find([["run": "a \u003c b \u0026\u0026 c é 1e+06"]], 1, true), compiled.encoded:text())
  end)

  it("gives the same bytes again (03 case 2) and verifies after reading, in both forms", function()
    local sources = platform(numbers)
    local first, second = assert(sources:compile()), assert(sources:compile())
    assert.equal(first.encoded:text(), second.encoded:text())
    assert.is_nil(first.encoded:text():find("generatedAt", 1, true))
    assert.is_nil(first.encoded:text():find("workDir", 1, true))
    local reader = require "orun.plan.reader"
    sources:write("p.json", first.encoded:text())
    sources:write("p.yaml", document.encode(first.plan, "yaml"))
    for _, name in ipairs { "p.json", "p.yaml" } do
      local report = diagnostic.collector()
      local plan = reader.read(sources.root .. "/" .. name, nil, report)
      assert.same({}, report.warnings)
      assert.equal(first.encoded:text(), document.encode(plan))
    end
  end)

  it("gives the same bytes for copies made in another order, from other directories", function()
    local digests = {}
    for round = 1, 2 do
      local root = assert(fs.realpath(assert(fs.temporary "/tmp/orun-spec-")))
      local names = { "a", "b", "c", "d", "e", "f" }
      if round == 2 then table.sort(names, function(a, b) return a > b end) end
      assert(fs.mkdir(root .. "/.git"))
      for _, name in ipairs(names) do
        assert(fs.mkdir(("%s/svc/%s"):format(root, name)))
        assert(fs.mkdir(("%s/kit/t%s"):format(root, name)))
        assert(fs.write(("%s/svc/%s/component.yaml"):format(root, name), ("kind: Component\nmetadata: {name: %s}\nspec: {type: t%s, "
          .. "subscribe: {environments: [dev, prod]}, parameters: {z: 1, a: {y: 1, b: 2}}, labels: {q: a, b: c}}\n"):format(name, name)))
        assert(fs.write(("%s/kit/t%s/composition.yaml"):format(root, name), Sources.composition("t" .. name)))
      end
      assert(fs.write(root .. "/kit/stack.yaml", Sources.stack))
      assert(fs.write(root .. "/intent.yaml", "discovery: {roots: [svc]}\n" .. Sources.intent
        .. "environments: {prod: {promotion: {dependsOn: [{environment: dev}]}}, dev: {}}\n"))
      for _, cwd in ipairs { root, root .. "/svc", root .. "/kit/ta" } do
        local compiled = require("orun.compiler").compile({ cwd = cwd, all = true }, diagnostic.collector())
        digests[compiled.encoded:text()] = true
      end
      fs.remove_tree(root)
    end
    local count = 0
    for _ in next, digests do count = count + 1 end
    assert.equal(1, count)
  end)

  local empty_model, empty_registry = { metadata = { name = "x" } }, { bindings = {}, sources = {} }

  it("writes the time of SOURCE_DATE_EPOCH without hashing it", function()
    local plain = materialize.plan({}, empty_model, empty_registry)
    local dated, encoded = materialize.plan({}, empty_model, empty_registry, { source_date_epoch = "1767225600" })
    assert.equal("2026-01-01T00:00:00Z", dated.metadata.generatedAt)
    assert.truthy(encoded:text():find('"name": "x",\n    "generatedAt": "2026-01-01T00:00:00Z",\n    "checksum"', 1, true))
    assert.equal(plain.metadata.checksum, dated.metadata.checksum)
    local ok, failure = pcall(materialize.plan, {}, empty_model, empty_registry, { source_date_epoch = "yesterday" })
    assert.is_false(ok)
    assert.equal("plan.source-date-epoch", failure.errors[1].kind)
  end)

  it("hashes scope and trigger", function()
    local plain = materialize.plan({}, empty_model, empty_registry)
    local scoped, encoded = materialize.plan({}, empty_model, empty_registry, {
      scope = { detectedComponent = "a", components = { "a", "b" } },
      trigger = { mode = "named-trigger", matchedBindings = value.list { "t" }, activeEnvironments = value.list { "dev" }, scope = "" },
    })
    assert.not_equal(plain.metadata.checksum, scoped.metadata.checksum)
    assert.truthy(encoded:text():find('"detectedComponent": "a",\n      "components": [', 1, true))
    assert.truthy(encoded:text():find('"trigger": {\n      "mode": "named-trigger",\n      "matchedBindings": [', 1, true))
    assert.truthy(encoded:text():find('"scope": ""', 1, true))
    assert.truthy(encoded:text():find('"spec": {},\n  "jobs": []', 1, true))
  end)

  it("says that a value cannot be written", function()
    local job = { id = "i", name = "n", component = "c", environment = "e", steps = {}, gates = {}, parameters = { x = 0 / 0 } }
    local ok, failure = pcall(materialize.plan, { job }, empty_model, empty_registry)
    assert.is_false(ok)
    assert.is_true(diagnostic.is(failure), tostring(failure))
    assert.equal("plan.unencodable", failure.errors[1].kind)
  end)

  it("says without making a plan what making it would say", function()
    local function job(fields)
      local made = { id = "i", name = "n", component = "c", environment = "e", steps = value.list {}, instance = { print } }
      for key, v in next, fields do made[key] = v end
      return made
    end
    local shared = { a = { b = value.list { 1, "x", value.null } } }
    local made, plan = false, materialize.plan
    materialize.plan = function() made = true end
    local fine, reason = pcall(materialize.check, { job { parameters = shared, timeout = 3 }, job { parameters = shared } }, empty_model,
      empty_registry)
    materialize.plan = plan
    assert.is_true(fine, reason)
    assert.is_false(made)
    local function said(verb, jobs, model, options)
      local ok, failure = pcall(materialize[verb], jobs, model, empty_registry, options)
      return not ok and ("%s %s"):format(failure.errors[1].kind, failure.errors[1].message)
    end
    for _, case in ipairs {
      { { job { parameters = { x = 0 / 0 } } }, empty_model },
      { { job { parameters = shared }, job { steps = value.list { { run = "x", with = { f = print } } } } }, empty_model },
      { { job { timeout = 1 / 0 } }, empty_model },
      { {}, { metadata = { name = "x", description = { [1] = "a" } } } },
      { {}, empty_model, { source_date_epoch = "never" } },
    } do
      local expected = said("plan", table.unpack(case))
      assert.truthy(expected)
      assert.equal(expected, said("check", table.unpack(case)))
    end
  end)
end)
