-- What a real run prints, and what its viewers show of it afterwards.
local fs = require "host.fs"
local json = require "host.json"
local platform = dofile "spec/support/platform.lua"
local process = require "host.process"
local program = dofile "spec/support/program.lua"

local p

local function orun(...)
  return program.run(p.root, { ... }, { ORUN_HOME = p.root .. "/home" })
end

local function shop(script)
  return platform.new {
    ["intent.yaml"] = [[
kind: Intent
metadata: {name: shop}
compositions: {sources: [{name: kit, kind: dir, path: ./kit}]}
environments: {dev: {}}
components:
  - {name: api, type: sh, subscribe: {environments: [dev]}}
  - {name: web, type: sh, subscribe: {environments: [dev]}, dependsOn: [{component: api}]}
]],
    ["kit/stack.yaml"] = "kind: Stack\nmetadata: {name: kit}\n",
    ["kit/compositions/sh/composition.yaml"] = [[
kind: Composition
metadata: {name: sh}
spec:
  type: sh
  defaultJob: build
  parameterSchema: {type: object}
  jobs: [{name: build, steps: [{name: make, run: "]] .. script .. [["}]}]
]],
  }
end

describe("a run", function()
  after_each(function() platform.clean() end)

  it("09 cases 23 and 24: a piped one has a header, a block per component, hints, no escapes; a link counts once", function()
    p = shop "echo 'Preview URL: https://x.dev'; echo 'Preview URL: https://x.dev'"
    local r = orun("run", "--exec-id", "first")
    assert.equal(0, r.code, r.err)
    assert.falsy(r.out:find "\27")
    assert.truthy(r.out:find("^\n▲ orun shop\n  Plan: %x+  ·  Run: first\n"), r.out)
    assert.truthy(r.out:find("\n  Scope: 2 components · 2 jobs · 4× parallel · 1 component at a time · local · dev\n\n", 1, true), r.out)
    local link = "  │       ↗ Preview URL  https://x%.dev\n"
    local blocks = "  ● api\n  │  └─ ✓ api/build  [%d.]+s\n" .. link .. "  │\n  ● web\n  │  └─ ✓ web/build  [%d.]+s\n" .. link
    assert.truthy(r.out:find(blocks), r.out)
    assert.truthy(r.out:find("\n✓ Done in [%d.]+s\n  2 succeeded\n"))
    assert.truthy(r.out:find("\n\n  status  orun status --exec-id first\n  logs    orun logs --exec-id first\n", 1, true))
    local links = json.decode(orun("status", "--json").out).meta.links
    assert.equal("Preview URL", links[1].label)
    for i, found in ipairs(links) do
      for j = 1, i - 1 do assert.not_equal(found.url .. found.label, links[j].url .. links[j].label) end
    end
  end)

  it("can be looked at while it runs, and is over when it is", function()
    local gate = assert(fs.temporary "/tmp/orun-live-")
    finally(function() fs.remove_tree(gate) end)
    p = shop(("until test -e %s/go; do sleep 0.02; done"):format(gate))
    local running = assert(process.start {
      argv = { program.exe, "run", "--exec-id", "slow", "--isolation", "none" }, cwd = p.root, output = "null", env = process.environ(),
    })
    local text
    repeat
      text = orun("status").out
    until text:find("◐ build  running", 1, true)
    assert.truthy(text:find("State: running", 1, true))
    assert.truthy(text:find("○ web\n     └─ ○ build  queued\n", 1, true), text)
    assert.truthy(orun("get", "runs").out:find("◐ slow +running"))
    assert(fs.write(gate .. "/go", ""))
    assert.equal(0, running:wait().code)
    assert.truthy(orun("status", "--watch").out:find("State: completed", 1, true))
  end)

  it("goes on when nobody reads what it prints", function()
    p = shop "true"
    local env = process.environ()
    env.ORUN_HOME = p.root .. "/home"
    local command = ('"%s" run --exec-id unread 2>&1 | head -n 2 >/dev/null'):format(program.exe)
    assert(process.run { argv = { "sh", "-c", command }, cwd = p.root, env = env })
    assert.equal("completed", json.decode(orun("status", "--exec-id", "unread", "--json").out).meta.status)
  end)

  it("prints warnings before it starts", function()
    p = shop "echo {{ .nothing }}"
    local command = ('"%s" run --exec-id warned 2>&1'):format(program.exe)
    local r = assert(process.run { argv = { "sh", "-c", command }, cwd = p.root, env = process.environ() })
    assert.truthy(r.output:find("^warning: "), r.output)
    assert.falsy(r.output:find("\nwarning: .*▲.*warning: "))
  end)
end)
