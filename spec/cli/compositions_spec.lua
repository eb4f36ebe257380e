local fs = require "host.fs"
local golden = dofile "spec/support/golden.lua"
local json = require "host.json"
local program = dofile "spec/support/program.lua"
local Sources = dofile "spec/support/sources.lua"

local function has(text, ...)
  for _, part in ipairs { ... } do
    assert.truthy(text:find(part, 1, true), ("%q is not in:\n%s"):format(part, text))
  end
end

local helm = [[
kind: Composition
metadata: {name: helm}
spec:
  type: helm
  description: Charts
  defaultJob: deploy
  defaultProfile: full
  parameterSchema:
    type: object
    required: [parameters]
    properties:
      name: {type: string}
      parameters:
        type: object
        required: [chart, release]
        properties: {chart: {type: string, description: path of the chart}, replicas: {type: [integer, string]}}
  jobs:
    - {name: lint, steps: [{name: lint, run: helm lint}]}
    - name: deploy
      description: puts it there
      runsOn: linux
      timeout: 5m
      retries: 2
      labels: {scope: infra}
      steps: [{id: up, phase: post, capability: deploy}, {run: x}]
  executionProfiles:
    full: {jobs: {deploy: {stepsEnabled: [up]}}}
    check: {jobs: {lint: {stepsEnabled: [lint]}}}
]]

local intent = "compositions: {sources: [{name: kit, kind: dir, path: ./kit}, {name: own, kind: dir, path: ./own}], "
  .. "resolution: {bindings: {helm: own}}}\n"

local function platform(files)
  local all = {
    ["intent.yaml"] = intent, ["kit/stack.yaml"] = "kind: Stack\nmetadata: {name: kit-package, description: The kit}\n",
    ["kit/helm/composition.yaml"] = helm, ["kit/app/composition.yaml"] = Sources.composition "app",
    ["own/stack.yaml"] = Sources.stack, ["own/helm/composition.yaml"] = Sources.composition "helm",
  }
  for name, text in next, files or {} do all[name] = text or nil end
  return Sources.new(all)
end

