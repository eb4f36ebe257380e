local executions = dofile "spec/support/executions.lua"
local json = require "host.json"
local program = dofile "spec/support/program.lua"
local value = require "host.value"
local yaml = require "host.yaml"

local store

local function orun(...)
  return program.run(store.root, { ... }, { ORUN_HOME = store.root .. "/home", TZ = "UTC" })
end

local function from_yaml(text)
  local document = assert(yaml.read(text, "out"))
  return document:value(document:root())
end

local function job(id, more)
  local component, environment, name = id:match "^(.-)@(.-)%.(.+)$"
  local out = {
    id = id, name = name, component = component, environment = environment, composition = "sh", path = "svc/" .. component, timeout = "5m",
    retries = 1, steps = value.list { { id = "make", name = "make", phase = "main", run = "\n\nset -e\n  make\n\n" } },
  }
  for key, v in next, more or {} do out[key] = v end
  return out
end

local function plan()
  return {
    apiVersion = "orun.io/v1", kind = "Plan", metadata = { name = "shop" }, execution = { concurrency = 4, failFast = true },
    spec = { compositionSources = value.list { { name = "kit", kind = "dir", path = "./kit", resolvedDigest = "sha256:1" } } },
    jobs = value.list {
      job "api@dev.deploy-canary",
      job("api@dev.deploy", { dependsOn = value.list { "db@dev.up", "api@dev.deploy-canary" }, parameters = { size = 2, zone = "1" },
        steps = value.list { { id = "login", name = "login", phase = "pre", use = "org/login@v1" },
          { name = "ship", run = "ship it", shell = "bash", onFailure = "continue", with = { url = "https://x" }, env = { A = "1" } } } }),
      job "db@dev.up",
    },
  }
end

local function add_run(id, changes)
  local meta = {
    execId = id, planId = "0123456789ab", planName = "shop", startedAt = "2026-06-01T09:00:00Z", finishedAt = "2026-06-01T09:00:52Z",
    status = "failed", trigger = "cli", user = "kim", jobTotal = 3, jobDone = 1, jobFailed = 1,
  }
  for key, v in next, changes or {} do meta[key] = v end
  store:add(id, { meta = meta, plan = plan(), state = { execId = id, planChecksum = "sha256-0123456789abcdef", jobs = {
    ["db@dev.up"] = { status = "completed", startedAt = "2026-06-01T09:00:00Z", finishedAt = "2026-06-01T09:00:12Z",
      steps = { make = "completed" } },
    ["api@dev.deploy"] = { status = "failed", startedAt = "2026-06-01T09:00:12Z", finishedAt = "2026-06-01T09:00:52Z",
      steps = { login = "completed", ship = "failed" }, lastError = "step ship: exit status 1" },
  } } })
end

