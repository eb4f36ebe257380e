describe("shell", function()
  local function job(parameters, profile)
    return compile({ component = "tasks", environment = "dev", profile = profile, parameters = parameters })[1]
  end

  local function ids(list)
    local out = {}
    for i, step in ipairs(list.steps) do out[i] = step.id end
    return out
  end

  local all = {
    checks = { { name = "names", run = "ls" } },
    commands = { { name = "one", run = "echo 1", env = { A = "b" }, retry = 2 }, { name = "two", run = "echo 2", directory = "sub" } },
    cleanup = { { name = "tidy", run = "rm -r build" } },
  }

  it("checks, works and cleans up", function()
    local made = job(all)
    assert.same({ "names", "one", "two", "tidy" }, ids(made))
    assert.same({ "b", 2 }, { made.steps[2].env.A, made.steps[2].retry })
    assert.equal("sub", made.steps[3]["working-directory"])
    assert.equal("post", made.steps[4].phase)
    assert.equal("set -eu\necho 1\n", made.steps[2].run)
  end)

  it("only checks in the profile check", function()
    assert.same({ "names" }, ids(job(all, "check")))
  end)

  it("takes one script for all of it, in another shell", function()
    local made = job { run = "print('hello')", shell = "python" }
    assert.same({ "run" }, ids(made))
    assert.same({ "print('hello')", "python" }, { made.steps[1].run, made.steps[1].shell })
  end)

  it("passes outputs, runner and time limit on", function()
    local made = job { run = "make", outputs = { "build/*" }, runsOn = "big", timeout = "1h30m" }
    assert.same({ { "build/*" }, "big", "1h30m" }, { made.outputs, made.runsOn, made.timeout })
    assert.equal("15m", job({ run = "make" }).timeout)
  end)

  it("needs something to do", function()
    assert.has_error(function() job {} end, "needs run, commands or checks")
    assert.has_error(function() job { checks = { { name = "a", run = "x" } }, cleanup = { { name = "a", run = "y" } } } end, "called a")
    assert.has_error(function() job { comands = {} } end, "comands")
    assert.has_error(function() job { run = "x", timeout = "soon" } end, "timeout")
    assert.has_error(function() job { commands = { { name = "a b", run = "x" } } } end, "name")
  end)
end)
