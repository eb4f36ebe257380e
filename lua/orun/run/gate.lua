-- Gates: what must hold before a job may start, besides its dependencies.
--
--   environment-promotion  its component ran successfully in another environment, from the same revision of the source
--   approval               somebody said yes: on the command line, at the terminal, or by `orun approve`
local diagnostic = require "orun.diagnostic"
local follow = require "orun.state.follow"
local loop = require "host.loop"

local M = {}

---What `--approve` and `orun approve` call it.
---@param gate table
---@return string
function M.id(gate)
  return ("%s:%s@%s"):format(gate.type, gate.component, gate.environment)
end

---Gates of jobs, each once.
---@param jobs table[]
---@return table[] gates in plan order
---@return table<string, table[]> jobs that have it, by gate id
function M.of(jobs)
  local gates, owners = {}, {}
  for _, job in ipairs(jobs) do
    for _, gate in ipairs(job.gates or {}) do
      local id = M.id(gate)
      if not owners[id] then
        gates[#gates + 1] = gate
        owners[id] = {}
      end
      table.insert(owners[id], job)
    end
  end
  return gates, owners
end

---Whether a text typed by a person means a gate: its id, or for approvals their environment, or `all`. A promotion is only overridden
---by name.
---@param text string
---@param gate table
---@return boolean
function M.matches(text, gate)
  if text == M.id(gate) then return true end
  return gate.type == "approval" and (text == "all" or text == gate.environment)
end

---The gates that a text means.
---@param jobs table[]
---@param text string
---@param from string what a message calls the source of the text
---@return table[] at least one
function M.find(jobs, text, from)
  local found, ids = {}, {}
  for _, gate in ipairs((M.of(jobs))) do
    ids[#ids + 1] = M.id(gate)
    if M.matches(text, gate) then found[#found + 1] = gate end
  end
  if #found > 0 then return found end
  diagnostic.raise {
    kind = "run.unknown-gate", message = ("%s %s matches no gate of this plan"):format(from, text),
    hint = #ids == 0 and "it has none" or require("orun.util.suggestion").hint(text, ids) or "its gates: " .. table.concat(ids, ", "),
  }
end

---------------------------------------------------------------------------------------------------

---@class Gates
---@field run Run
---@field approvals string[]   as given on the command line
---@field ask? fun(gate: table, id: string): Process?  puts the question; the process prints the answer. nil: nobody can be asked
---@field verdicts table<string, GateVerdict> by gate id
---@field last? Queue          of the question that was put last: the next one waits for it

---@class GateVerdict
---@field state "met"|"unmet"|"approved"
---@field by? string      who approved it, or the execution that meets it
---@field reason? string  of an unmet one
---@field hint? string
local Gates = {}
Gates.__index = Gates

---@param run Run
---@param approvals? string[]
---@param ask? fun(gate: table, id: string): Process?
---@return Gates
function M.new(run, approvals, ask)
  return setmetatable({ run = run, approvals = approvals or {}, ask = ask, verdicts = {} }, Gates)
end

-- Who approved a gate, as far as the journal was read.
local function recorded_by(self, id)
  local recorded = self.run.fold.gates[id]
  return recorded and recorded.state == "approved" and (recorded.by or "somebody") or nil
end

local function approved_by(self, gate, id)
  for _, text in ipairs(self.approvals) do
    if M.matches(text, gate) then return self.run.user end
  end
  if recorded_by(self, id) then return recorded_by(self, id) end
  self.run.writer:refresh()
  return recorded_by(self, id)
end

-- Seconds for which records are left to gather, most of them of our own jobs, before they are read.
local burst = 0.05

-- An approval that somebody records elsewhere ends the question.
local function await_record(self, id, child)
  local changes <close> = follow.changes(self.run.dir .. "/journal.jsonl")
  self.run.writer:refresh()
  while not recorded_by(self, id) do
    changes:wait()
    loop.sleep(burst)
    self.run.writer:refresh()
  end
  child:terminate()
end

-- Ctrl-C at the question ends its shell and interrupts the run; either may be noticed first.
local function await_interruption(run)
  if run.signal then return end
  local wake = loop.queue()
  run.sleepers[wake] = true
  wake:pop(1)
  run.sleepers[wake] = nil
end

-- Asks at the terminal who approves; an interruption of the run is a no.
---@return string|false|nil by nil: nobody can be asked
local function answer(self, gate, id)
  local child = self.ask and self.ask(gate, id)
  if not child then return nil end
  local question = { process = child }
  function question.cancel() child:terminate() end
  self.run.active[question] = true
  local watcher = loop.spawn(await_record, self, id, child)
  local result = child:wait()
  watcher:cancel()
  self.run.active[question] = nil
  if result.signal == "INT" then await_interruption(self.run) end
  local other = recorded_by(self, id)
  local yes = result.code == 0 and result.output:find("^%s*[yY]") ~= nil
  self.run:emit("gate.answered", { gate = id, typed = result.code == 0, by = other })
  return other or yes and self.run.user
end

local checks = {}

function checks.approval(self, gate, id)
  local by, exec = answer(self, gate, id), self.run.facts.execId
  if by then return { state = "approved", by = by } end
  local source = gate.source and (" (required by %s)"):format(gate.source) or ""
  return {
    state = "unmet", reason = by == false and ("%s was not approved"):format(id) or ("it needs the approval %s%s"):format(id, source),
    hint = ("`orun approve %s --exec-id %s`, then run with --exec-id %s again; or run with --approve %s"):format(id, exec, exec, id),
  }
end

checks["environment-promotion"] = function(self, gate)
  local revision = self.run.revision
  local needed = ("it needs a successful run of %s in %s"):format(gate.component, gate.environment)
  if not revision then
    return { state = "unmet", reason = needed .. " of the same source revision, but the workspace has no git revision" }
  end
  local found = require("orun.state.promotion").find(self.run.store, gate.component, gate.environment, revision)
  if found then return { state = "met", by = found } end
  return {
    state = "unmet", reason = ("%s from revision %s"):format(needed, revision:sub(1, 12)),
    hint = ("run it there first: orun run %s --env %s"):format(gate.component, gate.environment),
  }
end

local function judge(self, gate, id)
  local by = approved_by(self, gate, id)
  if by then return { state = "approved", by = by } end
  local check = checks[gate.type]
  if check then return check(self, gate, id) end
  return { state = "unmet", reason = ("this version does not know gates of type %s"):format(tostring(gate.type)) }
end

-- Questions come one after the other, and no gate twice.
local function verdict_of(self, gate, id)
  local former, mine = self.last, loop.queue()
  self.last = mine
  if former then former:pop() end
  local verdict = self.verdicts[id] or judge(self, gate, id)
  self.verdicts[id] = verdict
  mine:push(true)
  if self.last == mine then self.last = nil end
  return verdict
end

-- Whether a verdict can be found without asking a person.
local function is_quick(self, gate, id)
  return self.verdicts[id] ~= nil or gate.type ~= "approval" or not self.ask or approved_by(self, gate, id) ~= nil
end

---Whether judging a job means to ask somebody first.
---@param job table
---@return boolean
function Gates:needs_answer(job)
  for _, gate in ipairs(job.gates or {}) do
    local id = M.id(gate)
    if not is_quick(self, gate, id) then
      self.run:record("job.queued", { job = job.id, reason = ("it waits for the approval %s"):format(id) })
      return true
    end
  end
  return false
end

---Judges the gates of a job, each once for the whole run, and records what was found. Suspends while somebody is asked.
---@param job table
---@return string? reason nil when the job may start
---@return string? hint
function Gates:check(job)
  local reason, hint
  for _, gate in ipairs(job.gates or {}) do
    local id = M.id(gate)
    local verdict = self.verdicts[id] or verdict_of(self, gate, id)
    self.run:record("gate", { job = job.id, gate = id, state = verdict.state, by = verdict.by })
    if verdict.state == "unmet" and not reason then reason, hint = verdict.reason, verdict.hint end
  end
  return reason, hint
end

return M
