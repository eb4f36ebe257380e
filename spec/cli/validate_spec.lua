-- Cases of chapter 01 that speak of an intent and its outcome, through the program.
local json = require "host.json"
local program = dofile "spec/support/program.lua"
local sources = dofile "spec/support/sources.lua"

local head = sources.intent .. "environments: {dev: }\n"

local function component(fields)
  return "components:\n  - {name: web, type: sh, subscribe: {environments: [dev]}" .. (fields and ", " .. fields or "") .. "}\n"
end

local function platform(intent, files)
  local all = { ["intent.yaml"] = head .. intent, ["kit/compositions/sh/composition.yaml"] = sources.composition "sh" }
  for name, text in next, files or {} do all[name] = text end
  return sources.new(all)
end

local function promotion(targets)
  local lines = { "environments:" }
  for _, pair in ipairs(targets) do
    lines[#lines + 1] = ("  %s: {promotion: {dependsOn: [{environment: %s}]}}"):format(pair[1], pair[2])
  end
  return (head:gsub("environments: {dev: }\n", table.concat(lines, "\n") .. "\n"))
end

-- What fails: case, intent after the head, place, texts in the message.
local failing = {
  { 2, "metadata: {name: a}\nmetadata: {name: b}\n", "intent.yaml:4:1", "'metadata'", "line 3" },
  { 3, component 'parameters: {1: a, "1": b}', "intent.yaml:4:80", "'1'" },
  { 5, "components:\n  - {name: web, type: sh, subscribe: [dev]}\n", "intent.yaml:4:38", "must be a mapping" },
  { 6, "components:\n  - {name: web, type: sh, subscribe: {environments: [{profile: x}]}}\n", "intent.yaml:4:54", "requires name" },
  { 8, component "dependsOn: [db]", "intent.yaml:4:73", "must be a mapping" },
  { 13, component 'enabled: "true"', "intent.yaml:4:70", "must be true or false" },
  { 16, "env: {orun_x: 1}\n", "intent.yaml:3:7", "intent root env" },
  { 18, component() .. "  - {name: web, type: sh}\n", "intent.yaml:5:12", "duplicate component name: web" },
  { 19, "components:\n  - {name: web}\n", "intent.yaml:4:5", "component web must have a type" },
  { 20, component "change: {watches: [Groups]}", "intent.yaml:4:80",
    "automation, compositions, discovery, env, environments, execution, extends, groups" },
  { 21, component "dependsOn: [{component: web}, {component: web, include: sometimes}]", "intent.yaml:4:117", "dependsOn[1].include",
    "if-selected or always" },
  { 25, "discovery: {roots: [nope]}\n", "intent.yaml:3:21", "nope" },
}

local function fails(case, p, place, ...)
  local r = program.run(p.root, { "validate" })
  assert.equal(1, r.code, case)
  local head_line, arrow = r.err:match("^error: [^\n]*\n"), r.err:match("%-%-> ([^\n]*)")
  assert.equal(place, arrow, case .. ": " .. r.err)
  for _, part in ipairs { ... } do
    assert.truthy(r.err:find(part, 1, true), ("case %s: %q lacks %q"):format(case, r.err, part))
  end
  assert.truthy(head_line, case)
  assert.truthy(r.err:find("^", 1, true), case)
  local plan = program.run(p.root, { "plan", "--json" })
  assert.equal(1, plan.code, case)
  local err = json.decode(plan.out).errors[1]
  assert.equal(place, ("%s:%d:%d"):format(err.file, err.line, err.column), case)
end

local function plan_of(p)
  local r = program.run(p.root, { "plan", "--all", "-o", "p.json" })
  assert.equal(0, r.code, r.err)
  return assert(json.decode(p:read "p.json")), p:read "p.json"
end

describe("orun validate and orun plan", function()
  after_each(sources.clean)

  for _, case in ipairs(failing) do
    it(("refuse 01 case %d with file, line, column and caret"):format(case[1]), function()
      fails(case[1], platform(case[2]), table.unpack(case, 3))
    end)
  end

  it("refuse circular promotion (01 case 22)", function()
    local p = platform("", { ["intent.yaml"] = promotion { { "a", "b" }, { "b", "c" }, { "c", "a" } } })
    fails(22, p, "intent.yaml:3:30", "a → b → c → a")
  end)

  it("refuse promotion from nowhere (01 case 23)", function()
    fails(23, platform("", { ["intent.yaml"] = promotion { { "prod", "stag" } } }), "intent.yaml:3:48", "environment prod", '"stag"')
  end)

  it("refuse manifests of another kind (01 case 29)", function()
    local p = platform("", { ["svc/x/component.yaml"] = "kind: component\nmetadata: {name: x}\nspec: {type: sh}\n" })
    fails(29, p, "svc/x/component.yaml:1:7", 'must have kind Component, not "component"')
  end)

  it("do not find an intent above the git root, and say where they looked (01 case 30, quirk 26)", function()
    local p = platform("")
    p:write("repo/.git/HEAD", "")
    p:write("repo/a/b/x", "")
    local r = program.run(p.root .. "/repo/a/b", { "plan" })
    assert.equal(1, r.code)
    assert.equal(("error: no intent.yaml found (searched from %s/repo/a/b up to %s/repo)\n"):format(p.root, p.root)
      .. "hint: run orun inside a platform, or name its intent with --intent\n", r.err)
  end)

  it("accept what is odd but harmless, if with a warning by decision 6 (01 cases 1, 4, 15, 17)", function()
    local empty = sources.new { ["intent.yaml"] = "" }
    local r = program.run(empty.root, { "validate" })
    assert.same({ 0, "○ Validating intent...\n✓ Intent is valid\n○ Normalizing intent...\n✓ All validation passed\n", "" },
      { r.code, r.out, r.err })
    assert.equal(0, program.run(platform("kind: Banana\nfoo: 1\n").root, { "validate" }).code)
    assert.equal(0, program.run(platform("env: {ORUNX: 1}\n---\n{ broken\n").root, { "validate" }).code)
  end)

  it("keep texts as written in env and labels, and typed values in parameters (01 cases 9 to 13)", function()
    local plan, text = plan_of(platform(component("env: {V: 1.10}, labels: {l: 010}, enabled: yes, parameters: {v: 1.10, a: 010, b: 08, "
      .. "c: 0o10, d: 1_000, e: 2024-01-02, f: 2024-01-02T03:04:05, g: yes, h: 1e400, i: 18446744073709551615, j: ~}")))
    local job = plan.jobs[1]
    assert.same({ "1.10", "010" }, { job.env.V, job.labels.l })
    for _, line in ipairs {
      '"v": 1.1', '"a": 8,', '"b": 8,', '"c": 8,', '"d": 1000,', '"e": "2024-01-02T00:00:00Z",', '"f": "2024-01-02T03:04:05",',
      '"g": "yes",', '"h": "1e400",', '"i": 18446744073709551615,', '"j": null,',
    } do assert.truthy(text:find(line, 1, true), line) end
  end)

  it("take keys that are no texts as they are written, at any depth (01 quirk 20)", function()
    local p = platform(component "parameters: {1: a, m: {1.50: b, true: c, 2024-01-02: d, l: [{2: e}]}}")
    assert.same({ ["1"] = "a", m = { ["1.50"] = "b", ["true"] = "c", ["2024-01-02"] = "d", l = { { ["2"] = "e" } } } },
      plan_of(p).jobs[1].parameters)
  end)

  it("take merge keys, the earlier entry first (01 case 14)", function()
    local p = platform("groups: {g: {parameterDefaults: {'*': &p {domain: a}}}, h: {parameterDefaults: {'*': &q {domain: b, only: b}}}}\n"
      .. component "parameters: {<<: [*p, *q]}")
    assert.same({ domain = "a", only = "b" }, plan_of(p).jobs[1].parameters)
  end)

  it("name environments by any scalar, except that a point is none of theirs (01 case 7, differs by decision 3)", function()
    local p = platform("", {
      ["intent.yaml"] = sources.intent .. "environments: {dev: , prod: , 1x: }\n"
        .. "components:\n  - {name: web, type: sh, subscribe: {environments: [dev, {name: prod}, null, 1x]}}\n",
    })
    local ids = {}
    for i, job in ipairs(plan_of(p).jobs) do ids[i] = job.id end
    assert.same({ "web@1x.build", "web@dev.build", "web@prod.build" }, ids)
    -- 1.5 is the name `1.5`, not a number; no environment can be called so.
    local r = program.run(platform((component():gsub("%[dev%]", "[dev, 1.5]"))).root, { "validate" })
    assert.equal(0, r.code)
    assert.truthy(r.err:find('warning: the intent declares no environment "1.5"', 1, true), r.err)
    r = program.run(platform("", { ["intent.yaml"] = sources.intent .. "environments: {1.5: }\n" }).root, { "validate" })
    assert.equal(1, r.code)
    assert.truthy(r.err:find("intent.yaml:2:16", 1, true), r.err)
  end)

  it("find manifests in hidden directories, not in node_modules, once for all roots, beside the intent too (01 cases 24, 26 to 28)",
    function()
      local function manifest(name)
        return ("kind: Component\nmetadata: {name: %s}\nspec: {type: sh, subscribe: {environments: [dev]}}\n"):format(name)
      end
      local p = platform('discovery: {roots: ["", " . ", ./]}\n', {
        ["component.yaml"] = manifest "top", [".hidden/h/component.yaml"] = manifest "h",
        ["b/node_modules/x/component.yaml"] = manifest "x",
      })
      local paths = {}
      for i, job in ipairs(plan_of(p).jobs) do paths[i] = job.component .. " " .. job.path end
      assert.same({ "h .hidden/h", "top ./" }, paths)
    end)

  it("prefer intent.yaml to intent.yml (01 case 31)", function()
    local p = platform("", { ["intent.yml"] = "broken: [\n" })
    assert.equal(0, program.run(p.root, { "validate" }).code)
  end)

  it("give a pattern's settings to every environment it matches (01 case 32, quirk 11)", function()
    local p = platform("", {
      ["intent.yaml"] = sources.intent .. 'environments: {prod-eu: }\ncomponents: [{name: web, type: sh, subscribe: {environments: '
        .. '[{name: "prod-*", parameters: {p: 1}}]}}]\n',
    })
    assert.same({ p = 1 }, plan_of(p).jobs[1].parameters)
  end)

  it("select by selectors, domains, layers and templates (01 cases 33 to 38)", function()
    local p = platform("", { ["intent.yaml"] = sources.intent .. [[
environments:
  dev:
    selectors: {components: ["api*"], domains: ["g*"]}
    parameterDefaults: {"*": {p: env, q: env, path: env/path}, sh: {p: env-sh, q: env-sh}}
groups:
  g: {parameterDefaults: {"*": {p: group, q: group, path: "group/{{ .component }}"}}}
components:
  - {name: api-1, type: sh, domain: g, parameters: {p: own, t: " a {{ .environment }} {{ .zzz }} ", n: {k: "{{ .component }}"}}}
  - {name: api-2, type: sh, domain: g, subscribe: {environments: [stg]}}
  - {name: api-3, type: sh}
]] })
    local plan = plan_of(p)
    assert.equal(1, #plan.jobs)
    local job = plan.jobs[1]
    assert.same({ "api-1", "group/api-1" }, { job.component, job.path })
    assert.same({ p = "own", q = "group", t = "a dev", n = { k = "{{ .component }}" } }, job.parameters)
  end)

  it("keep every dependencyMode when there are presets (01 case 43)", function()
    local p = platform("", {
      ["intent.yaml"] = sources.intent .. "extends: [{source: kit, preset: p}]\nenvironments: {dev: {dependencyMode: disabled}}\n"
        .. component(),
      ["kit/stack.yaml"] = sources.stack .. "spec: {intentPresets: [{name: p, path: p.yaml}]}\n",
      ["kit/p.yaml"] = "kind: IntentPreset\nspec: {environments: {dev: {env: {A: 1}}}}\n",
    })
    local job = plan_of(p).jobs[1]
    assert.same({ "disabled", "environment", "1" }, { job.dependencyMode, job.dependencySource, job.env.A })
  end)

  it("run every check of a plan, for all environments and components (01 quirk 7, decision 8)", function()
    local p = platform("components: [{name: web, type: sh, parameters: {size: big}}]\n", {
      ["kit/compositions/sh/composition.yaml"] = (sources.composition "sh"):gsub("{type: object}",
        "{type: object, properties: {parameters: {type: object, properties: {size: {type: integer}}}}}", 1),
    })
    local r = program.run(p.root, { "validate" })
    assert.equal(1, r.code)
    assert.truthy(r.err:find("--> intent.yaml:3:55", 1, true), r.err)
  end)
end)

describe("orun get jobs inside of a component", function()
  after_each(sources.clean)

  it("tells on stderr what it narrows to, but not beside data (01 case 45)", function()
    local function manifest(name, rest)
      return ("kind: Component\nmetadata: {name: %s}\nspec: {type: sh, subscribe: {environments: [dev]}%s}\n"):format(name, rest or "")
    end
    local p = platform("", {
      ["cart/component.yaml"] = manifest("cart", ", dependsOn: [{component: ledger}]"), ["ledger/component.yaml"] = manifest "ledger",
      ["site/component.yaml"] = manifest "site",
    })
    assert.equal(0, program.run(p.root, { "plan" }).code)
    local r = program.run(p.root .. "/cart", { "get", "jobs" })
    assert.equal("context: auto-scoped to component cart (+ 1 dependency: ledger)\nhint: pass --all to include all components\n", r.err)
    assert.falsy(r.out:find("site", 1, true))
    r = program.run(p.root .. "/cart", { "get", "jobs", "-o", "json" })
    assert.equal("", r.err)
    assert.equal(2, #json.decode(r.out))
  end)

  it("gives an empty list where no job is (03 case 35, not null as the reference)", function()
    local p = platform(component(), { ["lone/component.yaml"] = "kind: Component\nmetadata: {name: lone}\nspec: {type: sh}\n" })
    assert.equal(0, program.run(p.root, { "plan" }).code)
    assert.equal("[]\n", program.run(p.root .. "/lone", { "get", "jobs", "-o", "json" }).out)
  end)

  it("gives plans as data with the keys of the reference (03 case 26)", function()
    local p = platform(component())
    assert.equal(0, program.run(p.root, { "plan", "--name", "rel" }).code)
    local rel
    for _, item in ipairs(json.decode(program.run(p.root, { "get", "plans", "-o", "json" }).out)) do
      local keys = require("orun.util.sorted").keys(item)
      assert.same({ "Checksum", "CreatedAt", "Jobs", "Name", "Path" }, keys)
      if item.Name == "rel" then rel = item end
    end
    assert.truthy(rel.Checksum:find("^%x%x%x%x%x%x%x%x%x%x%x%x$"))
  end)
end)
