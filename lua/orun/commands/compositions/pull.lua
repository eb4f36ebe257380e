-- `orun compositions pull`: fetch every source into the cache.
local catalogue = require "orun.composition.catalogue"
local document = require "orun.cockpit.document"
local path = require "orun.util.path"
local render = require "orun.cockpit.render.compositions"
local viewmodel = require "orun.cockpit.viewmodel.compositions"

return {
  summary = "Fetch every source into the cache",
  usage = "orun compositions pull [flags]",
  description = [[
Resolves every source as a plan would: content that differs from the lock file is refused, entries that the lock file misses are added.
To accept new content use `orun compositions lock`.]],
  examples = {
    { "orun compositions pull", "before working without a network" },
    { "orun compositions pull --locked", "in CI" },
  },
  flags = {
    { name = "locked", help = "every source must be as the lock file says" },
    { name = "output", short = "o", value = "FORMAT", choices = { "json", "yaml" }, help = "output format" },
    { name = "json", help = "the same as -o json" },
  },
  args = {},

  run = function(ctx)
    local flags = ctx.flags
    local found = catalogue.open({
      intent = flags.intent, cwd = ctx.cwd, config_dir = flags.config_dir, lock = true, locked = flags.locked,
    }, ctx.report)
    ctx.report:check()
    local format = flags.json and "json" or flags.output
    if format then
      local shown = path.shown(ctx.cwd, found.lock_file)
      return ctx:write(document.encode(document.sources(shown, found.registry.sources), format))
    end
    local style = ctx.style
    ctx:print(("%s Pulled %s"):format(style:paint("success", style.glyph.success), style.plural(#found.registry.sources, "source")))
    ctx:print("")
    ctx:write(style:text(render.resolved(viewmodel.view(found.registry))))
  end,
}
