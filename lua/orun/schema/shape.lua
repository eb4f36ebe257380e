-- Words for writing our own published schemas. YAML is lenient, and so are these: a text may be any scalar, and what may be empty may
-- be null.
local value = require "host.value"

local M = {}

local function described(schema, description)
  schema.description = description
  return schema
end

---Any scalar: what is written is taken as text.
---@param description? string
---@param more? table further keywords
---@return table
function M.text(description, more)
  local schema = described({ type = { "string", "number", "boolean" } }, description)
  for keyword, v in next, more or {} do schema[keyword] = v end
  return schema
end

---A text that may not be empty.
---@param description? string
---@param more? table
---@return table
function M.name(description, more)
  local schema = M.text(description, more)
  schema.minLength = 1
  return schema
end

---@param choices string[]
---@param description? string
---@return table
function M.one_of(choices, description)
  return described({ enum = choices }, description)
end

---@param description? string
---@param minimum? integer
---@return table
function M.integer(description, minimum)
  return described({ type = "integer", minimum = minimum }, description)
end

---@param description? string
---@return table
function M.truth(description)
  return described({ enum = { true, false, "yes", "no", "on", "off" } }, description)
end

---@param description? string
---@return table
function M.duration(description)
  return described({
    type = "string", pattern = "^([0-9]+(\\.[0-9]+)?(ns|us|µs|ms|s|m|h))+$", examples = { "30s", "10m", "1h30m" },
  }, description)
end

---A list; null when there is nothing in it.
---@param items table
---@param description? string
---@param minimum? integer most often 1; such a list may not be null
---@return table
function M.list(items, description, minimum)
  local type_of = minimum and "array" or { "array", "null" }
  return described({ type = type_of, items = items, minItems = minimum }, description)
end

---@param description? string
---@return table
function M.texts(description)
  return M.list(M.text(), description)
end

---A map from names to one kind of value.
---@param of table|boolean
---@param description? string
---@param names? table what the names must be
---@return table
function M.map(of, description, names)
  return described({ type = { "object", "null" }, additionalProperties = of, propertyNames = names }, description)
end

---A map of scalars.
---@param description? string
---@return table
function M.text_map(description)
  return M.map({ type = { "string", "number", "boolean", "null" } }, description)
end

---An object with known keys.
---@param properties table<string, table>
---@param options? {required?: string[], description?: string, open?: boolean}
---@return table
function M.object(properties, options)
  options = options or {}
  local required = options.required
  return described({
    type = required and "object" or { "object", "null" }, properties = properties, required = required,
    additionalProperties = options.open or false,
  }, options.description)
end

---@param name string of a definition
---@param description? string
---@return table
function M.ref(name, description)
  -- Beside $ref draft 7 ignores every keyword.
  if not description then return { ["$ref"] = "#/definitions/" .. name } end
  return { description = description, allOf = { { ["$ref"] = "#/definitions/" .. name } } }
end

-- Sequences become lists, which encoders and the validator need.
local function mark(schema)
  if schema[1] ~= nil then value.list(schema) end
  for _, child in next, schema do
    if type(child) == "table" then mark(child) end
  end
end

---A whole schema.
---@param name string
---@param schema table
---@param definitions? table<string, table>
---@return table
function M.document(name, schema, definitions)
  schema["$schema"] = "http://json-schema.org/draft-07/schema#"
  schema["$id"] = "urn:orun:schema:" .. name
  schema.title = "orun " .. name
  schema.definitions = definitions
  mark(schema)
  return schema
end

return M
