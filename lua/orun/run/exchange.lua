-- What the steps of a job tell each other: variables, outputs, entries of PATH and values to hide. A step does so by the files that
-- ORUN_ENV, GITHUB_ENV, GITHUB_OUTPUT and GITHUB_PATH name, or by workflow commands in its output.
--
-- No file exists before a step makes one. What a step left is kept in one file of the execution until the job has completed, so that a
-- resumed job knows it without running the step again.
local commands = require "orun.actions.command"
local envfile = require "orun.run.envfile"
local fs = require "host.fs"
local json = require "host.json"
local secret = require "orun.run.secret"
local value = require "host.value"

local M = {}

-- Readable by its owner only: variables may be secrets.
local private = 384

---What one step left.
---@class StepEffects
---@field env table<string, string>
---@field outputs table<string, string>
---@field paths string[]   in the order in which they were recorded
---@field masks string[]

---@class Exchange
---@field env table<string, string>
---@field path string     entries in front of PATH, each followed by a colon
---@field masks string[]
---@field results table<string, {outputs: table<string, string>, outcome: string, conclusion: string}>
---@field kept? boolean   some step left something
local Exchange = {}
Exchange.__index = Exchange

---@param prefix string  of the paths of all files
---@param names string[] one for each step, each a part of a file name
---@return Exchange
function M.new(prefix, names)
  return setmetatable({ prefix = prefix, names = names, env = {}, path = "", masks = {}, results = {} }, Exchange)
end

---@return StepEffects
local function none()
  return { env = {}, outputs = {}, paths = value.list {}, masks = value.list {} }
end

local function file(self, position, extension)
  return self.prefix .. self.names[position] .. extension
end

---What the files of a step are called where it runs.
---@param position integer
---@param site Site
---@return string env
---@return string output
---@return string path
function Exchange:names_of(position, site)
  local base = file(self, position, "")
  base = site:inside(base) or base
  return base .. ".env", base .. ".output", base .. ".path"
end

---------------------------------------------------------------------------------------------------
-- Workflow commands.

local function note(command)
  return command.name .. ": " .. command.value
end

local function nothing() end

-- What a command does, and what is shown in its place.
---@type table<string, fun(command: WorkflowCommand, effects: StepEffects): string?>
local actions = {
  ["set-env"] = function(command, effects)
    local name = command.properties.name
    if name and not envfile.is_protected(name) then effects.env[name] = command.value end
  end,
  ["set-output"] = function(command, effects)
    if command.properties.name then effects.outputs[command.properties.name] = command.value end
  end,
  ["add-path"] = function(command, effects)
    if command.value:find("%S") then table.insert(effects.paths, command.value) end
  end,
  ["add-matcher"] = function(command) return command.value end,
  ["remove-matcher"] = function(command) return command.value end,
  notice = note, warning = note, error = note,
  group = nothing, endgroup = nothing, debug = nothing, echo = nothing, ["save-state"] = nothing,
}

---A function that sees the lines beginning with `::` of one attempt and gives what is shown instead.
---@param hide fun(values: string[]) called before anything behind a mask command is shown
---@return fun(line: string): string?
function Exchange:listener(hide)
  local effects, stopped
  self.heard = nil
  return function(line)
    local command = commands.parse(line)
    if not command then return line end
    if not effects then
      effects = none()
      self.heard = effects
    end
    local name = command.name
    if stopped then
      if name ~= stopped then return line end
      stopped = nil
      return nil
    end
    if name == "stop-commands" then
      stopped = command.value:lower()
      return nil
    elseif name == "add-mask" then
      local values = secret.lines(command.value)
      table.move(values, 1, #values, #effects.masks + 1, effects.masks)
      if #values > 0 then hide(values) end
      return nil
    end
    local action = actions[name]
    if action then return action(command, effects) end
    return line
  end
end

---------------------------------------------------------------------------------------------------
-- After a step.

-- Takes a file that the step wrote.
local function take(self, position, extension)
  local path = file(self, position, extension)
  local text = fs.read(path)
  if not text then return nil end
  fs.remove(path)
  return text
end

-- `over`: later of two sources of the same name.
local function merge(under, over)
  for name, v in next, over do under[name] = v end
  return under
end

-- For variables a command counts more than the file; for outputs the file does.
local function read_files(self, position, effects)
  local failure
  local text = take(self, position, ".env")
  if text then
    local found, message = envfile.parse(text)
    if found then effects.env = merge(envfile.allowed(found), effects.env) else failure = "ORUN_ENV: " .. message end
  end
  text = take(self, position, ".output")
  if text then
    local found, message = envfile.parse(text)
    if found then merge(effects.outputs, found) else failure = failure or "GITHUB_OUTPUT: " .. message end
  end
  text = take(self, position, ".path")
  if text then
    local entries = value.list {}
    for line in text:gmatch("[^\r\n]+") do
      if line:find("%S") then entries[#entries + 1] = line end
    end
    effects.paths = table.move(effects.paths, 1, #effects.paths, #entries + 1, entries)
  end
  return failure
end

local function adopt(self, id, effects)
  merge(self.env, effects.env)
  for _, entry in ipairs(effects.paths) do self.path = entry .. ":" .. self.path end
  table.move(effects.masks, 1, #effects.masks, #self.masks + 1, self.masks)
  self.results[id] = { outputs = effects.outputs, outcome = "success", conclusion = "success" }
end

local function is_empty(effects)
  return not (next(effects.env) or next(effects.outputs) or effects.paths[1] or effects.masks[1])
end

---Takes over what an attempt left, also when it failed.
---@param position integer
---@param id string step id
---@return string? message when one of its files is malformed
function Exchange:collect(position, id)
  local effects, base = self.heard, file(self, position, "")
  if not effects and not (fs.exists(base .. ".env") or fs.exists(base .. ".output") or fs.exists(base .. ".path")) then
    self.results[id] = { outputs = {} }
    return nil
  end
  effects = effects or none()
  self.heard = nil
  local failure = read_files(self, position, effects)
  adopt(self, id, effects)
  if not is_empty(effects) then
    self.kept = true
    local ok, message = fs.write(file(self, position, ".kept"), json.encode(effects), { mode = private, sync = false })
    if not ok then return failure or message end
  end
  return failure
end

---How a step ended, for those that ask.
---@param id string
---@param failed boolean
---@param tolerated boolean
function Exchange:conclude(id, failed, tolerated)
  local result = self.results[id] or { outputs = {} }
  result.outcome = failed and "failure" or "success"
  result.conclusion = failed and not tolerated and "failure" or "success"
  self.results[id] = result
end

---Takes over what a completed step of an earlier start left.
---@param position integer
---@param id string
function Exchange:restore(position, id)
  local text = fs.read(file(self, position, ".kept"))
  local effects = text and json.decode(text)
  if type(effects) == "table" then
    self.kept = true
    adopt(self, id, effects)
  else
    self:conclude(id, false, false)
  end
end

---Forgets what a step left that runs again.
---@param position integer
function Exchange:forget(position)
  for _, extension in ipairs { ".kept", ".env", ".output", ".path" } do fs.remove(file(self, position, extension)) end
end

---Removes everything: the job has completed.
function Exchange:remove()
  if not self.kept then return end
  for position in ipairs(self.names) do fs.remove(file(self, position, ".kept")) end
end

return M
