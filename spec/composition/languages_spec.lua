-- The same composition in YAML and in Lua gives the same jobs, byte for byte.
local Sources = dofile "spec/support/sources.lua"
local compiler = require "orun.compiler"
local composition = require "orun.composition"
local diagnostic = require "orun.diagnostic"
local fs = require "host.fs"
local json = require "host.json"
local process = require "host.process"
local translation = dofile "spec/support/translation.lua"

local fixture = "../shared/fixtures/reference-platform"

---The jobs of a plan as JSON, and the types they are of. What follows from the checksum, which covers the package's digest, is left out.
local function jobs_of(root)
  local compiled = compiler.compile({ cwd = root, all = true }, diagnostic.collector())
  local texts, types = {}, {}
  for i, job in ipairs(compiled.plan.jobs) do
    job.uid = nil
    texts[i] = json.encode(job, { indent = 2 })
    types[job.composition] = true
  end
  return texts, types
end

local function copy(from, to)
  assert(process.run { argv = { "cp", "-R", from .. "/.", to } }.code == 0)
end

-- Policies of the platform want a clean work tree.
local function commit(root)
  assert(fs.write(root .. "/.gitignore", ".orun/\n"))
  for _, words in ipairs { { "init", "-q" }, { "add", "-A" }, { "commit", "-q", "-m", "platform" } } do
    local argv = { "git", "-c", "user.name=spec", "-c", "user.email=spec@localhost", "-c", "commit.gpgsign=false", table.unpack(words) }
    local r = assert(process.run { argv = argv, cwd = root })
    assert(r.code == 0, r.output)
  end
end

-- No component of the platform has the type workspace.
local workspace = [[
kind: Component
metadata: {name: whole-workspace}
spec:
  type: workspace
  subscribe: {environments: [dev, staging]}
  parameters: {chartPath: charts, valuesFile: values.yaml, kustomizeDir: deploy, terraformDir: infra, workflowFile: ci.yaml}
]]

---Replaces every composition of a package by its translation.
local function translate(root, package, as_function)
  local report = diagnostic.collector()
  local source = { name = "s", kind = "dir", path = root .. "/" .. package }
  local registry = composition.load({ compositions = { sources = { source } } }, root, report)
  report:check()
  local count = 0
  for _, item in pairs(registry.compositions) do
    local directory = ("%s/%s/%s"):format(root, package, item.path:match "^(.*)/")
    assert(fs.remove_tree(directory))
    assert(fs.mkdir(directory))
    assert(fs.write(directory .. "/composition.lua", translation.module(item, as_function)))
    count = count + 1
  end
  return count
end

