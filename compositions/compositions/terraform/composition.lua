-- Terraform configurations: checks, plans, applications.
local command = require "shared.command"
local orun = require "orun"
local parameter = require "shared.parameter"
local terraform = require "shared.terraform"
local s = orun.schema

local plan_file = "orun.tfplan"

---Words that say which values a plan is made of.
local function values(p)
  return { command.each("-var-file", p.varFiles), command.entries("-var", p.variables) }
end

local function init_line(p, backend)
  return terraform.command(p.terraformDir, "init", "-input=false", "-no-color", p.lockfile and ("-lockfile=" .. p.lockfile) or nil,
    backend and command.entries("-backend-config", p.backendConfig) or "-backend=false")
end

local function init(p)
  local workspace = p.workspace and terraform.command(p.terraformDir, "workspace", "select", "-or-create=true", p.workspace) or nil
  return orun.run { id = "init", capability = "terraform.init", run = command.script(init_line(p, p.backend), workspace) }
end

---The plan of a change that nobody has agreed to must not wait for, or hold, the lock of the state.
local function plan(p, profile)
  local lock = profile == "pull-request" and "-lock=false" or ("-lock-timeout=" .. p.lockTimeout)
  return orun.run {
    id = "plan", capability = "terraform.plan",
    run = terraform.command(p.terraformDir, "plan", "-input=false", "-no-color", lock, ("-parallelism=%d"):format(p.parallelism), values(p),
      "-out=" .. plan_file),
  }
end

return orun.composition {
  type = "terraform",
  description = "Terraform configurations: format, validation, plan, apply",
  parameters = parameter.object("30m", orun.merge(terraform.parameters, {
    stackName = s.string { description = "name of the stack in messages (default: the component's name)" },
    workspace = s.string { minLength = 1, description = "workspace; it is made when it does not exist" },
    backend = s.boolean { default = true, description = "use the configured backend for plan and apply" },
    backendConfig = parameter.map "settings of the backend",
    varFiles = parameter.texts "files of variables, relative to the configuration",
    variables = parameter.map "variables",
    lockfile = s.string { enum = { "readonly" }, description = "`readonly`: fail when the lock file of the providers would change" },
    lockTimeout = s.string { default = "5m", pattern = "^[0-9]+(s|m|h)$", description = "how long to wait for the lock of the state" },
    parallelism = s.integer { default = 10, minimum = 1, description = "how many resources are worked on at once" },
    outputs = parameter.outputs(),
  })),
  defaultJob = "verify",
  defaultProfile = "verify",
  jobs = {
    parameter.job {
      name = "verify",
      description = "Format, validation, plan",
      labels = { scope = "infra" },
      outputs = function(ctx)
        local outputs = { table.unpack(ctx.parameters.outputs or {}) }
        -- What is applied is the plan that was seen.
        if ctx.orun.profile.name == "apply" then outputs[#outputs + 1] = ctx.parameters.terraformDir .. "/" .. plan_file end
        return outputs
      end,
      steps = function(ctx)
        local p = ctx.parameters
        return orun.steps(
          terraform.setup(p, "terraform.setup"),
          orun.run {
            id = "context", capability = "terraform.context",
            run = command.line("echo", ("stack %s in %s"):format(p.stackName or ctx.orun.component.name, p.terraformDir)),
          },
          terraform.format(p.terraformDir, "terraform"),
          terraform.validation(p.terraformDir, "terraform", init_line(p, false)),
          -- Without a backend the validation has initialized all there is.
          (p.backend or p.workspace) and init(p),
          plan(p, ctx.orun.profile.name)
        )
      end,
    },
    parameter.job {
      name = "apply",
      description = "Apply the plan",
      labels = { scope = "infra" },
      dependsOn = { "verify" },
      steps = function(ctx)
        local p = ctx.parameters
        return orun.steps(
          terraform.setup(p, "terraform.setup"),
          init(p),
          orun.run {
            id = "apply", capability = "terraform.apply",
            run = terraform.command(p.terraformDir, "apply", "-input=false", "-no-color", "-auto-approve",
              "-lock-timeout=" .. p.lockTimeout, ("-parallelism=%d"):format(p.parallelism), plan_file),
          }
        )
      end,
    },
  },
  profiles = {
    check = {
      description = "Format and validation; needs no credentials",
      jobs = {
        verify = {
          includeCapabilities = { "terraform.setup", "terraform.context", "terraform.version", "terraform.fmt", "terraform.validate" },
        },
      },
    },
    ["pull-request"] = {
      description = "A plan that leaves the lock of the state alone",
      jobs = {
        verify = {
          includeCapabilities = {
            "terraform.setup", "terraform.context", "terraform.version", "terraform.fmt", "terraform.validate", "terraform.init",
            "terraform.plan",
          },
        },
      },
    },
    verify = {
      description = "Everything that changes nothing",
      jobs = {
        verify = {
          includeCapabilities = {
            "terraform.setup", "terraform.context", "terraform.version", "terraform.fmt", "terraform.validate", "terraform.init",
            "terraform.plan",
          },
        },
      },
    },
    release = {
      description = "A plan for a release: clean work tree, exact version, approval",
      policies = { requireCleanGitTree = true, requirePinnedTerraformVersion = true, requireApproval = true },
      jobs = {
        verify = {
          includeCapabilities = {
            "terraform.setup", "terraform.context", "terraform.version", "terraform.fmt", "terraform.validate", "terraform.init",
            "terraform.plan",
          },
        },
      },
    },
    apply = {
      description = "Plan and apply: clean work tree, exact version, approval",
      policies = { requireCleanGitTree = true, requirePinnedTerraformVersion = true, requireApproval = true },
      jobs = {
        verify = {
          includeCapabilities = {
            "terraform.setup", "terraform.context", "terraform.version", "terraform.fmt", "terraform.validate", "terraform.init",
            "terraform.plan",
          },
        },
        apply = { includeCapabilities = { "terraform.setup", "terraform.init", "terraform.apply" } },
      },
    },
  },
}
