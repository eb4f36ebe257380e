-- `orun gc`: old executions and plans go.
local diagnostic = require "orun.diagnostic"
local execution = require "orun.state.execution"
local fs = require "host.fs"
local liveness = require "orun.state.liveness"
local record = require "orun.state.record"
local retention = require "orun.state.retention"
local stop = require "orun.state.stop"
local value = require "host.value"
local workspaces = require "orun.run.workspace"

local day = 86400

-- What `orun gc` is about to do.
---@class Cleaning
---@field executions string[]
---@field running string[]   spared
---@field plans PlanEntry[]
---@field workspaces {execId: string, path: string}[]  of jobs whose execution is over
---@field containers StrayContainer[]  likewise
---@field engine? Engine
---@field ended {execId: string, groups: integer[]}[]  processes that killed runs left
---@field latest? {from: string, to: string?}

local function rule_of(flags)
  for _, name in ipairs { "keep", "max_age" } do
    if flags[name] < 0 then diagnostic.usage(("--%s must not be negative"):format(name:gsub("_", "-"))) end
  end
  return { keep = flags.all and 0 or flags.keep, max_age = flags.max_age * day, now = os.time() }
end

local function short(text)
  return type(text) == "string" and text:gsub("^sha256[-:]", ""):sub(1, 12) or nil
end

-- Plans that a remaining execution was made of, and the latest one.
local function used_plans(plans, store, staying)
  local used = {}
  for _, id in ipairs(staying) do
    local dir = execution.directory(store, id)
    local meta, state = execution.read_json(dir .. "/metadata.json"), execution.read_json(dir .. "/state.json")
    for _, text in ipairs { short(meta and meta.planId) or "", short(state and state.planChecksum) or "" } do used[text] = true end
  end
  local latest = plans:entry "latest"
  if latest then used[latest.short] = true end
  return used
end

