-- Jobs that did not come to their end: every view tells the same of them, while the snapshots stay in the shape that other tools know.
local fs = require "host.fs"
local json = require "host.json"
local loop = require "host.loop"
local platform = dofile "spec/support/platform.lua"
local process = require "host.process"
local program = dofile "spec/support/program.lua"

local p

local function orun(...)
  return program.run(p.root, { ... }, { ORUN_HOME = p.root .. "/home" })
end

-- `web` needs `api`; both do what their parameter says.
local function shop(api, policies)
  p = platform.new {
    ["intent.yaml"] = ([[
kind: Intent
metadata: {name: shop}
compositions: {sources: [{name: kit, kind: dir, path: ./kit}]}
environments: {dev: {%s}}
components:
  - {name: api, type: sh, subscribe: {environments: [dev]}, parameters: {script: "%s"}}
  - {name: web, type: sh, subscribe: {environments: [dev]}, dependsOn: [{component: api}], parameters: {script: "true"}}
]]):format(policies or "", api),
    ["kit/stack.yaml"] = "kind: Stack\nmetadata: {name: kit}\n",
    ["kit/compositions/sh/composition.yaml"] = [[
kind: Composition
metadata: {name: sh}
spec:
  type: sh
  defaultJob: build
  parameterSchema: {type: object, properties: {script: {type: string}}}
  jobs: [{name: build, steps: [{name: make, run: "{{.parameters.script}}"}]}]
]],
  }
end

-- Starts a run and sends it a signal once its first step is at work; what it printed.
local function interrupted(...)
  local env = program.environment { ORUN_HOME = p.root .. "/home" }
  local child = assert(process.start { argv = { program.exe, "run", ... }, cwd = p.root, env = env, merge = false, output = "capture" })
  while not fs.exists(p.root .. "/started") do loop.sleep(0.01) end
  child:kill "INT"
  return child:wait()
end

local waiting = "touch started; exec sleep 60"

describe("a job that was cancelled", function()
  after_each(function() platform.clean() end)

  it("is cancelled in every view, and failed in the snapshots (chapter 11)", function()
    shop(waiting)
    local r = interrupted("--exec-id", "x")
    assert.equal(130, r.code, r.errors)
    assert.truthy(r.output:find("─ ↷ api/build  cancelled  "), r.output)
    assert.truthy(r.output:find("\n↷ Interrupted after [%d.]+s\n  1 cancelled · 1 not started\n"), r.output)

    local text = orun("status", "--detailed").out
    assert.truthy(text:find("· State: cancelled ·", 1, true), text)
    assert.truthy(text:find("○ 1 not started · ✗ 0 failed · ↷ 1 cancelled\n", 1, true), text)
    assert.truthy(text:find("─ ↷ build  cancelled  [%d.]+m?s\n  │       ↷ make"), text)
    assert.truthy(text:find("○ build  not started  interrupted\n", 1, true), text)
    assert.truthy(text:find("\n  Continue with: orun run %x+ %-%-exec%-id x\n"), text)
    assert.truthy(orun("get", "runs").out:find("↷ x +cancelled +shop +1/2  ↷ 1 cancelled"))
    assert.truthy(orun("describe", "run", "x").out:find("Status: +↷ cancelled\n"))
    local raw = orun("logs", "--failed").out
    assert.truthy(raw:find("^No "), raw)

    local suites = orun("status", "--junit", "-").out
    assert.truthy(suites:find('failures="0" errors="1" skipped="1"', 1, true), suites)
    assert.truthy(suites:find('<error message="the job was cancelled" type="cancelled"/>', 1, true), suites)
    local spans = {}
    for _, event in ipairs(json.decode(orun("status", "--trace", "-").out).traceEvents) do spans[event.cat or ""] = event.args end
    assert.equal("cancelled", spans.job.status)
    assert.equal("cancelled", spans.step.status)
    assert.equal(1, spans.run.cancelled)

    local document = json.decode(orun("status", "--json").out)
    assert.equal("failed", document.meta.status)
    assert.equal(1, document.meta.jobFailed)
    assert.equal("failed", document.state.jobs["api@dev.build"].status)
    assert.equal("cancelled", document.state.jobs["api@dev.build"].lastError)
    local row = json.decode(orun("status", "--all", "--json").out)[1]
    assert.same({ "failed", 1 }, { row.status, row.jobFailed })
  end)

  it("is offered to go on with, by a command that does", function()
    shop "if test -e started; then exit 0; fi; touch started; exec sleep 60"
    local r = interrupted("--exec-id", "x", "--component", "api", "--concurrency", "2", "--keep-going")
    local plan, rest = r.output:match "\n  logs    orun logs %-%-exec%-id x\n  resume  orun run (%x+)( [^\n]+)\n$"
    assert.equal(" --concurrency=2 --keep-going --exec-id x", rest, r.output)
    r = program.shell(p.root, ('"%s" run %s%s'):format(program.exe, plan, rest), { ORUN_HOME = p.root .. "/home" })
    assert.equal(0, r.code, r.out .. r.err)
    assert.truthy(r.out:find("\n✓ Done in", 1, true))
    assert.truthy(orun("status").out:find("State: completed", 1, true))
  end)

  it("does not hide one that failed", function()
    shop "exit 3"
    assert.equal(1, orun("run", "--exec-id", "x").code)
    local text = orun("status").out
    assert.truthy(text:find("· State: failed ·", 1, true), text)
    assert.truthy(orun("get", "runs").out:find("✗ x +failed +shop +1/2  ✗ 1 failed"))
  end)
end)

