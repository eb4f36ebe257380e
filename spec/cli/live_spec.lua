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

  -- What a run writes to a terminal. Its job ends when it was seen there that it runs.
  local function on_terminal(flags, env)
    if not process.which "script" then pending "needs the program script (util-linux) for a pseudo terminal" end
    local gate = assert(fs.temporary "/tmp/orun-live-")
    finally(function() fs.remove_tree(gate) end)
    p = shop(("until test -e %s/go; do sleep 0.02; done"):format(gate))
    local seen = flags == "" and "Active" or "orun shop"
    local feed = ("until grep -qs '%s' %s/out; do sleep 0.05; done; touch %s/go"):format(seen, gate, gate)
    local command = ("{ %s; } & script -qefc \"stty rows 20 cols 90; '%s' run --exec-id x %s\" %s/out >/dev/null"):format(feed, program.exe,
      flags, gate)
    env.ORUN_HOME, env.NO_COLOR, env.TERM = p.root .. "/home", "1", env.TERM or "xterm"
    local r = assert(process.run { argv = { "sh", "-c", command }, cwd = p.root, env = program.environment(env), timeout = 60 })
    assert.equal(0, r.code, r.output)
    return (assert(fs.read(gate .. "/out")):gsub("\r", ""):gsub("^Script started[^\n]*\n", ""):gsub("\n?Script done.*$", ""))
  end

  it("09 section 9.2: shows on a terminal what runs, until it has ended", function()
    local text = on_terminal("", {})
    local up = "\27%[%d+A\27%[J"
    assert.truthy(text:find("\n  Status:   ✓ 0 succeeded · ◐ 1 running · ○ 1 queued · ✗ 0 failed\n  Progress: ░"), text)
    assert.truthy(text:find("\n  Active\n  │\n  ● api\n  │  └─ [^ ]+ build  %[▓▓▓▓▓▓%]  make 1/1"), text)
    local _, hidden = text:gsub("\27%[%?25l", "")
    local _, shown = text:gsub("\27%[%?25h", "")
    assert.same({ 1, 1 }, { hidden, shown })
    -- With what was taken away taken away, the text of a run in a pipe is left.
    while true do
      local at, last, lines = text:find("\27%[(%d+)A\27%[J")
      if not at then break end
      local kept = text:sub(1, at - 1)
      for _ = 1, lines do kept = kept:gsub("[^\n]*\n$", "") end
      text = kept .. text:sub(last + 1)
    end
    assert.falsy(text:find(up))
    text = text:gsub("\27%[%?25[hl]", "")
    local blocks = "  ● api\n  │  └─ ✓ api/build  [%d.]+s\n  │\n  ● web\n  │  └─ ✓ web/build  [%d.]+s\n"
    assert.truthy(text:find("· local · dev\n\n" .. blocks .. "\n✓ Done in"), text)
  end)

  it("moves no cursor where everything is shown, in CI, and on a terminal that cannot", function()
    for _, case in ipairs { { "--verbose", {} }, { "", { CI = "true" } }, { "", { TERM = "dumb" } } } do
      local flags = case[1] == "" and "--concurrency 4" or case[1]
      local text = on_terminal(flags, case[2])
      assert.falsy(text:find("\27%[%?25l"), text)
      assert.falsy(text:find("\27%[%d*A"), text)
    end
  end)

  it("prints warnings before it starts", function()
    p = shop "echo {{ .nothing }}"
    local command = ('"%s" run --exec-id warned 2>&1'):format(program.exe)
    local r = assert(process.run { argv = { "sh", "-c", command }, cwd = p.root, env = process.environ() })
    assert.truthy(r.output:find("^warning: "), r.output)
    assert.falsy(r.output:find("\nwarning: .*▲.*warning: "))
  end)
end)
