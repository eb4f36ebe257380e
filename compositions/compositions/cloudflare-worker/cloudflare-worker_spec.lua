describe("cloudflare-worker", function()
  local function steps(parameters, profile)
    local ids, commands = {}, {}
    for i, step in ipairs(compile({ component = "api", environment = "dev", profile = profile, parameters = parameters })[1].steps) do
      ids[i], commands[step.id] = step.id, step.run or step.use
    end
    return ids, commands
  end

  it("builds, checks and tries a deployment", function()
    local ids, commands = steps { typecheckCommand = "tsc --noEmit" }
    assert.same({ "structure", "install", "configuration", "build", "typecheck", "dry-run" }, ids)
    assert.equal("npm exec -- wrangler deploy --dry-run", commands["dry-run"])
    assert.equal("tsc --noEmit", commands.typecheck)
  end)

  it("works in a Turborepo workspace", function()
    local ids, commands = steps({
      packageManager = "pnpm", turbo = true, nodeVersion = "20", pnpmVersion = "10.12.1", wranglerConfig = "prod.jsonc",
    }, "pull-request")
    assert.same({ "setup-pnpm", "setup-node", "structure", "install", "configuration", "build", "typecheck" }, ids)
    assert.equal("pnpm exec turbo run typecheck --filter=./", commands.typecheck)
    assert.equal("test -f prod.jsonc", commands.configuration)
  end)

  it("deploys one branch, with credentials", function()
    local ids, commands = steps({ productionBranch = "release", wranglerEnvironment = "production" }, "deploy")
    assert.equal("deploy", ids[#ids])
    assert.contains("branch=refs/heads/release\n", commands.deploy)
    assert.contains("CLOUDFLARE_API_TOKEN:?", commands.deploy)
    assert.contains("npm exec -- wrangler deploy --env production\n", commands.deploy)
    assert.is_nil(commands["dry-run"])
  end)

  it("takes another command", function()
    local _, commands = steps({ deployCommand = "pnpm run deploy" }, "deploy")
    assert.matches("pnpm run deploy\n$", commands.deploy)
    assert.has_error(function() steps { productionBranch = "a b" } end, "productionBranch")
  end)
end)
