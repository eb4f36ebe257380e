-- Anything that a shell can do: named commands, and checks that change nothing.
local command = require "shared.command"
local orun = require "orun"
local parameter = require "shared.parameter"
local s = orun.schema

local function commands(description)
  return s.array(
    s.object {
      name = s.string { required = true, pattern = "^[A-Za-z0-9][A-Za-z0-9._-]*$", description = "name of the step" },
      run = s.string { required = true, minLength = 1, description = "text for the shell" },
      directory = parameter.path "where it runs, relative to the component",
      env = s.map(s.string {}, { description = "variables of this step" }),
      retry = s.integer { minimum = 0, description = "further attempts after a failure" },
      timeout = parameter.duration "time limit of this step",
    },
    { description = description }
  )
end

---Refuses two steps of one name, which logs could not tell apart.
local function check_names(p)
  local seen = { run = p.run ~= nil or nil }
  for _, field in ipairs { "checks", "commands", "cleanup" } do
    for i, item in ipairs(p[field] or {}) do
      if seen[item.name] then
        orun.fail(("two commands are called %s"):format(item.name), { path = ("/parameters/%s/%d/name"):format(field, i - 1) })
      end
      seen[item.name] = true
    end
  end
end

---Steps of a list of commands; their ids are the names.
local function steps(list, capability, shell, phase)
  local out = {}
  for i, item in ipairs(list or {}) do
    out[i] = orun.run {
      id = item.name, capability = capability, phase = phase, shell = shell, ["working-directory"] = item.directory, env = item.env,
      retry = item.retry, timeout = item.timeout, run = shell and item.run or command.script(item.run),
    }
  end
  return out
end

return orun.composition {
  type = "shell",
  description = "Commands of a shell: checks that change nothing, then the work, then what always runs at the end",
  parameters = parameter.object("15m", {
    run = s.string { minLength = 1, description = "the work, when it is one script" },
    commands = commands "the work, as named commands",
    checks = commands "commands that change nothing; the profile `check` runs only these",
    cleanup = commands "commands that run at the end, after a failure too",
    shell = s.string { enum = { "bash", "sh", "python" }, description = "runs all texts; without it `sh`, stopping at the first failure" },
    outputs = parameter.outputs(),
  }),
  defaultJob = "run",
  defaultProfile = "run",
  jobs = {
    parameter.job {
      name = "run",
      description = "Checks, work, clean-up",
      outputs = function(ctx) return ctx.parameters.outputs end,
      steps = function(ctx)
        local p = ctx.parameters
        if not p.run and not p.commands and not p.checks then
          orun.fail("a shell component needs run, commands or checks", { path = "/parameters" })
        end
        check_names(p)
        local work = p.run and { { name = "run", run = p.run } } or nil
        return orun.steps(
          steps(p.checks, "shell.check", p.shell),
          steps(work, "shell.run", p.shell),
          steps(p.commands, "shell.run", p.shell),
          steps(p.cleanup, "shell.cleanup", p.shell, "post")
        )
      end,
    },
  },
  profiles = {
    check = { description = "Only what changes nothing", jobs = { run = { includeCapabilities = { "shell.check" } } } },
    run = {
      description = "Everything",
      jobs = { run = { includeCapabilities = { "shell.check", "shell.run", "shell.cleanup" } } },
    },
  },
}
