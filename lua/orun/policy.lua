-- Policies, enforced: every rule is a file of policy/, named after its key, that returns
--
--   { describe = "one sentence", schema = JSON Schema of the value,
--     check = function(value, job, ctx) return nil | message | { message=, path=, hint= } | list of those end }
--
-- `job` is the compiled job as the plan holds it, `path` a JSON pointer into it (`/steps/0/use`) or `/dependencies/<n>`. `ctx` has
-- `component` (name, type, domain, labels, path), `environment` (name), `dependencies` (component, environment, domain) and `git`
-- (revision, dirty, changed; `problem` when they are not known). A rule with `gate` instead of `check` puts that gate before the job.
-- A value `false` asks for nothing, whatever the rule. Rules of packages and of the platform are files too; those run in a sandbox (see
-- orun.sandbox.rule) and cannot stand in for one of ours.
local declared = require "orun.intent.policy"
local document = require "orun.plan.document"
local files = require "orun.sandbox.rule"
local fs = require "host.fs"
local place = require "orun.intent.place"
local pointer = require "orun.schema.pointer"
local schema = require "orun.schema"
local sorted = require "orun.util.sorted"
local selection = require "orun.composition.selection"
local suggestion = require "orun.util.suggestion"
local value = require "host.value"

local M = {}

---@class PolicyRule
---@field describe string
---@field schema table|boolean
---@field check? fun(value: any, job: table, ctx: table): any
---@field gate? {type: string, condition: string}

local prefix = "orun.policy."

