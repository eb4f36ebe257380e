-- `orun validate`: everything that `orun plan` checks, for all environments and all components; nothing is stored.
local compiler = require "orun.compiler"
local json = require "host.json"
local value = require "host.value"

local result_shape = value.shape { "errors", "warnings" }

return {
  summary = "Check the intent, its components and their compositions",
  usage = "orun validate [flags]",
  description = "Runs every check of `orun plan` for all environments and all components, wherever it is started, and writes no plan.",
  flags = {
    { name = "strict", type = "boolean", help = "treat warnings as errors" },
    { name = "json", type = "boolean", help = "print the findings as JSON" },
  },
  args = {},

  run = function(ctx)
    local function progress(token, text)
      if ctx.flags.json then return end
      if token == "success" then
        ctx:print(("%s %s"):format(ctx.style:paint("success", ctx.style.glyph.success), text))
      else
        ctx:print(("%s %s"):format(ctx.style:paint("dim", ctx.style.glyph.bullet), text))
      end
    end
    compiler.validate({
      intent = ctx.flags.intent, cwd = ctx.cwd, config_dir = ctx.flags.config_dir, progress = progress,
    }, ctx.report)
    if ctx.flags.json then
      ctx:print(json.encode(result_shape { errors = value.list {}, warnings = value.list(ctx.report.warnings) }, { indent = 2 }))
    end
  end,
}
