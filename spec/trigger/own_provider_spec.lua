-- Event providers of a checkout: found after those that ship, run in a sandbox.
local fs = require "host.fs"
local json = require "host.json"
local program = dofile "spec/support/program.lua"
local sources = dofile "spec/support/sources.lua"

local intent = sources.intent .. [[
environments: {dev: {activation: {triggerRefs: [forge]}}, prod: {activation: {triggerRefs: [push]}}}
automation:
  triggerBindings:
    forge: {on: {provider: forge, event: merge, branches: [main]}}
    push: {on: {provider: github, event: push}}
components: [{name: web, type: sh, subscribe: {environments: [dev, prod]}}]
]]

local forge = [[
return {
  detect = function(env) return env.FORGE == "yes" end,
  event = function(payload, env)
    if not payload then return { event = "merge", branch = env.FORGE_BRANCH, actor = env.FORGE_TOKEN } end
    return { event = payload.kind, branch = payload.to.name, head = payload.id }
  end,
}
]]

describe("an event provider of a checkout", function()
  local p

  before_each(function()
    p = sources.new {
      ["intent.yaml"] = intent, ["kit/compositions/sh/composition.yaml"] = sources.composition "sh", [".orun/triggers/forge.lua"] = forge,
      ["event.json"] = '{"kind": "merge", "to": {"name": "main"}, "id": "c1"}',
    }
  end)
  after_each(sources.clean)

  local function orun(words, env)
    local names = { GITLAB_CI = "", BUILDKITE = "", ORUN_EVENT_PATH = "" }
    for name, text in next, env or {} do names[name] = text end
    return program.run(p.root, { "plan", "--json", table.unpack(words) }, names)
  end

  local function trigger(words, env)
    local r = orun(words, env)
    assert.equal(0, r.code, r.out)
    return assert(json.decode(r.out)).trigger
  end

  local function failure(words)
    local r = orun(words)
    assert.equal(1, r.code, r.out)
    return assert(json.decode(r.out)).errors[1]
  end

  it("makes events of payloads and of variables", function()
    local found = trigger { "--from-ci", "forge", "--event-file", "event.json" }
    assert.same({ "forge", "merge", "c1", { "dev" } }, { found.provider, found.event, found.head, found.activeEnvironments })
    assert.same({ "forge" }, trigger({ "--from-ci", "forge" }, { FORGE_BRANCH = "main" }).matchedBindings)
  end)

  it("is detected after those that ship", function()
    assert.equal("forge", trigger({ "--from-ci", "auto" }, { FORGE = "yes", FORGE_BRANCH = "main" }).provider)
    p:write("push.json", '{"ref": "refs/heads/main", "before": "a", "after": "b"}')
    local both = { FORGE = "yes", GITHUB_ACTIONS = "true", GITHUB_EVENT_PATH = "push.json" }
    assert.equal("github", trigger({ "--from-ci", "auto" }, both).provider)
  end)

  it("does not see secrets", function()
    p:write(".orun/triggers/forge.lua", (forge:gsub("actor = env.FORGE_TOKEN", "action = tostring(env.FORGE_TOKEN)")))
    assert.equal("nil", trigger({ "--from-ci", "forge" }, { FORGE_BRANCH = "main", FORGE_TOKEN = "s3cret-value" }).action)
  end)

  it("cannot take the place of one that ships, nor its name", function()
    p:write(".orun/triggers/github.lua", 'return { detect = function() return true end, event = function() return { event = "push" } end }')
    local err = failure { "--from-ci", "github" }
    assert.equal("trigger.no-event", err.kind)
    local warning = assert(json.decode(orun({ "--from-ci", "github" }).out)).warnings[1]
    assert.same({ "trigger.hidden", ".orun/triggers/github.lua" }, { warning.kind, warning.file })
    p:write(".orun/triggers/forge.lua", (forge:gsub("{ event = ", '{ provider = "github", event = ')))
    assert.equal("forge", trigger({ "--from-ci", "forge" }, { FORGE_BRANCH = "main" }).provider)
  end)

  it("fails with its file and line", function()
    local function fails(text, message, line)
      p:write(".orun/triggers/forge.lua", text)
      local err = failure { "--from-ci", "forge" }
      assert.equal("trigger.provider-failed", err.kind)
      assert.truthy(err.message:find(message, 1, true), err.message)
      assert.same({ ".orun/triggers/forge.lua", line }, { err.file, err.line })
    end
    fails("return {", "unexpected symbol", 1)
    fails("\nos.exit(0)", "global 'os'", 2)
    fails("return 5", "a table with a function detect", nil)
    fails("return { detect = function() end }", "a table with a function event", nil)
    fails("return {\n  detect = function() end,\n  event = function(p) return p.x end }", "attempt to index", 3)
    fails("return { detect = function() end,\n event = function() while true do end end }", "does not end within", 2)
    fails('return { detect = function() end,\n event = function() require("orun").fail("no merge") end }', "no merge", 2)
  end)

  it("must return an event, or its line is named", function()
    for text, hint in pairs {
      ["return nil"] = "returned nothing", ["return 5"] = "no table", ["return {}"] = "no name", ["return { event = 5 }"] = "no text",
      ['return { event = "x", tag = true }'] = "a tag that is no text",
      ['return { event = "x", brnch = "y" }'] = 'a field "brnch", which no event has; did you mean branch?',
    } do
      p:write(".orun/triggers/forge.lua", "return { detect = function() end,\n\n  event = function() " .. text .. " end }")
      local err = failure { "--from-ci", "forge" }
      assert.same({ "trigger.no-event", ".orun/triggers/forge.lua", 3, 3 }, { err.kind, err.file, err.line, err.column }, text)
      assert.truthy(err.hint:find(hint, 1, true), err.hint)
    end
  end)

  it("has no other fields, and detect says yes or no", function()
    p:write(".orun/triggers/forge.lua", (forge:gsub("return {", "return { refs = print,", 1)))
    assert.equal('an event provider has no field "refs"', failure({ "--from-ci", "forge" }).message)
    p:write(".orun/triggers/forge.lua", (forge:gsub("detect =", "detct =", 1)))
    local err = failure { "--from-ci", "forge" }
    assert.same({ 'an event provider has no field "detct"', "did you mean detect?", 2 }, { err.message, err.hint, err.line })
    p:write(".orun/triggers/forge.lua", (forge:gsub('env.FORGE == "yes"', "env.PATH", 1)))
    err = failure { "--from-ci", "auto" }
    assert.same({ "detect must return true or false, not a string", 2 }, { err.message, err.line })
  end)

  it("shares code with others through a folder", function()
    p:write(".orun/triggers/lib/name.lua", 'return { event = "merge", branch = "main" }')
    p:write(".orun/triggers/forge.lua", 'local e = require "lib.name"\nreturn { detect = function() end, event = function() return e end }')
    assert.equal("merge", trigger({ "--from-ci", "forge" }).event)
  end)

  it("that is broken keeps auto from no other", function()
    p:write(".orun/triggers/aaa.lua", "\nerror('no')")
    p:write(".orun/triggers/zzz.lua", "return {")
    local r = orun({ "--from-ci", "auto" }, { FORGE = "yes", FORGE_BRANCH = "main" })
    assert.equal(0, r.code, r.out .. r.err)
    assert.equal("forge", assert(json.decode(r.out)).trigger.provider)
    assert.truthy(r.err:find("^warning: [^\n]*no\n  %-%-> .orun/triggers/aaa.lua:2:1\n"), r.err)
    local err = failure { "--from-ci", "auto" }
    assert.same({ "trigger.provider-failed", ".orun/triggers/aaa.lua" }, { err.kind, err.file })
  end)

  it("is a regular file in folders that are none of others", function()
    assert(fs.remove(p.root .. "/.orun/triggers/forge.lua"))
    p:write("elsewhere.lua", forge)
    assert(fs.symlink("../../elsewhere.lua", p.root .. "/.orun/triggers/forge.lua"))
    assert.truthy(failure({ "--from-ci", "forge" }).message:find("no regular file", 1, true))
    assert(fs.remove_tree(p.root .. "/.orun/triggers"))
    p:write("triggers/forge.lua", forge)
    assert(fs.symlink("../triggers", p.root .. "/.orun/triggers"))
    assert.equal("trigger.unknown-provider", failure({ "--from-ci", "forge" }).kind)
  end)

  it("is offered by name alone", function()
    p:write(".orun/triggers/loop.lua", "while true do end")
    local r = program.run(p.root, { "__complete", "--line", "orun plan --from-ci " })
    assert.equal("auto\nbuildkite\ngeneric\ngithub\ngitlab\nforge\nloop\n:words\n", r.out)
    assert.truthy(failure({ "--from-ci", "forget" }).hint:find("did you mean forge?", 1, true))
  end)
end)
