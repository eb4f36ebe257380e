describe("node", function()
  local function steps(parameters, profile)
    local ids, commands = {}, {}
    for i, step in ipairs(compile({ component = "web", environment = "dev", profile = profile, parameters = parameters })[1].steps) do
      ids[i], commands[step.id] = step.id, step.run or step.use
    end
    return ids, commands
  end

  it("runs the scripts that the package has", function()
    local ids, commands = steps {}
    assert.same({ "structure", "install", "lint", "build", "typecheck", "test" }, ids)
    assert.equal("npm ci", commands.install)
    assert.equal("npm run --if-present build", commands.build)
  end)

  it("uses pnpm and Turborepo", function()
    local ids, commands = steps {
      packageManager = "pnpm", turbo = true, nodeVersion = "20", pnpmVersion = "10.12.1", frozenLockfile = false,
    }
    assert.same({ "setup-pnpm", "setup-node", "structure", "install" }, { ids[1], ids[2], ids[3], ids[4] })
    assert.equal("pnpm install --no-frozen-lockfile", commands.install)
    assert.equal("pnpm exec turbo run build --filter=./", commands.build)
    assert.matches("^actions/setup%-node@%x+$", commands["setup-node"])
  end)

  it("takes other commands, and leaves out empty ones", function()
    local ids, commands = steps { preBuildCommand = "make proto", buildCommand = "vite build", testCommand = "", installCommand = "" }
    assert.same({ "structure", "pre-build", "lint", "build", "typecheck" }, ids)
    assert.equal("vite build", commands.build)
  end)

  it("builds nothing in a quick check", function()
    assert.same({ "structure", "install", "lint", "typecheck" }, (steps({}, "quick-check")))
    assert.same({ "structure", "install", "build" }, (steps({}, "build")))
  end)
end)
