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
local sorted = require "orun.util.sorted"
local suggestion = require "orun.util.suggestion"
local value = require "host.value"

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

---Warns about files of a checkout that are never asked, because a provider that ships has the name.
---@param context ProviderContext
---@param report table
function M.check_hidden(context, report)
  local directory = own_directory(context)
  for _, name in ipairs(directory and M.shipped() or {}) do
    local file = ("%s/%s.lua"):format(directory, name)
    if fs.stat(file, { follow = false }) then
      report:warn {
        kind = "trigger.hidden", file = context.display(file), hint = "give the file, and on.provider of the bindings, another name",
        message = ("this event provider is never asked: one of orun has the name %s"):format(name),
      }
    end
  end
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

---Adds to a diagnostic where a function of the file stands.
local function placed(box, handle, entry)
  local file, line = sandbox().place(handle)
  return file and box:locate(file, nil, line, entry) or entry
end

-- There is no `payload` of a checkout: it could name any file that the user may read.
local functions = {
  {
    name = "detect", arguments = function(env) return public(env) end,
    wrong = function(made)
      if made == nil or type(made) == "boolean" then return nil end
      return ("detect must return true or false, not a %s"):format(type(made))
    end,
  },
  { name = "event", arguments = function(payload, env) return payload, public(env) end },
}

---A function of the file that runs in its sandbox.
local function inside(box, handle, part)
  return function(...)
    local made, problem = box:call(handle, part.arguments(...))
    if problem then fail(sandbox().mark(problem, "")) end
    local wrong = part.wrong and part.wrong(made)
    if wrong then fail(placed(box, handle, { message = wrong })) end
    return made
  end
end

---What is wrong with what the file returned; nil when it is in order.
---@return string?
---@return string? hint
---@return string? key that it is about
local function misshapen(module)
  local known = {}
  for i, part in ipairs(functions) do known[i] = part.name end
  for name in sorted.pairs(type(module) == "table" and not value.is_list(module) and module or {}) do
    if name ~= "detect" and name ~= "event" then
      return ('an event provider has no field "%s"'):format(tostring(name)), suggestion.hint(tostring(name), known), name
    end
  end
  for _, name in ipairs(known) do
    if type(module) ~= "table" or not sandbox().is_function(module[name]) then
      return ("the event provider must return a table with a function %s"):format(name), nil, name
    end
  end
end

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
  local wrong, hint, key = misshapen(module)
  if wrong then fail(box:locate(file, key, nil, { message = wrong, hint = hint })) end
  local provider = { mark = function(entry) return placed(box, module.event, entry) end }
  for _, part in ipairs(functions) do provider[part.name] = inside(box, module[part.name], part) end
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

---The provider of a checkout that knows the system. One that is broken keeps no other from being asked.
local function detect_own(env, context, report)
  local broken
  for _, name in ipairs(M.own(context)) do
    local ok, answer = pcall(function() return M.find(name, context).detect(env) end)
    if ok and answer then
      for _, entry in ipairs(broken and broken.errors or {}) do report:warn(entry) end
      return name
    end
    if not ok and not diagnostic.is(answer) then error(answer, 0) end
    if not ok and not broken then broken = answer end
  end
  if broken then error(broken, 0) end
end

---The name of the system that the process runs in; those of a checkout are asked last.
---@param env table<string, string>
---@param context? ProviderContext
---@param report? table gets what is wrong with providers of the checkout that were asked before
---@return string? name
function M.detect(env, context, report)
  local found, rank
  for _, name in ipairs(M.shipped()) do
    local provider = M.find(name) --[[@as TriggerProvider]]
    local own = provider.rank or math.huge
    if provider.detect(env) and (not found or own < rank) then found, rank = name, own end
  end
  if found or not context then return found end
  return detect_own(env, context, report)
end

return M
