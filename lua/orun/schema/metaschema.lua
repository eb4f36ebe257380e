-- The meta-schemas of draft 7 and draft 2020-12 (json-schema.org), as far as they constrain anything.
local value = require "host.value"

local M = {}

local list = value.list
local ref = function(target) return { ["$ref"] = target } end

local function draft7()
  local positive = { type = "integer", minimum = 0 }
  local strings = { type = "array", items = { type = "string" }, uniqueItems = true }
  local here, many = ref "#", ref "#/definitions/schemaArray"
  local map = { type = "object", additionalProperties = ref "#" }
  return {
    ["$schema"] = "http://json-schema.org/draft-07/schema#", ["$id"] = "http://json-schema.org/draft-07/schema#",
    type = list { "object", "boolean" },
    definitions = {
      schemaArray = { type = "array", minItems = 1, items = ref "#" },
      simpleTypes = { enum = list { "array", "boolean", "integer", "null", "number", "object", "string" } },
    },
    properties = {
      ["$id"] = { type = "string", format = "uri-reference" }, ["$schema"] = { type = "string", format = "uri" },
      ["$ref"] = { type = "string", format = "uri-reference" }, ["$comment"] = { type = "string" }, title = { type = "string" },
      description = { type = "string" }, readOnly = { type = "boolean" }, examples = { type = "array" },
      multipleOf = { type = "number", exclusiveMinimum = 0 }, maximum = { type = "number" }, exclusiveMaximum = { type = "number" },
      minimum = { type = "number" }, exclusiveMinimum = { type = "number" }, maxLength = positive, minLength = positive,
      pattern = { type = "string", format = "regex" }, additionalItems = here, items = { anyOf = list { here, many } },
      maxItems = positive, minItems = positive, uniqueItems = { type = "boolean" }, contains = here, maxProperties = positive,
      minProperties = positive, required = strings, additionalProperties = here, definitions = map, properties = map,
      patternProperties = { type = "object", additionalProperties = here, propertyNames = { format = "regex" } },
      dependencies = { type = "object", additionalProperties = { anyOf = list { here, strings } } }, propertyNames = here,
      enum = { type = "array" }, type = { anyOf = list { ref "#/definitions/simpleTypes",
        { type = "array", items = ref "#/definitions/simpleTypes", minItems = 1, uniqueItems = true } } },
      format = { type = "string" }, contentMediaType = { type = "string" }, contentEncoding = { type = "string" },
      ["if"] = here, ["then"] = here, ["else"] = here, allOf = many, anyOf = many, oneOf = many, ["not"] = here,
    },
  }
end

local BASE = "https://json-schema.org/draft/2020-12/"

local function vocabulary(name, properties, defs)
  return {
    ["$schema"] = BASE .. "schema", ["$id"] = BASE .. "meta/" .. name, ["$dynamicAnchor"] = "meta",
    type = list { "object", "boolean" }, properties = properties, ["$defs"] = defs,
  }
end

local latest = {}

latest["schema"] = function()
  local parts = list {}
  for i, name in ipairs { "core", "applicator", "unevaluated", "validation", "meta-data", "format-annotation", "content" } do
    parts[i] = ref("meta/" .. name)
  end
  local required = {}
  for _, name in ipairs { "core", "applicator", "unevaluated", "validation", "meta-data", "format-annotation", "content" } do
    required[BASE .. "vocab/" .. name] = true
  end
  local here = { ["$dynamicRef"] = "#meta" }
  return {
    ["$schema"] = BASE .. "schema", ["$id"] = BASE .. "schema", ["$vocabulary"] = required, ["$dynamicAnchor"] = "meta",
    allOf = parts, type = list { "object", "boolean" },
    properties = {
      definitions = { type = "object", additionalProperties = here },
      dependencies = { type = "object", additionalProperties = { anyOf = list { here, ref "meta/validation#/$defs/stringArray" } } },
    },
  }
end

