-- Every listing in every form.
local executions = dofile "spec/support/executions.lua"
local json = require "host.json"
local program = dofile "spec/support/program.lua"
local value = require "host.value"
local yaml = require "host.yaml"

local store

local function orun(...)
  return program.run(store.root, { ... }, { ORUN_HOME = store.root .. "/home" })
end

local function from_yaml(text)
  local document = assert(yaml.read(text, "out"))
  return document:value(document:root())
end

local resources = { "plans", "jobs", "runs", "components", "environments" }

describe("orun get", function()
  before_each(function()
    store = executions.new()
    store:write("intent.yaml", "environments: {dev: {policies: {a: 1}}}\n"
      .. "components: [{name: api, type: sh, subscribe: {environments: [dev]}}]\n")
    store:plan("rel", { metadata = { name = "shop", checksum = "sha256-0123456789abcdef" }, jobs = {
      { id = "api@dev.build", name = "build", component = "api", environment = "dev", composition = "sh", steps = value.list {} },
    } })
    store:plan("latest", { metadata = { name = "shop" }, jobs = {
      { id = "api@dev.build", name = "build", component = "api", environment = "dev", composition = "sh", steps = value.list {} },
    } })
    store:add("run-1", { meta = { execId = "run-1", planId = "0123456789ab", planName = "shop", status = "completed", trigger = "cli",
      user = "kim", startedAt = "2026-06-01T09:00:00Z", finishedAt = "2026-06-01T09:01:05Z", jobTotal = 1, jobDone = 1 } })
  end)
  after_each(function() store:close() end)

  for _, resource in ipairs(resources) do
    it("prints " .. resource .. " as JSON and as YAML alike", function()
      local r = orun("get", resource, "-o", "json")
      assert.equal(0, r.code)
      assert.equal("\n", r.out:sub(-1))
      local document = assert(json.decode(r.out))
      assert.truthy(next(document))
      assert.equal(r.out, orun("get", resource, "--json").out)
      assert.is_true(value.equal(document, from_yaml(orun("get", resource, "-o", "yaml").out)))
    end)

    it("has a wide form of " .. resource, function()
      local narrow, wide = orun("get", resource).out, orun("get", resource, "-o", "wide").out
      assert.truthy(wide ~= "" and wide ~= narrow or resource == "environments")
      assert.equal(2, orun("get", resource, "-o", "xml").code)
    end)

    it("prints nothing as an empty document of " .. resource, function()
      require("host.fs").remove_tree(store.root .. "/.orun")
      store:write("intent.yaml", "")
      local empty = resource == "environments" and "{}\n" or "[]\n"
      assert.equal(empty, orun("get", resource, "-o", "json").out)
      assert.equal(empty, orun("get", resource, "-o", "yaml").out)
    end)
  end

  it("03 case 26: plans have their keys in order and are found by name", function()
    local list = json.decode(orun("get", "plans", "-o", "json").out, { order = true })
    assert.same({ "Name", "Path", "Checksum", "Jobs", "CreatedAt" }, value.keys(list[1]))
    for _, entry in ipairs(list) do
      if entry.Name == "rel" then assert.equal("0123456789ab", entry.Checksum) end
    end
  end)

  it("03 case 35: jobs of a component that the plan does not have are an empty list", function()
    store:write("svc/ghost/component.yaml", "kind: Component\nmetadata: {name: ghost}\nspec: {type: sh}\n")
    store:write("intent.yaml", "discovery: {roots: [svc]}\nenvironments: {dev: {}}\n")
    local r = program.run(store.root .. "/svc/ghost", { "get", "jobs", "-o", "json" }, { ORUN_HOME = store.root .. "/home" })
    assert.same({ 0, "[]\n", "" }, { r.code, r.out, r.err })
  end)

  it("shows ids, durations, triggers and users of runs when wide", function()
    local out = orun("get", "runs", "-o", "wide").out
    assert.truthy(out:find("RESULT +PLAN ID +DURATION +TRIGGER +USER +AGE\n"), out)
    assert.truthy(out:find("1/1 +0123456789ab +1m05s +cli +kim +%d+d ago\n"), out)
  end)
end)
