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
      steps: [{name: make, run: "make {{.parameters.target}}"}]
]]

local function intent(target)
  return ([[
kind: Intent
metadata: {name: shop}
compositions: {sources: [{name: kit, kind: dir, path: ./kit}]}
environments: {dev: {parameterDefaults: {"*": {target: %s}}}}
components:
  - {name: diff, type: sh, subscribe: {environments: [dev]}}
  - {name: cart, type: sh, subscribe: {environments: [dev]}, dependsOn: [{component: diff}]}
]]):format(target)
end

describe("orun plan diff", function()
  local p, home

  local function orun(...)
    return program.run(p.root, { ... }, { ORUN_HOME = home })
  end

  before_each(function()
    p = platform.new {
      ["intent.yaml"] = intent "debug", ["kit/stack.yaml"] = "apiVersion: orun.io/v1\nkind: Stack\nmetadata: {name: kit}\n",
      ["kit/compositions/sh/composition.yaml"] = composition,
    }
    home = p.root .. "/home"
    assert.equal(0, orun("plan", "--name", "old").code)
    p:write("intent.yaml", intent "release")
    assert.equal(0, orun("plan", "--name", "new", "--component", "diff").code)
  end)
  after_each(platform.clean)

  it("exits 1 and shows the difference (decision 12)", function()
    local r = orun("plan", "diff", "old", "new")
    assert.equal("", r.err)
    assert.equal(1, r.code)
    for _, part in ipairs {
      "▲ orun plan diff\n", "-1 removed · ~1 changed", "- cart@dev.build", "~ parameters.target: debug → release", "-make debug\n",
      "+make release\n",
    } do
      assert.truthy(r.out:find(part, 1, true), part)
    end
  end)

  it("exits 0 when the plans do the same, whatever they are called", function()
    local id = json.decode(p:read ".orun/plans/old.json").metadata.checksum
    assert.equal(0, orun("plan", "-o", "file.yaml", "--json").code)
    assert.equal(0, orun("plan", "--name", "again").code)
    assert.equal(0, orun("plan", "diff", "old", id).code)
    assert.equal(0, orun("plan", "diff", id:sub(8, 14), "old").code)
    assert.equal(0, orun("plan", "diff", "file.yaml", "latest").code)
  end)

  it("exits 2 when there is trouble", function()
    local r = orun("plan", "diff", "old", "ghost")
    assert.equal(2, r.code)
    assert.truthy(r.err:find('error: plan not found: "ghost"', 1, true))
    p:write("broken.json", "{")
    assert.equal(2, orun("plan", "diff", "old", "broken.json").code)
    assert.equal(2, orun("plan", "diff", "old").code)
    assert.equal(2, orun("plan", "diff", "old", "new", "more").code)
    r = orun("plan", "diff", "old", "ghost", "--json")
    assert.equal(2, r.code)
    assert.equal("plan.not-found", json.decode(r.out).errors[1].kind)
  end)

  it("prints one JSON document", function()
    local r = orun("plan", "diff", "old", "new", "--json")
    assert.equal(1, r.code)
    local document = assert(json.decode(r.out))
    assert.is_false(document.same)
    assert.equal("cart@dev.build", document.jobs.removed[1].id)
    assert.equal("@@ -1 +1 @@\n-make debug\n+make release\n", document.jobs.changed[1].steps[1].fields[1].diff)
  end)

  it("leaves components of that name within reach", function()
    local function jobs(...)
      local r = orun("plan", "--json", ...)
      return r.code == 0 and json.decode(r.out).jobs or r.code
    end
    assert.equal(1, jobs("--component", "diff"))
    assert.equal(1, jobs("--", "diff"))
    assert.equal(2, jobs "cart" + jobs "dif*")
    local r = orun("plan", "diff")
    assert.equal(2, r.code)
    assert.truthy(r.err:find("hint: a component named diff is planned by orun plan --component diff", 1, true))
  end)

  it("stays reachable when a user adds or replaces commands", function()
    assert(fs.mkdir(home .. "/commands/plan"))
    assert(fs.write(home .. "/commands/plan/mine.lua", 'return { summary = "mine", run = function(ctx) ctx:print("mine") end }\n'))
    assert.equal("mine\n", orun("plan", "mine").out)
    assert.equal(0, orun("plan").code)
    assert.equal(0, orun("plan", "diff", "old", "old").code)
    assert(fs.write(home .. "/commands/plan.lua", 'return { summary = "own", run = function(ctx) ctx:print("own") end }\n'))
    assert.equal("own\n", orun("plan").out)
    assert.equal(0, orun("plan", "diff", "old", "old").code)
  end)
end)
