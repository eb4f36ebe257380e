-- The example platform, run for real: what is built depends on its sources, and a failing test stops exactly its dependents.
local fs = require "host.fs"
local json = require "host.json"
local path = require "orun.util.path"
local process = require "host.process"
local exe = require("host.system").paths().exe

local function sh(dir, command)
  local r = assert(process.run { argv = { "sh", "-ec", command }, cwd = dir })
  assert(r.code == 0, r.output)
  return r.output
end

local function orun(dir, ...)
  return assert(process.run { argv = { exe, ... }, cwd = dir, merge = false })
end

-- A copy in a git repository of its own, as a user would have it.
local function platform()
  local dir = assert(fs.temporary("/tmp/orun-example-")) .. "/platform"
  assert(fs.clone_tree("examples/platform", dir, { skip = { "build", ".orun" } }))
  sh(dir, "git init -q -b main && git add -A && git -c user.name=t -c user.email=t@example.org commit -q -m 'First version'")
  return dir
end

local function edit(file, from, to)
  local text = assert(fs.read(file))
  local at, stop = text:find(from, 1, true)
  assert(at, "not found: " .. from)
  assert(fs.write(file, text:sub(1, at - 1) .. to .. text:sub(stop + 1)))
end

local function checksums(dir)
  local sums = {}
  for _, env in ipairs { "dev", "staging", "production" } do
    sums[env] = assert(fs.read(("%s/release/package/build/%s/tally.tar.sha256"):format(dir, env))):match("^%x+")
    assert(sums[env])
  end
  return sums
end

local function run(dir)
  local r = orun(dir, "run", "--isolation", "none")
  assert(r.code == 0, r.output .. r.errors)
end

describe("examples/platform", function()
  local dir
  before_each(function() dir = platform() end)
  after_each(function() fs.remove_tree(path.dirname(dir)) end)

  it("builds the same package twice, and another one when a source file changes", function()
    run(dir)
    local first = checksums(dir)
    assert.not_equal(first.dev, first.production)
    run(dir)
    assert.same(first, checksums(dir))
    edit(dir .. "/core/tally/tally.c", "distinct %zu", "different %zu")
    edit(dir .. "/compositions/compositions/verification/composition.yaml", "distinct 2", "different 2")
    run(dir)
    for env, sum in pairs(checksums(dir)) do assert.not_equal(first[env], sum) end
  end)

  it("stops exactly the dependents of a failing unit test", function()
    edit(dir .. "/core/libtally/tests/tally_test.c", "t.words == 5", "t.words == 6")
    local r = orun(dir, "run", "--isolation", "none", "--keep-going", "--exec-id", "broken")
    assert.equal(1, r.code)
    local plan = assert(json.decode(assert(fs.read(dir .. "/.orun/plans/latest.json"))))
    local state = assert(json.decode(orun(dir, "status", "--exec-id", "broken", "--json").output)).state
    local failed, after, not_run = {}, {}, {}
    for _, job in ipairs(plan.jobs) do -- in plan order, so dependencies come first
      local entry = state.jobs[job.id]
      if entry and entry.status == "failed" then failed[#failed + 1] = job.id end
      for _, need in ipairs(job.dependsOn or {}) do
        if after[need] or state.jobs[need] and state.jobs[need].status == "failed" then after[job.id] = true end
      end
      if not entry or entry.status ~= "completed" and entry.status ~= "failed" then not_run[job.id] = true end
    end
    assert.same({ "libtally-tests@dev.test", "libtally-tests@staging.test" }, failed)
    assert.same(after, not_run)
    assert.is_true(not_run["verification@production.verify"])
    assert.is_nil(not_run["manual@production.render"])
    local logs = orun(dir, "logs", "--exec-id", "broken", "--failed")
    assert.truthy(logs.output:find("FAILED five words", 1, true))
  end)
end)
