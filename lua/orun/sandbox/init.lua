-- Sandboxes for code that comes with a package or a checkout: compositions, policy rules, trigger providers, tables of commands.
--
--   local sandbox = require "orun.sandbox"
--   local box = sandbox.open { directory = "/repo/.orun/triggers", name = ".orun/triggers" }
--   local module, problem = box:load "gitlab.lua"       -- what the file returns, copied; functions in it are handles
--   local event, problem = box:call(module.event, payload, env)   -- arguments are copied and read-only inside, the result is copied
--
-- Instead of an error both return nil and a SandboxProblem (a nil result comes without one); `sandbox.mark(problem, kind)` makes a
-- diagnostic of it, `sandbox.is_function(v)` tells a handle. Inside, `require "x"` loads x.lua of the same directory and `require "orun"`
-- the module of author.lua. A state is made when the first file is loaded; what a file returned is kept, so a second load runs nothing.
-- Values are those of host.value: null is `orun.null` inside, an empty table is a map unless `orun.list {}` made it.
local fs = require "host.fs"
local host = require "host.sandbox"
local path = require "orun.util.path"

local M = {}

---Gets what is printed where nobody asked for it, and the name of the package; set by `--debug`.
---@type fun(text: string, name: string)?
M.sink = nil

---@class SandboxLimits
---@field memory? integer bytes, default 64 MiB
---@field instructions? integer of one call, default 100 million
---@field output? integer bytes of one call, default 16 MiB

---@class SandboxOptions
---@field directory string root of the files that it may load
---@field name string of the package in messages
---@field limits? SandboxLimits
---@field display? fun(path: string): string names a file in messages
---@field inert? boolean modules of the program can be required, and are good for nothing: for files that are only looked at
---@field print? fun(text: string) gets what `print` writes
---@field flaw? fun(template: string): string? what is wrong with a template that is rendered later
---@field inside? string file beside this one that runs inside too, and says what loading a file returns
---@field host? table<string, function> what that file may call

---@class SandboxProblem
---@field message string names the package
---@field file? string as shown
---@field at? string the file, relative to the directory
---@field line? integer
---@field column? integer where the line begins
---@field source? string the line
---@field hint? string
---@field path? string
---@field limit? string "memory", "memory-hard", "instructions", "output", "string" or "weak"
---@field failure? boolean raised by orun.fail

M.limits = { memory = 64 * 1024 * 1024, instructions = 100000000, output = 16 * 1024 * 1024 }

M.is_function = host.is_function

---Where a function is defined: file relative to the directory of its sandbox, line.
---@type fun(handle: userdata): string?, integer?
M.place = host.place

---@class Sandbox
---@field options SandboxOptions
---@field files string[] that were read
---@field names? table<string, ChunkNames> of files that messages were about
local Sandbox = {}
Sandbox.__index = Sandbox

---@param options SandboxOptions
---@return Sandbox
function M.open(options)
  return setmetatable({ options = options, files = {} }, Sandbox)
end

-- Files -------------------------------------------------------------------------------------------------------------------------

