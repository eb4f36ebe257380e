-- Runs steps as processes of this machine.
local commands = require "orun.actions.command"
local environment = require "orun.run.environment"
local process = require "host.process"

local M = { name = "local", context = "local", views = true }

---@return true?
---@return string? message
function M.prepare()
  if process.which("sh") then return true end
  return nil, "sh is not on the PATH"
end

---@return table<string, string>
function M.environment()
  return environment.inherited()
end

---@param step table
---@return string? message
---@return string? hint
function M.refuses(step)
  if type(step.use) == "string" and step.use:find("%S") then
    return ("the local runner cannot run actions (use: %s)"):format(step.use), "run again with --gha or --runner github-actions"
  end
end

---@class LocalSite: Site
local Site = {}
Site.__index = Site

---@param work JobWork
---@return Site
function M.open(work)
  return setmetatable({
    files = work.files, base = work.run.environment.block, view = work.workspace.view, immediate = true,
  }, Site)
end

---@param path string
---@return string
function Site:inside(path) -- luacheck: ignore self
  return path
end

---@param call StepCall
---@return Running?
---@return string? message
---@return string? errno
function Site:start(call)
  return process.start {
    argv = call.argv,
    base = self.base,
    env = call.env,
    cwd = call.cwd,
    view = self.view,
    output = call.line and "lines" or "log",
    log = call.log,
    line = call.line,
    mask = call.mask,
    filter = call.filter,
    prefix = commands.prefix,
    seek = call.seek,
    timeout = call.timeout,
    inherit = { call.claim },
  }
end

function Site:close() end

return M
