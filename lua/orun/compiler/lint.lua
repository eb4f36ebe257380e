-- What is doubtful about a composition package although it compiles. Every rule is a file of lint/, found by name: a function of a subject
-- and a report.
local bytecode = require "orun.sandbox.bytecode"
local bind_samples = require("orun.compiler.sample").bind
local compiler = require "orun.compiler"
local diagnostic = require "orun.diagnostic"
local fs = require "host.fs"
local instance = require "orun.schema.instance"
local path = require "orun.util.path"
local module = require "orun.composition.module"
local place = require "orun.intent.place"
local sorted = require "orun.util.sorted"
local workshop = require "orun.composition.workshop"

local M = {}

---@class LintSubject
---@field piece Workpiece
---@field registry Registry
---@field package CompositionPackage
---@field compositions Composition[] by name
---@field chunks table<string, ChunkNames> Lua files of the package
---@field jobs table<string, table[]> bound jobs of invented components and of the examples, by type
---@field examples string[] intents
local Subject = {}
Subject.__index = Subject

---Rules, sorted by name.
local function rules()
  local own = package.searchpath("orun.compiler.lint", package.path):gsub("%.lua$", "")
  local names = {}
  for _, file in ipairs(assert(fs.list(own))) do names[#names + 1] = file:match "^(.*)%.lua$" end
  table.sort(names)
  return names
end

local function read_chunks(self, report)
  for _, file in ipairs(workshop.files({ root = self.piece.root, within = "." }, ".lua")) do
    local names, message = bytecode.names(fs.read(path.join(self.piece.root, file)) or "", file)
    self.chunks[file] = names
    if not names then
      local line = math.tointeger(tonumber(message:match ":(%d+):"))
      report:warn(place.mark(self:line(file, line), { kind = "lint.syntax", message = message:match ":%d+: (.*)" or message }))
    end
  end
end

---Sets of parameters that a composition is tried with.
local function sets_of(composition)
  local properties = type(composition.schema) == "table" and composition.schema.properties or {}
  return instance.parameters(properties.parameters or properties.inputs)
end

---Components of a type for every profile and every set of parameters.
---@param composition Composition
---@return Sample[]
function M.samples(composition)
  local samples, profiles = {}, sorted.keys(composition.profiles)
  if #profiles == 0 then profiles[1] = false end
  for _, profile in ipairs(profiles) do
    for _, set in ipairs(sets_of(composition)) do
      samples[#samples + 1] = {
        component = ("%s-%d"):format(composition.name, #samples + 1), environment = "dev", type = composition.name,
        profile = profile or nil, parameters = set,
      }
    end
  end
  return samples
end

---What a composition may refuse in so many words is no mistake of it.
local function is_refusal(entry)
  return entry.kind == "composition.failure"
end

---The jobs that the examples make of a composition.
local function examples_of(self, composition)
  local jobs = {}
  for _, intent in ipairs(self.examples) do
    local ok, _, _, all = pcall(compiler.bound, { intent = intent, cwd = path.dirname(intent), all = true }, diagnostic.collector())
    for _, job in ipairs(ok and all or {}) do
      local own = job.instance.composition
      if own.name == composition.name and own.package == composition.package then jobs[#jobs + 1] = job end
    end
  end
  return jobs
end

---Whether a function of a job was ever called with success, or it has none.
---@param composition Composition
---@param job Job
---@return boolean
function Subject:tried(composition, job)
  for _, bound in ipairs(self.jobs[composition.name]) do
    if bound.name == job.name then return true end
  end
  return not job.dynamic
end

---Jobs whose functions could not be looked at.
local function report_untried(self, composition, refusal, report)
  for _, job in ipairs(composition.jobs) do
    if not self:tried(composition, job) then
      report:warn(place.mark(job.place or composition.place, {
        kind = "lint.untried",
        message = ("the functions of the job %s of %s were not tried: %s"):format(job.name, composition.name,
          refusal or "no parameters could be invented that the schema allows"),
        hint = "give the package an example: examples/<name>/intent.yaml, or name one with --examples",
      }))
    end
  end
end

---Tries every composition. An error other than a refusal is a finding: the schema allowed the parameters.
local function try(self, report)
  for _, composition in ipairs(self.compositions) do
    local aside = diagnostic.collector()
    local ok, jobs = pcall(bind_samples, self.registry, M.samples(composition), aside)
    if not ok and not diagnostic.is(jobs) then error(jobs, 0) end
    jobs = ok and jobs or {}
    for _, job in ipairs(examples_of(self, composition)) do jobs[#jobs + 1] = job end
    self.jobs[composition.name] = jobs
    local seen, refusal = {}, nil
    for _, entry in ipairs(aside.errors) do
      refusal = refusal or is_refusal(entry) and entry.message
      local at = ("%s:%s"):format(entry.file, entry.line)
      if not is_refusal(entry) and not seen[at] then
        seen[at] = true
        report:warn {
          kind = "lint.failure",
          message = ("parameters that the schema of %s allows make it fail: %s"):format(composition.name, entry.message),
          file = entry.file, line = entry.line, column = entry.column, source = entry.source,
          hint = "refuse them in the schema or with orun.fail, or make them work",
        }
      end
    end
    report_untried(self, composition, refusal, report)
  end
end

---Lua files that a file of the package reaches through `require`, and itself.
---@param file string
---@return table<string, boolean>
function Subject:reachable(file)
  local found, todo = {}, { file }
  while #todo > 0 do
    local at = table.remove(todo)
    if self.chunks[at] and not found[at] then
      found[at] = true
      for text in sorted.pairs(self.chunks[at].strings) do todo[#todo + 1] = text:gsub("%.", "/") .. ".lua" end
    end
  end
  return found
end

---@param file string relative to the package
---@param line? integer
---@return Place
function Subject:line(file, line)
  return module.place(self.package.sandbox, file, line)
end

---The parameters that the schema of a composition knows.
---@param composition Composition
---@return table<string, any> schemas by name
function Subject:parameters(composition)
  local envelope = type(composition.schema) == "table" and composition.schema.properties or {}
  local schema = envelope.parameters or envelope.inputs
  return type(schema) == "table" and schema.properties or {}
end

---Where a parameter is declared.
---@param composition Composition
---@param name string
---@return Place?
function Subject:parameter_place(composition, name)
  if not composition.sandbox then
    local envelope = composition.schema.properties
    local at = place.of(composition.schemaPlace, "properties", envelope.parameters and "parameters" or "inputs", "properties")
    return place.of_key(at, name)
  end
  for file in sorted.pairs(self:reachable(composition.path)) do
    local lines = self.chunks[file].keys[name]
    if lines then return self:line(file, lines[1]) end
  end
  return composition.place
end

---Platforms of a package: every intent below `examples/`.
local function find_examples(piece)
  local list = {}
  for _, file in ipairs(workshop.files({ root = piece.root, within = "examples" }, "intent.yaml")) do
    list[#list + 1] = path.join(piece.root, file)
  end
  return list
end

---@param piece Workpiece
---@param examples string[] further intents, absolute
---@param display fun(path: string): string
---@param report table errors of the package; findings are warnings
function M.check(piece, examples, display, report)
  local registry, owner = workshop.open(piece.root, report, display)
  report:check()
  local self = setmetatable({
    piece = piece, registry = registry, package = owner, compositions = {}, jobs = {}, display = display,
    chunks = {}, examples = find_examples(piece),
  }, Subject)
  read_chunks(self, report)
  table.move(examples, 1, #examples, #self.examples + 1, self.examples)
  for _, composition in sorted.pairs(registry.compositions) do self.compositions[#self.compositions + 1] = composition end
  try(self, report)
  for _, name in ipairs(rules()) do require("orun.compiler.lint." .. name)(self, report) end
end

return M
