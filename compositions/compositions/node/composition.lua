-- Packages of Node.js, alone or in a workspace.
local node = require "shared.node"
local orun = require "orun"
local parameter = require "shared.parameter"

return orun.composition {
  type = "node",
  description = "Node.js packages with npm or pnpm, alone or in a Turborepo workspace",
  parameters = parameter.object("25m", orun.merge(node.parameters, {
    lintCommand = parameter.command "replaces the script `lint`; an empty text leaves the step out",
    testCommand = parameter.command "replaces the script `test`; an empty text leaves the step out",
    outputs = parameter.outputs(),
  })),
  defaultJob = "verify",
  defaultProfile = "verify",
  jobs = {
    parameter.job {
      name = "verify",
      description = "Install, lint, build, check types, test",
      labels = { scope = "verify" },
      outputs = function(ctx) return ctx.parameters.outputs end,
      steps = function(ctx)
        local p = ctx.parameters
        return orun.steps(
          node.preparation(p, "node"),
          node.step(p, "lint", "node.lint"),
          -- What the build generates may be part of what the types are checked against.
          node.step(p, "build", "node.build"),
          node.step(p, "typecheck", "node.typecheck"),
          node.step(p, "test", "node.test")
        )
      end,
    },
  },
  profiles = {
    ["quick-check"] = {
      description = "What needs no build: packages can be installed, lint, types",
      jobs = { verify = { includeCapabilities = { "node.setup", "node.structure", "node.install", "node.lint", "node.typecheck" } } },
    },
    build = {
      description = "Build only",
      jobs = { verify = { includeCapabilities = { "node.setup", "node.structure", "node.install", "node.pre-build", "node.build" } } },
    },
    verify = {
      description = "Everything",
      jobs = {
        verify = {
          includeCapabilities = {
            "node.setup", "node.structure", "node.install", "node.pre-build", "node.lint", "node.typecheck", "node.build", "node.test",
          },
        },
      },
    },
  },
}
