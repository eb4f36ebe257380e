-- Runs the steps of each job in a container of its own, which lives from the first step to the last: what a step installs or writes
-- outside of the workspace is there for the next.
--
-- The container's first process waits for the end of its input, which orun holds open: when orun is gone, however it ended, the input
-- ends and with it the container and all that runs in it. It is not removed then; `orun gc` finds it by its labels.
local engines = require "orun.run.container.engine"
local commands = require "orun.actions.command"
local directory = require "orun.run.directory"
local fs = require "host.fs"
local hash = require "host.hash"
local loop = require "host.loop"
local process = require "host.process"
local secret = require "orun.run.secret"
local sorted = require "orun.util.sorted"

local M = { name = "docker", context = "container", fresh = true }

local workspace_inside, files_inside = "/workspace", "/orun"
-- Seconds between TERM and the end of the container.
local grace = 5
-- Seconds for which a container may take to end, or one of a killed run to give up its name, and between attempts to take that.
local patience, look_again = 20, 0.1
-- Everybody may write here: an image may run as anybody. Its parent is its owner's only.
local open_to_all = 511

local images = {
  [""] = "ubuntu:22.04", ["ubuntu-22.04"] = "ubuntu:22.04", ["ubuntu-20.04"] = "ubuntu:20.04", ["ubuntu-24.04"] = "ubuntu:24.04",
  ["ubuntu-latest"] = "ubuntu:latest",
}

---@param runs_on? string
---@return string
function M.image(runs_on)
  local name = (runs_on or ""):match("^%s*(.-)%s*$")
  return images[name:lower()] or name
end

-- Number of the user who runs orun.
local function user_id()
  return tonumber((fs.read "/proc/self/status" or ""):match("Uid:%s+(%d+)"))
end

---@param run Run
---@return true?
---@return string? message
function M.prepare(run)
  local engine, message = engines.find()
  if not engine then return nil, message end
  engines.mark(run.store)
  local user = user_id()
  run.prepared = {
    engine = engine, sites = {}, base = process.environment(process.environ()), owner = user ~= 0 and not engine.rootless and user or nil,
  }
  return true
end

---Only what --pass-env names; everything else is the image's.
---@param run Run
---@return table<string, string>
function M.environment(run)
  local own, passed = process.environ(), {}
  for _, name in ipairs(run.pass_env or {}) do passed[name] = own[name] end
  return passed
end

---@param step table
---@return string? message
---@return string? hint
function M.refuses(step)
  if type(step.use) == "string" and step.use:find("%S") then
    return ("the docker runner cannot run actions (use: %s)"):format(step.use), "run again with --gha or --runner github-actions"
  end
end

---------------------------------------------------------------------------------------------------
-- Places.

---@class DockerSite: Site
---@field run Run
---@field engine Engine
---@field root string     what is mounted as the workspace: that of the job, or what --workdir names
---@field name string     of the container
---@field path string     PATH of the image
---@field keeper? Process is attached to the container while that runs
---@field events? Queue   what it tells
---@field ending? boolean the container was told to end
local Site = {}
Site.__index = Site

