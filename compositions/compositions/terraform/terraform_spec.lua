describe("terraform", function()
  local function jobs(parameters, profile)
    local found = {}
    for _, job in ipairs(compile { component = "network", environment = "dev", profile = profile, parameters = parameters }) do
      local commands, ids = {}, {}
      for i, step in ipairs(job.steps) do commands[step.id], ids[i] = step.run or step.use, step.id end
      found[job.name] = { ids = ids, commands = commands, job = job }
    end
    return found
  end

  it("plans, and changes nothing", function()
    local found = jobs { workspace = "dev", varFiles = { "dev.tfvars" }, variables = { replicas = 2 }, backendConfig = { key = "net" } }
    local verify = found.verify
    assert.same({ "context", "terraform-version", "terraform-fmt", "terraform-validate", "init", "plan" }, verify.ids)
    assert.contains("init -input=false -no-color -backend-config key=net\n", verify.commands.init)
    assert.contains("workspace select -or-create=true dev\n", verify.commands.init)
    assert.equal("terraform plan -input=false -no-color -lock-timeout=5m -parallelism=10 -var-file dev.tfvars -var replicas=2 "
      .. "-out=orun.tfplan", verify.commands.plan)
    assert.is_nil(found.apply)
  end)

  it("leaves the lock alone in pull requests", function()
    local verify = jobs({ terraformDir = "infra/net", terraformVersion = "1.9.8" }, "pull-request").verify
    assert.contains("terraform -chdir=infra/net plan -input=false -no-color -lock=false", verify.commands.plan)
    assert.equal("setup-terraform", verify.ids[1])
  end)

  it("initializes once without a backend", function()
    local verify = jobs { backend = false, lockfile = "readonly" }.verify
    assert.same({ "context", "terraform-version", "terraform-fmt", "terraform-validate", "plan" }, verify.ids)
    assert.contains("init -input=false -no-color -lockfile=readonly -backend=false\n", verify.commands["terraform-validate"])
    assert.contains("workspace select -or-create=true dev\n", jobs({ backend = false, workspace = "dev" }).verify.commands.init)
  end)

  it("needs no backend for a check", function()
    assert.same({ "context", "terraform-version", "terraform-fmt", "terraform-validate" }, jobs({}, "check").verify.ids)
  end)

  it("applies the plan that was made, with approval", function()
    local found = jobs({ terraformDir = "net", terraformVersion = "1.9.8" }, "apply")
    assert.same({ "network@dev.verify" }, found.apply.job.dependsOn)
    assert.contains("apply -input=false -no-color -auto-approve -lock-timeout=5m -parallelism=10 orun.tfplan", found.apply.commands.apply)
    assert.same({ "net/orun.tfplan" }, found.verify.job.outputs)
    assert.equal("approval", found.apply.job.gates[1].type)
  end)

  it("wants an exact version for a release", function()
    assert.has_error(function() jobs({}, "release") end, "requirePinnedTerraformVersion")
    assert.has_error(function() jobs({ terraformVersion = "latest" }) end, "terraformVersion")
    assert.equal("approval", jobs({ terraformVersion = "1.9.8" }, "release").verify.job.gates[1].type)
  end)
end)
