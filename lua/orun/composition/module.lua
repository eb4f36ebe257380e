-- A composition written in Lua: from what its file returned to the same form as a decoded YAML document. Functions of ctx stay handles,
-- kept apart in `dynamic`; texts are final, those made by orun.template excepted.
local sandbox = require "orun.sandbox"
local sorted = require "orun.util.sorted"
local suggestion = require "orun.util.suggestion"
local value = require "host.value"

local M = {}

-- Places ------------------------------------------------------------------------------------------------------------------------

---A line of a Lua file; its text is read when a message shows it.
---@class LinePlace: Place
local LinePlace = {}

function LinePlace.__index(self, key)
  if key ~= "column" and key ~= "source" then return nil end
  local text = self.line and self.box:line(self.at, self.line)
  self.source, self.column = text, text and text:find "%S" or nil
  return rawget(self, key)
end

---The place of a line; there is one of each.
---@param box Sandbox
---@param file string relative to the package
---@param line? integer
---@return Place
function M.place(box, file, line)
  local places = box.places or {}
  box.places = places
  local lines = places[file] or {}
  places[file] = lines
  local found = lines[line or 0]
  if not found then
    found = setmetatable({ file = box:shown(file), line = line, box = box, at = file }, LinePlace)
    found.origin, found.final = { run = found, with = found, env = found }, true
    lines[line or 0] = found
  end
  return found
end

---The place that a builder of the module `orun` wrote into a table; nil when it did not.
---@param box Sandbox
---@param text any
---@return Place?
local function place_at(box, text)
  if getmetatable(text) == LinePlace then return text end
  local known = box.places and box.places[text]
  if known then return known end
  local file, line = (type(text) == "string" and text or ""):match "^(.+):(%d+)$"
  for _, name in ipairs(box.files) do
    if name == file then
      local found = M.place(box, file, math.tointeger(tonumber(line)))
      box.places[text] = found
      return found
    end
  end
end

---Where a field is written that stands in one line only: in the file, else in one that compositions require.
---@param box Sandbox
---@param file string relative to the package
---@param key any
---@return Place? nil when it is not plain which line is meant
function M.find(box, file, key)
  if type(key) ~= "string" then return nil end
  local lines = box:field_lines(file, key)
  if #lines > 0 then return #lines == 1 and M.place(box, file, lines[1]) or nil end
  local found
  for _, other in ipairs(box.files) do
    if other ~= file and not M.name_of(other) then
      lines = box:field_lines(other, key)
      if #lines > 1 or found and #lines > 0 then return nil end
      found = #lines == 1 and M.place(box, other, lines[1]) or found
    end
  end
  return found
end

---A place of a table below which `place.of` finds fields, those that the table has.
local function searchable(at, box, file, has)
  local copy = setmetatable({}, LinePlace)
  for _, field in ipairs { "file", "line", "box", "at", "origin", "final" } do copy[field] = rawget(at, field) end
  copy.find = function(key) return has(key) and M.find(box, file, key) or nil end
  return copy
end

local function has_below(t, key)
  for name, v in next, t do
    if name == key or type(v) == "table" and has_below(v, key) then return true end
  end
  return false
end

-- Shapes ------------------------------------------------------------------------------------------------------------------------

---What is wrong with a value, raised as this and reported with its place.
local Flaw = {}

local function flaw(way, message, hint, key)
  error(setmetatable({ way = way, message = message, hint = hint, key = key or way:match "([%a_][%w_]*)$" }, Flaw), 0)
end

local function described(v)
  local kind = sandbox.is_function(v) and "function" or value.kind(v)
  if kind == "nil" then return "nil" end
  return ("%s %s"):format(kind == "integer" and "an" or "a", kind == "string" and "text" or kind)
end

local function of_kind(kind, wanted)
  return function(v, way)
    if value.kind(v) == kind then return v end
    flaw(way, ("must be %s, not %s"):format(wanted, described(v)))
  end
end

local text, integer = of_kind("string", "a text"), of_kind("integer", "an integer")

local function map(v, way)
  if value.kind(v) ~= "map" then flaw(way, ("must be a map, not %s"):format(described(v))) end
  return v
end

---An empty table is a list too.
local function list(v, way)
  if value.is_list(v) then return v end
  if value.kind(v) == "map" and next(v) == nil then return value.list {} end
  flaw(way, ("must be a list, not %s"):format(described(v)))
end

local function list_of(read)
  return function(v, way, context)
    local out = value.list {}
    for i, item in ipairs(list(v, way)) do out[i] = read(item, ("%s[%d]"):format(way, i), context) end
    return out
  end
end

local function map_of(read)
  return function(v, way, context)
    local out = {}
    for key, item in sorted.pairs(map(v, way)) do out[key] = read(item, way == "" and key or way .. "." .. key, context) end
    return out
  end
end