describe("orun describe", function()
  before_each(function() store = executions.new() end)
  after_each(function() store:close() end)

  it("has a wide form of everything: the text with what it leaves out otherwise", function()
    store:plan("latest", plan())
    add_run "run-1"
    store:write("intent.yaml", "environments: {dev: }\ncomponents: [{name: api, type: sh, labels: {team: web}, "
      .. "subscribe: {environments: [dev]}}]\n")
    local function adds(words, ...)
      local text = orun("describe", table.unpack(words))
      words[#words + 1], words[#words + 2] = "-o", "wide"
      local wide = orun("describe", table.unpack(words))
      assert.same({ 0, 0 }, { text.code, wide.code }, wide.err)
      for _, part in ipairs { ... } do
        assert.truthy(wide.out:find(part, 1, true), ("%q is not in:\n%s"):format(part, wide.out))
        assert.falsy(text.out:find(part, 1, true), part)
      end
      -- Nothing of the plain text is missing.
      for line in text.out:gmatch "[^\n]+" do assert.truthy(wide.out:find(line, 1, true), line) end
    end
    adds({ "plan" }, "digest: sha256:1", "from: ./kit", "path: svc/api", "timeout: 5m", "retries: 1")
    adds({ "job", "api@dev.deploy" }, "shell: bash", "with url: https://x", 'env A: "1"', "on failure: continue")
    adds({ "component", "api" }, "label team: web", "environments: dev")
    adds({ "run", "run-1" }, "/executions/run-1")
    assert.equal(2, orun("describe", "plan", "-o", "xml").code)
  end)

  it("shows its help, and refuses what it does not know", function()
    local r = orun "describe"
    assert.equal(0, r.code)
    assert.truthy(r.out:find("Usage: orun describe <run|plan|job|component>", 1, true))
    for _, words in ipairs { "jbo", "jbo/x" } do
      r = orun("describe", words)
      assert.equal(2, r.code)
      assert.truthy(r.err:find('error: orun describe does not know "jbo"\nhint: did you mean job?', 1, true), r.err)
    end
  end)

  it("takes the name after a slash, and other names of things", function()
    store:plan("latest", plan())
    add_run "shop-1"
    assert.equal(orun("describe", "job", "db@dev.up").out, orun("describe", "job/db@dev.up").out)
    assert.equal(orun("describe", "run", "shop-1").out, orun("describe", "execution/shop").out)
    assert.equal(orun("describe", "plan").out, orun("describe", "plan/latest").out)
    assert.equal(orun("describe", "run").out, orun("describe", "execution").out)
    assert.equal(orun("describe", "job/db@dev.up", "-o", "json").out, orun("describe", "job", "db@dev.up", "--json").out)
  end)
end)

describe("orun describe plan", function()
  before_each(function() store = executions.new() end)
  after_each(function() store:close() end)

  it("shows its head, its sources and its jobs", function()
    local shown = plan()
    shown.metadata.generatedAt = "2026-01-01T00:00:00Z"
    store:plan("latest", shown)
    local r = orun("describe", "plan")
    assert.equal(0, r.code)
    local out = r.out:gsub("%x%x%x%x%x%x%x%x%x%x%x%x+", "HEX")
    assert.equal(([[
Plan: shop
%s
Plan ID:       HEX
Generated:     2026-01-01T00:00:00Z
Checksum:      sha256-HEX
Concurrency:   4
Fail Fast:     true
Jobs:          3

Composition Sources:
  kit (dir)

Jobs:
  ├─ api@dev.deploy-canary (1 step)
  ├─ api@dev.deploy (2 steps) → db@dev.up, api@dev.deploy-canary
  └─ db@dev.up (1 step)
]]):format(("─"):rep(60)), out)
  end)

  it("tells the time of the file where the plan tells none", function()
    store:plan("latest", plan())
    assert.truthy(orun("describe", "plan").out:find("\nGenerated:     %d%d%d%d%-%d%d%-%d%dT%d%d:%d%d:%d%dZ\n"))
  end)

  it("prints the document as JSON and YAML", function()
    store:plan("rel", plan())
    local r = orun("describe", "plan", "rel", "-o", "json")
    assert.equal("}\n", r.out:sub(-2))
    local document = assert(json.decode(r.out, { order = true }))
    assert.same({ "apiVersion", "kind", "metadata", "execution", "spec", "jobs" }, value.keys(document))
    assert.is_true(value.equal(document, from_yaml(orun("describe", "plan", "rel", "-o", "yaml").out)))
  end)

  it("fails without a plan", function()
    assert.equal(1, orun("describe", "plan").code)
    assert.equal(1, orun("describe", "plan", "ghost").code)
  end)
end)

describe("orun describe job", function()
  before_each(function()
    store = executions.new()
    store:plan("latest", plan())
  end)
  after_each(function() store:close() end)

  it("03 case 34: prefers the exact id, and else takes a unique beginning (decision 1)", function()
    assert.truthy(orun("describe", "job", "api@dev.deploy").out:find("^Job: api@dev.deploy\n"))
    assert.truthy(orun("describe", "job", "api.dev.deploy").out:find("^Job: api@dev.deploy\n"))
    assert.truthy(orun("describe", "job", "db").out:find("^Job: db@dev.up\n"))
    local r = orun("describe", "job", "api")
    assert.equal(1, r.code)
    assert.truthy(r.err:find('"api" may be any of these jobs: api@dev.deploy, api@dev.deploy-canary', 1, true))
    r = orun("describe", "job", "db@dev.pu")
    assert.equal(1, r.code)
    assert.truthy(r.err:find("hint: did you mean db@dev.up?", 1, true), r.err)
    assert.equal(2, orun("describe", "job").code)
  end)

  it("shows settings, steps and how it went", function()
    add_run "shop-1"
    assert.equal(([[
Job: api@dev.deploy
%s
Component:     api
Environment:   dev
Composition:   sh
Path:          svc/api
Timeout:       5m
Retries:       1
Dependencies:  api@dev.deploy-canary, db@dev.up

Parameters:
  size: 2
  zone: "1"

Steps:
  1. login [pre]
     use: org/login@v1
  2. ship
     ship it

State:
Run:           shop-1
Status:        ✗ failed  40.0s
Error:         step ship: exit status 1
  ✓ login
  ✗ ship
]]):format(("─"):rep(60)), orun("describe", "job", "api@dev.deploy").out)
    assert.truthy(orun("describe", "job", "db").out:find("  1. make\n     set -e\n       make\n", 1, true))
    assert.truthy(orun("describe", "job", "api@dev.deploy-canary").out:find("Status:        ○ pending\n", 1, true))
  end)

  it("prints data", function()
    add_run "shop-1"
    local document = assert(json.decode(orun("describe", "job", "api@dev.deploy", "-o", "json").out))
    assert.equal("ship it", document.job.steps[2].run)
    assert.same({ "shop-1", "failed" }, { document.execution.execID, document.execution.state.status })
    assert.is_true(value.equal(document, from_yaml(orun("describe", "job", "api@dev.deploy", "-o", "yaml").out)))
    assert.is_nil(json.decode(orun("describe", "job", "api@dev.deploy-canary", "--json").out).execution)
  end)
end)

describe("orun describe run", function()
  before_each(function() store = executions.new() end)
  after_each(function() store:close() end)

  it("shows a run with its jobs in the order of the plan", function()
    add_run "shop-1"
    local r = orun("describe", "run")
    assert.equal(0, r.code)
    assert.equal([[

▲ orun shop
  Run:           shop-1
  Plan:          shop (0123456789ab)
  Started:       2026-06-01T09:00:00Z
  Finished:      2026-06-01T09:00:52Z
  Trigger:       cli
  User:          kim
  Status:        ✗ failed
  Duration:      52.0s
  Jobs:          ✓ 1 succeeded · ◐ 0 running · ○ 1 not started · ✗ 1 failed

  ├─ ○ api@dev.deploy-canary  pending
  │    ○ make
  ├─ ✗ api@dev.deploy  failed  40.0s
  │    step ship: exit status 1
  │    ✓ login
  │    ✗ ship
  └─ ✓ db@dev.up  completed  12.0s
       ✓ make
]], r.out)
  end)

  it("finds the latest by its link, else the newest, and others by a unique beginning", function()
    add_run("shop-1", { startedAt = "2026-06-01T09:00:00Z" })
    add_run("shop-2", { startedAt = "2026-06-02T09:00:00Z" })
    assert(require("host.fs").symlink("ghost", store.root .. "/.orun/executions/latest"))
    assert.truthy(orun("describe", "run").out:find("Run:           shop-2\n", 1, true))
    assert(require("host.fs").symlink("shop-1", store.root .. "/.orun/executions/latest"))
    assert.truthy(orun("describe", "run", "latest").out:find("Run:           shop-1\n", 1, true))
    local r = orun("describe", "run", "shop")
    assert.equal(1, r.code)
    assert.truthy(r.err:find("several executions begin with shop: shop-1, shop-2", 1, true))
    assert.equal(1, orun("describe", "run", "ghost").code)
  end)

  it("prints what status prints as data", function()
    add_run "shop-1"
    assert.equal(orun("status", "--json").out, orun("describe", "run", "-o", "json").out)
    assert.is_true(value.equal(json.decode(orun("describe", "run", "--json").out), from_yaml(orun("describe", "run", "-o", "yaml").out)))
  end)

  it("fails when there is none", function()
    local r = orun("describe", "run")
    assert.equal(1, r.code)
    assert.truthy(r.err:find("error: there is no execution yet in ", 1, true))
  end)
end)

describe("orun describe component", function()
  before_each(function()
    store = executions.new()
    store:write("intent.yaml", "environments: {dev: {}}\ncomponents: [{name: api, type: sh, subscribe: {environments: [dev]}}]\n")
  end)
  after_each(function() store:close() end)

  it("is the detail of its listing", function()
    local out = orun("get", "components", "api").out
    assert.truthy(out:find("[dev]", 1, true))
    assert.equal(out, orun("describe", "component", "api").out)
    assert.equal(out, orun("describe", "comp/api").out)
    assert.equal(orun("get", "components", "api", "-o", "yaml").out, orun("describe", "component", "api", "-o", "yaml").out)
    assert.equal(1, orun("describe", "component", "ghost").code)
    assert.equal(2, orun("describe", "component").code)
  end)
end)
