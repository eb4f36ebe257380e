local executions = dofile "spec/support/executions.lua"
local fs = require "host.fs"
local json = require "host.json"
local process = require "host.process"
local program = dofile "spec/support/program.lua"
local system = require "host.system"

local store
local day = 86400

local function orun(...)
  return program.run(store.root, { ... }, { ORUN_HOME = store.root .. "/home" })
end

local function add(id, days, changes)
  local meta = {
    execId = id, planId = "0123456789ab", planName = "shop", status = "completed",
    startedAt = os.date("!%Y-%m-%dT%H:%M:%SZ", os.time() - days * day),
  }
  for key, v in next, changes or {} do meta[key] = v end
  store:add(id, { meta = meta })
end

-- Sets the time of a stored plan's file back.
local function aged(name, days)
  local file = ("%s/.orun/plans/%s.json"):format(store.root, name)
  assert(process.run { argv = { "touch", "-d", "@" .. os.time() - days * day, file } })
end

local function plan(name, digits, days)
  store:plan(name, { metadata = { checksum = "sha256-" .. digits:rep(5) }, jobs = {} })
  aged(name, days)
end

local function left()
  local out = {}
  for _, name in ipairs(fs.list(store.root .. "/.orun/executions")) do
    if name ~= "latest" then out[#out + 1] = name end
  end
  return table.concat(out, " ")
end

local function latest()
  return fs.readlink(store.root .. "/.orun/executions/latest")
end

describe("orun gc", function()
  before_each(function() store = executions.new() end)
  after_each(function() store:close() end)

  it("03 case 33: keeps the newest, all of them young", function()
    for i = 1, 12 do add(("r%02d"):format(i), i > 9 and 31 + i or i) end
    assert(fs.symlink("r12", store.root .. "/.orun/executions/latest"))
    local r = orun("gc", "--keep", "3")
    assert.equal("", r.err)
    assert.equal(0, r.code)
    assert.equal([[
  Removed r04
  Removed r05
  Removed r06
  Removed r07
  Removed r08
  Removed r09
  Removed r10
  Removed r11
  Removed r12
  Pointed latest to r01

Removed 9 items
]], r.out)
    assert.equal("r01 r02 r03", left())
    assert.equal("r01", latest())
    assert.equal("Nothing to clean up.\n", orun("gc").out)
  end)

  it("keeps ten of thirty days when nothing is said", function()
    for i = 1, 12 do add(("r%02d"):format(i), i) end
    add("old", 31)
    assert.truthy(orun("gc").out:find("\nRemoved 3 items\n", 1, true))
    assert.equal("r01 r02 r03 r04 r05 r06 r07 r08 r09 r10", left())
  end)

  it("previews everything and touches nothing", function()
    add("a", 1)
    add("b", 2)
    plan("cccccccccccc", "cccccccccccccccc", 40)
    assert(fs.symlink("b", store.root .. "/.orun/executions/latest"))
    local r = orun("gc", "--dry-run", "--keep", "1")
    assert.equal([[
  Would remove b
  Would remove plan cccccccccccc
  Would point latest to a

Would remove 2 items
]], r.out)
    assert.equal("a b", left())
    assert.equal("b", latest())
    assert.is_true(fs.exists(store.root .. "/.orun/plans/cccccccccccc.json"))
    assert.same({
      dryRun = true, executions = { "b" }, plans = { "cccccccccccc" }, workspaces = {}, containers = {}, running = {}, latest = "a",
    }, json.decode(orun("gc", "--dry-run", "--keep", "1", "--json").out))
  end)

  it("removes old plans that nothing refers to (quirk 21)", function()
    add("run", 1, { planId = "aaaaaaaaaaaa" })
    plan("aaaaaaaaaaaa", "aaaaaaaaaaaaaaaa", 90)
    plan("bbbbbbbbbbbb", "bbbbbbbbbbbbbbbb", 90)
    plan("cccccccccccc", "cccccccccccccccc", 90)
    plan("dddddddddddd", "dddddddddddddddd", 20)
    plan("latest", "bbbbbbbbbbbbbbbb", 90)
    plan("deadbeef", "cccccccccccccccc", 90)
    plan("release", "cccccccccccccccc", 90)
    local r = orun "gc"
    assert.equal("  Removed plan cccccccccccc\n\nRemoved 1 item\n", r.out)
    assert.same({ "aaaaaaaaaaaa.json", "bbbbbbbbbbbb.json", "dddddddddddd.json", "deadbeef.json", "latest.json", "release.json" },
      fs.list(store.root .. "/.orun/plans"))
  end)

  it("never removes what is running, whoever claims otherwise", function()
    add("done", 1)
    add("live", 90, { status = "running" })
    store:record("live", {
      { "run.started", execId = "live", jobs = 1, host = system.hostname(), startTicks = process.start_ticks() },
    }, process.pid())
    add("dead", 80, { status = "running" })
    store:record("dead", { { "run.started", execId = "dead", jobs = 1, host = system.hostname(), startTicks = 1 } })
    local r = orun("gc", "--all")
    assert.truthy(r.out:find("  Kept live: it is running\n", 1, true), r.out)
    assert.equal("live", left())
    assert.same({ "live" }, json.decode(orun("gc", "--all", "--json").out).running)
  end)

  it("puts a dangling latest right", function()
    add("a", 1)
    assert(fs.symlink("ghost", store.root .. "/.orun/executions/latest"))
    assert.equal("  Pointed latest to a\n\nNothing to clean up.\n", orun("gc").out)
    assert.equal("a", latest())
    assert.truthy(orun("gc", "--all").out:find("  Removed the link latest\n", 1, true))
    assert.is_nil(latest())
  end)

  it("works without a store and refuses negative numbers", function()
    fs.remove_tree(store.root .. "/.orun")
    assert.equal("Nothing to clean up.\n", orun("gc").out)
    assert.same({ dryRun = false, executions = {}, plans = {}, workspaces = {}, containers = {}, running = {} },
      json.decode(orun("gc", "--json").out))
    assert.equal(2, orun("gc", "--keep", "-1").code)
    assert.equal(2, orun("gc", "--keep", "few").code)
  end)

  it("says what it could not remove", function()
    add("a", 1)
    local context, gc, remove_tree = require "orun.cli.context", require "orun.commands.gc", fs.remove_tree
    local flags = { intent = store.root .. "/intent.yaml", all = true, keep = 10, max_age = 30, json = true }
    local ctx = context.new { flags = flags, given = {} }
    local out = {}
    rawset(ctx, "print", function(_, text) out[#out + 1] = text end)
    fs.remove_tree = function(path) return nil, path .. ": Permission denied", "EACCES" end
    local ok, err = pcall(gc.run, ctx)
    fs.remove_tree = remove_tree
    assert.is_true(ok, err)
    assert.equal("gc.not-removed", ctx.report.warnings[1].kind)
    assert.same({}, json.decode(out[1]).executions)
    assert.equal("a", left())
  end)
end)
