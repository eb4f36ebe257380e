-- `orun intent explain`: which preset adds what.
local compiler = require "orun.compiler"
local document = require "orun.cockpit.document"
local render = require "orun.cockpit.render.presets"
local viewmodel = require "orun.cockpit.viewmodel.presets"

return {
  summary = "Say which preset adds what to the intent",
  usage = "orun intent explain [flags]",
  description = "Lists the presets of `extends` and, for each of them, the keys of the intent that come from it.",
  examples = {
    { "orun intent explain", "where each key comes from" },
    { "orun intent explain -o json", "as data" },
  },
  flags = {
    { name = "output", short = "o", value = "FORMAT", choices = { "json", "yaml" }, help = "output format" },
    { name = "json", type = "boolean", help = "the same as -o json" },
  },
  args = {},

  run = function(ctx)
    local loaded = compiler.read({ intent = ctx.flags.intent, cwd = ctx.cwd }, ctx.report)
    local view = viewmodel.view(loaded.presets, loaded.contributions)
    local format = ctx.flags.json and "json" or ctx.flags.output
    if format then
      ctx:write(document.encode(document.presets(view), format))
    else
      ctx:write(ctx.style:text(render.lines(view)))
    end
  end,
}
