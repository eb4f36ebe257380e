-- `orun plan`: compile the intent into a plan, store it, and say what it holds.
local changes = require "orun.cli.changes"
local compiler = require "orun.compiler"
local condition = require "orun.util.condition"
local destination = require "orun.cli.destination"
local diagnostic = require "orun.diagnostic"
local document = require "orun.plan.document"
local fs = require "host.fs"
local identity = require "orun.plan.identity"
local json = require "host.json"
local path = require "orun.util.path"
local scope = require "orun.intent.scope"
local selection = require "orun.intent.selection"
local shellword = require "orun.util.shellword"
local sorted = require "orun.util.sorted"
local store = require "orun.plan.store"
local value = require "host.value"

local summary_shape = value.shape { "plan", "checksum", "name", "file", "components", "environments", "jobs", "scope", "trigger", "mode" }

---yaml or json, from the file's extension, else from the flag.
local function format_of(file, flag)
  local extension = file:match("%.([^./]+)$")
  if extension == "yaml" or extension == "yml" then return "yaml" end
  if extension == "json" then return "json" end
  return flag or "json"
end

local function write_output(ctx, compiled)
  local file = path.resolve(ctx.cwd, ctx.flags.output)
  local text = compiled.encoded
  if format_of(file, ctx.flags.format) == "yaml" then text = document.encode(compiled.plan, "yaml") end
  if ctx.flags.output == "-" then return ctx:write(tostring(text)) end
  destination.check(ctx, ctx.flags.output, "orun plan -o - -f yaml")
  local ok, message = fs.mkdir(path.dirname(file))
  if ok then ok, message = fs.write(file, text, { through = true }) end
  if not ok then
    ctx.report:error {
      kind = "plan.unwritable",
      message = ("cannot write the plan to %s: %s"):format(ctx.flags.output, condition.reason(message --[[@as string]])),
    }
  end
end

local function write_store(ctx, compiled)
  local file, err = store.open(compiled.store):save(compiled.plan, compiled.encoded, { name = ctx.flags.name })
  if not file then ctx.report:error(type(err) == "table" and err or { kind = "plan.unwritable", message = tostring(err) }) end
end

local function summarize(ctx, compiled)
  local components = {}
  for _, job in ipairs(compiled.plan.jobs) do components[job.component] = true end
  return summary_shape {
    plan = identity.short(compiled.checksum), checksum = compiled.checksum, name = ctx.flags.name, file = ctx.flags.output,
    components = value.list(sorted.keys(components)), environments = value.list(compiled.expansion.environments),
    jobs = #compiled.plan.jobs, scope = compiled.plan.metadata.scope,
    trigger = compiled.plan.metadata.trigger, mode = compiled.changes and "changed-only" or nil,
  }
end

