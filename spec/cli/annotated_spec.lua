-- The log of a run inside GitHub Actions (chapters 05 §16.7, 06 §12).
local fs = require "host.fs"
local json = require "host.json"
local process = require "host.process"
local spaces = dofile("spec/run/workspace.lua")
local system = require "host.system"

describe("orun run inside GitHub Actions", function()
  local space

  before_each(function() space = spaces.new() end)
  after_each(function() space:close() end)

  local function orun(jobs, ...)
    local plan = spaces.plan(jobs, { fail_fast = false })
    plan.metadata.checksum = nil
    space:write("plan.json", json.encode(plan, { indent = 2 }))
    local env = process.environ()
    for _, name in ipairs { "ORUN_EXEC_ID", "ORUN_PLAN_ID", "ORUN_JOB_ID", "CLICOLOR_FORCE" } do env[name] = nil end
    env.GITHUB_ACTIONS, env.ORUN_RETRY_DELAY = "true", "0"
    return assert(process.run {
      argv = { system.paths().exe, "run", "plan.json", "--runner", "local", "--exec-id", "x", ... }, env = env, cwd = space.root,
      output = "capture", merge = false,
    })
  end

  local function has(text, part)
    assert.truthy(text:find(part, 1, true), part .. "\n--- is not in\n" .. text)
  end

  it("05 case 33: annotates a failure after its group", function()
    local r = orun {
      { "api@dev.build", "echo 'built it'", path = "." },
      { "api@dev.test", { id = "lint", run = "echo '100% wrong'; exit 3" }, { id = "clean", phase = "post", run = "true" },
        dependsOn = { "api@dev.build" } },
    }
    assert.equal(1, r.code)
    local text = r.output:gsub("%d+%.%ds", "TIME")
    has(text, "\n▶ Build\n  component   api\n  env         dev\n  job         build\n  job-id      api@dev.build\n")
    has(text, "\n  runner      local\n  steps       1\n" .. ("─"):rep(60) .. "\nsteps\n\n::group::✓  01 s  TIME  ·  built it\n"
      .. "::stop-commands::orun-stop-api@dev.build\nbuilt it\n::orun-stop-api@dev.build::\n::endgroup::\n")
    has(text, "dependencies\n  ✓  api@dev.build  completed\n  ✓ 1/1 ready\n")
    has(text, "::group::✕  01 lint  TIME  ·  command exited with code 3\n::stop-commands::orun-stop-api@dev.test\n100% wrong\n"
      .. "::orun-stop-api@dev.test::\n\n  retry:  orun run --job api@dev.test --retry\n::endgroup::\n"
      .. "::error::api · dev · Test › lint: command exited with code 3\n── Post-steps ──\n::group::✓  02 clean  TIME\n::endgroup::\n")
    has(text, "✕ Test failed · TIME\n  component   api\n  env         dev\n  steps       1 passed, 1 failed, 0 skipped\n  slowest     ")
    has(text, "\n  failed step lint\n")
  end)

  it("warns of a failure that its job survives", function()
    local r = orun { { "api@dev.test", { id = "lint", run = "exit 3", onFailure = "continue" }, { id = "make", run = "true" } } }
    assert.equal(0, r.code)
    has(r.output, "\n  → continuing after failure\n::endgroup::\n::warning::api · dev · Test › lint: command exited with code 3\n")
    has(r.output, "steps       1 passed, 1 failed, 0 skipped\n")
    has(r.output, "\n  1 succeeded · 1 failed step ignored\n")
    assert.falsy(r.output:find("::error::", 1, true))
    assert.falsy(r.output:find("failed step lint", 1, true))
  end)

  it("does not take a step that was cancelled for one that failed", function()
    local stop, clean = { id = "stop", run = "kill -INT $PPID; exec sleep 60" }, { id = "clean", phase = "post", run = "true" }
    local r = orun { { "api@dev.a", stop, clean } }
    assert.equal(130, r.code, r.errors)
    has(r.output, "::group::↷  01 stop  ")
    has(r.output, "  ·  command canceled\n::endgroup::\n")
    has(r.output, "↷ A cancelled · ")
    has(r.output, "steps       1 passed, 0 failed, 1 cancelled, 0 skipped\n")
    has(r.output, "\n  resume  orun run plan.json --runner=local --exec-id x\n")
    assert.falsy(r.output:find("::error::", 1, true))
    assert.falsy(r.output:find("retry:", 1, true))
  end)

  it("05 case 33: escapes what would end a command, and lets no output end the pause of commands", function()
    local r = orun {
      { "api@dev.a", { id = "s", run = "echo '::orun-stop-api@dev.a::'; echo '##[add-matcher]x'; echo ' ::set-output name=a::b'; exit 1" },
        path = "a%b" },
      { "api@dev.b", { id = "s", run = "true", ["working-directory"] = "no%\nwhere" } },
    }
    assert.equal(1, r.code)
    has(r.output, "::error::api · dev · B › s: working directory " .. space.root .. "/no%25%0Awhere does not exist\n")
    fs.mkdir(space.root .. "/a%b")
    r = orun {
      { "api@dev.c", { id = "s", run = "echo '::orun-stop-api@dev.c::'; echo '##[add-matcher]x'; echo ' ::notice::b'; exit 1" } },
    }
    has(r.output, "::stop-commands::orun-stop-api@dev.c\n ::notice::b\n::orun-stop-api@dev.c::\n")
  end)

  it("shows all attempts, cached steps and cached jobs", function()
    local jobs = {
      { "api@dev.a", "true" },
      { "api@dev.b", { id = "one", run = "echo one" }, {
        id = "two", retry = 1, run = "echo x >> n; echo try $(wc -l < n); [ $(wc -l < n) = 3 ]",
      } },
    }
    local r = orun(jobs)
    has(r.output, "::stop-commands::orun-stop-api@dev.b\ntry 1\n↻ retry 1/1\ntry 2\n::orun-stop-api@dev.b::\n")
    r = orun(jobs)
    assert.equal(0, r.code)
    has(r.output, "⚡ api · dev · A  cached\n")
    has(r.output, "  ↷  01 one  cached\n::group::✓  02 two  ")
    has(r.output, "  steps       1 passed, 0 failed, 1 skipped\n")
    r = orun(jobs, "--dry-run")
    has(r.output, "  ↷  02 two  dry-run\n")
  end)

  it("does not mix jobs that run side by side", function()
    local jobs = {}
    for _, id in ipairs { "a@dev.x", "b@dev.x", "c@dev.x" } do
      local run = ("for i in 1 2 3 4 5; do echo %s; sleep 0.02; done"):format(id)
      jobs[#jobs + 1] = { id, { id = "s", run = run }, { id = "t", run = run } }
    end
    local r = orun(jobs, "--concurrency", "3", "--component-concurrency", "0")
    assert.equal(0, r.code)
    local blocks = 0
    for id, body in r.output:gmatch("::stop%-commands::orun%-stop%-([^\n]+)\n(.-)::orun%-stop") do
      assert.equal((id .. "\n"):rep(5), body)
      blocks = blocks + 1
    end
    assert.equal(6, blocks)
  end)
end)
