local compiler = require "orun.compiler"
local diagnostic = require "orun.diagnostic"
local platform = dofile "spec/support/platform.lua"
local program = dofile "spec/support/program.lua"
local sources = dofile "spec/support/sources.lua"

local intent = [[
environments:
  dev: {activation: {triggerRefs: [push, push, phus]}}
automation:
  triggerBindings:
    push: {on: {event: push}, plan: {scope: chnaged}}
    pr:
      on: {provider: github}
    "": {on: {provider: github, event: push}}
]]

local found = {
  "2 42 trigger.duplicate-ref", "2 48 trigger.unknown-ref", "5 16 trigger.provider-required", "5 45 trigger.scope",
  "7 11 trigger.event-required", "8 5 trigger.binding-name",
}
local orphans = { "6 5 trigger.unused", "8 5 trigger.unused" }

local function said(list)
  local out = {}
  for i, d in ipairs(diagnostic.sorted(list)) do out[i] = ("%d %d %s"):format(d.line, d.column, d.kind) end
  return out
end

describe("trigger bindings", function()
  after_each(function()
    platform.clean()
    sources.clean()
  end)

  it("must be well-formed for validate, all at once (decision 17)", function()
    local p = platform.new { ["intent.yaml"] = intent }
    local report = diagnostic.collector()
    local ok, failure = pcall(compiler.validate, { cwd = p.root }, report)
    assert.is_false(ok)
    assert.same(found, said(failure.errors))
    assert.same(orphans, said(report.warnings))
    assert.equal("did you mean push?", diagnostic.sorted(failure.errors)[2].hint)
    assert.equal("did you mean changed?", diagnostic.sorted(failure.errors)[4].hint)
  end)

  it("are only warned about when a plan is compiled", function()
    local p = sources.new {
      ["intent.yaml"] = intent .. sources.intent, ["kit/compositions/sh/composition.yaml"] = sources.composition "sh",
    }
    local compiled, report = p:compile()
    assert.is_table(compiled)
    local all = table.move(orphans, 1, 2, #found + 1, table.move(found, 1, #found, 1, {}))
    table.sort(all)
    assert.same(all, said(report.warnings))
    assert.equal(0, program.run(p.root, { "plan" }).code)
    assert.equal(1, program.run(p.root, { "plan", "--strict" }).code)
    assert.equal(1, program.run(p.root, { "validate" }).code)
  end)

  it("do not concern listings", function()
    local p = platform.new { ["intent.yaml"] = intent }
    local r = program.run(p.root, { "component" })
    assert.same({ 0, "" }, { r.code, r.err })
  end)

  it("are looked at without any binding too", function()
    local p = platform.new { ["intent.yaml"] = "environments: {dev: {activation: {triggerRefs: [push]}}}\n" }
    local r = program.run(p.root, { "validate" })
    assert.equal(1, r.code)
    assert.truthy(r.err:find('environment dev names the trigger "push"', 1, true))
  end)
end)