local function no_functions(v, way)
  if sandbox.is_function(v) then flaw(way, "cannot be a function") end
  if type(v) == "table" then
    for key, item in next, v do no_functions(item, ("%s.%s"):format(way, key)) end
  end
  return v
end

---Fields of every kind of table that authors write, by what messages call it; lua/types/orun.lua declares them.
---@type table<string, table<string, function>>
M.fields = {}

local function record(noun, fields)
  M.fields[noun] = fields
  return function(v, way, context)
    if value.kind(v) ~= "map" then flaw(way, ("must be a table with the fields of a %s, not %s"):format(noun, described(v))) end
    local out, outer = { place = place_at(context.box, v.place) }, context.nearest
    context.nearest = out.place or outer
    for key, item in sorted.pairs(v) do
      if fields[key] then
        out[key] = fields[key](item, way == "" and key or way .. "." .. key, context)
      elseif key ~= "place" or not out.place then
        flaw(way, ('a %s has no field "%s"'):format(noun, key), suggestion.hint(key, sorted.keys(fields)), key)
      end
    end
    context.nearest, out.place = outer, out.place or context.place
    return out
  end
end

local texts, text_map = list_of(text), map_of(text)

-- Texts with templates ------------------------------------------------------------------------------------------------------------

local function is_template(v)
  return value.kind(v) == "map" and type(v.__template) == "string"
end

---A text, or what orun.template made.
local function template_text(v, way)
  if is_template(v) then return v end
  return text(v, way)
end

---Plain values; those at the top may be what orun.template made.
local function template_map(v, way)
  for key, item in sorted.pairs(map(v, way)) do
    if not is_template(item) then no_functions(item, way .. "." .. key) end
  end
  return v
end

---Where orun.template was called.
local function template_place(item, context)
  return place_at(context.box, item.place) or context.place
end

---Notes which texts are templates, with their places, and puts them in place. Every other text is final.
local function settle_texts(raw, context)
  local templates = {}
  for _, field in ipairs { "run", "use", "shell", "working-directory" } do
    local item = raw[field]
    if is_template(item) then raw[field], templates[field] = item.__template, template_place(item, context) end
  end
  for _, field in ipairs { "with", "env" } do
    for key, item in sorted.pairs(raw[field] or {}) do
      if is_template(item) then raw[field][key], templates[field .. "/" .. key] = item.__template, template_place(item, context) end
    end
  end
  raw.templates = templates
  return raw
end

-- Compositions ------------------------------------------------------------------------------------------------------------------

local step_fields = {
  id = text, name = text, capability = text, phase = text, order = integer, run = template_text, use = template_text, with = template_map,
  env = template_map, shell = template_text, ["working-directory"] = template_text, timeout = text, retry = integer, onFailure = text,
}
local read_step = record("step", step_fields)

---@type fun(v: any, way: string, context: table): table[]
local steps = list_of(function(v, way, context) return settle_texts(read_step(v, way, context), context) end)

-- Steps that functions return are read for every job, so what is as usual is taken as it is.

local plain = {
  id = "string", name = "string", capability = "string", phase = "string", order = "integer", run = "string", use = "string",
  with = "flat", env = "flat", shell = "string", ["working-directory"] = "string", timeout = "string", retry = "integer",
  onFailure = "string", place = "string",
}
---Makes steps of what a function returned, in place; nil when something about it is to be looked at closely.
---@param result any
---@param box Sandbox
---@param at Place of the function
---@return Step[]?
function M.plain_steps(result, box, at)
  if not value.is_list(result) then return nil end
  for i = 1, #result do
    local raw = result[i]
    local place = value.conforms(raw, plain) and (raw.place and place_at(box, raw.place) or not raw.place and at)
    if not place then return nil end
    raw.place = place
  end
  return result
end

---Fields that may be functions of ctx, and what they or their results must be.
local dynamic = {
  steps = steps, env = text_map, runsOn = text, timeout = text, labels = text_map, outputs = list_of(template_text),
}

local function dynamic_or(read)
  return function(v, way, context)
    if sandbox.is_function(v) then return v end
    return read(v, way, context)
  end
end

local job_fields = {
  name = text, description = text, retries = integer, capabilities = texts, dependsOn = texts,
}
for field, read in next, dynamic do job_fields[field] = dynamic_or(read) end
local read_job = record("job", job_fields)

---@return table raw job whose functions stand in `dynamic`
local function job(v, way, context)
  local raw, functions = read_job(v, way, context), {}
  raw.place = searchable(raw.place, context.box, context.place.at, function(key) return v[key] ~= nil end)
  for field in sorted.pairs(dynamic) do
    if sandbox.is_function(raw[field]) then functions[field], raw[field] = raw[field], nil end
  end
  raw.dynamic, raw.templates = next(functions) and functions or nil, {}
  for i, item in ipairs(raw.outputs or {}) do
    if is_template(item) then raw.outputs[i], raw.templates[i] = item.__template, template_place(item, context) end
  end
  return raw
