-- `orun owners`: what every team runs, and where, from the compiled plan.
local compiler = require "orun.compiler"
local json = require "host.json"
local sorted = require "orun.util.sorted"
local value = require "host.value"

---@class Owner
---@field team string
---@field components string[]
---@field environments table<string, integer> jobs by environment
---@field jobs integer

---@param jobs table[]
---@return Owner[] by name; jobs that nobody owns come last
local function owners(jobs)
  local found = {}
  for _, job in ipairs(jobs) do
    local team = job.labels and job.labels.team or "nobody"
    local owner = found[team] or { team = team, jobs = 0, names = {}, environments = {} }
    found[team] = owner
    owner.jobs = owner.jobs + 1
    owner.names[job.component] = true
    owner.environments[job.environment] = (owner.environments[job.environment] or 0) + 1
  end
  local list = value.list {}
  for _, owner in sorted.pairs(found) do
    owner.components, owner.names = value.list(sorted.keys(owner.names)), nil
    list[#list + 1] = owner
  end
  return list
end

local function print_table(ctx, list)
  local style = ctx.style
  for _, owner in ipairs(list) do
    local places = {}
    for environment, count in sorted.pairs(owner.environments) do places[#places + 1] = ("%s %d"):format(environment, count) end
    ctx:print(("%s  %s  %s"):format(style:paint("bold", style.pad(owner.team, 10)), style.pad(style.plural(owner.jobs, "job"), 8),
      style:paint("secondary", table.concat(places, style.separator))))
    ctx:print("            " .. style:paint("dim", table.concat(owner.components, ", ")))
  end
end

return {
  summary = "Show which team owns which jobs",
  usage = "orun owners [flags]",
  description = "Compiles a plan and sums its jobs up by the label `team` of their components.",
  examples = { { "orun owners", "all teams" }, { "orun owners --env production --json", "one environment, as data" } },
  flags = {
    { name = "env", short = "e", value = "NAME", help = "only this environment", repeatable = true, complete = "environments" },
    { name = "json", help = "as JSON" },
  },
  args = {},

  run = function(ctx)
    local compiled = compiler.compile({
      intent = ctx.flags.intent, cwd = ctx.cwd, config_dir = ctx.flags.config_dir, all = true, environments = ctx.flags.env,
    }, ctx.report)
    local list = owners(compiled.plan.jobs)
    if ctx.json then
      ctx:print(json.encode(list, { indent = 2 }))
    else
      print_table(ctx, list)
    end
  end,
}
