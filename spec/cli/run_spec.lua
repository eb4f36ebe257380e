local execution = require "orun.state.execution"
local fs = require "host.fs"
local json = require "host.json"
local loop = require "host.loop"
local process = require "host.process"
local spaces = dofile("spec/run/workspace.lua")
local system = require "host.system"
local yaml = require "host.yaml"

describe("orun run", function()
  local space

  before_each(function() space = spaces.new() end)
  after_each(function() space:close() end)

  local function options(arguments, env)
    local argv = { system.paths().exe, "run" }
    for _, a in ipairs(arguments) do argv[#argv + 1] = a end
    local merged = process.environ()
    for _, name in ipairs { "ORUN_EXEC_ID", "ORUN_PLAN_ID", "ORUN_RUNNER", "GITHUB_ACTIONS", "ORUN_JOB_ID", "CLICOLOR_FORCE" } do
      merged[name] = nil
    end
    merged.ORUN_RETRY_DELAY = "0"
    for k, v in next, env or {} do merged[k] = v end
    return { argv = argv, env = merged, cwd = space.root, output = "capture", merge = false }
  end

  local function orun(arguments, env)
    return assert(process.run(options(arguments, env)))
  end

  -- Writes a plan without checksum, as a person would.
  local function write_plan(jobs, file)
    local plan = spaces.plan(jobs)
    plan.metadata.checksum = nil
    local text = file and file:find("yaml$") and yaml.encode(plan) or json.encode(plan, { indent = 2 })
    space:write(file or "plan.json", text)
  end

  local function wait_for(file)
    for _ = 1, 500 do
      if fs.exists(space.root .. "/" .. file) then return end
      loop.sleep(0.01)
    end
    error("waited in vain for " .. file)
  end

  it("05 case 1: has nothing to do for a plan without jobs", function()
    write_plan {}
    local result = orun { "plan.json" }
    assert.equal(0, result.code, result.errors)
    assert.equal("✓ no jobs to run\n", result.output)
    assert.same(0, #execution.list(space.store))
  end)

  it("05 case 2: refuses contradicting runners before anything else", function()
    assert.equal(2, orun({ "--gha", "--runner", "docker" }).code)
    write_plan { { "c@dev.a", "true" } }
    local accepted = orun { "plan.json", "--gha", "--runner", "GitHub-Actions" }
    assert.equal(1, accepted.code)
    assert.truthy(accepted.errors:find("github-actions runner", 1, true))
  end)

  it("05 case 3: --retry needs --job", function()
    local result = orun { "--retry" }
    assert.equal(2, result.code)
    assert.truthy(result.errors:find("--retry requires --job", 1, true))
  end)

  it("05 case 4: names the runners it knows", function()
    local result = orun { "--runner", "zed" }
    assert.equal(2, result.code)
    assert.truthy(result.errors:find("docker, github-actions, local", 1, true))
    write_plan { { "c@dev.a", "true" } }
    local from_environment = orun({ "plan.json" }, { ORUN_RUNNER = "zed" })
    assert.equal(1, from_environment.code)
    assert.truthy(from_environment.errors:find("docker, github-actions, local", 1, true))
  end)

  it("of a step does not take over the plan, the execution and the runner of the run around it", function()
    write_plan({ { "c@dev.inner", { use = "actions/checkout@v4" } } }, "inner.json")
    write_plan { { "c@dev.outer", ("'%s' run inner.json 2> said"):format(system.paths().exe) } }
    assert.equal(1, orun({ "plan.json", "--exec-id", "x", "--isolation", "none" }, { ORUN_RUNNER = "local" }).code)
    -- The plan chose the runner, as it does outside of a step.
    assert.truthy(space:read("said"):find("the github-actions runner is not part of this version", 1, true))
    assert.is_nil(space:state("x").jobs["c@dev.inner"])
  end)

  it("05 case 5: chooses the runner by flag, then environment, then plan", function()
    write_plan { { "c@dev.a", { use = "actions/checkout@v4" } } }
    local env = { ORUN_RUNNER = "docker", GITHUB_ACTIONS = "true" }
    local docker = orun({ "plan.json" }, env) -- refused by the runner, or by the lack of an engine
    assert.equal(1, docker.code)
    assert.truthy((docker.output .. docker.errors):find("docker", 1, true))
    assert.truthy(orun({ "plan.json" }, { GITHUB_ACTIONS = "true" }).errors:find("github-actions runner", 1, true))
    local without = orun({ "plan.json" }).errors
    assert.truthy(without:find("github-actions runner", 1, true))
    assert.truthy(without:find("hint: --runner local", 1, true))
    local forced = orun({ "plan.json", "--runner", "local" }, env)
    assert.equal(1, forced.code)
    assert.truthy((forced.output .. forced.errors):find("--gha", 1, true))
  end)

  it("runs commands inside GitHub Actions too, where that runner is not there", function()
    write_plan { { "c@dev.a", "echo $ORUN_RUNNER" } }
    local result = orun({ "plan.json", "--exec-id", "x" }, { GITHUB_ACTIONS = "true" })
    assert.equal(0, result.code, result.errors)
    assert.equal("local", json.decode(fs.read(space:execution "x" .. "/journal.jsonl"):match "[^\n]+").runner)
    local asked = orun({ "plan.json", "--gha" }, { GITHUB_ACTIONS = "true" })
    assert.equal(1, asked.code)
    assert.truthy(asked.errors:find("the github-actions runner is not part of this version", 1, true))
  end)

  it("05 case 6: takes plans by checksum prefix, name and path, JSON or YAML", function()
    write_plan({ { "c@dev.a", "echo a >> ran" } }, ".orun/plans/a1b2c3d4e5f6.json")
    write_plan({ { "c@dev.b", "echo b >> ran" } }, "p.yaml")
    assert.equal(0, orun({ "./p.yaml" }).code)
    write_plan({ { "c@dev.c", "echo c >> ran" } }, ".orun/plans/named.json")
    assert.equal(0, orun({ "named" }).code)
    local prefix = orun { "a1b2c3d4e5f6" }
    assert.equal(0, prefix.code, prefix.errors)
    local short = orun { "a1b2" }
    assert.equal(0, short.code, short.errors)
    assert.same({ "b", "c", "a", "a" }, space:lines("ran"))
    assert.equal(1, orun({ "a1b" }).code)
  end)

  it("says what it looked for when there is no such plan or component", function()
    space:write("intent.yaml", "kind: Intent\nmetadata: {name: shop}\nenvironments: {dev: {}}\n"
      .. "components: [{name: cart, type: shell, subscribe: {environments: [dev]}}]\n")
    for ref, message in next, {
      crat = "error: there is no plan and no component called crat\nhint: did you mean cart?",
      a1b = "error: there is no plan and no component called a1b\nhint: of a checksum at least four digits are needed",
      ["./plan.json"] = 'error: plan not found: "./plan.json"', ["plan.yml"] = 'error: plan not found: "plan.yml"',
    } do
      local result = orun { ref }
      assert.equal(1, result.code)
      assert.truthy(result.errors:find(message, 1, true), result.errors)
    end
  end)

  it("takes --job-id for --job, with a warning", function()
    write_plan { { "c@dev.a", "echo a >> ran" }, { "c@dev.b", "echo b >> ran" } }
    local result = orun { "plan.json", "--job-id", "c@dev.b" }
    assert.same({ 0, "warning: --job-id is the former name of --job\n" }, { result.code, result.errors })
    assert.same({ "b" }, space:lines("ran"))
    assert.falsy(orun({ "--help" }).output:find("--job-id", 1, true))
  end)

  it("05 case 26: leaves the user's .gitignore alone", function()
    space:write(".gitignore", "mine")
    write_plan { { "c@dev.a", "true" } }
    assert.equal(0, orun({ "plan.json" }).code)
    assert.equal("mine", space:read(".gitignore"))
    assert.truthy(space:read(".orun/.gitignore"):find("executions/", 1, true))
  end)

  it("05 case 29: previews without touching anything", function()
    write_plan { { "c@dev.b", "echo ran >> ran", dependsOn = { "c@dev.a" } }, { "c@dev.a", "true" } }
    local result = orun { "plan.json", "--dry-run" }
    assert.equal(0, result.code, result.errors)
    assert.truthy(result.output:find("2 selected", 1, true), result.output)
    assert.is_nil(space:read("ran"))
    assert.is_false(fs.exists(space.store .. "/executions"))
  end)

  it("prints one JSON object with --json and nothing else on stdout", function()
    write_plan { { "c@dev.a", "echo noise; exit 3" } }
    local result = orun { "plan.json", "--json", "--exec-id", "x" }
    assert.equal(1, result.code)
    local v = assert(json.decode(result.output, { order = true }))
    assert.same({ "execID", "meta", "state" }, require("host.value").keys(v))
    assert.equal("x", v.execID)
    assert.equal("failed", v.meta.status)
    assert.equal("step s: exit status 3", v.state.jobs["c@dev.a"].lastError)
    local dry = assert(json.decode(orun({ "plan.json", "--json", "--dry-run" }).output))
    assert.is_true(dry.meta.dryRun)
  end)

  it("refuses an edited plan, unless told otherwise", function()
    local checksum = require "orun.plan.checksum"
    local plan = spaces.plan { { "c@dev.a", "echo ran >> ran" } }
    plan.metadata.checksum = checksum.compute(plan)
    space:write("plan.json", (json.encode(plan):gsub("echo ran", "echo changed")))
    assert.equal(1, orun({ "plan.json" }).code)
    assert.same({}, space:lines("ran"))
    assert.equal(0, orun({ "plan.json", "--allow-modified-plan" }).code)
    assert.same({ "changed" }, space:lines("ran"))
  end)

  it("refuses execution ids that are no names, as a wrong command line", function()
    for _, id in ipairs { "latest", "a/b", ".." } do assert.equal(2, orun({ "--exec-id", id }).code) end
  end)

  it("retries in the latest execution when none is named", function()
    write_plan { { "c@dev.a", "echo a >> ran" }, { "c@dev.b", "echo b >> ran; [ -e go ]", dependsOn = { "c@dev.a" } } }
    assert.equal(1, orun({ "plan.json" }).code)
    space:write("go", "")
    local result = orun { "plan.json", "--job", "c@dev.b", "--retry" }
    assert.equal(0, result.code, result.errors)
    assert.same({ "a", "b", "b" }, space:lines("ran"))
    assert.equal(1, #execution.list(space.store))
  end)

  it("started by a step is a run of its own", function()
    write_plan({ { "n@dev.a", "echo $ORUN_EXEC_ID >> inner" } }, "inner.json")
    write_plan { { "c@dev.a", ("%s run inner.json"):format(system.paths().exe) } }
    local result = orun { "plan.json", "--exec-id", "outer" }
    assert.equal(0, result.code, result.errors)
    assert.are_not.equal("outer", space:lines("inner")[1])
  end)

  for _, case in ipairs { { "HUP", 129 }, { "INT", 130 }, { "TERM", 143 } } do
    local name, code = table.unpack(case)
    it(("stops in an orderly way on SIG%s and can be continued"):format(name), function()
      write_plan {
        { "a@dev.x", "echo a >> ran" },
        { "b@dev.x", "touch started; sleep 20; echo late >> ran", { id = "clean", phase = "post", run = "echo clean >> ran" },
          dependsOn = { "a@dev.x" } },
        { "c@dev.x", "echo c >> ran", dependsOn = { "b@dev.x" } },
      }
      local child = assert(process.start(options { "plan.json", "--exec-id", "x" }))
      wait_for "started"
      process.kill(child:pid(), name)
      local result = child:wait()
      assert.equal(code, result.code, result.errors)
      assert.same({ "a", "clean" }, space:lines("ran"))
      local job = space:state("x").jobs["b@dev.x"]
      assert.equal("failed", job.status)
      assert.equal("cancelled", job.lastError)
      assert.is_nil(space:state("x").jobs["c@dev.x"])
      assert.equal("failed", space:metadata("x").status)

      write_plan {
        { "a@dev.x", "echo a >> ran" }, { "b@dev.x", "echo b >> ran", dependsOn = { "a@dev.x" } },
        { "c@dev.x", "echo c >> ran", dependsOn = { "b@dev.x" } },
      }
      assert.equal(0, orun({ "plan.json", "--exec-id", "x" }).code)
      assert.same({ "a", "clean", "b", "c" }, space:lines("ran"))
    end)
  end

  it("a hangup ends what steps left in the background, and post steps run", function()
    write_plan {
      { "b@dev.x", "(sleep 31 & echo $! > pid; touch started; wait)", { id = "clean", phase = "post", run = "echo clean >> ran" } },
    }
    local child = assert(process.start(options { "plan.json", "--exec-id", "x" }))
    wait_for "started"
    process.kill(child:pid(), "HUP")
    assert.equal(129, child:wait().code)
    assert.same({ "clean" }, space:lines("ran"))
    assert.is_false(process.alive(assert(tonumber(space:read("pid")))))
  end)

  it("a signal ends background processes that ignore it and closed their output", function()
    write_plan {
      { "b@dev.x", "(trap '' TERM; exec >/dev/null 2>&1; sh -c 'echo $$ > pid; touch started; sleep 31'; sleep 31) & wait" },
    }
    local child = assert(process.start(options { "plan.json", "--exec-id", "x" }))
    wait_for "started"
    process.kill(child:pid(), "TERM")
    assert.equal(143, child:wait().code)
    assert.is_false(process.alive(assert(tonumber(space:read("pid")))))
  end)

  it("ends in an orderly way when its terminal goes away", function()
    if not process.which "script" then return pending("no script(1) to make a terminal with") end
    write_plan {
      { "b@dev.x", "touch started; sleep 31", { id = "clean", phase = "post", run = "echo clean >> ran; touch cleaned" } },
    }
    local given = options { "plan.json", "--exec-id", "x" }
    given.argv = { "script", "-qec", table.concat(given.argv, " "), "/dev/null" }
    local terminal = assert(process.start(given))
    wait_for "started"
    process.kill(terminal:pid(), "KILL")
    terminal:wait()
    wait_for "cleaned"
    for _ = 1, 500 do
      if space:metadata("x").status == "failed" then break end
      loop.sleep(0.01)
    end
    assert.equal("failed", space:metadata("x").status)
    assert.same({ "clean" }, space:lines("ran"))
  end)

  it("a hangup that was ignored at the start is ignored", function()
    write_plan { { "b@dev.x", "touch started; while [ ! -e go ]; do sleep 0.02; done; echo done >> ran" } }
    local given = options { "plan.json", "--exec-id", "x" }
    given.argv = { "sh", "-c", "trap '' HUP; exec \"$@\"", "sh", table.unpack(given.argv) }
    local child = assert(process.start(given))
    wait_for "started"
    process.kill(child:pid(), "HUP")
    loop.sleep(0.05)
    space:write("go", "")
    local result = child:wait()
    assert.equal(0, result.code, result.errors)
    assert.same({ "done" }, space:lines("ran"))
  end)

  it("a second signal kills what does not stop", function()
    write_plan { { "b@dev.x", "trap '' INT TERM; touch started; while :; do sleep 0.05; done" } }
    local child = assert(process.start(options { "plan.json", "--exec-id", "x" }))
    wait_for "started"
    process.kill(child:pid(), "TERM")
    loop.sleep(0.1)
    process.kill(child:pid(), "TERM")
    local result = child:wait()
    assert.equal(143, result.code)
    assert.is_true(result.ms < 4000)
    assert.equal("failed", space:metadata("x").status)
  end)

  describe("in a platform", function()
    local platform

    before_each(function()
      platform = space.root .. "/platform"
      assert(fs.clone_tree("examples/platform", platform, { skip = { ".orun" } }))
    end)

    local function within(directory, arguments)
      local given = options(arguments)
      given.cwd = platform .. "/" .. directory
      return assert(process.run(given))
    end

    it("compiles, stores and previews a fresh plan", function()
      local all = within(".", { "--dry-run", "--json" })
      assert.equal(0, all.code, all.errors)
      assert.is_true(json.decode(all.output).meta.jobTotal > 0)
      assert.truthy(fs.exists(platform .. "/.orun/plans/latest.json"))
      assert.equal(1, within(".", { "no-such-component" }).code)
    end)

    it("narrows a fresh plan to the component of the working directory, and warns about a plan of another scope", function()
      local site = within("docs/site", { "--dry-run" })
      assert.equal(0, site.code, site.errors)
      assert.truthy(site.errors:find("context: auto-scoped to component site", 1, true), site.errors)
      local other = within("core/libtally", { "latest", "--component", "site", "--dry-run" })
      assert.equal(0, other.code, other.errors)
      assert.is_nil(other.errors:find("warning: plan was generated", 1, true))
      local mismatch = within("core/libtally", { "latest", "--dry-run" })
      assert.truthy(mismatch.errors:find("warning: plan was generated for [", 1, true), mismatch.errors)
      assert.truthy(mismatch.errors:find("but current scope is [libtally]", 1, true), mismatch.errors)
      local all = within("docs/site", { "--all", "--dry-run", "--json" })
      assert.is_true(json.decode(all.output).meta.jobTotal > 10)
    end)

    it("prefers a component to a plan whose checksum begins with its name", function()
      write_plan({ { "c@dev.a", "echo ran >> ran" } }, "platform/.orun/plans/feed12345678.json")
      local by_prefix = within(".", { "feed", "--dry-run" })
      assert.truthy(by_prefix.output:find("1 selected", 1, true), by_prefix.errors)
      fs.mkdir(platform .. "/docs/feed")
      local manifest = fs.read(platform .. "/docs/manual/component.yaml")
      assert(fs.write(platform .. "/docs/feed/component.yaml", (manifest:gsub("name: manual", "name: feed"))))
      local by_name = within(".", { "feed", "--dry-run" })
      assert.equal(0, by_name.code, by_name.errors)
      assert.truthy(by_name.output:find("feed", 1, true) and by_name.output:find("3 selected", 1, true), by_name.output)
    end)
  end)
end)
