local json = require "host.json"
local platform = dofile "spec/support/platform.lua"
local program = dofile "spec/support/program.lua"

local composition = [[
apiVersion: orun.io/v1
kind: Composition
metadata: {name: sh}
spec:
  type: sh
  defaultJob: build
  parameterSchema: {type: object}
  jobs:
    - name: build
      steps:
        - name: make
          run: "make {{.parameters.target}} in {{.orun.environment.name}}"
]]

local intent = [[
kind: Intent
metadata: {name: shop}
compositions: {sources: [{name: kit, kind: dir, path: ./kit}]}
discovery: {roots: [svc]}
environments:
  dev: {parameterDefaults: {"*": {target: debug}}}
  prod: {parameterDefaults: {"*": {target: "{{ .component }}-release"}}}
]]

local function manifest(name, rest)
  return ("kind: Component\nmetadata: {name: %s}\nspec:\n  type: sh\n  subscribe: {environments: [dev, prod]}\n%s"):format(name, rest or "")
end

local function shop(files)
  local all = {
    ["intent.yaml"] = intent, ["kit/stack.yaml"] = "apiVersion: orun.io/v1\nkind: Stack\nmetadata: {name: kit}\n",
    ["kit/compositions/sh/composition.yaml"] = composition,
    ["svc/cart/component.yaml"] = manifest("cart", "  dependsOn: [{component: ledger}, {component: vpc}]\n"),
    ["svc/ledger/component.yaml"] = manifest("ledger", "  dependsOn: [{component: vpc}]\n"),
    ["svc/vpc/component.yaml"] = manifest "vpc", ["svc/site/component.yaml"] = manifest "site",
  }
  for name, text in next, files or {} do all[name] = text end
  return platform.new(all)
end

local function orun(p, ...)
  return program.run(p.root, { ... })
end

local function ids(p, file)
  local plan = assert(json.decode(assert(p:read(file or ".orun/plans/latest.json"))))
  local out = {}
  for i, job in ipairs(plan.jobs) do out[i] = job.id end
  table.sort(out)
  return out, plan
end

local function mentions(text, ...)
  for _, part in ipairs { ... } do assert.truthy(text:find(part, 1, true), ("%q lacks %q"):format(text, part)) end
end

