-- `orun run`: resolve the plan, choose the runner, run it, show it.
local changes = require "orun.cli.changes"
local diagnostic = require "orun.diagnostic"
local execution = require "orun.state.execution"
local json = require "host.json"
local migration = require "orun.state.migration"
local path = require "orun.util.path"
local process = require "host.process"
local questions = require "orun.cockpit.question"
local runner = require "orun.run.runner"
local target = require "orun.cli.target"
local value = require "host.value"

-- Seconds between writes of what is shown to a pipe or a file.
local flush_interval = 0.2

local runners = { "docker", "github-actions", "local" }

local function environ(name)
  local text = process.environ()[name]
  return text ~= "" and text or nil
end

-- Inside a step these describe the run that started it, not the one asked for.
local function inherited(name)
  return not environ("ORUN_JOB_ID") and environ(name) or nil
end

---------------------------------------------------------------------------------------------------
-- What the command line says, before any file is read.

local function known_runner(text)
  local name = text:match("^%s*(.-)%s*$"):lower()
  for _, known in ipairs(runners) do
    if known == name then return name end
  end
end

local function check_usage(ctx)
  local flags = ctx.flags
  flags.background = flags.background or flags.bg
  if flags.job_id then
    ctx:note "warning: --job-id is the former name of --job"
    flags.job = flags.job or flags.job_id
  end
  if flags.runner and not known_runner(flags.runner) then
    diagnostic.usage(("unknown runner: %s (known: %s)"):format(flags.runner, table.concat(runners, ", ")))
  end
  if flags.gha and flags.runner and known_runner(flags.runner) ~= "github-actions" then
    diagnostic.usage("--gha and --runner " .. flags.runner .. " exclude each other")
  end
  if flags.background and flags.dry_run then diagnostic.usage("--background and --dry-run exclude each other") end
  if flags.keep_going and flags.fail_fast and flags.fail_fast ~= "no" then
    diagnostic.usage("--keep-going and --fail-fast=" .. flags.fail_fast .. " exclude each other")
  end
  if flags.retry and not flags.job then
    diagnostic.usage("--retry requires --job", "name the job to run again: --job ID --retry")
  end
  if flags.exec_id then
    local ok, message = execution.check(flags.exec_id)
    if not ok then diagnostic.usage(message) end
  end
end

---------------------------------------------------------------------------------------------------
-- Facts of the run.

local function uses_actions(plan)
  for _, job in ipairs(plan.jobs) do
    for _, step in ipairs(job.steps) do
      if type(step.use) == "string" and step.use:find("%S") then return true end
    end
  end
  return false
end

local function choose_runner(flags, plan)
  if flags.gha then return "github-actions" end
  if flags.runner then return known_runner(flags.runner) end
  local named = inherited("ORUN_RUNNER")
  if named then
    local name = known_runner(named)
    if name then return name end
    diagnostic.raise {
      kind = "run.unknown-runner", message = ('ORUN_RUNNER is "%s"; known runners: %s'):format(named, table.concat(runners, ", ")),
    }
  end
  if uses_actions(plan) then return "github-actions" end
  -- Steps that are commands do not need it: where it is missing they run as everywhere else.
  local inside = (environ("GITHUB_ACTIONS") or ""):lower() == "true" and require("orun.run.backend").exists "github-actions"
  return inside and "github-actions" or "local"
end

-- `--retry` without an execution means the latest one: that is where the job has a state to forget.
local function execution_id(ctx, store)
  local id = ctx.flags.exec_id or inherited("ORUN_EXEC_ID")
  if id or not ctx.flags.retry then return id end
  local _, latest = execution.latest(store)
  if not latest then
    diagnostic.raise { kind = "run.nothing-to-retry", message = "--retry: there is no earlier execution", hint = "name one with --exec-id" }
  end
  ctx:note("retry in execution " .. latest)
  return latest
end

local function base_directory(ctx, workspace, plan)
  if workspace.intent then return workspace.root end
  local written = plan.metadata.workDir
  return written and path.resolve(ctx.cwd, written) or ctx.cwd
end

