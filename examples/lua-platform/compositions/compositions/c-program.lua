local c = require "shared.c"
local orun = require "orun"
local place = require "shared.place"
local s = orun.schema

return orun.composition {
  type = "c-program",
  description = "A program linked against a library of this platform",
  parameters = c.schema {
    program = s.string { required = true, minLength = 1, description = "name of the program; its source is program.c" },
    libDir = s.string { required = true, minLength = 1, description = "path of the library's component" },
  },
  defaultJob = "build",
  defaultProfile = "debug",
  jobs = {
    {
      name = "build",
      runsOn = "ubuntu-24.04",
      timeout = "5m",
      outputs = function(ctx) return { place.built(ctx, ctx.parameters.program) } end,
      steps = function(ctx)
        local p = ctx.parameters
        local program = place.built(ctx, p.program)
        local library = place.of(ctx, p.libDir, "libtally.a")
        return {
          orun.run {
            id = "link", capability = "c.link",
            run = orun.sh("mkdir -p %s && cc %s %s -o %s %s %s", place.build(ctx), c.flags(p), "-I" .. p.libDir .. "/include", program,
              p.program .. ".c", library),
          },
          orun.run { id = "strip", capability = "c.strip", run = orun.sh("strip %s", program) },
          orun.run { id = "smoke", phase = "post", run = orun.sh("printf 'one two two\\n' | %s", program) },
        }
      end,
    },
  },
  profiles = {
    debug = { description = "Symbols stay in the program", jobs = { build = { includeCapabilities = { "c.link" } } } },
    release = { description = "Stripped", jobs = { build = { includeCapabilities = { "c.link", "c.strip" } } } },
  },
}
