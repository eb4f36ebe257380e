local comparison = require "orun.cockpit.comparison"
local difference = require "orun.plan.difference"
local json = require "host.json"
local render = require "orun.cockpit.render.difference"
local style = require "orun.cockpit.style"
local value = require "host.value"
local viewmodel = require "orun.cockpit.viewmodel.difference"

local plain, colored = style.new { color = false }, style.new { color = true }

local function job(component, environment, more)
  local out = {
    id = ("%s@%s.build"):format(component, environment), name = "build", component = component, environment = environment,
    composition = "sh", steps = value.list { { id = "make", run = "make" } },
  }
  for key, v in next, more or {} do out[key] = v end
  return out
end

local function plan(digit, jobs, metadata)
  metadata = metadata or {}
  metadata.name, metadata.checksum = "shop", "sha256-" .. digit:rep(64)
  return { metadata = metadata, spec = {}, jobs = value.list(jobs) }
end

local function steps(run)
  return value.list { { id = "make", run = run }, { id = "lint", use = "org/lint@v1", phase = "post" } }
end

local before = plan("1", {
  job("api", "dev", { timeout = "5m", parameters = { note = ("x"):rep(60), port = "80" } }), job("old", "dev"), job("web", "dev"),
})
local after = plan("2", {
  job("api", "dev", { timeout = "10m", parameters = { note = ("y"):rep(60), port = 80 }, dependsOn = value.list { "web@dev.build" } }),
  job("api", "prod", { dependsOn = value.list { "api@dev.build" }, profile = "sh.full" }),
  job("web", "dev", { steps = steps "make\nmake test\27[2J\n" }), job("site", "dev"),
}, { description = "the shop" })

local function view(a, b)
  return viewmodel.view(difference.compare(a, b), a, b)
end

describe("the frame of a plan difference", function()
  it("shows all of it", function()
    assert.equal(([[

▲ orun plan diff
  shop 111111111111 (3 jobs) → shop 222222222222 (4 jobs)

  Jobs:         +2 added · -1 removed · ~2 changed
  Edges:        +2 added
  Environments: +prod
  Components:   +site · -old

  ● plan
     + metadata.description: the shop

  ● api
  │  ├─ ~ api@dev.build
  │  │    ~ parameters.note:
  │  │      - %s
  │  │      + %s
  │  │    ~ parameters.port: "80" → 80
  │  │    ~ timeout: 5m → 10m
  │  │    + needs: web@dev.build
  │  └─ + api@prod.build  1 step · sh.full
  │       + needs: api@dev.build
  │
  ● old
  │  └─ - old@dev.build  1 step · sh
  │
  ● site
  │  └─ + site@dev.build  1 step · sh
  │
  ● web
     └─ ~ web@dev.build
          ~ step make
            ~ run
              @@ -1 +1,2 @@
              -make
              \ No newline at end of text
              +make
              +make test\x1b[2J
          + step lint  [post] use org/lint@v1
]]):format(("x"):rep(60), ("y"):rep(60)), plain:text(render.lines(view(before, after))))
  end)

  it("has the same texts in colour", function()
    local lines = render.lines(view(before, after))
    assert.equal(plain:text(lines), (colored:text(lines):gsub("\27%[[%d;]*m", "")))
    assert.truthy(colored:text(lines):find("\27[32m+make", 1, true))
  end)

  it("refers to a job that changed in the same way", function()
    local a = plan("1", { job("a", "dev", { timeout = "1m" }), job("b", "dev", { timeout = "1m" }), job("c", "dev", { timeout = "1m" }) })
    local b = plan("2", { job("a", "dev", { timeout = "2m" }), job("b", "dev", { timeout = "2m" }), job("c", "dev", { timeout = "3m" }) })
    local text = plain:text(render.lines(view(a, b)))
    assert.truthy(text:find("~ b@dev.build  as a@dev.build\n", 1, true))
    assert.truthy(text:find("~ c@dev.build\n          ~ timeout: 1m → 3m\n", 1, true))
  end)

  it("says so when there is none", function()
    assert.truthy(plain:text(render.lines(view(before, before))):find("Jobs:         3 unchanged\n\n  ✓ The plans do the same\n", 1, true))
  end)
end)

describe("the document of a plan difference", function()
  it("has everything, in order", function()
    local text = json.encode(comparison.document(difference.compare(before, after), before, after))
    local document = assert(json.decode(text))
    assert.equal('{"same":false,"before":{"name":"shop","checksum":"sha256-1', text:sub(1, 58))
    assert.same({ { path = "/metadata/description", after = "the shop" } }, document.fields)
    assert.same({ 2, 1, 2, 0 }, { #document.jobs.added, #document.jobs.removed, #document.jobs.changed, document.jobs.unchanged })
    assert.same({ id = "old@dev.build", component = "old", environment = "dev", name = "build", composition = "sh", steps = 1 },
      document.jobs.removed[1])
    assert.same({ path = "/parameters/port", before = "80", after = 80 }, document.jobs.changed[1].fields[2])
    local step = document.jobs.changed[2].steps[1]
    assert.equal("@@ -1 +1,2 @@\n-make\n\\ No newline at end of text\n+make\n+make test\27[2J\n", step.fields[1].diff)
    assert.equal("org/lint@v1", document.jobs.changed[2].steps[2].step.use)
    assert.same({ { job = "api@dev.build", on = "web@dev.build", kind = "dependsOn" }, { job = "api@prod.build", on = "api@dev.build",
      kind = "dependsOn" } }, document.edges.added)
  end)
end)
