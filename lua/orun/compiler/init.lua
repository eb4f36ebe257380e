-- The compiler: six stages in order, each a function of what the one before it returned.
local bindings = require "orun.trigger.binding"
local diagnostic = require "orun.diagnostic"
local directory = require "orun.intent.directory"
local expand = require "orun.compiler.expand"
local heap = require "orun.compiler.heap"
local load = require "orun.compiler.load"
local membership = require "orun.intent.membership"
local normalize = require "orun.compiler.normalize"
local path = require "orun.util.path"
local scope = require "orun.intent.scope"
local triggers = require "orun.trigger.resolution"

local M = {}

---@class CompileOptions
---@field intent? string the --intent flag
---@field cwd string
---@field environments? string[] patterns
---@field components? string[] patterns
---@field all? boolean no narrowing to the component of the working directory
---@field config_dir? string
---@field locked? boolean every composition source must be as the lock file says
---@field changes? ChangeOptions how changes are found, should they be asked for
---@field trigger? TriggerOptions what chooses environments, profiles and dependency modes

---The intent with its presets and components, before anything is checked or defaulted.
---@param options CompileOptions
---@param report table
---@return Loaded
function M.read(options, report)
  local loaded = load({ intent = options.intent, cwd = options.cwd, compositions = "presets" }, report)
  report:check()
  return loaded
end

-- Loads and normalizes. What is wrong stays in the report, as far as anything can be said of the rest.
local function front(options, report, compositions)
  local pace <close> = heap.relax()
  local loaded = load({
    intent = options.intent, cwd = options.cwd, config_dir = options.config_dir, compositions = compositions,
    lock = compositions == nil or nil, locked = options.locked, trigger = options.trigger,
  }, report)
  pace:check()
  return normalize(loaded, report), loaded
end

---Loads and normalizes; nothing of it depends on a selection. Raises what is in the report when something is wrong.
---@param options CompileOptions
---@param report table
---@param compositions? boolean|"declared" as in compiler.load
---@return table model
---@return Loaded
function M.model(options, report, compositions)
  local model, loaded = front(options, report, compositions)
  report:check()
  return model, loaded
end

-- Whether the component's manifest has a mistake, or may have one: that was said.
local function is_broken(model, name)
  for _, broken in ipairs(model.broken) do
    if broken == name then return true end
  end
  return model.incomplete
end

---The component that a fresh plan is narrowed to because the command was started inside its directory.
---@param model table
---@param root string the intent's directory
---@param options CompileOptions
---@param report table
---@return {detectedComponent: string, components: string[]}?
function M.scope(model, root, options, report)
  if options.all or options.components then return nil end
  local name, file = scope.detect(options.cwd, root)
  if not name then return nil end
  for _, component in ipairs(model.components) do
    if component.name == name then return { detectedComponent = name, components = scope.closure(model, name) } end
  end
  if is_broken(model, name) then return { detectedComponent = name, components = { name } } end
  report:error {
    kind = "plan.scope", file = path.shown(options.cwd, file --[[@as string]]),
    message = ('the working directory belongs to the component "%s", which the intent does not discover'):format(name),
    hint = "pass --all to include all components, or add its directory to discovery.roots",
  }
  return nil
end

---The jobs of an expansion as the plan has them. Raises what is in the report, from this stage or an earlier one: those before leave out
---what they found wrong, so that a mistake in one component does not hide one in another.
---@return table[]
local function resolved(model, loaded, expansion, pace, report, trigger)
  -- Loaded here: listings never come so far.
  local bind, resolve = require "orun.compiler.bind", require "orun.compiler.resolve"
  pace:check()
  local jobs = bind(expansion.instances, report, trigger)
  pace:check()
  directory.check(jobs, loaded.root, report)
  jobs = resolve(jobs, expansion, model, report)
  require("orun.policy").enforce(jobs, expansion, model, loaded, report, trigger)
  report:check()
  return jobs
end

---Everything that compiling checks, for all environments and components. Raises what is in the report when something is wrong.
---@param options CompileOptions|{progress?: fun(state: "step"|"success", text: string)}
---@param report table
function M.validate(options, report)
  local progress = options.progress or function() end
  local pace <close> = heap.relax()
  progress("step", "Validating intent...")
  local loaded = load({
    intent = options.intent, cwd = options.cwd, config_dir = options.config_dir, compositions = "declared", locked = options.locked,
  }, report)
  pace:check()
  if #report.errors == 0 then
    progress("success", "Intent is valid")
    progress("step", "Normalizing intent...")
  end
  local model = normalize(loaded, report)
  bindings.check(model, report, "error")
  membership.check(model, report)
  local expansion = expand(model, loaded.registry, {}, report)
  if loaded.registry then
    local jobs = resolved(model, loaded, expansion, pace, report)
    require "orun.compiler.materialize".check(jobs, model, loaded.registry, { source_date_epoch = loaded.source_date_epoch })
  end
  report:check()
  progress("success", "All validation passed")
