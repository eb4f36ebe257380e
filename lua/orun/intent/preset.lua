-- Presets: parts of an intent that composition packages offer and an intent takes over with `extends`.
--
-- A preset fills gaps only, so of several the first one wins. Policies are the exception: what a preset says of them stands beside the
-- rest, in `presetPolicies` (see orun.intent.policy), and cannot be loosened.
local condition = require "orun.util.condition"
local decode = require "orun.intent.decode"
local document = require "orun.intent.document"
local fs = require "host.fs"
local path = require "orun.util.path"
local place = require "orun.intent.place"
local sorted = require "orun.util.sorted"
local suggestion = require "orun.util.suggestion"
local value = require "host.value"

local M = {}

---@class Preset
---@field id string `source:preset`
---@field name string metadata.name
---@field file string as shown in messages
---@field spec table

---@class Contribution
---@field preset string id of the preset
---@field key string way to what it added, e.g. `environments.dev.env.REGION`

-- Loading -----------------------------------------------------------------------------------------------------------------------

local function trim(text)
  return (text or ""):match("^%s*(.-)%s*$")
end

local function problem(report, at, kind, message, hint)
  report:error(place.mark(at, { kind = kind, message = message, hint = hint }))
end

---The sources that an intent takes presets from. References to undeclared ones are reported.
---@param intent table decoded
---@param report table
---@return table<string, Place> place of the first reference by name
function M.sources(intent, report)
  local declared, wanted = {}, {}
  for i, source in ipairs(intent.compositions.sources) do declared[i] = trim(source.name) end
  for i, item in ipairs(intent.extends or {}) do
    local name, known = item.source or "", false
    for _, candidate in ipairs(declared) do known = known or candidate == name end
    local at = place.of(item.place, "source")
    if known then
      wanted[name] = wanted[name] or at
    elseif name == "" then
      problem(report, at, "intent.preset-source", ("extends[%d] requires source"):format(i - 1))
    else
      local hint = suggestion.hint(name, declared)
      local list = #declared > 0 and "declared sources: " .. table.concat(declared, ", ") or "the intent declares no source"
      problem(report, at, "intent.preset-source", ('extends names the undeclared source "%s"'):format(name),
        (hint and hint .. " " or "") .. list)
    end
  end
  return wanted
end

---The entry of a package's manifest that an intent names.
local function published(item, owner, report)
  local names = {}
  for i, entry in ipairs(owner.presets) do
    if entry.name == item.preset then return entry end
    names[i] = entry.name
  end
  local at = place.of(item.place, "preset")
  if (item.preset or "") == "" then
    problem(report, at, "intent.preset-unknown", "an entry of extends requires preset")
    return nil
  end
  local hint = suggestion.hint(item.preset, names)
  local list = #names > 0 and "its presets: " .. table.concat(names, ", ") or "it publishes no presets"
  problem(report, at, "intent.preset-unknown", ('the source "%s" publishes no preset "%s"'):format(owner.source, item.preset),
    (hint and hint .. " " or "") .. list)
end

---@return table? document
local function read(entry, owner, report, tally)
  local absolute = path.join(owner.directory, entry.path)
  local shown = owner.display(absolute)
  local bytes, message = fs.read(absolute)
  if not bytes then
    problem(report, place.of(entry.place, "path"), "intent.preset-unreadable",
      ('cannot read the preset "%s" of the source "%s": %s: %s'):format(entry.name, owner.source, shown, condition.reason(message)))
    return nil
  end
  local before, yaml = #report.errors, decode.read(bytes, shown, report)
  local decoded = yaml and decode.object(yaml, yaml:root(), document.preset, report, tally)
  if not decoded or #report.errors > before then return nil end
  if decoded.kind == "IntentPreset" then return decoded end
  local said = (decoded.kind or "") ~= "" and (', not "%s"'):format(decoded.kind) or ""
  problem(report, place.of(decoded.place, "kind"), "intent.preset-kind", ("%s must have kind IntentPreset%s"):format(shown, said))
end

---Reads the presets of an intent, in the order of its `extends`. What is wrong is reported.
---@param intent table decoded
---@param packages table<string, CompositionPackage> by source; what is missing there could not be loaded, and that was reported
---@param report table
---@param tally Tally
---@return Preset[]
function M.load(intent, packages, report, tally)
  local list = {}
  for _, item in ipairs(intent.extends or {}) do
    local owner = packages[item.source]
    local entry = owner and published(item, owner, report)
    local decoded = entry and entry.path and read(entry, owner, report, tally)
    if decoded then
      list[#list + 1] = {
        id = item.source .. ":" .. item.preset, name = decoded.metadata and decoded.metadata.name or "", file = decoded.place.file,
        spec = decoded.spec or { place = decoded.place },
      }
    end
  end
  return list
end

-- Merging -----------------------------------------------------------------------------------------------------------------------

---The merging of one preset into an intent.
---@class PresetMerge
---@field intent table
---@field preset Preset
---@field contributions Contribution[]
local Merge = {}
Merge.__index = Merge

