-- `orun component [NAME]`: the components that run somewhere, or one of them in detail.
local changes = require "orun.cli.changes"
local compiler = require "orun.compiler"
local diagnostic = require "orun.diagnostic"
local document = require "orun.cockpit.document"
local expand = require "orun.compiler.expand"
local impact = require "orun.change.impact"
local render = require "orun.cockpit.render.components"
local suggestion = require "orun.util.suggestion"
local value = require "host.value"
local viewmodel = require "orun.cockpit.viewmodel.components"

---A component that is enabled but in no environment does not exist here; one that was switched off is shown as such.
---@return ComponentRow[]
---@return ChangedRows? groups when only changes are asked for
local function collect(ctx, options)
  local model, loaded = compiler.model({ intent = ctx.flags.intent, cwd = ctx.cwd }, ctx.report, false)
  local expansion = expand(model, nil, {}, ctx.report)
  ctx.report:check()
  local list = value.list {}
  for _, row in ipairs(viewmodel.rows(model, expansion, true)) do
    if #row.instances > 0 or not row.enabled then list[#list + 1] = row end
  end
  local found = compiler.changes(loaded, nil, options, ctx.report)
  if not found then return list end
  changes.explain(ctx, options, found, model)
  return list, viewmodel.changed(list, impact.changed(expansion.instances, found), found.intent and found.intent.removed)
end

local function find(rows, name)
  local names = {}
  for i, row in ipairs(rows) do
    if row.name == name then return row end
    names[i] = row.name
  end
  diagnostic.raise { kind = "intent.component-not-found", message = "component not found: " .. name, hint = suggestion.hint(name, names) }
end

---Prints the groups, or the one component that was asked for when it changed.
local function print_changed(ctx, rows, groups, name, format)
  local row = name and #groups.changed > 0 and find(rows, name)
  if row then
    for _, item in ipairs(groups.changed) do
      if item == row then return ctx:write(format and document.encode(row, format) or ctx.style:text(render.detail(row))) end
    end
    if not format then return ctx:print(("component %s has not changed"):format(name)) end
    return ctx:write(document.encode(value.null, format))
  end
  ctx:write(format and document.encode(groups, format) or ctx.style:text(render.changed(groups, ctx.flags.long)))
end

return {
  summary = "List the components that run in an environment, or show one",
  usage = "orun component [name] [flags]",
  description = "With a name, or with --long, everything that was merged for each environment: path, parameters and env.",
  aliases = { "components" },
  examples = {
    { "orun component", "what runs where" },
    { "orun component --changed", "those that changed, what they depend on, what depends on them" },
    { "orun component cart", "one in detail, merged for each environment" },
    { "orun components --long -o yaml", "all of them as data" },
  },
  flags = changes.with {
    { name = "long", short = "l", type = "boolean", help = "every component in detail" },
    { name = "output", short = "o", value = "FORMAT", choices = { "json", "yaml" }, help = "output format" },
    { name = "json", type = "boolean", help = "the same as -o json" },
  },
  args = { { name = "component", help = "show this one in detail", optional = true, complete = "components" } },

  run = function(ctx, args)
    local rows, groups = collect(ctx, changes.read(ctx))
    if groups then return print_changed(ctx, rows, groups, args[1], ctx.flags.json and "json" or ctx.flags.output) end
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
