-- `orun compositions lock`: write what every source holds now into the lock file.
local catalogue = require "orun.composition.catalogue"
local document = require "orun.cockpit.document"
local lock = require "orun.composition.lock"
local path = require "orun.util.path"
local render = require "orun.cockpit.render.compositions"
local viewmodel = require "orun.cockpit.viewmodel.compositions"

return {
  summary = "Accept what every source holds now into the lock file",
  usage = "orun compositions lock [flags]",
  description = [[
Resolves every source and writes .orun/compositions.lock.yaml anew. Commit the file: plans refuse archives and registry packages whose
content is not the locked one, and with --locked directories too.]],
  examples = {
    { "orun compositions lock", "after a source was changed on purpose" },
  },
  flags = {
    { name = "output", short = "o", value = "FORMAT", choices = { "json", "yaml" }, help = "output format" },
    { name = "json", help = "the same as -o json" },
  },
  args = {},

  run = function(ctx)
    local found = catalogue.open({
      intent = ctx.flags.intent, cwd = ctx.cwd, config_dir = ctx.flags.config_dir, lock = "renew",
    }, ctx.report)
    ctx.report:check()
    local ok, message = lock.write(found.root, found.registry.sources, true)
    if not ok then
      ctx.report:error { kind = "composition.lock", message = "cannot write the composition lock: " .. message }
      ctx.report:check()
    end
    local format = ctx.flags.json and "json" or ctx.flags.output
    if format then
      local shown = path.shown(ctx.cwd, found.lock_file)
      return ctx:write(document.encode(document.sources(shown, found.registry.sources), format))
    end
    local style = ctx.style
    local shown = path.shown(ctx.cwd, found.lock_file)
    ctx:print(("%s Wrote composition lock: %s"):format(style:paint("success", style.glyph.success), shown))
    ctx:print("")
    ctx:write(style:text(render.resolved(viewmodel.view(found.registry))))
  end,
}