describe("orun compositions", function()
  after_each(Sources.clean)

  local function run(root, ...)
    return program.run(root, { ... }, { ORUN_HOME = root .. "/.home" })
  end

  it("lists every source and type", function()
    local root = platform().root
    local r = run(root, "compositions")
    assert.same({ 0, "" }, { r.code, r.err })
    has(r.out, "kit  dir  ./kit", "own  dir  ./own", "├─ app   kit", "├─ helm  kit  not selected · Charts", "└─ helm  own  selected")
    assert.equal(r.out, run(root, "compositions", "list").out)
    assert.equal(r.out, run(root, "composition").out)
    assert.is_false(fs.exists(root .. "/.orun/compositions.lock.yaml"))
  end)

  it("shows one type, or all, in detail", function()
    local root = platform { ["intent.yaml"] = (intent:gsub("own}}", "kit}}")) }.root
    local r = run(root, "compositions", "helm")
    has(r.out, "Charts", "package: kit-package", "about the package: The kit", "document: helm/composition.yaml", "digest: sha256:",
      "default job: deploy", "profiles: check, full", "Jobs (2)", "1. lint\n", "2. deploy ★ [infra]", "puts it there",
      "2 steps · timeout 5m · runs on linux · 2 retries")
    assert.is_nil(r.out:find("parameters", 1, true))
    r = run(root, "compositions", "list", "helm", "-e")
    has(r.out, "├─ up  post  deploy", "└─ step-2", "├─ chart  string  required  path of the chart", "├─ release  any  required",
      "└─ replicas  integer or string")
    local long = run(root, "compositions", "list", "-l").out
    has(long, "▲ orun app", "▲ orun helm", "not selected: components get this type from another source")
  end)

  it("gives JSON and YAML", function()
    local root = platform().root
    local list = assert(json.decode(run(root, "compositions", "-o", "json").out))
    assert.same({ "app", "helm", "helm" }, { list[1].type, list[2].type, list[3].type })
    assert.same({ false, true }, { list[2].selected, list[3].selected })
    assert.same({ "lint", "deploy" }, list[2].jobs)
    assert.equal(run(root, "compositions", "--json").out, run(root, "compositions", "list", "-o", "json").out)
    local one = assert(json.decode(run(root, "compositions", "helm", "--json", "-e").out))
    assert.same({ "helm", "own", "build" }, { one.type, one.source, one.jobs[1].name })
    has(run(root, "compositions", "app", "-o", "yaml").out, "type: app\n", "jobs:\n    - build\n")
  end)

  it("does not know every name", function()
    local r = run(platform().root, "compositions", "hlem")
    assert.equal(1, r.code)
    has(r.err, "error: composition not found: hlem", "hint: did you mean helm?")
  end)

  it("needs an intent, or a config directory (02 quirk 24)", function()
    local root = platform { ["intent.yaml"] = false, ["cfg/tf/job.yaml"] = "metadata: {name: r}\njobs: [{name: g}]\n",
      ["cfg/tf/schema.yaml"] = "{}" }.root
    assert(fs.remove(root .. "/intent.yaml"))
    local r = run(root, "compositions")
    assert.equal(1, r.code)
    has(r.err, "no intent.yaml found")
    r = run(root, "compositions", "-c", "cfg")
    assert.equal(0, r.code)
    has(r.out, "└─ tf")
    assert(fs.write(root .. "/intent.yaml", "a: ["))
    has(run(root, "compositions", "-c", "cfg").err, "intent.yaml:1:4")
  end)

  it("accepts new content into the lock file; pull does not (decision 18)", function()
    local p = Sources.new { ["kit/helm/composition.yaml"] = helm }
    local lock_file = ".orun/compositions.lock.yaml"
    assert.equal(0, run(p.root, "pack", "--root", "kit", "-o", "kit.tgz").code)
    p:write("intent.yaml", "compositions: {sources: [{name: kit, kind: archive, path: kit.tgz}]}\n")
    local r = run(p.root, "compositions", "pull")
    assert.same({ 0, "" }, { r.code, r.err })
    has(r.out, "✓ Pulled 1 source", "Resolved sources:\n  - kit (archive) kit.tgz\n    digest: sha256:", "    exports: helm\n")
    local first = p:read(lock_file)
    p:write("kit/NEWS", "more")
    assert.equal(0, run(p.root, "pack", "--root", "kit", "-o", "kit.tgz").code)
    r = run(p.root, "compositions", "pull")
    assert.equal(1, r.code)
    has(r.err, "is not the locked one", "intent.yaml:1:26", "hint: look at the change, then accept it with orun compositions lock")
    assert.equal(first, p:read(lock_file))
    r = run(p.root, "compositions", "lock")
    assert.same({ 0, "" }, { r.code, r.err })
    has(r.out, "✓ Wrote composition lock: .orun/compositions.lock.yaml\n\nResolved sources:\n")
    assert.not_equal(first, p:read(lock_file))
    assert.equal(0, run(p.root, "compositions", "pull", "--locked").code)
  end)

  it("gives what was pulled or locked as data", function()
    local p = Sources.new { ["kit/helm/composition.yaml"] = Sources.composition "helm" }
    for _, command in ipairs { "pull", "lock" } do
      local r = run(p.root, "compositions", command, "--json")
      assert.same({ 0, "" }, { r.code, r.err })
      local document = require("host.json").decode(r.out, { order = true })
      assert.same({ "lock", "sources" }, require("host.value").keys(document))
      assert.equal(".orun/compositions.lock.yaml", document.lock)
      local source = document.sources[1]
      assert.same({ "name", "kind", "path", "resolvedDigest", "exports" }, require("host.value").keys(source))
      assert.truthy(p:read(document.lock):find(source.resolvedDigest, 1, true))
      has(run(p.root, "compositions", command, "-o", "yaml").out, "sources:\n    - name: kit\n      kind: dir\n")
    end
  end)

  it("makes plan, run and validate refuse with --locked (decision 18)", function()
    local root = platform {
      ["intent.yaml"] = intent .. "environments: {dev: {}}\ncomponents: [{name: a, type: app, subscribe: {environments: [dev]}}]\n",
    }.root
    for _, command in ipairs { "plan", "validate", "run" } do
      local r = run(root, command, "--locked")
      assert.equal(1, r.code)
      has(r.err, 'source "kit" is not in the lock file', 'source "own" is not in the lock file')
    end
    assert.equal(0, run(root, "compositions", "lock").code)
    for _, command in ipairs { "plan", "validate" } do assert.equal(0, run(root, command, "--locked").code) end
    assert(fs.write(root .. "/kit/new", "x"))
    for _, command in ipairs { "plan", "validate", "run" } do
      local r = run(root, command, "--locked")
      assert.equal(1, r.code)
      has(r.err, 'source "kit": its content is not the locked one')
    end
    assert.equal(0, run(root, "plan").code)
  end)

  it("reports the listings of the fixtures", function()
    if not fs.exists(golden.fixtures) then return pending "../shared/fixtures is absent" end
    local root = golden.copy()
    finally(golden.clean)
    for _, name in ipairs { "reference-platform", "remote-state-matrix" } do
      local expected = golden.read(name).listings
      local directory = (root .. "/" .. expected.intent):match("^(.*)/")
      local list = assert(json.decode(run(directory, "compositions", "-o", "json").out))
      for _, item in ipairs(list) do
        for key in next, item do
          if expected.compositions[1][key] == nil then item[key] = nil end
        end
      end
      assert.equal(golden.text(expected.compositions), golden.text(list))
    end
  end)
end)
