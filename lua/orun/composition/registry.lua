-- All compositions of an intent, and which one serves a component.
local fs = require "host.fs"
local path = require "orun.util.path"
local place = require "orun.intent.place"
local sorted = require "orun.util.sorted"
local suggestion = require "orun.util.suggestion"
local value = require "host.value"

local M = {}

---@class SourceRecord
---@field name string
---@field kind string
---@field ref? string
---@field path? string
---@field resolvedDigest string
---@field exports string[] sorted

---@class Registry
---@field sources SourceRecord[]                 declaration order, the config directory last
---@field packages table<string, CompositionPackage> by source name
---@field compositions table<string, Composition>   by key
---@field selected table<string, Composition>    the one of each type
---@field bindings table<string, string>         type → package name, nameless packages left out
---@field limits SandboxLimits of the intent
---@field report table
local Registry = {}
Registry.__index = Registry

---@param report table
---@return Registry
function M.new(report)
  return setmetatable({
    sources = value.list {}, packages = {}, compositions = {}, selected = {}, bindings = {}, report = report,
    exporters = {}, unusable = {}, declared = {},
  }, Registry)
end

---Declares a source, so that references to it are known even when it could not be loaded.
---@param name string
function Registry:declare(name)
  self.declared[#self.declared + 1] = name
end

---Marks a source of which not everything could be loaded: what it exports is not known.
---@param name string
function Registry:doubt(name)
  self.unusable[name] = true
end

---@param composition Composition
function Registry:add(composition)
  self.compositions[composition.key] = composition
  local list = self.exporters[composition.name] or {}
  list[#list + 1] = composition.source
  self.exporters[composition.name] = list
end

local function contains(list, item)
  for _, element in ipairs(list) do
    if element == item then return true end
  end
  return false
end

---The rank of each source: its place in `precedence`, unlisted ones after those in declaration order.
local function ranks(self, precedence)
  local rank, n = {}, 0
  local function add(name)
    if rank[name] then return end
    n = n + 1
    rank[name] = n
  end
  for _, name in ipairs(precedence) do add(name) end
  for _, name in ipairs(self.declared) do add(name) end
  return rank
end

local function check_names(self, resolution)
  local precedence, bindings = resolution.precedence or {}, resolution.bindings or {}
  local function check(name, at, where)
    if contains(self.declared, name) then return end
    self.report:error(place.mark(at, {
      kind = "composition.unknown-source", message = ('%s names the undeclared source "%s"'):format(where, name),
      hint = suggestion.hint(name, self.declared) or ("declared sources: " .. table.concat(self.declared, ", ")),
    }))
  end
  for i, name in ipairs(precedence) do check(name, place.of(resolution.place, "precedence", i), "compositions.resolution.precedence") end
  for kind, name in sorted.pairs(bindings) do
    check(name, place.of(resolution.place, "bindings", kind), "compositions.resolution.bindings")
    if not self.exporters[kind] then
      self.report:warn(place.mark(place.of_key(place.of(resolution.place, "bindings"), kind), {
        kind = "composition.unused-binding", message = ('no source exports the type "%s"; its binding has no effect'):format(kind),
        hint = suggestion.hint(kind, sorted.keys(self.exporters)),
      }))
    end
  end
end

---@return string? source
local function select_bound(self, kind, resolution)
  local bound, exporters = resolution.bindings[kind], self.exporters[kind]
  if contains(exporters, bound) then return bound end
  if not self.unusable[bound] and contains(self.declared, bound) then
    self.report:error(place.mark(place.of(resolution.place, "bindings", kind), {
      kind = "composition.binding", message = ('the type "%s" is bound to the source "%s", which does not export it'):format(kind, bound),
      hint = "exported by: " .. table.concat(exporters, ", "),
    }))
  end
end

local function select_by_rank(self, kind, resolution, rank, at)
  local exporters = { table.unpack(self.exporters[kind]) }
  if #exporters == 1 then return exporters[1] end
  local precedence = resolution.precedence or {}
  if #precedence == 0 then
    table.sort(exporters)
    self.report:error(place.mark(resolution.place or at, {
      kind = "composition.ambiguous",
      message = ('the type "%s" is exported by several sources: %s'):format(kind, table.concat(exporters, ", ")),
      hint = "choose with compositions.resolution.bindings or precedence",
    }))
    return nil
  end
  table.sort(exporters, function(a, b) return rank[a] < rank[b] end)
  if not contains(precedence, exporters[1]) then
    self.report:warn(place.mark(place.of(resolution.place, "precedence"), {
      kind = "composition.silent-choice",
      message = ('the type "%s" is exported by %s; precedence lists none of them, so the first one declared is used')
        :format(kind, table.concat(exporters, ", ")),
    }))
  end
  return exporters[1]
end

---Selects one composition for every exported type; ambiguities are reported.
---@param resolution {precedence?: string[], bindings?: table<string, string>, place?: Place}
---@param at? Place where a resolution could be written
function Registry:resolve(resolution, at)
  check_names(self, resolution)
  local rank = ranks(self, resolution.precedence or {})
  for kind in sorted.pairs(self.exporters) do
    local source
    if resolution.bindings and resolution.bindings[kind] then
      source = select_bound(self, kind, resolution)
    else
      source = select_by_rank(self, kind, resolution, rank, at)
    end
    if source then self:select(kind, self.compositions[source .. ":" .. kind]) end
  end
end

---@param kind string component type
---@param composition Composition
function Registry:select(kind, composition)
  self.selected[kind] = composition
  if composition.package ~= "" then self.bindings[kind] = composition.package end
end

local function choose_referenced(self, component)
  local ref = component.compositionRef
  local source, name = ref.source or "", ref.name or ""
  local at = place.of(component.place, "compositionRef")
  if source == "" then
    self.report:error(place.mark(ref.place or at, {
      kind = "composition.ref-source", message = ('component "%s": compositionRef needs a source'):format(component.name),
      hint = "declared sources: " .. table.concat(self.declared, ", "),
    }))
    return nil
  end
  if not contains(self.declared, source) then
    self.report:error(place.mark(place.of(ref.place, "source") or at, {
      kind = "composition.unknown-source",
      message = ('component "%s": compositionRef names the undeclared source "%s"'):format(component.name, source),
      hint = suggestion.hint(source, self.declared) or ("declared sources: " .. table.concat(self.declared, ", ")),
    }))
    return nil
  end
  if name == "" then name = component.type end
  local composition = self.compositions[source .. ":" .. name]
  if composition or self.unusable[source] then return composition end
  local offered = {}
  for _, record in ipairs(self.sources) do
    if record.name == source then offered = record.exports end
  end
  self.report:error(place.mark(place.of(ref.place, "name") or at, {
    kind = "composition.ref-name",
    message = ('component "%s": the source "%s" exports no composition "%s"'):format(component.name, source, name),
    hint = suggestion.hint(name, offered) or ("it exports: " .. table.concat(offered, ", ")),
  }))
end

---Whether the stack that comes with the program has a type, whatever the intent's sources are.
local function is_shipped(kind)
  if not kind:find "^[%w_-]+$" then return false end
  return fs.exists(path.join(require("host.system").paths().share, "compositions/compositions/" .. kind .. "/composition.lua"))
end

---The composition of a component; what is wrong is reported.
---@param component {name: string, type: string, compositionRef?: table, place?: Place}
---@return Composition?
function Registry:choose(component)
  if component.compositionRef then return choose_referenced(self, component) end
  local composition = self.selected[component.type]
  -- A type that several sources export without a choice, or that may be in a source which could not be loaded, is not unknown.
  if composition or self.exporters[component.type] or next(self.unusable) then return composition end
  local types = sorted.keys(self.selected)
  local shipped = is_shipped(component.type) and "orun ships this type; add the source {name: orun, kind: builtin} to have it"
  self.report:error(place.mark(place.of(component.place, "type"), {
    kind = "composition.unknown-type", message = ('component "%s": component type not found: "%s"'):format(component.name, component.type),
    hint = shipped or suggestion.hint(component.type, types) or #types > 0 and "known types: " .. table.concat(types, ", ") or nil,
  }))
end

return M
