-- References from one step to an earlier one of its job: `${{ steps.build.outputs.url }}`, `steps.ID.outcome`, `steps.ID.conclusion`, and
-- `env.NAME`. They are the part of the expression language that every runner knows; any other expression is left as it stands.
local M = {}

-- The text in place of an expression; nil when it is none of ours.
local function resolve(expression, results, env)
  local id, name = expression:match("^steps%.([%w_%-]+)%.outputs%.([%w_%-]+)$")
  if id then return results[id] and results[id].outputs[name] or "" end
  id, name = expression:match("^steps%.([%w_%-]+)%.(%a+)$")
  if name == "outcome" or name == "conclusion" then return results[id] and results[id][name] or "" end
  name = expression:match("^env%.([%a_][%w_]*)$")
  return name and env(name) or nil
end

---@param text string
---@param results table<string, {outputs: table<string, string>, outcome: string, conclusion: string}> by step id
---@param env fun(name: string): string  value of a variable, "" when there is none
---@return string
function M.expand(text, results, env)
  if not text:find("${{", 1, true) then return text end
  return (text:gsub("%${{%s*([^{}]-)%s*}}", function(expression) return resolve(expression, results, env) end))
end

return M
