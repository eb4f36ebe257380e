-- Providers of events, one file each, found by name: trigger/provider/<name>.lua, which ship with the program, then
-- .orun/triggers/<name>.lua of the intent's directory, which run in a sandbox. A checkout cannot redefine one that ships.
--
--   { detect = function(env) -> boolean                      whether the process runs in this CI system
--     event = function(payload, env) -> TriggerEvent | nil, reason    payload: decoded JSON, or nil
--     refs = function(payload, env) -> CiRefs                the commits between which a run's changes lie; optional
--     payload = function(env) -> path?                       where the system left the payload; optional
--     rank = number }                                        who is asked first by `--from-ci auto`; optional
local diagnostic = require "orun.diagnostic"
local fs = require "host.fs"
local secrecy = require "orun.util.secrecy"

local M = {}

-- Loaded when a checkout has providers; most have none.
local function sandbox() return require "orun.sandbox" end

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

---Where the providers of a checkout are looked for.
---@class ProviderContext
---@field store string                       the platform's .orun directory
---@field display fun(path: string): string  names a file in messages

-- A link could lead out of the checkout.
local function is_directory(directory)
  local stat = fs.stat(directory, { follow = false })
  return stat ~= nil and stat.type == "directory"
end

local function own_directory(context)
  local directory = context.store .. "/triggers"
  return is_directory(context.store) and is_directory(directory) and directory or nil
end

---Names of the providers of a checkout that have none of a shipped one, sorted.
---@param context ProviderContext
---@return string[]
function M.own(context)
  local directory, names = own_directory(context), {}
  for _, file in ipairs(directory and fs.list(directory) or {}) do
    local name = file:match("^(%a[%w_-]*)%.lua$")
    if name and not is_shipped(name) then names[#names + 1] = name end
  end
  return names
end

local function fail(entry)
  entry.kind = "trigger.provider-failed"
  diagnostic.raise(entry)
end

-- Variables that a checkout's code may see: an event becomes part of a plan, and nothing secret may come so far.
local function public(env)
  local out = {}
  for name, text in next, env do
    if not secrecy.is_secret(name) then out[name] = text end
  end
  return out
end

---A function of the file that runs in its sandbox.
local function inside(box, handle, arguments)
  return function(...)
    local made, problem = box:call(handle, arguments(...))
    if problem then fail(sandbox().mark(problem, "")) end
    return made
  end
end

-- There is no `payload` of a checkout: it could name any file that the user may read.
local functions = {
  { name = "detect", arguments = function(env) return public(env) end },
  { name = "event", arguments = function(payload, env) return payload, public(env) end },
}

---@param directory string
---@param file string
---@param context ProviderContext
---@return TriggerProvider
local function open(directory, file, context)
  local shown = context.display(directory .. "/" .. file)
  local stat = fs.stat(directory .. "/" .. file, { follow = false })
  if not stat or stat.type ~= "file" then fail { message = "the event provider is no regular file", file = shown } end
  local box = sandbox().open { directory = directory, name = ".orun/triggers", display = context.display }
  local module, problem = box:load(file)
  if problem then fail(sandbox().mark(problem, "")) end
  local provider = {}
  for _, part in ipairs(functions) do
    local handle = type(module) == "table" and module[part.name] or nil
    if not sandbox().is_function(handle) then
      fail { message = ("the event provider must return a table with a function %s"):format(part.name), file = shown }
    end
    provider[part.name] = inside(box, handle, part.arguments)
  end
  return provider
end

---@param name string
---@param context? ProviderContext without it only what ships is found
---@return TriggerProvider? nil when there is none of this name
function M.find(name, context)
  if is_shipped(name) then return require(prefix .. name) end
  local directory = context and name:find("^%a[%w_-]*$") and own_directory(context)
  if directory and fs.stat(directory .. "/" .. name .. ".lua", { follow = false }) then return open(directory, name .. ".lua", context) end
end

---The name of the system that the process runs in; those of a checkout are asked last.
---@param env table<string, string>
---@param context? ProviderContext
---@return string? name
function M.detect(env, context)
  local found, rank
  for _, name in ipairs(M.shipped()) do
    local provider = M.find(name) --[[@as TriggerProvider]]
    local own = provider.rank or math.huge
    if provider.detect(env) and (not found or own < rank) then found, rank = name, own end
  end
  if found or not context then return found end
  for _, name in ipairs(M.own(context)) do
    if M.find(name, context).detect(env) == true then return name end
  end
end

return M
