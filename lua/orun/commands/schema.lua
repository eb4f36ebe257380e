-- `orun schema NAME`: our own JSON Schemas, for editors and other tools.
local diagnostic = require "orun.diagnostic"
local json = require "host.json"
local suggestion = require "orun.util.suggestion"

---One schema per file of schema/published.
local function names()
  local list, directory = {}, package.searchpath("orun.schema.published.intent", package.path):match("^(.*)/")
  for _, file in ipairs(assert(require("host.fs").list(directory))) do list[#list + 1] = file:match("^(.*)%.lua$") end
  table.sort(list)
  return list
end

return {
  summary = "Print the JSON Schema of one of orun's own files",
  usage = "orun schema <component|composition|intent|intent-preset|plan|stack>",
  description = [[
Draft 7, for editors. The YAML language server takes one that the first line of a document names:

  # yaml-language-server: $schema=FILE

The schemas are stricter than orun: a key that orun would ignore with a warning is an error here.]],
  examples = {
    { "orun schema intent", "to standard output, for a file that editors read" },
    { "orun schema component", "for component.yaml" },
  },
  flags = {},
  args = { { name = "name", help = "which file" } },
  complete = names,

  run = function(ctx, args)
    local name, known = args[1], {}
    for _, other in ipairs(names()) do known[#known + 1], known[other] = other, true end
    if not known[name] then
      diagnostic.usage(('there is no schema "%s"'):format(name), suggestion.hint(name, known) or ("schemas: " .. table.concat(known, ", ")))
    end
    ctx:print(json.encode(require("orun.schema.published." .. name), { indent = 2, html = false }))
  end,
}
