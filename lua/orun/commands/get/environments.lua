-- `orun get environments`: the environments as the intent declares them.
local compiler = require "orun.compiler"
local json = require "host.json"
local preset = require "orun.intent.preset"
local sorted = require "orun.util.sorted"
local value = require "host.value"
local yaml = require "host.yaml"

local environment_shape = value.shape {
  "path", "activation", "promotion", "selectors", "parameterDefaults", "policies", "env", "dependencyMode",
}
local promotion_shape = value.shape { "environment", "strategy", "condition", "satisfy", "match" }
local selectors_shape = value.shape { "components", "domains" }

local function or_null(v)
  if v == nil then return value.null end
  return v
end

local function unless_empty(v)
  if v == "" or type(v) == "table" and next(v) == nil then return nil end
  return v
end

local function promotion(decoded)
  local list = decoded and decoded.dependsOn
  if not list or #list == 0 then return {} end
  local out = value.list {}
  for i, item in ipairs(list) do
    out[i] = promotion_shape {
      environment = item.environment or "", strategy = unless_empty(item.strategy), condition = unless_empty(item.condition),
      satisfy = unless_empty(item.satisfy), match = { revision = item.match and unless_empty(item.match.revision) or nil },
    }
  end
  return { dependsOn = out }
end

local function policies_of(decoded)
  return decoded.presetPolicies and preset.effective_policies(decoded) or decoded.policies
end

---One environment, raw: nothing is defaulted.
local function describe(decoded)
  local triggers = decoded.activation and decoded.activation.triggerRefs
  local selectors = decoded.selectors or {}
  return environment_shape {
    path = decoded.path or "", activation = triggers and #triggers > 0 and { triggerRefs = triggers } or {},
    promotion = promotion(decoded.promotion),
    selectors = selectors_shape { components = or_null(selectors.components), domains = or_null(selectors.domains) },
    parameterDefaults = or_null(decoded.parameterDefaults), policies = or_null(policies_of(decoded)),
    env = decoded.env and unless_empty(decoded.env), dependencyMode = decoded.dependencyMode and unless_empty(decoded.dependencyMode),
  }
end

local function text_of(v)
  return type(v) == "string" and v or json.encode(v)
end

local function policies_text(decoded)
  local parts = {}
  for k, v in sorted.pairs(policies_of(decoded) or {}) do parts[#parts + 1] = k .. "=" .. text_of(v) end
  return table.concat(parts, " ")
end

local function defaults_text(decoded)
  local parts = {}
  for type_name, defaults in sorted.pairs(decoded.parameterDefaults or {}) do
    for k, v in sorted.pairs(defaults) do parts[#parts + 1] = ("%s.%s=%s"):format(type_name, k, text_of(v)) end
  end
  return table.concat(parts, " ")
end

local function promotion_text(decoded)
  local names = {}
  for i, item in ipairs(decoded.promotion and decoded.promotion.dependsOn or {}) do names[i] = item.environment or "" end
  return #names > 0 and "after " .. table.concat(names, ", ") or ""
end

local function print_table(ctx, environments, wide)
  local names = sorted.keys(environments)
  ctx:print(("%s  %d"):format(ctx.style:paint("bold", "ENVIRONMENTS"), #names))
  if #names == 0 then return end
  ctx:print("")
  local widths = { 14, 0, 0 }
  local rows = {}
  for i, name in ipairs(names) do
    local decoded = environments[name]
    local row = { name, policies_text(decoded), defaults_text(decoded) }
    if wide then
      row[4] = table.concat(decoded.activation and decoded.activation.triggerRefs or {}, ",")
      row[5] = promotion_text(decoded)
    end
    for j, text in ipairs(row) do widths[j] = math.max(widths[j] or 0, ctx.style.width(text)) end
    rows[i] = row
  end
  for _, row in ipairs(rows) do
    local out = {}
    for j, text in ipairs(row) do
      if widths[j] > 0 then out[#out + 1] = ctx.style.pad(text, widths[j]) end
    end
    ctx:print((table.concat(out, "  "):gsub("%s+$", "")))
  end
end

return {
  summary = "List the environments as the intent declares them",
  usage = "orun get environments [flags]",
  aliases = { "environment", "env", "envs" },
  examples = {
    { "orun get environments", "policies and parameter defaults" },
    { "orun get env -o wide", "triggers and promotions too" },
    { "orun get env -o json", "as data" },
  },
  flags = {
    { name = "output", short = "o", value = "FORMAT", choices = { "json", "yaml", "wide" }, help = "output format" },
    { name = "json", type = "boolean", help = "the same as -o json" },
  },
  args = {},

  run = function(ctx)
    local format = ctx.flags.json and "json" or ctx.flags.output
    local _, loaded = compiler.model({ intent = ctx.flags.intent, cwd = ctx.cwd }, ctx.report, false)
    local environments = loaded.intent.environments or {}
    if format == "json" or format == "yaml" then
      local out = {}
      for name, decoded in sorted.pairs(environments) do out[name] = describe(decoded) end
      if format == "json" then
        ctx:print(json.encode(out, { indent = 2 }))
      else
        ctx:write(yaml.encode(out))
      end
      return
    end
    print_table(ctx, environments, format == "wide")
  end,
}
