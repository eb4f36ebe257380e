-- Gates (decisions 10 and 11): what keeps a job from starting, and what lets it.
local fs = require "host.fs"
local json = require "host.json"
local loop = require "host.loop"
local process = require "host.process"
local spaces = dofile("spec/run/workspace.lua")
local system = require "host.system"

describe("gates", function()
  local space

  before_each(function() space = spaces.new() end)
  after_each(function() space:close() end)

  local function orun(command, arguments, more)
    local argv = { system.paths().exe, command }
    table.move(arguments, 1, #arguments, #argv + 1, argv)
    local env = process.environ()
    for _, name in ipairs { "ORUN_EXEC_ID", "ORUN_PLAN_ID", "ORUN_RUNNER", "GITHUB_ACTIONS", "ORUN_JOB_ID", "CI" } do env[name] = nil end
    local given = { argv = argv, env = env, cwd = space.root, output = "capture", merge = false }
    for k, v in next, more or {} do given[k] = v end
    return assert(process.run(given))
  end

  local function approval(component, environment)
    return {
      type = "approval", environment = environment, component = component, condition = "approved", match = {},
      source = "environment " .. environment,
    }
  end

  local function promotion(component, environment)
    return {
      type = "environment-promotion", environment = environment, component = component, condition = "success",
      match = { revision = "source" },
    }
  end

  local function write_plan(jobs)
    local plan = spaces.plan(jobs, { fail_fast = false })
    plan.metadata.checksum = nil
    space:write("plan.json", json.encode(plan, { indent = 2 }))
  end

  local function git(...)
    local r = assert(process.run { argv = { "git", "-c", "user.name=t", "-c", "user.email=t@t", ... }, cwd = space.root, merge = false })
    assert(r.code == 0, r.errors)
    return r.output
  end

  local function records(id)
    local found = {}
    for line in fs.read(space:execution(id) .. "/journal.jsonl"):gmatch("[^\n]+") do
      local record = json.decode(line)
      if record.t == "gate" then found[#found + 1] = ("%s %s %s %s"):format(record.job, record.gate, record.state, record.by or "-") end
    end
    return found
  end

  local gated = {
    { "api@prod.deploy", "echo deploy >> ran", gates = { approval("api", "prod") } },
    { "api@prod.check", "echo check >> ran", dependsOn = { "api@prod.deploy" } },
    { "web@dev.build", "echo web >> ran" },
  }

  it("of the approval kind block their job and what needs it, and say what is missing", function()
    write_plan(gated)
    local r = orun("run", { "plan.json", "--exec-id", "x" })
    assert.equal(1, r.code)
    assert.same({ "web" }, space:lines("ran"))
    assert.truthy(r.output:find("it needs the approval approval:api@prod (required by environment prod)", 1, true), r.output)
    assert.truthy(r.output:find("orun approve approval:api@prod --exec-id x", 1, true))
    assert.same({ "api@prod.deploy approval:api@prod unmet -" }, records "x")
    assert.is_nil(space:state("x").jobs["api@prod.deploy"])
    assert.equal("failed", space:metadata("x").status)
  end)

  it("are approved by id, environment or `all` on the command line", function()
    write_plan(gated)
    for _, text in ipairs { "approval:api@prod", "prod", "all" } do
      local r = orun("run", { "plan.json", "--exec-id", "x" .. #text, "--approve", text })
      assert.equal(0, r.code, r.output)
      assert.same({ "api@prod.deploy approval:api@prod approved " .. system.user() }, records("x" .. #text))
    end
    assert.equal(1, orun("run", { "plan.json", "--approve", "prod", "--approve", "stage" }).code)
  end)

  it("are approved by `orun approve` for one execution", function()
    write_plan(gated)
    assert.equal(1, orun("run", { "plan.json", "--exec-id", "x" }).code)
    local r = orun("approve", { "prod" })
    assert.equal(0, r.code, r.errors)
    assert.truthy(r.output:find("approved approval:api@prod", 1, true))
    -- The plan file was not stored, so the record's own copy is named.
    local command = r.output:match "\n  (orun run %S+/executions/x/manifest.json %-%-exec%-id x)\n"
    assert.truthy(command, r.output)
    assert.equal(0, orun("approve", { "all", "--exec-id", "x" }).code)
    assert.equal(0, orun("run", { "plan.json", "--exec-id", "x" }).code)
    assert.same({ "check", "deploy", "web" }, space:sorted_lines("ran"))
    assert.equal(1, orun("run", { "plan.json", "--exec-id", "y" }).code)
    local wrong = orun("approve", { "approval:api@pord", "--exec-id", "x" })
    assert.equal(1, wrong.code)
    assert.truthy(wrong.errors:find("approval:api@prod", 1, true))
  end)

  it("ask a person at the terminal, while other jobs go on", function()
    write_plan(gated)
    local script = ("'%s' run plan.json --exec-id x"):format(system.paths().exe)
    local wait = "until grep -qs web ran; do sleep 0.05; done; sleep 0.2"
    for _, answer in ipairs { "n", "y" } do
      local child = assert(process.start {
        argv = { "sh", "-c", ("{ %s; echo %s; sleep 1; } | script -qec \"%s\" /dev/null"):format(wait, answer, script) },
        cwd = space.root, output = "capture", timeout = 60,
      })
      local r = child:wait()
      assert.equal(answer == "y" and 0 or 1, r.code, r.output)
      assert.truthy(r.output:find("approve approval:api@prod (required by environment prod)? [y/N]", 1, true), r.output)
    end
    assert.same({ "check", "deploy", "web" }, space:sorted_lines("ran"))
  end)

  it("take an approval that is recorded while they ask", function()
    write_plan(gated)
    local child = assert(process.start {
      argv = { "script", "-qec", ("'%s' run plan.json --exec-id x"):format(system.paths().exe), "/dev/null" },
      cwd = space.root, stdin = "open", output = "capture", timeout = 60,
    })
    local journal = space:execution "x" .. "/journal.jsonl"
    local function await(text)
      local stop = loop.now() + 30
      while not (fs.read(journal) or ""):find(text, 1, true) do
        assert(loop.now() < stop, "no " .. text)
        loop.sleep(0.02)
      end
    end
    await '"t":"job.queued"'
    await '"job":"web@dev.build","status":"completed"'
    local shown = orun("status", { "--exec-id", "x" }).output
    assert.truthy(shown:find("it waits for the approval approval:api@prod", 1, true), shown)
    local r = orun("approve", { "prod", "--exec-id", "x" })
    assert.truthy(r.output:find("run x goes on by itself", 1, true), r.output)
    r = child:wait()
    assert.equal(0, r.code, r.output)
    assert.truthy(r.output:find("approved by " .. system.user(), 1, true), r.output)
    -- What another job printed stands above the question, which is put again.
    local _, questions = r.output:gsub("approve approval:api@prod", "")
    assert.equal(2, questions, r.output)
    assert.same({ "check", "deploy", "web" }, space:sorted_lines("ran"))
    assert.falsy(orun("approve", { "prod", "--exec-id", "x" }).output:find "orun run") -- it is over

  end)

  it("interrupt the run when Ctrl-C is pressed at the question", function()
    write_plan(gated)
    local journal = space:execution "x" .. "/journal.jsonl"
    local child = assert(process.start {
      argv = {
        "sh", "-c", ("{ until grep -qs queued '%s' && [ -s ran ]; do sleep 0.05; done; sleep 0.2; printf '\\003'; sleep 2; } | "
          .. "script -qec \"'%s' run plan.json --exec-id x\" /dev/null"):format(journal, system.paths().exe),
      },
      cwd = space.root, output = "capture", timeout = 60,
    })
    local r = child:wait()
    assert.equal(130, r.code, r.output)
    assert.is_nil(space:state("x").jobs["api@prod.deploy"])
    assert.falsy(r.output:find("was not approved", 1, true), r.output)
  end)

  it("ask nobody at the terminal of a CI job", function()
    write_plan(gated)
    local child = assert(process.start {
      argv = { "env", "CI=true", "script", "-qec", ("'%s' run plan.json --exec-id x"):format(system.paths().exe), "/dev/null" },
      cwd = space.root, output = "capture", timeout = 60,
    })
    local r = child:wait()
    assert.equal(1, r.code, r.output)
    assert.falsy(r.output:find("[y/N]", 1, true), r.output)
    assert.truthy(r.output:find("it needs the approval approval:api@prod", 1, true), r.output)
  end)

  it("of promotions are met by a success of the component from the same revision", function()
    git("init", "-q")
    git("commit", "-q", "--allow-empty", "-m", "one")
    local prod = { { "api@prod.deploy", "echo prod >> ran", gates = { promotion("api", "dev") } } }
    write_plan(prod)
    local r = orun("run", { "plan.json", "--approve", "environment-promotion:api@dev", "--dry-run" })
    assert.truthy(r.output:find("environment-promotion:api@dev", 1, true))
    assert.equal(1, orun("run", { "plan.json" }).code)

    write_plan { { "api@dev.build", "true" }, { "api@dev.test", "[ -e good ]" }, { "web@dev.test", "false" } }
    orun("run", { "plan.json", "--exec-id", "dev" })
    write_plan(prod)
    r = orun("run", { "plan.json", "--exec-id", "p1" })
    assert.equal(1, r.code)
    local revision = git("rev-parse", "HEAD"):sub(1, 12)
    assert.truthy(r.output:find("it needs a successful run of api in dev from revision " .. revision, 1, true), r.output)

    space:write("good", "")
    write_plan { { "api@dev.build", "true" }, { "api@dev.test", "[ -e good ]" }, { "web@dev.test", "false" } }
    orun("run", { "plan.json", "--exec-id", "dev2" })
    write_plan(prod)
    assert.equal(0, orun("run", { "plan.json", "--exec-id", "p2" }).code)
    assert.same({ "api@prod.deploy environment-promotion:api@dev met dev2" }, records "p2")

    git("commit", "-q", "--allow-empty", "-m", "two")
    assert.equal(1, orun("run", { "plan.json", "--exec-id", "p3" }).code)
    git("pack-refs", "--all")
    assert.equal(1, orun("run", { "plan.json", "--exec-id", "p4", "--approve", "all" }).code)
    assert.equal(0, orun("run", { "plan.json", "--exec-id", "p5", "--approve", "environment-promotion:api@dev" }).code)
    assert.same({ "prod", "prod" }, space:lines("ran"))
  end)

  it("of promotions cannot be met without a revision, nor those of a kind that is not known", function()
    local other = promotion("api", "dev")
    other.type = "moon-phase"
    write_plan { { "api@prod.a", "true", gates = { promotion("api", "dev") } }, { "api@prod.b", "true", gates = { other } } }
    local r = orun("run", { "plan.json", "--exec-id", "x" })
    assert.equal(1, r.code)
    assert.truthy(r.output:find("no git revision", 1, true))
    assert.truthy(r.output:find("gates of type moon-phase", 1, true))
  end)

  it("appear in a dry run", function()
    write_plan(gated)
    local r = orun("run", { "plan.json", "--dry-run" })
    assert.equal(0, r.code)
    assert.truthy(r.output:find("approval:api@prod", 1, true))
  end)
end)
