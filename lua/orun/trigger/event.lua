-- What happened, in one form for every CI system (lua/types/trigger.lua). Providers make it; bindings are matched against it.
local sorted = require "orun.util.sorted"
local suggestion = require "orun.util.suggestion"
local value = require "host.value"

local M = {}

---Texts of an event.
M.fields = { "event", "action", "branch", "baseBranch", "tag", "base", "head", "ref", "refType", "repository", "actor" }

local known = { provider = true, raw = true }
for _, field in ipairs(M.fields) do known[field] = true end

---Completes what a provider returned. Nil and the reason when it is no event.
---@param made any
---@param provider string
---@param payload? table
---@return TriggerEvent?
---@return string? reason
function M.complete(made, provider, payload)
  if type(made) ~= "table" or value.is_list(made) then return nil, "it returned no table" end
  for name in sorted.pairs(made) do
    if not known[name] then
      local hint = suggestion.hint(tostring(name), M.fields)
      return nil, ('its event has a field "%s", which no event has%s'):format(tostring(name), hint and "; " .. hint or "")
    end
  end
  local event = { provider = provider }
  for _, field in ipairs(M.fields) do
    local text = made[field]
    if text ~= nil and type(text) ~= "string" then return nil, ("its event has a %s that is no text"):format(field) end
    event[field] = text or ""
  end
  if event.event == "" then return nil, "its event has no name (the field event)" end
  if made.raw ~= nil and type(made.raw) ~= "table" then return nil, "its event has a raw that is no table" end
  event.raw = made.raw or payload or {}
  return event
end

---A text at the end of a way of keys; "" when there is none. Providers read payloads with it.
---@param t any
---@param ... string
---@return string
function M.text(t, ...)
  for _, key in ipairs { ... } do
    if type(t) ~= "table" then return "" end
    t = t[key]
  end
  return type(t) == "string" and t or ""
end

---A commit id of zeros stands for "there is none": before a branch was created, or after it was deleted.
---@param id string
---@return boolean
function M.is_zero(id)
  return #id >= 40 and not id:find("[^0]")
end

return M
