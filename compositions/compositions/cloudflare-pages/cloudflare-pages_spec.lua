describe("cloudflare-pages", function()
  local function steps(parameters, profile)
    parameters.projectName = parameters.projectName or "docs"
    local ids, found = {}, {}
    for i, step in ipairs(compile({ component = "site", environment = "dev", profile = profile, parameters = parameters })[1].steps) do
      ids[i], found[step.id] = step.id, step
    end
    return ids, found
  end

  it("builds a site and uploads it", function()
    local ids, found = steps({ siteDir = "website", outputDir = "public", typecheckCommand = "" }, "deploy")
    assert.same({ "structure", "install", "build", "output", "project", "deploy" }, ids)
    assert.contains("npm exec -- wrangler pages deploy public --project-name docs --branch main\n", found.deploy.run)
    for _, id in ipairs(ids) do assert.equal(id ~= "project" and "website" or nil, found[id]["working-directory"]) end
  end)

  it("makes the project, or sets its branch", function()
    local _, found = steps({ productionBranch = 'rel"1' }, "deploy")
    assert.contains([[write --request POST --data '{"name":"docs","production_branch":"rel\"1"}' "$projects" ]], found.project.run)
    assert.contains([[write --request PATCH --data '{"production_branch":"rel\"1"}' "$projects/"docs ]], found.project.run)
    assert.contains("branch=refs/heads/'rel\"1'\n", found.project.run)
  end)

  it("needs no package where something else installs", function()
    assert.same({ "build", "output" }, (steps { installCommand = "", buildCommand = "hugo", typecheckCommand = "" }))
    assert.same({ "install", "build", "output" }, (steps { installCommand = "mise install", typecheckCommand = "" }))
  end)

  it("deploys from elsewhere unless that is forbidden", function()
    local _, found = steps({}, "deploy")
    assert.contains('"${GITHUB_REF:-$branch}" != "$branch"', found.deploy.run)
    _, found = steps({ githubOnly = true }, "deploy")
    assert.contains('"${GITHUB_REF:-}" != "$branch"', found.deploy.run)
  end)

  it("uploads nothing before", function()
    assert.same({ "structure", "install", "build", "typecheck", "output" }, (steps({}, "pull-request")))
    assert.same({ "structure", "install", "build", "typecheck", "output" }, (steps {}))
    local ids = steps({ createProject = false }, "deploy")
    assert.equal("deploy", ids[#ids])
    assert.equal("output", ids[#ids - 1])
  end)

  local managed = {
    terraformDir = "infra", terraformVersion = "1.9.8", cloudflareBuildCommand = "npm ci && npm run build", rootDir = "website",
    repoOwner = "acme", repoName = "docs", destinationDir = "out", variables = { zone = "acme.example" }, typecheckCommand = "",
  }

  it("reconciles a project that Terraform manages", function()
    local ids, found = steps(managed, "verify")
    assert.same({
      "structure", "install", "build", "output", "setup-terraform", "terraform-version", "terraform-fmt", "init", "terraform-validate",
      "plan",
    }, ids)
    assert.equal("terraform-validate", (steps(managed, "validate"))[9])
    assert.is_nil((steps(managed, "validate"))[10])
    assert.contains("terraform -chdir=infra plan -input=false -no-color -lock=false -var account_id=\"$CLOUDFLARE_ACCOUNT_ID\" "
      .. "-var 'build_command=npm ci && npm run build' -var destination_dir=out", found.plan.run)
    assert.contains("-var zone=acme.example", found.plan.run)
    local _, applied = steps(managed, "deploy")
    assert.contains("terraform -chdir=infra apply -input=false -no-color -auto-approve", applied.apply.run)
    assert.is_nil(applied.deploy)
    -- From another branch it is planned, not applied.
    local plan = found.plan.run:match "terraform [^\n]*"
    local head = applied.apply.run:match "^(.*)\nfi\n: "
    assert.contains(plan, head)
    assert.is_nil(head:find(" apply ", 1, true))
  end)

  it("needs a project", function()
    assert.has_error(function() steps { projectName = "My Docs" } end, "projectName")
    assert.has_error(function() compile { component = "site" } end, "projectName")
  end)
end)
