local c = require "shared.c"
local orun = require "orun"
local place = require "shared.place"
local s = orun.schema

return orun.composition {
  type = "c-library",
  description = "A static library built by its Makefile",
  parameters = c.schema {
    lib = s.string { required = true, pattern = "^lib[a-z]+$", description = "name of the archive, without .a" },
  },
  defaultJob = "build",
  defaultProfile = "build",
  jobs = {
    {
      name = "build",
      description = "Compile and archive the library",
      runsOn = "ubuntu-24.04",
      timeout = "5m",
      outputs = function(ctx) return { place.built(ctx, "*.a") } end,
      steps = function(ctx)
        local p = ctx.parameters
        return {
          orun.run { id = "tools", phase = "pre", run = "cc --version | head -n 1" },
          orun.run {
            id = "compile", capability = "c.compile", run = orun.sh("make -s %s %s", "OUT=" .. place.build(ctx), c.cflags(p)),
          },
          orun.run {
            id = "symbols", capability = "c.check",
            run = orun.sh("nm --defined-only %s | grep ' T tally_'", place.built(ctx, p.lib .. ".a")),
          },
        }
      end,
    },
  },
  profiles = {
    build = { description = "Compile only", jobs = { build = { includeCapabilities = { "c.compile" } } } },
    checked = {
      description = "Compile, then look at the exported symbols",
      jobs = { build = { includeCapabilities = { "c.compile", "c.check" } } },
    },
  },
}
