local c = require "shared.c"
local orun = require "orun"
local place = require "shared.place"
local s = orun.schema

return orun.composition {
  type = "c-test",
  description = "Unit tests compiled against a library and run",
  parameters = c.schema {
    libDir = s.string { required = true, minLength = 1, description = "path of the library's component" },
    filter = s.string { description = "only tests of this name" },
  },
  defaultJob = "test",
  jobs = {
    {
      name = "test",
      runsOn = "ubuntu-24.04",
      timeout = "2m",
      steps = function(ctx)
        local p = ctx.parameters
        return {
          orun.run {
            id = "compile", run = orun.sh("make -s -C %s tests %s %s", p.libDir, "OUT=" .. place.build(ctx), c.cflags(p)),
          },
          orun.run { id = "run", run = orun.sh("%s %s", place.of(ctx, p.libDir, "tests"), { p.filter }) },
        }
      end,
    },
  },
}
