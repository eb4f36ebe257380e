-- A platform in a temporary directory, for specs: files in, model or diagnostics out.
local compiler = require "orun.compiler"
local diagnostic = require "orun.diagnostic"
local expand = require "orun.compiler.expand"
local fs = require "host.fs"
local path = require "orun.util.path"

local Platform = {}
Platform.__index = Platform

local open = {}

---@param files table<string, string> text by path; a `.git` directory keeps searches inside
function Platform.new(files)
  local self = setmetatable({ root = assert(fs.realpath(assert(fs.temporary("/tmp/orun-spec-")))) }, Platform)
  open[#open + 1] = self.root
  assert(fs.mkdir(self.root .. "/.git"))
  for name, text in next, files do self:write(name, text) end
  return self
end

function Platform:write(name, text)
  local file = path.join(self.root, name)
  assert(fs.mkdir(path.dirname(file)))
  assert(fs.write(file, text, { sync = false }))
end

function Platform:read(name)
  return fs.read(path.join(self.root, name))
end

---Runs `fn(report)`; returns its results, or nil and the Failure.
local function attempt(fn)
  local report = diagnostic.collector()
  local results = table.pack(pcall(fn, report))
  if results[1] then return report, table.unpack(results, 2, results.n) end
  if not diagnostic.is(results[2]) then error(results[2], 0) end
  return report, nil, results[2]
end

---Model, or nil and the Failure; the report comes last.
function Platform:model(options)
  options = options or {}
  local report, model, loaded = attempt(function(report)
    return compiler.model({ cwd = options.cwd or self.root, intent = options.intent }, report, false)
  end)
  return model, loaded, report
end

---Expansion of the whole or a selected part; registry optional.
function Platform:expand(choice, registry)
  local report, expansion, failure = attempt(function(report)
    local model = compiler.model({ cwd = self.root }, report, false)
    local result = expand(model, registry, choice or {}, report)
    report:check()
    return result
  end)
  return expansion, failure, report
end

---The only instance of an expansion, or the one of a component and environment.
function Platform:instance(name, environment)
  local expansion, failure = self:expand()
  if not expansion then error(tostring(failure), 2) end
  for _, instance in ipairs(expansion.all) do
    if (not name or instance.name == name) and (not environment or instance.environment == environment) then return instance end
  end
end

---Errors of loading and normalizing as `kind` list and Failure.
function Platform:errors()
  local model, failure = self:model()
  if model then return {}, nil end
  return failure.errors, failure
end

---Removes every platform made so far.
function Platform.clean()
  for i = #open, 1, -1 do
    fs.remove_tree(open[i])
    open[i] = nil
  end
end

return Platform
