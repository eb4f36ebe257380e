local fs = require "host.fs"
local spaces = dofile("spec/run/workspace.lua")
local system = require "host.system"
local plan, of = spaces.plan, spaces.of

describe("a run", function()
  local space

  before_each(function() space = spaces.new() end)
  after_each(function() space:close() end)

  it("runs jobs in dependency order and records them", function()
    local result = space:run(plan {
      { "api@dev.build", "echo build >> order" },
      { "api@dev.test", "echo test >> order", dependsOn = { "api@dev.build" } },
      { "web@dev.build", "echo web >> order", dependsOn = { "api@dev.test" } },
    }, { exec_id = "x1" })
    assert.equal("completed", result.status)
    assert.equal(0, result.exit)
    assert.same({ "build", "test", "web" }, space:lines("order"))
    local state, meta = space:state("x1"), space:metadata("x1")
    assert.equal("completed", state.jobs["web@dev.build"].status)
    assert.same({ s = "completed" }, state.jobs["web@dev.build"].steps)
    assert.equal("completed", meta.status)
    assert.equal(3, meta.jobTotal)
    assert.equal(3, meta.jobDone)
    assert.equal("0a1b2c3d0a1b", meta.planId)
    assert.equal("x1", fs.readlink(space.store .. "/executions/latest"))
    assert.truthy(fs.exists(space:execution("x1") .. "/manifest.json"))
  end)

  it("05 case 7: names executions after the plan", function()
    local execution = require "orun.state.execution"
    assert.truthy(execution.fresh_id("My App"):find("^my%-app%-%d%d%d%d%d%d%d%d%-%x%x%x%x%x%x$"))
    assert.truthy(execution.fresh_id(""):find("^run%-%d+%-%x+$"))
    assert.equal(30 + 1 + 8 + 1 + 6, #execution.fresh_id(("a"):rep(40)))
    assert.truthy(execution.fresh_id(("é"):rep(20)):find("^" .. ("é"):rep(15) .. "%-"))
  end)

  local function chain(b)
    return plan({
      { "c@dev.a", "echo a >> ran" },
      { "c@dev.b", b, dependsOn = { "c@dev.a" } },
      { "c@dev.c", "echo c >> ran", dependsOn = { "c@dev.b" } },
    }, { fail_fast = false })
  end

  for _, concurrency in ipairs { 1, 4 } do
    it("05 case 8: a failing job keeps its dependents from running, concurrency " .. concurrency, function()
      local result, events = space:run(chain("exit 3"), { exec_id = "x", concurrency = concurrency })
      assert.equal(1, result.exit)
      local jobs = space:state("x").jobs
      assert.equal("completed", jobs["c@dev.a"].status)
      assert.equal("failed", jobs["c@dev.b"].status)
      assert.equal("step s: exit status 3", jobs["c@dev.b"].lastError)
      assert.is_nil(jobs["c@dev.c"])
      assert.equal("c@dev.c", of(events, "job.blocked")[1].job)
      assert.equal("failed", space:metadata("x").status)
      assert.equal(1, space:metadata("x").jobFailed)
    end)
  end

  it("05 case 9: the same execution continues after the mistake is mended", function()
    space:run(chain("exit 3"), { exec_id = "x" })
    local result, events = space:run(chain("echo b >> ran"), { exec_id = "x" })
    assert.equal(0, result.exit)
    assert.same({ "a", "b", "c" }, space:lines("ran"))
    assert.equal("c@dev.a", of(events, "job.cached")[1].job)
    assert.is_nil(space:state("x").jobs["c@dev.b"].lastError)
    assert.equal("completed", space:metadata("x").status)
  end)

  it("05 case 11: --retry runs a completed job again and nothing else", function()
    local p = plan { { "c@dev.a", "echo a >> ran" }, { "c@dev.b", "echo b >> ran", dependsOn = { "c@dev.a" } } }
    space:run(p, { exec_id = "x" })
    local again = space:run(p, { exec_id = "x", job = "c@dev.b" })
    assert.equal(1, again.counts.cached)
    local result = space:run(p, { exec_id = "x", job = "c@dev.b", retry = true })
    assert.equal(1, result.counts.completed)
    assert.same({ "a", "b", "b" }, space:lines("ran"))
  end)

  it("05 case 12: --job with dependencies that are not completed", function()
    for _, concurrency in ipairs { 1, 4 } do
      local err = space:refused(chain("true"), { job = "c@dev.c", concurrency = concurrency })
      assert.equal("run.unmet-dependencies", err.kind)
      assert.truthy(err.message:find("c@dev.b", 1, true))
    end
    assert.is_false(fs.exists(space.store .. "/executions"))
  end)

  it("05 case 13: --job by prefix", function()
    local one = plan { { "api@dev.build", "echo built >> ran" } }
    assert.equal(0, space:run(one, { job = "api@dev" }).exit)
    assert.equal(0, space:run(one, { job = "api.dev.build" }).exit)
    assert.same({ "built", "built" }, space:lines("ran"))
    local two = plan { { "api@dev.build", "true" }, { "api@dev.test", "true" } }
    local err = space:refused(two, { job = "api@dev" })
    assert.equal("run.ambiguous-job", err.kind)
    assert.truthy(err.message:find("api@dev.build, api@dev.test", 1, true))
    assert.equal("run.unknown-job", space:refused(two, { job = "zed" }).kind)
  end)

  it("05 case 14: caps the components in flight", function()
    local mark = 'echo "+$ORUN_JOB_ID" >> marks; sleep 0.1; echo "-$ORUN_JOB_ID" >> marks'
    local jobs = {}
    for _, component in ipairs { "a", "b", "c" } do
      for _, environment in ipairs { "dev", "prod" } do jobs[#jobs + 1] = { ("%s@%s.x"):format(component, environment), mark } end
    end
    local component_of = function(id) return id:match("^[^@]+") end
    local itself = function(id) return id end
    space:run(plan(jobs), { concurrency = 4, component_concurrency = 1 })
    assert.equal(1, spaces.most_open(space:lines("marks"), component_of))
    assert.equal(2, spaces.most_open(space:lines("marks"), itself))
    fs.remove(space.root .. "/marks")
    space:run(plan(jobs), { concurrency = 4, component_concurrency = 0 })
    assert.equal(4, spaces.most_open(space:lines("marks"), itself))
  end)

  it("05 case 15: fail-fast lets running jobs end and starts no other", function()
    local p = plan {
      { "a@dev.fails", "exit 1" },
      { "b@dev.long", "sleep 0.3; echo done >> ran" },
      { "c@dev.queued", "echo queued >> ran" },
    }
    local result = space:run(p, { exec_id = "x", concurrency = 2, component_concurrency = 0 })
    assert.equal(1, result.exit)
    assert.same({ "done" }, space:lines("ran"))
    local jobs = space:state("x").jobs
    assert.equal("completed", jobs["b@dev.long"].status)
    assert.is_nil(jobs["c@dev.queued"])
    assert.equal(1, result.counts.waiting)
  end)

  it("--fail-fast=now cancels running jobs, whose post steps run; =no goes on", function()
    local p = plan({
      { "a@dev.x", "while ! [ -e started ]; do sleep 0.02; done; exit 1" },
      { "b@dev.x", "touch started; sleep 60; echo no >> ran", { id = "clean", phase = "post", run = "echo clean >> ran" } },
      { "c@dev.x", "echo c >> ran", dependsOn = { "b@dev.x" } },
    }, { concurrency = 2 })
    local result = space:run(p, { exec_id = "x", component_concurrency = 0, fail_fast = "now" })
    assert.same({ 1, 1, 1 }, { result.exit, result.counts.failed, result.counts.cancelled })
    assert.same({ "clean" }, space:lines("ran"))
    assert.equal("cancelled", space:state("x").jobs["b@dev.x"].lastError)
    assert.is_nil(space:state("x").jobs["c@dev.x"])

    space:run(plan { { "a@dev.x", "exit 1" }, { "b@dev.x", "echo b >> ran" } }, { concurrency = 1, fail_fast = "no" })
    assert.same({ "clean", "b" }, space:lines("ran"))
  end)

  it("--fail-fast=now ends the pause before another attempt, too", function()
    system.setenv("ORUN_RETRY_DELAY", "30")
    local result = space:run(plan({
      { "a@dev.x", "while ! [ -e tried ]; do sleep 0.02; done; exit 1" }, { "b@dev.x", "echo b >> tried; exit 1", retries = 3 },
    }, { concurrency = 2 }), { exec_id = "x", component_concurrency = 0, fail_fast = "now" })
    system.setenv("ORUN_RETRY_DELAY", nil)
    assert.same({ 1, 1 }, { result.counts.failed, result.counts.cancelled })
    assert.same({ "b" }, space:lines("tried"))
    assert.equal("cancelled", space:state("x").jobs["b@dev.x"].lastError)
  end)

  it("starts what lies on the longest way first, once it is known how long jobs take", function()
    local timing = require "orun.state.timing"
    local p = plan({
      { "a@dev.x", "echo a >> ran" }, { "b@dev.x", "echo b >> ran" }, { "c@dev.x", "echo c >> ran" },
      { "d@dev.x", "echo d >> ran", dependsOn = { "c@dev.x" } },
    }, { concurrency = 1 })
    space:run(p)
    assert.same({ "a", "b", "c", "d" }, space:lines("ran"))
    timing.add(space.store, { ["a@dev.x"] = 2, ["b@dev.x"] = 3, ["c@dev.x"] = 2, ["d@dev.x"] = 2, ["z@dev.x"] = 1 })
    fs.remove(space.root .. "/ran")
    space:run(p)
    assert.same({ "c", "b", "a", "d" }, space:lines("ran"))
    local known = timing.read(space.store)
    assert.equal(1, known["z@dev.x"])
    assert.truthy(known["b@dev.x"] < 1.6)
  end)

  it("05 case 29: a dry run shows everything and writes nothing", function()
    local result, events = space:run(plan {
      { "c@dev.b", { run = "make", ["working-directory"] = "sub", retry = 2, timeout = "5m" }, dependsOn = { "c@dev.a" }, path = "svc" },
      { "c@dev.a", "true" },
    }, { dry_run = true })
    assert.equal(0, result.exit)
    assert.equal(2, result.counts.selected)
    local previews = of(events, "job.preview")
    assert.equal("c@dev.a", previews[1].job)
    assert.equal("c@dev.b", previews[2].job)
    local step = previews[2].steps[1]
    assert.equal(space.root .. "/svc/sub", step.directory)
    assert.equal(3, step.attempts)
    assert.equal("5m", step.timeout)
    assert.is_false(fs.exists(space.store))
    assert.is_true(result.meta.dryRun)
  end)

  it("ends when jobs cannot be claimed, instead of failing one after the other", function()
    fs.mkdir(space:execution "x" .. "/claims")
    local events = {}
    local refused = space:refused(plan { { "a@dev.x", "echo a >> ran" }, { "b@dev.x", "echo b >> ran" } }, {
      exec_id = "x", fail_fast = "no", on_event = function(event) events[#events + 1] = event end,
    })
    assert.truthy(refused.message:find("cannot claim job a@dev.x: .*/claims: Is a directory"), refused.message)
    assert.same({}, space:lines "ran")
    assert.same({}, of(events, "job.finished"))
    assert.equal("failed", space:metadata("x").status)
  end)

  it("05 case 36: an unknown dependency or a cycle fails the run and its record", function()
    local unknown = space:refused(plan { { "c@dev.a", "true", dependsOn = { "c@dev.zed" } } }, { exec_id = "x" })
    assert.equal("job c@dev.a depends on unknown job c@dev.zed", unknown.message)
    assert.equal("failed", space:metadata("x").status)
    local cycle = space:refused(plan {
      { "c@dev.a", "true", dependsOn = { "c@dev.b" } }, { "c@dev.b", "true", dependsOn = { "c@dev.a" } },
    }, { exec_id = "y" })
    assert.equal("run.cycle", cycle.kind)
    assert.truthy(cycle.message:find("c@dev.a → c@dev.b → c@dev.a", 1, true))
    assert.equal("failed", space:metadata("y").status)
  end)

  it("refuses execution ids that are no directory names", function()
    for _, id in ipairs { "", ".", "..", "latest", "a/b", "a\\b", "a\0b" } do
      assert.equal("run.execution-id", space:refused(plan { { "c@dev.a", "true" } }, { exec_id = id }).kind)
    end
  end)

  it("warns when another plan continues an execution, and matches jobs by id", function()
    space:run(plan({ { "c@dev.a", "echo a >> ran" } }, { checksum = "sha256-" .. ("1"):rep(64) }), { exec_id = "x" })
    local _, events = space:run(plan({ { "c@dev.a", "echo a >> ran" } }, { checksum = "sha256-" .. ("2"):rep(64) }), { exec_id = "x" })
    local message = of(events, "warning")[1].message
    assert.truthy(message:find("111111111111", 1, true) and message:find("222222222222", 1, true))
    assert.same({ "a" }, space:lines("ran"))
    assert.equal("sha256-" .. ("1"):rep(64), space:state("x").planChecksum)
  end)

  it("says which jobs wait for one that was not selected", function()
    local p = plan {
      { "a@dev.x", "true" }, { "b@dev.x", "true", dependsOn = { "a@dev.x" } }, { "b@dev.y", "true", dependsOn = { "b@dev.x" } },
    }
    local result, events = space:run(p, { components = { "b" } })
    assert.equal(1, result.exit)
    assert.equal(2, result.counts.waiting)
    assert.equal("not completed: a@dev.x", of(events, "job.waiting")[1].reason)
  end)

  it("selects with the patterns of planning", function()
    local p = plan { { "api@dev.x", "echo 1 >> ran" }, { "app@stage.x", "echo 2 >> ran" }, { "web@prod.x", "echo 3 >> ran" } }
    assert.equal(2, space:run(p, { components = { "a*" } }).counts.completed)
    assert.equal(2, space:run(p, { environments = { "dev", "st*" } }).counts.completed)
  end)

  it("refuses a runner that this version does not have", function()
    local err = space:refused(plan { { "a@dev.x", "true" } }, { runner = "docker" })
    assert.equal("run.runner-unavailable", err.kind)
  end)

  it("counts steps that took something from a cache", function()
    local hit = "echo \"Restoring 'npm' from cache\"; echo \"Go tool version '1.25' has been cached at /opt/go\""
    local _, events = space:run(plan { { "a@dev.x", hit, "true" }, { "b@dev.x", hit } })
    assert.equal(2, of(events, "run.finished")[1].cacheHits)
  end)

  it("05 case 32: collects links from output", function()
    local run = "echo '- Preview URL: https://x.example/y'; echo 'Preview URL: https://x.example/y'"
    space:run(plan { { "a@dev.x", run } }, { exec_id = "x" })
    local links = space:metadata("x").links
    assert.equal(1, #links)
    assert.same({ label = "Preview URL", url = "https://x.example/y", jobId = "a@dev.x", stepId = "s" },
      { label = links[1].label, url = links[1].url, jobId = links[1].jobId, stepId = links[1].stepId })
  end)

  it("emits what a cockpit needs", function()
    local _, events = space:run(plan { { "a@dev.x", "echo hi" } }, { exec_id = "x" })
    local kinds = {}
    for _, event in ipairs(events) do kinds[#kinds + 1] = event.type end
    assert.same({ "run.started", "job.started", "step.started", "step.finished", "job.finished", "run.finished" }, kinds)
    assert.same({ "a" }, events[1].components)
    assert.equal("a@dev.x", events[1].jobs[1].id)
    assert.equal("hi\n", fs.read(events[4].log))
    assert.equal(1, events[6].counts.completed)
  end)
end)