latest["meta/core"] = function()
  local name = { type = "string", pattern = "^[A-Za-z_][-A-Za-z0-9._]*$" }
  return vocabulary("core", {
    ["$id"] = { type = "string", format = "uri-reference", pattern = "^[^#]*#?$" }, ["$schema"] = { type = "string", format = "uri" },
    ["$ref"] = { type = "string", format = "uri-reference" }, ["$anchor"] = name,
    ["$dynamicRef"] = { type = "string", format = "uri-reference" }, ["$dynamicAnchor"] = name,
    ["$vocabulary"] = { type = "object", propertyNames = { type = "string", format = "uri" }, additionalProperties = { type = "boolean" } },
    ["$comment"] = { type = "string" }, ["$defs"] = { type = "object", additionalProperties = { ["$dynamicRef"] = "#meta" } },
  })
end

latest["meta/applicator"] = function()
  local here, many = { ["$dynamicRef"] = "#meta" }, ref "#/$defs/schemaArray"
  local map = { type = "object", additionalProperties = here }
  return vocabulary("applicator", {
    prefixItems = many, items = here, contains = here, additionalProperties = here, properties = map,
    patternProperties = { type = "object", additionalProperties = here, propertyNames = { format = "regex" } },
    dependentSchemas = map, propertyNames = here, ["if"] = here, ["then"] = here, ["else"] = here, allOf = many, anyOf = many,
    oneOf = many, ["not"] = here,
  }, { schemaArray = { type = "array", minItems = 1, items = here } })
end

latest["meta/unevaluated"] = function()
  local here = { ["$dynamicRef"] = "#meta" }
  return vocabulary("unevaluated", { unevaluatedItems = here, unevaluatedProperties = here })
end

latest["meta/validation"] = function()
  local positive, number, strings = ref "#/$defs/nonNegativeInteger", { type = "number" }, ref "#/$defs/stringArray"
  return vocabulary("validation", {
    type = { anyOf = list { ref "#/$defs/simpleTypes",
      { type = "array", items = ref "#/$defs/simpleTypes", minItems = 1, uniqueItems = true } } },
    enum = { type = "array" }, multipleOf = { type = "number", exclusiveMinimum = 0 }, maximum = number, exclusiveMaximum = number,
    minimum = number, exclusiveMinimum = number, maxLength = positive, minLength = positive,
    pattern = { type = "string", format = "regex" }, maxItems = positive, minItems = positive, uniqueItems = { type = "boolean" },
    maxContains = positive, minContains = positive, maxProperties = positive, minProperties = positive, required = strings,
    dependentRequired = { type = "object", additionalProperties = strings },
  }, {
    nonNegativeInteger = { type = "integer", minimum = 0 },
    simpleTypes = { enum = list { "array", "boolean", "integer", "null", "number", "object", "string" } },
    stringArray = { type = "array", items = { type = "string" }, uniqueItems = true },
  })
end

latest["meta/meta-data"] = function()
  local text, flag = { type = "string" }, { type = "boolean" }
  return vocabulary("meta-data", { title = text, description = text, deprecated = flag, readOnly = flag, writeOnly = flag,
    examples = { type = "array" } })
end

latest["meta/format-annotation"] = function()
  return vocabulary("format-annotation", { format = { type = "string" } })
end

latest["meta/content"] = function()
  return vocabulary("content", { contentEncoding = { type = "string" }, contentMediaType = { type = "string" },
    contentSchema = { ["$dynamicRef"] = "#meta" } })
end

local built = {}

---The meta-schema document at an address (without fragment), or nil. Every caller gets the same table: do not change it.
---@param address string
---@return table?
function M.find(address)
  if built[address] then return built[address] end
  local make = address == "http://json-schema.org/draft-07/schema" and draft7
    or address:sub(1, #BASE) == BASE and latest[address:sub(#BASE + 1)]
  if make then built[address] = make() end
  return built[address]
end

return M
