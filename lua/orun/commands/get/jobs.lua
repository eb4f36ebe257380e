-- `orun get jobs`: the jobs of a plan and how they went in the latest run.
local diagnostic = require "orun.diagnostic"

local function find_plan(ctx, store)
  local path, err = require("orun.plan.store").open(store):resolve(ctx.flags.plan)
  if path then return (require("orun.plan.reader").read(path, { allow_modified = true }, ctx.report)) end
  if ctx.flags.plan and ctx.flags.plan ~= "latest" then diagnostic.raise(err) end
end

-- The components that the jobs of one component wait for, and those behind them.
local function closure(plan, name)
  local owner, needs = {}, {}
  for _, job in ipairs(plan.jobs) do owner[job.id] = job.component end
  for _, job in ipairs(plan.jobs) do
    needs[job.component] = needs[job.component] or {}
    for _, field in ipairs { "dependsOn", "advisoryDependsOn" } do
      for _, id in ipairs(job[field] or {}) do table.insert(needs[job.component], owner[id]) end
    end
  end
  local seen, queue = { [name] = true }, { name }
  while #queue > 0 do
    for _, other in ipairs(needs[table.remove(queue)] or {}) do
      if not seen[other] then
        seen[other] = true
        queue[#queue + 1] = other
      end
    end
  end
  return seen
end

-- Inside the directory of a component only its jobs are shown, and those they need.
local function scope(ctx, plan, workspace)
  if ctx.flags.all or not workspace.intent then return nil end
  local scopes = require "orun.intent.scope"
  local name = scopes.detect(ctx.cwd, workspace.root)
  if not name then return nil end
  local components = closure(plan, name)
  if not ctx.json then
    for _, line in ipairs(scopes.banner(name, require("orun.util.sorted").keys(components))) do ctx:note(line) end
  end
  return components
end

local function statuses(store)
  local source = require "orun.cockpit.source"
  local id = source.resolve(store)
  local found = {}
  for _, job in ipairs(id and source.run(store, id, nil, { steps = false }).jobs or {}) do found[job.id] = job.status end
  return found
end

local function encode(plan, components, format)
  local list = require("host.value").list()
  for _, job in ipairs(plan and plan.jobs or {}) do
    if not components or components[job.component] then list[#list + 1] = job end
  end
  return require("orun.cockpit.document").encode(list, format)
end

return {
  summary = "List the jobs of a plan with their status in the latest run",
  usage = "[flags]",
  aliases = { "job" },
  examples = {
    { "orun get jobs", "the latest plan as a tree, with the status in the latest run" },
    { "orun get jobs --plan rc1 --view compact", "another plan, a line for each job" },
    { "orun get jobs -o json", "the jobs as the plan has them: a matrix for a workflow" },
  },
  flags = {
    { name = "plan", value = "REF", help = "plan id, name or file (default: the latest)", complete = "plans" },
    { name = "view", value = "FORM", choices = { "tree", "compact", "table" }, default = "tree", help = "form of the list" },
    { name = "output", short = "o", value = "FORMAT", choices = { "json", "yaml", "wide" }, help = "output format" },
    { name = "json", help = "the same as -o json" },
    { name = "all", help = "all jobs, also inside the directory of a component" },
  },

  run = function(ctx)
    local workspace = ctx:workspace()
    local format = ctx.flags.json and "json" or ctx.flags.output
    local machine = format == "json" or format == "yaml"
    ctx.json = machine
    local plan = find_plan(ctx, workspace.store)
    local components = plan and scope(ctx, plan, workspace)
    local render = require "orun.cockpit.render.jobs"
    if machine then return ctx:write(encode(plan, components, format)) end
    if not plan then return ctx:write(ctx.style:text(render.empty())) end
    local view = require("orun.cockpit.viewmodel.jobs").view(plan, statuses(workspace.store), components)
    ctx:write(ctx.style:text(render.lines(view, format == "wide" and "table" or ctx.flags.view)))
  end,
}
