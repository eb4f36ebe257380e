-- docs/fields.md: every field of the files that people write, from the published schemas. `orun lua spec/docs/fields_page.lua` (make docs)
-- writes it.
local fs = require "host.fs"
local sorted = require "orun.util.sorted"

local M = { file = "docs/fields.md" }

local intro = [[
# Fields of the files

Every field that orun reads, by file. `<name>` stands for a key of your choice, `[]` for an item of a list. A text may be written without
quotes where YAML would read a number or a boolean. `orun schema <file>` prints the same as JSON Schema, for editors.

This page is made by `make docs`.
]]

local files = {
  { "intent", "intent.yaml" }, { "component", "component.yaml" }, { "intent-preset", "Presets of an intent (`extends`)" },
  { "stack", "stack.yaml" }, { "composition", "Documents of a composition package" },
}

local function cell(text)
  return (tostring(text):gsub("|", "\\|"):gsub("\n", " "))
end

---What a schema accepts, in a few words.
local function kind_of(s)
  if s.const ~= nil then return ("`%s`"):format(tostring(s.const)) end
  if s.enum then
    local names = {}
    for i, v in ipairs(s.enum) do names[i] = ("`%s`"):format(tostring(v)) end
    return table.concat(names, ", ")
  end
  local types = type(s.type) == "table" and s.type or { s.type }
  local has = {}
  for _, name in ipairs(types) do has[name] = true end
  if has.string then return "text" end
  if has.array and type(s.items) == "table" and kind_of(s.items) == "text" then return "list of texts" end
  return ({ object = "map", array = "list", integer = "number", boolean = "true or false" })[types[1]] or types[1] or ""
end

---@class FieldsPage
---@field lines string[]
---@field root table
---@field seen table<string, true> rows that stand already
local Page = {}
Page.__index = Page

function Page:resolve(s)
  local name = type(s) == "table" and s["$ref"] and s["$ref"]:match "^#/definitions/(.+)$"
  if not name then return s end
  return self.root.definitions[name], name
end

function Page:row(path, s, required)
  local notes = {}
  if required then notes[1] = "**required**" end
  notes[#notes + 1] = s.description and cell(s.description)
  local line = ("| `%s` | %s | %s |"):format(path, cell(kind_of(s)), table.concat(notes, "; "))
  if self.seen[line] then return end
  self.seen[line] = true
  self.lines[#self.lines + 1] = line
end

local branches = { "allOf", "anyOf", "oneOf", "if", "then", "else" }

---The fields below a schema; a definition inside itself is not followed again.
function Page:walk(path, schema, inside)
  local s, name = self:resolve(schema)
  if type(s) ~= "table" or name and inside[name] then return end
  if name then inside = setmetatable({ [name] = true }, { __index = inside }) end
  local required = {}
  for _, key in ipairs(s.required or {}) do required[key] = true end
  for key, property in sorted.pairs(s.properties or {}) do
    self:field(path == "" and key or path .. "." .. key, property, required[key], inside)
  end
  if type(s.additionalProperties) == "table" then self:field(path .. ".<name>", s.additionalProperties, false, inside) end
  if type(s.items) == "table" then
    if kind_of(s.items) == "text" then return end -- said of the list
    self:field(path .. "[]", s.items, false, inside)
  end
  for _, branch in ipairs(branches) do
    local part = s[branch]
    for _, one in ipairs(type(part) == "table" and (part[1] and part or { part }) or {}) do self:walk(path, one, inside) end
  end
end

function Page:field(path, property, required, inside)
  local s = self:resolve(property)
  if type(s) == "table" and next(s) then self:row(path, setmetatable({ description = property.description }, { __index = s }), required) end
  self:walk(path, property, inside)
end

---@return string
function M.text()
  local lines = { intro }
  for _, file in ipairs(files) do
    local root = require("orun.schema.published." .. file[1])
    lines[#lines + 1] = ("## %s\n\n| field | value | |\n|---|---|---|"):format(file[2])
    setmetatable({ lines = lines, root = root, seen = {} }, Page):walk("", root, {})
    lines[#lines + 1] = ""
  end
  return table.concat(lines, "\n")
end

if arg and arg[0] and arg[0]:find("fields_page.lua", 1, true) then assert(fs.write(M.file, M.text())) end

return M
