local orun = require "orun"
local place = require "shared.place"
local s = orun.schema

return orun.composition {
  type = "changes",
  description = "The list of changes, from git",
  parameters = s.object({
    entries = s.integer { minimum = 1, default = 10, description = "how many commits are listed" },
  }, { additionalProperties = false }),
  defaultJob = "collect",
  jobs = {
    {
      name = "collect",
      runsOn = "ubuntu-24.04",
      timeout = "1m",
      retries = 1,
      outputs = function(ctx) return { place.built(ctx, "CHANGES") } end,
      steps = function(ctx)
        local file = place.built(ctx, "CHANGES")
        return {
          orun.run {
            id = "collect",
            run = orun.sh("mkdir -p %s && git log -n %d --date=short --format='%%ad %%s' > %s && test -s %s", place.build(ctx),
              ctx.parameters.entries, file, file),
          },
        }
      end,
    },
  },
}
