local fs = require "host.fs"
local golden = dofile "spec/support/golden.lua"
local json = require "host.json"
local program = dofile "spec/support/program.lua"
local schema = require "orun.schema"
local Sources = dofile "spec/support/sources.lua"
local yaml = require "host.yaml"

local names = { "component", "composition", "intent", "intent-preset", "plan", "stack" }

local compiled = {}
for _, name in ipairs(names) do compiled[name] = assert(schema.compile(require("orun.schema.published." .. name))) end

-- Which schema a document is for.
local kinds = {
  Intent = "intent", Component = "component", Stack = "stack", CompositionPackage = "stack", Composition = "composition",
  ComponentSchema = "composition", JobTemplate = "composition", ExecutionProfile = "composition", IntentPreset = "intent-preset",
}

local function document(text, name)
  local tree = assert(yaml.read(text, name or "text"))
  return tree:value(tree:root())
end

---What is wrong with a value, one line for each violation.
local function complaints(name, v)
  local ok, violations = compiled[name]:validate(v)
  if ok then return "" end
  local lines = {}
  for i, violation in ipairs(violations) do lines[i] = ("%s: %s"):format(violation.pointer, violation.message) end
  return table.concat(lines, "\n")
end

---Validates every document with a kind below a directory. Returns how many there are, and what is wrong.
local function validate_tree(root)
  local count, wrong = 0, {}
  for _, entry in ipairs(assert(fs.walk(root, { skip = { ".orun", ".git" } }))) do
    if entry.type == "file" and entry.path:find "%.ya?ml$" then
      local v = document(assert(fs.read(root .. "/" .. entry.path)), entry.path)
      local name = type(v) == "table" and kinds[v.kind]
      if name then
        count = count + 1
        local text = complaints(name, v)
        if text ~= "" then wrong[#wrong + 1] = entry.path .. "\n" .. text end
      end
    end
  end
  return count, table.concat(wrong, "\n")
end

describe("published schemas", function()
  after_each(Sources.clean)

  it("are printed by orun schema", function()
    for _, name in ipairs(names) do
      local r = program.run(".", { "schema", name })
      assert.same({ 0, "" }, { r.code, r.err })
      local printed = assert(json.decode(r.out))
      assert.equal("urn:orun:schema:" .. name, printed["$id"])
      assert.equal(json.encode(require("orun.schema.published." .. name)), json.encode(printed))
    end
    local r = program.run(".", { "schema", "intnet" })
    assert.equal(2, r.code)
    assert.truthy(r.err:find("did you mean intent?", 1, true), r.err)
    assert.equal(2, program.run(".", { "schema" }).code)
  end)

  it("are valid draft 7", function()
    local meta = assert(schema.compile { ["$ref"] = "http://json-schema.org/draft-07/schema#" })
    for _, name in ipairs(names) do
      local ok, violations = meta:validate(require("orun.schema.published." .. name))
      assert(ok, violations and name .. violations[1].pointer .. ": " .. violations[1].message)
    end
  end)

  it("accept the examples", function()
    local count, wrong = validate_tree "examples"
    assert.equal("", wrong)
    assert.is_true(count >= 20)
  end)

  it("accept the tour of the README", function()
    local count = 0
    for text in assert(fs.read "README.md"):gmatch("<<'YAML'\n(.-)\nYAML\n") do
      local v = document(text)
      assert.equal("", complaints(kinds[v.kind], v))
      count = count + 1
    end
    assert.is_true(count >= 5)
  end)

  it("accept the fixtures, but for the stack that has no kind", function()
    if not fs.exists(golden.fixtures) then return pending "../shared/fixtures is absent" end
    local count, wrong = validate_tree(golden.fixtures .. "/reference-platform")
    assert.equal("", wrong)
    assert.is_true(count >= 80)
    local broken = document(fs.read(golden.fixtures .. "/reference-platform/github-artifact-demo/stack.yaml")
      or fs.read(golden.fixtures .. "/reference-platform/github-artifact-demo/compositions/stack.yaml"))
    assert.truthy(complaints("stack", broken):find("kind", 1, true))
  end)

  it("accept the plans that orun writes, and the goldens", function()
    local platform = Sources.new {
      ["kit/helm/composition.yaml"] = Sources.composition "helm",
      ["intent.yaml"] = Sources.intent .. "environments: {dev: {policies: {requireApproval: true}}, "
        .. "prod: {promotion: {dependsOn: [{environment: dev}]}}}\n"
        .. "components: [{name: a, type: helm, subscribe: {environments: [dev, prod]}, labels: {x: y}, parameters: {n: [1, {}]}}]\n",
    }
    local compilation, report = platform:compile()
    assert(compilation, tostring(report))
    assert.equal("", complaints("plan", assert(json.decode(compilation.encoded:text()))))
    if not fs.exists(golden.fixtures) then return pending "../shared/fixtures is absent" end
    for _, folder in ipairs { "reference-platform", "remote-state-matrix" } do
      for view, item in next, golden.read(folder) do
        if item.plan then assert.equal("", complaints("plan", item.plan), view) end
      end
    end
  end)

  local function rejects(name, text, ...)
    local found = complaints(name, document(text))
    for _, part in ipairs { ... } do
      assert.truthy(found:find(part, 1, true), ("%q is not in:\n%s\nfor\n%s"):format(part, found, text))
    end
  end

  it("reject mistakes in an intent", function()
    rejects("intent", "metadata: {name: x}\n", "'kind'")
    rejects("intent", "kind: Intention\n", "/kind")
    rejects("intent", "kind: Intent\nenviroments: {dev: {}}\n", "'enviroments'")
    rejects("intent", "kind: Intent\nenvironments: {a.b: {}}\n", "a.b")
    rejects("intent", "kind: Intent\nenvironments: {dev: {dependencyMode: strict}}\n", "/environments/dev/dependencyMode")
    rejects("intent", "kind: Intent\nenvironments: {dev: {defaults: {}}}\n", "'defaults'")
    rejects("intent", "kind: Intent\nenvironments: {dev: {promotion: {dependsOn: [dev]}}}\n", "/environments/dev/promotion/dependsOn/0")
    rejects("intent", "kind: Intent\nenv: {ORUN_X: a}\n", "/env")
    rejects("intent", "kind: Intent\nenv: [A=b]\n", "/env")
    rejects("intent", "kind: Intent\ncompositions: {sources: [{name: a, kind: dri, path: x}]}\n", "/compositions/sources/0/kind")
    rejects("intent", "kind: Intent\ncompositions: {sources: [{name: a, kind: dir}]}\n", "'path'")
    rejects("intent", "kind: Intent\ncompositions: {sources: [{name: a, kind: oci, path: x}]}\n", "'ref'")
    rejects("intent", "kind: Intent\ncompositions: {sources: [{name: a, kind: dir, path: x, digest: 'sha256:00'}]}\n", "/digest")
    rejects("intent", "kind: Intent\nautomation: {triggerBindings: {x: {plan: {scope: some}}}}\n", "'on'", "/plan/scope")
    rejects("intent", "kind: Intent\ncomponents: [{type: x}]\n", "'name'")
    rejects("intent", "kind: Intent\nextends: [base:ci]\n", "/extends/0")
  end)

  it("reject mistakes in a component", function()
    local head = "kind: Component\nmetadata: {name: a}\nspec:\n  type: x\n"
    assert.equal("", complaints("component", document(head)))
    rejects("component", "kind: Component\nmetadata: {name: a}\n", "'spec'")
    rejects("component", "kind: Component\nmetadata: {name: a@b}\nspec: {type: x}\n", "/metadata/name")
    rejects("component", "kind: Component\nmetadata: {name: a}\nspec: {domain: x}\n", "'type'")
    rejects("component", head .. "  subscribe: [dev]\n", "/spec/subscribe")
    rejects("component", head .. "  subscribe: {environments: dev}\n", "/spec/subscribe/environments")
    rejects("component", head .. "  subscribe: {environments: [{profile: x}]}\n", "/spec/subscribe/environments/0")
    rejects("component", head .. "  dependsOn: [other]\n", "/spec/dependsOn/0")
    rejects("component", head .. "  dependsOn: [{component: o, include: never}]\n", "/spec/dependsOn/0/include")
    rejects("component", head .. "  inputs: {a: 1}\n", "'inputs'")
    rejects("component", head .. "  enabled: maybe\n", "/spec/enabled")
    rejects("component", head .. "  change: {watches: [everything]}\n", "/spec/change/watches/0")
    rejects("component", head .. "  overrides: {steps: [{name: a, phase: last}]}\n", "/spec/overrides/steps/0/phase")
    rejects("component", head .. "  labels: {a: [b]}\n", "/spec/labels/a")
  end)

  it("reject mistakes in compositions and their parts", function()
    local head = "kind: Composition\nmetadata: {name: a}\nspec:\n  type: a\n  defaultJob: b\n"
    assert.equal("", complaints("composition", document(head .. "  parameterSchema: {}\n  jobs: [{name: b}]\n")))
    rejects("composition", "kind: Compostion\n", "/kind")
    rejects("composition", head .. "  jobs: [{name: b}]\n", "parameterSchema")
    rejects("composition", head .. "  parameterSchema: {}\n  jobs: []\n", "/spec/jobs")
    rejects("composition", head .. "  parameterSchema: {}\n  jobs: {b: {}}\n", "/spec/jobs")
    rejects("composition", head .. "  parameterSchema: {}\n  jobs: [{name: b, timeout: 10 minutes}]\n", "/spec/jobs/0/timeout")
    rejects("composition", head .. "  parameterSchema: {}\n  jobs: [{name: b, steps: [{name: c, cmd: x}]}]\n", "'cmd'")
    rejects("composition", head .. "  parameterSchema: {}\n  jobs: [{name: b, steps: [{retry: -1}]}]\n", "/spec/jobs/0/steps/0/retry")
    rejects("composition", head .. "  parameterSchema: {}\n  jobs: [{name: b, retries: two}]\n", "/spec/jobs/0/retries")
    rejects("composition", head .. "  schemaRef: x\n  jobs: [{name: b}]\n", "/spec/schemaRef")
    rejects("composition", "kind: ComponentSchema\nmetadata: {name: a}\nspec: {type: a}\n", "'schema'")
    rejects("composition", "kind: JobTemplate\nmetadata: {name: a}\nspec: {name: b}\n", "'name'")
    rejects("composition", "kind: ExecutionProfile\nmetadata: {name: a}\nspec: {jobs: [build]}\n", "/spec/jobs")
  end)

  it("reject mistakes in packages, presets and plans", function()
    rejects("stack", "metadata: {name: a}\n", "'kind'")
    rejects("stack", "kind: Stak\nmetadata: {name: a}\n", "/kind")
    rejects("stack", "kind: Stack\n", "'metadata'")
    rejects("stack", "kind: Stack\nmetadata: {name: a}\nspec: {compositions: [{path: composition.yaml}]}\n", "/spec/compositions/0/path")
    rejects("stack", "kind: Stack\nmetadata: {name: a}\nspec: {exports: []}\n", "'exports'")
    rejects("stack", "kind: CompositionPackage\nmetadata: {name: a}\nspec: {exports: []}\n", "/spec/exports")
    rejects("intent-preset", "kind: IntentPreset\nspec: {components: []}\n", "'components'")
    rejects("plan", "apiVersion: orun.io/v2\nkind: Plan\n", "/apiVersion", "'metadata'")
  end)
end)
