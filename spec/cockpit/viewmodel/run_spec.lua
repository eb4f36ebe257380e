local run_view = require "orun.cockpit.viewmodel.run"
local job_view = require "orun.cockpit.viewmodel.job"

local function view(jobs, meta, more)
  local record = { execId = "x-1", meta = meta or {}, state = jobs and { jobs = jobs } or nil }
  for key, v in next, more or {} do record[key] = v end
  return run_view.view(record)
end

local function ids(jobs)
  local list = {}
  for i, job in ipairs(jobs) do list[i] = job.id end
  return list
end

describe("job view", function()
  it("splits both forms of ids", function()
    local function split(id) return { job_view.split(id) } end
    assert.same({ "c", "e", "j" }, split "c@e.j")
    assert.same({ "c.x", "e", "j.k" }, split "c.x@e.j.k")
    assert.same({ "c", "e", "e" }, split "c@e")
    assert.same({ "c", "e", "j.k" }, split "c.e.j.k")
    local component, environment, short = job_view.split "c.j"
    assert.same({ "c", "j" }, { component, short })
    assert.is_nil(environment)
    component, environment, short = job_view.split "j"
    assert.is_nil(component)
    assert.is_nil(environment)
    assert.equal("j", short)
  end)

  it("orders steps as the plan does, then as they ran, then by name", function()
    local function order(statuses, planned, folded)
      local list = {}
      for i, step in ipairs(job_view.steps(statuses, planned, folded)) do list[i] = step.id .. "=" .. step.status end
      return list
    end
    assert.same({ "z=completed", "a=failed", "m=pending" }, order({ a = "failed", z = "completed" }, { "z", "a", "m" }))
    assert.same({ "z=completed", "a=failed" },
      order(nil, nil, { a = { status = "failed", order = 2 }, z = { status = "completed", order = 1 } }))
    assert.same({ "a=failed", "z=completed" }, order { a = "failed", z = "completed" })
  end)
end)

