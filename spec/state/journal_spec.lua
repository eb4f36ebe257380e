local folds = require "orun.state.fold"
local fs = require "host.fs"
local hash = require "host.hash"
local json = require "host.json"
local journal = require "orun.state.journal"

describe("the journal", function()
  local dir, path

  before_each(function()
    dir = assert(fs.temporary("/tmp/orun-journal-"))
    path = dir .. "/journal.jsonl"
  end)
  after_each(function() fs.remove_tree(dir) end)

  local function append_raw(bytes)
    local file = assert(io.open(path, "ab"))
    file:write(bytes)
    file:close()
  end

  it("writes JSON lines that end in the CRC-32 of what stands before it", function()
    local writer = assert(journal.writer(path))
    assert(writer:append("job.started", { job = 'a@"dev".é', attempt = 1, workspace = "w\n" }))
    assert(writer:append("step.finished", {
      job = "a", attempt = 1, step = "s", status = "failed", exit = 3, ms = 12, userMs = 1, sysMs = 2, maxRssKiB = 900,
      log = "logs/a/s.log", logBytes = 4,
    }))
    writer:close()
    local lines = {}
    for line in fs.read(path):gmatch("[^\n]+") do lines[#lines + 1] = line end
    assert.equal(2, #lines)
    for i, line in ipairs(lines) do
      local body, crc = line:match('^(.*),"crc":"(%x+)"}$')
      assert.equal(hash.crc32(body), crc)
      local record = assert(json.decode(line))
      assert.equal(i, record.seq)
      assert.truthy(record.ts:find("^%d%d%d%d%-%d%d%-%d%dT%d%d:%d%d:%d%d%.%d%d%dZ$"))
    end
    assert.equal('a@"dev".é', json.decode(lines[1]).job)
    assert.equal("w\n", json.decode(lines[1]).workspace)
    assert.equal(12, json.decode(lines[2]).ms)
  end)

  it("writes a record that was held back together with the next one", function()
    local writer, other = assert(journal.writer(path)), assert(journal.writer(path))
    writer:append("job.started", { job = "a", attempt = 1 })
    local size = #fs.read(path)
    writer:hold("step.finished", { job = "a", attempt = 1, step = "s", status = "completed" })
    assert.equal(size, #fs.read(path))
    assert.equal("completed", writer.fold.jobs.a.steps.s.status)
    other:append("job.started", { job = "b", attempt = 1 })
    assert.is_true(writer:refresh())
    writer:append("job.finished", { job = "a", status = "completed" })
    assert.is_false(writer:refresh())
    local kinds = {}
    local fold = journal.read(path, function(record) kinds[#kinds + 1] = record.t end)
    assert.same({ "job.started", "job.started", "step.finished", "job.finished" }, kinds)
    assert.equal("completed", fold.jobs.a.status)
    assert.equal("running", writer.fold.jobs.b.status)
  end)

  it("folds to the same state however often it is read", function()
    local writer = assert(journal.writer(path))
    writer:append("run.started", { execId = "x", planChecksum = "sha256-1", jobs = 2, runner = "local", concurrency = 4 })
    writer:append("job.started", { job = "a", attempt = 1 })
    writer:append("step.started", { job = "a", attempt = 1, step = "one", phase = "main", pgid = 7 })
    writer:append("step.finished", { job = "a", attempt = 1, step = "one", status = "completed", exit = 0, ms = 1 })
    writer:append("step.started", { job = "a", attempt = 1, step = "two", phase = "main", pgid = 8 })
    writer:append("step.finished", { job = "a", attempt = 1, step = "two", status = "failed", exit = 1, ms = 1 })
    writer:append("job.finished", { job = "a", status = "failed", error = "step two: exit status 1" })
    writer:append("run.finished", { status = "failed" })
    writer:close()
    local first, second = journal.read(path), journal.read(path)
    assert.same(first, second)
    assert.same(first.jobs, writer.fold.jobs)
    assert.equal("failed", first.jobs.a.status)
    assert.equal("step two: exit status 1", first.jobs.a.error)
    assert.equal(1, first.jobs.a.steps.one.order)
    assert.equal(2, first.jobs.a.steps.two.order)
    assert.equal("failed", first.status)
  end)

  it("keeps completed steps and the first start when a job starts again", function()
    local writer = assert(journal.writer(path))
    writer:append("job.started", { job = "a", attempt = 1 })
    local started = writer.fold.jobs.a.startedAt
    writer:append("step.finished", { job = "a", attempt = 1, step = "one", status = "completed" })
    writer:append("step.finished", { job = "a", attempt = 1, step = "two", status = "failed", log = "l" })
    writer:append("job.finished", { job = "a", status = "cancelled", error = "cancelled" })
    assert.equal("failed", writer.fold.jobs.a.status)
    assert.is_true(writer.fold.jobs.a.cancelled)
    writer:append("job.started", { job = "a", attempt = 2 })
    local job = writer.fold.jobs.a
    assert.equal("running", job.status)
    assert.equal(started, job.startedAt)
    assert.is_nil(job.error or job.finishedAt)
    assert.equal("completed", job.steps.one.status)
    assert.equal("pending", job.steps.two.status)
    writer:append("job.reset", { job = "a" })
    assert.is_nil(writer.fold.jobs.a)
    writer:close()
  end)

  it("skips torn and corrupt lines wherever they are, and counts them", function()
    local writer = assert(journal.writer(path))
    writer:append("job.started", { job = "a", attempt = 1 })
    writer:close()
    local good = fs.read(path)
    append_raw((good:gsub('"a"', '"b"'))) -- checksum no longer holds
    append_raw("rubbish\n\n")
    append_raw('{"t":"job.fin')
    local fold, corrupt = journal.read(path)
    assert.same({ "a" }, (function()
      local ids = {}
      for id in next, fold.jobs do ids[#ids + 1] = id end
      return ids
    end)())
    assert.equal(3, corrupt)

    local next_writer = assert(journal.writer(path))
    next_writer:append("job.finished", { job = "a", status = "completed" })
    next_writer:close()
    fold, corrupt = journal.read(path)
    assert.equal("completed", fold.jobs.a.status)
    assert.equal(3, corrupt)
  end)

  it("is read on from where it was left, waiting for unfinished lines", function()
    local writer = assert(journal.writer(path))
    local reader = journal.reader(path)
    writer:append("job.started", { job = "a", attempt = 1 })
    assert.is_true(reader:refresh())
    assert.is_false(reader:refresh())
    writer:append("job.finished", { job = "a", status = "completed" })
    local seen = {}
    reader:refresh(function(record) seen[#seen + 1] = record.t end)
    assert.same({ "job.finished" }, seen)
    local line = journal.line("job.started", { job = "b", attempt = 1 }, "2026-01-01T00:00:00.000Z", 1, 1)
    append_raw(line:sub(1, 20))
    assert.is_false(reader:refresh())
    assert.is_nil(reader.fold.jobs.b)
    append_raw(line:sub(21))
    assert.is_true(reader:refresh())
    assert.equal("running", reader.fold.jobs.b.status)
    assert.equal(0, reader.corrupt)
    reader:close()
    writer:close()
  end)

  it("mixes several writers without losing or repeating records", function()
    local one, two = assert(journal.writer(path)), assert(journal.writer(path))
    two.pid = one.pid + 1
    one:append("job.started", { job = "a", attempt = 1 })
    two:append("job.started", { job = "b", attempt = 1 })
    one:append("job.finished", { job = "a", status = "completed" })
    assert.is_true(one:refresh())
    assert.is_false(one:refresh())
    two:refresh()
    assert.equal("running", one.fold.jobs.b.status)
    assert.equal("completed", two.fold.jobs.a.status)
    one:append("job.finished", { job = "b", status = "completed" })
    two:refresh()
    assert.equal("completed", two.fold.jobs.b.status)
    assert.equal(4, one.fold.applied)
    assert.equal(4, two.fold.applied)
    one:close()
    two:close()
  end)

  it("writes a record again that was glued to a torn line of another process", function()
    local writer = assert(journal.writer(path))
    append_raw('{"t":"job.star')
    writer:append("job.finished", { job = "a", status = "completed" })
    writer:refresh()
    writer:refresh()
    assert.equal(1, writer.corrupt)
    writer:close()
    local fold = journal.read(path)
    assert.equal("completed", fold.jobs.a.status)
  end)

  it("folds to the same state whether or not somebody looks at the records", function()
    local writer = assert(journal.writer(path))
    writer:append("run.started", {
      execId = "x", planChecksum = "sha256-1", jobs = 3, runner = "local", concurrency = 2, host = "h", startTicks = 5, resumed = false,
      revision = "r1",
    })
    writer:append("gate", { job = "a", gate = "approval:c@prod", state = "approved", by = "me" })
    writer:append("gate", { job = "a", gate = "approval:c@prod", state = "unmet" })
    writer:append("job.started", { job = "a", attempt = 1, workspace = "w" })
    writer:append("step.started", { job = "a", attempt = 1, step = "s", phase = "main", pgid = 7, startTicks = 8 })
    writer:append("step.finished", {
      job = "a", attempt = 1, step = "s", status = "cancelled", exit = 3, signal = "TERM", ms = 12, userMs = 1, sysMs = 2, maxRssKiB = 9,
      log = "logs/a/s.log", logBytes = 4,
    })
    writer:append("job.finished", { job = "a", status = "failed", error = "e" })
    writer:append("job.blocked", { job = "b", reason = "a failed" })
    writer:append("job.skipped", { job = "c", reason = "interrupted" })
    writer:append("run.stopping", { signal = "INT" })
    local stopping = journal.read(path)
    assert.same(journal.read(path, function() end), stopping)
    assert.is_true(stopping.stopping[writer.pid])
    writer:append("run.finished", { status = "failed", completed = 0, failed = 1, others = true })
    local joined = journal.read(path)
    assert.equal("running", joined.status)
    assert.same({ job = "a", gate = "approval:c@prod", state = "approved", by = "me" }, joined.gates["approval:c@prod"])
    assert.same(writer.fold, joined)
    assert.same(journal.read(path, function() end), joined)
    writer:close()
  end)

  it("reads long journals and long lines in parts", function()
    local writer = assert(journal.writer(path))
    for i = 1, 1500 do writer:append("job.started", { job = "job-" .. i, attempt = 1 }) end
    writer:append("job.finished", { job = "job-1", status = "failed", error = ("e"):rep(300000) })
    for i = 2, 1500 do writer:append("job.finished", { job = "job-" .. i, status = "completed" }) end
    writer:close()
    append_raw '{"t":"job.star'
    local reader = journal.reader(path)
    assert.is_true(reader:refresh())
    assert.equal(300000, #reader.fold.jobs["job-1"].error)
    assert.same({ completed = 1499, failed = 1, running = 0, pending = 0, total = 1500 }, reader.fold:counts())
    assert.equal(1, reader:damaged())
    assert.is_false(reader:refresh())
    assert.equal(1, reader:damaged())
    append_raw "\n"
    assert.is_true(reader:refresh())
    assert.equal(1, reader:damaged())
    assert.equal(#fs.read(path), reader.offset)
    reader:close()
    local n = 0
    local fold, damaged = journal.read(path, function() n = n + 1 end)
    assert.equal(3000, n)
    assert.equal(1, damaged)
    assert.equal(3000, fold.applied)
  end)

  it("decodes every field that the state is made of", function()
    local known = {}
    for _, name in ipairs(folds.fields) do known[name] = true end
    local source = assert(fs.read(package.searchpath("orun.state.fold", package.path)))
    for name in source:gmatch("%f[%w]r%.(%a+)") do assert.is_true(known[name], name) end
    for name in source:gmatch("%f[%w]record%.(%a+)") do assert.is_true(known[name], name) end
  end)

  it("ignores kinds of later versions", function()
    local body = '{"t":"job.levitated","ts":"2026-01-01T00:00:00.000Z","pid":1,"seq":1,"job":"a"'
    append_raw(body .. ',"crc":"' .. hash.crc32(body) .. '"}\n')
    local fold, corrupt = journal.read(path)
    assert.same({}, fold.jobs)
    assert.equal(0, corrupt)
  end)
end)
