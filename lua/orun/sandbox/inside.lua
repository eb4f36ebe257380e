-- Runs inside a sandbox, before anything of its author: what `require` finds there, and how the host has a file loaded.
-- Nothing of orun.* or host.* exists here. Returns the function that the host's `Sandbox:load` calls.
local tools = ...
local host = tools.host

-- Files that are loaded, with what they returned and, once, how others see it; those being loaded have `loading`.
local loading = {}
local modules = {}

---Forgets a file whose run did not end.
local unfinished = {
  __close = function(self)
    if modules[self.file] == loading then modules[self.file] = nil end
  end,
}

---Runs a file of the package once.
---@param file string relative to the package's root
local function run(file)
  local known = modules[file]
  if known == loading then error(("%s requires itself, directly or through others"):format(file), 0) end
  if known then return known.value end
  local text, message = host.read(file)
  if not text then error(message, 0) end
  local chunk, problem = tools.compile(text, file)
  if not chunk then error(problem, 0) end
  modules[file] = loading
  local _ <close> = setmetatable({ file = file }, unfinished)
  local value = chunk()
  modules[file] = { value = value }
  return value
end

---What a file returned is its own to change; to those that share it it is read-only, with the tables in it. Those with a metatable stay as
---they are: they say themselves what writing does.
local function share(value, seen)
  if type(value) ~= "table" then return value end
  if seen[value] then return seen[value] end
  local is_list = tools.kind(value) == "list"
  if getmetatable(value) ~= nil and not is_list then return value end
  local copy = {}
  -- Modules are tables of functions as a rule: those are had without a call.
  local front = (is_list or #value > 0) and tools.wrap(copy) or tools.freeze(copy)
  seen[value] = front
  for key, v in pairs(value) do copy[key] = share(v, seen) end
  if is_list then tools.list(copy) end
  return front
end

local author

-- Stands for modules of the program in files that are only looked at: whatever is asked of it, it is the answer.
local inert = setmetatable({}, {
  __index = function(self) return self end, __call = function(self) return self end, __concat = function() return "" end,
})

---`require "lib.steps"` is the file lib/steps.lua of the package; `require "orun"` the one other module.
local function require_module(name)
  if type(name) ~= "string" then error("require takes the name of a module", 0) end
  if name == "orun" then return author end
  if host.is_inert(name) then return inert end
  local file = name:gsub("%.", "/")
  if not ("/" .. file):find("^[/%w_-]+$") or file:find("//", 1, true) or file:find("^/") then
    error(("require of '%s': a module is named by words and dots, and is a file of the package"):format(name), 0)
  end
  file = file .. ".lua"
  local value = run(file)
  if value == nil then return true end
  local module = modules[file]
  if module.shared == nil then module.shared = share(value, {}) end
  return module.shared
end

tools.globals.require = tools.delegate(require_module)
author = tools.compile(host.part "author", "=orun")(tools)

local more = host.inside()
return more and tools.compile(host.part(more), "=orun")(tools, run) or run
