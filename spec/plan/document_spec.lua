local checksum = require "orun.plan.checksum"
local document = require "orun.plan.document"
local hash = require "host.hash"
local json = require "host.json"
local value = require "host.value"

-- The published vectors, one line each.
local former = [[{"apiVersion":"orun.io/v1","kind":"Plan","metadata":{"name":"demo","generatedAt":"2026-01-01T00:00:00Z"},"execution":]]
  .. [[{"concurrency":4,"failFast":true},"spec":{"jobBindings":{"sh":"kit"}},"jobs":[{"id":"api.dev.test","name":"test",]]
  .. [["component":"api","environment":"dev","composition":"sh","profileSource":"legacy-none","jobRegistry":"kit","job":"test",]]
  .. [["path":"./","steps":[{"id":"unit","name":"unit","phase":"main","run":"make a \u0026\u0026 make b"}],]]
  .. [["dependencyMode":"enforced","dependencySource":"default"}]}]]
local own = former:gsub([[,"generatedAt":"2026%-01%-01T00:00:00Z"]], ""):gsub("api%.dev%.test", "api@dev.test")

local former_sum = "sha256-40db74bc4b7c27298781423160456af1d07dbae2cb9f2afc9dc6c8f2897c82b6"
local own_sum = "sha256-ed82d94dc431835264a399b403d625bfe992638e8560f29ee6c1eb08060a9987"

local function plan_of(text)
  return document.arrange(assert(json.decode(text)))
end

describe("plan.document", function()
  it("has the keys in the order of the format, whatever the order they came in (03 case 1)", function()
    assert.equal(509, #former)
    assert.equal(472, #own)
    assert.equal(former, json.encode(plan_of(former)))
    assert.equal("sha256-" .. hash.sha256(former), former_sum)
  end)

  it("leaves empty optional keys out and keeps the others", function()
    local step = document.make("step", { id = "a", name = "", order = 0, with = {}, run = "x", extra = 1 })
    assert.equal('{"id":"a","run":"x"}', json.encode(step))
    local job = document.make("job", {
      id = "i", name = "n", component = "c", environment = "e", steps = value.list {}, outputs = value.list {},
    })
    assert.equal('{"id":"i","name":"n","component":"c","environment":"e","steps":[]}', json.encode(job))
  end)

  it("keeps outputs after retries and the gate keys in their order (decisions 10, 18)", function()
    local job = document.make("job", {
      id = "i", name = "n", component = "c", environment = "e", steps = value.list {}, env = { A = "1" }, outputs = value.list { "o/*" },
      retries = 2, timeout = "1m",
      gates = value.list { document.make("gate", {
        source = "environment prod", condition = "approved", component = "c", environment = "prod", type = "approval",
      }) },
    })
    assert.equal('{"id":"i","name":"n","component":"c","environment":"e","steps":[],"gates":[{"type":"approval","environment":"prod",'
      .. '"component":"c","condition":"approved","source":"environment prod"}],"timeout":"1m","retries":2,"outputs":["o/*"],'
      .. '"env":{"A":"1"}}', json.encode(job))
  end)

  it("writes indented JSON without a final newline, markup escaped (03 cases 22, 23)", function()
    local text = document.encode(plan_of(own))
    assert.equal("}", text:sub(-1))
    local head = '{\n  "apiVersion": "orun.io/v1",\n  "kind": "Plan",\n  "metadata": {\n    "name": "demo"\n  },'
    assert.equal(head, text:sub(1, #head))
    assert.truthy(text:find('make a \\u0026\\u0026 make b', 1, true))
    local step = document.make("step", { id = "x", run = "a < b && c é" })
    assert.equal('{"id":"x","run":"a \\u003c b \\u0026\\u0026 c é"}', json.encode(step))
  end)

  it("writes an empty spec in JSON and none in YAML (03 case 24)", function()
    local plan = document.make("plan", {
      apiVersion = "orun.io/v1", kind = "Plan", metadata = document.make("metadata", { name = "x" }),
      execution = document.make("execution", { concurrency = 4, failFast = true }), spec = document.make("spec", {}), jobs = value.list {},
    })
    assert.truthy(document.encode(plan):find('"spec": {},\n  "jobs": []', 1, true))
    local yaml = document.encode(plan, "yaml")
    assert.is_nil(yaml:find("spec", 1, true))
    assert.equal("apiVersion: orun.io/v1\nkind: Plan\nmetadata:\n    name: x\n"
      .. "execution:\n    concurrency: 4\n    failFast: true\njobs: []\n", yaml)
  end)
end)

describe("plan.checksum", function()
  it("computes the known vector (03 case 1)", function()
    assert.equal(own_sum, checksum.compute(plan_of(own)))
  end)

  it("leaves out what does not decide the work", function()
    local plan = plan_of(own)
    plan.metadata.generatedAt, plan.metadata.workDir, plan.metadata.checksum = "2026-01-01T00:00:00Z", "a", "sha256-0"
    plan.jobs[1].uid, plan.jobs[1].displayName, plan.jobs[1].checkName = "u", "d", "c"
    assert.equal(own_sum, checksum.compute(plan))
    plan.metadata.trigger = { mode = "named-trigger" }
    assert.not_equal(own_sum, checksum.compute(document.arrange(plan)))
  end)

  it("knows a file that is as it was written by its text alone", function()
    local plan = plan_of(own)
    plan.metadata.checksum, plan.metadata.generatedAt = own_sum, "2026-01-01T00:00:00Z"
    plan.jobs[1].uid = "u"
    document.arrange(plan)
    for _, text in ipairs { document.encode(plan), json.encode(plan), (document.encode(plan):gsub("\n *", "\r\n\t ")) } do
      assert.is_true(checksum.is_sealed(text, (json.decode(text))))
    end
    local text = json.encode(plan)
    for _, change in ipairs {
      { "make b", "make c" }, { '"jobs"', '"x":1,"jobs"' }, { "unit", "Unit" }, { own_sum, "sha256-" .. ("0"):rep(64) },
      { own_sum, own_sum:sub(8, 19) },
    } do
      local at, till = text:find(change[1], 1, true)
      local changed = text:sub(1, at - 1) .. change[2] .. text:sub(till + 1)
      assert.is_false(checksum.is_sealed(changed, (json.decode(changed))), change[2])
    end
    assert.is_false(checksum.is_sealed(document.encode(plan, "yaml"), plan))
  end)

  it("tells intact, former, absent and modified apart", function()
    local function verdict(text, sum)
      local plan = plan_of(text)
      plan.metadata.checksum = sum
      return (checksum.verify(plan))
    end
    assert.equal("intact", verdict(own, own_sum))
    assert.equal("intact", verdict(own, own_sum:sub(8, 19)))
    assert.equal("former", verdict(former, former_sum))
    assert.equal("absent", verdict(own, nil))
    assert.equal("modified", verdict(own, former_sum))
    assert.equal("modified", verdict((own:gsub("make b", "make c")), own_sum))
  end)
end)
