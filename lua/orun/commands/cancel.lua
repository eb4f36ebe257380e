-- `orun cancel`: asks whoever works on a run to stop.
local diagnostic = require "orun.diagnostic"
local stop = require "orun.state.stop"
local value = require "host.value"

local function refuse(message, hint)
  diagnostic.raise { kind = "execution.not-running", message = message, hint = hint }
end

-- Nobody works on it: says which kind of nobody, and ends what a dead one left.
local function nobody(found, id)
  if not found.abandoned then
    local status = found.fold and found.fold.status or found.meta and found.meta.status
    refuse(("run %s is not running%s"):format(id, status and ": it is " .. status or ""))
  end
  local ended = stop.leftovers(found)
  if #ended > 0 then return { leftovers = ended } end
  refuse(("run %s is not running: its process is gone"):format(id), ("`%s` goes on with it"):format(found.continuation))
end

local function check_reachable(found, id)
  local host = stop.foreign_host(found)
  if not host then return end
  diagnostic.raise { kind = "execution.elsewhere", message = ("run %s runs on %s"):format(id, host), hint = "cancel it there" }
end

local function document(id, done)
  local pids = value.list {}
  for i, owner in ipairs(done.asked or {}) do pids[i] = owner.pid end
  local leftovers = value.list {}
  for i, pgid in ipairs(done.leftovers or {}) do leftovers[i] = pgid end
  return value.shape { "execID", "asked", "killed", "leftovers" } {
    execID = id, asked = pids, killed = done.killed or false, leftovers = leftovers,
  }
end

local function pids_of(owners)
  local pids = {}
  for i, owner in ipairs(owners) do pids[i] = tostring(owner.pid) end
  return (#pids == 1 and "process " or "processes ") .. table.concat(pids, ", ")
end

local function tell(ctx, id, done)
  local name = ctx.style.plain(id)
  if done.leftovers then
    ctx:print(("Run %s was not running any more; ended %s that it left behind."):format(name,
      ctx.style.plural(#done.leftovers, "process group")))
  elseif done.killed then
    ctx:print(("Killed run %s (%s) and its steps."):format(name, pids_of(done.asked)))
    ctx:print "`orun status` tells how to go on with it."
  elseif done.again then
    ctx:print(("Run %s (%s) was stopping already: asked it to end its steps at once."):format(name, pids_of(done.asked)))
  else
    ctx:print(("Asked run %s (%s) to stop; its steps get 5 seconds. Cancel again to end them at once."):format(name, pids_of(done.asked)))
  end
end

return {
  summary = "Stop a run",
  usage = "orun cancel [run] [flags]",
  description = [[
Asks the processes that work on a run (by default the latest one) to stop, as Ctrl-C would: no further job starts, running steps are
asked to end and get 5 seconds, their jobs count as cancelled. It does not matter where the run was started, in the background or in
another terminal. To cancel a second time ends the steps at once; --kill ends orun itself too, without giving it the time to write
down how the jobs ended.]],
  examples = {
    { "orun cancel", "the latest run" },
    { "orun cancel shop-20260601-1a2b3c", "one run" },
    { "orun cancel --kill", "at once" },
  },
  flags = {
    { name = "exec-id", value = "ID", help = "the same as the argument", complete = "runs" },
    { name = "kill", type = "boolean", help = "end orun and all running steps at once" },
    { name = "json", type = "boolean", help = "print what was done as JSON" },
  },
  args = { { name = "run", help = "execution id, or the beginning of one (default: the latest)", optional = true, complete = "runs" } },

  run = function(ctx, args)
    local source = require "orun.cockpit.source"
    local store = ctx:workspace().store
    local id = source.resolve(store, args[1] or ctx.flags.exec_id)
    if not id then refuse "there are no runs yet" end
    local found = source.record(store, id, ctx.report)
    check_reachable(found, id)
    local owners = stop.owners(found)
    local done = #owners == 0 and nobody(found, id) or stop.ask(found, owners, ctx.flags.kill)
    if done.refused then
      diagnostic.raise {
        kind = "execution.not-stopped", message = ("cannot stop run %s: %s"):format(id, done.refused), hint = "who started it?",
      }
    end
    if ctx.flags.json then
      ctx:print(require("host.json").encode(document(id, done), { indent = 2 }))
    else
      tell(ctx, id, done)
    end
  end,
}
