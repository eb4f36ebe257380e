local json = require "host.json"
local Sources = dofile "spec/support/sources.lua"

local function has(text, ...)
  for _, part in ipairs { ... } do
    assert.truthy(text:find(part, 1, true), ("%q is not in:\n%s"):format(part, text))
  end
end

local two_jobs = [[
  jobs: [{name: build, steps: [{name: make, run: make}]}, {name: test, steps: [{name: make, run: make}]}]
  defaultProfile: p
  executionProfiles: {p: {jobs: {build: {stepsEnabled: [make]}, test: {stepsEnabled: [make]}}}}
]]

local function platform(intent, files)
  local all = {
    ["intent.yaml"] = "metadata: {name: demo}\n" .. Sources.intent .. intent,
    ["kit/app/composition.yaml"] = Sources.composition "app", ["kit/two/composition.yaml"] = Sources.composition("two", two_jobs),
  }
  for name, text in next, files or {} do all[name] = text end
  return Sources.new(all)
end

local function ids(list)
  return table.concat(list or {}, " ")
end

local function order_of(plan)
  local list = {}
  for i, job in ipairs(plan.jobs) do list[i] = job.id end
  return ids(list)
end

local function errors(sources, options)
  local compiled, failure = sources:compile(options)
  assert.is_nil(compiled)
  return Sources.text(failure.errors)
end

