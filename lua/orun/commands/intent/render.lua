-- `orun intent render`: the effective intent as one document.
local compiler = require "orun.compiler"
local condition = require "orun.util.condition"
local destination = require "orun.cli.destination"
local document = require "orun.cockpit.document"
local fs = require "host.fs"
local path = require "orun.util.path"
local rendering = require "orun.intent.rendering"

return {
  summary = "Print the intent with its presets and discovered components",
  usage = "orun intent render [flags]",
  description = [[
The document is what the compiler starts from: presets merged, discovered components listed with the inline ones, nothing defaulted.
Beside the same manifests it is no intent to compile: every discovered component would stand there twice.]],
  examples = {
    { "orun intent render", "the merged intent as YAML" },
    { "orun intent render -o merged.yaml", "into a file" },
  },
  flags = {
    { name = "output", short = "o", value = "PATH", help = "write it there instead of to standard output (-)" },
    { name = "json", type = "boolean", help = "as JSON instead of YAML" },
  },
  args = {},

  run = function(ctx)
    local loaded = compiler.read({ intent = ctx.flags.intent, cwd = ctx.cwd }, ctx.report)
    local text = document.encode(rendering.document(loaded.intent, loaded.components), ctx.flags.json and "json" or "yaml")
    local file = ctx.flags.output
    if not file or file == "-" then return ctx:write(text) end
    destination.check(ctx, file, "orun intent render, as JSON with --json")
    local ok, message = fs.write(path.resolve(ctx.cwd, file), text, { through = true })
    if not ok then
      ctx.report:error {
        kind = "intent.unwritable", message = ("cannot write the intent to %s: %s"):format(file, condition.reason(message)),
      }
      ctx.report:check()
    end
    if not ctx.flags.json then ctx:print("Effective intent written to " .. file) end
  end,
}
