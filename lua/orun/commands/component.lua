-- `orun component [NAME]`: the components that run somewhere, or one of them in detail.
local compiler = require "orun.compiler"
local diagnostic = require "orun.diagnostic"
local document = require "orun.cockpit.document"
local expand = require "orun.compiler.expand"
local render = require "orun.cockpit.render.components"
local suggestion = require "orun.util.suggestion"
local value = require "host.value"
local viewmodel = require "orun.cockpit.viewmodel.components"

---A component that is enabled but in no environment does not exist here; one that was switched off is shown as such.
local function collect(ctx)
  local model = compiler.model({ intent = ctx.flags.intent, cwd = ctx.cwd }, ctx.report, false)
  local expansion = expand(model, nil, {}, ctx.report)
  ctx.report:check()
  local list = value.list {}
  for _, row in ipairs(viewmodel.rows(model, expansion, true)) do
    if #row.instances > 0 or not row.enabled then list[#list + 1] = row end
  end
  return list
end

local function find(rows, name)
  local names = {}
  for i, row in ipairs(rows) do
    if row.name == name then return row end
    names[i] = row.name
  end
  diagnostic.raise { kind = "intent.component-not-found", message = "component not found: " .. name, hint = suggestion.hint(name, names) }
end

return {
  summary = "List the components that run in an environment, or show one",
  usage = "orun component [name] [flags]",
  description = "With a name, or with --long, everything that was merged for each environment: path, parameters and env.",
  aliases = { "components" },
  examples = {
    { "orun component", "what runs where" },
    { "orun component cart", "one in detail, merged for each environment" },
    { "orun components --long -o yaml", "all of them as data" },
  },
  flags = {
    { name = "long", short = "l", type = "boolean", help = "every component in detail" },
    { name = "output", short = "o", value = "FORMAT", choices = { "json", "yaml" }, help = "output format" },
    { name = "json", type = "boolean", help = "the same as -o json" },
  },
  args = { { name = "component", help = "show this one in detail", optional = true, complete = "components" } },

  run = function(ctx, args)
    local rows = collect(ctx)
    local row = args[1] and find(rows, args[1])
    local format = ctx.flags.json and "json" or ctx.flags.output
    if format then
      ctx:write(document.encode(row or rows, format))
    elseif row then
      ctx:write(ctx.style:text(render.detail(row)))
    elseif ctx.flags.long and #rows > 0 then
      for _, item in ipairs(rows) do ctx:write(ctx.style:text(render.detail(item))) end
    else
      ctx:write(ctx.style:text(render.list(rows)))
    end
  end,
}
