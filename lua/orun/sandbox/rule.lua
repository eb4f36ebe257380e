-- Policy rules that are files of a composition package (`policies/<key>.lua`) or of the platform (`.orun/policies/<key>.lua`). They run in
-- a sandbox: that of their package, or one for the platform's directory.
local fs = require "host.fs"
local path = require "orun.util.path"
local sandbox = require "orun.sandbox"
local sorted = require "orun.util.sorted"
local suggestion = require "orun.util.suggestion"
local value = require "host.value"

local M = {}

---@class RuleFile
---@field key string
---@field box Sandbox
---@field file string relative to the box's directory
---@field shown string

---@param found table<string, RuleFile>
---@param hidden RuleFile[] files whose key belongs to one found before
local function add(found, hidden, box, directory, under)
  local names = fs.list(directory) or {}
  table.sort(names)
  for _, name in ipairs(names) do
    local key = name:match "^(%a[%w_-]*)%.lua$"
    if key and not key:find "_spec$" then
      local item = { key = key, box = box, file = under .. name, shown = box:shown(under .. name) }
      if found[key] then hidden[#hidden + 1] = item else found[key] = item end
    end
  end
end

---The rule files of all packages, in the order of the sources, then those of the platform.
---@param registry Registry
---@param store? string the platform's .orun directory; without it only the rules of packages are found
---@param display? fun(path: string): string
---@param limits? SandboxLimits
---@return table<string, RuleFile> found by key
---@return RuleFile[] hidden
function M.find(registry, store, display, limits)
  local found, hidden = {}, {}
  for _, source in ipairs(registry.sources) do
    local owner = registry.packages[source.name]
    if owner then add(found, hidden, owner.sandbox, path.join(owner.directory, "policies"), "policies/") end
  end
  if not store then return found, hidden end
  local own = path.join(store, "policies")
  add(found, hidden, sandbox.open { directory = own, name = ".orun/policies", limits = limits, display = display }, own, "")
  return found, hidden
end

---What a rule file returns, and what a rule answers with.
M.fields = {
  rule = { describe = true, schema = true, check = true },
  violation = { message = true, path = true, hint = true },
}

---What is wrong with what a rule file returned: a message, a hint, and the field that it is about.
local function flaw(rule)
  if value.kind(rule) ~= "map" then return "it must return { describe =, schema =, check = }" end
  for key in sorted.pairs(rule) do
    if not M.fields.rule[key] then
      return ('a rule has no field "%s"'):format(key), suggestion.hint(key, sorted.keys(M.fields.rule)), key
    end
  end
  if not sandbox.is_function(rule.check) then return "check must be a function", nil, "check" end
  if rule.describe ~= nil and type(rule.describe) ~= "string" then return "describe must be a text", nil, "describe" end
  local kind = value.kind(rule.schema)
  if kind ~= "map" and kind ~= "boolean" and kind ~= "nil" then return "schema must be a JSON Schema", nil, "schema" end
end

---Loads a rule.
---@param item RuleFile
---@return {describe: string, schema: table|boolean, check: userdata}?
---@return Diagnostic?
function M.load(item)
  local rule, problem = item.box:load(item.file)
  if problem then return nil, sandbox.mark(problem, problem.limit and "composition.limit" or "policy.rule") end
  local message, hint, key = flaw(rule)
  if message then
    return nil, item.box:locate(item.file, key, 1, {
      kind = "policy.rule", hint = hint,
      message = ('package "%s": the rule of the policy %s: %s'):format(item.box.options.name, item.key, message),
    })
  end
  return { describe = rule.describe or ("see " .. item.shown), schema = rule.schema == nil and true or rule.schema, check = rule.check }
end

---Facts of git cost much; a rule that never says `git` gets none.
---@param item RuleFile
---@return boolean
function M.asks_for_git(item)
  for _, file in ipairs(item.box.files) do
    local text = fs.read(path.join(item.box.options.directory, file))
    if text and text:find("git", 1, true) then return true end
  end
  return false
end

---What is wrong with a table that says what a rule found.
local function violation_flaw(answer)
  for key, item in sorted.pairs(answer) do
    if not M.fields.violation[key] then
      return ('with a table that has a field "%s"'):format(key), suggestion.hint(key, sorted.keys(M.fields.violation))
    end
    if type(item) ~= "string" then return ("with a %s that is no text"):format(key) end
  end
  if not answer.message then return "with a table that has no message" end
end

---What is wrong with an answer of a rule: it may be nothing, a message, a table with one, or a list of those.
---@return string?
---@return string? hint
local function answer_flaw(answer, nested)
  local kind = value.kind(answer)
  if kind == "string" or kind == "nil" and not nested then return nil end
  if not nested and (kind == "list" or kind == "map" and next(answer) == nil) then
    for _, item in ipairs(answer) do
      local flaw_of_item, hint = answer_flaw(item, true)
      if flaw_of_item then return flaw_of_item, hint end
    end
    return nil
  end
  if kind == "map" then return violation_flaw(answer) end
  return ("with %s %s"):format(kind == "integer" and "an" or "a", kind)
end

---Asks a rule.
---@param item RuleFile
---@param check userdata
---@param wanted any value of the policy
---@param job table
---@param ctx table
---@return any answer
---@return Diagnostic?
function M.ask(item, check, wanted, job, ctx)
  local answer, problem = item.box:call(check, wanted, job, ctx)
  if problem then return nil, sandbox.mark(problem, problem.limit and "composition.limit" or "policy.rule") end
  local wrong, hint = answer_flaw(answer)
  if not wrong then return answer end
  local file, line = sandbox.place(check)
  return nil, item.box:locate(file or item.file, nil, line, {
    kind = "policy.rule", hint = hint,
    message = ('package "%s": the rule of the policy %s answered %s, not with a message, { message =, path =, hint = } or a list')
      :format(item.box.options.name, item.key, wrong),
  })
end

return M
