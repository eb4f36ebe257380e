-- `orun get components [NAME]`: the components of the intent and where they run.
local compiler = require "orun.compiler"
local diagnostic = require "orun.diagnostic"
local expand = require "orun.compiler.expand"
local json = require "host.json"
local sorted = require "orun.util.sorted"
local suggestion = require "orun.util.suggestion"
local viewmodel = require "orun.cockpit.viewmodel.components"
local yaml = require "host.yaml"

---Components sorted by name with the instances of each, by environment.
local function collect(ctx, details)
  local model = compiler.model({ intent = ctx.flags.intent, cwd = ctx.cwd }, ctx.report, false)
  local expansion = expand(model, nil, {}, ctx.report)
  ctx.report:check()
  return viewmodel.rows(model, expansion, details)
end

local function find(list, name)
  local names = {}
  for i, item in ipairs(list) do
    if item.name == name then return item end
    names[i] = item.name
  end
  diagnostic.raise { kind = "intent.component-not-found", message = "component not found: " .. name, hint = suggestion.hint(name, names) }
end

local function mark(ctx, item)
  local glyph = ctx.style.glyph
  return item.enabled and ctx.style:paint("success", glyph.success) or ctx.style:paint("muted", glyph.skipped)
end

local function print_list(ctx, list)
  if #list == 0 then
    ctx:print("No components found.")
    return
  end
  local style = ctx.style
  ctx:print(style.plural(#list, "component"))
  local name, type_name = style.column(list, "name", 24), style.column(list, "type", 28)
  for _, item in ipairs(list) do
    ctx:print(style:line { "  ", mark(ctx, item), " ", style.pad(item.name, name), " ", style.pad(item.type, type_name), " ",
      table.concat(item.environments, ",") })
  end
end

local columns = {
  { "NAME", "name" }, { "TYPE", "type" }, { "DOMAIN", "domain" }, { "ENVIRONMENTS", "environments" }, { "PATH", "path" },
  { "SOURCE", "source" }, { "DEPENDS ON", "dependsOn" },
}

local function cell(v)
  local text = type(v) == "table" and table.concat(v, ",") or v
  return text ~= "" and text or "-"
end

local function print_wide(ctx, list)
  local widths = {}
  for i, column in ipairs(columns) do
    widths[i] = #column[1]
    for _, item in ipairs(list) do widths[i] = math.max(widths[i], ctx.style.width(cell(item[column[2]]))) end
  end
  local function row(texts)
    local out = {}
    for i, text in ipairs(texts) do out[i] = i < #texts and ctx.style.pad(text, widths[i]) or text end
    return table.concat(out, "  ")
  end
  local heads = {}
  for i, column in ipairs(columns) do heads[i] = column[1] end
  ctx:print(ctx.style:paint("dim", row(heads)))
  for _, item in ipairs(list) do
    local texts = {}
    for i, column in ipairs(columns) do texts[i] = cell(item[column[2]]) end
    ctx:print(row(texts))
  end
end

local function text_of(v)
  return type(v) == "string" and v or json.encode(v)
end

local function print_map(ctx, title, map)
  if next(map) == nil then return end
  ctx:print(("    %s:"):format(title))
  for k, v in sorted.pairs(map) do ctx:print(("      %s: %s"):format(k, text_of(v))) end
end

local function print_details(ctx, item, wide)
  ctx:print(("%s %s"):format(mark(ctx, item), ctx.style:paint("bold", item.name)))
  local function field(name, text)
    if text ~= "" then ctx:print(("  %s: %s"):format(name, text)) end
  end
  field("type", item.type)
  field("domain", item.domain)
  field("enabled", tostring(item.enabled))
  field("source", item.source)
  field("dependencies", table.concat(item.dependsOn, ", "))
  if wide then
    field("path", item.path)
    field("environments", table.concat(item.environments, ", "))
    for key, text in sorted.pairs(item.labels) do field("label " .. key, text) end
  end
  ctx:print(("  instances (%d):"):format(#item.instances))
  for _, instance in ipairs(item.instances) do
    ctx:print(("  [%s] path=%s"):format(instance.environment, instance.path))
    print_map(ctx, "parameters", instance.parameters)
    print_map(ctx, "env", instance.env)
  end
end

return {
  summary = "List the components and the environments they run in",
  usage = "orun get components [name] [flags]",
  aliases = { "component" },
  examples = {
    { "orun get components", "names, types and environments" },
    { "orun get components cart", "one in detail" },
    { "orun get components -o yaml", "as data" },
  },
  flags = {
    { name = "output", short = "o", value = "FORMAT", choices = { "json", "yaml", "wide" }, help = "output format" },
    { name = "json", type = "boolean", help = "the same as -o json" },
  },
  args = { { name = "component", help = "show this one in detail", optional = true, complete = "components" } },

  run = function(ctx, args)
    local format = ctx.flags.json and "json" or ctx.flags.output
    local list = collect(ctx, args[1] ~= nil)
    local item = args[1] and find(list, args[1])
    if format == "json" then
      ctx:print(json.encode(item or list, { indent = 2 }))
    elseif format == "yaml" then
      ctx:write(yaml.encode(item or list))
    elseif item then
      print_details(ctx, item, format == "wide")
    elseif format == "wide" then
      print_wide(ctx, list)
    else
      print_list(ctx, list)
    end
  end,
}
