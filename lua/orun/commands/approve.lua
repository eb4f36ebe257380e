-- `orun approve`: records that gates of an execution are approved.
local claims = require "orun.state.claim"
local diagnostic = require "orun.diagnostic"
local execution = require "orun.state.execution"
local gates = require "orun.run.gate"
local journal = require "orun.state.journal"
local liveness = require "orun.state.liveness"
local source = require "orun.cockpit.source"
local system = require "host.system"

local function find(ctx, store)
  local id = source.resolve(store, ctx.flags.exec_id)
  if not id then diagnostic.raise { kind = "execution.none", message = "there is no execution yet", hint = "orun run starts one" } end
  local dir = execution.directory(store, id)
  local plan = execution.read_json(dir .. "/manifest.json")
  if plan and type(plan.jobs) == "table" then return dir, id, plan end
  diagnostic.raise { kind = "execution.not-found", message = ("execution %s has no plan, so it has no gates"):format(id) }
end

-- Writes what is not approved yet; the execution may be running.
local function record(dir, plan, wanted, by)
  local writer, message = journal.writer(dir .. "/journal.jsonl")
  if not writer then diagnostic.raise { kind = "state.journal", message = message } end
  local _, owners = gates.of(plan.jobs)
  local done, why = claims.open(dir, writer):locked(function()
    for _, gate in ipairs(wanted) do
      local id = gates.id(gate)
      local former = writer.fold.gates[id]
      if not former or former.state ~= "approved" then
        local ok, problem = writer:append("gate", { job = owners[id][1].id, gate = id, state = "approved", by = by })
        if not ok then return nil, problem end
      end
    end
    return true
  end)
  if done then done, why = writer:sync() end
  writer:close()
  if not done then diagnostic.raise { kind = "state.journal", message = why } end
  return writer.fold, owners
end

-- Whether a run goes on that still comes to the jobs of these gates.
local function is_awaited(fold, wanted, jobs_of)
  if #liveness.owners(fold) == 0 then return false end
  for _, gate in ipairs(wanted) do
    for _, job in ipairs(jobs_of[gates.id(gate)]) do
      if fold.blocked[job.id] then return false end
    end
  end
  return true
end

return {
  summary = "Approve gates of an execution",
  usage = "orun approve <gate> [flags]",
  description = [[
A job with an approval gate (policy requireApproval) starts only when somebody said yes. `orun run` names the gates that kept jobs from
running; this records the approval, and running the execution again with --exec-id starts them. A run that still goes on takes notice.]],
  examples = {
    { "orun approve approval:cart@production", "one gate of the latest execution" },
    { "orun approve production --exec-id release-7", "all approval gates of an environment" },
  },
  flags = {
    { name = "exec-id", value = "ID", help = "execution (default: the latest)", complete = "runs" },
  },
  args = { { name = "gate", help = "id of a gate, an environment, or `all`" } },
  run = function(ctx, args)
    local store = ctx:workspace().store
    local dir, id, plan = find(ctx, store)
    local wanted = gates.find(plan.jobs, args[1], "approve")
    local fold, jobs_of = record(dir, plan, wanted, system.user())
    local style = ctx.style
    for _, gate in ipairs(wanted) do
      ctx:print(("%s approved %s"):format(style:paint("success", style.glyph.success), gates.id(gate)))
    end
    if is_awaited(fold, wanted, jobs_of) then
      ctx:print(("  run %s goes on by itself"):format(id))
      return 0
    end
    local continuation = source.record(store, id).continuation
    if continuation then ctx:print("  " .. continuation) end
    return 0
  end,
}
