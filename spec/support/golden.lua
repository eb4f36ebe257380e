-- The published goldens: which there are, how a plan is brought into their form, how one is run.
local fs = require "host.fs"
local json = require "host.json"
local path = require "orun.util.path"
local process = require "host.process"
local value = require "host.value"

local M = {}

M.fixtures = "../shared/fixtures"

-- Keys of each object that are compared; a trailing `!` marks one that is kept even when empty.
local function keys(text)
  local list = {}
  for key, mark in text:gmatch("([%w-]+)(!?)") do list[#list + 1] = { name = key, keep = mark == "!" } end
  return list
end

local compared = {
  plan = keys "apiVersion kind metadata execution spec jobs!",
  metadata = keys "name description namespace trigger",
  trigger = keys "mode provider event action matchedBindings! activeEnvironments! scope!",
  execution = keys "concurrency failFast!",
  spec = keys "jobBindings compositionSources",
  source = keys "name kind ref path resolvedDigest exports",
  job = keys [[id displayName checkName name component environment composition profile profileSource profileRuleTriggerRef jobRegistry
    job runsOn path steps dependsOn advisoryDependsOn dependencyMode dependencySource dependencyRuleTriggerRef gates timeout retries
    env labels parameters]],
  gate = keys "type environment component condition match",
  step = keys "id name phase order run use with env shell working-directory timeout retry onFailure",
}

local function is_empty(v)
  return v == nil or v == value.null or v == "" or v == 0 or (type(v) == "table" and next(v) == nil)
end

local function pick(kind, t)
  local out = {}
  for _, key in ipairs(compared[kind]) do
    local v = t[key.name]
    if v ~= nil and (key.keep or not is_empty(v)) then out[key.name] = v end
  end
  return out
end

local function each(list, fn)
  if list == nil then return nil end
  local out = value.list {}
  for _, item in ipairs(list) do out[#out + 1] = fn(item) end
  return #out > 0 and out or nil
end

local function sorted_ids(list)
  if not list then return nil end
  local seen, out = {}, value.list {}
  for _, id in ipairs(list) do
    if not seen[id] then out[#out + 1] = id end
    seen[id] = true
  end
  table.sort(out)
  return out
end

local function job(raw)
  local out = pick("job", raw)
  out.steps = each(out.steps, function(step) return pick("step", step) end)
  out.gates = each(out.gates, function(gate)
    if gate.type == "environment-promotion" then return pick("gate", gate) end
  end)
  out.dependsOn, out.advisoryDependsOn = sorted_ids(out.dependsOn), sorted_ids(out.advisoryDependsOn)
  return out
end

---A decoded plan in the form of the goldens.
---@param plan table
---@return table
function M.normalize(plan)
  local out = pick("plan", plan)
  out.metadata = pick("metadata", out.metadata)
  if out.metadata.trigger then out.metadata.trigger = pick("trigger", out.metadata.trigger) end
  out.execution = pick("execution", out.execution)
  out.spec = out.spec and pick("spec", out.spec) or {}
  out.spec.compositionSources = each(out.spec.compositionSources, function(source) return pick("source", source) end)
  out.jobs = each(out.jobs, job) or value.list {}
  table.sort(out.jobs, function(a, b) return a.id < b.id end)
  return pick("plan", out)
end

---Sorted ids of the jobs that wait for an approval.
---@param plan table decoded
---@return string[]
function M.approvals(plan)
  local ids = value.list {}
  for _, raw in ipairs(plan.jobs) do
    for _, gate in ipairs(raw.gates or {}) do
      if gate.type == "approval" then
        assert(gate.environment == raw.environment and gate.component == raw.component and gate.condition == "approved" and gate.source)
        ids[#ids + 1] = raw.id
      end
    end
  end
  table.sort(ids)
  return ids
end

---Both plans as texts that differ only where they mean different things.
---@param v table
---@return string
function M.text(v)
  return json.encode(v, { indent = 2 })
end

-- Running ---------------------------------------------------------------------------------------------------------------------

---The environment without what would change a compilation.
---@param home string
---@return table<string, string>
function M.environment(home)
  local env = {}
  for name, v in next, process.environ() do
    if not name:find("^GITHUB_") and not name:find("^CI") and not name:find("^ORUN_") and name ~= "SOURCE_DATE_EPOCH" then env[name] = v end
  end
  env.HOME = home
  env.GIT_CONFIG_GLOBAL, env.GIT_CONFIG_NOSYSTEM = "/dev/null", "1"
  return env
end

local copies = {}

local function git(directory, env, ...)
  local argv = { "git", "-c", "user.name=spec", "-c", "user.email=spec@localhost", "-c", "commit.gpgsign=false", ... }
  local r = assert(process.run { argv = argv, cwd = directory, env = env })
  assert(r.code == 0, r.output)
end

---A committed copy of the platform in a fresh directory.
---@param reverse? boolean create its files in the opposite order
---@return string root
---@return table<string, string> env
function M.copy(reverse)
  local from, root = M.fixtures .. "/reference-platform", assert(fs.realpath(assert(fs.temporary "/tmp/orun-golden-")))
  copies[#copies + 1] = root
  local entries = assert(fs.walk(from))
  for i = 1, #entries do
    local entry = entries[reverse and #entries + 1 - i or i]
    if entry.type == "file" then
      local file = path.join(root, entry.path)
      assert(fs.mkdir(path.dirname(file)))
      assert(fs.write(file, assert(fs.read(path.join(from, entry.path))), { sync = false }))
    end
  end
  local ignore = root .. "/.gitignore"
  assert(fs.write(ignore, (fs.read(ignore) or "") .. ".orun/\n", { sync = false }))
  local env = M.environment(root .. "/.orun")
  git(root, env, "init", "-q", "-b", "main")
  git(root, env, "add", "-A")
  git(root, env, "commit", "-q", "-m", "platform")
  return root, env
end

---Changes files in a second commit, as a view's set-up asks.
---@param root string
---@param env table<string, string>
---@param files string[]
function M.touch(root, env, files)
  for _, name in ipairs(files) do
    local file = path.join(root, name)
    assert(fs.mkdir(path.dirname(file)))
    assert(fs.write(file, (fs.read(file) or "") .. "\n# change\n", { sync = false }))
  end
  git(root, env, "add", "-A")
  git(root, env, "commit", "-q", "-m", "change")
end

local function commits(root, env)
  local r = assert(process.run { argv = { "git", "rev-list", "--reverse", "HEAD" }, cwd = root, env = env })
  return r.output:match "^%x+", r.output:match "(%x+)\n$"
end

---The arguments of a view; its event is written with the commits of this copy, where it changes nothing.
---@param view table
---@param root string
---@param env table<string, string>
---@return string[]
function M.arguments(view, root, env)
  if not view.event then return view.args end
  local first, last = commits(root, env)
  local text = assert(fs.read(M.fixtures .. "/expected/" .. view.event)):gsub("BASE_SHA", first):gsub("HEAD_SHA", last)
  local file = root .. "/.orun/event.json"
  assert(fs.mkdir(path.dirname(file)))
  assert(fs.write(file, text, { sync = false }))
  local args = table.move(view.args, 1, #view.args, 1, {})
  for i, arg in ipairs(args) do
    if arg == "--event-file" then args[i + 1] = file end
  end
  return args
end

---Removes every copy made so far.
function M.clean()
  for i = #copies, 1, -1 do
    fs.remove_tree(copies[i])
    copies[i] = nil
  end
end

---Goldens of one folder, by view.
---@param folder string
---@return table<string, table>
function M.read(folder)
  local goldens = {}
  for _, file in ipairs(assert(fs.list(("%s/expected/%s"):format(M.fixtures, folder)))) do
    local view = file:match("^(.*)%.json$")
    if view then goldens[view] = assert(json.decode((assert(fs.read(("%s/expected/%s/%s"):format(M.fixtures, folder, file)))))) end
  end
  return goldens
end

return M
