-- `orun compositions list [TYPE]`: what the sources of an intent export.
local catalogue = require "orun.composition.catalogue"
local diagnostic = require "orun.diagnostic"
local document = require "orun.cockpit.document"
local render = require "orun.cockpit.render.compositions"
local suggestion = require "orun.util.suggestion"
local viewmodel = require "orun.cockpit.viewmodel.compositions"

local function find(view, name)
  local types = {}
  for i, row in ipairs(view.rows) do types[i] = row.type end
  local row = viewmodel.find(view, name)
  if row then return row end
  diagnostic.raise {
    kind = "composition.not-found", message = "composition not found: " .. name,
    hint = suggestion.hint(name, types) or "orun compositions lists all of them",
  }
end

local function print_details(ctx, rows, expanded)
  for i, row in ipairs(rows) do
    if i > 1 then ctx:print("") end
    ctx:write(ctx.style:text(render.detail(row, expanded)))
  end
end

return {
  summary = "List compositions, or show one",
  usage = "orun compositions list [type] [flags]",
  examples = {
    { "orun compositions list", "sources and what they export" },
    { "orun compositions list --long", "every composition in detail" },
  },
  flags = {
    { name = "long", short = "l", help = "details of every composition" },
    { name = "expand-jobs", short = "e", help = "steps and parameters too" },
    { name = "output", short = "o", value = "FORMAT", choices = { "json", "yaml" }, help = "output format" },
    { name = "json", help = "the same as -o json" },
  },
  args = { { name = "type", help = "show this one in detail", optional = true, complete = "types" } },

  run = function(ctx, args)
    local flags = ctx.flags
    local found = catalogue.open({ intent = flags.intent, cwd = ctx.cwd, config_dir = flags.config_dir }, ctx.report)
    ctx.report:check()
    local view = viewmodel.view(found.registry)
    local row = args[1] and find(view, args[1])
    local format = flags.json and "json" or flags.output
    if format then
      local out = row and document.composition(row, flags.expand_jobs) or document.compositions(view.rows, flags.expand_jobs)
      ctx:write(document.encode(out, format))
    elseif row or flags.long then
      print_details(ctx, row and { row } or view.rows, flags.expand_jobs)
    else
      ctx:write(ctx.style:text(render.list(view)))
    end
  end,
}
