-- From flags, trigger and CI system to a list of changed files. All of it is I/O; what the files mean is decided in impact.lua.
local diagnostic = require "orun.diagnostic"
local events = require "orun.trigger.event"
local fs = require "host.fs"
local git_program = require "orun.change.git"
local intents = require "orun.change.intent"
local json = require "host.json"
local path = require "orun.util.path"
local process = require "host.process"
local providers = require "orun.trigger.provider"
local sorted = require "orun.util.sorted"

local M = {}

---@class ChangeOptions
---@field asked boolean       --changed; else only a trigger with scope `changed` asks
---@field base? string
---@field head? string
---@field files? string[]
---@field uncommitted? boolean
---@field untracked? boolean
---@field impact "watch"|"all"|"none"  what a change of the intent outside its components means
---@field tell? fun(line: string)

---@class Changes
---@field root string           the intent's directory, absolute, without links
---@field files string[]        absolute, sorted
---@field intent? IntentChange  when the intent's file is among them
---@field impact string
---@field refs ChangeRefs

---@class ChangeRefs
---@field base? string       as it was said
---@field head? string
---@field merge_base? string the commit that was compared with
---@field origin string      who said the base, for messages
---@field trigger? {base?: string, head?: string} what the trigger says
---@field ci? CiRefs

---@class ChangeContext
---@field cwd string
---@field root string  the intent's directory
---@field file string  the intent

---@param env table<string, string>
---@return CiRefs?
local function of_ci(env)
  local name = providers.detect(env)
  local provider = name and providers.find(name)
  if not provider or not provider.refs then return nil end
  local file = provider.payload and provider.payload(env)
  local payload = file and json.decode(fs.read(file) or "")
  return provider.refs(type(payload) == "table" and payload or {}, env)
end

---The commits that a trigger names. Without an event they are taken only where they name a commit: they may be paths into a payload.
local function of_trigger(trigger, git)
  local refs = {}
  for _, key in ipairs { "base", "head" } do
    local text = trigger and trigger[key] or ""
    local said = text ~= "" and not events.is_zero(text)
    if said and (trigger.mode ~= "named-trigger" or #git():candidates(text) > 0) then refs[key] = text end
  end
  return refs
end

---@param options ChangeOptions
---@param trigger? TriggerResolution
---@param git fun(): Git
---@return ChangeRefs
local function choose_refs(options, trigger, git)
  if options.files or options.uncommitted or options.untracked then return { origin = "" } end
  local of = of_trigger(trigger, git)
  local base, head = options.base or of.base, options.head or of.head
  if base then return { base = base, head = head, trigger = of, origin = options.base and "--base" or "the trigger's base" } end
  if options.head then diagnostic.usage("--head needs --base") end
  local ci = of_ci(process.environ())
  if not ci then return { base = "main", origin = "the default base" } end
  return { base = ci.base, head = ci.head ~= "" and ci.head or nil, ci = ci, origin = "the base of this CI run" }
end

local function below(root, names)
  local list = {}
  for i, name in ipairs(names) do list[i] = path.join(root, name) end
  return list
end

---The files, and the commits between which the intent is compared (`nil` as head: the work tree).
local function collect(options, refs, git, context)
  if options.files then
    local list = {}
    for i, name in ipairs(options.files) do list[i] = path.resolve(context.cwd, name) end
    return list
  end
  local repository = git()
  local changed, untracked
  if not refs.base or not refs.head then changed, untracked = repository:worktree() end
  if options.uncommitted then return below(repository.root, changed), "HEAD" end
  if options.untracked then return below(repository.root, untracked), "HEAD" end
  local head = repository:resolve(refs.head or "HEAD", "the head")[1]
  refs.merge_base = repository:merge_base(repository:resolve(refs.base, refs.origin), head)
  local list = below(repository.root, repository:difference(refs.merge_base, head))
  if refs.head then return list, refs.merge_base, head end
  for _, more in ipairs { changed, untracked } do table.move(below(repository.root, more), 1, #more, #list + 1, list) end
  return list, refs.merge_base
end

---@return IntentChange
local function compare_intent(options, git, context, base, head)
  if options.files then return intents.unknown("with --files there is no version to compare with") end
  local repository = git()
  local name = path.relative(repository.root, context.file)
  local after = head and repository:show(head, name) or not head and fs.read(context.file) or nil
  return intents.compare(repository:show(base, name), after)
end

---@param options ChangeOptions
---@param trigger? TriggerResolution
---@param context ChangeContext
---@return Changes
function M.detect(options, trigger, context)
  context = { cwd = fs.realpath(context.cwd) or context.cwd, root = context.root, file = fs.realpath(context.file) or context.file }
  local opened
  local function git()
    opened = opened or git_program.open(context.root, (os.getenv "CI" or ""):lower() == "true", options.tell or function() end)
    return opened
  end
  local refs = choose_refs(options, trigger, git)
  if refs.ci and options.tell then
    options.tell(("ci: %s (%s), base: %s, head: %s"):format(refs.ci.provider, refs.ci.event, refs.ci.base, refs.ci.head))
  end
  local list, base, head = collect(options, refs, git, context)
  local set = {}
  for _, file in ipairs(list) do set[path.clean(file)] = true end
  local changes = { root = fs.realpath(context.root) or context.root, files = sorted.keys(set), impact = options.impact, refs = refs }
  if set[context.file] then changes.intent = compare_intent(options, git, context, base, head) end
  return changes
end

return M
