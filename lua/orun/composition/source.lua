-- One declared source: finds its content and holds it against what the intent and the lock file say it is.
local lock = require "orun.composition.lock"
local package = require "orun.composition.package"
local place = require "orun.intent.place"
local suggestion = require "orun.util.suggestion"

local M = {}

---What a kind of source (`source/<kind>.lua`) returns. Nothing is unpacked before the digest is known to be the right one.
---@class LocatedSource
---@field digest string
---@field directory? string present when the content can be read in place
---@field fetch? fun(): string?, SourceProblem? gives the directory otherwise
---@field shown? string how the content's root is named in messages, when the directory would say nothing to a person

---@class SourceProblem
---@field kind string
---@field message string
---@field hint? string
---@field at? Place

-- Kinds that are meant to exist; each one is a file of source/.
local kinds = { "archive", "builtin", "dir", "oci" }

local function is_known(kind)
  for _, known in ipairs(kinds) do
    if known == kind then return true end
  end
  return false
end

---The resolver of a kind of source.
local function resolver(kind)
  if not kind:find("^%a+$") then return nil end
  local name = "orun.composition.source." .. kind
  if _G.package.searchpath(name, _G.package.path) then return require(name) end
end

local function problem(report, at, kind, message, hint)
  report:error(place.mark(at, { kind = kind, message = message, hint = hint }))
end

---Checks name and kind of a declared source.
---@param source table entry of compositions.sources
---@param declared string[] names of the sources before it
---@param report table
---@return (fun(source: table, root: string): LocatedSource?, SourceProblem?)? resolve
function M.check(source, declared, report)
  local name, kind = package.trim(source.name), source.kind or ""
  if name == "" then
    problem(report, source.place, "composition.source-name", "a composition source has no name")
    return nil
  end
  for _, former in ipairs(declared) do
    if former == name then
      problem(report, place.of(source.place, "name"), "composition.duplicate-source", ('duplicate composition source "%s"'):format(name))
      return nil
    end
  end
  local resolve = resolver(kind)
  if resolve then return resolve end
  local at = place.of(source.place, "kind")
  if is_known(kind) then
    problem(report, at, "composition.source-unsupported", ('source "%s": sources of kind %s are not supported yet'):format(name, kind))
  else
    problem(report, at, "composition.source-kind", ('source "%s": unknown kind "%s"'):format(name, kind),
      suggestion.hint(kind, kinds) or ("kinds: " .. table.concat(kinds, ", ")))
  end
end

---What a source declares and nothing honours must not look as if it did.
local function warn_unhonoured(source, report)
  if source.verify and source.verify.required then
    report:warn(place.mark(place.of(source.place, "verify"), {
      kind = "composition.unverified",
      message = ('source "%s": verify.required has no effect; signatures are not checked'):format(source.name),
      hint = "pin the content with digest: sha256:...",
    }))
  end
end

---Whether the content is the one that the intent's `digest` names.
local function agrees_with_pin(source, digest, report)
  local pin = source.digest or ""
  if pin == "" or pin == digest then return true end
  problem(report, place.of(source.place, "digest"), "composition.digest",
    ('source "%s": digest mismatch: expected %s, found %s'):format(source.name, pin, digest),
    "its content changed; look at the change, then write the new digest")
  return false
end

---Whether the content is the one of the lock file.
---@param source {name: string, kind: string, ref?: string, path?: string, place?: Place}
---@param digest string
---@param locked LockRule
---@param report table
---@return boolean
function M.agrees_with_lock(source, digest, locked, report)
  if locked.enforced == "none" or (locked.enforced == "pinned" and not lock.pinned[source.kind]) then return true end
  local entry = lock.find(locked.entries, source)
  if entry and entry.resolvedDigest == digest or not entry and locked.enforced == "pinned" then return true end
  if entry then
    problem(report, source.place, "composition.locked",
      ('source "%s": its content is not the locked one: expected %s, found %s'):format(source.name, entry.resolvedDigest, digest),
      "look at the change, then accept it with orun compositions lock")
  else
    problem(report, source.place, "composition.not-locked", ('source "%s" is not in the lock file as it is declared'):format(source.name),
      "record it with orun compositions lock")
  end
  return false
end

---Finds a source's content; pins and lock are checked before anything of it is used.
---@param source table
---@param resolve fun(source: table, root: string): LocatedSource?, SourceProblem?
---@param root string the intent's directory
---@param locked LockRule
---@param report table
---@return LocatedSource? found with its directory
function M.locate(source, resolve, root, locked, report)
  warn_unhonoured(source, report)
  local found, err = resolve(source, root)
  if found then
    local pinned = agrees_with_pin(source, found.digest, report)
    if not M.agrees_with_lock(source, found.digest, locked, report) or not pinned then return nil end
    if found.fetch then found.directory, err = found.fetch() end
    if found.directory then return found end
  end
  problem(report, err.at or source.place, err.kind, ('source "%s": %s'):format(source.name, err.message), err.hint)
end

return M
