local difference = require "orun.plan.difference"
local json = require "host.json"
local value = require "host.value"

local function job(id, more)
  local component, environment, name = id:match "^(.-)[@.](.-)%.(.+)$"
  local out = {
    id = id, uid = "job_" .. id, name = name, component = component, environment = environment, composition = "sh",
    steps = value.list { { id = "make", name = "make", phase = "main", run = "make\n" } },
  }
  for key, v in next, more or {} do out[key] = v end
  return out
end

local function plan(jobs, more)
  local out = {
    apiVersion = "orun.io/v1", kind = "Plan", metadata = { name = "shop", checksum = "sha256-" .. #jobs },
    execution = { concurrency = 4, failFast = true }, spec = {}, jobs = value.list(jobs),
  }
  for key, v in next, more or {} do out[key] = v end
  return out
end

local function compare(before, after, frames)
  return difference.compare(plan(before, frames and frames[1]), plan(after, frames and frames[2]))
end

-- Changes as `path: before -> after`.
local function texts(changes)
  local out = {}
  for i, change in ipairs(changes) do
    local function shown(v) return v == nil and "nothing" or json.encode(v) end
    out[i] = ("%s: %s -> %s"):format(table.concat(change.path, "/"), shown(change.before), shown(change.after))
  end
  return out
end

describe("plan difference", function()
  it("is none for plans that do the same", function()
    local before = plan({ job "api@dev.build" }, { metadata = { name = "shop", checksum = "x", generatedAt = "a", workDir = "b" } })
    local after = plan { job("api@dev.build", { uid = "other", displayName = "Build", checkName = "api" }) }
    local found = difference.compare(before, after)
    assert.is_true(found.same)
    assert.equal(1, found.jobs.unchanged)
  end)

  it("takes both forms of ids for the same job (decision 1)", function()
    local found = compare({ job "db.dev.up", job("api.dev.build", { dependsOn = value.list { "db.dev.up" } }) },
      { job "db@dev.up", job("api@dev.build", { dependsOn = value.list { "db@dev.up" } }) })
    assert.is_true(found.same)
  end)

  it("finds new and gone jobs, environments, components and their edges", function()
    local found = compare({ job "api@dev.build", job("old@dev.build", { dependsOn = value.list { "api@dev.build" } }) },
      { job "api@dev.build", job("api@prod.build", { advisoryDependsOn = value.list { "api@dev.build" } }) })
    assert.is_false(found.same)
    assert.same({ "api@prod.build" }, { found.jobs.added[1].id, found.jobs.added[2] })
    assert.same({ "old@dev.build" }, { found.jobs.removed[1].id, found.jobs.removed[2] })
    assert.same({ added = { "prod" }, removed = {} }, found.environments)
    assert.same({ added = {}, removed = { "old" } }, found.components)
    assert.same({
      added = { { job = "api@prod.build", on = "api@dev.build", kind = "advisoryDependsOn" } },
      removed = { { job = "old@dev.build", on = "api@dev.build", kind = "dependsOn" } },
    }, found.edges)
  end)

  it("names every field, key by key", function()
    local found = compare(
      { job("a@dev.x", { timeout = "5m", env = { A = "1", B = "2" }, parameters = { size = 1, tags = value.list { "a" } } }) },
      { job("a@dev.x", { env = { A = "1", B = "3" }, labels = { ["team/x"] = "y" }, parameters = { size = 1.5, tags = value.list {} } }) })
    assert.same({
      'env/B: "2" -> "3"', 'labels/team/x: nothing -> "y"', "parameters/size: 1 -> 1.5", 'parameters/tags: ["a"] -> []',
      'timeout: "5m" -> nothing',
    }, texts(found.jobs.changed[1].fields))
    assert.same({ "labels", "team/x" }, found.jobs.changed[1].fields[2].path)
  end)

  it("shows the change of a command as a text diff", function()
    local steps = value.list { { id = "make", name = "make", phase = "main", run = "set -e\nmake\n" } }
    local found = compare({ job "a@dev.x" }, { job("a@dev.x", { steps = steps }) })
    local step = found.jobs.changed[1].steps[1]
    assert.same({ "make", "changed" }, { step.id, step.change })
    assert.same({ " ", "make" }, step.fields[1].hunks[1].lines[2])
    assert.same({ "+", "set -e" }, step.fields[1].hunks[1].lines[1])
  end)

  it("tells new, gone and moved steps apart", function()
    local function steps(names)
      local list = value.list {}
      for name in names:gmatch "%S+" do list[#list + 1] = { id = name, run = name } end
      return { steps = list }
    end
    local found = compare({ job("a@dev.x", steps "one two three gone") }, { job("a@dev.x", steps "three new one two") })
    local out = {}
    for i, step in ipairs(found.jobs.changed[1].steps) do
      out[i] = ("%s %s%s"):format(step.id, step.change, step.moved and " moved" or "")
    end
    assert.same({ "three changed moved", "new added", "gone removed" }, out)
    assert.is_true(compare({ job("a@dev.x", steps "a a b") }, { job("a@dev.x", steps "a a b") }).same)
  end)

  it("tells how an edge changed its kind, and which gates came and went", function()
    local function gate(environment) return { type = "approval", environment = environment, component = "a", condition = "approved" } end
    local found = compare(
      { job "b@dev.x", job("a@dev.x", { dependsOn = value.list { "b@dev.x" }, gates = value.list { gate "dev" } }) },
      { job "b@dev.x", job("a@dev.x", { advisoryDependsOn = value.list { "b@dev.x" }, gates = value.list { gate "prod" } }) })
    local changed = found.jobs.changed[1]
    assert.same({ { job = "a@dev.x", on = "b@dev.x", kind = "advisoryDependsOn" } }, changed.edges.added)
    assert.same({ { job = "a@dev.x", on = "b@dev.x", kind = "dependsOn" } }, changed.edges.removed)
    assert.same({ added = { gate "prod" }, removed = { gate "dev" } }, changed.gates)
  end)

  it("compares metadata, execution, bindings and composition sources", function()
    local function source(name, digest) return { name = name, kind = "dir", path = "./" .. name, resolvedDigest = digest } end
    local found = compare({}, {}, {
      { metadata = { name = "a", trigger = { mode = "named-trigger", scope = "" } }, spec = {
        jobBindings = { sh = "kit" }, compositionSources = value.list { source("kit", "sha256:1"), source("gone", "sha256:2") } } },
      { metadata = { name = "a", description = "d" }, execution = { concurrency = 4, failFast = false }, spec = {
        jobBindings = { sh = "kit" }, compositionSources = value.list { source("kit", "sha256:3"), source("new", "sha256:2") } } },
    })
    assert.same({
      "execution/failFast: true -> false", 'metadata/description: nothing -> "d"', 'metadata/trigger/mode: "named-trigger" -> nothing',
      'metadata/trigger/scope: "" -> nothing',
    }, texts(found.fields))
    assert.same({ "new", "gone", "kit" }, { found.sources.added[1].name, found.sources.removed[1].name, found.sources.changed[1].name })
    assert.same({ 'resolvedDigest: "sha256:1" -> "sha256:3"' }, texts(found.sources.changed[1].fields))
    assert.is_false(found.same)
  end)

  it("notices another order of the sources", function()
    local function spec(...) return { spec = { compositionSources = value.list { ... } } } end
    local a, b = { name = "a" }, { name = "b" }
    assert.same({ 'spec/compositionSources: ["a","b"] -> ["b","a"]' }, texts(compare({}, {}, { spec(a, b), spec(b, a) }).fields))
  end)
end)