---Notes that the preset added something.
function Merge:note(...)
  self.contributions[#self.contributions + 1] = { preset = self.preset.id, key = table.concat({ ... }, ".") }
end

---Adds the entries that a map lacks. `way` leads to the map from `owner`, a record of the intent; `from` is the preset's record.
---@return string[] keys that were added
function Merge:fill(target, source, owner, from, way)
  local added = {}
  local home = place.of(from.place, table.unpack(way))
  for key, v in sorted.pairs(source or {}) do
    if target[key] == nil then
      target[key] = v
      added[#added + 1] = key
      local full = table.move(way, 1, #way, 1, {})
      full[#full + 1] = key
      local own = type(v) == "table" and place.is(v.place) and v.place
      place.graft(owner.place, full, own or place.of(home, key), place.of_key(home, key))
    end
  end
  return added
end

---Appends what a list lacks.
---@return integer count of what was added
function Merge:append(target, source, owner, from, way)
  local known, added = {}, 0
  for _, item in ipairs(target) do known[item] = true end
  local home = place.of(from.place, table.unpack(way))
  for i, item in ipairs(source or {}) do
    if not known[item] then
      known[item], added = true, added + 1
      target[#target + 1] = item
      local full = table.move(way, 1, #way, 1, {})
      full[#full + 1] = #target
      place.graft(owner.place, full, place.of(home, i))
    end
  end
  return added
end

function Merge:env()
  self.intent.env = self.intent.env or {}
  local spec = self.preset.spec
  for _, key in ipairs(self:fill(self.intent.env, spec.env, self.intent, spec, { "env" })) do self:note("env", key) end
end

---An intent without roots is searched from its directory, whatever roots presets add.
function Merge:discovery()
  local wanted = self.preset.spec.discovery and self.preset.spec.discovery.roots or {}
  if #wanted == 0 then return end
  local intent, blank = self.intent, true
  intent.discovery = intent.discovery or {}
  for _, root in ipairs(intent.discovery.roots or {}) do blank = blank and trim(root) == "" end
  local roots = blank and value.list { "." } or intent.discovery.roots
  intent.discovery.roots = roots
  for _ = 1, self:append(roots, wanted, intent, self.preset.spec, { "discovery", "roots" }) do self:note("discovery", "roots") end
end

---Moves a preset's policies beside those of the environment or group.
function Merge:policies(owner, from)
  owner.presetPolicies = owner.presetPolicies or {}
  local keys, home = {}, place.of(from.place, "policies")
  for key, v in sorted.pairs(from.policies or {}) do
    keys[#keys + 1] = key
    table.insert(owner.presetPolicies, { key = key, value = v, preset = self.preset.id, place = place.of(home, key) })
  end
  return keys
end

function Merge:parameter_defaults(owner, from, ...)
  owner.parameterDefaults = owner.parameterDefaults or {}
  for kind, defaults in sorted.pairs(from.parameterDefaults or {}) do
    owner.parameterDefaults[kind] = owner.parameterDefaults[kind] or {}
    for _, key in ipairs(self:fill(owner.parameterDefaults[kind], defaults, owner, from, { "parameterDefaults", kind })) do
      local way = { ... }
      table.move({ "parameterDefaults", kind, key }, 1, 3, #way + 1, way)
      self:note(table.unpack(way))
    end
  end
end

---What groups and environments have in common.
function Merge:owner(owner, from, section, name)
  self:parameter_defaults(owner, from, section, name)
  for _, key in ipairs(self:policies(owner, from)) do self:note(section, name, "policies", key) end
  if (owner.path or "") == "" then owner.path = from.path end
end

function Merge:environment(owner, from, name)
  self:owner(owner, from, "environments", name)
  owner.env = owner.env or {}
  self:fill(owner.env, from.env, owner, from, { "env" })
  local refs = from.activation and from.activation.triggerRefs or {}
  if #refs > 0 then
    owner.activation = owner.activation or {}
    owner.activation.triggerRefs = owner.activation.triggerRefs or value.list {}
    for _ = 1, self:append(owner.activation.triggerRefs, refs, owner, from, { "activation", "triggerRefs" }) do
      self:note("environments", name, "activation", "triggerRefs")
    end
  end
  if not from.selectors then return end
  owner.selectors = owner.selectors or {}
  for _, field in ipairs { "components", "domains" } do
    if owner.selectors[field] == nil then owner.selectors[field] = from.selectors[field] end
  end
end

---Adds what the preset says of a group or environment that the intent lacks, else merges it.
function Merge:section(section, present)
  local target = self.intent[section] or {}
  self.intent[section] = target
  local from = self.preset.spec[section] or {}
  for _, name in ipairs(self:fill(target, from, self.intent, self.preset.spec, { section })) do
    self:note(section, name)
    self:policies(target[name], from[name])
    target[name].policies = {}
  end
  for name, item in sorted.pairs(from) do
    if target[name] ~= item then present(self, target[name], item, name) end
  end
end

function Merge:triggers()
  local bindings = self.preset.spec.automation and self.preset.spec.automation.triggerBindings
  if not bindings then return end
  local intent = self.intent
  intent.automation = intent.automation or {}
  intent.automation.triggerBindings = intent.automation.triggerBindings or {}
  local way = { "automation", "triggerBindings" }
  for _, name in ipairs(self:fill(intent.automation.triggerBindings, bindings, intent, self.preset.spec, way)) do
    self:note("automation", "triggerBindings", name)
  end
end

---Merges presets into an intent, which is changed.
---@param intent table decoded
---@param presets Preset[]
---@return Contribution[]
function M.merge(intent, presets)
  local contributions = {}
  for _, preset in ipairs(presets) do
    local merge = setmetatable({ intent = intent, preset = preset, contributions = contributions }, Merge)
    merge:env()
    merge:discovery()
    merge:section("groups", function(_, owner, from, name) merge:owner(owner, from, "groups", name) end)
    merge:section("environments", Merge.environment)
    merge:triggers()
  end
  intent.extends = nil
  return contributions
end

---The policies of a group or environment as one map, those of presets over its own.
---@param owner table
---@return table<string, any>
function M.effective_policies(owner)
  local out = {}
  for key, v in sorted.pairs(owner.policies or {}) do out[key] = v end
  for _, item in ipairs(owner.presetPolicies or {}) do out[item.key] = item.value end
  return out
end

return M
