-- Names that lead nowhere without a word, although something of the kind was meant: a domain beside the groups, a selector without a
-- component. They are worth a warning only where a slip is likely, since a domain needs no group.
local place = require "orun.intent.place"
local sorted = require "orun.util.sorted"
local suggestion = require "orun.util.suggestion"

local M = {}

---Domains that are nearly the name of a group: the group's policies and defaults would not count for them.
local function check_domains(model, report)
  local groups, met = sorted.keys(model.groups), {}
  for _, component in ipairs(model.components) do
    local domain = component.domain
    if domain ~= "" and not met[domain] then
      met[domain] = true
      local meant = not model.groups[domain] and suggestion.slip(domain, groups)
      if meant then
        report:warn(place.mark(place.of(component.place, "domain"), {
          kind = "intent.unknown-group",
          message = ('the domain "%s" of %s is no group, so no policies and defaults of a group count for it'):format(domain,
            component.name),
          hint = ("did you mean %s?"):format(meant),
        }))
      end
    end
  end
end

---Plain names in the selectors of environments that nothing has; a wildcard may wait for what it matches.
local function check_selectors(model, report)
  local known = { components = {}, domains = {} }
  for _, component in ipairs(model.components) do known.components[component.name], known.domains[component.domain] = true, true end
  for name, environment in sorted.pairs(model.environments) do
    for _, field in ipairs { "components", "domains" } do
      for i, text in ipairs(environment.selectors[field]) do
        if text:sub(-1) ~= "*" and not known[field][text] then
          report:warn(place.mark(place.of(environment.place, "selectors", field, i), {
            kind = "intent.unused-selector",
            message = ('environment %s selects the %s "%s", which %s'):format(name, field:sub(1, -2), text,
              field == "components" and "does not exist" or "no component has"),
            hint = suggestion.hint(text, sorted.keys(known[field])),
          }))
        end
      end
    end
  end
end

---@param model table normalized
---@param report table
function M.check(model, report)
  -- Those that nobody knows could be meant.
  if model.incomplete then return end
  check_domains(model, report)
  -- Components with mistakes have domains too.
  if #model.broken == 0 then check_selectors(model, report) end
end

---`execution.state.mode`: whatever is not `remote` is local, even what nearly is.
---@param state {mode?: string, place?: Place}
---@param report table
function M.check_mode(state, report)
  local mode = (state.mode or ""):match "^%s*(.-)%s*$"
  local known = { "local", "remote" }
  for _, name in ipairs(known) do
    if mode == "" or mode:lower() == name then return end
  end
  report:warn(place.mark(place.of(state.place, "mode"), {
    kind = "intent.state-mode", message = ('execution.state.mode is "%s", which means local; the modes are local and remote'):format(mode),
    hint = suggestion.hint(mode, known),
  }))
end

return M
