-- `orun compositions explain TYPE`: which parameters, profile and capabilities give a component its steps.
local compiler = require "orun.compiler"
local diagnostic = require "orun.diagnostic"
local document = require "orun.cockpit.document"
local influence = require "orun.compiler.influence"
local render = require "orun.cockpit.render.explanation"
local suggestion = require "orun.util.suggestion"
local viewmodel = require "orun.cockpit.viewmodel.explanation"

---Instances of the type, all or those that the flags name.
local function matching(expansion, kind, flags)
  local found, types = {}, {}
  for _, instance in ipairs(expansion.instances) do
    types[instance.type] = true
    local wanted = instance.type == kind and (not flags.component or instance.name == flags.component)
      and (not flags.env or instance.environment == flags.env)
    if wanted then found[#found + 1] = instance end
  end
  return found, types
end

local function raise_none(expansion, kind, flags, types)
  for _, instance in ipairs(expansion.instances) do
    if instance.name == flags.component and instance.type ~= kind then
      diagnostic.raise {
        kind = "composition.explain", message = ('component "%s" has the type "%s", not "%s"'):format(instance.name, instance.type, kind),
        hint = ("orun compositions explain %s --component %s"):format(instance.type, instance.name),
      }
    end
  end
  local names = {}
  for name in next, types do names[#names + 1] = name end
  table.sort(names)
  local what = ('no component of type "%s"'):format(kind)
  if flags.component then what = ('%s is called "%s"'):format(what, flags.component) end
  if flags.env then what = ('%s in the environment "%s"'):format(what, flags.env) end
  diagnostic.raise {
    kind = "composition.explain", message = what,
    hint = not types[kind] and suggestion.hint(kind, names) or "orun get components lists components, their types and environments",
  }
end

return {
  summary = "Explain where the parameters and steps of a component come from",
  usage = "orun compositions explain <type> [--component NAME] [--env NAME] [flags]",
  description = [[
For every component of the type, in every environment, or those that the flags name: each parameter with the file and line that it comes
from, the profile and who chose it, and each step of its jobs with the reason why it is there or why it is not, and the parameters
that it would not be the same without.]],
  examples = {
    { "orun compositions explain terraform --component network --env production", "one component in one environment" },
    { "orun compositions explain node --json", "all of a type, as data" },
  },
  flags = {
    { name = "component", value = "NAME", help = "this component only", complete = "components" },
    { name = "env", short = "e", value = "NAME", help = "this environment only", complete = "environments" },
    { name = "output", short = "o", value = "FORMAT", choices = { "json", "yaml" }, help = "output format" },
    { name = "json", help = "the same as -o json" },
  },
  args = { { name = "type", help = "type of the components", complete = "types" } },

  run = function(ctx, args)
    local flags = ctx.flags
    local model, expansion, jobs = compiler.bound({
      intent = flags.intent, cwd = ctx.cwd, config_dir = flags.config_dir, all = true,
    }, ctx.report)
    local instances, types = matching(expansion, args[1], flags)
    if #instances == 0 then raise_none(expansion, args[1], flags, types) end
    local views = {}
    for i, instance in ipairs(instances) do views[i] = viewmodel.view(model, instance, jobs, influence.of(instance)) end
    local format = flags.json and "json" or flags.output
    if format then
      ctx:write(document.encode(document.explanations(views), format))
      return
    end
    for i, view in ipairs(views) do
      if i > 1 then ctx:print("") end
      ctx:write(ctx.style:text(render.lines(view)))
    end
  end,
}
