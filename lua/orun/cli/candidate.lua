-- Values that completion offers: names that the workspace knows. Each kind is a function; one that cannot tell offers nothing.
local M = {}

local function model(ctx)
  local known = rawget(ctx, "completion_model")
  if known == nil then
    local report = require("orun.diagnostic").collector()
    known = require("orun.compiler").model({ intent = ctx.flags.intent, cwd = ctx.cwd }, report, false)
    rawset(ctx, "completion_model", known)
  end
  return known
end

local kinds = {}

function kinds.components(ctx)
  local list = {}
  for i, component in ipairs(model(ctx).components) do list[i] = { component.name, component.type } end
  return list
end

-- Types of the platform's components. What else packages export is not asked for: that would run their code.
function kinds.types(ctx)
  local counts, list = {}, {}
  for _, component in ipairs(model(ctx).components) do counts[component.type] = (counts[component.type] or 0) + 1 end
  for _, name in ipairs(require("orun.util.sorted").keys(counts)) do
    list[#list + 1] = { name, counts[name] == 1 and "1 component" or counts[name] .. " components" }
  end
  return list
end

function kinds.environments(ctx)
  local list = {}
  for _, name in ipairs(require("orun.util.sorted").keys(model(ctx).environments)) do list[#list + 1] = { name } end
  return list
end

function kinds.triggers(ctx)
  local list, bindings = {}, model(ctx).automation.triggerBindings
  for i, name in ipairs(require("orun.util.sorted").keys(bindings)) do list[i] = { name, bindings[name].description } end
  return list
end

function kinds.providers(ctx)
  local list, providers = { { "auto" } }, require "orun.trigger.provider"
  for _, name in ipairs(providers.shipped()) do list[#list + 1] = { name } end
  for _, name in ipairs(providers.own { store = ctx:workspace().store }) do list[#list + 1] = { name } end
  return list
end

function kinds.plans(ctx)
  local list = {}
  for i, entry in ipairs(require("orun.plan.store").open(ctx:workspace().store):list()) do
    list[i] = { entry.name, entry.jobs == 1 and "1 job" or entry.jobs .. " jobs" }
  end
  return list
end

function kinds.jobs(ctx)
  local path = require("orun.plan.store").open(ctx:workspace().store):resolve(ctx.flags.plan)
  local text = path and require("host.fs").read(path)
  local plan = text and require("host.json").decode(text)
  local list = {}
  for i, job in ipairs(plan and plan.jobs or {}) do list[i] = { job.id, job.composition } end
  return list
end

function kinds.runs(ctx)
  local list = {}
  for i, row in ipairs(require("orun.cockpit.source").runs(ctx:workspace().store)) do list[i] = { row.execId, row.status } end
  return list
end

---@param kind string
---@param ctx Context
---@return Candidate[]
function M.list(kind, ctx)
  local provider = kinds[kind]
  if not provider then return {} end
  local ok, list = pcall(provider, ctx)
  return ok and list or {}
end

return M
