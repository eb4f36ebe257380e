-- The output of a run as it comes: the journal tells which steps run, their logs are read as they grow.
local log = require "orun.state.log"

local M = {}

-- Bytes read from a log at once.
local chunk = 1 << 16
-- A line that goes on for longer is shown in pieces.
local longest_line = 1 << 16

---@class TailStream
---@field job string
---@field step string
---@field path string     absolute
---@field offset integer  bytes shown
---@field rest string     of an unfinished line
---@field order integer

---@class TailOptions
---@field wants fun(job: string, step: string): boolean
---@field line fun(job: string, step: string, text: string)
---@field ended fun(job: string, step: string?, record: table)  a step failed, or a job ended

---@class Tail
---@field followed FollowedRecord
---@field streams table<string, TailStream> running steps
local Tail = {}
Tail.__index = Tail

---@param followed FollowedRecord
---@param options TailOptions
---@return Tail
function M.new(followed, options)
  return setmetatable({ followed = followed, options = options, streams = {}, count = 0, segments = {}, watched = {} }, Tail)
end

local function key_of(record)
  return record.job .. "\0" .. record.step
end

-- Where the log of a running step is, by the naming rule.
local function path_of(self, plan, job_id, step_id)
  if self.plan ~= plan then
    self.plan, self.jobs, self.directories, self.segments = plan, {}, plan and log.directories(plan) or {}, {}
    for _, job in ipairs(plan and plan.jobs or {}) do self.jobs[job.id] = job end
  end
  local job = self.jobs[job_id]
  local segments = self.segments[job_id] or log.segments(job and log.step_ids(job) or { step_id })
  self.segments[job_id] = segments
  return log.path(self.directories[job_id] or log.segment(job_id), segments[step_id] or log.segment(step_id))
end

local function emit_lines(self, stream, text)
  text = stream.rest .. text
  local at = 1
  while true do
    local newline = text:find("\n", at, true)
    if not newline then break end
    self.options.line(stream.job, stream.step, text:sub(at, newline - 1))
    at = newline + 1
  end
  stream.rest = text:sub(at)
  if #stream.rest < longest_line then return end
  self.options.line(stream.job, stream.step, stream.rest)
  stream.rest = ""
end

-- Shows what a log got since the last time.
local function drain(self, stream)
  local file = io.open(stream.path, "rb")
  if not file then return end
  file:seek("set", stream.offset)
  while true do
    local text = file:read(chunk)
    if not text then break end
    stream.offset = stream.offset + #text
    emit_lines(self, stream, text)
  end
  file:close()
end

local function finish(self, key, record)
  local stream = self.streams[key]
  self.streams[key] = nil
  if record.log then
    stream.path = self.followed.dir .. "/" .. record.log
    drain(self, stream)
    if stream.rest ~= "" then self.options.line(stream.job, stream.step, stream.rest) end
  end
  if record.status ~= "completed" then self.options.ended(stream.job, stream.step, record) end
end

local function step_started(self, plan, record)
  self.count = self.count + 1
  self.streams[key_of(record)] = {
    job = record.job, step = record.step, offset = 0, rest = "", order = self.count,
    path = self.followed.dir .. "/" .. path_of(self, plan, record.job, record.step),
  }
end

-- What happened is told in order, but of a step that ran several times only the last one: the logs of the others are gone.
local function tell(self, plan, records)
  local last = {}
  for i, record in ipairs(records) do
    if record.t == "step.started" then last[key_of(record)] = i end
    if record.t == "job.finished" then last[record.job] = i end
  end
  for i, record in ipairs(records) do
    if record.t == "step.started" and last[key_of(record)] == i then
      step_started(self, plan, record)
    elseif record.t == "step.finished" and self.streams[key_of(record)] and i > (last[key_of(record)] or 0) then
      finish(self, key_of(record), record)
    elseif record.t == "job.finished" and last[record.job] == i then
      self.options.ended(record.job, nil, record)
    end
  end
end

---The steps that run, in the order in which they started.
---@return TailStream[]
function Tail:running()
  local list = {}
  for _, stream in next, self.streams do list[#list + 1] = stream end
  table.sort(list, function(a, b) return a.order < b.order end)
  return list
end

---Shows what came since the last time.
---@param plan? table
function Tail:update(plan)
  local records = {}
  self.followed.reader:refresh(function(record)
    if record.step and not self.options.wants(record.job, record.step) then return end
    if record.t == "job.finished" and not self.options.wants(record.job) then return end
    if record.t == "job.finished" or record.step then records[#records + 1] = record end
  end)
  tell(self, plan, records)
  for _, stream in ipairs(self:running()) do drain(self, stream) end
end

-- Directories that logs of running steps are in: the first byte makes the file, and perhaps the directory.
local function directories(self)
  local found = { [self.followed.dir .. "/logs"] = true }
  for _, stream in next, self.streams do found[stream.path:match "^(.*)/"] = true end
  return found
end

---Waits for more. Suspends.
---@param vigil Vigil
---@return string? signal
function Tail:wait(vigil)
  local wanted = directories(self)
  for path in next, self.watched do
    if not wanted[path] then
      vigil.changes:drop(path)
      self.watched[path] = nil
    end
  end
  for path in next, wanted do
    if vigil.changes:add(path) then self.watched[path] = true end
  end
  return vigil:pause(1)
end

return M