describe("a step that fails and may", function()
  after_each(function() platform.clean() end)

  it("is told as one that its job survives, in every view", function()
    shop "true"
    p:write("kit/compositions/sh/composition.yaml", [[
kind: Composition
metadata: {name: sh}
spec:
  type: sh
  defaultJob: build
  parameterSchema: {type: object, properties: {script: {type: string}}}
  jobs:
    - name: build
      steps: [{name: lint, run: "echo 3 problems; exit 4", onFailure: continue}, {name: make, run: "{{.parameters.script}}"}]
]])
    local r = orun("run", "--component", "api", "--exec-id", "x")
    assert.equal(0, r.code)
    assert.truthy(r.out:find("\n?    → continuing after failure  build  lint  [%d.]+s  command exited with code 4  3 problems\n\n"), r.out)
    assert.falsy(r.out:find("✗", 1, true))
    assert.truthy(r.out:find("✓ build  [%d.]+s  1 failed step ignored\n"), r.out)
    local text = orun("status", "--detailed").out
    assert.truthy(text:find("✓ build  [%d.m]+s  1 failed step ignored\n          ✗ lint"), text)
    assert.truthy(orun("logs").out:find("    ✗ build  lint\n       3 problems\n", 1, true))
    assert.equal("completed", json.decode(orun("status", "--json").out).meta.status)
  end)
end)

describe("a job that cannot start", function()
  after_each(function() platform.clean() end)

  it("is blocked in every view, and so is what needs it", function()
    shop("true", 'policies: {requireApproval: "true"}')
    local r = orun("run", "--exec-id", "x")
    assert.equal(1, r.code)
    assert.truthy(r.out:find("\n  2 blocked\n", 1, true), r.out)
    assert.truthy(r.out:find("\n  logs    orun logs --exec-id x\n", 1, true), r.out)
    local text = orun("status").out
    assert.truthy(text:find("○ 0 queued · ✗ 0 failed · ↷ 2 blocked\n", 1, true), text)
    assert.truthy(text:find("─ ↷ build  blocked  it needs the approval approval:api@dev (required by environment dev)\n", 1, true), text)
    assert.truthy(text:find("─ ↷ build  blocked  api@dev.build is blocked\n", 1, true), text)
    assert.truthy(orun("status", "--junit", "-").out:find('errors="0" skipped="2"', 1, true))
  end)

  it("says what it waits for when that was not selected", function()
    shop "true"
    assert.equal(0, orun("plan", "--name", "p").code)
    local r = orun("run", "p", "--component", "web", "--exec-id", "x")
    assert.equal(1, r.code)
    assert.truthy(r.out:find("  ● web\n  │  └─ ○ build  waiting  not completed: api@dev.build\n", 1, true), r.out)
    assert.truthy(r.out:find("\n  1 waiting\n", 1, true), r.out)
    assert.truthy(orun("status").out:find("○ build  not started  not completed: api@dev.build\n", 1, true))
  end)
end)
