-- What the cockpit shows of the executions in a store: records read for the view-models.
local diagnostic = require "orun.diagnostic"
local execution = require "orun.state.execution"
local fs = require "host.fs"
local job_view = require "orun.cockpit.viewmodel.job"
local journal = require "orun.state.journal"
local liveness = require "orun.state.liveness"
local record = require "orun.state.record"
local run_view = require "orun.cockpit.viewmodel.run"
local shellword = require "orun.util.shellword"
local snapshot = require "orun.state.snapshot"

local M = {}

-- An execution whose directory cannot be read would look as if nothing had happened in it.
local function check_readable(store, id)
  local list, message, errno = fs.list(execution.directory(store, id))
  if list or errno == "ENOENT" then return end
  diagnostic.raise { kind = "state.unreadable", message = "cannot read the execution: " .. message, hint = "who owns the directory?" }
end

---Finds an execution. One that was named and does not exist is an error.
---@param store string
---@param ref? string
---@return string? id nil: there is none yet
function M.resolve(store, ref)
  local _, id, candidates = execution.resolve(store, ref)
  if id then
    check_readable(store, id)
    return id
  end
  if candidates then
    diagnostic.raise {
      kind = "execution.ambiguous", message = ("several executions begin with %s: %s"):format(ref, table.concat(candidates, ", ")),
      hint = "write more of the id",
    }
  end
  if ref and ref ~= "" and ref ~= "latest" then
    diagnostic.raise { kind = "execution.not-found", message = "execution not found: " .. ref, hint = "orun get runs lists them" }
  end
end

---@class ShownRecord: ExecutionRecord
---@field abandoned boolean  it says that it runs, but nobody runs it
---@field continuation? string command that goes on with one that is abandoned or ended without success

-- The command that goes on with an execution: with its stored plan, else with the copy in its record, where it ran before.
local function continuation(found)
  local store = found.dir:match "^(.*)/executions/[^/]+$"
  local id = found.meta and found.meta.planId
  local stored = type(id) == "string" and id ~= "" and fs.exists(("%s/plans/%s.json"):format(store, id))
  local plan = stored and id or found.dir .. "/manifest.json"
  local runner = found.fold and found.fold.runner
  local where = runner and runner ~= "local" and " --runner " .. runner or ""
  return ("orun run %s%s --exec-id %s"):format(shellword.quote(plan), where, shellword.quote(found.execId))
end

local function arrange(found, id, report)
  if report and found.corrupt > 0 then report:warn { kind = "state.journal", message = journal.damage(id, found.corrupt) } end
  snapshot.arrange(found.meta)
  found.abandoned = liveness.abandoned(found.fold)
  if found.abandoned or found.fold and found.fold.status == "failed" then found.continuation = continuation(found) end
  return found
end

---@param store string
---@param id string
---@param report? Collector warned of damage in the journal
---@return ShownRecord
function M.record(store, id, report)
  return arrange(record.view(store, id), id, report)
end

---The same for a record that is followed.
---@param followed FollowedRecord
---@return ShownRecord
function M.reread(followed)
  return arrange(followed:read(), followed.id)
end

---@param store string
---@param id string
---@param report? Collector
---@param options? {steps?: boolean}  as for the view of a run
---@return RunView
function M.run(store, id, report, options)
  return run_view.view(M.record(store, id, report), options)
end

-- What a finished run wrote last is enough; of others the journal knows more.
local function is_final(row)
  local status = row.meta and row.meta.status
  return (status == "completed" or status == "failed") and row.meta.jobTotal ~= nil
end

-- How many of the jobs that a finished run counts as failed were cancelled. Only a snapshot that has the word is decoded.
local function cancelled_jobs(row)
  local text = row.meta.status == "failed" and fs.read(row.dir .. "/state.json")
  if not text or not text:find('"cancelled"', 1, true) then return nil end
  local state, n = execution.read_json(row.dir .. "/state.json"), 0
  for _, job in next, state and type(state.jobs) == "table" and state.jobs or {} do
    if type(job) == "table" and job_view.outcome(job) == "cancelled" then n = n + 1 end
  end
  return n > 0 and n or nil
end

---@param store string
---@return RunRow[]
function M.runs(store)
  local rows = execution.list(store)
  for _, row in ipairs(rows) do
    if is_final(row) then
      row.cancelled = cancelled_jobs(row)
    else
      local found = M.record(store, row.execId)
      row.meta, row.state, row.fold, row.abandoned = found.meta, found.state, found.fold, found.abandoned
    end
  end
  return require("orun.cockpit.viewmodel.runs").view(rows)
end

return M
