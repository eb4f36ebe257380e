local live = require "orun.cockpit.viewmodel.live"
local region = require "orun.cockpit.render.region"
local style = require "orun.cockpit.style"

local plain = style.new { color = false }

local function job(component, environment, name)
  local id = ("%s@%s.%s"):format(component, environment, name)
  return { id = id, component = component, environment = environment, name = name, steps = {} }
end

local function view_of(jobs, environments)
  return live.new { jobs = jobs, environments = environments or { "dev" }, concurrency = 8 }
end

local function shown(view, options)
  options = options or {}
  return plain:text(region.lines(view, {
    now = options.now or 0, picture = 1, columns = options.columns or 79, rows = options.rows or 23,
  }))
end

-- A view of n components with a job each, of which the first `running` run.
local function many(n, running)
  local jobs = {}
  for i = 1, n do jobs[i] = job("c" .. i, "dev", "build") end
  local view = view_of(jobs)
  for i = 1, running do view:begin(jobs[i].id, 0) end
  return view
end

describe("the region below a run", function()
  it("09 section 9.2: counts, progress, and what each running job does", function()
    local jobs = { job("api", "dev", "build"), job("api", "prod", "build"), job("web", "dev", "test"), job("db", "dev", "up") }
    local view = view_of(jobs, { "dev", "prod" })
    view:begin("api@dev.build", 10)
    view:begin("web@dev.test", 11)
    view:begin("api@prod.build", 12)
    view:begin("db@dev.up", 12)
    view:finish("db@dev.up", { status = "failed" })
    view.jobs["api@dev.build"].step, view.jobs["api@dev.build"].index, view.jobs["api@dev.build"].count = "push", 2, 3
    assert.equal([[

  Status:   ✓ 0 succeeded · ◐ 3 running · ○ 0 queued · ✗ 1 failed
  Progress: ▓▓▓▓▓▓▓▓░░░░░░░░░░░░░░░░░░░░░░░░  25%

  Active
  │
  ● api
  │  ├─ ⠙ dev  build  [▓▓▓▓░░]  push 2/3  2s
  │  └─ ⠙ prod  build  starting...
  ● web
  │  └─ ⠙ dev  test  starting...  1s
]], shown(view, { now = 12.5 }))
  end)

  it("counts what was completed before, cancelled and blocked", function()
    local view = many(5, 1)
    for i, status in ipairs { "completed", "cached", "cancelled", "blocked" } do
      view:finish(("c%d@dev.build"):format(i), { status = status })
    end
    assert.equal([[

  Status:   ✓ 2 succeeded · ◐ 0 running · ○ 1 queued · ✗ 0 failed · ↷ 1 cancelled · ↷ 1 blocked
  Progress: ▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓░░░░░░░░░░░░░  60%
]], shown(view, { columns = 120 }))
  end)

  it("has at most 14 lines, and no more than there are", function()
    for running = 0, 12 do
      for rows = 1, 16 do
        local text = shown(many(20, running), { rows = rows })
        local _, lines = text:gsub("\n", "")
        assert.truthy(lines <= math.min(rows, 14), text)
        local _, jobs = text:gsub("─ ", "")
        local more = tonumber(text:match "%+ (%d+) more active task")
        if rows > 6 then assert.equal(running, jobs + (more or 0), text) end
      end
    end
    assert.truthy(shown(many(20, 5)):find("  ● c3\n  │  └─ ⠙ build  starting...\n  %+ 2 more active tasks\n$"), shown(many(20, 5)))
    assert.falsy(shown(many(20, 4)):find("more", 1, true), shown(many(20, 4)))
  end)

  it("shows a lone job without counts", function()
    assert.equal("\n  ● c1\n  │  └─ ⠙ build  starting...\n", shown(many(1, 1)))
  end)
end)
