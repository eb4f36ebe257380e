-- `orun debug`: the normalized intent in a few lines.
local compiler = require "orun.compiler"
local discovery = require "orun.intent.discovery"
local document = require "orun.cockpit.document"
local preset = require "orun.intent.preset"
local sorted = require "orun.util.sorted"
local value = require "host.value"
local verb = require "orun.template.verb"

local root_shape = value.shape { "metadata", "groups", "environments", "components", "discovered" }
local metadata_shape = value.shape { "name", "description", "namespace" }
local group_shape = value.shape { "name", "policies", "parameterDefaults" }
local environment_shape = value.shape { "name", "components", "policies" }
local component_shape = value.shape { "name", "type", "domain", "enabled", "dependencies" }

---What is shown, as data.
local function summarize(model, loaded)
  local groups, environments, components, discovered = value.list {}, value.list {}, value.list {}, 0
  for name, group in sorted.pairs(model.groups) do
    groups[#groups + 1] = group_shape {
      name = name, policies = preset.effective_policies(group), parameterDefaults = group.parameterDefaults,
    }
  end
  for name, environment in sorted.pairs(model.environments) do
    environments[#environments + 1] = environment_shape {
      name = name, components = #environment.selectors.components, policies = preset.effective_policies(environment),
    }
  end
  for i, component in ipairs(model.components) do
    components[i] = component_shape {
      name = component.name, type = component.type, domain = component.domain, enabled = component.enabled,
      dependencies = #component.dependsOn,
    }
    if component.source == "discovered" then discovered = discovered + 1 end
  end
  table.sort(components, function(a, b) return a.name < b.name end)
  local roots = discovery.roots(loaded.intent.discovery and loaded.intent.discovery.roots)
  local metadata = model.metadata
  return root_shape {
    metadata = metadata_shape { name = metadata.name, description = metadata.description, namespace = metadata.namespace },
    groups = groups, environments = environments, components = components,
    discovered = value.shape { "count", "roots" } { count = discovered, roots = value.list(roots) },
  }
end

local function text(v)
  return verb.text(v, "v", {})
end

local function print_summary(ctx, summary)
  local style, metadata = ctx.style, summary.metadata
  local function heading(name, count)
    ctx:print(style:line { { name .. ":", "bold" }, " " .. count })
  end
  local function item(name, rest)
    ctx:print(style.plain(("  - %s: %s"):format(name, rest)))
  end
  ctx:print("")
  local names = ("{Name:%s Description:%s Namespace:%s}"):format(metadata.name, metadata.description, metadata.namespace)
  heading("Metadata", style.plain(names))
  heading("Groups", #summary.groups)
  for _, group in ipairs(summary.groups) do
    item(group.name, ("policies=%s, parameterDefaults=%s"):format(text(group.policies), text(group.parameterDefaults)))
  end
  heading("Environments", #summary.environments)
  for _, environment in ipairs(summary.environments) do
    item(environment.name, ("%d components, policies=%s"):format(environment.components, text(environment.policies)))
  end
  heading("Components", #summary.components)
  for _, component in ipairs(summary.components) do
    item(component.name, ("type=%s, domain=%s, enabled=%s, deps=%d"):format(component.type, component.domain, tostring(component.enabled),
      component.dependencies))
  end
  local discovered = summary.discovered
  if discovered.count > 0 then
    heading("Discovered components", ("%d (roots=[%s])"):format(discovered.count, style.plain(table.concat(discovered.roots, " "))))
  end
end

return {
  summary = "Print the normalized intent in a few lines",
  usage = "orun debug [flags]",
  description = "Groups, environments and components after presets, discovery and defaults. The components of an environment are those "
    .. "that its selectors list, not those that subscribe to it.",
  examples = {
    { "orun debug", "what orun understood of the intent" },
    { "orun debug -o json", "as data" },
  },
  flags = {
    { name = "output", short = "o", value = "FORMAT", choices = { "json", "yaml" }, help = "output format" },
    { name = "json", type = "boolean", help = "the same as -o json" },
  },
  args = {},

  run = function(ctx)
    local format = ctx.flags.json and "json" or ctx.flags.output
    if not format then ctx:print(ctx.style:line { { ctx.style.glyph.pending, "pending" }, " Loading and normalizing..." }) end
    local model, loaded = compiler.model({ intent = ctx.flags.intent, cwd = ctx.cwd }, ctx.report, false)
    local summary = summarize(model, loaded)
    if format then
      ctx:write(document.encode(summary, format))
    else
      print_summary(ctx, summary)
    end
  end,
}
