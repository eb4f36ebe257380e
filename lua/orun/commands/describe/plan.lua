-- `orun describe plan [ref]`
local diagnostic = require "orun.diagnostic"

local function print_text(ctx, plan, path, wide)
  local stat = require("host.fs").stat(path)
  local view = require("orun.cockpit.viewmodel.description").plan(plan, stat and stat.mtime, wide)
  ctx:write(ctx.style:text(require("orun.cockpit.render.description").plan(view)))
end

return {
  summary = "Show a plan: its checksum, its sources, its jobs and what they wait for",
  usage = "orun describe plan [ref] [flags]",
  examples = {
    { "orun describe plan", "the latest plan" }, { "orun describe plan 9c41d0", "by the beginning of its id" },
    { "orun describe plan plan.yaml -o json", "a plan file as JSON" },
  },
  flags = {
    { name = "output", short = "o", value = "FORMAT", choices = { "json", "yaml", "wide" },
      help = "the plan document in this format; wide: the text with what it leaves out otherwise" },
    { name = "json", type = "boolean", help = "the same as -o json" },
  },
  args = { { name = "plan", help = "plan id, name or file (default: the latest)", optional = true, complete = "plans" } },

  run = function(ctx, args)
    local path, err = require("orun.plan.store").open(ctx:workspace().store):resolve(args[1])
    if not path then diagnostic.raise(err --[[@as Diagnostic]]) end
    local plan = require("orun.plan.reader").read(path, { allow_modified = true }, ctx.report)
    local format = ctx.flags.json and "json" or ctx.flags.output
    if not format or format == "wide" then return print_text(ctx, plan, path, format == "wide") end
    local text = require("orun.plan.document").encode(plan, format)
    ctx:write(format == "json" and text .. "\n" or text)
  end,
}
