-- Sites on Cloudflare Pages, uploaded by wrangler or built by Cloudflare and managed by Terraform.
local cloudflare = require "shared.cloudflare"
local command = require "shared.command"
local node = require "shared.node"
local orun = require "orun"
local parameter = require "shared.parameter"
local terraform = require "shared.terraform"
local s = orun.schema

---A node step in the directory of the site.
local function in_site(p, item)
  if item and p.siteDir ~= "." then item["working-directory"] = p.siteDir end
  return item
end

local function sited(p, list)
  for _, item in ipairs(list) do
    if item.run then in_site(p, item) end
  end
  return list
end

local function output(p)
  return in_site(p, orun.run {
    id = "output", capability = "cloudflare-pages.output",
    run = command.script(command.line("test", "-d", p.outputDir), orun.sh("find %s -maxdepth 2 -type f | head -n 20", p.outputDir)),
  })
end

local function project(p)
  return orun.run {
    id = "project", capability = "cloudflare-pages.project",
    run = command.script(cloudflare.branch_guard(p), cloudflare.credentials, cloudflare.project(p)),
  }
end

local function upload(p)
  return in_site(p, orun.run {
    id = "deploy", capability = "cloudflare-pages.deploy",
    run = command.script(cloudflare.branch_guard(p), cloudflare.credentials,
      p.deployCommand or node.exec(p, "wrangler", "pages", "deploy", p.outputDir, "--project-name", p.projectName, "--branch",
        p.productionBranch)),
  })
end

-- Reconciling a project that Cloudflare builds itself -------------------------------------------------------------------------------

local function variables(p)
  return command.line(command.entries("-var", orun.merge({
    project_name = p.projectName, production_branch = p.productionBranch, repo_owner = p.repoOwner, repo_name = p.repoName,
    build_command = p.cloudflareBuildCommand, destination_dir = p.destinationDir or p.outputDir, root_dir = p.rootDir,
  }, p.variables or {})))
end

local function reconciliation(p, verb, ...)
  local line = terraform.command(p.terraformDir, verb, "-input=false", "-no-color", ...)
  return ('%s -var account_id="$CLOUDFLARE_ACCOUNT_ID" %s'):format(line, variables(p))
end

-- Pull requests of forks have no credentials.
local without_credentials = [[
if [ -z "${CLOUDFLARE_API_TOKEN:-}" ] || [ -z "${CLOUDFLARE_ACCOUNT_ID:-}" ]; then
  echo "no plan: CLOUDFLARE_API_TOKEN and CLOUDFLARE_ACCOUNT_ID are not set"
  exit 0
fi]]

local function terraform_steps(p)
  if not p.terraformDir then return nil end
  local plan = without_credentials .. "\n" .. reconciliation(p, "plan", "-lock=false")
  return orun.steps(
    terraform.setup(p, "cloudflare-pages.setup"),
    terraform.format(p.terraformDir, "cloudflare-pages"),
    orun.run {
      id = "init", capability = "cloudflare-pages.init",
      run = terraform.command(p.terraformDir, "init", "-input=false", "-no-color"),
    },
    terraform.validation(p.terraformDir, "cloudflare-pages"),
    orun.run { id = "plan", capability = "cloudflare-pages.plan", run = command.script(plan) },
    orun.run {
      id = "apply", capability = "cloudflare-pages.apply",
      run = command.script(cloudflare.branch_guard(p, plan), cloudflare.credentials, reconciliation(p, "apply", "-auto-approve")),
    }
  )
end

local function capabilities(...)
  local list = {
    "cloudflare-pages.setup", "cloudflare-pages.structure", "cloudflare-pages.install", "cloudflare-pages.pre-build",
    "cloudflare-pages.build", "cloudflare-pages.typecheck", "cloudflare-pages.output", "cloudflare-pages.version",
    "cloudflare-pages.fmt",
  }
  for _, name in ipairs { ... } do list[#list + 1] = "cloudflare-pages." .. name end
  return list
end

return orun.composition {
  type = "cloudflare-pages",
  description = "Sites on Cloudflare Pages: build, upload, or a project that Terraform manages",
  parameters = parameter.object("35m", orun.merge(node.parameters, cloudflare.parameters, {
    projectName = s.string {
      required = true, pattern = "^[a-z0-9]([a-z0-9-]*[a-z0-9])?$", maxLength = 58, description = "name of the Pages project",
    },
    siteDir = parameter.path("directory of the site", "."),
    outputDir = parameter.path("what the build makes, relative to the site", "dist"),
    createProject = s.boolean {
      default = true, description = "before an upload, make the project or set its production branch, by the API of Cloudflare with curl",
    },
    deployCommand = parameter.command "replaces `wrangler pages deploy`",
    terraformDir = parameter.path "a Terraform configuration of the project; Cloudflare then builds the site itself, nothing is uploaded",
    terraformVersion = terraform.version,
    cloudflareBuildCommand = s.string { description = "with Terraform: what Cloudflare runs to build" },
    destinationDir = parameter.path "with Terraform: what Cloudflare publishes (default: outputDir)",
    rootDir = s.string { description = "with Terraform: where Cloudflare builds, relative to the repository" },
    repoOwner = s.string { description = "with Terraform: owner of the repository" },
    repoName = s.string { description = "with Terraform: the repository" },
    variables = parameter.map "with Terraform: further variables",
    outputs = parameter.outputs(),
  })),
  defaultJob = "site",
  defaultProfile = "verify",
  jobs = {
    parameter.job {
      name = "site",
      description = "Build, check, deploy",
      labels = { scope = "delivery" },
      outputs = function(ctx) return ctx.parameters.outputs end,
      steps = function(ctx)
        local p = ctx.parameters
        return orun.steps(
          sited(p, node.preparation(p, "cloudflare-pages", true)),
          in_site(p, node.step(p, "build", "cloudflare-pages.build")),
          in_site(p, node.step(p, "typecheck", "cloudflare-pages.typecheck")),
          output(p),
          terraform_steps(p),
          not p.terraformDir and p.createProject and project(p),
          not p.terraformDir and upload(p)
        )
      end,
    },
  },
  profiles = {
    ["pull-request"] = {
      description = "Build, and look at the format of the configuration",
      jobs = { site = { includeCapabilities = capabilities() } },
    },
    validate = {
      description = "Build, and validate the configuration; plans nothing",
      jobs = { site = { includeCapabilities = capabilities("init", "validate") } },
    },
    verify = {
      description = "Everything that changes nothing",
      jobs = { site = { includeCapabilities = capabilities("init", "validate", "plan") } },
    },
    deploy = {
      description = "Build and deploy: upload, or apply the configuration; from other branches it is only planned",
      jobs = { site = { includeCapabilities = capabilities("init", "validate", "apply", "project", "deploy") } },
    },
  },
}
