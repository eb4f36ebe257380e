-- Stage 1: everything the compiler reads from outside, in one table.
local condition = require "orun.util.condition"
local decode = require "orun.intent.decode"
local directory = require "orun.plan.directory"
local discovery = require "orun.intent.discovery"
local document = require "orun.intent.document"
local fs = require "host.fs"
local location = require "orun.intent.location"
local path = require "orun.util.path"
local place = require "orun.intent.place"
local tree = require "orun.intent.tree"
local value = require "host.value"

local function display_from(cwd)
  local base = fs.realpath(cwd) or cwd
  return function(file)
    return path.relative(base, file)
  end
end

---@return string? bytes
---@return string shown
local function read_intent(found, display, report)
  if not found.file then
    report:error {
      kind = "intent.not-found", message = ("no intent.yaml found (searched from %s up to %s)"):format(found.from, found.to),
      hint = "run orun inside a platform, or name its intent with --intent",
    }
    return nil, "intent.yaml"
  end
  local shown = display(found.file)
  local bytes, message = fs.read(found.file)
  if not bytes then
    report:error { kind = "intent.unreadable", message = ("cannot read %s: %s"):format(shown, condition.reason(message)), file = shown }
  end
  return bytes, shown
end

local function decode_intent(bytes, shown, report, tally)
  local yaml = decode.read(bytes, shown, report)
  if not yaml then return nil end
  local intent = decode.object(yaml, yaml:root(), document.intent, report, tally)
  intent.compositions = intent.compositions or {}
  intent.compositions.sources = intent.compositions.sources or value.list {}
  intent.compositions.resolution = intent.compositions.resolution or {}
  if intent.extends and #intent.extends > 0 then
    report:error(place.mark(place.of(intent.place, "extends"), {
      kind = "intent.presets-unsupported", message = "intent presets (extends) are not supported yet",
    }))
  end
  return intent
end

---Whether the roots are what the intent means: in one that has mistakes, only when they could be read.
local function may_discover(intent, report)
  return #report.errors == 0 or (intent.discovery and intent.discovery.roots) ~= nil
end

local function inline_components(intent)
  local list = {}
  for i, component in ipairs(intent.components or {}) do
    component.source = "inline"
    list[i] = component
  end
  return list
end

---The component tree is for people and outside tools: failing to write it is worth a warning only.
local function write_tree(store, found, intent_text, roots, components, report)
  local target = path.join(store, "component-tree.yaml")
  local text = tree.update(fs.read(target), found.file, intent_text, roots, components)
  if not text then return end
  local ok, message = directory.prepare(store)
  if ok then ok, message = fs.write(target, text, { sync = false }) end
  if not ok then report:warn { kind = "intent.tree-unwritable", message = "cannot write the component tree: " .. message } end
end

---@class Loaded
---@field intent table decoded intent.yaml
---@field components table[] decoded components, inline ones first
---@field registry? table compositions; nil when they were not asked for
---@field file string
---@field root string
---@field store string
---@field display fun(path: string): string
---@field source_date_epoch? string
---@field policy_files table<string, string> rule files of packages and of the repository, by key
---@field git fun(): WorktreeFacts gathered when first asked for

---@class LoadOptions
---@field intent? string
---@field cwd string
---@field config_dir? string
---@field lock? true|"renew" as in orun.composition
---@field locked? boolean as in orun.composition
---@field compositions? boolean|"declared" false leaves them out; "declared" loads them only when something declares or needs them

---Loads libgit2 and looks through the work tree, so only on demand, and once.
local function git_facts(root)
  local facts
  return function()
    facts = facts or require("orun.change.worktree").facts(root)
    return facts
  end
end

---Reads intent, manifests and compositions. Raises when a file is missing or malformed; composition errors stay in the report.
---@param options LoadOptions
---@param report table
---@return Loaded
return function(options, report)
  local found = location.find { flag = options.intent, cwd = options.cwd }
  local display, tally = display_from(options.cwd), decode.tally()
  local bytes, shown = read_intent(found, display, report)
  report:check()
  local intent = decode_intent(bytes, shown, report, tally)
  if not intent then return report:check() end
  local roots = discovery.roots(intent.discovery and intent.discovery.roots)
  local components = inline_components(intent)
  if may_discover(intent, report) then
    for _, file in ipairs(discovery.find(found.root, roots, intent, report)) do
      components[#components + 1] = discovery.read(found.root, file, display, report, tally)
    end
  end
  tally:warn(report)
  report:check()
  local store = path.join(found.root, ".orun")
  write_tree(store, found, bytes, roots, components, report)
  local wanted = options.compositions
  if wanted == "declared" then
    wanted = #components > 0 or #intent.compositions.sources > 0 or (options.config_dir or "") ~= ""
  end
  local registry
  if wanted ~= false then
    registry = require("orun.composition").load(intent, found.root, report, {
      config_dir = options.config_dir, cwd = options.cwd, display = display, lock = options.lock, locked = options.locked,
    })
  end
  return {
    intent = intent, components = components, registry = registry, file = found.file, root = found.root, store = store, display = display,
    source_date_epoch = os.getenv("SOURCE_DATE_EPOCH"), git = git_facts(found.root),
    policy_files = registry and require("orun.policy").files(registry, store, display) or {},
  }
end
