-- What the flags of `orun plan` ask for: a binding by its name, or the event that a CI system reports. Reading it is part of load.
local condition = require "orun.util.condition"
local events = require "orun.trigger.event"
local fs = require "host.fs"
local json = require "host.json"
local path = require "orun.util.path"
local process = require "host.process"
local providers = require "orun.trigger.provider"
local suggestion = require "orun.util.suggestion"
local value = require "host.value"

local M = {}

---@class TriggerOptions
---@field name? string      --trigger
---@field provider? string  --from-ci
---@field file? string      --event-file

---@class TriggerRequest
---@field mode "named-trigger"|"event-file"
---@field name? string        of the binding, in named mode
---@field event? TriggerEvent in event mode

local function known_names(context)
  local names = providers.shipped()
  local own = providers.own(context)
  return table.move(own, 1, #own, #names + 1, names)
end

local function find_provider(name, env, context, report)
  if name == "auto" then
    local detected = providers.detect(env, context, report)
    if not detected then
      report:error {
        kind = "trigger.unknown-provider", message = "--from-ci auto: this is no CI system that orun knows",
        hint = "providers: " .. table.concat(known_names(context), ", "),
      }
      return nil
    end
    name = detected
  end
  local provider = providers.find(name, context)
  if provider then return provider, name end
  local known = known_names(context)
  local hint = suggestion.hint(name, known)
  report:error {
    kind = "trigger.unknown-provider", message = ('--from-ci: there is no event provider "%s"'):format(name),
    hint = ("%sproviders: %s"):format(hint and hint .. " " or "", table.concat(known, ", ")),
  }
end

---@return table? payload
local function read_payload(file, cwd, report)
  local bytes, message = fs.read(path.resolve(cwd, file))
  if not bytes then
    report:error {
      kind = "trigger.event-unreadable", message = ("cannot read the event file %s: %s"):format(file,
      condition.reason(message --[[@as string]])),
    }
    return nil
  end
  local payload, err = json.decode(bytes)
  if err then
    report:error {
      kind = "trigger.event-syntax", message = "the event file is no JSON: " .. err.message, file = file, line = err.line,
      column = err.column,
    }
  elseif payload == value.null then
    return {}
  elseif type(payload) ~= "table" or value.is_list(payload) then
    report:error { kind = "trigger.event-syntax", message = "the event file must hold a JSON object", file = file, line = 1, column = 1 }
  else
    return payload
  end
end

local function read_event(options, context, report)
  local env = process.environ()
  providers.check_hidden(context, report)
  local provider, name = find_provider(options.provider, env, context, report)
  if not provider then return nil end
  local file = options.file or provider.payload and provider.payload(env) or ""
  local payload
  if file ~= "" then
    payload = read_payload(file, context.cwd, report)
    if not payload then return nil end
  end
  local made, reason = provider.event(payload, env)
  local event
  if made then event, reason = events.complete(made, name, payload) end
  if not event then
    local entry = { kind = "trigger.no-event", message = ("--from-ci %s: there is no event"):format(name) }
    entry.hint = reason or "the provider returned nothing"
    report:error(provider.mark and provider.mark(entry) or entry)
  end
  return event
end

---@class TriggerContext: ProviderContext
---@field cwd string

---Nil when nothing is asked for, or when it cannot be read, which is in the report.
---@param options? TriggerOptions
---@param context TriggerContext
---@param report table
---@return TriggerRequest?
function M.read(options, context, report)
  if not options then return nil end
  if options.name then return { mode = "named-trigger", name = options.name } end
  local event = read_event(options, context, report)
  return event and { mode = "event-file", event = event }
end

return M
