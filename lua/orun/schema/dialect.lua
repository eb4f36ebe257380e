-- The dialects of JSON Schema: what each keyword holds, and where the drafts differ.
--   "schema"  a schema            "list"   a list of schemas        "map"  a map of schemas
--   "either"  a schema or a list  "needs"  a map of schemas or lists of names (draft 7 `dependencies`)
local M = {}

local common = {
  additionalProperties = "schema", allOf = "list", anyOf = "list", contains = "schema", ["else"] = "schema", ["if"] = "schema",
  ["not"] = "schema", oneOf = "list", patternProperties = "map", properties = "map", propertyNames = "schema", ["then"] = "schema",
}

local function extend(extra)
  local t = {}
  for k, v in next, common do t[k] = v end
  for k, v in next, extra do t[k] = v end
  return t
end

---@class Dialect
---@field name string
---@field holds table<string, string> keywords that hold schemas
---@field modern boolean 2019-09 and later: `$ref` beside other keywords, `$anchor`, `unevaluated*`
---@field prefix boolean 2020-12: `prefixItems`
---@field id string the keyword that names a resource
---@field asserts_format boolean chapter: drafts up to 7 assert `format`

local draft7 = { name = "draft-07", id = "$id", modern = false, asserts_format = true,
  holds = extend { additionalItems = "schema", items = "either", definitions = "map", dependencies = "needs" } }
local draft6 = { name = "draft-06", id = "$id", modern = false, asserts_format = true, holds = draft7.holds }
local draft4 = { name = "draft-04", id = "id", modern = false, asserts_format = true, holds = draft7.holds }
local modern = extend { items = "schema", prefixItems = "list", ["$defs"] = "map", definitions = "map", dependentSchemas = "map",
  unevaluatedItems = "schema", unevaluatedProperties = "schema", dependencies = "needs" }
local latest = { name = "2020-12", id = "$id", modern = true, prefix = true, asserts_format = false, holds = modern }
local middle_holds = extend { additionalItems = "schema", items = "either", ["$defs"] = "map", definitions = "map",
  dependentSchemas = "map",
  unevaluatedItems = "schema", unevaluatedProperties = "schema", dependencies = "needs" }
local middle = { name = "2019-09", id = "$id", modern = true, prefix = false, asserts_format = false, holds = middle_holds }

local by_uri = {
  ["http://json-schema.org/draft-04/schema"] = draft4,
  ["http://json-schema.org/draft-06/schema"] = draft6,
  ["http://json-schema.org/draft-07/schema"] = draft7,
  ["https://json-schema.org/draft/2019-09/schema"] = middle,
  ["https://json-schema.org/draft/2020-12/schema"] = latest,
}

-- Without `$schema`: the latest draft, except that formats count.
M.default = setmetatable({ asserts_format = true }, { __index = latest })

---@param uri string value of `$schema`
---@return Dialect? nil when it is none of the standard ones
function M.find(uri)
  local plain = uri:gsub("#$", "")
  return by_uri[plain] or by_uri[(plain:gsub("^https://json%-schema%.org/draft%-", "http://json-schema.org/draft-"))]
end

return M
