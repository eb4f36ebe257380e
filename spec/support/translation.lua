-- Writes a loaded YAML composition as a Lua one, for specs that hold the two against each other.
local sorted = require "orun.util.sorted"
local value = require "host.value"

local M = {}

local function quoted(text)
  return (("%q"):format(text):gsub("\\\n", "\\n"))
end

local literal

local function items(list)
  local out = {}
  for i, item in ipairs(list) do out[i] = literal(item) end
  return table.concat(out, ", ")
end

---A plain value as an expression.
function literal(v)
  if v == value.null then return "orun.null" end
  if type(v) == "string" then return quoted(v) end
  if type(v) ~= "table" then return tostring(v) end
  if value.is_list(v) then return "orun.list { " .. items(v) .. " }" end
  local out = {}
  for key, item in sorted.pairs(v) do out[#out + 1] = ("[%s] = %s"):format(quoted(key), literal(item)) end
  return "{ " .. table.concat(out, ", ") .. " }"
end

---A text to which YAML applies templates.
local function text(v)
  return type(v) == "string" and v:find("{{", 1, true) and ("orun.template(%s)"):format(quoted(v)) or literal(v)
end

local function texts(map)
  local out = {}
  for key, v in sorted.pairs(map) do out[#out + 1] = ("[%s] = %s"):format(quoted(key), text(v)) end
  return "{ " .. table.concat(out, ", ") .. " }"
end

local rendered = { run = true, use = true, shell = true, ["working-directory"] = true }
local order = { "id", "name", "capability", "phase", "order", "run", "use", "with", "env", "shell", "working-directory", "timeout", "retry",
  "onFailure" }

local function step(s)
  local out = {}
  for _, field in ipairs(order) do
    local v = s[field]
    if v ~= nil then
      local written = rendered[field] and text(v) or (field == "with" or field == "env") and texts(v) or literal(v)
      out[#out + 1] = ("[%s] = %s"):format(quoted(field), written)
    end
  end
  return "{ " .. table.concat(out, ", ") .. " }"
end

---@param as_function boolean steps are what a function of ctx returns
local function job(j, as_function)
  local steps = {}
  for i, s in ipairs(j.steps) do steps[i] = "      " .. step(s) end
  local list = "orun.list {\n" .. table.concat(steps, ",\n") .. "\n    }"
  local fields = {
    "name = " .. quoted(j.name), "retries = " .. j.retries, "capabilities = " .. literal(value.list(j.capabilities)),
    "dependsOn = " .. literal(value.list(j.dependsOn)), "steps = " .. (as_function and "function() return " .. list .. " end" or list),
  }
  local outputs = {}
  for i, output in ipairs(j.outputs) do outputs[i] = text(output) end
  fields[#fields + 1] = "outputs = orun.list { " .. table.concat(outputs, ", ") .. " }"
  for _, field in ipairs { "description", "runsOn", "timeout", "labels" } do
    if j[field] then fields[#fields + 1] = ("%s = %s"):format(field, literal(j[field])) end
  end
  return "  { " .. table.concat(fields, ", ") .. " }"
end

local function profile(p)
  local jobs = {}
  for name, selection in sorted.pairs(p.jobs) do
    local overrides = {}
    for key, o in sorted.pairs(selection.stepOverrides) do
      local fields = {}
      if o.run then fields[#fields + 1] = "run = " .. text(o.run) end
      if o.with then fields[#fields + 1] = "with = " .. texts(o.with) end
      if o.env then fields[#fields + 1] = "env = " .. texts(o.env) end
      overrides[#overrides + 1] = ("[%s] = { %s }"):format(quoted(key), table.concat(fields, ", "))
    end
    jobs[#jobs + 1] = ("[%s] = { stepsEnabled = %s, includeCapabilities = %s, stepOverrides = { %s } }"):format(quoted(name),
      literal(value.list(selection.stepsEnabled)), literal(value.list(selection.includeCapabilities)), table.concat(overrides, ", "))
  end
  return ("{ description = %s, policies = %s, jobs = { %s } }"):format(literal(p.description or ""), literal(p.policies or {}),
    table.concat(jobs, ", "))
end

---@param c Composition
---@param as_function? boolean
---@return string text of a Lua file
function M.module(c, as_function)
  local properties = type(c.schema) == "table" and c.schema.properties or {}
  local jobs, profiles = {}, {}
  for i, j in ipairs(c.jobs) do jobs[i] = job(j, as_function or false) end
  for name, p in sorted.pairs(c.profiles) do profiles[#profiles + 1] = ("  [%s] = %s"):format(quoted(name), profile(p)) end
  local lines = {
    'local orun = require "orun"', "return orun.composition {", ("type = %s,"):format(quoted(c.type)),
    ("description = %s,"):format(quoted(c.description or "")), ("defaultJob = %s,"):format(quoted(c.defaultJob)),
    ("parameters = %s,"):format(literal(properties.parameters or properties.inputs or {})),
    "jobs = {\n" .. table.concat(jobs, ",\n") .. "\n},",
  }
  if c.defaultProfile then lines[#lines + 1] = ("defaultProfile = %s,"):format(quoted(c.defaultProfile)) end
  lines[#lines + 1] = "profiles = {\n" .. table.concat(profiles, ",\n") .. "\n},"
  lines[#lines + 1] = "}\n"
  return table.concat(lines, "\n")
end

return M
