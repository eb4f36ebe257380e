-- The effective intent as a document: presets merged, discovered components among the others, nothing defaulted.
local preset = require "orun.intent.preset"
local value = require "host.value"

local M = {}

---Keys in the order in which people count: runs of digits compare as numbers.
---@param a string
---@param b string
---@return boolean before
function M.before(a, b)
  local i, j = 1, 1
  while true do
    local x, y = a:match("^%d+", i), b:match("^%d+", j)
    if x and y then
      local p, q = x:gsub("^0+", ""), y:gsub("^0+", "")
      if #p ~= #q then return #p < #q end
      if p ~= q then return p < q end
      if #x ~= #y then return #x < #y end
      i, j = i + #x, j + #y
    else
      local c, d = a:byte(i), b:byte(j)
      if not c or not d then return not c and d ~= nil end
      if c ~= d then return c < d end
      i, j = i + 1, j + 1
    end
  end
end

local function in_order(map)
  local keys = {}
  for key in next, map do keys[#keys + 1] = key end
  table.sort(keys, M.before)
  return value.shape(keys)(map)
end

---A free map, and all maps below it, in that order.
local function natural(v)
  if type(v) ~= "table" then return v end
  local out = value.is_list(v) and value.list {} or {}
  for key, item in next, v do out[key] = natural(item) end
  return value.is_list(v) and out or in_order(out)
end

---Map of records, each made by `make`.
local function each(map, make)
  local out = {}
  for name, item in next, map or {} do out[name] = make(item) end
  return in_order(out)
end

local function list(items, make)
  local out = value.list {}
  for i, item in ipairs(items or {}) do out[i] = make and make(item) or item end
  return out
end

---Absent when it says nothing.
local function some(v)
  if v == nil or v == "" or type(v) == "table" and next(v) == nil then return nil end
  return v
end

local function some_list(items, make)
  return items and #items > 0 and list(items, make) or nil
end

local function some_map(map)
  return some(map) and natural(map)
end

---A maker of records with these keys in this order; makers of single keys in `with`, all others are texts or truth values.
local function record(keys, with)
  local shape = value.shape(keys)
  return function(decoded)
    local out = {}
    for _, key in ipairs(keys) do
      local make = with and with[key]
      if make then
        out[key] = make(decoded[key])
      else
        out[key] = some(decoded[key])
      end
    end
    return shape(out)
  end
end

local function present(make)
  return function(decoded)
    local out = decoded and make(decoded)
    return out and next(out) ~= nil and out or nil
  end
end

local function text(v) return v or "" end

local step = record({
  "id", "name", "capability", "phase", "order", "run", "use", "with", "env", "shell", "working-directory", "timeout", "retry", "onFailure",
}, { with = some_map, env = some_map })

local when = present(record { "triggerRef" })

local subscription = record({ "name", "profile", "profileRules", "dependencyMode", "dependencyRules", "env", "parameters" }, {
  profileRules = function(rules) return some_list(rules, record({ "profile", "when" }, { when = when })) end,
  dependencyRules = function(rules) return some_list(rules, record({ "mode", "when" }, { when = when })) end,
  env = some_map, parameters = some_map,
})

local component = record({
  "name", "type", "domain", "enabled", "path", "subscribe", "compositionRef", "parameters", "overrides", "labels", "dependsOn", "env",
  "change",
}, {
  name = text, type = text, domain = text, path = text, enabled = function(v) return v ~= false end,
  subscribe = function(v) return { environments = list(v and v.environments, subscription) } end,
  compositionRef = present(record { "source", "name" }), parameters = function(v) return natural(v or {}) end,
  overrides = function(v) return { steps = list(v and v.steps, step) } end, labels = function(v) return natural(v or {}) end,
  dependsOn = function(v)
    return list(v, record({ "component", "environment", "scope", "condition", "include", "reason" }, { component = text }))
  end,
  env = some_map, change = present(record({ "watches" }, { watches = some_list })),
})

local promotion = record({ "environment", "strategy", "condition", "satisfy", "match" }, {
  environment = text, match = present(record { "revision" }),
})

local environment_fields = record({
  "path", "activation", "promotion", "selectors", "parameterDefaults", "policies", "env", "dependencyMode",
}, {
  path = text, activation = present(record({ "triggerRefs" }, { triggerRefs = some_list })),
  promotion = present(record({ "dependsOn" }, { dependsOn = function(v) return some_list(v, promotion) end })),
  selectors = function(v)
    return value.shape { "components", "domains" } { components = list(v and v.components), domains = list(v and v.domains) }
  end,
  parameterDefaults = function(v) return natural(v or {}) end, env = some_map,
})

local function environment(decoded)
  local out = environment_fields(decoded)
  out.policies = natural(preset.effective_policies(decoded))
  return out
end

local group_shape = value.shape { "path", "policies", "parameterDefaults" }

local function group(decoded)
  return group_shape {
    path = some(decoded.path), policies = natural(preset.effective_policies(decoded)),
    parameterDefaults = natural(decoded.parameterDefaults or {}),
  }
end

local binding = record({ "description", "on", "plan" }, {
  on = present(record({ "provider", "event", "actions", "branches", "baseBranches", "tags" }, {
    actions = some_list, branches = some_list, baseBranches = some_list, tags = some_list,
  })),
  plan = present(record { "scope", "base", "head" }),
})

local source = record({ "name", "kind", "path", "ref", "digest", "pullPolicy", "verify", "metadata" }, {
  verify = present(record { "provider", "keyRef", "required" }), metadata = some_map,
})

local root = record({
  "apiVersion", "kind", "metadata", "discovery", "compositions", "automation", "groups", "environments", "components", "execution", "env",
}, {
  apiVersion = text, kind = text,
  metadata = function(v)
    return record({ "name", "description", "namespace" }, { name = text, description = text, namespace = text })(v or {})
  end,
  discovery = function(v) return { roots = list(v and v.roots) } end,
  compositions = present(record({ "sources", "resolution" }, {
    sources = function(v) return some_list(v, source) end,
    resolution = present(record({ "precedence", "bindings" }, { precedence = some_list, bindings = some_map })),
  })),
  automation = present(record({ "triggerBindings" }, { triggerBindings = function(v) return some(v) and each(v, binding) end })),
  groups = function(v) return each(v, group) end, environments = function(v) return each(v, environment) end,
  execution = present(record({ "state" }, { state = present(record { "mode", "backendUrl" }) })), env = some_map,
})

---@param intent table decoded, presets merged
---@param components table[] decoded, discovered ones too
---@return table document for host.yaml or host.json, with its key order
function M.document(intent, components)
  local out = root(intent)
  out.components = list(components, component)
  return out
end

return M
