-- The container engine, through its command line: `docker`, else `podman`. DOCKER_HOST and contexts mean what they mean there, so
-- podman's socket is as good as Docker's.
--
-- Not its HTTP API: attaching to a container hijacks the connection and frames both streams, which orun would have to take apart and
-- feed into logs; the command line hands them over as pipes, which orun's processes stream, mask, time and end already. It costs 20 ms
-- of CPU per step, where the engine itself spends more than 100 ms on starting a process in a container.
local fs = require "host.fs"
local json = require "host.json"
local loop = require "host.loop"
local process = require "host.process"

local M = {}

-- Seconds for questions and orders that touch no network.
local patience = 60
local default_path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

---@class Engine
---@field cli string      program
---@field podman boolean
---@field rootless boolean root in a container is the user who runs orun
---@field images table<string, Task>
local Engine = {}
Engine.__index = Engine

-- What a failed call says: the last line that is not empty.
local function last_line(text)
  local found
  for line in text:gmatch("[^\r\n]+") do
    if line:find("%S") then found = line:match("^%s*(.-)%s*$") end
  end
  return found
end

---Calls the command line. Suspends.
---@param words string[]
---@param seconds? number
---@return string? output
---@return string? message
---@return ProcessResult? result
function Engine:call(words, seconds)
  local argv = table.move(words, 1, #words, 2, { self.cli })
  local result, message = process.run { argv = argv, merge = false, limit = 1 << 20, timeout = seconds or patience }
  if not result then return nil, message end
  if result.code == 0 then return result.output end
  local said = last_line(result.errors or "") or last_line(result.output or "")
  return nil, said or (result.timed_out and "no answer" or ("exit status %s"):format(result.code)), result
end

---Finds the engine and asks whether it is there.
---@return Engine?
---@return string? message
function M.find()
  local cli = process.which("docker") or process.which("podman")
  if not cli then return nil, "neither docker nor podman is on the PATH" end
  local self = setmetatable({ cli = cli, images = {} }, Engine)
  local version, message = self:call { "--version" }
  if not version then return nil, message end
  self.podman = version:lower():find("podman", 1, true) ~= nil
  local info, why = self:call { "info", "--format", self.podman and "{{.Host.Security.Rootless}}" or "{{.SecurityOptions}}" }
  if not info then return nil, why end
  self.rootless = info:find("rootless", 1, true) ~= nil or info:find("true", 1, true) ~= nil
  return self
end

-- The PATH of an image that is there; nil when it is not.
local function path_of(self, image)
  local text, message = self:call { "image", "inspect", "--format", "{{json .Config.Env}}", image }
  if not text then return nil, message end
  local variables = json.decode(text)
  for _, variable in ipairs(type(variables) == "table" and variables or {}) do
    local path = tostring(variable):match("^PATH=(.*)$")
    if path then return path end
  end
  return default_path
end

local function fetch(self, image, policy)
  if policy ~= "always" then
    local path = path_of(self, image)
    if path then return path end
    if policy == "never" then return nil, ("image %s is not on this machine, and --pull is never"):format(image) end
  end
  local _, message, result = self:call({ "pull", image }, 3600)
  if message then
    return nil, ("failed to pull docker image %s: exit status %s: %s"):format(image, result and result.code or "?", message)
  end
  local path, why = path_of(self, image)
  return path, why and ("image %s is not there although it was pulled: %s"):format(image, why)
end

---Makes sure that an image is there, once for all jobs that ask.
---@param image string
---@param policy "missing"|"always"|"never"
---@return Task task returns the PATH of its programs; nil, message
function Engine:ensure(image, policy)
  local task = self.images[image] or loop.spawn(fetch, self, image, policy)
  self.images[image] = task
  return task
end

---Ends what is still being fetched.
function Engine:forsake()
  for _, task in next, self.images do
    if task:status() == "running" then task:cancel() end
  end
end

---------------------------------------------------------------------------------------------------
-- Containers that killed runs left.

local marker = "/cache/containers"

---Notes that runs of a store have made containers, so that `orun gc` asks the engine.
---@param store string
function M.mark(store)
  if fs.exists(store .. marker) then return end
  fs.mkdir(store .. "/cache")
  fs.write(store .. marker, "orun gc asks the container engine for containers of killed runs because of this file\n", { sync = false })
end

---@class StrayContainer
---@field id string
---@field execId string

---Containers of a store's executions; none where no run made any.
---@param store string
---@return StrayContainer[] containers
---@return Engine? engine
---@return string? message the engine did not answer
function M.containers(store)
  if not fs.exists(store .. marker) then return {} end
  local engine, message = M.find()
  if not engine then return {}, nil, message end
  local label = engine.podman and '{{index .Labels "io.orun.execution"}}' or '{{.Label "io.orun.execution"}}'
  local text, why = engine:call {
    "ps", "--all", "--no-trunc", "--filter", "label=io.orun.store=" .. fs.realpath(store), "--format", "{{.ID}} " .. label,
  }
  local found = {}
  for id, execution in (text or ""):gmatch("(%S+) ([^\n]+)") do found[#found + 1] = { id = id, execId = execution } end
  return found, engine, why
end

---@param id string id or name
---@return true?
---@return string? message
function Engine:remove(id)
  local words = { "rm", "--force", "--volumes", id }
  -- Podman would ask first, and wait: a container's first process hears nothing but the end of its input.
  if self.podman then table.move({ "--time", "0" }, 1, 2, #words + 1, words) end
  local _, message = self:call(words)
  if message and not message:lower():find("no such container", 1, true) then return nil, message end
  return true
end

return M
