local orun = require "orun"
local place = require "shared.place"
local s = orun.schema

return orun.composition {
  type = "document",
  description = "A manual page filled in by sed",
  parameters = s.object({
    source = s.string { required = true, minLength = 1, description = "file with @WORDS@ to fill in" },
    page = s.string { required = true, minLength = 1, description = "file to make" },
    title = s.string { default = "", pattern = "^[^/&\\\\]*$", description = "what @TITLE@ becomes" },
  }, { additionalProperties = false }),
  defaultJob = "render",
  jobs = {
    {
      name = "render",
      runsOn = "ubuntu-24.04",
      timeout = "1m",
      outputs = function(ctx) return { place.built(ctx, ctx.parameters.page) } end,
      steps = function(ctx)
        local p, words = ctx.parameters, {}
        for word, text in pairs { ENVIRONMENT = ctx.orun.environment.name, TITLE = p.title } do
          words[#words + 1] = "-e"
          words[#words + 1] = ("s/@%s@/%s/"):format(word, text)
        end
        local page = place.built(ctx, p.page)
        return {
          orun.run { id = "fill", run = orun.sh("mkdir -p %s && sed %s %s > %s", place.build(ctx), words, p.source, page) },
          orun.run { id = "complete", run = orun.sh("! grep -n '@[A-Z]*@' %s", page) },
        }
      end,
    },
  },
}
