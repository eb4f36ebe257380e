-- Parameters that every type of this package has, and shapes that several share.
local orun = require "orun"
local s = orun.schema

local M = {}

---@param description string
---@param default? string
function M.duration(description, default)
  return s.string {
    default = default, pattern = "^([0-9]+(\\.[0-9]+)?(ms|s|m|h))+$", description = description .. ", for example `90s` or `1h30m`",
  }
end

---The parameters of one type: its own beside those that all have.
---@param timeout string the default time limit of a job
---@param own table<string, table>
---@return table schema
function M.object(timeout, own)
  local properties = {
    runsOn = s.string { default = "ubuntu-24.04", minLength = 1, description = "runner of the jobs" },
    timeout = M.duration("time limit of a job", timeout),
  }
  return s.object(orun.merge(properties, own), { additionalProperties = false })
end

---Fields of a job that every type takes from its parameters.
---@param job table
---@return table
function M.job(job)
  job.runsOn = function(ctx) return ctx.parameters.runsOn end
  job.timeout = function(ctx) return ctx.parameters.timeout end
  return job
end

---@param description string
---@param default? string
function M.command(description, default)
  return s.string { default = default, description = description }
end

---A path below the component (or beside it), never an absolute one.
---@param description string
---@param default? string
---@param required? boolean
function M.path(description, default, required)
  return s.string { default = default, required = required, minLength = 1, pattern = "^[^/]", description = description }
end

---@param description string
function M.texts(description)
  return s.array(s.string { minLength = 1 }, { description = description })
end

---A list of globs, for what a job leaves to the jobs that depend on it.
function M.outputs()
  return M.texts("files that later jobs may use: globs relative to the component")
end

---@param description string
function M.map(description)
  return s.map(s.any { type = { "string", "number", "boolean" } }, { description = description })
end

return M