local function below(base, p)
  if p == base then return "" end
  return p:sub(1, #base + 1) == base .. "/" and p:sub(#base + 1) or nil
end

---@param p string
---@return string?
---@return string? message
function Site:inside(p)
  local rest = below(self.files:sub(1, -2), p)
  if rest then return files_inside .. rest end
  rest = below(self.root, p)
  if rest then return workspace_inside .. rest end
  return nil, ("working directory %s is outside mounted workspace %s"):format(p, self.root)
end

-- What is known before anything is pulled: directories, and what this runner does not do.
local function check(self, work)
  local ok, message = self:inside(work.directory)
  for _, step in ipairs(work.job.steps or {}) do
    local refusal, hint = M.refuses(step)
    if refusal then return nil, refusal, hint end
    local given = step["working-directory"]
    if ok and not (type(given) == "string" and given:find("${{", 1, true)) then
      ok, message = self:inside(directory.step(work.directory, step))
    end
  end
  return ok, message
end

---------------------------------------------------------------------------------------------------
-- The container.

-- A field of comma-separated values.
local function field(text)
  return text:find('[,"]') and '"' .. text:gsub('"', '""') .. '"' or text
end

local function mount(from, to)
  return ("type=bind,%s,target=%s"):format(field("source=" .. from), to)
end

local function label(name, text)
  return ("--label=io.orun.%s=%s"):format(name, text)
end

-- What the engine said is in the last line that does not only say where to find help.
local function reason(said)
  for i = #said, 1, -1 do
    local line = said[i]:match "^%s*(.-)%s*$"
    if line ~= "" and not line:find("--help", 1, true) then return (line:gsub("^docker: ", "")) end
  end
  return "the container ended at once"
end

-- Starts the container by `argv` and waits until its first process speaks; the end of `work` ends that. Suspends.
local function boot(self, argv, work)
  local events, said = loop.queue(), {}
  local keeper, message = process.start {
    argv = argv, stdin = "open", output = "lines", inherit = { self.claim },
    line = function(text)
      if text == "ready" then events:push("ready") else said[#said + 1] = text end
    end,
  }
  if not keeper then return nil, message end
  self.keeper, self.events = keeper, events
  loop.spawn(function()
    keeper:wait()
    if self.keeper == keeper then self.keeper = nil end
    events:push("ended")
  end)
  if work then
    -- Nothing runs in it yet that could end in a better way.
    local function stop() keeper:kill "KILL" end
    work.process = { terminate = stop, kill = stop }
  end
  local event = events:pop()
  if work then work.process = nil end
  if event == "ready" then return true end
  return nil, reason(said)
end

local function create(self, work, image)
  return boot(self, {
    self.engine.cli, "run", "--interactive", "--name", self.name, label("store", fs.realpath(work.run.store)),
    label("execution", work.run.facts.execId), label("job", work.job.id), "--mount", mount(self.root, workspace_inside),
    "--mount", mount(self.files:sub(1, -2), files_inside), "--workdir", workspace_inside, "--entrypoint", "sh", image, "-c",
    "echo ready; while read -r _; do :; done",
  }, work)
end

-- As create; a container of that name is one that a killed run left. The engine may still be about to make it: then the name is taken,
-- but there is nothing to remove yet.
local function create_afresh(self, work, image)
  local deadline = loop.now() + patience
  while true do
    local ok, message = create(self, work, image)
    if ok or work.cancelled or not message:find("already in use", 1, true) or loop.now() >= deadline then return ok, message end
    self.engine:remove(self.name)
    loop.sleep(look_again)
  end
end

local function make_files(self)
  local ok, message = fs.mkdir(self.files)
  if ok then ok, message = fs.chmod(self.files, open_to_all) end
  return ok, message
end

---@param work JobWork
---@return Site?
---@return string? message
---@return string? hint
function M.open(work)
  local run = work.run
  local engine = run.prepared.engine
  local key = table.concat({ fs.realpath(run.store), run.facts.execId, work.job.id }, "\0")
  local self = setmetatable({
    run = run, engine = engine, claim = work.claim, root = run.directory_override or work.workspace.root,
    files = work.files:sub(1, -2) .. ".docker/",
    name = "orun-" .. hash.sha256(key):sub(1, 20),
  }, Site)
  local ok, message, hint = check(self, work)
  if not ok then return nil, message, hint end
  local image = M.image(work.job.runsOn)
  self.path, message = work:await(engine:ensure(image, run.pull or "missing"))
  if not self.path then return nil, message end
  ok, message = make_files(self)
  if not ok then return nil, message end
  run.prepared.sites[self] = true
  ok, message = create_afresh(self, work, image)
  if not ok then
    self:close("failed")
    return nil, ("cannot start a container of %s: %s"):format(image, message)
  end
  return self
end

-- Files that root in the container made belong to whoever runs orun.
local function hand_back(self)
  local owner = self.run.prepared.owner
  if not owner or not self.keeper then return end
  local script = ('find "$0" /orun ! -user %d -exec chown -h %d {} + || chown -Rh %d "$0"'):format(owner, owner, owner)
  local _, message = self.engine:call({ "exec", "--user", "0", self.name, "sh", "-c", script, workspace_inside }, 600)
  if message then self.run:warn(("files of a container may belong to another user: %s"):format(message)) end
end

---@param status "completed"|"failed"|"cancelled"
function Site:close(status)
  hand_back(self)
  local ok, message = self.engine:remove(self.name)
  if not ok then self.run:warn(("container %s could not be removed: %s"):format(self.name, message)) end
  if self.keeper then self.keeper:terminate() end
  self.run.prepared.sites[self] = nil
  if status == "completed" then fs.remove_tree(self.files) else fs.remove(self.files) end
end

---Containers of jobs that did not come to their end.
---@param run Run
function M.finish(run)
  if not run.prepared then return end
  run.prepared.engine:forsake()
  for site in next, run.prepared.sites do
    site.engine:remove(site.name)
    if site.keeper then site.keeper:terminate() end
  end
end

---------------------------------------------------------------------------------------------------
-- Steps.

-- Variables that may mean something to the engine's own program: these are given by value, but for those that hold secrets, whose names
-- mean nothing to it.
local meant_for_program = {
  "^PATH$", "^HOME$", "^USER$", "^LOGNAME$", "^SHELL$", "^TMPDIR$", "^TERM$", "^LANG", "^LC_", "^LD_", "^DOCKER_", "^BUILDKIT_",
  "^CONTAINER", "^PODMAN_", "^REGISTRY_", "^STORAGE_", "^XDG_", "^SSH_",
  "^SSL_", "^GO", "^MOBY_", "^NOTIFY_SOCKET$", "^DBUS_", "_PROXY$", "_proxy$",
  "^_CONTAINERS_", "^NO_COLOR$", "^CLICOLOR",
}

local function is_for_program(name)
  if secret.is_name(name) then return false end
  for _, pattern in ipairs(meant_for_program) do
    if name:find(pattern) then return true end
  end
  return false
end

-- The words for the environment of a step. Values travel in the program's own environment, where no other user can read them.
local function environment_words(variables, words)
  local own = {}
  for _, name in ipairs(sorted.keys(variables)) do
    words[#words + 1] = "--env"
    if is_for_program(name) then
      words[#words + 1] = name .. "=" .. variables[name]
    else
      words[#words + 1], own[name] = name, variables[name]
    end
  end
  return own
end

---@class DockerRunning: Running
---@field site DockerSite
---@field process Process
---@field ended Queue
local Running = {}
Running.__index = Running

local function end_container(site)
  site.ending = true
  site.engine:call { "kill", site.name }
end

-- TERM to everything in the container but its first process; the container ends when that is not enough.
local function stop(self)
  if self.stopping then return end
  self.stopping = true
  loop.spawn(function()
    local site = self.site
    site.engine:call({ "exec", "--user", "0", site.name, "sh", "-c", "kill -TERM -1" }, grace)
    if not self.over and not self.ended:pop(grace) then end_container(site) end
  end)
end

local function watch(self, seconds)
  loop.spawn(function()
    if self.over or self.limit:pop(seconds) then return end
    self.timed_out = true
    stop(self)
  end)
end

---@return ProcessResult
function Running:wait()
  local result = self.process:wait()
  self.over = true
  self.ended:push(true)
  self.limit:push(true)
  -- Somebody killed the program that waits: what it waited for would go on beside later steps.
  if result.signal and not self.stopping and not self.site.ending then end_container(self.site) end
  result.timed_out = self.timed_out or false
  -- These are of the program that waits, not of the step.
  result.user_ms, result.sys_ms, result.max_rss_kib = nil, nil, nil
  return result
end

function Running:pid() return self.process:pid() end
function Running:start_ticks() return self.process:start_ticks() end
function Running:mask(values) self.process:mask(values) end
function Running:terminate() stop(self) end

---@return boolean
function Running:kill()
  local site = self.site
  loop.spawn(end_container, site)
  return true
end

-- PATH entries that steps added stand before the image's PATH.
local function with_image_path(self, variables)
  local entries = variables.PATH
  if entries and entries:sub(-1) == ":" then variables.PATH = entries .. self.path end
  return variables
end

-- The container as a step needs it; one that was ended for an earlier step starts again, with all its files.
local function revive(self)
  local deadline = loop.now() + patience
  while self.ending and self.keeper do
    if loop.now() >= deadline then return nil, "it was told to end, and runs on" end
    self.events:pop(1)
  end
  self.ending = nil
  if self.keeper then return true end
  return boot(self, { self.engine.cli, "start", "--attach", "--interactive", self.name })
end

---@param call StepCall
---@return Running?
---@return string? message
---@return string? errno
function Site:start(call)
  local ok, problem = revive(self)
  if not ok then return nil, "the container cannot be used again: " .. problem end
  local stat = fs.stat(call.directory)
  if not stat then return nil, ("working directory %s does not exist"):format(call.directory), "ENOENT" end
  local variables = {}
  for name, text in next, self.run.environment.base do variables[name] = text end
  for name, text in next, call.env do variables[name] = text end
  local words = { self.engine.cli, "exec", "--workdir", call.cwd }
  local own = environment_words(with_image_path(self, variables), words)
  words[#words + 1] = self.name
  table.move(call.argv, 1, #call.argv, #words + 1, words)
  local child, message, errno = process.start {
    argv = words, base = self.run.prepared.base, env = own, output = call.line and "lines" or "log", log = call.log, line = call.line,
    mask = call.mask, filter = call.filter, prefix = commands.prefix, seek = call.seek, inherit = { call.claim },
  }
  if not child then return nil, message, errno end
  local running = setmetatable({ site = self, process = child, ended = loop.queue(), limit = loop.queue() }, Running)
  if call.timeout then watch(running, call.timeout) end
  return running
end

return M