local function old_plans(store, staying, rule)
  local plans = require("orun.plan.store").open(store)
  local used, list = used_plans(plans, store, staying), {}
  for _, name in ipairs(plans:names()) do
    local entry = name:find "^%x+$" and plans:entry(name)
    if entry and retention.plan_goes(entry, used, rule) then list[#list + 1] = entry end
  end
  return list
end

-- Workspaces stay while somebody works in them, and kept ones as long as their execution does.
local function stale_workspaces(store, staying, rule)
  local stays = {}
  for _, id in ipairs(staying) do stays[id] = true end
  return workspaces.stale(store, function(id, kept)
    return stays[id] and (kept or liveness.busy(record.view(store, id), rule.now))
  end)
end

local function stray_containers(ctx, store, rule)
  local found, engine, message = require("orun.run.container.engine").containers(store)
  if message then ctx.report:warn { kind = "gc.engine", message = "containers of killed runs may be left: " .. message } end
  local stray = {}
  for _, container in ipairs(found) do
    if not liveness.busy(record.view(store, container.execId), rule.now) then stray[#stray + 1] = container end
  end
  return stray, engine
end

---@return Cleaning
local function survey(ctx, store, rule)
  local gone, running, staying = retention.executions(execution.list(store), rule, function(id)
    return liveness.busy(record.view(store, id), rule.now)
  end)
  local removed = {}
  for _, id in ipairs(gone) do removed[id] = true end
  local dangling = execution.dangling_latest(store, removed)
  local containers, engine = stray_containers(ctx, store, rule)
  return {
    containers = containers, engine = engine, ended = {},
    executions = gone, running = running, plans = old_plans(store, staying, rule), workspaces = stale_workspaces(store, staying, rule),
    latest = dangling and { from = dangling, to = staying[1] } or nil,
  }
end

local function remove(ctx, path, ok, message)
  if ok then return true end
  ctx.report:warn { kind = "gc.not-removed", message = "cannot remove " .. (message or path) }
  return false
end

-- Ends what killed runs left running, before what it works in and what is known of it are gone.
local function end_leftovers(store, found)
  for _, entry in ipairs(execution.list(store)) do
    local seen = record.view(store, entry.execId)
    local groups = liveness.abandoned(seen.fold) and stop.leftovers(seen) or {}
    if #groups > 0 then found.ended[#found.ended + 1] = { execId = entry.execId, groups = groups } end
  end
end

-- Removes and leaves in the lists what really went. Who started in the meantime is spared.
local function sweep(ctx, store, found, rule)
  local executions, plans, stale, containers = {}, {}, {}, {}
  end_leftovers(store, found)
  for _, container in ipairs(found.containers) do
    if remove(ctx, "container " .. container.id, found.engine:remove(container.id)) then containers[#containers + 1] = container end
  end
  for _, entry in ipairs(found.workspaces) do
    if liveness.busy(record.view(store, entry.execId), rule.now) then
      found.running[#found.running + 1] = entry.execId
    elseif remove(ctx, entry.path, fs.remove_tree(entry.path)) then
      stale[#stale + 1] = entry
    end
  end
  for _, id in ipairs(found.executions) do
    local dir = execution.directory(store, id)
    if liveness.busy(record.view(store, id), rule.now) then
      found.running[#found.running + 1] = id
    elseif remove(ctx, dir, fs.remove_tree(dir)) then
      executions[#executions + 1] = id
    end
  end
  for _, entry in ipairs(found.plans) do
    if remove(ctx, entry.path, fs.remove(entry.path)) then plans[#plans + 1] = entry end
  end
  found.executions, found.plans, found.workspaces, found.containers = executions, plans, stale, containers
  local dangling = execution.dangling_latest(store)
  if dangling then
    execution.repair_latest(store, found.latest and found.latest.to)
  else
    found.latest = nil
  end
end

local document_shape = value.shape { "dryRun", "executions", "plans", "workspaces", "containers", "running", "ended", "latest" }

local function document(found, dry_run)
  local plans, stale, containers, ended = value.list {}, value.list {}, value.list {}, value.list {}
  for _, entry in ipairs(found.ended) do table.move(entry.groups, 1, #entry.groups, #ended + 1, ended) end
  for i, container in ipairs(found.containers) do containers[i] = container.id end
  for i, entry in ipairs(found.plans) do plans[i] = entry.name end
  for i, entry in ipairs(found.workspaces) do stale[i] = entry.execId end
  return document_shape {
    dryRun = dry_run, executions = value.list(found.executions), plans = plans, workspaces = stale,
    containers = containers, running = value.list(found.running), ended = #ended > 0 and ended or nil,
    latest = found.latest and (found.latest.to or value.null) or nil,
  }
end

local function print_lines(ctx, store, found, dry_run)
  local style = ctx.style
  local verb = dry_run and "Would remove" or "Removed"
  for _, id in ipairs(found.running) do
    local known = fs.exists(execution.directory(store, id) .. "/journal.jsonl")
    ctx:print(("  Kept %s: it %s"):format(style.plain(id), known and "is running" or "may be running, its record does not say"))
  end
  for _, entry in ipairs(found.ended) do
    ctx:print(("  Ended %s that %s left behind"):format(style.plural(#entry.groups, "process group"), style.plain(entry.execId)))
  end
  for _, id in ipairs(found.executions) do ctx:print(("  %s %s"):format(verb, style.plain(id))) end
  for _, entry in ipairs(found.plans) do ctx:print(("  %s plan %s"):format(verb, entry.name)) end
  for _, entry in ipairs(found.workspaces) do ctx:print(("  %s the workspaces of %s"):format(verb, style.plain(entry.execId))) end
  for _, container in ipairs(found.containers) do
    ctx:print(("  %s container %s of %s"):format(verb, style.plain(container.id:sub(1, 12)), style.plain(container.execId)))
  end
  if found.latest then
    local repair = dry_run and "Would point latest to" or "Pointed latest to"
    local drop = dry_run and "Would remove the link latest" or "Removed the link latest"
    ctx:print(found.latest.to and ("  %s %s"):format(repair, style.plain(found.latest.to)) or "  " .. drop)
  end
  local count = #found.executions + #found.plans + #found.workspaces + #found.containers
  if #found.running + #found.ended + count > 0 or found.latest then ctx:print("") end
  local nothing = #found.ended > 0 and "Nothing else to clean up." or "Nothing to clean up."
  ctx:print(count > 0 and ("%s %s"):format(verb, style.plural(count, "item")) or nothing)
end

return {
  summary = "Remove old executions and plans",
  usage = "orun gc [flags]",
  description = [[
Of the executions the newest stay (--keep), unless they are older than --max-age days. Of the stored plans those go that are older than
that, are named by their checksum, and are neither the latest plan nor that of an execution that stays. Plans with a name of your own
stay. Workspaces, containers and processes that a killed run left go, and kept workspaces (run --keep-workspaces) together with their
execution. An execution that is running is never removed, and `latest` is put right when it points to nothing.]],
  examples = {
    { "orun gc --dry-run", "what would go" },
    { "orun gc --keep 3 --max-age 7", "the last three runs of a week" },
    { "orun gc --all", "every execution that is not running" },
  },
  flags = {
    { name = "dry-run", type = "boolean", help = "only show what would be removed" },
    { name = "all", type = "boolean", help = "keep no execution (the same as --keep 0)" },
    { name = "keep", value = "N", type = "integer", default = 10, help = "executions to keep" },
    { name = "max-age", value = "DAYS", type = "integer", default = 30, help = "age from which they go anyway, and unused plans too" },
    { name = "json", type = "boolean", help = "print what was removed as JSON" },
  },

  run = function(ctx)
    local rule = rule_of(ctx.flags)
    local store = ctx:workspace().store
    local found = survey(ctx, store, rule)
    if not ctx.flags.dry_run then sweep(ctx, store, found, rule) end
    if ctx.flags.json then
      ctx:print(require("host.json").encode(document(found, ctx.flags.dry_run), { indent = 2 }))
    else
      print_lines(ctx, store, found, ctx.flags.dry_run)
    end
  end,
}
