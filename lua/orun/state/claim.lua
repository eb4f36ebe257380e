-- Claims: which process may run a job of an execution. Several processes can share one execution; the journal says what was
-- done, and a byte-range lock per job (byte = the job's index in the plan, one file for all) says whose job is still alive.
--
-- The lock descriptor is inherited by the first process of every step, so a byte that can be locked means that the owner
-- and its steps are gone, however they ended.
local fs = require "host.fs"
local holders = require "orun.state.holder"
local lock = require "host.lock"
local loop = require "host.loop"
local process = require "host.process"

local M = {}

local waiting = { wait = true }
-- Between the bytes of one job: the second and later ones are for when somebody keeps the first.
local lane = 1 << 32
-- Seconds in which a claim is free after all recorded groups were killed, unless somebody else holds it.
local patience = 0.2
-- Seconds between two looks at a claim that is to become free.
local look_again = 0.01
local host_name

---@class Claims
---@field dir string
---@field writer JournalWriter
---@field lock? LockFile   `.lock`, open from the first use on
---@field probe? LockFile  the claims, to ask who holds them
---@field held boolean
local Claims = {}
Claims.__index = Claims

---@param dir string directory of the execution
---@param writer JournalWriter
---@return Claims
function M.open(dir, writer)
  local self = setmetatable({
    dir = dir, path = dir .. "/claims", lock_path = dir .. "/.lock", writer = writer, horizon = 0, held = false,
  }, Claims)
  self.guard = setmetatable({}, {
    __close = function()
      self.held = false
      self.lock:unlock()
    end,
  })
  return self
end

---Closes the files; claims stay as they are.
function Claims:close()
  if self.lock then self.lock:release() end
  if self.probe then self.probe:release() end
  self.lock, self.probe = nil, nil
end

local function acquire(self)
  local message
  if not self.lock then
    self.lock, message = lock.open(self.lock_path)
    if not self.lock then return nil, message end
  end
  return self.lock:lock(waiting)
end

---Runs fn with the execution's lock held and the journal read to its end. The tasks of this process are not kept apart by the lock, so
---fn must not wait for anything.
---@param fn fun(...): ...
---@param ... any its arguments
---@return any ...
function Claims:locked(fn, ...)
  local got, message = acquire(self)
  if not got then return nil, ("cannot lock %s: %s"):format(self.lock_path, message) end
  if self.held then error("somebody waits while the execution is locked") end
  self.held = true
  local guard <close> = self.guard -- luacheck: ignore guard
  self.writer:refresh()
  return fn(...)
end

-- Whether some process still holds a claim.
local function is_held(self, index)
  if not self.probe then self.probe = lock.open(self.path) end
  return self.probe ~= nil and self.probe:held(index)
end

---Failures recorded up to now are history: those jobs may run again. Later ones are results.
function Claims:begin()
  self.horizon = self.writer.fold.applied
end

-- What the records say about a job, before its lock is looked at.
local function verdict(self, job)
  if not job or job.status == "pending" then return "free" end
  if job.status == "failed" and job.applied <= self.horizon then return "free" end
  return job.status
end

-- Whether the owner is known to live. Of other machines only the lock tells.
local function owner_alive(owner)
  return owner ~= nil and (not owner.host or owner.host == M.host()) and process.alive(owner.pid, owner.startTicks)
end

local function owner_may_live(owner)
  return owner ~= nil and (owner.host ~= nil and owner.host ~= M.host() or owner_alive(owner))
end

---@return string
function M.host()
  host_name = host_name or require("host.system").hostname()
  return host_name
end

---@class ClaimResult
---@field state "claimed"|"completed"|"failed"|"running"|"stray"|"error"
---@field claim? Claim     held lock when claimed
---@field offset? integer  of the lock, for release
---@field attempt? integer
---@field groups? {pgid: integer, startTicks: integer?}[]  process groups of a dead owner when stray
---@field message? string

-- Process groups that a dead owner's job may have left.
local function recorded_groups(job)
  local groups = {}
  for _, step in next, job and job.steps or {} do
    if step.pgid then groups[#groups + 1] = { pgid = step.pgid, startTicks = step.startTicks } end
  end
  return groups
end

-- The byte is held by somebody else: by a living owner, or by what a dead one left.
local function contended(state, job, message, errno)
  if errno ~= "EWOULDBLOCK" then return { state = "error", message = message } end
  if state == "running" and owner_may_live(job.owner) then return { state = "running" } end
  return { state = "stray", groups = recorded_groups(job) }
end

-- The byte of a job, or another of its bytes when nobody who has the first one is to be waited for.
local function lock_byte(self, index, force)
  local claim, message, errno = lock.byte(self.path, index)
  local offset = index
  while force and not claim and errno == "EWOULDBLOCK" do
    offset = offset + lane
    claim, message, errno = lock.byte(self.path, offset)
  end
  return claim, claim and offset or message, errno
end

-- Takes the byte and records the start; the execution's lock is held.
local function take(self, id, index, options)
  local fold = self.writer.fold
  local state = verdict(self, fold.jobs[id])
  if state == "completed" or state == "failed" then return { state = state, message = fold.jobs[id].error } end
  local force = options.force and not (state == "running" and owner_may_live(fold.jobs[id].owner))
  local claim, offset, errno = lock_byte(self, index, force)
  if not claim then return contended(state, fold.jobs[id], offset, errno) end
  if state == "running" then
    -- An owner records the end of a job before it lets go of the byte, which may have happened since we read.
    self.writer:refresh()
    state = verdict(self, fold.jobs[id])
    if state ~= "running" and state ~= "free" or state == "running" and owner_alive(fold.jobs[id].owner) then
      claim:release()
      return { state = state, message = fold.jobs[id].error }
    end
  end
  local attempt = (fold.jobs[id] and fold.jobs[id].attempt or 0) + 1
  local ok, why = self.writer:append("job.started", { job = id, attempt = attempt, workspace = options.workspace })
  if ok then return { state = "claimed", claim = claim, offset = offset, attempt = attempt } end
  claim:release()
  return { state = "error", message = why }
end

---Tries once to make a job ours.
---@param id string
---@param index integer position in the plan
---@param options? {force?: boolean, workspace?: string}  force: although somebody without a right to it holds the byte
---@return ClaimResult
function Claims:try(id, index, options)
  local result, message = self:locked(take, self, id, index, options or {})
  return result or { state = "error", message = message }
end

---What became of a job that another process was running, as far as the journal was read.
---@param id string
---@param index integer
---@param thorough boolean whether to look at the owner too, not only at the records
---@return "completed"|"failed"|"running"|"free" state free: it may be tried again
---@return string? error
function Claims:fate(id, index, thorough)
  local job = self.writer.fold.jobs[id]
  local state = verdict(self, job)
  if state ~= "running" then return state, job and job.error end
  if not thorough or owner_alive(job.owner) then return "running" end
  if owner_may_live(job.owner) and is_held(self, index) then return "running" end
  self.writer:refresh() -- an owner records the end before it lets go
  state = verdict(self, self.writer.fold.jobs[id])
  return state == "running" and "free" or state, self.writer.fold.jobs[id].error
end

-- A group is ours to kill unless its number now belongs to a process that started later.
local function kill_group(group)
  local ticks = process.start_ticks(group.pgid)
  if ticks and group.startTicks and ticks ~= group.startTicks then return end
  process.kill(-group.pgid, "KILL")
end

---Ends the process groups that hold a claim without a right to it and that no record names. What made itself a daemon (a session of
---its own) wants to stay, and does.
---@param path string of the claims
---@param offset integer
---@return integer[] groups
function M.end_holders(path, offset)
  local ended = {}
  for _, holder in ipairs(holders.of(path, offset)) do
    if holder.group ~= holder.session and holder.pid ~= process.pid() and process.kill(-holder.group, "KILL") then
      ended[#ended + 1] = holder.group
    end
  end
  return ended
end

-- Waits until a claim is free, or the job in the hands of a living owner. Only looks: a lock taken to try would make us a holder.
---@return boolean
function Claims:settled(id, index, seconds)
  local deadline = loop.now() + seconds
  while is_held(self, index) do
    self.writer:refresh()
    local job = self.writer.fold.jobs[id]
    if job and job.status == "running" and owner_may_live(job.owner) then return true end
    if loop.now() >= deadline then return false end
    loop.sleep(look_again)
  end
  return true
end

-- While the execution is locked nobody is between taking a claim and writing that down: whoever holds it then and is no living owner has
-- no right to it.
local function end_strangers(self, id, index)
  local job = self.writer.fold.jobs[id]
  if not (job and owner_may_live(job.owner)) then M.end_holders(self.path, index) end
end

---Ends what a dead owner left behind and waits until its claim is free, or taken by somebody who lives.
---@param id string
---@param index integer
---@param groups {pgid: integer, startTicks: integer?}[]
---@param seconds? number how long to wait (default 5)
---@return boolean settled the claim may be tried again
function Claims:evict(id, index, groups, seconds)
  seconds = seconds or 5
  for _, group in ipairs(groups) do kill_group(group) end
  if self:settled(id, index, math.min(seconds, patience)) then return true end
  self:locked(end_strangers, self, id, index)
  return self:settled(id, index, seconds)
end

---Releases the claim of a job that ended here, and ends what its steps left running in their groups.
---@param claim Claim
---@param offset integer
---@param groups {pgid: integer, startTicks: integer?}[]
function Claims:release(claim, offset, groups)
  claim:leave()
  if not is_held(self, offset) then return end
  for _, group in ipairs(groups) do kill_group(group) end
end

---Forgets a job, so that it runs again.
---@param id string
---@param index integer
---@return true?
---@return string? message when it is running in another process
function Claims:reset(id, index)
  return self:locked(function()
    local job = self.writer.fold.jobs[id]
    if not job then return true end
    if job.status == "running" and (owner_alive(job.owner) or is_held(self, index) and owner_may_live(job.owner)) then
      return nil, ("job %s is running in another process (pid %d)"):format(id, job.owner.pid)
    end
    for _, step in next, job.steps do
      if step.log then fs.remove(self.dir .. "/" .. step.log) end
    end
    return self.writer:append("job.reset", { job = id })
  end)
end

return M
