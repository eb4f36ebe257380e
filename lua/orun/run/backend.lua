-- What runs the steps of a run: one file per execution backend in `orun/run/backend/<name>.lua`, found by its name (`--runner`).
--
-- Such a file returns a Backend. In the order in which the runner calls it, everything in a task of the loop:
--
--   prepare(run)          once, before the first job starts: what the backend needs is there. May remember things in `run.prepared`.
--   environment(run)      once: the variables that lie below everything which the plan declares.
--   refuses(step, job)    before a step starts, also where a step is only looked at: why the backend cannot run it.
--   open(work)            for each job, after its workspace was opened: where its steps will run (a Site).
--     site:inside(path)     for the directory and the script file of a step: what a path of this machine is called there.
--     site:start(call)      for each attempt of a step: a Running.
--     site:close(status)    once the last step has ended, before the workspace is closed; also when the job failed or was cancelled.
--   finish(run)           once, after the last job, however the run ended.
--
-- Cancelling and time limits come from outside: the runner calls terminate() and kill() of the Running, and the backend sees to it that
-- nothing of the step goes on wherever it runs. `call.timeout` is the backend's to keep, because only it can say when the step began.
--
-- The files through which steps and orun exchange variables, outputs and scripts lie at `site.files .. NAME` (a path prefix on this
-- machine; the default names files of the execution's own directory). A backend whose steps see another file system sets it to a
-- directory of the job that it mounts, ending in a slash, and lets inside() translate paths below it.
local diagnostic = require "orun.diagnostic"

local M = {}

---@class Backend
---@field name string      value of ORUN_RUNNER
---@field context string   value of ORUN_CONTEXT
---@field views? boolean   site:start() starts steps in `work.workspace.view` where there is one
---@field fresh? boolean   a Site has nothing of what an earlier start of its job left outside of the workspace
---@field prepare fun(run: Run): true?, string?
---@field environment fun(run: Run): table<string, string>
---@field refuses fun(step: table, job: table): string?, string?  message, hint
---@field open fun(work: JobWork): Site?, string?, string?        nil, message, hint: the job fails
---@field finish? fun(run: Run)

---Where the steps of one job run. `work.workspace` says which directory they see.
---@class Site
---@field files string
---@field immediate? boolean  close() waits for nothing
---@field inside fun(self: Site, path: string): string?, string?  nil, message: there is no such place
---@field start fun(self: Site, call: StepCall): Running?, string?, string?  nil, message, errno
---@field close fun(self: Site, status: "completed"|"failed"|"cancelled")

---One attempt of a step. `argv` and `env` are meant for the inside; the other paths are those of this machine.
---@class StepCall
---@field step table        plan step
---@field argv string[]
---@field env table<string, string>  to be laid over what environment() gave
---@field cwd string        as inside() translated it
---@field directory string  the same on this machine
---@field log string        file for the output; not made before the first byte
---@field mask? string[]    values that must not reach the log
---@field filter fun(line: string): string?  sees every line that begins with `::`; gives what is shown in its place
---@field seek string[]     texts of which the result says whether they are in the log (see host.process)
---@field timeout? number   seconds
---@field claim Claim       to be inherited by the first process of the step
---@field line? fun(text: string, stream: string)

---A running attempt; a Process of host.process is one.
---@class Running
---@field wait fun(self: Running): ProcessResult          suspends
---@field pid fun(self: Running): integer                 of the process (group) on this machine that stands for it
---@field start_ticks fun(self: Running): integer?
---@field terminate fun(self: Running)                    TERM to all of it, KILL after a grace time
---@field kill fun(self: Running, signal: string): boolean
---@field mask fun(self: Running, values: string[])       more values that must not reach the log from now on

---Whether a runner is part of this version.
---@param name string
---@return boolean
function M.exists(name)
  return package.searchpath("orun.run.backend." .. name, package.path) ~= nil
end

---@param name string
---@return Backend
function M.of(name)
  if not M.exists(name) then
    diagnostic.raise {
      kind = "run.runner-unavailable", message = ("the %s runner is not part of this version of orun"):format(name),
      hint = "--runner local (or docker) runs everything but steps with `use`",
    }
  end
  return require("orun.run.backend." .. name)
end

return M
