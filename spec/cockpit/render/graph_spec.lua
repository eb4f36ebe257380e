local graph = require "orun.cockpit.viewmodel.graph"
local render = require "orun.cockpit.render.graph"
local style = require "orun.cockpit.style"
local value = require "host.value"

local plain, colored = style.new { color = false }, style.new { color = true }

local function job(component, environment, more)
  local out = {
    name = "unit-sh", component = component, environment = environment, composition = "sh", jobRegistry = "kit", job = "unit-sh",
    dependencyMode = "enforced", dependencySource = "default",
    steps = value.list { { id = "unit", name = "unit", phase = "main", run = "make" } },
  }
  for key, v in next, more or {} do out[key] = v end
  out.id = ("%s@%s.%s"):format(component, environment, out.name)
  return out
end

local function plan(jobs)
  return { metadata = { name = "shop" }, jobs = value.list(jobs) }
end

local sample = plan { job("api", "dev", {
  name = "full", profile = "sh.full", profileSource = "subscription-rule", profileRuleTriggerRef = "push-main", timeout = "5m", retries = 2,
  dependsOn = value.list { "api@pre.test" }, advisoryDependsOn = value.list { "db@dev.test" }, dependencyMode = "advisory",
  dependencySource = "subscription-rule", dependencyRuleTriggerRef = "pr",
}) }

local function text(lines)
  return plain:text(lines)
end

describe("the graph of a plan (03 §9.1)", function()
  it("is a tree of components, environments, jobs, edges and steps", function()
    assert.equal([[

Component graph

└─ api
   └─ dev [sh.full via push-main] (advisory deps via pr)
      └─ full · 5m (retry:2x)
         ├─ (depends on) api@pre.test
         ├─ (advisory) db@dev.test
         └─ unit

  components   1
  jobs         1
]], text(render.dag(graph.view(sample))))
  end)

  it("is sorted by component, environment and job name, and labels jobs without their composition", function()
    assert.equal([[

Component graph

├─ api
│  └─ dev
│     ├─ a
│     │  └─ unit
│     └─ unit
│        └─ unit
└─ web
   ├─ dev (disabled deps (environment))
   │  └─ unit
   │     └─ unit
   └─ prod
      └─ unit
         └─ unit

  components   2
  jobs         4
]], text(render.dag(graph.view(plan {
      job("web", "prod"), job("api", "dev"), job("api", "dev", { name = "a" }),
      job("web", "dev", { dependencyMode = "disabled", dependencySource = "environment" }),
    }))))
  end)

  it("tells jobs of one profile apart, and shows gates (quirk 23) and phases", function()
    local gates = value.list { { type = "environment-promotion", environment = "dev" }, { type = "approval", environment = "prod" } }
    assert.equal([[

Component graph

└─ api
   └─ prod [sh.full]
      ├─ full/one
      │  ├─ (gate) promotion dev
      │  ├─ (gate) approval prod
      │  └─ tidy [post]
      └─ full/two
         └─ unit

  components   1
  jobs         2
]], text(render.dag(graph.view(plan {
      job("api", "prod", {
        name = "one", profile = "sh.full", gates = gates, steps = value.list { { name = "tidy", phase = "post", run = "rm x" } },
      }),
      job("api", "prod", { name = "two", profile = "sh.full" }),
    }))))
  end)

  it("shows commands in the long form, later lines indented (quirk 24)", function()
    local steps = value.list { { name = "a", run = "make\n  test\n" }, { name = "b", use = "org/act@v1" } }
    assert.truthy(text(render.dag(graph.view(plan { job("api", "dev", { steps = steps }) }), true)):find([[
         ├─ a
         │  run: make
         │         test
         └─ b
            use: org/act@v1
]], 1, true))
  end)

  it("may be empty", function()
    assert.equal("\nComponent graph\n\n  components   0\n  jobs         0\n", text(render.dag(graph.view(plan {}))))
  end)

  it("has the same columns with and without colour (quirk 22)", function()
    for _, form in ipairs { "dag", "dependencies", "component" } do
      local lines = render[form](graph.view(sample), form == "component" and "api" or nil)
      assert.equal(plain:text(lines), (colored:text(lines):gsub("\27%[[%d;]*m", "")))
    end
  end)
end)

describe("the dependencies of a plan", function()
  it("are listed by job id", function()
    assert.equal([[

╭──────────────────────────────────────────────────────────╮
│ View:   dependencies
│ Plan:   shop
│ Jobs:   3
╰──────────────────────────────────────────────────────────╯

full (api/dev)
  depends-on: api@pre.test
  advisory: db@dev.test
  mode: advisory (rule:pr)

unit-sh (db/dev)
  no dependencies

unit-sh (web/dev)
  advisory: a@dev.x
  advisory: b@dev.x
  mode: advisory (subscription)
]], text(render.dependencies(graph.view(plan {
      job("web", "dev", {
        advisoryDependsOn = value.list { "b@dev.x", "a@dev.x" }, dependencyMode = "advisory", dependencySource = "subscription",
      }),
      sample.jobs[1], job("db", "dev"),
    }))))
  end)
end)

describe("the view of one component", function()
  it("shows its jobs in every environment, long commands cut", function()
    local cut, whole = ("é"):rep(36), ("x"):rep(70)
    local steps = value.list { { name = "a", run = cut }, { name = "b", run = whole .. "\n", phase = "post" },
      { name = "c", use = "o/a@v1" } }
    assert.equal(([[

╭──────────────────────────────────────────────────────────╮
│ api [sh]
╰──────────────────────────────────────────────────────────╯

dev
  api@dev.full
    registry:     kit
    job:          unit-sh
    timeout:      5m
    retries:      2
    depends on:   api@pre.test
    advisory:     db@dev.test
    steps (1):
      1. unit
         run: make

prod
  api@prod.unit-sh
    registry:     kit
    job:          unit-sh
    steps (3):
      1. a
         run: %s...
      2. b [post]
         run: %s
      3. c
         use: o/a@v1
]]):format(("é"):rep(33), whole), text(render.component(graph.view(plan { sample.jobs[1], job("api", "prod", { steps = steps }) }), "api")))
  end)

  it("says when there is nothing to show", function()
    local lines = text(render.component(graph.view(sample), "ghost"))
    assert.truthy(lines:find('│ no jobs of component "ghost" in this plan\n', 1, true))
  end)
end)
