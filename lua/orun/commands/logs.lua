-- `orun logs`: what the steps of a run printed.
local diagnostic = require "orun.diagnostic"

-- `run/<id>` and `job/<id>` say the same as the flags.
local function references(ctx, args)
  local run, job = ctx.flags.exec_id, ctx.flags.job
  for _, argument in ipairs(args.reference) do
    local kind, id = argument:match("^(%a+)/(.+)$")
    if kind == "run" then
      run = id
    elseif kind == "job" then
      job = id
    else
      diagnostic.usage(('unexpected argument "%s" for orun logs'):format(argument), "write run/<execution id> or job/<part of a job id>")
    end
  end
  return run, job
end

return {
  summary = "Show what the steps of a run printed",
  usage = "[run/<id>] [job/<id>] [flags]",
  description = [[
Without flags: the failed steps and those that printed a link, or everything when there is neither.]],
  examples = {
    { "orun logs", "what failed in the latest run" },
    { "orun logs run/shop-2026 job/deploy", "some jobs of one run" },
    { "orun logs --raw", "everything" },
  },
  flags = {
    { name = "exec-id", value = "ID", help = "execution id, or the beginning of one (default: the latest)", complete = "runs" },
    { name = "job", value = "TEXT", help = "only jobs whose id contains this", complete = "jobs" },
    { name = "step", value = "TEXT", help = "only steps whose id contains this" },
    { name = "failed", help = "only what failed" },
    { name = "raw", help = "all lines of all steps" },
  },
  args = { { name = "reference", help = "run/ID or job/TEXT, the same as --exec-id and --job", optional = true, repeatable = true } },

  run = function(ctx, args)
    local source = require "orun.cockpit.source"
    local run, job = references(ctx, args)
    local store = ctx:workspace().store
    local id = source.resolve(store, run)
    if not id then return ctx:write(ctx.style:text { { { "No runs yet.", "dim" } } }) end
    local record = source.record(store, id, ctx.report)
    local run_view = require("orun.cockpit.viewmodel.run").view(record)
    local entries = require("orun.cockpit.logfiles").read(record)
    local view = require("orun.cockpit.viewmodel.logs").view(run_view, entries, {
      raw = ctx.flags.raw, failed = ctx.flags.failed, job = job, step = ctx.flags.step,
    })
    if #view.entries == 0 then return ctx:write(ctx.style:text { { { "No logs for this run yet.", "dim" } } }) end
    ctx:write(ctx.style:text(require("orun.cockpit.render.logs").lines(view, { now = os.time(), raw = ctx.flags.raw })))
  end,
}
