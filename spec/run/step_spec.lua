local fs = require "host.fs"
local loop = require "host.loop"
local process = require "host.process"
local spaces = dofile("spec/run/workspace.lua")
local system = require "host.system"
local plan, of = spaces.plan, spaces.of

describe("a step", function()
  local space

  before_each(function()
    space = spaces.new()
    system.setenv("ORUN_RETRY_DELAY", "0")
  end)
  after_each(function()
    system.setenv("ORUN_RETRY_DELAY", nil)
    space:close()
  end)

  local function one(step, job)
    local given = { "c@dev.j", step }
    for k, v in next, job or {} do given[k] = v end
    return plan { given }
  end

  local function log(id, path)
    return fs.read(space:execution(id) .. "/logs/" .. (path or "c@dev.j/s.log"))
  end

  it("05 case 16: succeeds on the third try and keeps that output", function()
    local try = "echo try >> tries; n=$(wc -l < tries); echo out $n; [ $n -eq 3 ]"
    local result, events = space:run(one(try, { retries = 2 }), { exec_id = "x" })
    assert.equal(0, result.exit)
    assert.equal(3, #space:lines("tries"))
    assert.equal("out 3\n", log("x"))
    assert.equal(2, #of(events, "step.retry"))
  end)

  it("05 case 17: its own retry wins over the job's", function()
    local result = space:run(one({ run = "echo try >> tries; exit 1", retry = 1 }, { retries = 5 }))
    assert.equal(1, result.exit)
    assert.equal(2, #space:lines("tries"))
  end)

  it("keeps no log of an earlier attempt when the last one prints nothing", function()
    space:run(one("[ -e f ] || { touch f; echo first; exit 1; }", { retries = 1 }), { exec_id = "x" })
    assert.is_nil(log("x"))
  end)

  it("05 case 18: ends within its time limit, with everything it started", function()
    local result = space:run(one { run = "echo a; sleep 30; echo b", timeout = "300ms" }, { exec_id = "x" })
    assert.equal(1, result.exit)
    assert.equal("step s: command timed out", result.state.jobs["c@dev.j"].lastError)
    assert.equal("a\n", log("x"))
  end)

  it("05 case 19: a time limit without unit fails without an attempt", function()
    local result = space:run(one({ run = "echo ran >> ran", timeout = "30" }, { retries = 3 }), { exec_id = "x" })
    local message = result.state.jobs["c@dev.j"].lastError
    assert.truthy(message:find('invalid timeout "30" for job c@dev.j step s', 1, true))
    assert.truthy(message:find("missing unit", 1, true))
    assert.same({}, space:lines("ran"))
  end)

  it("does not start when its time limit is not positive", function()
    local result = space:run(one { run = "echo ran >> ran", timeout = "-1s" })
    assert.equal("step s: command timed out", result.state.jobs["c@dev.j"].lastError)
    assert.same({}, space:lines("ran"))
  end)

  it("05 case 20: names log files after job and step; no output, no file", function()
    local p = plan { { "x@d/y.j", { id = "a/b:c", run = "echo out" }, { id = "quiet", run = "true" }, { id = "a_b_c", run = "echo two" } } }
    space:run(p, { exec_id = "x" })
    assert.equal("out\n", log("x", "x@d_y.j/a_b_c.log"))
    assert.equal("two\n", log("x", "x@d_y.j/a_b_c~2.log"))
    assert.same({ "a_b_c.log", "a_b_c~2.log" }, fs.list(space:execution("x") .. "/logs/x@d_y.j"))
  end)

  it("05 case 21: layers of the environment", function()
    system.setenv("SPEC_K", "os")
    local p = plan { {
      "c@dev.j",
      { run = 'echo "$SPEC_K $ORUN_JOB_ID $ORUN_CONTEXT"', env = { SPEC_K = "step" } },
      { run = 'echo "$SPEC_K $NUMBER $FLAG $NOTHING."', id = "two" },
      env = { SPEC_K = "job", ORUN_JOB_ID = "mine", NUMBER = 1234567, FLAG = true, NOTHING = require("host.value").null },
    } }
    space:run(p, { exec_id = "x" })
    space:run(one 'echo "$SPEC_K $ORUN_EXEC_ID $ORUN_PLAN_ID $ORUN_JOB_RUN_ID $ORUN_COMPONENT $ORUN_ENVIRONMENT"', { exec_id = "y" })
    system.setenv("SPEC_K", nil)
    assert.equal("step c@dev.j local\n", log("x"))
    assert.equal("job 1234567 true .\n", log("x", "c@dev.j/two.log"))
    assert.equal("os y 0a1b2c3d0a1b 0a1b2c3d0a1b:y:c@dev.j c dev\n", log("y"))
  end)

  it("05 case 22: joins its working directory once", function()
    fs.mkdir(space.root .. "/svc/sub")
    space:run(one({ run = "pwd", ["working-directory"] = "sub" }, { path = "svc" }), { exec_id = "x" })
    assert.equal(space.root .. "/svc/sub\n", log("x"))
  end)

  it("05 case 27: --workdir replaces every job's directory", function()
    fs.mkdir(space.root .. "/other")
    space:run(one("pwd", { path = "svc" }), { exec_id = "x", workdir = space.root .. "/other" })
    assert.equal(space.root .. "/other\n", log("x"))
  end)

  it("names a working directory that does not exist", function()
    local result = space:run(one("true", { path = "nowhere" }))
    assert.equal(("step s: working directory %s/nowhere does not exist"):format(space.root), result.state.jobs["c@dev.j"].lastError)
  end)

  it("that fails with an expression in its text is said to have it", function()
    local _, events = space:run(plan { {
      "c@dev.a", { run = "echo ${{ github.sha }}", onFailure = "continue" }, { run = "exit 1", onFailure = "continue" },
    } })
    local finished = of(events, "step.finished")
    assert.equal("${{ github.sha }} was not replaced: only --gha knows expressions of that kind", finished[1].hint)
    assert.same({ "failed", nil }, { finished[2].status, finished[2].hint })
  end)

  it("names what no process can be given", function()
    for message, step in next, {
      ["its command contains a NUL byte"] = { run = "echo a\0b" },
      ['no environment variable can be called "A=B"'] = { run = "true", env = { ["A=B"] = "1" } },
      ['no environment variable can be called ""'] = { run = "true", env = { [""] = "1" } },
      ["the value of A contains a NUL byte"] = { run = "true", env = { A = "1\0" } },
    } do
      assert.equal("step s: " .. message, space:run(one(step)).state.jobs["c@dev.j"].lastError)
    end
  end)

  it("05 case 34: passes variables to later steps", function()
    local p = plan { {
      "c@dev.j",
      "printf 'TOKENS=a+b/c==\\nORUN_X=1\\nGITHUB_X=1\\nTEXT<<END\\none\\ntwo\\nEND\\n' >> \"$ORUN_ENV\"",
      { id = "two", run = 'echo "$TOKENS|$ORUN_X|$GITHUB_X|$TEXT"' },
    } }
    space:run(p, { exec_id = "x" })
    assert.equal("a+b/c==|||one\ntwo\n", log("x", "c@dev.j/two.log"))
    assert.is_false(fs.exists(space:execution("x") .. "/files"))
    local result = space:run(one "printf 'A<<END\\n1\\n' >> \"$ORUN_ENV\"")
    assert.truthy(result.state.jobs["c@dev.j"].lastError:find("ORUN_ENV", 1, true))
  end)

  it("gives a resumed job the variables of its completed steps", function()
    local p = plan { {
      "c@dev.j", 'echo set >> ran; echo V=kept >> "$ORUN_ENV"', { id = "two", run = '[ -e go ] && echo "$V" >> ran' },
    } }
    space:run(p, { exec_id = "x" })
    local files = fs.list(space:execution "x" .. "/files")
    assert.equal(1, #files)
    assert.equal(384, fs.stat(space:execution "x" .. "/files/" .. files[1]).mode)
    space:write("go", "")
    assert.equal(0, space:run(p, { exec_id = "x" }).exit)
    assert.same({ "set", "kept" }, space:lines("ran"))
  end)

  describe("workflow commands and files", function()
    local function log_of(id, step)
      return fs.read(("%s/logs/c@dev.j/%s.log"):format(space:execution(id), step))
    end

    it("pass outputs, variables and PATH entries to later steps (06 cases 10 and 12)", function()
      space:write("bin/tool", "#!/bin/sh\necho tool\n")
      fs.chmod(space.root .. "/bin/tool", 493)
      local result = space:run(plan { { "c@dev.j",
        { id = "a", run = "echo ::set-output name=url::http%3A//one; echo ::set-env name=V::1; echo ::add-path::/p1; echo plain" },
        { id = "b", run = 'echo "x=2" >> "$GITHUB_OUTPUT"; echo "$PWD/bin" >> "$GITHUB_PATH"; echo "W=3" >> "$GITHUB_ENV"' },
        { id = "c",
          run = '[ "$GITHUB_ENV" = "$ORUN_ENV" ] && echo "${{ steps.a.outputs.url }} $V ${{steps.b.outputs.x}} $W $Z $PATH $(tool)"',
          env = { Z = "z${{ steps.b.outcome }}${{ steps.none.outputs.x }}" } },
      } }, { exec_id = "x" })
      assert.equal(0, result.exit)
      assert.equal("plain\n", log_of("x", "a"))
      assert.truthy(log_of("x", "c"):find("^http://one 1 2 3 zsuccess [^:]+/bin:/p1:.* tool\n$"), log_of("x", "c"))
      assert.is_false(fs.exists(space:execution "x" .. "/files"))
    end)

    it("of a command win over the file for variables, the file over them for outputs", function()
      space:run(plan { { "c@dev.j",
        { id = "a",
          run = 'echo V=file >> "$ORUN_ENV"; echo o=file >> "$GITHUB_OUTPUT"; '
            .. 'echo ::set-env name=V::command; echo ::set-output name=o::c' },
        { id = "b", run = 'echo "$V ${{ steps.a.outputs.o }}"' },
      } }, { exec_id = "x" })
      assert.equal("command file\n", log_of("x", "b"))
    end)

    it("are kept for a job that is resumed, with the values to hide", function()
      local p = plan { { "c@dev.j",
        { id = "a", run = "echo ::add-mask::hush; echo ::set-output name=o::hush; echo ::add-path::/p1" },
        { id = "b", run = '[ -e go ] && echo "${{ steps.a.outputs.o }} $PATH"' },
      } }
      assert.equal(1, space:run(p, { exec_id = "x" }).exit)
      space:write("go", "")
      assert.equal(0, space:run(p, { exec_id = "x" }).exit)
      assert.truthy(log_of("x", "b"):find("^%*%*%* /p1:"))
    end)

    it("hide values from the command on, in error texts too (06 case 8)", function()
      local result = space:run(plan { { "c@dev.j",
        { id = "a", run = "echo s3cr; echo ::add-mask::s3cr; echo s3cret" }, { id = "b", run = "echo s3cr; echo x > s3cr/s3cr" },
        { id = "c", run = "true", ["working-directory"] = "s3cr" },
      } }, { exec_id = "x" })
      assert.equal("s3cr\n***et\n", log_of("x", "a"))
      assert.truthy(log_of("x", "b"):find("^%*%*%*\n"))
      assert.is_nil(log_of("x", "b"):find("s3cr", 1, true))
      assert.equal(1, result.exit)
      local bad = space:run(plan { { "c@dev.j", "echo ::add-mask::s3cr", { id = "c", run = "true", ["working-directory"] = "s3cr" } } })
      assert.is_nil(bad.state.jobs["c@dev.j"].lastError:find("s3cr", 1, true))
    end)

    it("stop between stop-commands and its token; what is no command is shown", function()
      space:run(plan { { "c@dev.j", { id = "a", run = [[
        echo ::group::title; echo ::notice file=a::careful; echo ::endgroup::; echo ::unknown::x; echo ' ::error::x'
        echo ::stop-commands::T0k; echo ::set-env name=V::1; echo ::T0k::; echo ::set-env name=W::2]] },
        { id = "b", run = 'echo "$V-$W"' } } }, { exec_id = "x" })
      assert.equal("notice: careful\n::unknown::x\n ::error::x\n::set-env name=V::1\n", log_of("x", "a"))
      assert.equal("-2\n", log_of("x", "b"))
    end)

    it("reach no other job, and set nothing that belongs to orun (06 cases 7 and 11)", function()
      space:run(plan { { "c@dev.i", "echo ::set-env name=V::1; echo ::set-env name=ORUN_JOB_ID::x; echo ::set-env name=node_options::x" },
        { "c@dev.j", { id = "a", run = 'echo "[$V$NODE_OPTIONS$ORUN_JOB_ID]"' }, dependsOn = { "c@dev.i" } } }, { exec_id = "x" })
      assert.equal("[c@dev.j]\n", log_of("x", "a"))
    end)
  end)

  it("05 case 35: error texts are escaped in state.json", function()
    space:run(one({ run = "true" }, { path = "<x>" }), { exec_id = "x" })
    assert.truthy(fs.read(space:execution("x") .. "/state.json"):find("\\u003cx\\u003e", 1, true))
  end)

  it("may fail when it says so; the job completes", function()
    local p = plan {
      { "c@dev.a", { run = "exit 4", onFailure = "Continue" }, { id = "two", run = "echo two >> ran" } },
      { "c@dev.b", "echo b >> ran", dependsOn = { "c@dev.a" } },
    }
    local result, events = space:run(p)
    assert.equal(0, result.exit)
    assert.same({ "two", "b" }, space:lines("ran"))
    assert.equal("failed", result.state.jobs["c@dev.a"].steps.s)
    assert.equal("completed", result.state.jobs["c@dev.a"].status)
    assert.equal(1, of(events, "job.finished")[1].tolerated)
  end)

  it("of the post phase runs after a failure and after a timeout", function()
    local post = { id = "clean", phase = "post", run = "echo clean >> ran" }
    space:run(plan { { "c@dev.j", "exit 1", { id = "skipped", run = "echo no >> ran" }, post } })
    space:run(plan { { "c@dev.j", { run = "sleep 9", timeout = "100ms" }, post } })
    assert.same({ "clean", "clean" }, space:lines("ran"))
    local result = space:run(plan { { "c@dev.j", "true", { id = "clean", phase = "post", run = "exit 2" } } })
    assert.equal("step clean: exit status 2", result.state.jobs["c@dev.j"].lastError)
  end)

  it("gets a suffix when an earlier step has its id, and runs", function()
    local result = space:run(plan { { "c@dev.j", { id = "x", run = "echo 1 >> ran" }, { id = "x", run = "echo 2 >> ran" } } })
    assert.same({ "1", "2" }, space:lines("ran"))
    assert.same({ x = "completed", ["x-2"] = "completed" }, result.state.jobs["c@dev.j"].steps)
  end)

  it("that completed is not repeated when its job runs again", function()
    local p = plan { { "c@dev.j", { id = "one", run = "echo 1 >> ran; echo kept" }, { id = "two", run = "[ -e go ]; " } } }
    space:run(p, { exec_id = "x" })
    local started = space:state("x").jobs["c@dev.j"].startedAt
    space:write("go", "")
    local result, events = space:run(p, { exec_id = "x" })
    assert.equal(0, result.exit)
    assert.same({ "1" }, space:lines("ran"))
    assert.equal("one", of(events, "step.cached")[1].step)
    assert.equal("kept\n", log("x", "c@dev.j/one.log"))
    assert.equal(started, space:state("x").jobs["c@dev.j"].startedAt)
  end)

  it("runs with the shell it names", function()
    local p = plan { {
      "c@dev.j",
      { id = "bash", shell = "bash", run = "false | true\necho reached" },
      { id = "after", phase = "post", shell = "cat", run = "text" },
    } }
    local result = space:run(p, { exec_id = "x" })
    assert.equal("step bash: exit status 1", result.state.jobs["c@dev.j"].lastError)
    assert.equal("text\n", log("x", "c@dev.j/after.log"))
    local missing = space:run(one { run = "true", shell = "no-such-shell" })
    assert.equal("step s: shell not found: no-such-shell", missing.state.jobs["c@dev.j"].lastError)
    assert.is_false(fs.exists(space:execution("x") .. "/files"))
  end)

  it("of an action is refused by the local runner, with advice", function()
    local result, events = space:run(plan { { "c@dev.j", { use = "actions/checkout@v4" } } })
    assert.equal(1, result.exit)
    assert.truthy(of(events, "job.finished")[1].hint:find("--gha", 1, true))
  end)

  it("never shows the values of secrets", function()
    system.setenv("SPEC_TOKEN", "tok-12345678")
    local p = one { run = 'echo "$SPEC_TOKEN $DB_PASSWORD $SHORT_KEY"', env = { DB_PASSWORD = "correct horse", SHORT_KEY = "abc" } }
    space:run(p, { exec_id = "x" })
    system.setenv("SPEC_TOKEN", nil)
    assert.equal("*** *** abc\n", log("x"))
  end)

  it("leaves no process of its job behind", function()
    space:run(plan { {
      "c@dev.j", "sleep 30 > /dev/null 2>&1 & echo $! > pid", { id = "two", run = "kill -0 $(cat pid) && echo alive > seen" },
    } })
    assert.same({ "alive" }, space:lines("seen"))
    local pid = tonumber(space:read("pid"))
    for _ = 1, 100 do
      if not process.alive(pid) then break end
      loop.sleep(0.01)
    end
    assert.is_false(process.alive(pid))
  end)
end)
