-- parameterDefaults of environments and groups are keyed by type. Defaults of a type that does not exist would never be used.
local place = require "orun.intent.place"
local sorted = require "orun.util.sorted"
local suggestion = require "orun.util.suggestion"

local M = {}

-- Types of components and of exports; nil while a source could not be read, which may export more.
---@return table<string, true>?
local function known_types(model, registry)
  if next(registry.unusable) ~= nil then return nil end
  local known = { ["*"] = true }
  for _, component in ipairs(model.components) do known[component.type] = true end
  for _, composition in sorted.pairs(registry.compositions) do known[composition.type] = true end
  return known
end

---Warns about parameterDefaults that no component can get.
---@param model table normalized
---@param registry Registry
---@param report table
function M.check(model, registry, report)
  local known = known_types(model, registry)
  if not known then return end
  local function check(owner, what)
    for name in sorted.pairs(owner.parameterDefaults) do
      if not known[name] then
        report:warn(place.mark(place.of_key(place.of(owner.place, "parameterDefaults"), name), {
          kind = "intent.unused-defaults",
          message = ('parameterDefaults of %s are for the type "%s", which neither a component nor a composition has'):format(what, name),
          hint = suggestion.hint(name, sorted.keys(known)) or 'the key "*" means every type',
        }))
      end
    end
  end
  for name, environment in sorted.pairs(model.environments) do check(environment, "environment " .. name) end
  for name, group in sorted.pairs(model.groups) do check(group, "group " .. name) end
end

return M
