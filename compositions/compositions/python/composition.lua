-- Python projects in a virtual environment of their own.
local action = require "shared.action"
local command = require "shared.command"
local orun = require "orun"
local parameter = require "shared.parameter"
local s = orun.schema

---The interpreter that steps use.
local function python(p)
  return p.venv ~= "" and p.venv .. "/bin/python" or p.python
end

local tests = {
  pytest = { "-m", "pytest" },
  unittest = { "-m", "unittest", "discover", "-v" },
}

---A command of the parameters, else the default one; an empty text leaves the step out.
local function optional(id, capability, text, default)
  text = text or default
  if not text or text == "" then return nil end
  return orun.run { id = id, capability = capability, run = text }
end

local function install(p)
  local lines = {}
  if p.venv ~= "" then lines[1] = command.line(p.python, "-m", "venv", p.venv) end
  local pip = { python(p), "-m", "pip", "install", "--disable-pip-version-check" }
  if p.requirements then lines[#lines + 1] = command.line(pip, command.each("-r", p.requirements)) end
  if p.editable then
    lines[#lines + 1] = command.line(pip, "-e", p.extras and (".[%s]"):format(table.concat(p.extras, ",")) or ".")
  end
  if #lines == 0 then return nil end
  return orun.run { id = "install", capability = "python.install", run = command.script(table.unpack(lines)) }
end

return orun.composition {
  type = "python",
  description = "Python projects: virtual environment, lint, types, tests, distribution",
  parameters = parameter.object("20m", {
    python = s.string { default = "python3", minLength = 1, description = "interpreter that makes the virtual environment" },
    pythonVersion = s.string { description = "Python to install; without it, the one on the PATH is used" },
    venv = s.string {
      default = ".venv", pattern = "^([^/].*)?$", description = "directory of the virtual environment; an empty text does without one",
    },
    requirements = parameter.texts "requirement files to install",
    editable = s.boolean { default = false, description = "install the project itself, editable" },
    extras = parameter.texts "extras of the project to install with it",
    lintCommand = parameter.command "lint, for example `ruff check .`; without it the files are only compiled",
    typecheckCommand = parameter.command "type check, for example `mypy src`",
    tests = s.string { enum = { "pytest", "unittest", "none" }, default = "pytest", description = "what runs the tests" },
    testArguments = parameter.texts "further words for the test runner",
    outputs = parameter.outputs(),
  }),
  defaultJob = "verify",
  defaultProfile = "verify",
  jobs = {
    parameter.job {
      name = "verify",
      description = "Install, lint, check types, test, build a distribution",
      outputs = function(ctx) return ctx.parameters.outputs end,
      steps = function(ctx)
        local p = ctx.parameters
        local runner = tests[p.tests]
        return orun.steps(
          action.setup("python", "python.setup", p.pythonVersion, "python-version"),
          install(p),
          optional("lint", "python.lint", p.lintCommand, command.line(python(p), "-m", "compileall", "-q", "-x", "[.]venv", ".")),
          optional("typecheck", "python.typecheck", p.typecheckCommand),
          runner and orun.run {
            id = "test", capability = "python.test", run = command.line(python(p), runner, p.testArguments),
          },
          orun.run {
            id = "package", capability = "python.package",
            run = command.line(python(p), "-m", "pip", "wheel", "--no-deps", "--wheel-dir", "dist", "."),
          }
        )
      end,
    },
  },
  profiles = {
    ["quick-check"] = {
      description = "Lint and types",
      jobs = { verify = { includeCapabilities = { "python.setup", "python.install", "python.lint", "python.typecheck" } } },
    },
    verify = {
      description = "Lint, types and tests",
      jobs = {
        verify = { includeCapabilities = { "python.setup", "python.install", "python.lint", "python.typecheck", "python.test" } },
      },
    },
    release = {
      description = "Everything, and a wheel in dist/, from a clean work tree",
      policies = { requireCleanGitTree = true },
      jobs = {
        verify = {
          includeCapabilities = {
            "python.setup", "python.install", "python.lint", "python.typecheck", "python.test", "python.package",
          },
        },
      },
    },
  },
}
