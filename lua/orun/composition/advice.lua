-- What to do about a mistake in a template: the name that was probably meant.
local functions = require "orun.template.functions"
local sorted = require "orun.util.sorted"
local suggestion = require "orun.util.suggestion"

local M = {}

---About a function that does not exist.
---@param message string of the template's error
---@return string? hint
function M.of_function(message)
  local name = message:match "^there is no function (%S+)"
  if not name then return nil end
  local names = functions.names()
  return suggestion.hint(name, names) or "templates have these functions and no others: " .. table.concat(names, ", ")
end

---About a chain of fields that leads to nothing.
---@param expression string source text of the action
---@param data table root of the template
---@return string? hint
function M.of_missing(expression, data)
  local chain = expression:match "^%$?(%.[%a_][%w_.]*)$"
  if not chain then return nil end
  local at, walked = data, ""
  for name in chain:gmatch "[^.]+" do
    local below = at[name]
    if below == nil then
      -- Those who know the data by heart forget where it stands.
      if at == data and data.orun and data.orun[name] ~= nil then return ("did you mean .orun%s?"):format(chain) end
      local near = suggestion.closest(name, sorted.keys(at))
      return near and ("did you mean %s.%s?"):format(walked, near) or nil
    end
    if type(below) ~= "table" then return nil end
    at, walked = below, walked .. "." .. name
  end
end

return M
