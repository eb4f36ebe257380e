-- Packages that somebody works on: found from where the author stands, loaded without an intent.
local catalogue = require "orun.composition.catalogue"
local composition = require "orun.composition"
local diagnostic = require "orun.diagnostic"
local fs = require "host.fs"
local location = require "orun.intent.location"
local path = require "orun.util.path"

local M = {}

---@class Workpiece
---@field root string absolute directory of the package
---@field within string what of it was asked for, relative; "." for all of it

local function has_manifest(directory)
  return fs.exists(path.join(directory, "stack.yaml")) or fs.exists(path.join(directory, "orun.yaml"))
end

---The package that a directory belongs to.
---@param directory string absolute
---@return string?
function M.enclosing(directory)
  local at = directory
  while not has_manifest(at) do
    local above = path.dirname(at)
    if above == at then return nil end
    at = above
  end
  return at
end

---The packages that an intent reads from directories.
local function of_intent(cwd, intent)
  local found = location.find { flag = intent, cwd = cwd }
  if not found.file then return {} end
  local pieces = {}
  for _, source in ipairs(catalogue.sources(found, cwd)) do
    local root = path.resolve(found.root, source.path or "")
    if source.kind == "dir" and has_manifest(root) then pieces[#pieces + 1] = { root = fs.realpath(root) or root, within = "." } end
  end
  return pieces
end

---The intent that reads a package from its directory.
---@param root string of the package
---@param cwd string
---@param intent? string the --intent flag
---@return string? file
function M.platform(root, cwd, intent)
  local found = location.find { flag = intent, cwd = cwd }
  for _, piece in ipairs(of_intent(cwd, intent)) do
    if piece.root == root then return found.file end
  end
end

---@param cwd string
---@param text? string path as the author wrote it; default: where they stand
---@param intent? string the --intent flag
---@return Workpiece[]
function M.find(cwd, text, intent)
  local asked = path.resolve(cwd, text or ".")
  local stat = fs.stat(asked)
  if not stat then
    diagnostic.raise { kind = "composition.workshop", message = ("%s does not exist"):format(text or ".") }
  end
  asked = fs.realpath(asked) or asked
  local root = M.enclosing(stat.type == "directory" and asked or path.dirname(asked))
  if not root and has_manifest(path.join(asked, "compositions")) then root = path.join(asked, "compositions") end
  if root then
    local inside = (asked .. "/"):sub(1, #root + 1) == root .. "/"
    return { { root = root, within = inside and path.relative(root, asked) or "." } }
  end
  local pieces = of_intent(asked, intent)
  if #pieces > 0 then return pieces end
  return diagnostic.raise {
    kind = "composition.workshop", message = ("%s is in no composition package"):format(text or "the working directory"),
    hint = "a package has a stack.yaml at its root; orun compositions new makes one",
  }
end

---Loads a package as a plan would. What is wrong is reported.
---@param root string absolute
---@param report table
---@param display fun(path: string): string
---@return Registry
---@return CompositionPackage?
function M.open(root, report, display)
  local source = { name = path.basename(root), kind = "dir", path = root }
  local registry = composition.load({ compositions = { sources = { source } } }, root, report, { display = display })
  return registry, registry.packages[source.name]
end

---Files of a package whose names end so, sorted.
---@param piece Workpiece
---@param ending string
---@return string[] relative to the package's root
function M.files(piece, ending)
  local list, inside = {}, piece.within ~= "." and piece.within or nil
  for _, entry in ipairs(assert(fs.walk(piece.root, { skip = { ".orun" }, skip_any = { ".git", "node_modules" } }))) do
    local wanted = not inside or entry.path == inside or entry.path:sub(1, #inside + 1) == inside .. "/"
    if entry.type == "file" and wanted and entry.path:sub(-#ending) == ending then list[#list + 1] = entry.path end
  end
  return list
end

return M
