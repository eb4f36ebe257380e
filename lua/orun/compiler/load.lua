-- Stage 1: everything the compiler reads from outside, in one table.
local condition = require "orun.util.condition"
local decode = require "orun.intent.decode"
local diagnostic = require "orun.diagnostic"
local directory = require "orun.plan.directory"
local discovery = require "orun.intent.discovery"
local document = require "orun.intent.document"
local fs = require "host.fs"
local location = require "orun.intent.location"
local path = require "orun.util.path"
local preset = require "orun.intent.preset"
local tree = require "orun.intent.tree"
local value = require "host.value"

local function display_from(cwd)
  local base = fs.realpath(cwd) or cwd
  return function(file)
    return path.shown(base, file)
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
  local bytes, message = fs.read(found.file, decode.limit)
  if not bytes then
    report:error {
      kind = "intent.unreadable", message = ("cannot read %s: %s"):format(shown, condition.reason(message)), file = shown,
      hint = location.hint(found.file, display),
    }
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
  return intent
end

---@return table[] components, without those that have mistakes and no name
---@return integer mistakes in them
---@return boolean complete none was left out
local function inline_components(intent)
  local list, mistakes, complete = {}, 0, true
  for _, component in ipairs(intent.components or {}) do
    component.source = "inline"
    mistakes = mistakes + (component.flawed or 0)
    if component.flawed and (component.name or "") == "" then
      complete = false
    else
      list[#list + 1] = component
    end
  end
  return list, mistakes, complete
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

---The packages that presets come from. Listings do without those that cannot be read, with a warning.
local function preset_packages(intent, found, report, display, must)
  local wanted = preset.sources(intent, report)
  if next(wanted) == nil then return {} end
  if must then return require("orun.composition").packages(intent, found.root, wanted, report, display) end
  local aside = diagnostic.collector()
  local packages = require("orun.composition").packages(intent, found.root, wanted, aside, display)
  for _, item in ipairs(aside.errors) do
    item.kind, item.message = "intent.presets-skipped", "presets are not applied: " .. item.message
    report:warn(item)
  end
  for _, item in ipairs(aside.warnings) do report:warn(item) end
  return packages
end

---@class LoadedParts
---@field tolerated integer mistakes that do not keep the rest from being looked at
---@field another? boolean the intent lacks presets (reported)
---@field registry? Registry
---@field presets Preset[]
---@field contributions Contribution[]
---@field components table[]
---@field roots? string[]
---@field incomplete boolean

---Loads all compositions into `parts`. Their errors do not keep the intent from being looked at.
local function load_registry(parts, intent, found, options, display, report)
  local before = #report.errors
  parts.registry = require("orun.composition").load(intent, found.root, report, {
    config_dir = options.config_dir, cwd = options.cwd, display = display, locked = options.locked,
  })
  parts.tolerated = parts.tolerated + #report.errors - before
end

---Compositions, then the presets that their packages offer, merged into the intent.
local function load_compositions(parts, intent, found, options, display, report, tally)
  local wanted, extends = options.compositions, intent.extends and #intent.extends > 0
  if wanted == "declared" then wanted = extends or #intent.compositions.sources > 0 or (options.config_dir or "") ~= "" end
  local packages
  if wanted == true or wanted == nil then
    load_registry(parts, intent, found, options, display, report)
    packages = parts.registry.packages
  end
  if not extends then return end
  local before, must = #report.errors, packages ~= nil or wanted == "presets"
  if packages then
    preset.sources(intent, report)
  else
    packages = preset_packages(intent, found, report, display, must)
  end
  parts.presets = preset.load(intent, packages, report, tally)
  -- An intent without its presets is another one; nothing true could be said about it.
  parts.another = #report.errors > before or must and #parts.presets < #intent.extends
  parts.contributions = preset.merge(intent, parts.presets)
end

---Loads all components into `parts`. A manifest with a mistake does not keep the others from being looked at.
local function load_components(parts, intent, found, display, report, tally)
  local before = #report.errors
  local components, _, complete = inline_components(intent)
  local roots = discovery.roots(intent.discovery and intent.discovery.roots)
  local files = discovery.find(found.root, roots, intent, report)
  parts.incomplete = not complete or #report.errors > before
  for _, file in ipairs(files) do
    local component = discovery.read(found.root, file, display, report, tally)
    components[#components + 1] = component
    if not component then parts.incomplete = true end
  end
  parts.components, parts.roots = components, roots
  parts.tolerated = parts.tolerated + #report.errors - before
end

---@class Loaded
---@field intent table decoded intent.yaml, presets merged
---@field presets Preset[]
---@field contributions Contribution[] of the presets
---@field components table[] decoded components, inline ones first; one whose manifest has a mistake is `flawed`, only its name is certain
---@field incomplete boolean a manifest could not be read (reported), so there are components that nobody knows
---@field registry? table compositions; nil when they were not asked for
---@field file string
---@field root string
---@field store string
---@field display fun(path: string): string
---@field source_date_epoch? string
---@field policy_files table<string, RuleFile> rule files of packages and of the repository, by key
---@field hidden_policies RuleFile[] those whose key another one has
---@field trigger? TriggerRequest
---@field write_lock? fun() adds missing entries to the lock file, when they are to be written
---@field git fun(): WorktreeFacts gathered when first asked for
---@field changes fun(options: ChangeOptions, trigger?: TriggerResolution): Changes gathered when asked for: a trigger may ask

---@class LoadOptions
---@field intent? string
---@field cwd string
---@field config_dir? string
---@field lock? boolean missing entries of the lock file are to be written
---@field locked? boolean as in orun.composition
---@field trigger? TriggerOptions
---@field compositions? boolean|"declared"|"presets" false leaves them out, but for presets that can be reached; "declared" loads them only
--- when something declares or needs them; "presets" reads only what presets need

---Loads libgit2 and looks through the work tree, so only on demand, and once.
local function git_facts(root)
  local facts
  return function()
    facts = facts or require("orun.change.worktree").facts(root)
    return facts
  end
end

---What changed is known to the trigger that matches, or to nobody; so it is looked up when that is decided.
local function change_facts(found, cwd)
  return function(options, trigger)
    return require("orun.change.detection").detect(options, trigger, { cwd = cwd, root = found.root, file = found.file })
  end
end

-- The lock file is written when everything was looked at: what a policy says about the work tree is about what its user left there.
local function lock_writer(registry, root, report)
  return function() require("orun.composition").write_lock(registry, root, report) end
end

local function find_rules(registry, store, display)
  if not registry then return {}, {} end
  return require("orun.sandbox.rule").find(registry, store, display, registry.limits)
end

---Reads intent, compositions, presets and manifests. Raises when the intent, a preset or the trigger's event is missing or malformed;
---what is wrong with compositions and manifests stays in the report, for the later stages to add to.
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
  local store = path.join(found.root, ".orun")
  local _, mistakes = inline_components(intent)
  local parts = { tolerated = mistakes, presets = {}, contributions = {}, components = {}, incomplete = false }
  local sound = #report.errors == mistakes
  if sound then load_compositions(parts, intent, found, options, display, report, tally) end
  if sound or intent.discovery and intent.discovery.roots then load_components(parts, intent, found, display, report, tally) end
  if not parts.registry and options.compositions == "declared" and #parts.components > 0 and sound then
    load_registry(parts, intent, found, options, display, report)
  end
  tally:warn(report)
  local trigger = options.trigger and require("orun.trigger.request").read(options.trigger, {
    cwd = options.cwd, store = store, display = display,
  }, report)
  if parts.another or #report.errors > parts.tolerated then report:check() end
  if #report.errors == 0 then write_tree(store, found, bytes, parts.roots, parts.components, report) end
  local rules, hidden = find_rules(parts.registry, store, display)
  return {
    intent = intent, presets = parts.presets, contributions = parts.contributions, components = parts.components,
    incomplete = parts.incomplete, registry = parts.registry,
    file = found.file, root = found.root, store = store, display = display, source_date_epoch = os.getenv("SOURCE_DATE_EPOCH"),
    trigger = trigger, git = git_facts(found.root), changes = change_facts(found, options.cwd),
    policy_files = rules, hidden_policies = hidden,
    write_lock = options.lock and not options.locked and parts.registry and lock_writer(parts.registry, found.root, report) or nil,
  }
end
