-- `orun describe`: one thing in detail. `orun describe run/ID` says the same as `orun describe run ID`.
local diagnostic = require "orun.diagnostic"
local discovery = require "orun.cli.discovery"

local function resources(places)
  local names = {}
  for i, found in ipairs(require("orun.cli.register").list({ "describe" }, places)) do names[i] = found.words[2] end
  return names
end

local function unknown(text, places)
  local names = resources(places)
  local hint = require("orun.util.suggestion").hint(text, names)
  diagnostic.usage(('orun describe does not know "%s"'):format(text), hint or "it describes " .. table.concat(names, ", "))
end

return {
  summary = "Show one run, plan, job or component in detail",
  usage = "orun describe <run|plan|job|component> [name] [flags]",
  description = [[
The name may also follow a slash: `orun describe run/<id>`, `orun describe job/<id>`.]],
  examples = {
    { "orun describe run", "the latest run: its jobs and their steps" },
    { "orun describe plan rc1", "the jobs of a stored plan and what they wait for" },
    { "orun describe job api@dev.deploy", "the steps of a job and how it went" },
    { "orun describe component/api -o yaml", "a component in its environments" },
  },
  flags = {
    { name = "output", short = "o", value = "FORMAT", choices = { "json", "yaml", "wide" },
      help = "output format; wide: the text with what it leaves out otherwise" },
    { name = "json", type = "boolean", help = "the same as -o json" },
    { name = "plan", value = "REF", hidden = true },
  },
  args = { { name = "resource", optional = true } },

  run = function(ctx, args)
    local invocation = ctx.invocation
    local text = args[1]
    if not text then
      return ctx:write(require("orun.cli.help").command(invocation.found, invocation.command, invocation.places))
    end
    local kind, name = text:match("^([^/]+)/(.+)$")
    local found = kind and discovery.below({ "describe" }, kind, invocation.places)
    if not found then unknown(kind or text, invocation.places) end
    local command = discovery.load(found)
    return command.run(ctx, { name, [command.args[1].name] = name })
  end,
}
