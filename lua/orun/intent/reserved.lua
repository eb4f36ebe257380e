-- Names that intents may not use.
local place = require "orun.intent.place"
local sorted = require "orun.util.sorted"

local M = {}

---Variables whose names start with ORUN_, in any case, belong to orun.
---@param env table<string, string>
---@param layer string the layer's name for the message
---@param at? Place place of the mapping
---@param report table
function M.check(env, layer, at, report)
  for name in sorted.pairs(env) do
    if name:sub(1, 5):upper() == "ORUN_" then
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