describe("orun plan", function()
  after_each(platform.clean)

  it("stores a plan and sums it up", function()
    local p = shop()
    local r = orun(p, "plan", "--name", "rc1")
    assert.equal("", r.err)
    assert.equal(0, r.code)
    local list, plan = ids(p)
    local short = plan.metadata.checksum:match("^sha256%-(%x%x%x%x%x%x%x%x%x%x%x%x)")
    assert.equal(8, #list)
    assert.equal(([[

  │ 4 components × 2 envs → 8 jobs
  │ components: cart, ledger, site, vpc
  │ name: rc1
  │ plan: %s

  → orun run %s
  → orun run rc1
]]):format(short, short), r.out)
    assert.equal(p:read ".orun/plans/latest.json", p:read(".orun/plans/" .. short .. ".json"))
    assert.equal(p:read ".orun/plans/latest.json", p:read ".orun/plans/rc1.json")
    assert.equal("}", p:read(".orun/plans/latest.json"):sub(-1))
  end)

  it("is byte-identical from any directory and in any process (03 case 2, decision 2)", function()
    local p, other = shop(), shop()
    assert.equal(0, orun(p, "plan", "-o", "a.json").code)
    assert.equal(0, orun(p, "plan", "-o", "b.json", "--all").code)
    assert.equal(0, program.run(p.root .. "/kit", { "plan", "-o", "../c.json" }).code)
    assert.equal(0, orun(other, "plan", "-o", "d.json").code)
    local text = p:read "a.json"
    for _, again in ipairs { p:read "b.json", p:read "c.json", other:read "d.json" } do assert.equal(text, again) end
    assert.is_nil(text:find("generatedAt", 1, true))
  end)

  it("is one file in the store, however often and whenever it is compiled (03 case 2)", function()
    local p = shop()
    assert.equal(0, orun(p, "plan").code)
    local text = p:read ".orun/plans/latest.json"
    -- A clock in the plan would have moved on.
    require("host.loop").sleep(1.1)
    assert.equal(0, orun(p, "plan").code)
    assert.equal(text, p:read ".orun/plans/latest.json")
    local names = assert(require("host.fs").list(p.root .. "/.orun/plans"))
    table.sort(names)
    assert.same({ text:match '"sha256%-(%x%x%x%x%x%x%x%x%x%x%x%x)' .. ".json", "latest.json" }, names)
  end)

  it("ends in a brace, and data on stdout in a newline (03 case 23)", function()
    local p = shop()
    assert.equal(0, orun(p, "plan").code)
    assert.equal("}", p:read(".orun/plans/latest.json"):sub(-1))
    local r = orun(p, "get", "jobs", "-o", "json")
    assert.equal("]\n", r.out:sub(-2))
    assert.equal(8, #json.decode(r.out))
    for _, job in ipairs(json.decode(r.out)) do assert.truthy(job.id and job.component and job.environment) end
  end)

  it("is found by latest, name, prefix, checksum and path; anything else is a component (03 case 27)", function()
    local p = shop()
    assert.equal(0, orun(p, "plan", "--name", "rel").code)
    local sum = json.decode(p:read ".orun/plans/rel.json").metadata.checksum
    for _, ref in ipairs { "latest", "rel", sum:sub(8, 13), sum, ".orun/plans/rel.json" } do
      local r = orun(p, "run", ref, "--dry-run")
      assert.equal(0, r.code, ref .. ": " .. r.err)
    end
    local r = orun(p, "run", "zzz", "--dry-run")
    assert.equal(1, r.code)
    mentions(r.err, "there is no plan and no component called zzz", "cart, ledger, site, vpc")
  end)

  it("goes to what an output path leads to, also when that is no file", function()
    local p, fs = shop(), require "host.fs"
    assert(fs.symlink("real.json", p.root .. "/link.json"))
    assert.equal(0, orun(p, "plan", "-o", "link.json").code)
    assert.equal("link", fs.stat(p.root .. "/link.json", { follow = false }).type)
    assert.equal(8, #json.decode(p:read "real.json").jobs)
    assert(fs.symlink("/dev/full", p.root .. "/full"))
    local r = orun(p, "plan", "-o", "full")
    assert.equal(1, r.code)
    mentions(r.err, "cannot write the plan to full", "No space left")
  end)

  it("writes YAML by extension or, unlike the reference, by --format (03 case 25, quirk 12)", function()
    local p = shop()
    local r = orun(p, "plan", "-o", "out/p.yaml")
    assert.equal(0, r.code)
    mentions(r.out, "file: out/p.yaml", "→ orun run out/p.yaml")
    assert.equal("apiVersion: orun.io/v1\n", p:read("out/p.yaml"):match("^[^\n]*\n"))
    assert.is_nil(p:read ".orun/plans/latest.json")
    orun(p, "plan", "-o", "p2", "-f", "yaml")
    assert.equal(p:read "out/p.yaml", p:read "p2")
    orun(p, "plan", "-o", "p3.json", "-f", "yaml")
    assert.equal("{", p:read("p3.json"):sub(1, 1))
  end)

  it("selects environments and components", function()
    local p = shop()
    orun(p, "plan", "--env", "de*", "--component", "cart")
    assert.same({ "cart@dev.build" }, (ids(p)))
    orun(p, "plan", "site", "-e", "prod , dev", "--component", "v*")
    assert.same({ "site@dev.build", "site@prod.build", "vpc@dev.build", "vpc@prod.build" }, (ids(p)))
    local r = orun(p, "plan", "--env", "prdo")
    assert.equal(1, r.code)
    mentions(r.err, "error: no environment matched prdo", "did you mean prod?", "environments: dev, prod")
    r = orun(p, "plan", "cartt")
    assert.equal(1, r.code)
    mentions(r.err, "no component matched cartt", "did you mean cart?", "cart, ledger, site, vpc")
  end)

  it("narrows to the component of the working directory, unless told otherwise", function()
    local p = shop()
    local r = program.run(p.root .. "/svc/cart", { "plan" })
    assert.equal(0, r.code)
    mentions(r.err, "context: auto-scoped to component cart (+ 2 dependencies: ledger, vpc)", "hint: pass --all")
    local list, plan = ids(p)
    assert.equal(6, #list)
    assert.same({ detectedComponent = "cart", components = { "cart", "ledger", "vpc" } }, plan.metadata.scope)
    r = program.run(p.root .. "/svc/cart", { "plan", "--all" })
    assert.equal("", r.err)
    list, plan = ids(p)
    assert.equal(8, #list)
    assert.is_nil(plan.metadata.scope)
    program.run(p.root .. "/svc/cart", { "plan", "--component", "site" })
    assert.same({ "site@dev.build", "site@prod.build" }, (ids(p)))
    p:write("other/component.yaml", manifest "stray")
    r = program.run(p.root .. "/other", { "plan" })
    assert.equal(1, r.code)
    mentions(r.err, "stray", "--all")
  end)

  it("prints its summary or its errors as one JSON document", function()
    local p = shop()
    local r = orun(p, "plan", "--json", "--env", "dev")
    assert.equal(0, r.code)
    local summary = assert(json.decode(r.out))
    assert.equal(4, summary.jobs)
    assert.same({ "dev" }, summary.environments)
    assert.equal(12, #summary.plan)
    p:write("svc/cart/component.yaml", manifest("cart", "  dependsOn: [{component: legder}]\n"))
    p:write("svc/vpc/component.yaml", manifest("vpc", "  env: {ORUN_X: 1}\n"))
    r = orun(p, "plan", "--json")
    assert.equal(1, r.code)
    local result = assert(json.decode(r.out))
    assert.equal(2, #result.errors)
    assert.same({ "intent.unknown-dependency", "svc/cart/component.yaml", 6, 27 },
      { result.errors[1].kind, result.errors[1].file, result.errors[1].line, result.errors[1].column })
    assert.equal("did you mean ledger?", result.errors[1].hint)
    assert.equal("intent.reserved-env", result.errors[2].kind)
  end)

  it("shows file, line, source and caret of every mistake", function()
    local p = shop { ["svc/cart/component.yaml"] = manifest("cart", "  domian: x\n  enabled: maybe\n") }
    local r = orun(p, "plan")
    assert.equal(1, r.code)
    assert.equal("", r.out)
    mentions(r.err, 'error: spec.enabled must be true or false, found "maybe"', "svc/cart/component.yaml:7:12", "  enabled: maybe", "^")
    mentions(r.err, 'warning: unknown key "domian"', "did you mean domain?")
  end)

  it("makes warnings errors with --strict", function()
    local p = shop { ["svc/cart/component.yaml"] = manifest("cart", "  domian: x\n") }
    local r = orun(p, "plan")
    assert.equal(0, r.code)
    mentions(r.err, "warning:", "domian")
    r = orun(p, "plan", "--strict")
    assert.equal(1, r.code)
    mentions(r.err, "error:", "domian")
  end)

  it("pulls in what must always be included (03 case 14, the reference fails: quirk 8)", function()
    local p = shop { ["svc/cart/component.yaml"] = manifest("cart", "  dependsOn: [{component: vpc, include: always}]\n") }
    assert.equal(0, orun(p, "plan", "cart", "-e", "dev").code)
    assert.same({ "cart@dev.build", "vpc@dev.build" }, (ids(p)))
  end)

  it("follows the compositionRef of a manifest (01 quirk 4), and tells names with dots apart (03 quirk 19)", function()
    local p = shop {
      ["intent.yaml"] = intent:gsub("path: ./kit}", "path: ./kit}, {name: other, kind: dir, path: ./other}", 1),
      ["other/stack.yaml"] = "kind: Stack\nmetadata: {name: others}\n",
      ["other/page/composition.yaml"] =
        (composition:gsub("name: sh", "name: page"):gsub("type: sh", "type: page"):gsub("make {{", "page {{")),
      ["svc/site/component.yaml"] = manifest("vpc.dev",
        "  compositionRef: {source: other, name: page}\n  dependsOn: [{component: vpc}]\n"),
    }
    local r = orun(p, "plan", "vpc.dev", "vpc", "-e", "dev")
    assert.equal(2, r.code)
    r = orun(p, "plan", "--component", "vpc.dev", "--component", "vpc", "-e", "dev")
    assert.equal(0, r.code, r.err)
    local list, plan = ids(p)
    assert.same({ "vpc.dev@dev.build", "vpc@dev.build" }, list)
    local job = plan.jobs[2]
    assert.same({ "vpc.dev@dev.build", "others", "page debug in dev" }, { job.id, job.jobRegistry, job.steps[1].run })
    assert.same({ "vpc@dev.build" }, { table.unpack(job.dependsOn) })
    assert.equal("Job: vpc.dev@dev.build", orun(p, "describe", "job", "vpc.dev.dev.build").out:match "^[^\n]*")
  end)

  it("leaves disabled components out", function()
    local p = shop { ["svc/vpc/component.yaml"] = manifest("vpc", "  enabled: false\n") }
    assert.equal(0, orun(p, "plan").code)
    assert.equal(6, #ids(p))
  end)

  it("refuses flags and arguments it does not know with exit code 2", function()
    local p = platform.new {}
    assert.equal(2, orun(p, "plan", "--compnent", "x").code)
    assert.equal(2, orun(p, "plan", "a", "b").code)
    assert.equal(2, orun(p, "plan", "-f", "toml").code)
    local r = orun(p, "plan")
    assert.equal(1, r.code)
    mentions(r.err, "no intent.yaml found", p.root)
  end)

  it("writes the plan, and nothing else, to standard output for -o -", function()
    local p = shop()
    assert.equal(0, orun(p, "plan", "-o", "plan.json").code)
    local r = orun(p, "plan", "-o", "-")
    assert.same({ 0, p:read "plan.json", "" }, { r.code, r.out, r.err })
    assert.is_nil(p:read "-")
    assert.equal(0, orun(p, "plan", "-o", "plan.yaml").code)
    assert.equal(p:read "plan.yaml", orun(p, "plan", "-o", "-", "-f", "yaml").out)
    for _, flag in ipairs { "--json", "--view=dag", "--long" } do assert.equal(2, orun(p, "plan", "-o", "-", flag).code) end
    assert.is_nil(p:read ".orun/plans/latest.json")
  end)

  it("says when the plan cannot be written", function()
    local p = shop { ["out/file"] = "" }
    for _, target in ipairs { "out", "out/file/plan.json" } do
      local r = orun(p, "plan", "-o", target, "--json")
      assert.equal(1, r.code)
      assert.equal("plan.unwritable", json.decode(r.out).errors[1].kind)
    end
  end)

  it("writes nothing to the store when it fails", function()
    local p = shop { ["svc/vpc/component.yaml"] = manifest("vpc", "  dependsOn: [{component: vpc}]\n") }
    local r = orun(p, "plan")
    assert.equal(1, r.code)
    assert.is_nil(p:read ".orun/plans/latest.json")
  end)
end)

describe("orun validate", function()
  after_each(platform.clean)

  it("accepts an empty intent in four lines (01 case 1)", function()
    local p = platform.new { ["intent.yaml"] = "" }
    local r = orun(p, "validate")
    assert.equal("", r.err)
    assert.equal(0, r.code)
    assert.equal("○ Validating intent...\n✓ Intent is valid\n○ Normalizing intent...\n✓ All validation passed\n", r.out)
  end)

  it("accepts whatever plan accepts, and stores nothing", function()
    local p = shop()
    assert.equal(0, orun(p, "validate").code)
    assert.is_nil(p:read ".orun/plans/latest.json")
    assert.equal(0, program.run(p.root .. "/svc/cart", { "validate" }).code)
  end)

  it("checks compositions, all environments and all components", function()
    local p = shop { ["svc/site/component.yaml"] = "kind: Component\nmetadata: {name: site}\nspec: {type: hs}\n" }
    local r = program.run(p.root .. "/svc/cart", { "validate" })
    assert.equal(1, r.code)
    mentions(r.err, "site", "hs")
    p = shop { ["svc/vpc/component.yaml"] = manifest("vpc", "  dependsOn: [{component: vpc}]\n") }
    r = orun(p, "validate", "--json")
    assert.equal(1, r.code)
    assert.equal("resolve.cycle", json.decode(r.out).errors[1].kind)
  end)

  it("prints its findings as JSON", function()
    local p = platform.new { ["intent.yaml"] = "enviroments: {}\n" }
    local r = orun(p, "validate", "--json")
    assert.equal(0, r.code)
    local result = assert(json.decode(r.out))
    assert.equal(0, #result.errors)
    assert.equal("yaml.unknown-key", result.warnings[1].kind)
    assert.equal(1, orun(p, "validate", "--strict").code)
  end)

  it("accepts inline components without environments or compositions only when nothing needs one", function()
    local p = platform.new { ["intent.yaml"] = "components: [{name: a, type: t}]\n" }
    local r = orun(p, "validate")
    assert.equal(1, r.code)
    mentions(r.err, 'component type not found: "t"')
  end)
end)

describe("cases of chapter 03 through the program", function()
  after_each(platform.clean)

  local function promoted(fields, rest)
    return {
      ["intent.yaml"] = intent:gsub("  prod: {", "  prod: {promotion: {dependsOn: [{environment: dev" .. (fields or "") .. "}]}, ", 1)
        .. (rest or ""),
    }
  end

  it("promotion from an environment that is not selected is a gate for each job of a component that lives there (03 case 16)", function()
    local p = shop(promoted())
    assert.equal(0, orun(p, "plan", "--env", "prod", "-o", "p.json").code)
    local _, plan = ids(p, "p.json")
    for _, job in ipairs(plan.jobs) do
      assert.equal(1, #job.gates)
      assert.same({ revision = "source" }, job.gates[1].match)
      for _, id in ipairs(job.dependsOn or {}) do assert.truthy(id:find("@prod.", 1, true)) end
    end
  end)

  it("same-plan promotion needs the other environment (03 case 17)", function()
    local p = shop(promoted ", satisfy: same-plan")
    local r = orun(p, "plan", "--env", "prod")
    assert.equal(1, r.code)
    mentions(r.err, "environment prod requires same-plan promotion from dev", "--> intent.yaml:7:34")
    assert.equal(0, orun(p, "plan").code)
  end)

  it("a component that depends on itself is a cycle, and nothing is written (03 case 19)", function()
    local p = shop { ["svc/vpc/component.yaml"] = manifest("vpc", "  dependsOn: [{component: vpc}]\n") }
    local r = orun(p, "plan", "-o", "p.json")
    assert.equal(1, r.code)
    mentions(r.err, "vpc@dev.build → vpc@dev.build", "--> svc/vpc/component.yaml:6:15")
    assert.is_nil(p:read "p.json")
    assert.is_nil(p:read ".orun/plans/latest.json")
  end)

  it("a bad profile breaks the plan of any environment (03 case 10)", function()
    local p = shop {
      ["kit/compositions/sh/composition.yaml"] = composition
        .. "  defaultProfile: quick\n  executionProfiles: {quick: {jobs: {build: {stepsEnabled: [make]}}}}\n",
      ["svc/site/component.yaml"] = "kind: Component\nmetadata: {name: site}\nspec:\n  type: sh\n"
        .. "  subscribe: {environments: [dev, {name: prod, profile: k8s.verify}]}\n",
    }
    local r = orun(p, "plan", "--env", "dev")
    assert.equal(1, r.code)
    mentions(r.err, "site", "k8s.verify", "--> svc/site/component.yaml:5:57")
  end)

  -- A platform whose binding push-main activates dev, as a repository with one commit.
  local function triggered()
    local p = shop {
      ["intent.yaml"] = intent:gsub("  dev: {", "  dev: {activation: {triggerRefs: [push-main]}, ", 1)
        .. "automation: {triggerBindings: {push-main: {on: {provider: github, event: push, branches: [main]}, plan: {scope: full}}}}\n",
      ["kit/compositions/sh/composition.yaml"] = composition .. "  defaultProfile: quick\n  executionProfiles:\n"
        .. "    quick: {jobs: {build: {stepsEnabled: [make]}}}\n    full: {jobs: {build: {stepsEnabled: [make]}}}\n",
      ["svc/site/component.yaml"] = manifest("site"):gsub("%[dev, prod%]",
        "[{name: dev, profile: quick, profileRules: [{profile: full, when: {triggerRef: push-main}}]}, prod]"),
      ["event.json"] = '{"ref": "refs/heads/main", "before": "BASE", "after": "HEAD"}',
    }
    local script = "git init -q -b main && git add -A && git -c user.name=a -c user.email=a@b.c commit -qm one && git rev-parse HEAD"
    local r = assert(require("host.process").run { argv = { "/bin/sh", "-c", script }, cwd = p.root })
    assert(r.code == 0, r.output)
    local commit = r.output:match "%x+"
    p:write("event.json", (p:read("event.json"):gsub("BASE", commit):gsub("HEAD", commit)))
    return p, commit
  end

  it("a trigger chooses profiles by rule (03 case 11)", function()
    local p = triggered()
    local function profile_of(...)
      assert.equal(0, orun(p, "plan", "-o", "p.json", ...).code)
      for _, job in ipairs(select(2, ids(p, "p.json")).jobs) do
        if job.id == "site@dev.build" then return { job.profile, job.profileSource, job.profileRuleTriggerRef } end
      end
    end
    assert.same({ "sh.full", "subscription-rule", "push-main" }, profile_of("--trigger", "push-main"))
    assert.same({ "sh.quick", "subscription" }, profile_of())
  end)

  it("environments are named exactly or by prefix, also beside a trigger (03 case 28, differs by 04 Q16)", function()
    local p = triggered()
    assert.equal(0, orun(p, "plan", "--env", "de*", "-o", "p.json").code)
    for _, id in ipairs((ids(p, "p.json"))) do assert.truthy(id:find("@dev.", 1, true)) end
    assert.equal(0, orun(p, "plan", "--trigger", "push-main", "--env", "de*", "-o", "q.json").code)
    local r = orun(p, "plan", "--trigger", "push-main", "--env", "prod")
    assert.equal(1, r.code)
    mentions(r.err, "prod", "push-main")
  end)

  it("nothing changed is an empty plan without a hint what to run (03 case 29)", function()
    local p = triggered()
    local r = orun(p, "plan", "--changed", "--base", "HEAD", "--head", "HEAD", "-o", "p.json")
    assert.same({ 0, "" }, { r.code, r.err })
    assert.falsy(r.out:find("orun run", 1, true), r.out)
    mentions(r.out, "mode: changed-only", "0 jobs")
    mentions(p:read "p.json", '"jobs": []')
  end)

  it("the flags of triggers exclude and need each other, with exit code 2 by decision 12 (03 case 30)", function()
    local p = triggered()
    local r = orun(p, "plan", "--trigger", "push-main", "--event-file", "event.json")
    assert.equal(2, r.code)
    r = orun(p, "plan", "--event-file", "event.json")
    assert.equal(2, r.code)
    mentions(r.err, "--from-ci")
  end)

  it("an event becomes part of the plan (03 case 31)", function()
    local p, commit = triggered()
    assert.equal(0, orun(p, "plan", "--from-ci", "github", "--event-file", "event.json", "-o", "p.json").code)
    local text = p:read "p.json"
    local keys = {}
    for key in text:match('"trigger": (%b{})'):gmatch '\n      "(%w+)":' do keys[#keys + 1] = key end
    assert.same({ "mode", "provider", "event", "matchedBindings", "activeEnvironments", "scope", "base", "head" }, keys)
    local trigger = json.decode(text).metadata.trigger
    assert.same({ "event-file", "github", "push", "full", commit, commit },
      { trigger.mode, trigger.provider, trigger.event, trigger.scope, trigger.base, trigger.head })
    assert.same({ "push-main" }, { table.unpack(trigger.matchedBindings) })
    assert.same({ "dev" }, { table.unpack(trigger.activeEnvironments) })
  end)

  it("outputs for GitHub go to the file that it names, whatever is there (03 case 32; uploading comes with artifacts)", function()
    local p = shop { ["out"] = "before=1\n" }
    local r = program.run(p.root, { "plan", "--github-output", "--env", "dev", "--component", "vpc" }, {
      GITHUB_ACTIONS = "true", GITHUB_RUN_ID = "99", GITHUB_OUTPUT = p.root .. "/out",
    })
    assert.same({ 0, "" }, { r.code, r.err })
    local before, entry, rest = p:read("out"):match "^(before=1\n)matrix<<EOF\n(.-)\nEOF\n(.*)$"
    assert.truthy(before)
    local plan = select(2, ids(p))
    local short = plan.metadata.checksum:sub(8, 19)
    assert.equal(('{"include":[{"id":"vpc@dev.build","uid":"%s","component":"vpc","env":"dev","composition":"sh","profile":""}]}')
      :format(plan.jobs[1].uid), entry)
    assert.equal(("plan_id=%s\nexec_id=gh-99-1-%s\n"):format(short, short), rest)
  end)

  it("bytes of parameters and scripts (03 cases 20 to 22)", function()
    local p = shop { ["svc/site/component.yaml"] = manifest("site", "  parameters:\n    target: 'a < b && é'\n"
      .. "    t: \" x {{ .environment }} {{ .other }} y \"\n    n: [1.10, 1000000.0, 1e21, 0.0000001, 2020-01-02, null]\n") }
    assert.equal(0, orun(p, "plan", "site", "--env", "dev", "-o", "p.json").code)
    local text = p:read "p.json":gsub("%s*\n%s*", " ")
    mentions(text, [["run": "make a \u003c b \u0026\u0026 é in dev"]], [["t": "x dev  y"]],
      [=["n": [ 1.1, 1000000, 1e+21, 1e-7, "2020-01-02T00:00:00Z", null ]]=])
  end)
end)