local function component_line(names)
  local shown = table.concat(names, ", ", 1, math.min(#names, 4))
  return #names > 4 and ("%s (+%d more)"):format(shown, #names - 4) or shown
end

-- `github pull_request (synchronize) via pr`, or the binding that was named.
local function trigger_line(trigger)
  local bindings = table.concat(trigger.matchedBindings, ", ")
  if not trigger.event then return bindings end
  return ("%s %s%s via %s"):format(trigger.provider, trigger.event, trigger.action and (" (%s)"):format(trigger.action) or "", bindings)
end

local function print_summary(ctx, summary)
  local style = ctx.style
  local function line(text)
    ctx:print(("  %s %s"):format(style:paint("dim", style.glyph.bar), text))
  end
  ctx:print("")
  line(("%s %s %s %s %s"):format(style.plural(#summary.components, "component"), style.glyph.times,
    style.plural(#summary.environments, "env"), style.glyph.arrow, style:paint("bold", style.plural(summary.jobs, "job"))))
  if #summary.components > 0 then line("components: " .. component_line(summary.components)) end
  if summary.mode then line("mode: " .. summary.mode) end
  if summary.trigger then line("trigger: " .. trigger_line(summary.trigger)) end
  if summary.name then line("name: " .. summary.name) end
  line("plan: " .. style:paint("secondary", summary.plan))
  if summary.file then line("file: " .. summary.file) end
  if summary.jobs == 0 then return end
  ctx:print("")
  local hint = style:paint("dim", style.glyph.arrow)
  ctx:print(("  %s orun run %s"):format(hint, shellword.quote(summary.file or summary.plan)))
  if summary.name and not summary.file then ctx:print(("  %s orun run %s"):format(hint, shellword.quote(summary.name))) end
end

-- The form that --view and --long ask for, nil for none. Only a value that names no view makes a note: it shows the graph.
local function view_of(flags)
  local text = flags.view or flags.long and "dag" or nil
  if not text then return nil end
  local component = text:match("^component=(.+)$")
  if component then return { form = "component", component = component } end
  if text == "dependencies" then return { form = "dependencies" } end
  return { form = "dag", long = flags.long or text == "dag:long", unknown = text ~= "dag" and text ~= "dag:long" and text or nil }
end

local function print_view(ctx, view, plan)
  local graph = require("orun.cockpit.viewmodel.graph").view(plan)
  local lines = require("orun.cockpit.render.graph")[view.form](graph, view.component or view.long)
  ctx:write(ctx.style:text(lines))
end

-- The file that the steps of a GitHub workflow write their outputs to.
local function output_file(ctx)
  local file = os.getenv "GITHUB_OUTPUT"
  if file and file ~= "" then return path.resolve(ctx.cwd, file) end
  diagnostic.raise {
    kind = "plan.no-github-output", message = "--github-output: the variable GITHUB_OUTPUT is not set",
    hint = "GitHub Actions sets it for every step; elsewhere let it name the file to append to",
  }
end

local function write_github_output(ctx, file, plan)
  local appender, message = fs.appender(file)
  local ok = appender
  if appender then
    ok, message = appender:append(require("orun.plan.matrix").outputs(plan, os.getenv))
    appender:close()
  end
  if ok then return end
  ctx.report:error {
    kind = "plan.unwritable", message = ("cannot append to GITHUB_OUTPUT %s: %s"):format(file, condition.reason(message --[[@as string]])),
  }
end

local function components_of(ctx, args)
  local list = table.move(ctx.flags.component or {}, 1, #(ctx.flags.component or {}), 1, {})
  if args[1] then list[#list + 1] = args[1] end
  return #list > 0 and list or nil
end

-- Values that can be nothing but a mistake, most of all an empty variable of a script.
local function check_words(ctx)
  local flags = ctx.flags
  if flags.output == "" then diagnostic.usage("--output needs a path") end
  if flags.output == "-" then
    for _, other in ipairs { "json", "view", "long" } do
      if flags[other] then diagnostic.usage(("--output - and --%s exclude each other"):format(other), "both go to standard output") end
    end
  end
  if flags.env and not selection.patterns(flags.env) then
    diagnostic.usage("--env names no environment", "leave the flag out for all environments")
  end
  local flaw = flags.name and store.name_flaw(flags.name)
  if flaw then diagnostic.usage(("--name: \"%s\" %s"):format(flags.name, flaw)) end
end

local function note_trigger(ctx, trigger)
  ctx:note(("resolving trigger (%s)"):format(trigger.mode))
  ctx:note("  matched triggers: " .. table.concat(trigger.matchedBindings, ", "))
  ctx:note("  active environments: " .. table.concat(trigger.activeEnvironments, ", "))
  ctx:note("  plan scope: " .. trigger.scope)
end

-- Decided by the words alone; what they name is looked up later.
---@return TriggerOptions?
local function trigger_of(ctx)
  local flags = ctx.flags
  if flags.trigger and flags.event_file then diagnostic.usage("--trigger and --event-file exclude each other") end
  if flags.event_file and not flags.from_ci then
    diagnostic.usage("--event-file needs --from-ci, which says whose event it is", "for example --from-ci github")
  end
  if flags.trigger then
    if flags.from_ci then
      ctx.report:warn { kind = "trigger.provider-ignored", message = "--from-ci is ignored, because --trigger names the binding itself" }
    end
    return { name = flags.trigger }
  end
  return flags.from_ci and { provider = flags.from_ci, file = flags.event_file } or nil
end

return {
  summary = "Compile the intent into a plan",
  usage = "orun plan [component] [flags]",
  description = [[
Reads intent.yaml, the component manifests below its discovery roots and the compositions they use, and writes an immutable plan to the
store (.orun/plans) or to a file. Identical inputs give identical bytes. Inside a component's directory the plan is narrowed to that
component and what it depends on; --all turns this off.

A trigger binding of the intent chooses the environments and the rules that apply: named with --trigger, or found by the event that
--from-ci reads. An event that no binding wants is an error. A binding may ask for changed components only, as --changed does.]],
  flags = changes.with {
    { name = "output", short = "o", value = "PATH",
      help = "write the plan there instead of to the store (JSON unless .yaml or .yml; -: standard output)" },
    { name = "format", short = "f", value = "FORMAT", choices = { "json", "yaml" },
      help = "format of an --output file whose extension says nothing" },
    { name = "name", value = "NAME", help = "keep a copy of the plan in the store under this name" },
    { name = "env", short = "e", value = "LIST", repeatable = true,
      help = "only these environments (comma list; a trailing * matches a prefix)" },
    { name = "component", value = "NAME", repeatable = true, help = "only this component (a trailing * matches a prefix)" },
    { name = "trigger", value = "NAME", help = "as if this trigger binding had matched", complete = "triggers" },
    { name = "from-ci", value = "PROVIDER", complete = "providers",
      help = "find the trigger bindings that match the event of this CI system (auto: the one that runs orun)" },
    { name = "event-file", value = "PATH", help = "JSON payload of the event (default: where the CI system leaves it)",
      complete = "files" },
    { name = "view", short = "v", value = "VIEW",
      help = "print the plan as well: dag, dag:long, dependencies or component=NAME" },
    { name = "long", type = "boolean", help = "the commands of the steps in the dag view" },
    { name = "github-output", type = "boolean", help = "append matrix, plan_id and (in Actions) exec_id to the file $GITHUB_OUTPUT" },
    { name = "locked", type = "boolean", help = "every composition source must be as the lock file says" },
    { name = "strict", type = "boolean", help = "treat warnings as errors" },
    { name = "json", type = "boolean", help = "print the summary, or the errors, as JSON" },
  },
  args = { { name = "component", help = "only this component", optional = true, complete = "components" } },

  examples = {
    { "orun plan", "compile everything and store it" },
    { "orun plan cart --env dev,staging", "one component in two environments" },
    { "orun plan --name rc1 --view dag", "keep a named copy and show its graph" },
    { "orun plan --changed", "what differs from main, the work tree included" },
    { "orun plan --from-ci github", "in GitHub Actions: what the event that started the workflow asks for" },
    { "orun plan -o plan.yaml", "write a file, leave the store alone" },
    { "orun plan -o - -f yaml", "print it instead" },
    { "orun plan --github-output", "a matrix of jobs for the next job of a workflow" },
  },

  run = function(ctx, args)
    local view = view_of(ctx.flags)
    if view and ctx.flags.json then diagnostic.usage("--view and --json exclude each other") end
    check_words(ctx)
    local trigger = trigger_of(ctx)
    local changed = changes.read(ctx, trigger ~= nil)
    local outputs = ctx.flags.github_output and output_file(ctx)
    local compiled = compiler.compile({
      intent = ctx.flags.intent, cwd = ctx.cwd, environments = selection.patterns(ctx.flags.env), components = components_of(ctx, args),
      all = ctx.flags.all, config_dir = ctx.flags.config_dir, locked = ctx.flags.locked, trigger = trigger,
      changes = changed,
    }, ctx.report)
    if ctx.flags.debug and compiled.trigger then note_trigger(ctx, compiled.trigger) end
    changes.explain(ctx, changed, compiled.changes, compiled.model)
    if compiled.scope and not ctx.flags.json then
      for _, text in ipairs(scope.banner(compiled.scope.detectedComponent, compiled.scope.components)) do ctx:note(text) end
    end
    if ctx.flags.output then
      write_output(ctx, compiled)
    else
      write_store(ctx, compiled)
    end
    if outputs then write_github_output(ctx, outputs, compiled.plan) end
    if view and view.unknown then
      ctx.report:warn {
        kind = "plan.unknown-view", message = ('unknown view "%s", showing dag'):format(view.unknown),
        hint = "views are dag, dag:long, dependencies and component=NAME",
      }
    end
    ctx.report:check()
    if ctx.flags.output == "-" then return end
    local summary = summarize(ctx, compiled)
    if ctx.flags.json then
      ctx:print(json.encode(summary, { indent = 2 }))
    else
      print_summary(ctx, summary)
    end
    if view then print_view(ctx, view, compiled.plan) end
  end,
}
