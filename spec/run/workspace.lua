-- A temporary workspace in which specs run hand-made plans.
local fs = require "host.fs"
local json = require "host.json"
local runner = require "orun.run.runner"
local value = require "host.value"

local M = {}
local Workspace = {}
Workspace.__index = Workspace

---@return table
function M.new()
  local root = assert(fs.temporary("/tmp/orun-run-"))
  return setmetatable({ root = fs.realpath(root), store = root .. "/.orun" }, Workspace)
end

function Workspace:close()
  fs.remove_tree(self.root)
end

function Workspace:write(name, text)
  fs.mkdir((self.root .. "/" .. name):match("^(.*)/"))
  assert(fs.write(self.root .. "/" .. name, text, { sync = false }))
end

function Workspace:read(name)
  return fs.read(self.root .. "/" .. name)
end

---Lines of a file that jobs append to; empty when nobody did.
function Workspace:lines(name)
  local lines = {}
  for line in (self:read(name) or ""):gmatch("[^\n]+") do lines[#lines + 1] = line end
  return lines
end

function Workspace:sorted_lines(name)
  local lines = self:lines(name)
  table.sort(lines)
  return lines
end

function Workspace:execution(id)
  return self.store .. "/executions/" .. id
end

function Workspace:state(id)
  return assert(json.decode(fs.read(self:execution(id) .. "/state.json")))
end

function Workspace:metadata(id)
  return assert(json.decode(fs.read(self:execution(id) .. "/metadata.json")))
end

---Runs a plan; returns the result and the events, in order.
function Workspace:run(plan, options)
  local events = {}
  local given = { plan = plan, store = self.store, root = self.root, on_event = function(event) events[#events + 1] = event end }
  for k, v in next, options or {} do given[k] = v end
  return runner.run(given), events
end

---Like `run`, for plans that must be refused; returns the failure's first error.
function Workspace:refused(plan, options)
  local ok, failure = pcall(self.run, self, plan, options)
  assert(not ok, "the run was not refused")
  if type(failure) ~= "table" or not failure.errors then error(failure, 0) end
  return failure.errors[1]
end

---A plan from jobs; a job is `{ id, step or steps, dependsOn=, path=, … }`, a step a command or a table.
function M.plan(jobs, options)
  options = options or {}
  local list = value.list {}
  for _, given in ipairs(jobs) do
    local job = { id = given[1], steps = value.list {} }
    job.component, job.environment, job.name = given[1]:match("^([^@]+)@([^.]+)%.(.+)$")
    for k, v in next, given do
      if type(k) == "string" then job[k] = (k == "dependsOn" or k == "gates") and value.list(v) or v end
    end
    for i = 2, #given do
      local step = type(given[i]) == "table" and given[i] or { run = given[i] }
      step.id = step.id or "s" .. (i > 2 and i - 1 or "")
      step.phase = step.phase or "main"
      table.insert(job.steps, step)
    end
    list[#list + 1] = job
  end
  return {
    apiVersion = "orun.io/v1", kind = "Plan",
    metadata = { name = options.name or "shop", checksum = options.checksum or "sha256-" .. ("0a1b2c3d"):rep(8) },
    execution = { concurrency = options.concurrency or 4, failFast = options.fail_fast ~= false },
    jobs = list,
  }
end

---Events of one type.
function M.of(events, kind)
  local found = {}
  for _, event in ipairs(events) do
    if event.type == kind then found[#found + 1] = event end
  end
  return found
end

---Most values of `field` that were in progress at once, from "+x"/"-x" lines.
function M.most_open(lines, key)
  local open, now, most = {}, 0, 0
  for _, line in ipairs(lines) do
    local sign, text = line:match("^([+-])(.*)$")
    local k = key(text)
    local before = open[k] or 0
    open[k] = before + (sign == "+" and 1 or -1)
    if before == 0 then now = now + 1 end
    if open[k] == 0 then now = now - 1 end
    most = math.max(most, now)
  end
  return most
end

return M
