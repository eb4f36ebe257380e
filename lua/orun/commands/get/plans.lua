-- `orun get plans`: the stored plans.
return {
  summary = "List the stored plans",
  usage = "[flags]",
  aliases = { "plan" },
  examples = {
    { "orun get plans", "names, jobs and ages" },
    { "orun get plans -o wide", "checksums and files too" },
    { "orun get plans -o json", "as data: Name, Path, Checksum, Jobs, CreatedAt" },
  },
  flags = {
    { name = "output", short = "o", value = "FORMAT", choices = { "json", "yaml", "wide" }, help = "output format" },
    { name = "json", help = "the same as -o json" },
  },

  run = function(ctx)
    local entries = require("orun.plan.store").open(ctx:workspace().store):list()
    local view = require("orun.cockpit.viewmodel.plans").view(entries, os.time())
    local format = ctx.flags.json and "json" or ctx.flags.output
    if format == "json" or format == "yaml" then
      local document = require "orun.cockpit.document"
      return ctx:write(document.encode(document.plans(view), format))
    end
    ctx:write(ctx.style:text(require("orun.cockpit.render.plans").lines(view, format == "wide")))
  end,
}
