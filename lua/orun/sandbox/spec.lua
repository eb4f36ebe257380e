-- Runs inside a sandbox that holds specs: `describe`, `it`, `before_each`, `after_each`, `pending`, `assert` and `compile` become globals.
-- Loading a spec file returns its tests; the host calls each by itself, so that each has a budget of its own.
local tools, load_file = ...
local globals, host = tools.globals, tools.host

-- Tests -------------------------------------------------------------------------------------------------------------------------

---A `describe` block: its name, the hooks of it and of those around it.
local block

local function is_function(v, what)
  if type(v) ~= "function" then error(("%s takes a name and a function"):format(what), 3) end
end

local function chain(field)
  local hooks, at = {}, block
  while at do
    for i = #at[field], 1, -1 do table.insert(hooks, 1, at[field][i]) end
    at = at.parent
  end
  return hooks
end

function globals.describe(name, fn)
  is_function(fn, "describe")
  block = { parent = block, name = tostring(name), before = {}, after = {}, tests = block and block.tests or {} }
  fn()
  block = block.parent or block
end

globals.context = globals.describe

local function full_name(name)
  local names, at = { tostring(name) }, block
  while at and at.name do
    table.insert(names, 1, at.name)
    at = at.parent
  end
  return names
end

---Hooks of the outermost block run first, `after_each` the other way round, after a failure too.
local function prepared(fn, before, after)
  if #after == 0 and #before == 0 then return fn end
  return function()
    for _, hook in ipairs(before) do hook() end
    local ok, problem = pcall(fn)
    for i = #after, 1, -1 do after[i]() end
    if not ok then error(problem, 0) end
  end
end

function globals.it(name, fn)
  is_function(fn, "it")
  local _, line = tools.place()
  table.insert(block.tests, { names = tools.list(full_name(name)), line = line, run = prepared(fn, chain "before", chain "after") })
end

globals.test = globals.it

function globals.pending(name)
  local _, line = tools.place()
  table.insert(block.tests, { names = tools.list(full_name(name)), line = line })
end

function globals.before_each(fn) table.insert(block.before, fn) end

function globals.after_each(fn) table.insert(block.after, fn) end

-- Assertions --------------------------------------------------------------------------------------------------------------------

