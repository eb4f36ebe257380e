local orun = require "orun"
local place = require "shared.place"
local s = orun.schema

return orun.composition {
  type = "page-check",
  description = "Every link of a page leads somewhere",
  parameters = s.object({
    page = s.string { required = true, minLength = 1, description = "path of the page's component" },
  }, { additionalProperties = false }),
  defaultJob = "check",
  jobs = {
    {
      name = "check",
      runsOn = "ubuntu-24.04",
      timeout = "1m",
      steps = function(ctx)
        return { orun.run { id = "links", run = orun.sh("lua5.4 links.lua %s", place.of(ctx, ctx.parameters.page, "index.html")) } }
      end,
    },
  },
}