local function environment_patterns(text)
  if not text then return nil end
  local patterns = {}
  for part in text:gmatch("[^,]+") do
    part = part:match("^%s*(.-)%s*$")
    if part ~= "" then patterns[#patterns + 1] = part end
  end
  if #patterns == 0 then diagnostic.usage("--env names no environment", "leave the flag out for all environments") end
  return patterns
end

local function same(a, b)
  if #a ~= #b then return false end
  for i, v in ipairs(a) do
    if v ~= b[i] then return false end
  end
  return true
end

local function banner(ctx, scope)
  if ctx.flags.json then return end
  for _, line in ipairs(require("orun.intent.scope").banner(scope.detectedComponent, scope.components)) do ctx:note(line) end
end

-- The components a stored plan is filtered by; a fresh one was compiled for its selection already.
local function component_filter(ctx, found, lookup)
  local scope = found.plan.metadata.scope
  if found.fresh then
    if scope then banner(ctx, scope) end
    return nil
  end
  if ctx.flags.component then return ctx.flags.component end
  local current = not ctx.flags.all and target.scope(lookup) or nil
  if not current then return nil end
  banner(ctx, current)
  if type(scope) == "table" and value.is_list(scope.components) and not same(scope.components, current.components) then
    ctx:note(("warning: plan was generated for [%s] but current scope is [%s]"):format(
      table.concat(scope.components, ", "), table.concat(current.components, ", ")))
  end
  return current.components
end

-- A question to the person at the terminal: a shell reads the answer, since reading it here would stop everything else.
local function ask(ctx, place)
  local term = require "host.term"
  if ctx.flags.json or environ("CI") or not (term.isatty(0) and term.isatty(2)) then return nil end
  return function(gate, id)
    if place.region then place.region:hide() end
    ctx:flush()
    place.question:put(("approve %s%s? [y/N] "):format(id, gate.source and (" (required by %s)"):format(gate.source) or ""))
    return process.start {
      argv = { "sh", "-c", 'IFS= read -r answer && printf %s "$answer"' }, stdin = "inherit", group = false, output = "capture",
    }
  end
end

local function has_gates(plan)
  for _, job in ipairs(plan.jobs) do
    if job.gates and #job.gates > 0 then return true end
  end
  return false
end

---------------------------------------------------------------------------------------------------

local function print_summary(ctx, result)
  ctx:print(json.encode(value.shape { "execID", "meta", "state" } {
    execID = result.execId, meta = result.meta, state = result.state,
  }, { indent = 2 }))
end

local function migrate(ctx, workspace)
  local id, message = migration.run(workspace.root, workspace.store)
  if message then ctx:note("warning: cannot migrate .orun-state.json: " .. message) end
  if not id then return end
  local line = ("migrated .orun-state.json to execution %s"):format(id)
  if ctx.flags.json then ctx:note(line) else ctx:print(line) end
end

local function lookup_options(ctx, args, workspace, changed)
  local flags = ctx.flags
  return {
    ref = args[1] or flags.plan or inherited("ORUN_PLAN_ID"),
    store = workspace.store,
    allow_modified = flags.allow_modified_plan,
    compile = {
      intent = flags.intent, cwd = ctx.cwd, config_dir = flags.config_dir, all = flags.all, strict = flags.strict,
      locked = flags.locked, changes = changed,
      environments = environment_patterns(flags.env), components = flags.component,
    },
  }
end

-- What was printed reaches a pipe or a file soon, but not with a write for every line.
local function flusher(ctx)
  local loop = require "host.loop"
  local last = -math.huge
  return function(event)
    local now = loop.now()
    if event.type ~= "run.tick" and now - last < flush_interval then return end
    ctx:flush()
    last = now
  end
end

-- The flags that the run was given, but for those of certain names. What the plan was made of is in the plan.
local function given_words(ctx, found, ...)
  local dropped = { background = true, bg = true, plan = true, ["exec-id"] = true }
  for _, name in ipairs { ... } do dropped[name] = true end
  if found.fresh then
    for _, name in ipairs { "component", "env", "strict", "locked" } do dropped[name] = true end
    for _, flag in ipairs(changes.flags) do dropped[flag.name] = true end
  end
  local flags = require "orun.cli.flags"
  return flags.words(flags.with_global(ctx.invocation.command.flags), ctx, dropped)
end

-- The command that goes on with this run when it was interrupted.
local function resume(ctx, found, lookup)
  return function(view)
    local words = { "orun", "run", found.fresh and view.planId or lookup.ref }
    table.move(given_words(ctx, found, "retry", "verbose"), 1, 64, #words + 1, words)
    words[#words + 1] = "--exec-id"
    words[#words + 1] = view.execId
    local quote = require("orun.util.shellword").quote
    for i, word in ipairs(words) do words[i] = quote(word) end
    return table.concat(words, " ")
  end
end

-- On a terminal the end of the screen shows how the run stands, while nobody wants to see everything.
local function is_live(ctx)
  local flags = ctx.flags
  return not (flags.json or flags.verbose or flags.dry_run) and (environ("TERM") or "dumb") ~= "dumb" and ctx.style.interactive
end

-- Opened outside of the run, which waits for all tasks that are started in it.
local function open_region(ctx, place)
  local lines, now = require("orun.cockpit.render.region").lines, require("host.loop").now
  ctx:hold_lines()
  return require("orun.cockpit.region").open {
    style = ctx.style,
    write = function(text) ctx:write(text) end,
    flush = function() ctx:flush() end,
    lines = function(picture, columns, rows)
      return place.view and lines(place.view, { now = now(), picture = picture, columns = columns, rows = rows }) or {}
    end,
  }
end

local function subscriber(ctx, found, lookup, place)
  local question = place.question
  local shown = ctx.flags.json and ctx.style_err or ctx.style
  local surface = (environ("GITHUB_ACTIONS") or ""):lower() == "true" and "orun.cockpit.actions" or "orun.cockpit.progress"
  local show = require(surface).new {
    plan = found.plan,
    style = shown,
    columns = shown.columns,
    started = function(view) place.view = view end,
    write = function(text)
      question:make_room()
      if place.region then return place.region:print(text) end
      if ctx.flags.json then io.stderr:write(text) else ctx:write(text) end
    end,
    verbose = ctx.flags.verbose,
    job = ctx.flags.job,
    resume = resume(ctx, found, lookup),
    cwd = ctx.cwd,
  }
  local flush = flusher(ctx)
  return function(event)
    local region = place.region
    if event.type == "warning" then
      question:make_room()
      if region then region:erase() end
      ctx:note("warning: " .. event.message)
    elseif event.type == "gate.answered" then
      question:close(event)
      if region then region:show() end
    else
      if event.type == "run.interrupted" then question:close {} end
      if region and event.type == "run.interrupted" then region:show() end
      if region and event.type == "run.finished" then region:close() end
      show(event)
      if not (region and region:is_shown()) then flush(event) end
    end
    if question:has_made_room() then
      ctx:flush()
      question:put_again()
    end
  end
end

local function run_options(ctx, found, lookup, workspace)
  local flags, plan = ctx.flags, found.plan
  local place = { question = questions.new(function(text) io.stderr:write(text) end) }
  local options = {
    plan = plan, plan_text = found.text, store = workspace.store, root = base_directory(ctx, workspace, plan),
    exec_id = execution_id(ctx, workspace.store), concurrency = flags.concurrency,
    component_concurrency = flags.component_concurrency, job = flags.job, retry = flags.retry,
    approve = flags.approve, ask = has_gates(plan) and ask(ctx, place) or nil,
    fail_fast = flags.fail_fast or flags.keep_going and "no" or nil,
    isolation = flags.isolation, keep_workspaces = flags.keep_workspaces, pull = flags.pull,
    pass_env = flags.pass_env,
    environments = not found.fresh and environment_patterns(flags.env) or nil,
    components = component_filter(ctx, found, lookup), dry_run = flags.dry_run, runner = choose_runner(flags, plan),
    workdir = flags.workdir and path.resolve(ctx.cwd, flags.workdir), lines = false, signals = true,
    on_event = subscriber(ctx, found, lookup, place),
  }
  require("orun.run.selection").check(plan, options, ctx.flags.component == nil, ctx.report)
  return options, place
end

-- A fresh plan was compiled for its selection already.
local function background_words(ctx, found)
  if not found.fresh then return given_words(ctx, found) end
  local words = given_words(ctx, found, "all")
  words[#words + 1] = "--all"
  return words
end

local function run_in_background(ctx, found, options)
  local started = require("orun.run.background").start(options, background_words(ctx, found))
  if ctx.flags.json then
    ctx:print(json.encode(value.shape { "execID", "pid", "log" } {
      execID = started.execId, pid = started.pid, log = started.log,
    }, { indent = 2 }))
  else
    ctx:write(ctx.style:text(require("orun.cockpit.render.live").background(started, found.plan.metadata.name, ctx.cwd)))
  end
  return 0
end

-- However it ends, the terminal is put back in order.
local function execute(ctx, place, options)
  local region <close> = is_live(ctx) and open_region(ctx, place) or nil
  place.region = region
  return runner.run(options)
end

local function run(ctx, args)
  check_usage(ctx)
  local changed = changes.read(ctx)
  local workspace = ctx:workspace()
  migrate(ctx, workspace)
  local lookup = lookup_options(ctx, args, workspace, changed)
  local found = target.find(lookup, ctx.report)
  if found.compiled then changes.explain(ctx, changed, found.compiled.changes, found.compiled.model) end
  if #found.plan.jobs == 0 then
    ctx:print(ctx.flags.json and "{}" or ctx.style:paint("success", ctx.style.glyph.success) .. " no jobs to run")
    return 0
  end
  local options, place = run_options(ctx, found, lookup, workspace)
  if not ctx.json then ctx:print_warnings() end
  if ctx.flags.background then return run_in_background(ctx, found, options) end
  local result = execute(ctx, place, options)
  if options.keep_workspaces and result.workspaces then
    ctx:note("workspaces kept in " .. path.shown(ctx.cwd, result.workspaces))
  end
  if ctx.flags.json then print_summary(ctx, result) end
  return result.exit
end

return {
  summary = "Run a plan",
  usage = "orun run [component|plan] [flags]",
  description = [[
Without an argument a fresh plan is compiled, stored and run. An argument names a stored plan (id, name, or at least four digits
of its checksum), a plan file, or a component, for which a fresh plan is compiled.

Every run has an execution record under .orun/executions. Running again with the same --exec-id continues it: completed jobs and
steps are not repeated.]],
  examples = {
    { "orun run", "compile everything and run it" },
    { "orun run cart --env dev", "one component in one environment" },
    { "orun run rc1 --exec-id release-7", "a stored plan under an id of your own; again to continue it" },
    { "orun run --job cart@dev.deploy --retry", "one job of the latest run once more" },
    { "orun run --background", "start it and come back at once" },
  },
  flags = changes.with {
    { name = "plan", short = "p", value = "REF", help = "plan file, name or checksum prefix (same as the argument)" },
    { name = "job", value = "ID", help = "run one job: its id or a unique beginning of it" },
    { name = "job-id", value = "ID", hidden = true, help = "the former name of --job" },
    { name = "retry", type = "boolean", help = "forget the recorded state of --job first" },
    { name = "component", value = "NAME", repeatable = true, help = "only these components (NAME* matches a prefix)" },
    { name = "env", short = "e", value = "LIST", help = "only these environments (comma list, NAME* matches a prefix)" },
    { name = "concurrency", value = "N", type = "integer", default = 0, help = "most jobs at once (0: what the plan says)" },
    { name = "component-concurrency", value = "N", type = "integer", default = 1, help = "most components at once (0: no limit)" },
    { name = "approve", value = "GATE", repeatable = true, help = "approve a gate: its id, all of an environment, or `all`" },
    { name = "exec-id", value = "ID", help = "execution to start or to continue (ORUN_EXEC_ID)" },
    { name = "background", type = "boolean", help = "go on without this terminal; orun status, logs and cancel work on it" },
    { name = "bg", type = "boolean", hidden = true, help = "the same as --background" },
    { name = "runner", value = "NAME", help = "local, docker or github-actions (ORUN_RUNNER)" },
    { name = "gha", type = "boolean", help = "same as --runner github-actions" },
    { name = "workdir", value = "DIR", help = "run every job in this directory" },
    { name = "fail-fast", value = "WHEN", choices = { "yes", "now", "no" },
      help = "after a failure start nothing more (yes), cancel running jobs too (now), or go on with what does not depend on it (no)" },
    { name = "keep-going", short = "k", type = "boolean", help = "same as --fail-fast=no" },
    { name = "dry-run", type = "boolean", help = "show what would run, run nothing" },
    { name = "verbose", type = "boolean", help = "show commands and complete output" },
    { name = "json", type = "boolean", help = "print a summary as JSON at the end" },
    { name = "locked", type = "boolean", help = "every composition source of a fresh plan must be as the lock file says" },
    { name = "strict", type = "boolean", help = "warnings of the compiler are errors" },
    { name = "allow-modified-plan", type = "boolean", help = "run a plan file although it was edited" },
    { name = "isolation", value = "MODE", choices = { "auto", "workspace", "none" }, default = "auto", env = "ORUN_ISOLATION",
      help = "a tree for each job: when several run at once (auto), always (workspace), never" },
    { name = "pull", value = "WHEN", choices = { "missing", "always", "never" }, default = "missing",
      help = "when the docker runner fetches images" },
    { name = "pass-env", value = "NAME", repeatable = true, help = "variable of your environment that steps in containers get as well" },
    { name = "keep-workspaces", type = "boolean", help = "keep these trees, below .orun/runs" },
  },
  args = { { name = "target", help = "plan or component", optional = true, complete = "plans" } },
  run = run,
}
