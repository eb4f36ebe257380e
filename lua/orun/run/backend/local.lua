-- Runs steps as processes of this machine.
local process = require "host.process"
local shell = require "orun.run.shell"

---@class Backend
---@field name string
---@field context string value of ORUN_CONTEXT
---@field prepare fun(): boolean?, string?  checks what the backend needs
---@field start fun(step: StepCall): Process?, string?, string?

---@class StepCall
---@field step table      plan step
---@field argv string[]
---@field env table<string, string>
---@field cwd string
---@field log string      file for the output
---@field mask? string[]
---@field timeout? number
---@field claim Claim
---@field line? fun(text: string)

local M = { name = "local", context = "local" }

---@return boolean?
---@return string? message
function M.prepare()
  if process.which("sh") then return true end
  return nil, "sh is not on the PATH"
end

---Why this backend cannot run a step, if so.
---@param step table
---@return string? message
---@return string? hint
function M.refuses(step)
  if type(step.use) == "string" and step.use:find("%S") then
    return ("the local runner cannot run actions (use: %s)"):format(step.use), "run again with --gha or --runner github-actions"
  end
end

M.command = shell.command

---@param call StepCall
---@return Process?
---@return string? message
---@return string? errno
function M.start(call)
  return process.start {
    argv = call.argv,
    env = call.env,
    cwd = call.cwd,
    output = call.line and "lines" or "log",
    log = call.log,
    line = call.line,
    mask = call.mask,
    timeout = call.timeout,
    inherit = { call.claim },
  }
end

return M
