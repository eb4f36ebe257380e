-- Runs inside a sandbox: the module that authors get from `require "orun"`. lua/types/orun.lua describes it for editors.
local tools = ...
local host, list, null = tools.host, tools.list, tools.null

local M = { null = null, version = host.part "version" }

---Marks where a table was written, for messages.
local function placed(t)
  local file, line = tools.place()
  t.place = file and ("%s:%d"):format(file, line)
  return t
end

local function copy(t)
  local out = {}
  for key, v in pairs(t) do out[key] = v end
  return out
end

-- Functions are called through C, so that a tail call leaves its line; errors get theirs from the host, hence level 0.
local function expect(v, wanted, what)
  if type(v) == wanted then return v end
  error(("%s takes a %s, not a %s"):format(what, wanted, type(v)), 0)
end

-- Values ------------------------------------------------------------------------------------------------------------------------

---Says that a table is a list, which an empty one does not show.
function M.list(t)
  if t == nil then return list {} end
  return list(copy(expect(t, "table", "orun.list")))
end

local function is_map(v)
  return type(v) == "table" and tools.kind(v) ~= "list" and #v == 0
end

-- A map that holds itself would end in an overflow of the C stack, which knows no line.
local deepest = 60

local function merged(depth, ...)
  if depth > deepest then M.fail(("orun.merge takes maps at most %d deep"):format(deepest)) end
  local out = {}
  for i = 1, select("#", ...) do
    local t = select(i, ...)
    if t ~= nil then
      for key, v in pairs(expect(t, "table", "orun.merge")) do
        if is_map(v) then v = merged(depth + 1, is_map(out[key]) and out[key] or nil, v) end
        out[key] = v
      end
    end
  end
  return out
end

---A new map of several; later ones win, maps in them are merged likewise, everything else is replaced.
function M.merge(...)
  return (merged(1, ...))
end

---Raises an error for the user of the composition.
function M.fail(message, options)
  if type(message) ~= "number" then expect(message, "string", "orun.fail") end
  if not tostring(message):find "%S" then error("orun.fail needs a message", 0) end
  options = options or {}
  local file, line = tools.place()
  error(setmetatable({ message = tostring(message), path = options.path, hint = options.hint, file = file, line = line },
    { __failure = true, __tostring = function(self) return self.message end, __metatable = false }), 0)
end

-- Shell -------------------------------------------------------------------------------------------------------------------------

---One word of a POSIX shell.
function M.quote(v)
  local text = tostring(v)
  if text:find("\0", 1, true) then error("a word of a shell cannot contain a NUL byte", 0) end
  if text:find("^[%w_@%%+=:,./-]+$") then return text end
  return "'" .. text:gsub("'", "'\\''") .. "'"
end

local function words(v)
  local quoted = {}
  for i, item in ipairs(v) do quoted[i] = M.quote(item) end
  return table.concat(quoted, " ")
end

---A command: the format is taken as it is, every argument becomes a word, a list as many words as it has items.
function M.sh(format, ...)
  expect(format, "string", "orun.sh")
  local arguments, used, count = { ... }, 0, select("#", ...)
  local text = format:gsub("%%([-+ #0]*%d*%.?%d*)(.?)", function(flags, letter)
    if letter == "%" and flags == "" then return "%" end
    used = used + 1
    local v = arguments[used]
    if v == nil or v == null then error(("orun.sh: argument %d of %q is %s"):format(used, format, v == nil and "missing" or "null"), 0) end
    if type(v) == "table" and letter == "s" and flags == "" then return words(v) end
    if type(v) == "table" or not letter:find("[sdixXfgeE]") then
      error(("orun.sh: '%%%s%s' cannot write argument %d"):format(flags, letter, used), 0)
    end
    return M.quote(("%" .. flags .. letter):format(v))
  end)
  if used < count then error(("orun.sh: %q has %d directives for %d arguments"):format(format, used, count), 0) end
  return text
end

-- Steps -------------------------------------------------------------------------------------------------------------------------

---A step that runs a command.
M.run = tools.step("run", "orun.run needs run: the command")

---A step that uses an action.
M.use = tools.step("use", "orun.use needs use: the action")

---A list of steps from steps and lists of them; nil and false are left out.
function M.steps(...)
  local out = list {}
  for i = 1, select("#", ...) do
    local item = select(i, ...)
    if item and tools.kind(item) ~= "list" and #item == 0 and next(item) ~= nil then
      out[#out + 1] = item
    elseif item then
      for _, step in ipairs(item) do out[#out + 1] = step end
    end
  end
  return out
end

-- Templates are read outside, where no instructions are counted.
local longest = 256 * 1024

---A text to which the template engine is applied: at once inside a function of ctx, else when a job is made.
function M.template(text)
  expect(text, "string", "orun.template")
  if #text > longest then error(("orun.template takes texts of at most %d KiB"):format(longest // 1024), 0) end
  local result, message = host.template(text, tools.place())
  if message == "later" then return placed { __template = text } end
  if not result then error("orun.template: " .. message, 0) end
  return result
end

---What a composition file returns.
function M.composition(spec)
  return placed { __kind = "composition", spec = copy(expect(spec, "table", "orun.composition")) }
end

-- Schemas -----------------------------------------------------------------------------------------------------------------------

local S = {}

local function typed(name)
  return function(keywords)
    local schema = copy(keywords or {})
    schema.type = name
    return schema
  end
end
for _, name in ipairs { "string", "integer", "number", "boolean" } do S[name] = typed(name) end

---Anything.
function S.any(keywords)
  return copy(keywords or {})
end

---One of the listed values: `enum { "a", "b", default = "a" }`.
function S.enum(values)
  local schema, items = {}, list {}
  for key, v in pairs(expect(values, "table", "orun.schema.enum")) do
    if math.type(key) == "integer" then items[#items + 1] = v else schema[key] = v end
  end
  schema.enum = items
  return schema
end

function S.const(v, keywords)
  local schema = copy(keywords or {})
  schema.const = v
  return schema
end

---A list; of anything when no schema of its items is given.
function S.array(items, keywords)
  local schema = copy(keywords or {})
  schema.type, schema.items = "array", items
  if schema.default ~= nil then schema.default = M.list(schema.default) end
  return schema
end

---A map of any keys whose values are as the schema says.
function S.map(values, keywords)
  local schema = copy(keywords or {})
  schema.type, schema.additionalProperties = "object", values
  return schema
end

---An object; a property with `required = true` must be there.
function S.object(properties, keywords)
  local schema, required, own = copy(keywords or {}), list {}, {}
  for name, property in pairs(expect(properties or {}, "table", "orun.schema.object")) do
    property = type(property) == "table" and copy(property) or property
    if type(property) == "table" and type(property.required) == "boolean" then
      if property.required then required[#required + 1] = name end
      property.required = nil
    end
    own[name] = property
  end
  schema.type, schema.properties = "object", own
  if #required > 0 then schema.required = required end
  return schema
end

local function combined(keyword)
  return function(schemas, keywords)
    local schema = copy(keywords or {})
    schema[keyword] = M.list(expect(schemas, "table", "orun.schema." .. keyword))
    return schema
  end
end
for _, keyword in ipairs { "oneOf", "anyOf", "allOf" } do S[keyword] = combined(keyword) end

local function publish(functions)
  for name, v in pairs(functions) do
    if type(v) == "function" and name ~= "run" and name ~= "use" then functions[name] = tools.delegate(v) end
  end
  return tools.freeze(functions)
end

M.schema = publish(S)

return publish(M)
