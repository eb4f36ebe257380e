-- Any other system: the payload is the event itself, a JSON object with the fields of TriggerEvent (`event` is required). It comes with
-- --event-file, or from the file that $ORUN_EVENT_PATH names. Everything else in it is for the paths of plan.base and plan.head.
local events = require "orun.trigger.event"
local text = events.text

return {
  rank = 100,

  detect = function(env) return (env.ORUN_EVENT_PATH or "") ~= "" end,

  payload = function(env) return env.ORUN_EVENT_PATH end,

  event = function(payload)
    if not payload then return nil, "name the payload with --event-file, or in ORUN_EVENT_PATH" end
    if text(payload, "event") == "" then return nil, 'its payload needs a text "event", the name of what happened' end
    local event = {}
    for _, field in ipairs(events.fields) do event[field] = text(payload, field) end
    return event
  end,
}
