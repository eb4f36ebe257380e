-- Stage 5: what every job waits for, its gates, and the order of the plan.
local dag = require "host.dag"
local path = require "orun.util.path"
local place = require "orun.intent.place"
local sorted = require "orun.util.sorted"
local value = require "host.value"

---Jobs by environment and component.
local function index_jobs(jobs)
  local index = {}
  for _, job in ipairs(jobs) do
    local components = index[job.environment] or {}
    index[job.environment] = components
    local list = components[job.component] or {}
    components[job.component] = list
    list[#list + 1] = job
  end
  return index
end

local function at(index, environment, component)
  local components = index[environment]
  return components and components[component]
end

-- Component dependencies ------------------------------------------------------------------------------------------------------

---An edge set by the job's dependency mode; `disabled` has none.
local modes = { enforced = "needs", advisory = "advised" }

---Adds to an edge set of a job; most jobs have no use for some of them.
local function connect(job, edges, id)
  local set = job[edges]
  if set then
    set[id] = true
  else
    job[edges] = { [id] = true }
  end
end

local nothing = {}

local function is_among(instances, dependency)
  for _, instance in ipairs(instances) do
    if instance.name == dependency.component and instance.environment == dependency.environment then return true end
  end
  return false
end

-- One of the plan may have no jobs here, because there is a mistake in it: that was said.
local function report_unselected(job, dependency, expansion, report)
  if is_among(expansion.instances, dependency) then return end
  local name, environment = dependency.component, dependency.environment
  local way = is_among(expansion.all, dependency) and "select that component too"
    or ("%s does not run in %s: subscribe it to that environment"):format(name, environment)
  report:error(place.mark(dependency.place, {
    kind = "resolve.always-missing",
    message = ("%s.%s includes %s.%s always, which this plan does not contain"):format(job.component, job.environment, name, environment),
    hint = way .. ", or make the dependency include: if-selected",
  }))
end

local function connect_components(jobs, index, expansion, report)
  for _, job in ipairs(jobs) do
    local edges = modes[job.dependencyMode]
    for _, dependency in ipairs(job.instance.dependencies) do
      local targets = at(index, dependency.environment, dependency.component)
      if not targets and dependency.include == "always" then report_unselected(job, dependency, expansion, report) end
      for _, target in ipairs(edges and targets or nothing) do connect(job, edges, target.id) end
    end
  end
end

---`dependsOn` between jobs of one component; a job that the profile left out is not waited for.
local function connect_within(jobs, index)
  for _, job in ipairs(jobs) do
    for _, name in ipairs(job.definition.dependsOn or nothing) do
      for _, sibling in ipairs(at(index, job.environment, job.component)) do
        if sibling.name == name then connect(job, "needs", sibling.id) end
      end
    end
  end
end

-- Promotion -------------------------------------------------------------------------------------------------------------------

---Every job of the environment, in a fixed order.
local function each_job(index, environment, visit)
  for _, list in sorted.pairs(index[environment] or {}) do
    for _, job in ipairs(list) do visit(job) end
  end
end

local function connect_promotion(index, environment, promotion)
  if promotion.strategy == "environment-barrier" then
    local targets = {}
    each_job(index, promotion.environment, function(target) targets[#targets + 1] = target.id end)
    each_job(index, environment, function(job)
      for _, id in ipairs(targets) do connect(job, "needs", id) end
    end)
    return
  end
  each_job(index, environment, function(job)
    for _, target in ipairs(at(index, promotion.environment, job.component) or nothing) do connect(job, "needs", target.id) end
  end)
end

local gate_keys = { "type", "environment", "component", "condition" }

local function same_gate(a, b)
  for _, key in ipairs(gate_keys) do
    if a[key] ~= b[key] then return false end
  end
  return value.equal(a.match, b.match)
end

local function add_gate(job, gate)
  for _, former in ipairs(job.gates) do
    if same_gate(former, gate) then return end
  end
  job.gates[#job.gates + 1] = gate
end

---Gates for the jobs whose component also lives in the environment they are promoted from: nothing could meet any other.
local function gate_promotion(index, environment, promotion, lives)
  each_job(index, environment, function(job)
    if not at(lives, promotion.environment, job.component) then return end
    add_gate(job, {
      type = "environment-promotion", environment = promotion.environment, component = job.component, condition = promotion.condition,
      match = { revision = promotion.match.revision },
    })
  end)
end

local function report_inactive(environment, promotion, report)
  report:error(place.mark(promotion.place, {
    kind = "resolve.promotion-inactive",
    message = ("environment %s requires same-plan promotion from %s, which is not active in this plan"):format(environment,
      promotion.environment),
    hint = ("select %s as well, or allow an earlier success with satisfy: same-plan-or-previous-success"):format(promotion.environment),
  }))
end

local function promote(index, expansion, model, report)
  local active, lives = {}, {}
  for _, environment in ipairs(expansion.active) do active[environment] = true end
  for _, instance in ipairs(expansion.all) do
    lives[instance.environment] = lives[instance.environment] or {}
    lives[instance.environment][instance.name] = true
  end
  for _, environment in ipairs(expansion.active) do
    for _, promotion in ipairs(model.environments[environment].promotion.dependsOn) do
      local is_active, satisfy = active[promotion.environment], promotion.satisfy
      if satisfy == "previous-success" then
        gate_promotion(index, environment, promotion, lives)
      elseif is_active then
        connect_promotion(index, environment, promotion)
      elseif satisfy == "same-plan" then
        if index[environment] then report_inactive(environment, promotion, report) end
      else
        gate_promotion(index, environment, promotion, lives)
      end
    end
  end
end

-- Outputs ---------------------------------------------------------------------------------------------------------------------

-- Told once for each place, however many jobs have it.
local function report_output(job, i, message, hint, report)
  report:error(place.mark(place.of(job.definition.place, "outputs", i), {
    kind = "resolve.output", message = message, general = job.definition.place and hint, hint = hint,
  }))
end

---Outputs are copied back into the work tree, so no two jobs may name one file, and none a file elsewhere.
local function check_outputs(jobs, report)
  local owners = {}
  for _, job in ipairs(jobs) do
    -- What cannot be rendered is still a template.
    for i, output in ipairs(job.flawed and nothing or job.outputs) do
      local file = path.join(job.path or ".", output)
      if path.is_absolute(output) or file == ".." or file:sub(1, 3) == "../" then
        report_output(job, i, ('the output "%s" of %s lies outside the work tree'):format(output, job.id),
          "outputs are relative to the job's path", report)
      elseif owners[file] and owners[file] ~= job.id then
        report_output(job, i, ("%s and %s both have the output %s"):format(owners[file], job.id, file),
          "put the environment or the job's name into the path, for example {{.orun.environment.name}}", report)
      end
      owners[file] = owners[file] or job.id
    end
  end
end

-- Order -----------------------------------------------------------------------------------------------------------------------

---Where the edge from one component to the next is written.
local function edge_place(job, target)
  for _, dependency in ipairs(job.instance.dependencies) do
    if dependency.component == target.component and dependency.environment == target.environment then return dependency.place end
  end
  return place.of(job.definition.place, "dependsOn")
end

-- Whether a circle is one of jobs of one component, by the composition's word, which no dependencyMode softens.
local function written_in_composition(cycle, by_id)
  for i = 1, #cycle - 1 do
    local job, target, named = by_id[cycle[i]], by_id[cycle[i + 1]], false
    for _, name in ipairs(job.definition.dependsOn) do named = named or name == target.name end
    if not named or job.instance ~= target.instance then return false end
  end
  return true
end

local function report_cycle(cycle, by_id, report)
  local first, hint = by_id[cycle[1]], "remove one of these dependencies, or make it dependencyMode: advisory"
  local where, general = edge_place(first, by_id[cycle[2]]), nil
  if written_in_composition(cycle, by_id) then
    -- Every component of the type has it.
    where, hint = place.of(first.definition.place, "dependsOn"), "remove the dependsOn of one of these jobs"
    general = where and hint
  end
  report:error(place.mark(where, {
    kind = "resolve.cycle", message = "the jobs depend on each other in a circle: " .. table.concat(cycle, " → "), general = general,
    hint = hint,
  }))
end

-- The order of jobs, or the circle that they form; edges to jobs that are not there do not count.
local function sort(jobs, by_id)
  local graph = dag.new()
  for _, job in ipairs(jobs) do graph:add(job.id) end
  for _, job in ipairs(jobs) do
    for _, id in ipairs(job.dependsOn) do
      if by_id[id] then graph:depend(job.id, id) end
    end
  end
  return graph:order()
end

-- Circles that are told of at once.
local MOST_CYCLES = 10

---The jobs without those of a circle, in any environment: they form it again there.
local function without(jobs, cycle, by_id)
  local gone, rest = {}, {}
  for _, id in ipairs(cycle) do gone[by_id[id].component .. "\0" .. by_id[id].name] = true end
  for _, job in ipairs(jobs) do
    if gone[job.component .. "\0" .. job.name] then
      by_id[job.id] = nil
    else
      rest[#rest + 1] = job
    end
  end
  return rest
end

---@return table[]? jobs nil when they form cycles (reported)
local function order(jobs, report)
  local by_id = {}
  for _, job in ipairs(jobs) do by_id[job.id] = job end
  local ids, cycle = sort(jobs, by_id)
  if ids then
    local ordered = {}
    for i, id in ipairs(ids) do ordered[i] = by_id[id] end
    return ordered
  end
  local found = 0
  while cycle and found < MOST_CYCLES do
    found = found + 1
    report_cycle(cycle, by_id, report)
    jobs = without(jobs, cycle, by_id)
    cycle = select(2, sort(jobs, by_id))
  end
end

---@param jobs table[] from bind; they get dependsOn, advisoryDependsOn and gates
---@param expansion {active: string[], instances: table[], all: table[]}
---@param model table
---@param report table
---@return table[] jobs in plan order; as they came when there is an error
return function(jobs, expansion, model, report)
  local index = index_jobs(jobs)
  for _, job in ipairs(jobs) do job.gates = value.list {} end
  connect_components(jobs, index, expansion, report)
  connect_within(jobs, index)
  promote(index, expansion, model, report)
  for _, job in ipairs(jobs) do
    job.dependsOn = value.list(sorted.keys(job.needs or nothing))
    job.advisoryDependsOn = value.list(sorted.keys(job.advised or nothing))
    job.needs, job.advised = nil, nil
  end
  check_outputs(jobs, report)
  return order(jobs, report) or jobs
end
