-- Projects with a Makefile.
local command = require "shared.command"
local orun = require "orun"
local parameter = require "shared.parameter"
local s = orun.schema

---One call of make; targets are words, variables become `NAME=value`.
local function make(p, targets)
  local variables = {}
  for name, v in pairs(p.variables or {}) do variables[#variables + 1] = ("%s=%s"):format(name, tostring(v)) end
  return command.line("make", p.directory ~= "." and { "-C", p.directory } or nil, p.makefile and { "-f", p.makefile } or nil,
    ("-j%d"):format(p.jobs), targets, variables)
end

local function targets(default, description)
  return s.array(s.string { minLength = 1, pattern = "^[^-]" }, { default = default, description = description })
end

return orun.composition {
  type = "make",
  description = "Projects built with make: build, check, install",
  parameters = parameter.object("30m", {
    directory = parameter.path("where the Makefile is", "."),
    makefile = parameter.path "its name, when it is not one that make finds",
    targets = targets({ "all" }, "what the build makes"),
    checkTargets = targets({ "check" }, "what the checks make"),
    installTargets = targets({ "install" }, "what an installation makes"),
    variables = parameter.map "variables given on make's command line",
    prefix = s.string { description = "given to the installation as PREFIX" },
    destdir = s.string { description = "given to the installation as DESTDIR, for packages" },
    jobs = s.integer { minimum = 1, default = 2, description = "how many things make does at once" },
    outputs = parameter.outputs(),
  }),
  defaultJob = "build",
  defaultProfile = "verify",
  jobs = {
    parameter.job {
      name = "build",
      description = "Build, then check",
      outputs = function(ctx) return ctx.parameters.outputs end,
      steps = function(ctx)
        local p = ctx.parameters
        return {
          orun.run { id = "version", capability = "make.version", run = "make --version | head -n 1" },
          orun.run { id = "build", capability = "make.build", run = make(p, p.targets) },
          orun.run { id = "check", capability = "make.check", run = make(p, p.checkTargets) },
        }
      end,
    },
    parameter.job {
      name = "install",
      description = "Install what was built",
      dependsOn = { "build" },
      steps = function(ctx)
        local p = ctx.parameters
        local places = { p.prefix and "PREFIX=" .. p.prefix or nil }
        if p.destdir then places[#places + 1] = "DESTDIR=" .. p.destdir end
        return {
          orun.run { id = "install", capability = "make.install", run = make(p, { p.installTargets, places }) },
        }
      end,
    },
  },
  profiles = {
    build = {
      description = "Build only",
      jobs = { build = { includeCapabilities = { "make.version", "make.build" } } },
    },
    verify = {
      description = "Build and check",
      jobs = { build = { includeCapabilities = { "make.version", "make.build", "make.check" } } },
    },
    release = {
      description = "Build, check and install, from a clean work tree",
      policies = { requireCleanGitTree = true },
      jobs = {
        build = { includeCapabilities = { "make.version", "make.build", "make.check" } },
        install = { includeCapabilities = { "make.install" } },
      },
    },
  },
}
