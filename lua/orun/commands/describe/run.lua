-- `orun describe run [id]`
local diagnostic = require "orun.diagnostic"

return {
  summary = "Show a run: when, by whom, its jobs and their steps",
  usage = "orun describe run [id] [flags]",
  aliases = { "execution" },
  examples = {
    { "orun describe run", "the latest run" }, { "orun describe run/shop-2026", "by the beginning of its id" },
    { "orun describe run -o json", "its metadata and state as data" },
  },
  flags = {
    { name = "output", short = "o", value = "FORMAT", choices = { "json", "yaml", "wide" },
      help = "output format; wide: the text with what it leaves out otherwise" },
    { name = "json", type = "boolean", help = "the same as -o json" },
  },
  args = { { name = "run", help = "execution id, or the beginning of one (default: the latest)", optional = true, complete = "runs" } },

  run = function(ctx, args)
    local source, store = require "orun.cockpit.source", ctx:workspace().store
    local id = source.resolve(store, args[1])
    if not id then
      diagnostic.raise { kind = "execution.none", message = "there is no execution yet in " .. store, hint = "run orun run first" }
    end
    local record = source.record(store, id)
    local format = ctx.flags.json and "json" or ctx.flags.output
    if format and format ~= "wide" then
      local document = require "orun.cockpit.document"
      return ctx:write(document.encode(document.status(record), format))
    end
    local view = require("orun.cockpit.viewmodel.description").run(record, format == "wide")
    ctx:write(ctx.style:text(require("orun.cockpit.render.description").run(view, os.time())))
  end,
}
