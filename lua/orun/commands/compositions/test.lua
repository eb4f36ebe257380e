-- `orun compositions test [PATH]`: runs the specs of a package, inside its sandbox.
local diagnostic = require "orun.diagnostic"
local document = require "orun.cockpit.document"
local fs = require "host.fs"
local path = require "orun.util.path"
local render = require "orun.cockpit.render.specs"
local sample = require "orun.compiler.sample"
local sandbox = require "orun.sandbox"
local workshop = require "orun.composition.workshop"

---@class SpecResult
---@field file string as shown
---@field names string[] of the blocks around it and of the test; empty for the file as a whole
---@field status "passed"|"failed"|"pending"
---@field line? integer of the test
---@field problem? Diagnostic

---The type that a spec file is about: its directory's, or its own name's.
local function type_of(file, package)
  for _, name in ipairs { path.basename(path.dirname(file)), (path.basename(file):gsub("_spec%.lua$", "")) } do
    for _, export in ipairs(package.exports) do
      if export.name == name then return name end
    end
  end
end

local function source_line(file, number)
  local text, n = fs.read(file) or "", 0
  for line in (text .. "\n"):gmatch "([^\n]*)\n" do
    n = n + 1
    if n == number then return line end
  end
end

---A problem of the sandbox as a diagnostic, with the line that it points at. The package is known; its name need not be repeated.
local function problem_of(problem, name, cwd)
  local prefix = ('package "%s": '):format(name)
  local message = problem.message
  if message:sub(1, #prefix) == prefix then message = message:sub(#prefix + 1) end
  local source = problem.file and problem.line and source_line(path.resolve(cwd, problem.file), problem.line) or nil
  return { message = message, file = problem.file, line = problem.line, hint = problem.hint, source = source }
end

local function first_message(failure)
  local first = failure.errors[1]
  local at = first.file and first.file ~= "sample" and first.line and (" (%s:%d)"):format(first.file, first.line) or ""
  return first.message .. at
end

---What `compile` of a spec does.
local function compile(registry, kind)
  return function(described)
    local ok, result = pcall(sample.compile, registry, described, kind)
    if ok then return result end
    if diagnostic.is(result) then return nil, first_message(result) end
    error(result, 0)
  end
end

---@return SpecResult[]
local function run_file(piece, package, registry, file, ctx, wanted)
  local function display(at) return path.shown(ctx.cwd, at) end
  local shown = display(path.join(piece.root, file))
  local box = sandbox.open {
    directory = piece.root, name = package.name, display = display, inside = "spec",
    host = { compile = compile(registry, type_of(file, package)) },
    print = function(text) ctx:note(text) end,
  }
  local tests, problem = box:load(file)
  if not tests then
    return { { file = shown, names = {}, status = "failed", problem = problem_of(problem, package.name, ctx.cwd) } }
  end
  local results = {}
  for _, test in ipairs(tests) do
    if not wanted or table.concat(test.names, " "):find(wanted, 1, true) then
      local failed
      if test.run then _, failed = box:call(test.run) end
      results[#results + 1] = {
        file = shown, names = test.names, line = test.line, problem = failed and problem_of(failed, package.name, ctx.cwd) or nil,
        status = failed and "failed" or test.run and "passed" or "pending",
      }
    end
  end
  return results
end

---@return SpecResult[]
local function run_package(piece, ctx)
  local registry, package = workshop.open(piece.root, ctx.report, function(file) return path.shown(ctx.cwd, file) end)
  ctx.report:check()
  if not package then return {} end
  local results = {}
  for _, file in ipairs(workshop.files(piece, "_spec.lua")) do
    local more = run_file(piece, package, registry, file, ctx, ctx.flags.filter)
    table.move(more, 1, #more, #results + 1, results)
  end
  return results
end

return {
  summary = "Run the specs of a composition package",
  usage = "orun compositions test [path] [flags]",
  description = [[
Runs every *_spec.lua of the package at the path (a package, a directory or a file in one), or of the packages that the intent reads from
directories. Specs are written as for busted, with describe, it and assert, and compile one component of their package at a time:
compile { component = "api", environment = "dev", parameters = { ... } } returns the jobs as the plan would hold them. Specs run in the
sandbox, as compositions do.]],
  examples = {
    { "orun compositions test", "all specs of the package here" },
    { "orun compositions test compositions/make --filter install", "some of them" },
  },
  flags = {
    { name = "filter", value = "TEXT", help = "only tests whose name has this text" },
    { name = "json", help = "results as JSON" },
  },
  args = { { name = "path", help = "package, directory or spec file", optional = true, complete = "files" } },

  run = function(ctx, args)
    local results = {}
    for _, piece in ipairs(workshop.find(ctx.cwd, args[1], ctx.flags.intent)) do
      local more = run_package(piece, ctx)
      table.move(more, 1, #more, #results + 1, results)
    end
    if #results == 0 then
      diagnostic.raise {
        kind = "composition.no-specs", message = ctx.flags.filter and "no test has this in its name: " .. ctx.flags.filter
          or "there are no specs here",
        hint = "specs are files of the package whose names end in _spec.lua",
      }
    end
    local failed = 0
    for _, result in ipairs(results) do
      if result.status == "failed" then failed = failed + 1 end
    end
    if ctx.json then
      ctx:write(document.encode(document.specs(results), "json"))
    else
      ctx:write(ctx.style:text(render.lines(results)))
      ctx:write(render.problems(results, ctx.style, ctx.cwd))
      ctx:write(ctx.style:text(render.summary(results)))
    end
    return failed > 0 and 1 or 0
  end,
}
