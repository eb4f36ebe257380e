-- `orun describe job <id>`
local diagnostic = require "orun.diagnostic"
local identity = require "orun.plan.identity"
local value = require "host.value"

local function read_plan(ctx, store)
  local path, err = require("orun.plan.store").open(store):resolve(ctx.flags.plan)
  if not path then diagnostic.raise(err --[[@as Diagnostic]]) end
  return (require("orun.plan.reader").read(path, { allow_modified = true }, ctx.report))
end

local function find(plan, text)
  local ids, jobs = {}, {}
  for i, job in ipairs(plan.jobs) do ids[i], jobs[job.id] = job.id, job end
  local id, candidates = identity.match(ids, text)
  if id then return jobs[id] end
  if #candidates > 0 then
    diagnostic.raise {
      kind = "job.ambiguous", message = ('"%s" may be any of these jobs: %s'):format(text, table.concat(candidates, ", ")),
      hint = "write more of the id",
    }
  end
  local hint = require("orun.util.suggestion").hint(text, ids)
  diagnostic.raise {
    kind = "job.not-found", message = ('no job "%s" in plan %s'):format(text, identity.short(plan.metadata.checksum)),
    hint = hint or "orun get jobs lists them",
  }
end

local document_shape = value.shape { "plan", "job", "execution" }
local execution_shape = value.shape { "execID", "state" }

local function document(plan, job, record)
  local states = record and record.state and record.state.jobs
  local state = type(states) == "table" and (states[job.id] or states[identity.dotted(job.id)]) or nil
  return document_shape {
    plan = identity.short(plan.metadata.checksum), job = job,
    execution = state and execution_shape { execID = record.execId, state = state } or nil,
  }
end

return {
  summary = "Show a job: its settings, its steps and how it went in the latest run",
  usage = "orun describe job <id> [flags]",
  examples = {
    { "orun describe job api@dev.deploy", "by its id" }, { "orun describe job api.dev", "by a unique beginning, also in the dotted form" },
    { "orun describe job api@dev.deploy --plan rc1 -o yaml", "as another plan has it" },
  },
  flags = {
    { name = "plan", value = "REF", help = "plan id, name or file (default: the latest)", complete = "plans" },
    { name = "output", short = "o", value = "FORMAT", choices = { "json", "yaml", "wide" },
      help = "output format; wide: the text with what it leaves out otherwise" },
    { name = "json", type = "boolean", help = "the same as -o json" },
  },
  args = { { name = "job", help = "its id, or a unique beginning of it", complete = "jobs" } },

  run = function(ctx, args)
    local source, store = require "orun.cockpit.source", ctx:workspace().store
    local plan = read_plan(ctx, store)
    local job = find(plan, args[1])
    local id = source.resolve(store)
    local record = id and source.record(store, id)
    local format = ctx.flags.json and "json" or ctx.flags.output
    if format and format ~= "wide" then return ctx:write(require("orun.cockpit.document").encode(document(plan, job, record), format)) end
    local run = record and require("orun.cockpit.viewmodel.run").view(record)
    local view = require("orun.cockpit.viewmodel.description").job(plan, job, run, format == "wide")
    ctx:write(ctx.style:text(require("orun.cockpit.render.description").job(view, os.time())))
  end,
}