---A value as a person would write it; lists and maps on one line.
local function show(v, depth)
  if type(v) == "string" then return ("%q"):format(v):gsub("\\\n", "\\n") end
  if type(v) ~= "table" then return tostring(v) end
  if (depth or 0) > 6 then return "{...}" end
  local parts, count = {}, #v
  for i = 1, count do parts[i] = show(v[i], (depth or 0) + 1) end
  for key, item in pairs(v) do
    if math.type(key) ~= "integer" or key < 1 or key > count then
      local name = type(key) == "string" and key:find "^[%a_][%w_]*$" and key or ("[%s]"):format(show(key))
      parts[#parts + 1] = ("%s = %s"):format(name, show(item, (depth or 0) + 1))
    end
  end
  return #parts == 0 and "{}" or "{ " .. table.concat(parts, ", ") .. " }"
end

---The way to the first difference of two values; nil when there is none.
local function difference(a, b, way)
  if type(a) ~= "table" or type(b) ~= "table" then
    if a == b and math.type(a) == math.type(b) then return nil end
    return way
  end
  for key, v in pairs(a) do
    local found = difference(v, b[key], ("%s[%s]"):format(way, show(key)))
    if found then return found end
  end
  for key in pairs(b) do
    if a[key] == nil then return ("%s[%s]"):format(way, show(key)) end
  end
end

-- Errors blame the line of the spec.
local function fail(message, own)
  error(own and ("%s\n%s"):format(tostring(own), message) or message, 3)
end

local checks = {}

function checks.equal(expected, actual, message)
  if expected ~= actual then fail(("expected %s, got %s"):format(show(expected), show(actual)), message) end
  return actual
end

function checks.not_equal(expected, actual, message)
  if expected == actual then fail("expected something else than " .. show(actual), message) end
  return actual
end

function checks.same(expected, actual, message)
  local way = difference(expected, actual, "")
  if way then
    fail(("expected %s, got %s%s"):format(show(expected), show(actual), way ~= "" and "; they differ at " .. way or ""), message)
  end
  return actual
end

function checks.not_same(expected, actual, message)
  if not difference(expected, actual, "") then fail("expected something else than " .. show(actual), message) end
  return actual
end

function checks.is_true(v, message)
  if v ~= true then fail("expected true, got " .. show(v), message) end
end

function checks.is_false(v, message)
  if v ~= false then fail("expected false, got " .. show(v), message) end
end

function checks.is_nil(v, message)
  if v ~= nil then fail("expected nil, got " .. show(v), message) end
end

function checks.is_not_nil(v, message)
  if v == nil then fail("expected a value, got nil", message) end
  return v
end

function checks.truthy(v, message)
  if not v then fail("expected something true, got " .. show(v), message) end
  return v
end

function checks.falsy(v, message)
  if v then fail("expected false or nil, got " .. show(v), message) end
end

---The pattern occurs in the text; with `plain`, as it is.
function checks.matches(pattern, text, plain, message)
  if type(text) ~= "string" or not text:find(pattern, 1, plain == true) then
    fail(("%s is not in %s"):format(show(pattern), show(text)), message)
  end
  return text
end

function checks.not_matches(pattern, text, plain, message)
  if type(text) == "string" and text:find(pattern, 1, plain == true) then
    fail(("%s is in %s"):format(show(pattern), show(text)), message)
  end
end

---The text is in the other one, or the item in the list.
function checks.contains(wanted, whole, message)
  if type(whole) == "string" then
    if not whole:find(wanted, 1, true) then fail(("%s is not in %s"):format(show(wanted), show(whole)), message) end
    return
  end
  for _, item in ipairs(whole) do
    if not difference(wanted, item, "") then return end
  end
  fail(("%s is not in %s"):format(show(wanted), show(whole)), message)
end

local function message_of(problem)
  return type(problem) == "table" and problem.message or tostring(problem)
end

---The function fails; with `expected`, with a message in which that text occurs.
function checks.has_error(fn, expected, message)
  local ok, problem = pcall(fn)
  if ok then fail("expected an error, there was none", message) end
  local text = message_of(problem)
  if expected and not text:find(expected, 1, true) then
    fail(("expected an error with %s, got %s"):format(show(expected), show(text)), message)
  end
  return text
end

function checks.has_no_error(fn, message)
  local ok, problem = pcall(fn)
  if not ok then fail("expected no error, got " .. show(message_of(problem)), message) end
end

-- The spellings of busted: assert.are.equal, assert.is_not.equal, assert.is_not_true ...
checks.equals, checks.error, checks.errors, checks.no_error = checks.equal, checks.has_error, checks.has_error, checks.has_no_error
checks.is_string = function(v, message) if type(v) ~= "string" then fail("expected a string, got " .. show(v), message) end end
checks.is_table = function(v, message) if type(v) ~= "table" then fail("expected a table, got " .. show(v), message) end end
checks.is_not_same, checks.is_truthy, checks.is_falsy = checks.not_same, checks.truthy, checks.falsy

local assertions = {}
for name, check in pairs(checks) do assertions[name] = check end
for _, word in ipairs { "are", "is", "has" } do
  assertions[word] = setmetatable({}, { __index = function(_, key)
    return checks[key] or checks[word .. "_" .. key] or checks["is_" .. key] or checks["has_" .. key]
  end })
end
for _, word in ipairs { "are_not", "is_not", "has_no" } do
  assertions[word] = setmetatable({}, { __index = function(_, key)
    return checks["not_" .. key] or checks["has_no_" .. key:gsub("s$", "")]
  end })
end

globals.assert = setmetatable(assertions, {
  __index = function(_, key) error(("assert.%s does not exist"):format(tostring(key)), 2) end,
  __call = function(_, v, message, ...)
    if not v then error(message == nil and "assertion failed!" or message, type(message) == "string" and 2 or 0) end
    return v, message, ...
  end,
})

-- Compilation -------------------------------------------------------------------------------------------------------------------

---The jobs of one component in one environment, as a plan would hold them.
function globals.compile(sample)
  if type(sample) ~= "table" then error("compile takes a table: compile { component = ..., parameters = ... }", 2) end
  local jobs, message = host.compile(sample)
  if not jobs then error(message, 2) end
  return jobs
end

return function(file)
  block = { before = {}, after = {}, tests = {} }
  local root = block
  load_file(file)
  return tools.list(root.tests)
end
