local execution = require "orun.state.execution"
local fs = require "host.fs"
local folds = require "orun.state.fold"
local json = require "host.json"
local journal = require "orun.state.journal"
local log = require "orun.state.log"
local migration = require "orun.state.migration"
local record = require "orun.state.record"
local snapshot = require "orun.state.snapshot"

describe("execution records", function()
  local store

  before_each(function() store = assert(fs.temporary("/tmp/orun-execution-")) .. "/.orun" end)
  after_each(function() fs.remove_tree(store:match("^(.*)/")) end)

  it("are found by id, unique prefix and as the latest", function()
    execution.create(store, "shop-1")
    execution.create(store, "shop-22")
    execution.create(store, "web-1")
    assert.equal("shop-1", select(2, execution.resolve(store, "shop-1")))
    assert.equal("web-1", select(2, execution.resolve(store, "we")))
    assert.equal("web-1", select(2, execution.resolve(store, "latest")))
    assert.equal("web-1", select(2, execution.resolve(store)))
    local dir, _, candidates = execution.resolve(store, "shop")
    assert.is_nil(dir)
    assert.same({ "shop-1", "shop-22" }, candidates)
    assert.is_nil((execution.resolve(store, "../plans")))
  end)

  it("without the link, the latest is the one that started last", function()
    for id, at in next, { a = "2026-01-02T00:00:00Z", b = "2026-01-03T00:00:00Z", c = "2026-01-01T00:00:00Z" } do
      local dir = execution.create(store, id)
      fs.write(dir .. "/metadata.json", json.encode { execId = id, startedAt = at })
    end
    fs.remove(store .. "/executions/latest")
    assert.equal("b", select(2, execution.latest(store)))
    fs.symlink("gone", store .. "/executions/latest")
    assert.equal("b", select(2, execution.latest(store)))
  end)

  it("show what the journal knows, or the snapshots where there is none", function()
    local dir = execution.create(store, "x")
    fs.write(dir .. "/state.json", '{"execId":"x","planChecksum":"","jobs":{"a":{"status":"failed","steps":{}}}}')
    assert.equal("failed", record.view(store, "x").state.jobs.a.status)
    assert.is_nil(record.view(store, "x").fold)
    fs.write(dir .. "/metadata.json", '{"execId":"x","status":"running","startedAt":"2026-01-01T00:00:00Z","jobTotal":3}')
    local writer = assert(journal.writer(dir .. "/journal.jsonl"))
    writer:append("run.started", { execId = "x", planChecksum = "sha256-1", jobs = 3 })
    writer:append("job.started", { job = "a", attempt = 1 })
    writer:append("job.finished", { job = "a", status = "completed" })
    writer:append("run.finished", { status = "completed" })
    writer:close()
    local view = record.view(store, "x")
    assert.equal("completed", view.state.jobs.a.status)
    assert.equal("completed", view.meta.status)
    assert.equal(1, view.meta.jobDone)
    assert.equal(3, view.meta.jobTotal)
  end)

  it("write the same state piece by piece as at once", function()
    local fold, encoder = folds.new(), snapshot.encoder("x")
    local function check() assert.equal(json.encode(snapshot.state(fold, "x"), { indent = 2 }), encoder:state(fold)) end
    local function apply(t, job, more)
      local r = { t = t, ts = "2026-01-31T08:00:00.123Z", pid = 1, job = job }
      for k, v in next, more or {} do r[k] = v end
      fold:apply(r)
      check()
    end
    check()
    apply("run.started", nil, { execId = "x", planChecksum = "sha256-<1>", jobs = 3 })
    for _, id in ipairs { "b@dev.x", "c@dev.x", 'a"\n' } do apply("job.started", id, { attempt = 1 }) end
    apply("step.started", "c@dev.x", { step = "s" })
    apply("step.finished", "c@dev.x", { step = "s", status = "completed" })
    apply("job.finished", "c@dev.x", { status = "failed", error = "a\n<b>" })
    apply("job.reset", "b@dev.x")
    apply("job.started", "d@dev.x", { attempt = 1 })
    apply("job.started", "b@dev.x", { attempt = 1 })
  end)

  it("write snapshots with the keys and in the order that outside tools expect", function()
    local fold = folds.new()
    for _, r in ipairs {
      { t = "run.started", ts = "2026-01-31T08:00:00.123Z", pid = 1, execId = "x", planChecksum = "sha256-1", jobs = 1 },
      { t = "job.started", ts = "2026-01-31T08:00:01.900Z", pid = 1, job = "a", attempt = 1 },
      { t = "step.finished", ts = "2026-01-31T08:00:02.000Z", pid = 1, job = "a", step = "s", status = "failed" },
      { t = "job.finished", ts = "2026-01-31T08:00:02.000Z", pid = 1, job = "a", status = "failed", error = "step s: <x>" },
      { t = "run.finished", ts = "2026-01-31T08:00:03.000Z", pid = 1, status = "failed" },
    } do fold:apply(r) end
    assert.equal('{"execId":"x","planChecksum":"sha256-1","jobs":{"a":{"status":"failed","startedAt":"2026-01-31T08:00:01Z",'
      .. '"finishedAt":"2026-01-31T08:00:02Z","steps":{"s":"failed"},"lastError":"step s: \\u003cx\\u003e"}}}',
      json.encode(snapshot.state(fold, "x")))
    assert.equal('{"execId":"x","planId":"1","planName":"shop","startedAt":"2026-01-31T08:00:00Z","finishedAt":"2026-01-31T08:00:03Z",'
      .. '"status":"failed","trigger":"cli","user":"kim","dryRun":false,"jobTotal":1,"jobDone":0,"jobFailed":1,'
      .. '"links":[{"label":"L","url":"u"}]}',
      json.encode(snapshot.metadata(fold, {
        execId = "x", planId = "1", planName = "shop", user = "kim", jobTotal = 1, links = { { label = "L", url = "u" } },
      })))
  end)

  it("are pieced together from what is left of their files", function()
    local dir = execution.create(store, "x")
    local function damage(name, text) assert(fs.write(dir .. "/" .. name, text)) end
    local began = { execId = "x", planChecksum = "sha256-0123456789abcdef", jobs = 2 }
    local lines = journal.line("run.started", began, "2026-01-01T00:00:00.000Z", 1, 1)
      .. journal.line("job.started", { job = "a", attempt = 1 }, "2026-01-01T00:00:01.000Z", 1, 2)
      .. journal.line("job.finished", { job = "a", status = "completed" }, "2026-01-01T00:00:02.000Z", 1, 3)
      .. journal.line("run.finished", { status = "completed" }, "2026-01-01T00:00:03.000Z", 1, 4)
    damage("journal.jsonl", lines)
    for _, text in ipairs { "", "{", "[]", "\0\0\0" } do
      damage("metadata.json", text)
      damage("manifest.json", text)
      damage("state.json", text)
      local found = record.view(store, "x")
      assert.same({ "completed", "0123456789ab", 2, 1 }, { found.meta.status, found.meta.planId, found.meta.jobTotal, found.meta.jobDone })
      assert.equal("completed", found.state.jobs.a.status)
    end
    -- Without a good line in the journal the snapshots are shown; nothing is decided by them.
    damage("journal.jsonl", "garbage\n\255\254\n")
    damage("state.json", '{"execId": "x", "jobs": {"a": {"status": "failed"}}}')
    damage("metadata.json", '{"execId": "x", "status": "failed"}')
    local found = record.view(store, "x")
    assert.equal("failed", found.state.jobs.a.status)
    assert.equal("failed", found.meta.status)
    assert.equal(2, found.corrupt)
    assert.is_nil(found.fold)
  end)

  it("05 case 31: take over the state file of old versions byte for byte", function()
    local root = store:match("^(.*)/")
    assert.is_nil((migration.run(root, store)))
    fs.write(root .. "/.orun-state.json", '{"old": 1}\n')
    local id = assert(migration.run(root, store))
    assert.truthy(id:find("^migrated%-%d%d%d%d%d%d%d%d%-%d%d%d%d%d%d$"))
    assert.equal('{"old": 1}\n', fs.read(execution.directory(store, id) .. "/state.json"))
    assert.is_false(fs.exists(root .. "/.orun-state.json"))
    assert.equal(id, fs.readlink(store .. "/executions/latest"))
    -- A second one, perhaps in the same second, is a record of its own.
    fs.write(root .. "/.orun-state.json", "{}")
    local other = assert(migration.run(root, store))
    assert.not_equal(id, other)
    assert.equal('{"old": 1}\n', fs.read(execution.directory(store, id) .. "/state.json"))
  end)

  it("05 case 20: turn names into path segments", function()
    assert.equal("a_b_c", log.segment("a/b:c"))
    assert.equal("x@d.y", log.segment("x@d.y"))
    assert.same({ ["a/b"] = "a_b", ["a:b"] = "a_b~2", a_b = "a_b~3" }, log.segments { "a/b", "a:b", "a_b" })
    assert.equal("_..", log.segment(".."))
    local many = {}
    for i = 1, 20 do many[i] = "job@dev." .. i end
    for _, special in ipairs { "x", "a/b", "a\\b", "a:b", "a\0b", "", ".", "..", ("l"):rep(201) } do
      many[21] = special
      local segments, alone = log.segments(many), log.segments { special }
      assert.equal(alone[special], segments[special])
      assert.equal("job@dev.7", segments["job@dev.7"])
    end
    many[21], many[22] = "a/b", "a_b"
    assert.equal("a_b~2", log.segments(many).a_b)
    assert.same({ "x", "n", "u", "unnamed-step", "x-2", "x-3" },
      log.step_ids { steps = { { id = "x" }, { name = "n" }, { use = " u " }, {}, { id = "x" }, { id = " ", name = "x" } } })
  end)
end)

describe("the .orun directory", function()
  it("05 case 26: gets a .gitignore on first use, which keeps what the user adds", function()
    local directory = require "orun.plan.directory"
    local root = assert(fs.temporary("/tmp/orun-directory-"))
    fs.write(root .. "/.gitignore", "mine\n")
    assert(directory.prepare(root .. "/.orun"))
    local text = fs.read(root .. "/.orun/.gitignore")
    for _, name in ipairs { "plans/", "executions/", "runs/", "cache/", "component-tree.yaml", ".gitignore" } do
      assert.truthy(("\n" .. text):find("\n" .. name .. "\n", 1, true), name)
    end
    fs.write(root .. "/.orun/.gitignore", text .. "extra\n")
    assert(directory.prepare(root .. "/.orun"))
    assert.equal(text .. "extra\n", fs.read(root .. "/.orun/.gitignore"))
    assert.equal("mine\n", fs.read(root .. "/.gitignore"))
    fs.remove_tree(root)
  end)
end)
