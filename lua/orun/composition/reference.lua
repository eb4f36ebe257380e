-- Documents that a composition names: schema, job templates, profiles, found beside it by fixed file names.
local decode = require "orun.intent.decode"
local document = require "orun.composition.document"
local fs = require "host.fs"
local package = require "orun.composition.package"
local path = require "orun.util.path"
local place = require "orun.intent.place"
local yaml = require "host.yaml"

local M = {}

-- Candidates for a name, relative to the directory of the composition; the first one that fits is taken.
local candidates = {
  ComponentSchema = { "schema.yaml", "%s.yaml" },
  JobTemplate = { "jobs/%s.yaml", "%s.yaml" },
  ExecutionProfile = { "profiles/%s.yaml", "%s.yaml" },
}

local function file_name(pattern, name)
  return (pattern:gsub("%%s", function() return name end))
end

---Whether a parsed file is of the kind and has the name that is looked for.
local function fits(tree, kind, name)
  local root = tree:root()
  if tree:kind(root) ~= "mapping" then return false end
  local kind_node = tree:get(root, "kind")
  if not kind_node or tree:text(kind_node) ~= kind then return false end
  if name == "" then return true end
  local metadata = tree:get(root, "metadata")
  local name_node = metadata and tree:kind(metadata) == "mapping" and tree:get(metadata, "name")
  return name_node and tree:kind(name_node) == "scalar" and tree:text(name_node) == name or false
end

---Why no candidate was taken: a syntax error of one of them is the likeliest reason, so it is what is reported.
local function report_missing(context, kind, name, at, directory, broken, tried)
  if broken then
    context.report:error(decode.diagnostic(broken))
    return
  end
  context:problem(at, "composition.reference", ('%s "%s" not found in %s'):format(kind, name, directory),
    ("looked for a document with kind: %s and metadata.name: %s in %s"):format(kind, name, table.concat(tried, ", ")))
end

---Finds and decodes a referenced document. Problems are reported.
---@param context PackageContext
---@param directory string of the composition, relative to the package's root
---@param kind "ComponentSchema"|"JobTemplate"|"ExecutionProfile"
---@param name string
---@param at? Place where the reference is written
---@return table? document with `spec` and `place`
function M.find(context, directory, kind, name, at)
  local broken, tried = nil, {}
  for _, pattern in ipairs(candidates[kind]) do
    local file = path.join(directory, file_name(pattern, name))
    if not package.is_inside(file) then
      context:problem(at, "composition.path-leaves-package", ('the reference "%s" leads out of the package'):format(name),
        "keep every file of a package below its root")
      return nil
    end
    tried[#tried + 1] = file
    local absolute = path.join(context.directory, file)
    local bytes = fs.read(absolute)
    if bytes then
      local tree, err = yaml.read(bytes, context.display(absolute))
      if tree and fits(tree, kind, name) then
        local before = #context.report.errors
        local result = decode.object(tree, tree:root(), document.referenced[kind], context.report, context.tally)
        if #context.report.errors > before then return nil end
        result.spec = result.spec or { place = result.place }
        return result
      end
      broken = broken or err
    end
  end
  report_missing(context, kind, name, at, context.display(path.join(context.directory, directory)), broken, tried)
  return nil
end

---@param at? Place place of the object that holds the reference
---@param key string
---@return Place?
function M.place(at, key)
  return place.of(at, key, "name")
end

return M
