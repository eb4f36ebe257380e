-- Defaults that the schema itself refuses. A default is laid below what components say after that was validated, so nothing else looks.
local place = require "orun.intent.place"
local schema = require "orun.schema"
local sorted = require "orun.util.sorted"
local value = require "host.value"

---The schema of a composition that demands nothing: what one parameter is can be looked at alone.
local function lenient(root)
  local copy = value.clone(root)
  copy.required = nil
  for _, name in ipairs { "parameters", "inputs" } do
    local part = type(copy.properties) == "table" and copy.properties[name]
    if type(part) == "table" then part.required = nil end
  end
  return schema.compile(copy, { unchecked = true })
end

---Why the schema refuses a default; nil when it does not.
local function refusal(compiled, name, default)
  local parameters = { [name] = default }
  local ok, violations = compiled:validate { parameters = parameters, inputs = parameters }
  if ok then return nil end
  for _, violation in ipairs(violations) do
    local own = violation.pointer:match "^/%w+/(.*)$" or ""
    if own == name or own:sub(1, #name + 1) == name .. "/" then return violation.message end
  end
end

---@param subject LintSubject
---@param report table
return function(subject, report)
  for _, composition in ipairs(subject.compositions) do
    local compiled
    for name, property in sorted.pairs(subject:parameters(composition)) do
      local default = type(property) == "table" and property.default
      if type(property) == "table" and default ~= nil then
        compiled = compiled or lenient(composition.schema)
        local reason = compiled and refusal(compiled, name, default)
        if reason then
          report:warn(place.mark(subject:parameter_place(composition, name), {
            kind = "lint.default",
            message = ('the default of the parameter "%s" of %s is none that its schema allows: %s'):format(name, composition.name, reason),
            hint = "change the default, or what the schema allows",
          }))
        end
      end
    end
  end
end
