-- A package directory as one archive: the same files give the same bytes, whoever packs them and when.
local composition = require "orun.composition"
local diagnostic = require "orun.diagnostic"
local fs = require "host.fs"
local parameters = require "orun.composition.parameters"
local path = require "orun.util.path"
local sorted = require "orun.util.sorted"
local version = require "orun.composition.version"

local M = {}

local source = "local"

---@class Bundle
---@field package CompositionPackage
---@field directory string
---@field version string
---@field files string[] relative, in the order of the archive

local function has_manifest(directory)
  return fs.exists(path.join(directory, "stack.yaml")) or fs.exists(path.join(directory, "orun.yaml"))
end

---The package that is meant when none is named.
---@param cwd string
---@return string directory as shown to a person
function M.default_root(cwd)
  local examples = "examples/compositions"
  if not has_manifest(cwd) and has_manifest(path.join(cwd, examples)) then return examples end
  return "."
end

---Archives of the same package that were made here before are not part of it.
local function is_former(name, prefix)
  return not name:find("/", 1, true) and name:sub(1, #prefix) == prefix and name:find("%.tgz$") ~= nil
end

local function list_files(directory, prefix, output)
  local entries, message = fs.walk(directory, { skip = { ".orun" }, skip_any = { ".git" } })
  if not entries then return nil, message end
  local files = {}
  for _, entry in ipairs(entries) do
    if entry.type == "file" and entry.path ~= output and not is_former(entry.path, prefix) then files[#files + 1] = entry.path end
  end
  return files
end

-- A package that is packed is no source of anything yet, so messages leave the name out.
local function pass_on(list, say)
  for _, item in ipairs(list) do
    item.message = item.message:gsub('^source "' .. source .. '": ', "")
    say(item)
  end
end

---Checks a package as a plan would. Problems go to the report.
---@param root string absolute directory
---@param report table
---@param display fun(path: string): string
---@return Bundle?
function M.open(root, report, display)
  local directory, aside = fs.realpath(root) or root, diagnostic.collector()
  local registry = composition.load({ compositions = { sources = { { name = source, kind = "dir", path = directory } } } }, directory,
    aside, { display = display })
  for _, item in sorted.pairs(registry.compositions) do
    parameters.contract(item, aside)
  end
  pass_on(aside.errors, function(item) report:error(item) end)
  pass_on(aside.warnings, function(item) report:warn(item) end)
  local package = registry.packages[source]
  if not package or #report.errors > 0 then return nil end
  return { package = package, directory = directory, version = version.find(directory, package.version) }
end

---`<name>-<version>.tgz`
---@param bundle Bundle
---@return string
function M.file_name(bundle)
  return ("%s-%s.tgz"):format(version.file_part(bundle.package.name), version.file_part(bundle.version))
end

---@param bundle Bundle its files are filled in
---@param output string absolute path that the archive will have; never part of itself
---@param mtime integer of every entry
---@return string? bytes
---@return string? message
function M.archive(bundle, output, mtime)
  local parent = fs.realpath(path.dirname(output)) or path.dirname(output)
  local inside = path.relative(bundle.directory, path.join(parent, path.basename(output)))
  local files, message = list_files(bundle.directory, version.file_part(bundle.package.name) .. "-", inside)
  if not files then return nil, message end
  local entries = {}
  for i, name in ipairs(files) do
    local file = path.join(bundle.directory, name)
    local stat, bytes = fs.stat(file, { follow = false }), fs.read(file)
    if not stat or stat.type ~= "file" or not bytes then return nil, "cannot read " .. file end
    entries[i] = { path = name, bytes = bytes, executable = stat.mode & 64 ~= 0 }
  end
  bundle.files = files
  return require("host.archive").create(entries, mtime)
end

return M