describe("run view", function()
  it("09 case 2: counts and percent", function()
    local counts = view({
      ["a@d.1"] = { status = "completed" }, ["a@d.2"] = { status = "failed" }, ["a@d.3"] = { status = "running" },
      ["a@d.4"] = { status = "pending" },
    }).counts
    assert.same({ total = 4, completed = 1, failed = 1, cancelled = 0, running = 1, blocked = 0, pending = 1, percent = 50 }, counts)
  end)

  it("09 case 3: without state the metadata counts", function()
    local counts = view(nil, { jobTotal = 3 }).counts
    assert.same({ total = 3, completed = 0, failed = 0, cancelled = 0, running = 0, blocked = 0, pending = 3, percent = 0 }, counts)
    assert.equal(0, view(nil, { jobTotal = 3, jobDone = 3, jobFailed = 1 }).counts.pending)
    assert.equal(0, view(nil, {}).counts.percent)
  end)

  it("09 case 4: groups, order and several environments", function()
    local v = view {
      ["db.prod.x"] = { status = "failed" }, ["api.stage.b"] = { status = "pending" }, ["api.stage.a"] = { status = "running" },
    }
    assert.equal("api", v.groups[1].name)
    assert.equal("db", v.groups[2].name)
    assert.same({ "api.stage.a", "api.stage.b" }, ids(v.groups[1].jobs))
    assert.is_true(v.multiEnv)
    assert.same({ "api", "db" }, v.components)
    assert.same({ "prod", "stage" }, v.environments)
  end)

  it("rounds the percentage half up: 12 of 14 is 86", function()
    local jobs = {}
    for i = 1, 14 do jobs["c@e.j" .. i] = { status = i <= 12 and "completed" or "pending" } end
    assert.equal(86, view(jobs).counts.percent)
  end)

  it("never says 100 before the last job has ended", function()
    local jobs = {}
    for i = 1, 400 do jobs["c@e.j" .. i] = { status = i < 400 and "completed" or "running" } end
    assert.equal(99, view(jobs).counts.percent)
    jobs["c@e.j400"].status = "failed"
    assert.equal(100, view(jobs).counts.percent)
  end)

  it("puts failed before running before pending before completed", function()
    local v = view {
      ["a@e.1"] = { status = "completed" }, ["a@e.2"] = { status = "pending" }, ["a@e.3"] = { status = "running" },
      ["a@e.4"] = { status = "failed" }, ["a@e.5"] = { status = "odd" },
    }
    assert.same({ "a@e.4", "a@e.3", "a@e.2", "a@e.1", "a@e.5" }, ids(v.jobs))
  end)

  local plan = { jobs = { { id = "a@e.1", steps = { { id = "s" } } }, { id = "a@e.2", steps = {} }, { id = "b@e.1", steps = {} } } }

  it("counts jobs of the plan that were not reached as queued", function()
    local v = view({ ["a@e.1"] = { status = "running" } }, { status = "running" }, { plan = plan })
    assert.same({ "a@e.1", "a@e.2", "b@e.1" }, ids(v.jobs))
    assert.equal(2, v.counts.pending)
    assert.equal("s", v.jobs[1].steps[1].id)
  end)

  it("leaves out what a completed run did not select", function()
    local v = view({ ["a@e.1"] = { status = "completed" } }, { status = "completed" }, { plan = plan })
    assert.same({ "a@e.1" }, ids(v.jobs))
    assert.equal(100, v.counts.percent)
  end)

  it("does not guess which jobs a partial run selected, but how many", function()
    local fold = {
      status = "running", jobTotal = 2, jobs = { ["a@e.1"] = { status = "running", steps = {} } }, blocked = {}, skipped = {}, waits = {},
    }
    local v = view(nil, {}, { plan = plan, fold = fold })
    assert.same({ "a@e.1" }, ids(v.jobs))
    assert.equal(2, v.counts.total)
    assert.equal(1, v.counts.pending)
  end)

  it("takes times, step durations and blocked jobs from the journal", function()
    local fold = {
      status = "failed", jobTotal = 3, blocked = { ["a@e.2"] = "a@e.1 failed" }, skipped = {}, waits = {},
      startedAt = "2026-06-01T09:00:00.000Z",
      finishedAt = "2026-06-01T09:00:52.500Z",
      jobs = {
        ["a@e.1"] = {
          status = "failed", error = "step s: exit status 1",
          applied = 4,
          startedAt = "2026-06-01T08:00:00Z", runAt = "2026-06-01T09:00:01.500Z", finishedAt = "2026-06-01T09:00:03.000Z",
          steps = { s = { status = "failed", order = 1, ms = 1400 } },
        },
      },
    }
    local v = view(nil, {}, { plan = plan, fold = fold })
    assert.equal("failed", v.status)
    assert.equal(52.5, v.finishedAt - v.startedAt)
    assert.equal(1.5, job_view.seconds(v.jobs[1], 0))
    assert.equal(1.4, v.jobs[1].steps[1].seconds)
    assert.equal("step s: exit status 1", v.jobs[1].error)
    assert.same({ "blocked", "a@e.1 failed" }, { v.jobs[2].status, v.jobs[2].reason })
  end)

  it("tells of a run whose process is gone, and counts its jobs as not done", function()
    local fold = {
      status = "running", jobTotal = 2, blocked = {}, skipped = {}, waits = {}, startedAt = "2026-06-01T09:00:00Z",
      jobs = { ["a@e.1"] = { status = "running", runAt = "2026-06-01T09:00:07Z", steps = {} } },
    }
    local v = view(nil, {}, { fold = fold, abandoned = true })
    assert.equal("interrupted", v.status)
    assert.equal("interrupted", v.jobs[1].status)
    assert.equal(7, v.finishedAt - v.startedAt)
    assert.equal(0, v.counts.running)
    assert.equal(2, v.counts.pending)
    assert.is_true(run_view.is_over(v))
  end)

  it("is best effort about what is missing or malformed", function()
    local v = run_view.view { execId = "x" }
    assert.equal("", v.status)
    assert.equal("plan", v.planName)
    assert.is_nil(v.planId)
    assert.is_nil(v.startedAt)
    v = view({ a = "odd" }, { planName = "  ", planId = " p ", startedAt = "never", links = { { label = "L", url = " " }, { url = "u" } } })
    assert.equal("plan", v.planName)
    assert.equal("p", v.planId)
    assert.is_nil(v.startedAt)
    assert.same({ { label = "", url = "u" } }, v.links)
  end)
end)

describe("run list", function()
  local runs_view = require "orun.cockpit.viewmodel.runs"

  it("09 case 9: running first, then the newest", function()
    local rows = runs_view.view {
      { execId = "old", meta = { status = "running", startedAt = "2026-06-01T08:00:00Z" } },
      { execId = "newest", meta = { status = "completed", startedAt = "2026-06-01T11:00:00Z" } },
      { execId = "newer", meta = { status = "failed", startedAt = "2026-06-01T10:00:00Z" } },
      { execId = "unset", meta = { status = "failed", startedAt = "" } },
    }
    local order = {}
    for i, row in ipairs(rows) do order[i] = row.execId end
    assert.same({ "old", "newest", "newer", "unset" }, order)
  end)

  it("knows executions without metadata by their directory", function()
    local row = runs_view.view({ { execId = "x", startedAt = "2026-06-01T08:00:00Z" } })[1]
    assert.equal("unknown", row.status)
    assert.is_number(row.startedAt)
    assert.equal(0, row.counts.total)
  end)

  it("believes the state more than the metadata", function()
    local row = runs_view.view({ {
      execId = "x", meta = { status = "running", jobTotal = 9, jobDone = 9 },
      state = { jobs = { a = { status = "completed" }, b = { status = "running" } } },
    } })[1]
    assert.equal(2, row.counts.total)
    assert.equal(1, row.counts.completed)
  end)
end)
