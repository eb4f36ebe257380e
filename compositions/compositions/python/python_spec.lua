describe("python", function()
  local function steps(parameters, profile)
    local ids, commands = {}, {}
    for i, step in ipairs(compile({ component = "tool", environment = "dev", profile = profile, parameters = parameters })[1].steps) do
      ids[i], commands[step.id] = step.id, step.run or step.use
    end
    return ids, commands
  end

  it("tests in a virtual environment of its own", function()
    local ids, commands = steps {}
    assert.same({ "install", "lint", "test" }, ids)
    assert.equal("set -eu\npython3 -m venv .venv\n", commands.install)
    assert.equal(".venv/bin/python -m pytest", commands.test)
  end)

  it("installs requirements and the project", function()
    local _, commands = steps { requirements = { "a.txt", "b.txt" }, editable = true, extras = { "dev", "doc" } }
    assert.contains(".venv/bin/python -m pip install --disable-pip-version-check -r a.txt -r b.txt\n", commands.install)
    assert.contains("-e '.[dev,doc]'\n", commands.install)
  end)

  it("does without an environment, and with other tools", function()
    local ids, commands = steps {
      venv = "", python = "python3.12", tests = "unittest", testArguments = { "-s", "tests" }, lintCommand = "ruff check .",
      typecheckCommand = "mypy src", pythonVersion = "3.12",
    }
    assert.same({ "setup-python", "lint", "typecheck", "test" }, ids)
    assert.equal("python3.12 -m unittest discover -v -s tests", commands.test)
    assert.equal("ruff check .", commands.lint)
    assert.same({ "install", "lint" }, (steps({ tests = "none" })))
  end)

  it("makes a wheel for a release only", function()
    local _, commands = steps({}, "release")
    assert.contains("pip wheel --no-deps --wheel-dir dist .", commands.package)
    assert.same({ "install", "lint" }, (steps({}, "quick-check")))
  end)
end)
