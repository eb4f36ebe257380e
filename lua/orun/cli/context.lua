-- What a command is given: its flags, where it stands, and the two streams it may write to.
local diagnostic = require "orun.diagnostic"

---@class Context
local Context = {}

-- Made when first used: most commands need only some of them.
local lazy = {}

function lazy.cwd() return require("host.fs").cwd() end
function lazy.style() return require("orun.cockpit.style").new { stream = "stdout" } end
function lazy.style_err() return require("orun.cockpit.style").new { stream = "stderr" } end

function Context:__index(key)
  local method = Context[key]
  if method ~= nil then return method end
  local make = lazy[key]
  if not make then return nil end
  local v = make()
  rawset(self, key, v)
  return v
end

local M = {}

-- `-o json` asks for JSON where formats are what `--output` takes; elsewhere it names a file.
local function wants_json(flags, command)
  if flags.json == true then return true end
  for _, flag in ipairs(flags.output == "json" and command and command.flags or {}) do
    if flag.name == "output" then return flag.choices ~= nil end
  end
  return false
end

---@param parsed Parsed
---@param command? Command
---@return Context
function M.new(parsed, command)
  local flags = parsed.flags
  return setmetatable({
    flags = flags,
    given = parsed.given,
    report = diagnostic.collector { strict = flags.strict == true },
    json = wants_json(flags, command),
  }, Context)
end

local broken_pipe, input_output = 32, 5
-- More than is drawn at once.
local picture_bytes = 1 << 16

-- A terminal that hung up reports an input/output error, as a broken disk does.
local function is_reader_gone(errno)
  if errno == broken_pipe then return true end
  if errno ~= input_output then return false end
  local stat = require("host.fs").stat("/proc/self/fd/1")
  return stat ~= nil and stat.type ~= "file"
end

-- A reader that went away is no mistake of ours: what it did not want is dropped. Anything else is.
local function check(self, ok, message, errno)
  if ok then return end
  if is_reader_gone(errno) then
    self.closed = true
    return
  end
  diagnostic.raise { kind = "output.write", message = "cannot write to standard output: " .. message }
end

---Writes to stdout as it is.
---@param text string
function Context:write(text)
  if not self.closed then check(self, io.stdout:write(text)) end
end

---Writes a line to stdout.
---@param text? string default: an empty line
function Context:print(text)
  if not self.closed then check(self, io.stdout:write(text or "", "\n")) end
end

---Writes a line to stderr.
---@param text string
function Context:note(text)
  self:flush()
  io.stderr:write(text, "\n")
end

---From now on what is written reaches a terminal when it is flushed, and not line by line: a picture appears at once.
function Context:hold_lines()
  self:flush()
  io.stdout:setvbuf("full", picture_bytes)
end

---Hands what was written to whoever reads it.
---@return boolean open false when nobody reads any more
function Context:flush()
  if not self.closed then check(self, io.stdout:flush()) end
  return not self.closed
end

---Prints the warnings collected so far, before something that takes its time or prints a lot.
function Context:print_warnings()
  local warnings = self.report.warnings
  if #warnings == 0 then return end
  self.report.warnings = {}
  self:flush()
  local all = { errors = {}, warnings = diagnostic.sorted(warnings) }
  io.stderr:write(require("orun.cockpit.render.diagnostic").text(all, self.style_err, self.cwd))
end

---@return Workspace
function Context:workspace()
  local known = rawget(self, "known_workspace")
  if known then return known end
  local found = require("orun.intent.location").find { flag = self.flags.intent, cwd = self.cwd }
  local workspace = {
    intent = found.file,
    root = found.root,
    store = found.root .. "/.orun",
    searched = { from = found.from, to = found.to },
  }
  rawset(self, "known_workspace", workspace)
  return workspace
end

return M
