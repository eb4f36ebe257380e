local logs_view = require "orun.cockpit.viewmodel.logs"

local function entry(job, step, status, text, position)
  return {
    jobId = job, component = job:match "^[^@]+", environment = job:match "@([^.]+)", short = job:match "%.(.+)$", stepId = step,
    status = status or "completed", text = text or "text", position = position,
  }
end

local function shown(entries, options)
  local list = {}
  for i, e in ipairs(logs_view.view({ execId = "x" }, entries, options).entries) do list[i] = e.jobId .. ":" .. e.stepId end
  return list
end

describe("logs view", function()
  it("keeps lines that say something", function()
    assert.same({ "a", " b", "c" }, logs_view.lines "\n  a\r\n\n   \n b\nc  \n\n")
    assert.same({}, logs_view.lines " \n\n")
  end)

  it("09 case 21: failures and links, else links, else everything", function()
    local failed, linked, plain = entry("a@d.j", "f", "failed"), entry("b@d.j", "l", nil, "see https://x.dev"), entry("c@d.j", "p")
    assert.same({ "a@d.j:f", "b@d.j:l" }, shown { failed, linked, plain })
    assert.same({ "b@d.j:l" }, shown { linked, plain })
    assert.same({ "c@d.j:p" }, shown { plain })
    assert.equal(1, logs_view.view({ execId = "x" }, { failed, linked, plain }).hidden)
    assert.equal(0, logs_view.view({ execId = "x" }, { plain }).hidden)
  end)

  it("shows what was asked for and nothing else", function()
    local entries = { entry("api@d.build", "one", "failed"), entry("api@d.test", "two"), entry("web@d.build", "one") }
    assert.same({ "api@d.build:one", "api@d.test:two" }, shown(entries, { job = "api" }))
    assert.same({ "api@d.build:one", "web@d.build:one" }, shown(entries, { step = "one" }))
    assert.same({ "api@d.build:one" }, shown(entries, { failed = true }))
    assert.same({ "api@d.build:one", "api@d.test:two", "web@d.build:one" }, shown(entries, { raw = true }))
    assert.same({}, shown(entries, { job = "nothing" }))
  end)

  it("takes the dotted form of an id as well", function()
    assert.same({ "api@d.build:one" }, shown({ entry("api@d.build", "one"), entry("web@d.build", "one") }, { job = "api.d.build" }))
  end)

  it("orders by component, environment and job, steps as they run", function()
    local entries = {
      entry("b@d.j", "s"), entry("a@p.j", "s"), entry("a@d.j", "zeta", nil, nil, 1), entry("a@d.j", "alpha", nil, nil, 2),
      entry("a@d.j", "unknown"),
    }
    assert.same({ "a@d.j:zeta", "a@d.j:alpha", "a@d.j:unknown", "a@p.j:s", "b@d.j:s" }, shown(entries))
  end)
end)
