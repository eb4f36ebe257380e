local fs = require "host.fs"
local json = require "host.json"
local platform = dofile "spec/support/platform.lua"
local program = dofile "spec/support/program.lua"

local composition = [[
apiVersion: orun.io/v1
kind: Composition
metadata: {name: sh}
spec:
  type: sh
  defaultJob: build
  parameterSchema: {type: object}
  jobs:
    - name: build
      steps: [{name: make, run: make}]
]]

local p

local function shop()
  return platform.new {
    ["intent.yaml"] = [[
kind: Intent
metadata: {name: shop}
compositions: {sources: [{name: kit, kind: dir, path: ./kit}]}
environments: {dev: {}}
components:
  - {name: db, type: sh, subscribe: {environments: [dev]}}
  - {name: api, type: sh, subscribe: {environments: [dev]}, dependsOn: [{component: db}]}
]],
    ["kit/stack.yaml"] = "apiVersion: orun.io/v1\nkind: Stack\nmetadata: {name: kit}\n",
    ["kit/compositions/sh/composition.yaml"] = composition,
  }
end

local function orun(argv, env)
  return program.run(p.root, argv, env)
end

describe("orun plan --view", function()
  before_each(function() p = shop() end)
  after_each(platform.clean)

  it("prints the graph after the summary", function()
    local r = orun { "plan", "-v", "dag" }
    assert.equal(0, r.code)
    assert.truthy(r.out:find("  → orun run %x+\n\nComponent graph\n\n├─ api\n│  └─ dev\n"), r.out)
    assert.truthy(r.out:find("├─ (depends on) db@dev.build\n", 1, true))
    assert.falsy(r.out:find("run: make", 1, true))
    for _, argv in ipairs { { "plan", "-v", "dag:long" }, { "plan", "--long" }, { "plan", "--view=dag", "--long" } } do
      assert.truthy(orun(argv).out:find("run: make", 1, true))
    end
  end)

  it("prints dependencies and single components", function()
    assert.truthy(orun({ "plan", "-v", "dependencies" }).out:find("build (api/dev)\n  depends-on: db@dev.build\n", 1, true))
    local r = orun { "plan", "--view", "component=api" }
    assert.truthy(r.out:find("│ api [sh]\n", 1, true))
    assert.falsy(r.out:find("\n  db@dev.build\n", 1, true))
    r = orun { "plan", "--view", "component=ghost" }
    assert.equal(0, r.code)
    assert.truthy(r.out:find('no jobs of component "ghost"', 1, true))
  end)

  it("shows the graph for another value, and says so", function()
    local r = orun { "plan", "-v", "tree" }
    assert.equal(0, r.code)
    assert.truthy(r.out:find("Component graph", 1, true))
    assert.truthy(r.err:find('warning: unknown view "tree", showing dag', 1, true))
  end)

  it("does not mix with --json", function()
    assert.equal(2, orun({ "plan", "--json", "-v", "dag" }).code)
  end)
end)

describe("orun plan --github-output", function()
  before_each(function() p = shop() end)
  after_each(platform.clean)

  it("appends the outputs wherever GITHUB_OUTPUT is set", function()
    p:write("out", "before=1")
    local r = orun({ "plan", "--github-output" }, { GITHUB_OUTPUT = "out" })
    assert.equal("", r.err)
    assert.equal(0, r.code)
    local text = p:read "out"
    assert.equal("before=1\nmatrix<<EOF\n", text:match "^.-EOF\n")
    local include = json.decode(text:match '\n({"include".-)\nEOF\n').include
    assert.same({ "db@dev.build", "api@dev.build" }, { include[1].id, include[2].id })
    local checksum = json.decode(p:read ".orun/plans/latest.json").metadata.checksum
    assert.equal("\nplan_id=" .. checksum:sub(8, 19) .. "\n", text:match "\nplan_id=.*$")
    orun({ "plan", "--github-output" }, { GITHUB_OUTPUT = p.root .. "/new", GITHUB_ACTIONS = "true", GITHUB_RUN_ID = "7" })
    assert.equal("exec_id=gh-7-1-" .. checksum:sub(8, 19) .. "\n", p:read("new"):match "exec_id=.*$")
    assert.equal(420, fs.stat(p.root .. "/new").mode)
  end)

  it("says what is missing", function()
    local r = orun { "plan", "--github-output" }
    assert.equal(1, r.code)
    assert.truthy(r.err:find("error: --github-output: the variable GITHUB_OUTPUT is not set\nhint: ", 1, true))
    assert.is_nil(p:read ".orun/plans/latest.json")
    r = orun({ "plan", "--github-output" }, { GITHUB_OUTPUT = p.root .. "/none/out" })
    assert.equal(1, r.code)
    assert.truthy(r.err:find("cannot append to GITHUB_OUTPUT", 1, true))
  end)
end)
