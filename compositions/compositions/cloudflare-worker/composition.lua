-- Cloudflare Workers, alone or in a Turborepo workspace.
local cloudflare = require "shared.cloudflare"
local command = require "shared.command"
local node = require "shared.node"
local orun = require "orun"
local parameter = require "shared.parameter"
local s = orun.schema

local function environment(p)
  return p.wranglerEnvironment and { "--env", p.wranglerEnvironment } or nil
end

local structure = [[
for file in wrangler.jsonc wrangler.json wrangler.toml; do
  if [ -f "$file" ]; then exit 0; fi
done
echo "no wrangler.jsonc, wrangler.json or wrangler.toml"
exit 1]]

return orun.composition {
  type = "cloudflare-worker",
  description = "Cloudflare Workers: build, types, dry run, deployment",
  parameters = parameter.object("30m", orun.merge(node.parameters, cloudflare.parameters, {
    wranglerConfig = parameter.path "configuration of wrangler, when it is not one that wrangler finds",
    wranglerEnvironment = s.string { minLength = 1, description = "environment of the configuration" },
    deployCommand = parameter.command "replaces `wrangler deploy`",
    outputs = parameter.outputs(),
  })),
  defaultJob = "worker",
  defaultProfile = "verify",
  jobs = {
    parameter.job {
      name = "worker",
      description = "Build, check, deploy",
      labels = { scope = "delivery" },
      outputs = function(ctx) return ctx.parameters.outputs end,
      steps = function(ctx)
        local p = ctx.parameters
        local config = p.wranglerConfig and { "--config", p.wranglerConfig } or nil
        local function wrangler(...) return node.exec(p, "wrangler", "deploy", config, environment(p), ...) end
        return orun.steps(
          node.preparation(p, "cloudflare-worker"),
          orun.run {
            id = "configuration", capability = "cloudflare-worker.structure",
            run = p.wranglerConfig and command.line("test", "-f", p.wranglerConfig) or command.script(structure),
          },
          node.step(p, "build", "cloudflare-worker.build"),
          node.step(p, "typecheck", "cloudflare-worker.typecheck"),
          orun.run { id = "dry-run", capability = "cloudflare-worker.dry-run", run = wrangler "--dry-run" },
          orun.run {
            id = "deploy", capability = "cloudflare-worker.deploy",
            run = command.script(cloudflare.branch_guard(p), cloudflare.credentials, p.deployCommand or wrangler()),
          }
        )
      end,
    },
  },
  profiles = {
    ["pull-request"] = {
      description = "Build and types",
      jobs = {
        worker = {
          includeCapabilities = {
            "cloudflare-worker.setup", "cloudflare-worker.structure", "cloudflare-worker.install", "cloudflare-worker.pre-build",
            "cloudflare-worker.build", "cloudflare-worker.typecheck",
          },
        },
      },
    },
    verify = {
      description = "Everything that deploys nothing",
      jobs = {
        worker = {
          includeCapabilities = {
            "cloudflare-worker.setup", "cloudflare-worker.structure", "cloudflare-worker.install", "cloudflare-worker.pre-build",
            "cloudflare-worker.build", "cloudflare-worker.typecheck", "cloudflare-worker.dry-run",
          },
        },
      },
    },
    deploy = {
      description = "Build, check and deploy",
      jobs = {
        worker = {
          includeCapabilities = {
            "cloudflare-worker.setup", "cloudflare-worker.structure", "cloudflare-worker.install", "cloudflare-worker.pre-build",
            "cloudflare-worker.build", "cloudflare-worker.typecheck", "cloudflare-worker.deploy",
          },
        },
      },
    },
  },
}
