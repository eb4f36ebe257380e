local claims = require "orun.state.claim"
local fs = require "host.fs"
local journal = require "orun.state.journal"
local lock = require "host.lock"
local process = require "host.process"

-- Appends a record as another process would.
local function foreign(path, kind, record, pid)
  local file = assert(io.open(path, "ab"))
  file:write(journal.line(kind, record, "2026-01-01T00:00:00.000Z", pid, 1))
  file:close()
end

-- A process that holds the claim of job 1 and has lost its owner: its pid and start time.
local function orphan(dir, session)
  local owner = assert(process.run { argv = { require("host.system").paths().exe, "lua", "-e", [[
    local process = require "host.process"
    local child = process.start { argv = { "sleep", "60" }, inherit = { require("host.lock").byte(arg[1], 1) }, output = "null",
      die_with_parent = false, session = arg[2] == "session" }
    io.write(child:pid(), " ", child:start_ticks()):flush()
    process.kill(process.pid(), "KILL")]], dir .. "/claims", session and "session" or nil } })
  local pid, ticks = owner.output:match("^(%d+) (%d+)$")
  return math.tointeger(pid), math.tointeger(ticks)
end

describe("claims", function()
  local dir, writer, held

  before_each(function()
    dir = assert(fs.temporary("/tmp/orun-claim-"))
    writer = assert(journal.writer(dir .. "/journal.jsonl"))
    held = claims.open(dir, writer)
  end)
  after_each(function()
    writer:close()
    fs.remove_tree(dir)
  end)

  local path = function() return dir .. "/journal.jsonl" end

  it("give a job to one process", function()
    local mine = held:try("a", 1)
    assert.equal("claimed", mine.state)
    assert.equal(1, mine.attempt)
    assert.is_true(lock.held(dir .. "/claims", 1))
    local other_writer = assert(journal.writer(path()))
    local other = claims.open(dir, other_writer)
    writer:append("run.started", { execId = "x", host = claims.host(), startTicks = process.start_ticks() })
    other_writer:refresh()
    other_writer.fold.jobs.a.owner = { pid = process.pid(), startTicks = process.start_ticks() }
    assert.equal("running", other:try("a", 1).state)
    assert.equal("claimed", other:try("b", 2).state)
    writer:append("job.finished", { job = "a", status = "completed" })
    mine.claim:release()
    assert.equal("completed", other:try("a", 1).state)
    other_writer:close()
  end)

  it("go to the next one when the owner died", function()
    foreign(path(), "run.started", { execId = "x", host = claims.host(), startTicks = 1 }, 999999)
    foreign(path(), "job.started", { job = "a", attempt = 1 }, 999999)
    local result = held:try("a", 1)
    assert.equal("claimed", result.state)
    assert.equal(2, result.attempt)
  end)

  it("let go while somebody else looks are not mistaken for those of a dead owner", function()
    foreign(path(), "run.started", { execId = "x", host = claims.host(), startTicks = process.start_ticks() }, process.pid())
    foreign(path(), "job.started", { job = "a", attempt = 1 }, process.pid())
    local byte = lock.byte
    lock.byte = function(...) -- luacheck: ignore
      foreign(path(), "job.finished", { job = "a", status = "completed" }, process.pid())
      return byte(...)
    end
    local result = held:try("a", 1)
    lock.byte = byte -- luacheck: ignore
    assert.equal("completed", result.state)
    assert.is_false(lock.held(dir .. "/claims", 1))
  end)

  it("of a failed job can be taken again only when it failed before this run", function()
    writer:append("job.started", { job = "a", attempt = 1 })
    writer:append("job.finished", { job = "a", status = "failed", error = "e" })
    assert.equal("failed", held:try("a", 1).state)
    held:begin()
    local result = held:try("a", 1)
    assert.equal("claimed", result.state)
    result.claim:release()
  end)

  it("held by processes of a dead owner are freed by ending those", function()
    local pid, ticks = orphan(dir)
    foreign(path(), "run.started", { execId = "x", host = claims.host(), startTicks = 1 }, 999999)
    foreign(path(), "job.started", { job = "a", attempt = 1 }, 999999)
    foreign(path(), "step.started", { job = "a", attempt = 1, step = "s", pgid = pid, startTicks = ticks }, 999999)
    local result = held:try("a", 1)
    assert.equal("stray", result.state)
    assert.is_true(held:evict("a", 1, result.groups))
    assert.is_false(process.alive(pid))
    assert.equal("claimed", held:try("a", 1).state)
  end)

  it("held by processes that no record names yet are freed too, except by daemons", function()
    local pid = orphan(dir)
    foreign(path(), "run.started", { execId = "x", host = claims.host(), startTicks = 1 }, 999999)
    foreign(path(), "job.started", { job = "a", attempt = 1 }, 999999)
    local result = held:try("a", 1)
    assert.equal("stray", result.state)
    assert.same({}, result.groups)
    assert.is_true(held:evict("a", 1, result.groups))
    assert.is_false(process.alive(pid))
    pid = orphan(dir, true)
    assert.is_false(held:evict("a", 1, {}, 0.1))
    assert.is_true(process.alive(pid))
    process.kill(pid, "KILL")
  end)

  it("are left to the process that took them meanwhile", function()
    foreign(path(), "run.started", { execId = "x", host = claims.host(), startTicks = 1 }, 999999)
    foreign(path(), "job.started", { job = "a", attempt = 1 }, 999999)
    -- Another run was faster, and has a group of its own like one that a shell started.
    local other = assert(process.start { argv = { require("host.system").paths().exe, "lua", "-e", [[
      local claims, process = require "orun.state.claim", require "host.process"
      local writer = require("orun.state.journal").writer(arg[1] .. "/journal.jsonl")
      writer:append("run.started", { execId = "x", host = claims.host(), startTicks = process.start_ticks() })
      local result = claims.open(arg[1], writer):try("a", 1)
      require("host.fs").write(arg[1] .. "/taken", result.state)
      require("host.loop").sleep(60)]], dir } })
    while not fs.exists(dir .. "/taken") do require("host.loop").sleep(0.005) end
    assert.equal("claimed", fs.read(dir .. "/taken"))
    assert.is_true(held:evict("a", 1, {}))
    assert.is_true(process.alive(other:pid()))
    assert.equal("running", held:try("a", 1).state)
    -- The same when the one who looks has read less.
    local behind = claims.open(dir, { fold = { jobs = {} }, refresh = function() end })
    behind.locked = function(_, fn, ...) return held:locked(fn, held, select(2, ...)) end
    assert.is_false(behind:evict("a", 1, {}, 0.1))
    assert.is_true(process.alive(other:pid()))
    other:kill("KILL")
    other:wait()
  end)

  it("are taken beside a process that keeps the byte and is not ours to end", function()
    local pid = orphan(dir, true)
    foreign(path(), "run.started", { execId = "x", host = claims.host(), startTicks = 1 }, 999999)
    foreign(path(), "job.started", { job = "a", attempt = 1 }, 999999)
    assert.equal("stray", held:try("a", 1).state)
    local result = held:try("a", 1, { force = true })
    assert.equal("claimed", result.state)
    assert.is_true(result.offset > 1)
    assert.is_true(lock.held(dir .. "/claims", result.offset))
    -- Others see who has it now, also when the byte itself is free.
    local writer_of_other = assert(journal.writer(path()))
    local other = claims.open(dir, writer_of_other)
    writer_of_other.fold.jobs.a.owner = { pid = process.pid(), startTicks = process.start_ticks() }
    assert.equal("running", other:try("a", 1, { force = true }).state)
    process.kill(pid, "KILL")
    while lock.held(dir .. "/claims", 1) do require("host.loop").sleep(0.005) end
    assert.equal("running", other:try("a", 1).state)
    assert.equal("running", (other:fate("a", 1, true)))
    writer:append("job.finished", { job = "a", status = "completed" })
    held:release(result.claim, result.offset, {})
    assert.is_false(lock.held(dir .. "/claims", result.offset))
    assert.equal("completed", other:try("a", 1).state)
    writer_of_other:close()
  end)

  it("never kill a group whose number was given to another process", function()
    local pid, ticks = orphan(dir, true)
    assert.is_false(held:evict("a", 1, { { pgid = pid, startTicks = ticks - 1 } }, 0.1))
    assert.is_true(process.alive(pid))
    process.kill(pid, "KILL")
  end)

  it("are refused a reset while the job runs elsewhere, and granted it afterwards", function()
    local result = held:try("a", 1)
    writer.fold.jobs.a.owner = { pid = process.pid(), startTicks = process.start_ticks() }
    local ok, message = held:reset("a", 1)
    assert.is_nil(ok)
    assert.truthy(message:find("running in another process", 1, true))
    fs.mkdir(dir .. "/logs/a")
    fs.write(dir .. "/logs/a/s.log", "old")
    writer:append("step.finished", { job = "a", attempt = 1, step = "s", status = "completed", log = "logs/a/s.log", logBytes = 3 })
    writer:append("job.finished", { job = "a", status = "completed" })
    result.claim:release()
    assert.is_true(held:reset("a", 1))
    assert.is_nil(writer.fold.jobs.a)
    assert.is_false(fs.exists(dir .. "/logs/a/s.log"))
  end)
end)
