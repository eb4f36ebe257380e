-- Providers of events, one file each, found by name: trigger/provider/<name>.lua, which ship with the program.
--
--   { detect = function(env) -> boolean                      whether the process runs in this CI system
--     event = function(payload, env) -> TriggerEvent | nil, reason    payload: decoded JSON, or nil
--     refs = function(payload, env) -> CiRefs                the commits between which a run's changes lie; optional
--     payload = function(env) -> path?                       where the system left the payload; optional
--     rank = number }                                        who is asked first by `--from-ci auto`; optional
local fs = require "host.fs"

local M = {}

---@class TriggerProvider
---@field detect fun(env: table<string, string>): boolean
---@field event fun(payload?: table, env: table<string, string>): table?, string?
---@field payload? fun(env: table<string, string>): string?
---@field refs? fun(payload: table, env: table<string, string>): CiRefs
---@field rank? number

---@class CiRefs
---@field provider string  e.g. "github-actions"
---@field event string     e.g. "pull_request"
---@field base string
---@field head string      empty when it is not known
---@field variables string[] names of the variables that decided

local prefix = "orun.trigger.provider."

---@param name string
---@return boolean
local function is_shipped(name)
  return name:find("^%a[%w_-]*$") ~= nil and package.searchpath(prefix .. name, package.path) ~= nil
end

---Names of the providers that ship with the program, sorted.
---@return string[]
function M.shipped()
  local own = package.searchpath("orun.trigger.provider", package.path) --[[@as string]]
  local names = {}
  for _, file in ipairs(fs.list((own:gsub("%.lua$", ""))) or {}) do
    local name = file:match("^(%a[%w_-]*)%.lua$")
    if name then names[#names + 1] = name end
  end
  table.sort(names)
  return names
end

---@param name string
---@return TriggerProvider? nil when there is none of this name
function M.find(name)
  if is_shipped(name) then return require(prefix .. name) end
end

---The name of the system that the process runs in.
---@param env table<string, string>
---@return string? name
function M.detect(env)
  local found, rank
  for _, name in ipairs(M.shipped()) do
    local provider = M.find(name) --[[@as TriggerProvider]]
    local own = provider.rank or math.huge
    if provider.detect(env) and (not found or own < rank) then found, rank = name, own end
  end
  return found
end

return M