end

local read_override = record("step override", { run = template_text, with = template_map, env = template_map })

local read_profile = record("profile", {
  description = text, policies = function(v, way) return no_functions(map(v, way), way) end,
  jobs = map_of(record("profile job", {
    stepsEnabled = texts, includeCapabilities = texts,
    stepOverrides = map_of(function(v, way, context) return settle_texts(read_override(v, way, context), context) end),
  })),
})

local function profile(v, way, context)
  local out = read_profile(v, way, context)
  out.place = searchable(out.place, context.box, context.place.at, function(key) return has_below(v, key) end)
  return out
end

local composition = record("composition", {
  type = text, description = text, parameters = no_functions, defaultJob = text, defaultProfile = text, jobs = list_of(job),
  profiles = map_of(profile),
})

---A schema of parameters as one of what schemas are applied to, the whole component.
local function envelope(parameters)
  if parameters == nil then return { type = "object" } end
  return { type = "object", properties = { parameters = parameters } }
end

---A job of a profile that says nothing about its steps has all of them.
local function complete_profiles(profiles)
  for _, item in sorted.pairs(profiles or {}) do
    for _, selection in sorted.pairs(item.jobs or {}) do
      selection.all = not selection.stepsEnabled and not selection.includeCapabilities
    end
  end
  return profiles
end

---@param value_of any
---@param read fun(v: any, way: string, context: table): any
---@return any result
---@return {way: string, message: string, hint?: string, place: Place}?
local function attempt(read, value_of, way, context)
  local done, result = pcall(read, value_of, way, context)
  if done then return result end
  if getmetatable(result) ~= Flaw then error(result, 0) end
  result.place = context.nearest or M.find(context.box, context.place.at, result.key) or context.place
  return nil, result
end

local kinds = { limit = "composition.limit", failure = "composition.failure", other = "composition.module" }

---@param problem SandboxProblem
---@return string
function M.kind(problem)
  return problem.limit and kinds.limit or problem.failure and kinds.failure or kinds.other
end

---@param problem SandboxProblem
---@return Diagnostic
function M.diagnostic(problem)
  return sandbox.mark(problem, M.kind(problem))
end

---Loads a composition file. What is wrong is reported.
---@param context PackageContext
---@param box Sandbox
---@param file string relative to the package
---@return table? raw spec, with its place
function M.read(context, box, file)
  local found, problem = box:load(file)
  if problem then
    context.faulty = true
    context.report:error(M.diagnostic(problem))
    return nil
  end
  local at = M.place(box, file, 1)
  if value.kind(found) ~= "map" or found.__kind ~= "composition" then
    context:problem(at, "composition.module-shape", ("%s must return orun.composition { ... }, not %s"):format(file, described(found)),
      file:find "/.*/" == nil and "what compositions share stands in another folder of the package, for example lib/" or nil)
    return nil
  end
  at = place_at(box, found.place) or at
  local spec, wrong = attempt(composition, found.spec, "", { box = box, place = at })
  if not spec then
    context:problem(wrong.place, "composition.module-shape",
      ("%s: %s%s"):format(file, wrong.way ~= "" and wrong.way .. ": " or "", wrong.message), wrong.hint)
    return nil
  end
  spec.place = searchable(at, box, file, function(key) return found.spec[key] ~= nil end)
  spec.place.parameter = function(name) return M.find(box, file, name) end
  spec.parameterSchema, spec.executionProfiles = envelope(spec.parameters), complete_profiles(spec.profiles)
  spec.profiles = nil
  return spec
end

---Reads what a function of a job returned.
---@param field "steps"|"env"|"runsOn"|"timeout"|"labels"|"outputs"
---@param result any
---@param box Sandbox
---@param at Place of the function
---@return any
---@return {way: string, message: string, hint?: string, place: Place}?
function M.result(field, result, box, at)
  if result == nil and field ~= "steps" then return nil end
  return attempt(dynamic[field], result, field, { box = box, place = at })
end

---Where a function is defined.
---@param box Sandbox
---@param handle userdata
---@param otherwise? Place
---@return Place?
function M.place_of(box, handle, otherwise)
  local file, line = sandbox.place(handle)
  return file and M.place(box, file, line) or otherwise
end

---Whether a path of a package is that of a composition in Lua.
---@param file string
---@return boolean
function M.is_module(file)
  return file:find("%.lua$") ~= nil
end

---The type that a path stands for: the file's own name, or that of its directory.
---@param file string
---@return string? name nil when the file is no composition
function M.name_of(file)
  local directory, base = file:match "^(.*)/([^/]+)%.lua$"
  if not base or base:find "_spec$" then return nil end
  if base == "composition" then return directory:match "([^/]+)$" end
  return directory == "compositions" and base or nil
end

return M
