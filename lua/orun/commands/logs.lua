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

-- Whether nothing more will come. Where there is no journal the snapshots tell.
local function is_over(followed)
  local fold = followed.reader.fold
  if fold.status then return fold.status ~= "running" or require("orun.state.liveness").abandoned(fold) end
  local view = require("orun.cockpit.viewmodel.run").view(require("orun.cockpit.source").reread(followed), { steps = false })
  return require("orun.cockpit.viewmodel.run").is_over(view)
end

-- Follows the logs of the steps that run, and of those that start, until the run is over.
local function follow(ctx, store, id, options)
  local render, logs_view = require "orun.cockpit.render.logs", require "orun.cockpit.viewmodel.logs"
  local source, run_view = require "orun.cockpit.source", require "orun.cockpit.viewmodel.run"
  local watch = require "orun.cockpit.watch"
  local termination = require "orun.util.termination"
  local followed <close> = require("orun.state.record").open(store, id)
  local function show(line) ctx:write(ctx.style:line(line) .. "\n") end
  local tail = require("orun.cockpit.tail").new(followed, {
    wants = function(job, step) return logs_view.asks_for(options, job, step) end,
    line = function(job, step, text) show(render.live_line(job, step, text, options.raw)) end,
    ended = function(job, step, record) if not options.raw then show(render.live_end(job, step, record)) end end,
  })
  return require("host.loop").scope(function()
    local vigil <close> = watch.vigil(termination.signals(), followed.dir)
    while true do
      tail:update(followed:plan())
      local over = is_over(followed)
      if over and not options.raw then
        ctx:write(ctx.style:text(render.live_summary(run_view.view(source.reread(followed), { steps = false }))))
      end
      if not ctx:flush() or over then return 0 end
      local signal = tail:wait(vigil)
      if signal then
        if ctx.style.interactive then ctx:write "\n" end
        return termination.exits[signal]
      end
    end
  end)
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
    { "orun logs --follow", "what the steps print while they run" },
  },
  flags = {
    { name = "exec-id", value = "ID", help = "execution id, or the beginning of one (default: the latest)", complete = "runs" },
    { name = "job", value = "TEXT", help = "only jobs whose id contains this", complete = "jobs" },
    { name = "step", value = "TEXT", help = "only steps whose id contains this" },
    { name = "failed", help = "only what failed" },
    { name = "follow", short = "f", help = "print what comes as it comes, until the run is over" },
    { name = "raw", help = "all lines of all steps" },
  },
  args = { { name = "reference", help = "run/ID or job/TEXT, the same as --exec-id and --job", optional = true, repeatable = true } },

  run = function(ctx, args)
    local source = require "orun.cockpit.source"
    local run, job = references(ctx, args)
    local store = ctx:workspace().store
    local id = source.resolve(store, run)
    if not id then return ctx:write(ctx.style:text { { { "No runs yet.", "dim" } } }) end
    if ctx.flags.follow then
      if ctx.flags.failed then diagnostic.usage("--follow and --failed exclude each other", "what will fail is not known yet") end
      return follow(ctx, store, id, { job = job, step = ctx.flags.step, raw = ctx.flags.raw })
    end
    local record = source.record(store, id, ctx.report)
    local entries, render = require("orun.cockpit.logfiles").read(record), require "orun.cockpit.render.logs"
    if #entries == 0 then return ctx:write(ctx.style:text(render.nothing())) end
    local run_view = require("orun.cockpit.viewmodel.run").view(record, { steps = false })
    local view = require("orun.cockpit.viewmodel.logs").view(run_view, entries, {
      raw = ctx.flags.raw, failed = ctx.flags.failed, job = job, step = ctx.flags.step,
    })
    if #view.entries == 0 then return ctx:write(ctx.style:text(render.nothing(run_view, ctx.flags.failed))) end
    render.each(view, { now = os.time(), raw = ctx.flags.raw, columns = ctx.style.columns or nil }, function(lines)
      if #lines > 0 then ctx:write(ctx.style:text(lines)) end
    end)
  end,
}
