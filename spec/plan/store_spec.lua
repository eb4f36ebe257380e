local diagnostic = require "orun.diagnostic"
local document = require "orun.plan.document"
local fs = require "host.fs"
local json = require "host.json"
local reader = require "orun.plan.reader"
local store = require "orun.plan.store"
local value = require "host.value"
local checksum = require "orun.plan.checksum"

local function make(name)
  local plan = document.make("plan", {
    apiVersion = document.api_version, kind = document.kind, metadata = document.make("metadata", { name = name }),
    execution = document.make("execution", { concurrency = 4, failFast = true }), spec = document.make("spec", {}),
    jobs = value.list { document.make("job", {
      id = "api@dev.test", name = "test", component = "api", environment = "dev",
      steps = value.list { document.make("step", { id = "a", phase = "main", run = "true" }) },
      parameters = {
        f = 1000000.0, tiny = 1e-7, big = value.uint64 "18446744073709551615", day = value.time(1577923200), none = value.null,
      },
    }) },
  })
  plan.metadata.checksum = checksum.compute(plan)
  return plan, document.encode(plan)
end

describe("plan.reader", function()
  local dir, file

  before_each(function()
    dir = assert(fs.temporary "/tmp/orun-spec-")
    file = dir .. "/plan.json"
  end)
  after_each(function() fs.remove_tree(dir) end)

  local function read(jobs)
    assert(fs.write(file, '{"metadata": {"name": "p"}, "jobs": [' .. jobs .. ']}'))
    return pcall(reader.read, file)
  end

  it("refuses two jobs of one name", function()
    local job = '{"id": "a@e.j", "component": "a", "environment": "e"}'
    local ok, err = read(job .. "," .. job)
    assert.is_false(ok)
    assert.equal("plan.malformed", err.errors[1].kind)
    assert.truthy(err.errors[1].message:find("jobs[0] and jobs[1] are both named a@e.j", 1, true))
  end)

  it("reads null lists of a job as absent ones", function()
    local ok, plan = read '{"id": "a@e.j", "component": "a", "environment": "e", "dependsOn": null, "steps": null}'
    assert.is_true(ok)
    assert.is_nil(plan.jobs[1].dependsOn)
    assert.same({}, plan.jobs[1].steps)
  end)
end)