end

---Everything up to the steps of every job, whatever the policies say about them.
---@param options CompileOptions
---@param report table
---@param arrange? fun(instances: table[]): table[] another order, or fewer of them
---@return table model
---@return Expansion
---@return table[] jobs as bound, not in plan order
function M.bound(options, report, arrange)
  local pace <close> = heap.relax()
  local model, loaded = M.model(options, report, true)
  membership.check(model, report)
  report:check()
  local expansion = expand(model, loaded.registry, { environments = options.environments, components = options.components }, report)
  pace:check()
  report:check()
  local instances = arrange and arrange(expansion.instances) or expansion.instances
  local jobs = require "orun.compiler.bind"(instances, report)
  report:check()
  return model, expansion, jobs
end

---The stages after expansion.
---@param model table
---@param loaded Loaded
---@param expansion Expansion
---@param narrowed? {detectedComponent: string, components: string[]}
---@param report table
---@param trigger? TriggerResolution
---@return table plan
---@return JsonDraft encoded
function M.finish(model, loaded, expansion, narrowed, report, trigger)
  local pace <close> = heap.relax()
  local jobs = resolved(model, loaded, expansion, pace, report, trigger)
  return require "orun.compiler.materialize".plan(jobs, model, loaded.registry, {
    scope = narrowed, trigger = trigger, source_date_epoch = loaded.source_date_epoch,
  })
end

---@class Compiled
---@field plan table
---@field encoded JsonDraft plan.json; its text when somebody asks
---@field checksum string
---@field model table
---@field registry table
---@field expansion Expansion
---@field instances table[]
---@field scope? {detectedComponent: string, components: string[]}
---@field trigger? TriggerResolution
---@field changes? Changes what the plan is narrowed to
---@field root string
---@field store string

---What changed; nil when nobody asks for it.
---@param loaded Loaded
---@param trigger? TriggerResolution
---@param options? ChangeOptions
---@param report table
---@return Changes?
function M.changes(loaded, trigger, options, report)
  if options and options.asked or trigger and trigger.scope == "changed" then
    return loaded.changes(options or { asked = false, impact = "watch" }, trigger)
  end
  for _, flag in ipairs(options and { "base", "head", "files", "uncommitted", "untracked" } or {}) do
    if options[flag] then
      report:warn {
        kind = "change.ignored", message = ("--%s has no effect without --changed"):format(flag), hint = "everything counts",
      }
    end
  end
end

-- What changed. When that cannot be told it is one mistake among others, and no job is looked at.
local function try_changes(loaded, trigger, options, report)
  local ok, found = pcall(M.changes, loaded, trigger, options, report)
  if ok then return found, true end
  if not diagnostic.is(found) then error(found, 0) end
  for _, item in ipairs(found.errors) do report:error(item) end
  for _, item in ipairs(found.warnings) do report:warn(item) end
  return nil, false
end

---What the plan is narrowed to: by the working directory, a trigger, flags and what changed. Where that cannot be told (reported), it is
---nothing.
---@return table choice of expand
---@return TriggerResolution?
---@return table? narrowed
local function choose(model, loaded, options, report)
  local before = #report.errors
  local narrowed = M.scope(model, loaded.root, options, report)
  local trigger = loaded.trigger and triggers.resolve(model, loaded.trigger, options.environments, report)
  local certain = #report.errors == before and not (loaded.trigger and not trigger)
  local choice = {
    environments = options.environments, components = narrowed and narrowed.components or options.components,
    scoped = narrowed ~= nil, active = trigger and trigger.activeEnvironments, triggers = trigger and trigger.matchedBindings,
  }
  if certain then choice.changes, certain = try_changes(loaded, trigger, options.changes, report) end
  if not certain then choice.active = {} end
  return choice, trigger, narrowed
end

---Compiles a plan; raises what is in the report when it cannot.
---@param options CompileOptions
---@param report table
---@return Compiled
function M.compile(options, report)
  local model, loaded = front(options, report)
  -- Also when something is wrong: what the sources hold is known.
  local _ <close> = setmetatable({}, { __close = loaded.write_lock or function() end })
  bindings.check(model, report, "warn")
  membership.check(model, report)
  local choice, trigger, narrowed = choose(model, loaded, options, report)
  local expansion = expand(model, loaded.registry, choice, report)
  local plan, encoded = M.finish(model, loaded, expansion, narrowed, report, trigger)
  report:check()
  return {
    plan = plan, encoded = encoded, checksum = plan.metadata.checksum, model = model, registry = loaded.registry, expansion = expansion,
    instances = expansion.instances, scope = narrowed, trigger = trigger, changes = choice.changes, root = loaded.root,
      store = loaded.store,
  }
end

return M
