-- Intents with composition sources in a temporary directory, for specs: files in, registry or plan and diagnostics out.
local composition = require "orun.composition"
local decode = require "orun.intent.decode"
local diagnostic = require "orun.diagnostic"
local document = require "orun.intent.document"
local fs = require "host.fs"
local path = require "orun.util.path"

local Sources = {}
Sources.__index = Sources

local open = {}

-- An intent with one source `kit`, and its stack.
Sources.intent = "compositions: {sources: [{name: kit, kind: dir, path: ./kit}]}\n"
Sources.stack = "kind: Stack\nmetadata: {name: kit-package}\n"

---A minimal composition document; `rest` is added to its spec (indented by two).
function Sources.composition(name, rest)
  return ("kind: Composition\nmetadata: {name: %s}\nspec:\n  type: %s\n  defaultJob: build\n  parameterSchema: {type: object}\n%s")
    :format(name, name, rest or "  jobs: [{name: build, steps: [{name: make, run: make}]}]\n")
end

---@param files table<string, string> text by path
function Sources.new(files)
  local self = setmetatable({ root = assert(fs.realpath(assert(fs.temporary("/tmp/orun-spec-")))) }, Sources)
  open[#open + 1] = self.root
  assert(fs.mkdir(self.root .. "/.git"))
  if not files["intent.yaml"] then self:write("intent.yaml", Sources.intent) end
  if not files["kit/stack.yaml"] and not files["kit/orun.yaml"] then self:write("kit/stack.yaml", Sources.stack) end
  for name, text in next, files do
    if text then self:write(name, text) end
  end
  return self
end

function Sources:write(name, text)
  local file = path.join(self.root, name)
  assert(fs.mkdir(path.dirname(file)))
  assert(fs.write(file, text, { sync = false }))
end

function Sources:read(name)
  return fs.read(path.join(self.root, name))
end

---Loads the compositions; problems are in the report.
---@return Registry
---@return table report
function Sources:load(options)
  local report = diagnostic.collector()
  local yaml = assert(decode.read(self:read "intent.yaml", "intent.yaml", report))
  local intent = decode.object(yaml, yaml:root(), document.intent, report)
  options = options or {}
  options.display = options.display or function(file) return path.relative(self.root, file) end
  options.cwd = options.cwd or self.root
  return composition.load(intent, self.root, report, options), report
end

---Compiles. Returns the compiled plan and the report, or nil and the Failure.
function Sources:compile(options)
  local report = diagnostic.collector()
  options = options or {}
  options.cwd = options.cwd or self.root
  if options.all == nil then options.all = true end
  local ok, result = pcall(require("orun.compiler").compile, options, report)
  if ok then return result, report end
  if not diagnostic.is(result) then error(result, 0) end
  return nil, result
end

---Jobs of a plan by id; raises when it does not compile.
function Sources:jobs(options)
  local compiled, failure = self:compile(options)
  if not compiled then error(tostring(failure), 2) end
  local jobs = {}
  for _, job in ipairs(compiled.plan.jobs) do jobs[job.id] = job end
  return jobs, failure, compiled.plan
end

---`kind: message` of a list of diagnostics, one text.
function Sources.text(list)
  local lines = {}
  for i, d in ipairs(diagnostic.sorted(list)) do
    lines[i] = ("%s:%s:%s: %s: %s (%s)"):format(d.file or "", d.line or "", d.column or "", d.kind, d.message, d.hint or "")
  end
  return table.concat(lines, "\n")
end

---Runs a function as if no stack came with the program.
---@param fn function
function Sources.without_stack(fn, ...)
  local system = require "host.system"
  local paths = system.paths
  system.paths = function()
    local known = paths()
    known.share = "/nowhere"
    return known
  end
  local results = table.pack(pcall(fn, ...))
  system.paths = paths
  if not results[1] then error(results[2], 0) end
  return table.unpack(results, 2, results.n)
end

---Removes everything made so far.
function Sources.clean()
  for i = #open, 1, -1 do
    fs.remove_tree(open[i])
    open[i] = nil
  end
end

return Sources