local function amount(n)
  if n % (1024 * 1024) == 0 then return ("%d MiB"):format(n // (1024 * 1024)) end
  return ("%d bytes"):format(n)
end

---A file of the directory; no link leads out of it, or anywhere.
---@return string? bytes
---@return string? message
local function read(directory, file)
  local cleaned = path.clean(file)
  if path.is_absolute(cleaned) or cleaned == ".." or cleaned:sub(1, 3) == "../" then return nil, file .. " leads out of the package" end
  local at, stat = directory, nil
  for part in cleaned:gmatch("[^/]+") do
    at = path.join(at, part)
    stat = fs.stat(at, { follow = false })
    if not stat then return nil, ("the package has no file %s"):format(cleaned) end
    if stat.type == "link" then return nil, ("%s is reached through a symbolic link; a package holds none"):format(cleaned) end
  end
  -- Reading a pipe would wait for whoever writes to it.
  if not stat or stat.type ~= "file" then return nil, ("%s is no regular file"):format(cleaned) end
  if stat.size > M.limits.memory then return nil, ("%s is larger than %s"):format(cleaned, amount(M.limits.memory)) end
  local bytes = fs.read(at)
  if not bytes then return nil, ("cannot read %s"):format(cleaned) end
  -- The mark that some editors put in front of UTF-8.
  return (bytes:gsub("^\xef\xbb\xbf", ""))
end

local parts = {}

---The text of a file beside this one that runs inside.
local function part(name)
  if name == "version" then return require("host.program").version end
  if not parts[name] then
    local own = package.searchpath("orun.sandbox." .. name, package.path)
    parts[name] = assert(fs.read(own))
  end
  return parts[name]
end

-- Messages ----------------------------------------------------------------------------------------------------------------------

---How the Lua inside shortens the name of a file in its messages.
local function shortened(file)
  return #file <= 59 and file or "..." .. file:sub(-56)
end

---The place that a message begins with, and the rest of it.
local function split(self, message)
  for _, file in ipairs(self.files) do
    local prefix = shortened(file) .. ":"
    if message:sub(1, #prefix) == prefix then
      local line, rest = message:match("^(%d+): (.*)$", #prefix + 1)
      if line then return file, math.tointeger(tonumber(line)), rest end
    end
  end
  return nil, nil, message
end

---The innermost frame in a file of the package, and the next one in another file.
local function known_frames(frames)
  local first, other
  for _, frame in ipairs(frames or {}) do
    if frame.known and not first then first = frame end
    if frame.known and first and frame.file ~= first.file then
      other = frame
      break
    end
  end
  return first, other
end

-- An error is a text that says what is wrong; anything else was hardly meant.
---@param raw table from host.sandbox
---@param message string without its place
---@return string message
---@return string? hint
local function worded(raw, message)
  if not raw.thrown and message:find "%S" then return message end
  local what = raw.thrown == "nil" and "nothing, where an error needs a message"
    or raw.thrown and ("a %s, not a message"):format(raw.thrown) or "an empty message"
  return "it raised " .. what, "error and orun.fail take a text that says what is wrong"
end

local function grouped(n)
  local text = tostring(n):reverse():gsub("(%d%d%d)", "%1,"):reverse()
  return (text:gsub("^,", ""))
end

local limit_messages = {
  memory = function(limits) return ("it uses more than %s of memory"):format(amount(limits.memory)) end,
  ["memory-hard"] = function(limits) return ("it uses more than %s of memory"):format(amount(limits.memory)) end,
  instructions = function(limits) return ("it does not end within %s instructions"):format(grouped(limits.instructions)) end,
  output = function(limits) return ("its output is larger than %s"):format(amount(limits.output)) end,
  string = function(limits) return ("it makes a text larger than %s"):format(amount(limits.output)) end,
  weak = function() return "'__mode' is not available: tables are never weak" end,
}

local limit_keys = {
  memory = "memory", ["memory-hard"] = "memory", instructions = "instructions", output = "output", string = "output",
}

---@param raw table from host.sandbox
---@param file? string what was being run, when the problem does not say
---@param line? integer
---@return SandboxProblem
local function explain(self, raw, file, line)
  local problem, message = {}, raw.message
  if raw.limit then
    problem.limit, message = raw.limit, limit_messages[raw.limit](self.bounds)
    if limit_keys[raw.limit] then problem.hint = "the limit is compositions.limits." .. limit_keys[raw.limit] .. " of the intent" end
    if raw.limit == "memory-hard" then line = nil end
    if raw.file then file, line = raw.file, raw.line end
  elseif raw.unfit then
    message = ("its result%s %s"):format(raw.way ~= "" and " at " .. raw.way or "", raw.unfit)
  elseif raw.failure then
    problem.failure, message, problem.hint, problem.path = true, raw.failure.message, raw.failure.hint, raw.failure.path
    file, line = raw.failure.file or file, raw.failure.line or line
  else
    local named, at, rest = split(self, message)
    local frame, caller = known_frames(raw.frames)
    if frame then file, line = frame.file, frame.line end
    if named then file, line, message = named, at, rest end
    message, problem.hint = worded(raw, message)
    if caller and caller.file ~= file and not problem.hint then
      problem.hint = ("called from %s:%d"):format(self:shown(caller.file), caller.line)
    end
  end
  problem.at, problem.file, problem.line = file, file and self:shown(file), line
  problem.source = file and line and self:line(file, line)
  problem.column = problem.source and problem.source:find "%S"
  problem.message = ('package "%s": %s%s'):format(self.options.name, raw.limit and file and file .. ": " or "", message)
  return problem
end

---Names a file of the sandbox in messages.
---@param file string relative
---@return string
function Sandbox:shown(file)
  local absolute = path.join(self.options.directory, file)
  return self.options.display and self.options.display(absolute) or absolute
end

---A line of a file, without its end.
---@param file string relative
---@param number integer
---@return string?
function Sandbox:line(file, number)
  local text = fs.read(path.join(self.options.directory, file)) or ""
  for line in (text .. "\n"):gmatch "([^\n]*)\n" do
    number = number - 1
    if number == 0 then return line end
  end
end

---Lines on which a file gives some table this field; for messages about what the file returned.
---@param file string relative
---@param key string
---@return integer[]
function Sandbox:field_lines(file, key)
  local known = self.names or {}
  self.names = known
  if not known[file] then
    local text = fs.read(path.join(self.options.directory, file)) or ""
    known[file] = require("orun.sandbox.bytecode").names(text, file) or { keys = {} }
  end
  return known[file].keys[key] or {}
end

---Adds to a diagnostic the line of a field that stands in one line only, else `line`.
---@param file string relative
---@param key? string
---@param line? integer
---@param diagnostic table
---@return table diagnostic
function Sandbox:locate(file, key, line, diagnostic)
  local lines = key and self:field_lines(file, key) or {}
  line = #lines == 1 and lines[1] or line
  diagnostic.file, diagnostic.line = self:shown(file), line
  diagnostic.source = line and self:line(file, line)
  diagnostic.column = diagnostic.source and diagnostic.source:find "%S" or nil
  return diagnostic
end

---@param problem SandboxProblem
---@param kind string
---@return Diagnostic
function M.mark(problem, kind)
  return {
    kind = kind, message = problem.message, file = problem.file, line = problem.line, column = problem.column, source = problem.source,
    hint = problem.hint, path = problem.path,
  }
end

-- Calls -------------------------------------------------------------------------------------------------------------------------

local function limits_of(options)
  local limits = {}
  for key, default in next, M.limits do limits[key] = options.limits and options.limits[key] or default end
  return limits
end

---Makes the state.
function Sandbox:start()
  local options = self.options
  self.bounds = limits_of(options)
  self.state = host.open {
    memory = self.bounds.memory, instructions = self.bounds.instructions, output = self.bounds.output,
    print = options.print or M.sink and function(text) M.sink(text, options.name) end,
  }
  local own = package.searchpath("orun.sandbox.inside", package.path)
  local functions = {
    part = part, inside = function() return options.inside end,
    read = function(file)
      self.files[#self.files + 1] = file
      return read(options.directory, file)
    end,
    is_inert = function(name) return options.inert == true and (name:find("^host%.") or name:find("^orun%.")) ~= nil end,
    template = function(text, file, line)
      if self.template then return self.template(text, file, line) end
      return nil, options.flaw and options.flaw(text) or "later"
    end,
  }
  for name, fn in next, options.host or {} do functions[name] = fn end
  local started, problem = self.state:prelude(assert(fs.read(own)), "=orun", functions)
  if not started then
    self.state = nil
    return nil, explain(self, problem)
  end
  return true
end

---Runs a file, once, and returns a copy of what it returned; functions in it are handles for `call`.
---@param file string relative to the directory
---@return any value
---@return SandboxProblem?
function Sandbox:load(file)
  if not self.state then
    local started, problem = self:start()
    if not started then return nil, problem end
  end
  local value, problem = self.state:enter(file)
  -- A result that is not fit has no line; the file is where to look.
  if problem then return nil, explain(self, problem, file, (problem.unfit or problem.limit == "output") and 1 or nil) end
  return value
end

---Calls a function that a loaded file holds. The arguments are copied, and read-only inside; the result is copied.
---@param handle userdata
---@param ... any
---@return any value
---@return SandboxProblem?
function Sandbox:call(handle, ...)
  local value, problem = self.state:call(handle, ...)
  if not problem then return value end
  return nil, explain(self, problem, host.place(handle))
end

return M
