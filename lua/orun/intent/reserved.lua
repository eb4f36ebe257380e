-- Names that intents may not use.
local place = require "orun.intent.place"
local sorted = require "orun.util.sorted"

local M = {}

local function is_reserved(name)
  return name:find "^[Oo][Rr][Uu][Nn]_" ~= nil
end

---Whether there is anything for `check` to report; most often there is not.
---@param env table<string, string>
---@return boolean
function M.any(env)
  for name in next, env do
    if is_reserved(name) then return true end
  end
  return false
end

---Variables whose names start with ORUN_, in any case, belong to orun.
---@param env table<string, string>
---@param layer string the layer's name for the message
---@param at? Place place of the mapping
---@param report table
function M.check(env, layer, at, report)
  for name in sorted.pairs(env) do
    if is_reserved(name) then
      report:error(place.mark(place.of_key(at, name), {
        kind = "intent.reserved-env", message = ("%s: %s is reserved (names starting with ORUN_ belong to orun)"):format(layer, name),
      }))
    end
  end
end

---What makes a name unusable in a job id, or nil.
---@param name string
---@param forbidden string pattern class content, e.g. "@."
---@return string?
function M.flaw(name, forbidden)
  local character = name:match("[" .. forbidden .. "]")
  if character then return ('contains "%s"'):format(character) end
  if name:find("%c") then return "contains a control character" end
end

return M
