-- A run in the background: the record is made here, then the same program runs the plan in a session of its own.
local diagnostic = require "orun.diagnostic"
local execution = require "orun.state.execution"
local follow = require "orun.state.follow"
local fs = require "host.fs"
local identity = require "orun.plan.identity"
local journal = require "orun.state.journal"
local liveness = require "orun.state.liveness"
local lock = require "host.lock"
local loop = require "host.loop"
local process = require "host.process"
local selection = require "orun.run.selection"
local session = require "orun.run.session"
local snapshot = require "orun.state.snapshot"
local system = require "host.system"
local value = require "host.value"

local M = {}

-- Seconds between looks at whether the child still lives while it starts.
local look = 0.05
-- Of what it printed before it ended early this much is looked at.
local tail_bytes = 4096

---@class BackgroundRun
---@field execId string
---@field dir string
---@field pid integer
---@field log string  path of run.log

-- Metadata until the child writes its own: viewers shall see the run at once.
local function write_metadata(dir, id, options, selected)
  local path, plan = dir .. "/metadata.json", options.plan
  local metadata = execution.read_json(path)
  if metadata then
    metadata.status, metadata.finishedAt = "running", nil
    snapshot.arrange(metadata)
  else
    local fold = require("orun.state.fold").new()
    fold.startedAt = loop.timestamp()
    metadata = snapshot.metadata(fold, {
      execId = id, planId = identity.short(plan.metadata.checksum) or "", planName = plan.metadata.name or "",
      user = system.user(), jobTotal = #selected, links = value.list(),
    })
  end
  local held <close> = lock.file(dir .. "/.lock", { wait = true }) -- luacheck: ignore held
  return snapshot.write(dir, "metadata.json", snapshot.encode(metadata), true)
end

local function prepare(id, options, selected)
  local dir = session.directory(options.store, id)
  session.write_manifest(dir, options)
  local ok, message = write_metadata(dir, id, options, selected)
  if not ok then diagnostic.raise { kind = "state.record", message = message } end
  return dir
end

local function start(dir, id, words, log)
  local env = process.environ()
  env.ORUN_BACKGROUND_CHILD, env.ORUN_EXEC_ID, env.ORUN_NO_COLOR = "1", id, "1"
  local argv = { system.paths().exe, "run", "--plan=" .. dir .. "/manifest.json", "--exec-id=" .. id }
  table.move(words, 1, #words, #argv + 1, argv)
  local child, message = process.start { argv = argv, env = env, output = "file", log = log, session = true, die_with_parent = false }
  if not child then diagnostic.raise { kind = "run.background", message = "cannot start the run in the background: " .. message } end
  return child
end

-- The last line that is more than a hint: errors come last.
local function last_words(log, from)
  local file = io.open(log, "rb")
  if not file then return nil end
  file:seek("set", math.max(from, file:seek("end") - tail_bytes))
  local text = file:read "a" or ""
  file:close()
  return text:match "error: ([^\n]*)" or text:match "([^\n]+)%s*$"
end

-- Until the child has noted that the run began: afterwards every command finds it.
local function await_start(child, dir, log, from)
  local changes <close> = follow.changes(dir)
  local reader = journal.reader(dir .. "/journal.jsonl")
  local pid, began = child:pid(), false
  while not began do
    local lives = process.alive(pid, child:start_ticks())
    reader:refresh(function(record) began = began or record.t == "run.started" and record.pid == pid end)
    if not began and not lives then
      diagnostic.raise {
        kind = "run.background", message = "the run in the background ended at once: " .. (last_words(log, from) or "it said nothing"),
        hint = "all that it printed is in " .. log,
      }
    end
    if not began then changes:wait(look) end
  end
  reader:close()
end

---Starts a run in the background. Returns when it has begun.
---@param options RunOptions
---@param words string[] flags that the run was given, without those that say which plan and which execution
---@return BackgroundRun
function M.start(options, words)
  local selected = selection.select(options.plan, options)
  local id = options.exec_id or execution.fresh_id(options.plan.metadata.name)
  session.check_id(id)
  local dir = prepare(id, options, selected)
  local log = dir .. "/run.log"
  local stat = fs.stat(log)
  local child = start(dir, id, words, log)
  local ok, message = fs.write(liveness.pid_file(dir), child:pid() .. "\n", { sync = false })
  if not ok then diagnostic.raise { kind = "state.record", message = message } end
  await_start(child, dir, log, stat and stat.size or 0)
  return { execId = id, dir = dir, pid = child:pid(), log = log }
end

return M