---Keys of the rules that ship with the program, sorted.
---@return string[]
function M.names()
  local own = package.searchpath("orun.policy", package.path) --[[@as string]]
  local names = {}
  for _, file in ipairs(fs.list((own:gsub("%.lua$", ""))) or {}) do
    local name = file:match("^(.*)%.lua$")
    if name then names[#names + 1] = name end
  end
  table.sort(names)
  return names
end

---The rule of a key; nil when the program has none.
---@param key string
---@return PolicyRule?
function M.rule(key)
  if not key:find("^%a[%w_-]*$") or not package.searchpath(prefix .. key, package.path) then return nil end
  return require(prefix .. key)
end

-- Keys and values ---------------------------------------------------------------------------------------------------------------

---One enforcement of all policies of a plan.
---@class PolicyRun
---@field model table
---@field report table
---@field loaded Loaded
---@field validators table<string, Schema>
local Run = {}
Run.__index = Run

---The rule of a key: ours, else that of a file, loaded when the key is first met. Nil when there is none, or when its file is broken
---(reported).
---@param key string
---@return PolicyRule?
function Run:rule(key)
  local known = self.rules[key]
  if known ~= nil then return known or nil end
  local rule, item = M.rule(key), self.files[key]
  if not rule and item then
    local loaded, problem = files.load(item)
    if problem then self.report:error(problem) end
    rule = loaded and { describe = loaded.describe, schema = loaded.schema, check = self:asking(item, loaded.check) } or nil
  end
  self.rules[key] = rule or false
  return rule
end

---A check that asks the function of a file. A file that fails is told of once.
function Run:asking(item, check)
  local failed = false
  return function(wanted, job, context)
    if failed then return nil end
    local plain = {
      component = context.component, environment = context.environment, dependencies = value.list(context.dependencies),
      trigger = context.trigger, git = files.asks_for_git(item) and context.git or nil,
    }
    local answer, problem = files.ask(item, check, wanted, job, plain)
    if problem then
      failed = true
      problem.message = ("%s (policy %s of component %s environment %s)"):format(problem.message, item.key, job.component, job.environment)
      self.report:error(problem)
    end
    return answer
  end
end

---Files whose rule is never asked, because the key belongs to another.
function Run:report_hidden()
  local hidden = { table.unpack(self.loaded.hidden_policies or {}) }
  for key, item in sorted.pairs(self.files) do
    if M.rule(key) then hidden[#hidden + 1] = item end
  end
  for _, item in ipairs(hidden) do
    local other = M.rule(item.key) and "a rule of orun has" or self.files[item.key].shown .. " has"
    self.report:warn {
      kind = "policy.hidden", file = item.shown, message = ("this rule is never asked: %s the name %s"):format(other, item.key),
      hint = "give the file, and the key in the intent, another name",
    }
  end
end

local function unknown_rule(self, statement)
  local names = M.names()
  for key in sorted.pairs(self.files) do names[#names + 1] = key end
  table.sort(names)
  return {
    kind = "policy.unknown", message = ('%s sets the policy "%s", which no rule enforces'):format(statement.source, statement.key),
    hint = suggestion.hint(statement.key, names) or ("policies: " .. table.concat(names, ", ")),
  }
end

---The validator of a rule's values; nil when the schema of a file is none (reported).
function Run:validator(key, rule)
  local item = not M.rule(key) and self.files[key]
  local validator, err = schema.compile(rule.schema, { unchecked = not item })
  if not validator and item then
    local reason = err and err.message:gsub("^not a valid schema: ", "") or "it does not compile"
    self.report:error(item.box:locate(item.file, "schema", nil, {
      kind = "policy.rule",
      message = ("the schema of the policy %s is no valid JSON Schema: %s"):format(key, reason),
    }))
  end
  self.validators[key] = validator
  return validator
end

---Checks the key and the value of one statement.
---@return boolean usable
function Run:check_statement(statement)
  local rule = self:rule(statement.key)
  if not rule then
    -- A file that is broken was told of.
    if not self.files[statement.key] then self.report:error(place.mark(statement.place, unknown_rule(self, statement))) end
    return false
  end
  if statement.value == false then return true end
  local validator = self.validators[statement.key]
  if not validator then
    validator = self:validator(statement.key, rule)
    if not validator then return false end
  end
  local ok, violations = validator:validate(statement.value)
  if ok then return true end
  for _, violation in ipairs(violations or {}) do
    self.report:error(place.mark(statement.place, {
      kind = "policy.value", path = violation.pointer, hint = rule.describe,
      message = ("policy %s of %s: %s%s"):format(statement.key, statement.source,
        violation.pointer ~= "" and ("'%s': "):format(violation.pointer) or "", violation.message),
    }))
  end
  return false
end

---Statements with a mistake are reported once and not enforced; they stop the compilation anyway.
function Run:usable(statement)
  local at = statement.place
  local id = at and ("%s:%s:%s"):format(at.file, at.line, at.column) or statement.source .. "\0" .. statement.key
  if self.checked[id] == nil then self.checked[id] = self:check_statement(statement) end
  return self.checked[id]
end

---Every environment and group, whether anything is compiled for it or not: a policy with a slip in its name must not wait to be noticed.
function Run:check_declared()
  local function check(owners, noun)
    for name, owner in sorted.pairs(owners) do
      for _, statement in ipairs(declared.of_owner(owner, noun .. " " .. name)) do self:usable(statement) end
    end
  end
  check(self.model.environments, "environment")
  check(self.model.groups, "group")
end

-- Agreement ---------------------------------------------------------------------------------------------------------------------

local function show(v)
  if type(v) == "table" then
    local parts = {}
    if value.is_list(v) then
      for i, item in ipairs(v) do parts[i] = show(item) end
      return ("[%s]"):format(table.concat(parts, ", "))
    end
    for key, item in sorted.pairs(v) do parts[#parts + 1] = ("%s: %s"):format(key, show(item)) end
    return ("{%s}"):format(table.concat(parts, ", "))
  end
  return v == value.null and "null" or tostring(v)
end

local function others(count)
  if count == 0 then return "" end
  return (" (and %d more)"):format(count)
end

---Disagreements, one for each pair of statements; the first component they meet is named.
function Run:report_conflicts()
  for _, conflict in ipairs(self.conflicts) do
    local a, b = conflict.a, conflict.b
    self.report:error(place.mark(a.place, {
      kind = "policy.conflict",
      message = ("component %s environment %s%s: policy %s: %s says %s, %s says %s"):format(conflict.component, conflict.environment,
        others(conflict.count), conflict.key, a.source, show(a.value), b.source, show(b.value)),
      hint = b.place and ("%s says so at %s:%d; they must agree"):format(b.source, b.place.file, b.place.line) or nil,
    }))
  end
end

function Run:add_conflict(instance, found)
  local id = ("%s\0%s\0%s"):format(found.key, found.a.source, found.b.source)
  local known = self.conflicts[id]
  if known then
    known.count = known.count + 1
    return
  end
  known = { key = found.key, a = found.a, b = found.b, component = instance.name, environment = instance.environment, count = 0 }
  self.conflicts[id] = known
  self.conflicts[#self.conflicts + 1] = known
end

---What applies to an instance; the same for all of one environment, domain and profile.
---@return PolicyDemand[]
function Run:demands(instance)
  local found = self.by_instance[instance]
  if found then return found.demands, found.conflicts end
  local profile = instance.profile and instance.composition.profiles[instance.profile]
  local id = instance.environment .. "\0" .. (instance.domain or "") .. "\0" .. instance.type .. "\0"
    .. (profile and instance.composition.key or "") .. "\0" .. (instance.profile or "")
  found = self.cache[id]
  if not found then
    local demands, conflicts = declared.demands(self.model, instance.environment, instance.domain or "", profile, instance.type)
    found = { demands = demands, conflicts = conflicts }
    self.cache[id] = found
    for _, statement in ipairs(declared.of_profile(profile, instance.type)) do self:usable(statement) end
  end
  self.by_instance[instance] = found
  return found.demands, found.conflicts
end

-- Violations --------------------------------------------------------------------------------------------------------------------

local of_definition = { runsOn = true, timeout = true, retries = true, outputs = true }

local function step_place(job, tokens)
  local index = math.tointeger(tonumber(tokens[2]))
  local recipe = index and job.recipes[index + 1]
  if not recipe then return job.definition.place end
  local bound = recipe.bound
  return place.of(selection.origin(bound)[tokens[3]] or bound.place, table.unpack(tokens, 3))
end

---Where the part of a job that a pointer names was written.
local function part_place(job, text)
  local tokens = pointer.split(text or "") or {}
  local head, component = tokens[1], job.instance.component
  if head == "steps" then return step_place(job, tokens) end
  if of_definition[head] then return place.of(job.definition.place, head) end
  if head == "profile" then
    local settings = job.instance.subscription
    return settings and place.of(settings.place, "profile") or component.place
  end
  if head == "dependencies" then
    local dependency = job.instance.dependencies[(math.tointeger(tonumber(tokens[2])) or -1) + 1]
    return dependency and dependency.place or component.place
  end
  return place.of(component.place, table.unpack(tokens))
end

---Every form a rule may answer in, as a list of tables.
local function as_list(answer)
  if answer == nil then return {} end
  if type(answer) == "string" then return { { message = answer } } end
  if answer.message then return { answer } end
  local list = {}
  for i, item in ipairs(answer) do list[i] = type(item) == "string" and { message = item } or item end
  return list
end

---Jobs that violate one statement in the same way at the same place share a message.
function Run:add_violation(job, statement, violation)
  local at = part_place(job, violation.path)
  local id = table.concat({
    statement.key, statement.source, violation.message, at and at.file or "", at and at.line or "", at and at.column or "",
  }, "\0")
  local known = self.violations[id]
  if known then
    known.count = known.count + 1
    return
  end
  known = { job = job, statement = statement, violation = violation, place = at, count = 0 }
  self.violations[id] = known
  self.violations[#self.violations + 1] = known
end

function Run:report_violations()
  for _, found in ipairs(self.violations) do
    local statement, violation = found.statement, found.violation
    local origin = statement.place and ("the policy stands at %s:%d"):format(statement.place.file, statement.place.line) or nil
    self.report:error(place.mark(found.place, {
      kind = "policy.violation", path = violation.path, hint = violation.hint or origin,
      message = ("%s%s violates the policy %s of %s: %s"):format(found.job.id, others(found.count), statement.key, statement.source,
        violation.message),
    }))
  end
end

-- Jobs --------------------------------------------------------------------------------------------------------------------------

function Run:dependencies(instance)
  local list = {}
  for i, dependency in ipairs(instance.dependencies) do
    local target = self.components[dependency.component]
    list[i] = { component = dependency.component, environment = dependency.environment, domain = target and target.domain or "" }
  end
  return list
end

---What a rule may know beside the job. Facts of git are gathered when the first rule asks for them.
function Run:context(instance)
  local component, loaded = instance.component, self.loaded
  return setmetatable({
    component = {
      name = instance.name, type = instance.type, domain = instance.domain or "", labels = component.labels, path = instance.path,
    },
    environment = { name = instance.environment }, dependencies = self:dependencies(instance), trigger = self.trigger,
  }, { __index = function(_, key)
    if key == "git" then return loaded.git() end
  end })
end

local function add_gate(job, rule, statement)
  job.gates[#job.gates + 1] = {
    type = rule.gate.type, environment = job.environment, component = job.component, condition = rule.gate.condition,
    source = statement.source,
  }
end

function Run:check_job(job, demands)
  local seen, context
  for _, demand in ipairs(demands) do
    for _, statement in ipairs(demand.statements) do
      local rule = self:usable(statement) and self:rule(statement.key)
      if rule and rule.gate then
        add_gate(job, rule, statement)
      elseif rule then
        seen, context = seen or document.make("job", job), context or self:context(job.instance)
        for _, violation in ipairs(as_list(rule.check(statement.value, seen, context))) do
          self:add_violation(job, statement, violation)
        end
      end
    end
  end
end

---Enforces all policies on the jobs of a plan: adds gates, reports disagreements and violations, all of them.
---@param jobs table[] from resolve; what is said of those that are `flawed` would not be true of them when they are mended
---@param expansion Expansion
---@param model table
---@param loaded Loaded
---@param report table
---@param trigger? table
function M.enforce(jobs, expansion, model, loaded, report, trigger)
  local run = setmetatable({
    model = model, report = report, loaded = loaded, validators = {}, checked = {}, cache = {}, by_instance = {}, conflicts = {},
    violations = {}, components = {}, rules = {}, files = loaded.policy_files or {}, trigger = trigger,
  }, Run)
  run:report_hidden()
  for _, component in ipairs(model.components) do run.components[component.name] = component end
  run:check_declared()
  for _, instance in ipairs(expansion.instances) do
    if instance.composition then
      local _, conflicts = run:demands(instance)
      for _, conflict in ipairs(conflicts) do run:add_conflict(instance, conflict) end
    end
  end
  for _, job in ipairs(jobs) do
    local demands = run:demands(job.instance)
    if #demands > 0 and not job.flawed then run:check_job(job, demands) end
  end
  run:report_conflicts()
  run:report_violations()
end

return M