describe("resolve", function()
  after_each(Sources.clean)

  it("connects all jobs of a component to all jobs it depends on, sorted", function()
    local jobs, _, plan = platform([[
environments: {dev: {}}
components:
  - {name: web, type: two, subscribe: {environments: [dev]}, dependsOn: [{component: db}, {component: db}]}
  - {name: db, type: two, subscribe: {environments: [dev]}}
]]):jobs()
    for _, id in ipairs { "web@dev.build", "web@dev.test" } do assert.equal("db@dev.build db@dev.test", ids(jobs[id].dependsOn)) end
    assert.is_nil(jobs["db@dev.build"].dependsOn)
    assert.equal("db@dev.build db@dev.test web@dev.build web@dev.test", order_of(plan))
  end)

  it("takes the bytewise smallest ready job (03 §6.3)", function()
    local _, _, plan = platform([[
environments: {dev: {}}
components:
  - {name: a, type: app, subscribe: {environments: [dev]}, dependsOn: [{component: z}]}
  - {name: z, type: app, subscribe: {environments: [dev]}}
  - {name: m, type: app, subscribe: {environments: [dev]}}
]]):jobs()
    assert.equal("m@dev.build z@dev.build a@dev.build", order_of(plan))
  end)

  local modes = [[
environments: {dev: {}, prod: {dependencyMode: %s, promotion: {dependsOn: [{environment: dev}]}}}
components:
  - {name: web, type: app, subscribe: {environments: [dev, prod]}, dependsOn: [{component: db}]}
  - {name: db, type: app, subscribe: {environments: [dev, prod]}}
]]

  it("keeps promotion blocking when dependencies are advisory (03 case 12)", function()
    local job = platform(modes:format "advisory"):jobs()["web@prod.build"]
    assert.same({ "web@dev.build", "db@prod.build" }, { ids(job.dependsOn), ids(job.advisoryDependsOn) })
    assert.same({ "advisory", "environment" }, { job.dependencyMode, job.dependencySource })
  end)

  it("has no edges when dependencies are disabled (03 case 13)", function()
    local job = platform(modes:format "disabled"):jobs { environments = { "prod" } }["web@prod.build"]
    assert.is_nil(job.dependsOn)
    assert.is_nil(job.advisoryDependsOn)
  end)

  local include = [[
environments: {dev: {}}
components:
  - {name: api, type: app, subscribe: {environments: [dev]}, dependsOn: [{component: db, include: %s}]}
  - {name: db, type: app, subscribe: {environments: [dev]}}
]]

  it("pulls in what is included always (03 case 14, the reference fails: quirk 8)", function()
    local jobs = platform(include:format "always"):jobs { components = { "api" } }
    assert.equal("db@dev.build", ids(jobs["api@dev.build"].dependsOn))
    assert.truthy(jobs["db@dev.build"])
  end)

  it("refuses an included component that lives elsewhere", function()
    local text = errors(platform [[
environments: {dev: {}, prod: {}}
components:
  - {name: api, type: app, subscribe: {environments: [dev]}, dependsOn: [{component: db, include: always}]}
  - {name: db, type: app, subscribe: {environments: [prod]}}
]])
    has(text, "intent.yaml:5:", "api.dev", "db.dev", "always")
  end)

  it("drops dependencies on what is not selected (03 case 15)", function()
    local jobs = platform(include:format "if-selected"):jobs { components = { "api" } }
    assert.is_nil(jobs["api@dev.build"].dependsOn)
    assert.is_nil(jobs["db@dev.build"])
  end)

  it("orders jobs of one component by dependsOn of the composition", function()
    local jobs, _, plan = platform("environments: {dev: {}}\ncomponents: [{name: x, type: chain, subscribe: {environments: [dev]}}]\n", {
      ["kit/chain/composition.yaml"] = Sources.composition("chain", [[
  jobs:
    - {name: build, dependsOn: [prepare, absent], steps: [{name: make, run: make}]}
    - {name: prepare, steps: [{name: make, run: make}]}
    - {name: absent, steps: [{name: make, run: make}]}
  defaultProfile: p
  executionProfiles: {p: {jobs: {build: {stepsEnabled: [make]}, prepare: {stepsEnabled: [make]}}}}
]]) }):jobs()
    assert.equal("x@dev.prepare", ids(jobs["x@dev.build"].dependsOn))
    assert.equal("x@dev.prepare x@dev.build", order_of(plan))
  end)

  describe("promotion", function()
    local function promoted(entry)
      return platform(([[
environments: {dev: {}, prod: {promotion: {dependsOn: [%s]}}}
components:
  - {name: db, type: app, subscribe: {environments: [dev]}}
  - {name: app, type: app, subscribe: {environments: [dev, prod]}}
  - {name: web, type: app, subscribe: {environments: [prod]}}
]]):format(entry))
    end

    it("waits for the same component", function()
      local jobs = promoted("{environment: dev}"):jobs()
      assert.equal("app@dev.build", ids(jobs["app@prod.build"].dependsOn))
      assert.is_nil(jobs["web@prod.build"].dependsOn)
      assert.is_nil(jobs["app@prod.build"].gates)
    end)

    it("becomes a gate when the environment is not selected, for components that live there (03 case 16)", function()
      local jobs = promoted("{environment: dev}"):jobs { environments = { "prod" } }
      local job = jobs["app@prod.build"]
      assert.is_nil(job.dependsOn)
      assert.equal(1, #job.gates)
      assert.equal('{"type":"environment-promotion","environment":"dev","component":"app","condition":"success",'
        .. '"match":{"revision":"source"}}', json.encode(job.gates[1]))
      assert.is_nil(jobs["web@prod.build"].gates)
    end)

    it("is an error when it must happen in the same plan (03 case 17)", function()
      has(errors(promoted "{environment: dev, satisfy: same-plan}", { environments = { "prod" } }), "intent.yaml:3:", "prod", "dev",
        "same-plan", "not active")
      assert.truthy(promoted("{environment: dev, satisfy: same-plan}"):jobs()["app@prod.build"].dependsOn)
    end)

    it("is a gate when an earlier success is asked for, even beside the environment (03 quirk 6)", function()
      local job = promoted("{environment: dev, satisfy: previous-success}"):jobs()["app@prod.build"]
      assert.is_nil(job.dependsOn)
      assert.equal("dev", job.gates[1].environment)
    end)

    it("stays an edge or nothing when a selection empties the other environment (03 quirk 7)", function()
      local jobs = promoted("{environment: dev, satisfy: same-plan}"):jobs { components = { "web" } }
      assert.is_nil(jobs["web@prod.build"].dependsOn)
      assert.is_nil(jobs["web@prod.build"].gates)
    end)

    it("may wait for all of an environment, once (03 case 18)", function()
      local barrier = "{environment: dev, strategy: environment-barrier}"
      local jobs = promoted(barrier .. ", " .. barrier):jobs()
      assert.equal("app@dev.build db@dev.build", ids(jobs["web@prod.build"].dependsOn))
      local gated = promoted(barrier .. ", " .. barrier):jobs { environments = { "prod" } }
      assert.equal(1, #gated["app@prod.build"].gates)
    end)
  end)

  it("names a cycle, unlike the reference (03 case 19)", function()
    local text = errors(platform [[
environments: {dev: {}}
components:
  - {name: a, type: app, subscribe: {environments: [dev]}, dependsOn: [{component: b}]}
  - {name: b, type: app, subscribe: {environments: [dev]}, dependsOn: [{component: a}]}
]])
    has(text, "intent.yaml:5:", "a@dev.build → b@dev.build → a@dev.build")
    local sources = platform [[
environments: {dev: {}}
components: [{name: a, type: app, subscribe: {environments: [dev]}, dependsOn: [{component: a}]}]
]]
    has(errors(sources), "a@dev.build → a@dev.build")
    assert.is_nil(sources:read ".orun/plans/latest.json")
  end)

  it("tells of every circle once, whatever the environments and components", function()
    local failure = select(2, platform([[
environments: {dev: {}, prod: {}}
components:
  - {name: a, type: app, subscribe: {environments: [dev, prod]}, dependsOn: [{component: b}]}
  - {name: b, type: app, subscribe: {environments: [dev, prod]}, dependsOn: [{component: a}]}
  - {name: c, type: app, subscribe: {environments: [prod]}, dependsOn: [{component: c}]}
  - {name: x, type: round, subscribe: {environments: [dev, prod]}}
  - {name: y, type: round, subscribe: {environments: [dev]}}
]], { ["kit/round/composition.yaml"] = Sources.composition("round", [[
  jobs:
    - {name: build, dependsOn: [test], steps: [{name: make, run: make}]}
    - {name: test, dependsOn: [build], steps: [{name: make, run: make}]}
  defaultProfile: p
  executionProfiles: {p: {jobs: {build: {stepsEnabled: [make]}, test: {stepsEnabled: [make]}}}}
]]) }):compile())
    local messages = {}
    for i, d in ipairs(failure.errors) do messages[i] = d.message:match "circle: (.*)" end
    assert.same({
      "a@dev.build → b@dev.build → a@dev.build", "c@prod.build → c@prod.build", "x@dev.build → x@dev.test → x@dev.build",
    }, messages)
  end)

  it("lets advisory dependencies go in circles", function()
    local jobs = platform([[
environments: {dev: {dependencyMode: advisory}}
components:
  - {name: a, type: app, subscribe: {environments: [dev]}, dependsOn: [{component: b}]}
  - {name: b, type: app, subscribe: {environments: [dev]}, dependsOn: [{component: a}]}
]]):jobs()
    assert.equal("a@dev.build", ids(jobs["b@dev.build"].advisoryDependsOn))
  end)

  it("refuses two jobs with one output, and outputs elsewhere (decision 18)", function()
    local files = { ["kit/out/composition.yaml"] = Sources.composition("out",
      "  jobs: [{name: build, outputs: [./o/x.tar], steps: [{name: make, run: make}]}]\n") }
    local components = "components: [{name: a, type: out, subscribe: {environments: ['*']}}]\n"
    local text = errors(platform("environments: {dev: {}, prod: {}}\n" .. components, files))
    has(text, "kit/out/composition.yaml:7:", "a@dev.build and a@prod.build both have the output o/x.tar", "orun.environment.name")
    files["kit/out/composition.yaml"] = Sources.composition("out",
      "  jobs: [{name: build, outputs: [../x, /y], steps: [{name: make, run: make}]}]\n")
    text = errors(platform("environments: {dev: {}}\n" .. components, files))
    has(text, '"../x"', '"/y"', "outside the work tree")
  end)
end)
