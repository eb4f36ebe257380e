-- `orun get runs`: all executions.
return {
  summary = "List the runs",
  usage = "[flags]",
  aliases = { "run", "executions" },
  examples = {
    { "orun get runs", "what runs, then the newest" },
    { "orun get runs -o wide", "plan ids, durations and users too" },
    { "orun get runs -o json", "as data" },
  },
  flags = {
    { name = "output", short = "o", value = "FORMAT", choices = { "json", "yaml", "wide" }, help = "output format" },
    { name = "json", help = "the same as -o json" },
  },

  run = function(ctx)
    local rows = require("orun.cockpit.source").runs(ctx:workspace().store)
    local format = ctx.flags.json and "json" or ctx.flags.output
    if format == "json" or format == "yaml" then
      local document = require "orun.cockpit.document"
      return ctx:write(document.encode(document.runs(rows), format))
    end
    ctx:write(ctx.style:text(require("orun.cockpit.render.runs").lines(rows, os.time(), format == "wide", ctx.style.columns)))
  end,
}
