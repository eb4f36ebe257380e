local liveness = require "orun.state.liveness"
local process = require "host.process"
local retention = require "orun.state.retention"
local system = require "host.system"

local noon, day = 1780315200, 86400 -- 2026-06-01T12:00:00Z

local function row(id, days)
  return { execId = id, startedAt = type(days) == "number" and os.date("!%Y-%m-%dT%H:%M:%SZ", noon - days * day) or days }
end

local function decide(rows, keep, days, busy)
  return retention.executions(rows, { keep = keep, max_age = days * day, now = noon }, function(id) return busy ~= nil and busy[id] end)
end

describe("which executions go", function()
  it("the old ones, and those beyond the number to keep (03 case 33)", function()
    local rows = {}
    for i = 1, 12 do rows[i] = row(("r%02d"):format(i), i > 9 and 40 + i or i) end
    local gone, busy, staying = decide(rows, 3, 30)
    assert.same({ "r01", "r02", "r03" }, staying)
    assert.same({ "r04", "r05", "r06", "r07", "r08", "r09", "r10", "r11", "r12" }, gone)
    assert.same({}, busy)
    assert.same({ "r10", "r11", "r12" }, (decide(rows, 20, 30)))
  end)

  it("not those with a start that nobody can read, while there is room", function()
    assert.same({}, (decide({ row("a", 1), row("odd", "yesterday") }, 2, 30)))
    assert.same({ "odd" }, (decide({ row("a", 1), row("odd", "yesterday") }, 1, 30)))
  end)

  it("compares instants, not texts", function()
    local gone = decide({ row("early", "2026-06-01T10:30:00+02:00"), row("late", "2026-06-01T09:00:00Z") }, 1, 30)
    assert.same({ "early" }, gone)
  end)

  it("never running ones", function()
    local gone, busy, staying = decide({ row("a", 1), row("b", 90) }, 0, 30, { b = true })
    assert.same({ { "a" }, { "b" }, { "b" } }, { gone, busy, staying })
  end)
end)

describe("which plans go", function()
  local function goes(name, more)
    local entry = { name = name, checksum = "sha256-0123456789abcdef", short = "0123456789ab", mtime = noon - 40 * day }
    for key, v in next, more or {} do entry[key] = v end
    return retention.plan_goes(entry, more and more.used or {}, { keep = 0, max_age = 30 * day, now = noon })
  end

  it("old ones that are named by their checksum and not referred to (quirk 21)", function()
    assert.is_true(goes "0123456789ab")
    assert.is_true(goes "01234567")
    assert.is_false(goes("0123456789ab", { mtime = noon - 20 * day }))
    assert.is_false(goes("0123456789ab", { used = { ["0123456789ab"] = true } }))
    for _, name in ipairs { "latest", "release", "deadbeef", "0123", "0123456789AB" } do assert.is_false(goes(name), name) end
  end)
end)

describe("whether somebody works on an execution", function()
  local function fold(status, writer)
    return { status = status, open = { [1] = writer } }
  end

  it("is told by the processes that wrote its journal", function()
    local here = { pid = process.pid(), host = system.hostname(), startTicks = process.start_ticks() }
    local dead = { pid = here.pid, host = here.host, startTicks = here.startTicks - 1 }
    local function busy(f) return liveness.busy({ fold = f, dir = "/nonexistent" }, noon) end
    assert.is_true(busy(fold("running", here)))
    assert.is_false(busy(fold("running", dead)))
    assert.is_true(busy(fold("running", { pid = 1, host = "elsewhere." .. here.host })))
    assert.is_false(busy(fold("completed", here)))
    assert.is_true(liveness.abandoned(fold("running", dead)))
  end)
end)
