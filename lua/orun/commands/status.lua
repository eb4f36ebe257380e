-- `orun status`: one run, all runs, or a run as it goes on.
local source = require "orun.cockpit.source"

local function print_lines(ctx, lines)
  ctx:write(ctx.style:text(lines))
end

-- Seconds since the epoch, with their fraction.
local function now()
  local seconds, nanoseconds = require("host.loop").wall()
  return seconds + nanoseconds / 1e9
end

local function encode(document, indent)
  return require("host.json").encode(document, { indent = indent })
end

local function show_all(ctx, store)
  local rows = source.runs(store)
  if ctx.flags.json then
    ctx:print(encode(require("orun.cockpit.document").runs(rows), 2))
  else
    print_lines(ctx, require("orun.cockpit.render.runs").lines(rows, os.time(), false, ctx.style.columns))
  end
end

local function show_one(ctx, store)
  local id = source.resolve(store, ctx.flags.exec_id)
  if ctx.flags.json then
    ctx:print(id and encode(require("orun.cockpit.document").status(source.record(store, id, ctx.report)), 2) or "{}")
  elseif id then
    local view = source.run(store, id, ctx.report, { steps = ctx.flags.detailed == true })
    print_lines(ctx, require("orun.cockpit.render.run").lines(view, {
      now = now(), detailed = ctx.flags.detailed, columns = ctx.style.columns or nil,
    }))
  else
    print_lines(ctx, require("orun.cockpit.render.runs").empty())
  end
end

---------------------------------------------------------------------------------------------------
-- Files for other tools

local function trace_of(found)
  local trace = require("orun.cockpit.export.trace").new()
  require("orun.state.journal").read(found.dir .. "/journal.jsonl", function(record) trace:add(record) end)
  return trace:text()
end

local function junit_of(found)
  return require("orun.cockpit.export.junit").text(require("orun.cockpit.viewmodel.run").view(found), found)
end

-- A dash is standard output.
local function save(ctx, file, text)
  if file == "-" then return ctx:write(text) end
  local ok, message = require("host.fs").write(require("orun.util.path").resolve(ctx.cwd, file), text, { sync = false })
  if ok then return ctx:note("wrote " .. file) end
  require("orun.diagnostic").raise { kind = "execution.export", message = ("cannot write %s: %s"):format(file, message) }
end

local function export(ctx, store)
  local id = source.resolve(store, ctx.flags.exec_id)
  if not id then require("orun.diagnostic").raise { kind = "execution.none", message = "no runs yet", hint = "run `orun run`" } end
  local found = source.record(store, id, ctx.report)
  if ctx.flags.trace then save(ctx, ctx.flags.trace, trace_of(found)) end
  if ctx.flags.junit then save(ctx, ctx.flags.junit, junit_of(found)) end
end

---------------------------------------------------------------------------------------------------
-- Watching

-- One frame in place of the one before it; without a terminal, one after the other.
local function draw(ctx, lines, screen, columns, rows)
  if not screen then return print_lines(ctx, lines) end
  if columns then
    lines = table.move(lines, 1, math.min(#lines, rows), 1, {})
    for i, line in ipairs(lines) do lines[i] = ctx.style.clip(line, columns) end
  end
  screen:draw(ctx.style:text(lines))
end

-- The last frame stays: it is shown whole, and may scroll.
local function draw_run(ctx, view, screen)
  local options = { now = now(), detailed = ctx.flags.detailed }
  if screen and not require("orun.cockpit.viewmodel.run").is_over(view) then
    options.columns, options.rows = require("orun.cockpit.screen").room()
  end
  draw(ctx, require("orun.cockpit.render.run").lines(view, options), screen, options.columns, options.rows)
end

local function frame(ctx, watched, screen)
  local last
  return function(view)
    -- A clock is shown on a screen only: elsewhere a frame is worth printing when something happened.
    local mark = view and view.status .. (watched.record.fold and watched.record.fold.applied or "") or "waiting"
    if not screen and mark == last then return ctx:flush() end
    last = mark
    if not view then
      draw(ctx, { { { "Waiting for a run...", "dim" } } }, screen)
    elseif ctx.flags.json then
      ctx:print(encode(require("orun.cockpit.document").status(watched.record)))
    else
      draw_run(ctx, view, screen)
    end
    return ctx:flush()
  end
end

-- Gives the view of the run as it is now. Until there is a run the newest is looked for; then it is stayed with.
local function loader(ctx, store, vigil, watched)
  local followed
  return function()
    if not followed then
      local id = source.resolve(store, ctx.flags.exec_id)
      if not id then
        vigil.changes:add(store .. "/executions")
        return nil
      end
      followed = require("orun.state.record").open(store, id)
      vigil.changes:add(followed.dir)
    end
    watched.record = source.reread(followed)
    return require("orun.cockpit.viewmodel.run").view(watched.record, { steps = ctx.flags.detailed == true })
  end
end

local function watch(ctx, store)
  local loop, watch_run = require "host.loop", require "orun.cockpit.watch"
  local termination = require "orun.util.termination"
  if ctx.flags.exec_id then source.resolve(store, ctx.flags.exec_id) end
  return loop.scope(function()
    local vigil <close>, watched = watch_run.vigil(termination.signals()), {}
    if ctx.style.interactive then ctx:hold_lines() end
    local screen <close> = ctx.style.interactive and not ctx.flags.json and require("orun.cockpit.screen").open(function(text)
      ctx:write(text)
      ctx:flush()
    end) or nil
    if screen then vigil:attend(screen) end
    local signal = watch_run.follow {
      interval = watch_run.interval(ctx.flags.interval),
      load = loader(ctx, store, vigil, watched),
      emit = frame(ctx, watched, screen),
      pause = function(seconds) return vigil:pause(seconds) end,
    }
    return signal and termination.exits[signal] or 0
  end)
end

return {
  summary = "Show how a run is going",
  usage = "[flags]",
  description = [[
Without flags the latest run is shown. The exit code says whether something could be shown, not how the run went.]],
  examples = {
    { "orun status", "the latest run" },
    { "orun status --watch", "until it ends" },
    { "orun status --all", "all runs" },
    { "orun status --trace run.json", "where the time went" },
    { "orun status --exec-id shop-2026 --json", "one run as data" },
  },
  flags = {
    { name = "exec-id", value = "ID", help = "execution id, or the beginning of one (default: the latest)", complete = "runs" },
    { name = "all", help = "list all runs" },
    { name = "detailed", help = "show the steps of every job" },
    { name = "watch", short = "w", help = "follow the run until it ends" },
    { name = "interval", value = "DURATION", type = "duration", default = "1s", help = "time between looks with --watch" },
    { name = "trace", value = "FILE", help = "write the run as a Chrome trace (for ui.perfetto.dev or chrome://tracing); - is stdout" },
    { name = "junit", value = "FILE", help = "write the run as JUnit XML: a suite for each component, a case for each job; - is stdout" },
    { name = "json", help = "as JSON; with --watch one object a line" },
  },

  run = function(ctx)
    local store = ctx:workspace().store
    if ctx.flags.all then return show_all(ctx, store) end
    if ctx.flags.trace or ctx.flags.junit then return export(ctx, store) end
    if ctx.flags.watch then return watch(ctx, store) end
    return show_one(ctx, store)
  end,
}