describe("plan.store", function()
  local root, plans

  before_each(function()
    root = assert(fs.temporary "/tmp/orun-spec-")
    plans = store.open(root .. "/.orun")
  end)
  after_each(function() fs.remove_tree(root) end)

  it("keeps a plan under its id, latest and its name, with identical bytes", function()
    local plan, text = make "one"
    local file = assert(plans:save(plan, text, { name = "rel" }))
    local id = plan.metadata.checksum:sub(8, 19)
    assert.equal(root .. "/.orun/plans/" .. id .. ".json", file)
    for _, name in ipairs { id, "latest", "rel" } do assert.equal(text, fs.read(("%s/.orun/plans/%s.json"):format(root, name))) end
    assert.equal("directory", fs.stat(root .. "/.orun/executions").type)
    assert.truthy(fs.read(root .. "/.orun/.gitignore"):find("plans/", 1, true))
  end)

  it("refuses names that are no file names or look like another plan's id", function()
    local plan, text = make "one"
    for _, name in ipairs { "a/b", "", ".x", "0123456789ab" } do
      local file, err = plans:save(plan, text, { name = name })
      assert.is_nil(file)
      assert.equal("plan.name", err.kind)
    end
    assert.is_false(fs.exists(root .. "/.orun"))
  end)

  it("finds plans by latest, name, prefix, checksum and path (03 case 27)", function()
    local plan, text = make "one"
    local sum = plan.metadata.checksum
    local file = assert(plans:save(plan, text, { name = "rel" }))
    for _, ref in ipairs { "latest", "rel", sum:sub(8, 13), sum:sub(8, 19), sum, sum:sub(8), sum:sub(1, 15), file } do
      local path = plans:resolve(ref)
      assert.equal(text, path and fs.read(path), ref)
    end
    assert.equal(text, fs.read((plans:resolve())))
    local path, err = plans:resolve "zzz"
    assert.is_nil(path)
    assert.equal("plan.not-found", err.kind)
    assert.equal("`orun get plans` lists the stored plans", err.hint)
    err = select(2, plans:resolve "rle")
    assert.equal("did you mean rel? `orun get plans` lists the stored plans", err.hint)
  end)

  it("says how it found one, so that a component can go before a prefix", function()
    local plan, text = make "one"
    assert(plans:save(plan, text, { name = "release" }))
    assert.equal("name", select(2, plans:resolve "release"))
    assert.equal("prefix", select(2, plans:resolve "rele"))
    assert.equal("prefix", select(2, plans:resolve(plan.metadata.checksum:sub(8, 10))))
    assert.equal("name", select(2, plans:resolve(plan.metadata.checksum)))
  end)

  it("does not guess between plans", function()
    local one, text_one = make "one"
    local two, text_two = make "two"
    assert(plans:save(one, text_one, { name = "rel-1" }))
    assert(plans:save(two, text_two, { name = "rel-2" }))
    local path, err = plans:resolve "rel"
    assert.is_nil(path)
    assert.equal("plan.ambiguous", err.kind)
    assert.truthy(err.message:find("rel-1, rel-2", 1, true))
  end)

  it("does not take a longer checksum that differs after the stored digits", function()
    local plan, text = make "one"
    assert(plans:save(plan, text))
    local wrong = plan.metadata.checksum:sub(8, 19) .. ("0"):rep(52)
    assert.is_nil((plans:resolve(wrong)))
  end)

  it("says what to do when nothing is stored", function()
    local path, err = plans:resolve "latest"
    assert.is_nil(path)
    assert.equal("plan.none", err.kind)
    assert.truthy(err.hint:find("orun plan", 1, true))
    assert.same({}, plans:list())
  end)

  it("lists plans by file name", function()
    local plan, text = make "one"
    assert(plans:save(plan, text, { name = "rel" }))
    assert(fs.write(root .. "/.orun/plans/zz.json", "broken"))
    local list = plans:list()
    assert.equal(4, #list)
    assert.same({ "rel", plan.metadata.checksum:sub(8, 19), 1 }, { list[3].name, list[3].short, list[3].jobs })
    assert.same({ "zz", "", 0 }, { list[4].name, list[4].short, list[4].jobs })
  end)
end)

describe("plan.reader", function()
  local root

  before_each(function() root = assert(fs.temporary "/tmp/orun-spec-") end)
  after_each(function() fs.remove_tree(root) end)

  local function read(name, text, options)
    local path = root .. "/" .. name
    assert(fs.write(path, text))
    local report = diagnostic.collector()
    local ok, result = pcall(reader.read, path, options, report)
    if ok then return result, report end
    assert.is_true(diagnostic.is(result), tostring(result))
    return nil, result.errors[1].kind
  end

  it("reads back what was written, in both forms", function()
    local plan, text = make "one"
    for name, bytes in next, { ["p.json"] = text, ["p.yaml"] = document.encode(plan, "yaml"), ["p.txt"] = document.encode(plan, "yaml") } do
      local got, report = read(name, bytes)
      assert.equal(text, got and document.encode(got), tostring(report))
      assert.same({}, report.warnings)
    end
  end)

  it("refuses an edited plan unless told otherwise, and then gives it a checksum of its own", function()
    local _, text = make "one"
    local edited = text:gsub('"run": "true"', '"run": "false"')
    local _, kind = read("p.json", edited)
    assert.equal("plan.modified", kind)
    local plan, report = read("p.json", edited, { allow_modified = true })
    assert.equal("plan.modified", report.warnings[1].kind)
    assert.equal(checksum.compute(plan), plan.metadata.checksum)
  end)

  it("gives a plan without checksum one, with uids", function()
    local _, text = make "one"
    local plan, report = read("p.json", (text:gsub(',\n    "checksum": "[^"]*"', "")))
    assert.same({}, report.warnings)
    assert.equal(checksum.compute(plan), plan.metadata.checksum)
    assert.equal("api · dev · Test", plan.jobs[1].checkName)
    assert.truthy(plan.jobs[1].uid:find("^job_%x%x%x%x%x%x%x_"))
  end)

  it("accepts the checksum of earlier versions with a warning and keeps it", function()
    local plan = make "one"
    plan.metadata.checksum = nil
    plan.metadata.generatedAt = "2026-01-01T00:00:00Z"
    document.arrange(plan)
    local sum = "sha256-" .. require("host.hash").sha256(json.encode(plan))
    plan.metadata.checksum, plan.metadata.workDir = sum, "x"
    plan.spec.compositionSources = value.list { { name = "s", kind = "dir", resolvedDigest = "sha256:00" } }
    local got, report = read("p.json", document.encode(document.arrange(plan)))
    assert.equal("plan.former-checksum", report.warnings[1].kind)
    assert.equal(sum, got.metadata.checksum)
  end)

  it("names what is wrong with a file that is no plan", function()
    assert.equal("plan.malformed", select(2, read("p.json", "[]")))
    assert.equal("plan.malformed", select(2, read("p.json", "{}")))
    assert.equal("plan.malformed", select(2, read("p.json", '{"apiVersion":"orun.io/v1","jobs":[{"id":1}]}')))
    assert.equal("plan.malformed", select(2, read("p.json", '{"apiVersion":"orun.io/v1","jobs":{}}')))
    assert.equal("plan.syntax", select(2, read("p.json", '{"a": [')))
    local ok, failure = pcall(reader.read, root .. "/none.json")
    assert.is_false(ok)
    assert.equal("plan.unreadable", failure.errors[1].kind)
  end)
end)
