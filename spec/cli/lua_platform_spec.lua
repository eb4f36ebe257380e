-- The example platform in Lua, run for real; what changes when one of its files does, and what a mistake in each of them says.
local fs = require "host.fs"
local json = require "host.json"
local path = require "orun.util.path"
local process = require "host.process"
local program = dofile "spec/support/program.lua"

local function sh(dir, command)
  local r = assert(process.run { argv = { "sh", "-ec", command }, cwd = dir })
  assert(r.code == 0, r.output)
  return r.output
end

local function has(text, ...)
  for _, part in ipairs { ... } do
    assert.truthy(text:find(part, 1, true), ("%q is not in:\n%s"):format(part, text))
  end
end

describe("the platform in Lua", function()
  local dir

  before_each(function()
    dir = assert(fs.temporary "/tmp/orun-lua-platform-") .. "/platform"
    assert(fs.clone_tree("examples/lua-platform", dir, { skip = { ".orun" }, skip_any = { "build" } }))
    for _, kind in ipairs { "commands", "policies", "triggers" } do
      assert(fs.mkdir(dir .. "/.orun/" .. kind))
      for _, name in ipairs(assert(fs.list("examples/lua-platform/.orun/" .. kind))) do
        local file = ("/.orun/%s/%s"):format(kind, name)
        assert(fs.write(dir .. file, assert(fs.read("examples/lua-platform" .. file))))
      end
    end
    sh(dir, "git init -q -b main && git add -A && git -c user.name=t -c user.email=t@example.org commit -q -m 'First version'")
  end)
  after_each(function() fs.remove_tree(path.dirname(dir)) end)

  local function orun(words, env)
    local all = { ORUN_HOME = path.dirname(dir) .. "/home", CI = "" }
    for name, text in next, env or {} do all[name] = text end
    return program.run(dir, words, all)
  end

  local function edit(file, from, to)
    local text = assert(fs.read(dir .. "/" .. file))
    local at, stop = text:find(from, 1, true)
    assert(at, "not found: " .. from)
    assert(fs.write(dir .. "/" .. file, text:sub(1, at - 1) .. to .. text:sub(stop + 1)))
  end

  local function errors()
    local r = orun { "plan", "--json" }
    assert.equal(1, r.code, r.out)
    return assert(json.decode(r.out)).errors
  end

  it("passes its specs, builds the same package twice, and says who owns what", function()
    has(orun({ "compositions", "test" }).out, "6 passed")
    local sums = {}
    for i = 1, 2 do
      local r = orun { "run", "--isolation", "none" }
      assert.equal(0, r.code, r.out .. r.err)
      sums[i] = assert(fs.read(dir .. "/release/package/build/production/tally.tar.sha256"))
    end
    assert.equal(sums[1], sums[2])
    has(orun({ "owners" }).out, "core        9 jobs    dev 3 · production 3 · staging 3", "libtally, libtally-tests, tally")
    local data = assert(json.decode(orun({ "owners", "--json", "--env", "dev" }).out))
    assert.same({ "release", 2, { dev = 2 } }, { data[3].team, data[3].jobs, data[3].environments })
  end)

  it("does what the platform in YAML does", function()
    local function graph(from)
      local jobs = {}
      local file = path.dirname(dir) .. "/graph.json"
      local r = program.run(from, { "plan", "--all", "-o", file }, { ORUN_HOME = path.dirname(dir) .. "/home" })
      assert.equal(0, r.code, r.err)
      for _, job in ipairs(assert(json.decode(assert(fs.read(file)))).jobs) do
        jobs[job.id] = { job.dependsOn, job.outputs, job.gates, job.timeout, job.runsOn, #job.steps, job.profile or false }
      end
      return jobs
    end
    local yaml = path.dirname(dir) .. "/yaml"
    assert(fs.clone_tree("examples/platform", yaml, { skip = { ".orun" }, skip_any = { "build" } }))
    assert.same(graph(yaml), graph(dir))
  end)

  it("knows events of Woodpecker", function()
    local function environments(env)
      env.CI = "woodpecker"
      local r = orun({ "plan", "--from-ci", "auto", "--json" }, env)
      return r.code == 0 and assert(json.decode(r.out)).trigger.activeEnvironments or r.out
    end
    assert.same({ "production" }, environments { CI_PIPELINE_EVENT = "tag", CI_COMMIT_TAG = "v1.0.0" })
    assert.same({ "staging" }, environments { CI_PIPELINE_EVENT = "push", CI_COMMIT_BRANCH = "main" })
    assert.same({ "dev" }, environments {
      CI_PIPELINE_EVENT = "pull_request", CI_COMMIT_SOURCE_BRANCH = "fix", CI_COMMIT_TARGET_BRANCH = "main",
    })
    has(environments { CI_PIPELINE_EVENT = "dance" }, "CI_PIPELINE_EVENT is \\\"dance\\\"")
  end)

  it("refuses a component without a team", function()
    edit("docs/manual/component.yaml", "    team: docs", "    team: poets")
    local found = errors()
    assert.same({ "policy.violation", "docs/manual/component.yaml", 14 }, { found[1].kind, found[1].file, found[1].line })
    has(found[1].message, '"poets" is no team')
  end)

  it("uses a changed file with the next invocation", function()
    local function step()
      local file = path.dirname(dir) .. "/plan.json"
      assert.equal(0, orun({ "plan", "--component", "manual", "--env", "dev", "-o", file }).code)
      return assert(json.decode(assert(fs.read(file)))).jobs[1].steps[2].run
    end
    assert.equal("! grep -n '@[A-Z]*@' build/dev/tally.1", step())
    edit("compositions/compositions/document.lua", "! grep -n", "! grep -q")
    assert.equal("! grep -q '@[A-Z]*@' build/dev/tally.1", step())
    edit("compositions/shared/place.lua", '"build/"', '"out/"')
    assert.equal("! grep -q '@[A-Z]*@' out/dev/tally.1", step())

    edit(".orun/policies/owners.lua", "return nil", 'return "on holiday"')
    has(errors()[1].message, "on holiday")
    edit(".orun/policies/owners.lua", 'return "on holiday"', "return nil")

    has(orun({ "owners" }).out, "core  ")
    edit(".orun/commands/owners.lua", "owner.jobs = owner.jobs + 1", "owner.jobs = owner.jobs + 100")
    has(orun({ "owners" }).out, "900 jobs")
  end)

  it("keeps a broken command to itself", function()
    edit(".orun/commands/owners.lua", "local compiler =", "local compiler = =")
    local r = orun { "owners" }
    assert.equal(1, r.code)
    has(r.err, ".orun/commands/owners.lua:2")
    assert.equal(0, orun({ "plan" }).code)
    assert.equal(0, orun({ "help" }).code)
    assert.equal(0, orun({ "get", "jobs" }).code)
  end)

  describe("tells the file and the line of a mistake", function()
    local document = "compositions/compositions/document.lua"

    -- The line of a text in a file, as it is now.
    local function line_of(file, text)
      local n = 0
      for line in (assert(fs.read(dir .. "/" .. file)) .. "\n"):gmatch "([^\n]*)\n" do
        n = n + 1
        if line:find(text, 1, true) then return n end
      end
    end

    local function points_at(file, text, message)
      local found = errors()
      for _, entry in ipairs(found) do
        if entry.file == file then
          assert.equal(line_of(file, text), entry.line, entry.message)
          has(entry.message, message)
          return entry
        end
      end
      error("no error points at " .. file .. ": " .. json.encode(found))
    end

    it("at load", function()
      edit(document, 'type = "document",', 'type = "document" .. nothing,')
      points_at(document, "nothing", "attempt to concatenate a nil value (global 'nothing')")
      edit(document, ".. nothing", "..")
      points_at(document, 'type = "document"', "unexpected symbol")
    end)

    it("in steps, with the component and the environment", function()
      edit(document, "local p, words = ctx.parameters, {}", "local p, words = ctx.parameters, {}\n        local n = p.pages + 1")
      local entry = points_at(document, "p.pages + 1", "attempt to perform arithmetic on a nil value (field 'pages')")
      has(entry.message, "component manual environment dev: steps of job render")
    end)

    it("in env", function()
      edit(document, '      timeout = "1m",',
        '      timeout = "1m",\n      env = function(ctx)\n        return { A = ctx.a.b }\n      end,')
      has(points_at(document, "ctx.a.b", "attempt to index a nil value (field 'a')").message, "env of job render")
    end)

    it("in a file that it requires", function()
      edit("compositions/shared/place.lua", 'return "build/" .. ', 'return "build/" .. ctx.nothing .. ')
      points_at("compositions/shared/place.lua", "ctx.nothing", "field 'nothing'")
      edit("compositions/shared/place.lua", "local M = {}", "local M = {")
      points_at("compositions/shared/place.lua", "function M.build", "expected")
    end)

    it("in a policy", function()
      edit(".orun/policies/owners.lua", "local team = ", "local team = job.owner.name or ")
      points_at(".orun/policies/owners.lua", "job.owner.name", "field 'owner'")
    end)

    it("for what orun.fail refuses, with its hint", function()
      edit("docs/site/component.yaml", "../../core/tally:tally", "tally")
      local entry = points_at("docs/site/component.yaml", "program: tally", "program must be written as component:name (compositions/")
      assert.equal("for example ../tally:tally", entry.hint)
    end)
  end)
end)
