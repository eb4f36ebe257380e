-- Runs the built program for specs: exit code, stdout and stderr of one invocation.
local process = require "host.process"

-- The one that runs the specs, so that a sanitized or measured suite tries a sanitized or measured program.
local exe = require("host.system").paths().exe

local M = { exe = exe }

-- Variables of the caller that would change what the program does.
local dropped = { "^ORUN_", "^GITHUB_", "^CI$", "^CLICOLOR", "^NO_COLOR$", "^SOURCE_DATE_EPOCH$" }

---The environment of a run: the caller's, without what would change the program's behaviour.
---@param extra? table<string, string>
function M.environment(extra)
  local env = {}
  for name, text in next, process.environ() do
    local keep = true
    for _, pattern in ipairs(dropped) do keep = keep and not name:find(pattern) end
    if keep then env[name] = text end
  end
  env.ORUN_ISOLATION = "none" -- steps talk to specs by files of the workspace
  for name, text in next, extra or {} do env[name] = text end
  return env
end

---@param cwd string
---@param argv string[]
---@param env? table<string, string>
---@return {code: integer, out: string, err: string}
function M.run(cwd, argv, env)
  local words = { exe, table.unpack(argv) }
  local result = assert(process.run { argv = words, cwd = cwd, env = M.environment(env), merge = false })
  return { code = result.code or -1, out = result.output or "", err = result.errors or "" }
end

---Runs a script of the shell.
---@param cwd string
---@param script string
---@param env? table<string, string>
---@return {code: integer, out: string, err: string}
function M.shell(cwd, script, env)
  local result = assert(process.run { argv = { "/bin/sh", "-c", script }, cwd = cwd, env = M.environment(env), merge = false })
  return { code = result.code or -1, out = result.output or "", err = result.errors or "" }
end

return M
