-- `orun validate`: everything that `orun plan` checks, for all environments and all components; nothing is stored.
local compiler = require "orun.compiler"
local diagnostic = require "orun.diagnostic"
local render = require "orun.cockpit.render.diagnostic"

return {
  summary = "Check the intent, its components and their compositions",
  usage = "orun validate [flags]",
  description = "Runs every check of `orun plan` for all environments and all components, wherever it is started, and writes no plan.",
  examples = {
    { "orun validate", "everything that orun plan would find, for all environments" },
    { "orun validate --strict --json", "as data, warnings as errors" },
  },
  flags = {
    { name = "locked", type = "boolean", help = "every composition source must be as the lock file says" },
    { name = "strict", type = "boolean", help = "treat warnings as errors" },
    { name = "json", type = "boolean", help = "print the findings as JSON" },
  },
  args = {},

  run = function(ctx)
    local function progress(token, text)
      if ctx.flags.json then return end
      local glyph = token == "success" and ctx.style.glyph.success or ctx.style.glyph.pending
      ctx:print(("%s %s"):format(ctx.style:paint(token == "success" and "success" or "pending", glyph), text))
    end
    compiler.validate({
      intent = ctx.flags.intent, cwd = ctx.cwd, config_dir = ctx.flags.config_dir, locked = ctx.flags.locked, progress = progress,
    }, ctx.report)
    if ctx.flags.json then
      ctx:print(render.json { errors = {}, warnings = diagnostic.sorted(ctx.report.warnings) })
    end
  end,
}
