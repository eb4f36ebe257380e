-- docs/compositions.md: the types that ship, from their modules. `orun lua spec/docs/stack_page.lua` (make docs) writes it.
local diagnostic = require "orun.diagnostic"
local fs = require "host.fs"
local json = require "host.json"
local sorted = require "orun.util.sorted"
local workshop = require "orun.composition.workshop"

local M = { file = "docs/compositions.md" }

local intro = [[
# The compositions that ship

An intent without `compositions.sources` uses these types. To use them beside your own, add the source `{name: orun, kind: builtin}`. Each
of them is a Lua module of a few dozen lines below `compositions/`; copy one to change it ([Extending orun in Lua](lua.md)).

[`examples/standard`](../examples/standard) has one component of each. `shell`, `make`, `node`, `python` and `go` are run for real by the
tests; of the others the tests check which commands are run, with tools that only write down how they were called.

Every type has the parameters `runsOn` and `timeout`. Versions of tools (`nodeVersion`, `terraformVersion` ...) install the tool with a
pinned GitHub action, which needs the GitHub Actions runner; without them the tool on the `PATH` is used. Names that a type does not know
are refused. `orun compositions explain <type> --component <name>` shows what a component ends up with.

Platforms that have types of their own in YAML find in [Coming from your own YAML types](yaml-types.md) which of these take their place.

This page is made by `make docs`.
]]

local function cell(text)
  return (tostring(text):gsub("|", "\\|"):gsub("\n", " "))
end

---What a schema accepts, in a few words.
local function kind_of(s)
  if s.enum then
    local names = {}
    for i, v in ipairs(s.enum) do names[i] = ("`%s`"):format(tostring(v)) end
    return table.concat(names, ", ")
  end
  if s.type == "array" then return "list of " .. (type(s.items) == "table" and s.items.type == "object" and "commands" or "texts") end
  if s.type == "object" then return "map" end
  return ({ string = "text", integer = "number", boolean = "true or false" })[s.type] or tostring(s.type)
end

local function parameters(lines, schema)
  local required = {}
  for _, name in ipairs(schema.required or {}) do required[name] = true end
  lines[#lines + 1] = "| parameter | | default | |"
  lines[#lines + 1] = "|---|---|---|---|"
  for name, property in sorted.pairs(schema.properties) do
    local default = property.default ~= nil and ("`%s`"):format(type(property.default) == "string" and property.default
      or json.encode(property.default)) or required[name] and "**required**" or ""
    lines[#lines + 1] = ("| `%s` | %s | %s | %s |"):format(name, cell(kind_of(property)), cell(default), cell(property.description or ""))
  end
end

local function profiles(lines, composition)
  for name, profile in sorted.pairs(composition.profiles) do
    local policies = {}
    for key in sorted.pairs(profile.policies or {}) do policies[#policies + 1] = ("`%s`"):format(key) end
    local jobs = sorted.keys(profile.jobs)
    lines[#lines + 1] = ("- `%s`%s: %s. Jobs: %s.%s"):format(name, name == composition.defaultProfile and " (default)" or "",
      profile.description, table.concat(jobs, ", "), #policies > 0 and " Policies: " .. table.concat(policies, ", ") .. "." or "")
  end
end

---@return string
function M.text()
  local report, lines = diagnostic.collector(), { intro }
  local registry = workshop.open(fs.cwd() .. "/compositions", report, function(file) return file end)
  report:check()
  for _, composition in sorted.pairs(registry.compositions) do
    lines[#lines + 1] = ("## %s\n\n%s.\n"):format(composition.name, composition.description)
    profiles(lines, composition)
    lines[#lines + 1] = ""
    parameters(lines, composition.schema.properties.parameters)
    local nested = composition.schema.properties.parameters.properties.commands
    if nested then
      lines[#lines + 1] = "\nA command is a map:\n"
      parameters(lines, nested.items)
    end
    lines[#lines + 1] = ""
  end
  return table.concat(lines, "\n")
end

if arg and arg[0] and arg[0]:find("stack_page.lua", 1, true) then assert(fs.write(M.file, M.text())) end

return M
