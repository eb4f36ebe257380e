-- The compositions of a platform without its components: what the commands about compositions look at.
local composition = require "orun.composition"
local condition = require "orun.util.condition"
local decode = require "orun.intent.decode"
local document = require "orun.intent.document"
local fs = require "host.fs"
local location = require "orun.intent.location"
local path = require "orun.util.path"

local M = {}

---@class Catalogue
---@field registry Registry
---@field root string the intent's directory; the working directory when there is no intent
---@field lock_file string absolute

local function read_intent(found, display, report)
  local shown = display(found.file)
  local bytes, message = fs.read(found.file, decode.limit)
  if not bytes then
    report:error {
      kind = "intent.unreadable", message = ("cannot read %s: %s"):format(shown, condition.reason(message)), file = shown,
      hint = location.hint(found.file, display),
    }
    return nil
  end
  local yaml = decode.read(bytes, shown, report)
  return yaml and decode.object(yaml, yaml:root(), document.intent, report)
end

---The composition sources that an intent declares.
---@param found {file: string}
---@param cwd string
---@return table[]
function M.sources(found, cwd)
  local report = require("orun.diagnostic").collector()
  local base = fs.realpath(cwd) or cwd
  local intent = read_intent(found, function(file) return path.shown(base, file) end, report)
  report:check()
  return intent and intent.compositions and intent.compositions.sources or {}
end

---Loads every composition. Without an intent the config directory alone is looked at, if there is one.
---@param options {intent?: string, cwd: string, config_dir?: string, lock?: true|"renew", locked?: boolean}
---@param report table
---@return Catalogue
function M.open(options, report)
  local found = location.find { flag = options.intent, cwd = options.cwd }
  local base = fs.realpath(options.cwd) or options.cwd
  local function display(file) return path.shown(base, file) end
  local intent
  if found.file then
    intent = read_intent(found, display, report)
  elseif (options.config_dir or "") == "" then
    report:error {
      kind = "intent.not-found", message = ("no intent.yaml found (searched from %s up to %s)"):format(found.from, found.to),
      hint = "run orun inside a platform, or name its intent with --intent",
    }
  end
  report:check()
  local registry = composition.load(intent or {}, found.root, report, {
    config_dir = options.config_dir, cwd = options.cwd, display = display, locked = options.locked,
    lock = found.file and options.lock or nil,
  })
  return { registry = registry, root = found.root, lock_file = require("orun.composition.lock").path(found.root) }
end

return M