describe("compositions in YAML and in Lua", function()
  local roots = {}

  local function temporary()
    local root = assert(fs.realpath(assert(fs.temporary "/tmp/orun-languages-")))
    roots[#roots + 1] = root
    return root
  end

  after_each(function()
    for _, root in ipairs(roots) do fs.remove_tree(root) end
    roots = {}
    Sources.clean()
  end)

  for _, as_function in ipairs { false, true } do
    it("give the same jobs for every type of the reference platform, " .. (as_function and "steps by functions" or "steps as they are"),
      function()
        if not fs.exists(fixture) then return pending(fixture .. " is not here") end
        local yaml, lua = temporary(), temporary()
        copy(fixture, yaml)
        copy(fixture, lua)
        assert.equal(11, translate(lua, "compositions", as_function))
        for _, root in ipairs { yaml, lua } do
          assert(fs.mkdir(root .. "/apps/whole-workspace"))
          assert(fs.write(root .. "/apps/whole-workspace/component.yaml", workspace))
        end
        commit(yaml)
        commit(lua)
        local expected, types = jobs_of(yaml)
        local found = jobs_of(lua)
        local count = 0
        for _ in pairs(types) do count = count + 1 end
        assert.equal(11, count)
        assert.is_true(#expected > 20)
        assert.same(expected, found)
      end)
  end

  it("give the same jobs for the example platform", function()
    local yaml, lua = temporary(), temporary()
    copy("examples/platform", yaml)
    copy("examples/platform", lua)
    assert.is_true(translate(lua, "compositions", true) >= 9)
    assert.same((jobs_of(yaml)), (jobs_of(lua)))
  end)

  -- What a person would write in each of the two.
  local yaml = [[
kind: Composition
metadata: {name: site}
spec:
  type: site
  description: A web site
  defaultJob: build
  defaultProfile: check
  parameterSchema:
    type: object
    properties:
      parameters:
        type: object
        required: [title]
        properties:
          title: {type: string}
          pages: {type: integer, default: 10}
          tags: {type: array, items: {type: string}, default: [a, b]}
  jobs:
    - name: build
      runsOn: ubuntu-22.04
      timeout: 10m
      retries: 1
      labels: {scope: web}
      outputs: ["public-{{ .orun.environment.name }}/**"]
      steps:
        - {name: checkout, use: actions/checkout@v4, phase: pre, with: {depth: 1, token: "${{ secrets.TOKEN }}"}}
        - id: render
          name: render
          capability: site.build
          run: generate --title '{{ .parameters.title }}' --pages {{ .parameters.pages }}{{ range .parameters.tags }} --tag {{ . }}{{ end }}
          env: {STAGE: "{{ .orun.environment.name }}"}
        - {name: check, capability: site.check, run: "check public-{{ .orun.environment.name }}", onFailure: continue, retry: 2}
        - {name: report, phase: post, order: 2, run: echo done, working-directory: public}
    - name: deploy
      dependsOn: [build]
      steps: [{name: upload, run: "upload {{ .orun.component.name }}"}]
  executionProfiles:
    check: {jobs: {build: {includeCapabilities: [site.build, site.check]}}}
    release:
      policies: {requireApproval: true}
      jobs:
        build: {stepsEnabled: [checkout, render], stepOverrides: {render: {run: "generate --release {{ .parameters.title }}"}}}
        deploy: {stepsEnabled: [upload]}
]]

  local lua = [[
local orun = require "orun"
local s = orun.schema

return orun.composition {
  type = "site",
  description = "A web site",
  parameters = s.object {
    title = s.string { required = true },
    pages = s.integer { default = 10 },
    tags = s.array(s.string(), { default = { "a", "b" } }),
  },
  defaultJob = "build",
  defaultProfile = "check",
  jobs = {
    {
      name = "build", runsOn = function() return "ubuntu-22.04" end, timeout = "10m", retries = 1, labels = { scope = "web" },
      outputs = { orun.template "public-{{ .orun.environment.name }}/**" },
      steps = function(ctx)
        local p, stage = ctx.parameters, ctx.environment.name
        local tags = ""
        for _, tag in ipairs(p.tags) do tags = tags .. " --tag " .. tag end
        return {
          orun.use { name = "checkout", use = "actions/checkout@v4", phase = "pre",
            with = { depth = 1, token = "${{ secrets.TOKEN }}" } },
          orun.run { id = "render", name = "render", capability = "site.build", env = { STAGE = stage },
            run = ("generate --title '%s' --pages %d%s"):format(p.title, p.pages, tags) },
          { name = "check", capability = "site.check", run = "check public-" .. stage, onFailure = "continue", retry = 2 },
          orun.run { name = "report", phase = "post", order = 2, run = "echo done", ["working-directory"] = "public" },
        }
      end,
    },
    { name = "deploy", dependsOn = { "build" },
      steps = { orun.run { name = "upload", run = orun.template "upload {{ .orun.component.name }}" } } },
  },
  profiles = {
    check = { jobs = { build = { includeCapabilities = { "site.build", "site.check" } } } },
    release = {
      policies = { requireApproval = true },
      jobs = {
        build = { stepsEnabled = { "checkout", "render" },
          stepOverrides = { render = { run = orun.template "generate --release {{ .parameters.title }}" } } },
        deploy = {},
      },
    },
  },
}
]]

  local function platform(name, text)
    return Sources.new {
      ["intent.yaml"] = Sources.intent .. "environments: {dev: {}, prod: {}}\n", [name] = text,
      ["shop/component.yaml"] = [[
kind: Component
metadata: {name: shop}
spec:
  type: site
  subscribe: {environments: [dev, {name: prod, profile: release}]}
  parameters: {title: Shop, list: [], map: {a: [1, 2.5, null]}}
  overrides: {steps: [{name: report, run: "echo {{ .orun.job.name }}"}]}
]],
    }
  end

  it("give the same jobs as a person would write them", function()
    local first = platform("kit/compositions/site/composition.yaml", yaml)
    for _, name in ipairs { "kit/compositions/site.lua", "kit/compositions/site/composition.lua" } do
      local expected, found = jobs_of(first.root), jobs_of(platform(name, lua).root)
      assert.equal(3, #expected)
      assert.same(expected, found)
    end
  end)
end)
