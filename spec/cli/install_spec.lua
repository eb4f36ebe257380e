-- `make install`: what it makes can be moved and works from there; `make uninstall` leaves nothing of it.
local fs = require "host.fs"
local process = require "host.process"

local function files_below(root)
  local found = {}
  local function walk(directory)
    for _, name in ipairs(assert(fs.list(directory))) do
      local file = directory .. "/" .. name
      if fs.stat(file, { follow = false }).type == "directory" then walk(file) else found[#found + 1] = file:sub(#root + 2) end
    end
  end
  walk(root)
  return found
end

describe("an installed orun", function()
  local root

  before_each(function() root = assert(fs.realpath(assert(fs.temporary "/tmp/orun-install-"))) end)
  after_each(function() fs.remove_tree(root) end)

  local function environment()
    local env = {}
    for name, text in next, process.environ() do
      if not name:find "^ORUN_" and not name:find "^MAKE" and name ~= "MFLAGS" then env[name] = text end
    end
    return env
  end

  local function make(target, build, stage)
    local argv = { "make", "--no-print-directory", target, "BUILD=" .. build, "DESTDIR=" .. stage, "PREFIX=/opt/the tools" }
    local result = assert(process.run { argv = argv, env = environment() })
    assert.equal(0, result.code, result.output)
  end

  it("can be moved, and goes away", function()
    -- Specs may run with the binary of another build folder (coverage, sanitizers), which is then up to date.
    local build = require("host.system").paths().exe:match "([^/]+)/orun$"
    if build ~= "build" then return pending("install is tried with the plain build only") end
    local stage = root .. "/a stage"
    make("install", build, stage)
    assert.same({ "bin", "lib", "share" }, fs.list(stage .. "/opt/the tools"))
    local moved = root .. "/else where"
    assert(fs.rename(stage .. "/opt/the tools", moved))

    local function orun(cwd, ...)
      return assert(process.run { argv = { moved .. "/bin/orun", ... }, cwd = cwd, env = environment(), merge = false })
    end
    local version = orun("/", "version")
    assert.equal(0, version.code, version.errors)
    assert.truthy(version.output:find(assert(fs.read "VERSION"):match "%S+", 1, true))
    local platform = root .. "/platform"
    assert(fs.clone_tree("examples/platform", platform, { skip = { ".orun" } }))
    local plan = orun(platform, "plan")
    assert.equal(0, plan.code, plan.errors)
    assert.truthy(plan.output:find "jobs")

    -- A changed Lua file counts at once; one that is wrong is named.
    local sorted = moved .. "/share/orun/lua/orun/util/sorted.lua"
    local text = assert(fs.read(sorted))
    assert(fs.write(sorted, "error 'another text'"))
    local changed = orun(platform, "plan")
    assert.not_equal(0, changed.code)
    assert.truthy(changed.errors:find("another text", 1, true), changed.errors)
    assert(fs.write(sorted, "local x =\n= 1"))
    local wrong = orun(platform, "plan")
    assert.not_equal(0, wrong.code)
    assert.truthy(wrong.errors:find(("error loading module 'orun.util.sorted' from file '%s':\n"):format(sorted), 1, true), wrong.errors)
    assert.truthy(wrong.errors:find("util/sorted.lua:2: unexpected symbol near '='", 1, true), wrong.errors)
    assert(fs.write(sorted, text))

    -- The compositions and the types for editors come along.
    local own = root .. "/own"
    assert(fs.mkdir(own))
    assert(fs.write(own .. "/intent.yaml", "environments: {dev: }\ncomponents:\n"
      .. "  - {name: hello, type: shell, subscribe: {environments: [dev]}, parameters: {run: echo hello}}\n"))
    local run = orun(own, "run")
    assert.equal(0, run.code, run.errors)
    for _, name in ipairs { "orun", "policy", "trigger", "command", "spec", "host" } do
      assert.is_true(fs.exists(("%s/share/orun/lua/types/%s.lua"):format(moved, name)))
    end
    local tested = orun("/", "compositions", "test", moved .. "/share/orun/compositions")
    assert.equal(0, tested.code, tested.output)

    assert(fs.rename(moved, stage .. "/opt/the tools"))
    assert(fs.write(stage .. "/opt/the tools/bin/other", ""))
    make("uninstall", build, stage)
    assert.same({ "opt/the tools/bin/other" }, files_below(stage))
  end)
end)
