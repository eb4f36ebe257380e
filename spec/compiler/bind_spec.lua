local Sources = dofile "spec/support/sources.lua"

local function has(text, ...)
  for _, part in ipairs { ... } do
    assert.truthy(text:find(part, 1, true), ("%q is not in:\n%s"):format(part, text))
  end
end

local head = "metadata: {name: demo}\n" .. Sources.intent

---One component `app` of type `site` in some environments; `spec` is the rest of the composition's spec.
local function platform(spec, options)
  options = options or {}
  return Sources.new {
    ["intent.yaml"] = head .. (options.environments or "environments: {dev: {}}\n")
      .. (options.components or "components:\n  - name: app\n    type: site\n    domain: web\n    subscribe: {environments: ['*']}\n")
      .. (options.component or ""),
    ["kit/site/composition.yaml"] = Sources.composition("site", spec),
  }
end

local function steps_of(job)
  local ids = {}
  for i, step in ipairs(job.steps) do ids[i] = step.id end
  return table.concat(ids, " ")
end

local function run_of(job, id)
  for _, step in ipairs(job.steps) do
    if step.id == id then return step.run end
  end
end

local function failure(spec, options)
  local compiled, err = platform(spec, options):compile()
  assert.is_nil(compiled)
  return Sources.text(err.errors)
end

local function profile_of(selection)
  return ([[
  jobs:
    - name: build
      steps: [{name: none, run: n}, {name: plan, capability: plan, run: p}, {name: apply, capability: apply, run: a}]
  defaultProfile: p
  executionProfiles: {p: {jobs: {build: %s}}}
]]):format(selection)
end

describe("bind", function()
  after_each(Sources.clean)

  it("orders by phase, order, position (03 case 3)", function()
    local job = platform([[
  jobs:
    - name: build
      steps:
        - {name: c, phase: post, run: c}
        - {name: a, order: 5, run: a}
        - {name: b, run: b}
        - {name: d, phase: pre, order: -1, run: d}
]]):jobs()["app@dev.build"]
    assert.equal("d b a c", steps_of(job))
    local phases = {}
    for i, step in ipairs(job.steps) do phases[i] = step.phase end
    assert.same({ "pre", "main", "main", "post" }, phases)
    assert.is_nil(job.steps[2].order)
    assert.equal(-1, job.steps[1].order)
  end)

  it("reads phases leniently and refuses unknown ones (03 case 4, 02 case 21)", function()
    local job = platform("  jobs:\n    - name: build\n      steps: [{name: z, phase: ' POST ', run: x}, {name: a, run: x}, "
      .. "{name: n, order: -1, run: x}]\n"):jobs()["app@dev.build"]
    assert.equal("n a z", steps_of(job))
    assert.equal("post", job.steps[3].phase)
    has(failure "  jobs:\n    - name: build\n      steps:\n        - name: a\n          phase: later\n", "kit/site/composition.yaml:11:18",
      "bind.phase", 'step "a"', '"later"')
  end)

  it("keeps steps by capability (03 cases 5, 6; 02 case 18)", function()
    local job = platform(profile_of "{includeCapabilities: [plan]}"):jobs()["app@dev.build"]
    assert.equal("none plan", steps_of(job))
    for _, step in ipairs(job.steps) do assert.is_nil(step.capability) end
    job = platform(profile_of "{includeCapabilities: [plan], stepsEnabled: [apply]}"):jobs()["app@dev.build"]
    assert.equal("none plan", steps_of(job))
    job = platform(profile_of "{stepsEnabled: [apply, none]}"):jobs()["app@dev.build"]
    assert.equal("none apply", steps_of(job))
    assert.same({ "site.p", "composition-default" }, { job.profile, job.profileSource })
  end)

  it("renders each text by itself (03 cases 7, 8, 9; 02 case 19; the reference mixes them up, quirks 1 and 2)", function()
    local jobs = platform([[
  jobs:
    - name: build
      steps: [{name: run, run: "b {{.orun.job.name}}"}, {id: x, run: x}, {id: y, run: y}, {name: init, run: "base {{.parameters.p}}"}]
    - name: test
      steps: [{name: run, run: "t {{.orun.job.name}}"}]
  defaultProfile: full
  executionProfiles:
    full: {jobs: {build: {stepsEnabled: [run, x, y, init]}, test: {stepsEnabled: [run]}}}
    changed:
      jobs:
        build: {stepsEnabled: [init], stepOverrides: {init: {run: "other {{.parameters.p}}", env: {A: "{{.orun.profile.name}}"}}}}
]], {
      environments = "environments: {dev: {}, prod: {}}\n",
      components = "components:\n  - name: app\n    type: site\n    parameters: {p: 1}\n"
        .. "    subscribe: {environments: [{name: dev, profile: changed}, {name: prod}]}\n",
    }):jobs()
    assert.equal("other 1", run_of(jobs["app@dev.build"], "init"))
    assert.equal("changed", jobs["app@dev.build"].steps[1].env.A)
    assert.equal("base 1", run_of(jobs["app@prod.build"], "init"))
    assert.equal("b build", run_of(jobs["app@prod.build"], "run"))
    assert.equal("t test", run_of(jobs["app@prod.test"], "run"))
    assert.same({ "x", "y" }, { run_of(jobs["app@prod.build"], "x"), run_of(jobs["app@prod.build"], "y") })
  end)

  it("plans the default job of a composition without profiles, whatever the subscription says (02 case 22)", function()
    local jobs = platform("  jobs: [{name: other, steps: [{run: o}]}, {name: build, steps: [{run: x}, {run: y}]}]\n", {
      components = "components:\n  - {name: app, type: site, subscribe: {environments: [{name: dev, profile: any.thing}]}}\n",
    }):jobs()
    local job = jobs["app@dev.build"]
    assert.is_nil(jobs["app@dev.other"])
    assert.same({ "legacy-none", "step-1 step-2" }, { job.profileSource, steps_of(job) })
    assert.is_nil(job.profile)
    assert.is_nil(job.steps[1].name)
  end)

  it("refuses profiles of other types, also in environments that are not selected (03 case 10, 02 case 22)", function()
    local text = platform(profile_of "{stepsEnabled: [none]}", {
      environments = "environments: {dev: {}, prod: {}}\n",
      components = "components:\n  - name: app\n    type: site\n"
        .. "    subscribe: {environments: [{name: dev}, {name: prod, profile: k8s.verify}]}\n",
    })
    local compiled, err = text:compile { environments = { "dev" } }
    assert.is_nil(compiled)
    has(Sources.text(err.errors), "k8s.verify", "component app environment prod")
  end)

  it("replaces steps by name, appends others, and says when that brings a step back (02 case 20)", function()
    local sources = platform(profile_of "{stepsEnabled: [plan]}", {
      component = "    overrides:\n      steps:\n        - {name: plan, run: mine, phase: pre}\n        - {name: apply, run: back}\n"
        .. "        - {name: extra, run: more}\n",
    })
    local jobs, report = sources:jobs()
    local job = jobs["app@dev.build"]
    assert.equal("plan apply extra", steps_of(job))
    assert.same({ "mine", "pre", "back" }, { job.steps[1].run, job.steps[1].phase, job.steps[2].run })
    local warnings = Sources.text(report.warnings)
    has(warnings, "bind.override-appended", '"apply"')
    assert.is_nil(warnings:find('"extra"', 1, true))
  end)

  it("rejects two steps of one id in a job", function()
    has(failure "  jobs: [{name: build, steps: [{name: a, run: x}, {name: step-3, run: x}, {run: y}]}]\n", "bind.duplicate-step",
      '"step-3"')
  end)

  it("warns about jobs without steps and names profiles' unknown jobs when they are used (02 quirk 7)", function()
    local files = {
      ["intent.yaml"] = head .. "environments: {dev: {}}\ncomponents: [{name: app, type: site, subscribe: {environments: [dev]}}]\n",
      ["kit/site/composition.yaml"] = "kind: Composition\nmetadata: {name: site}\nspec: {type: site, defaultJob: build, defaultProfile: p, "
        .. "parameterSchema: {type: object}, jobs: [{name: build}], profiles: [{name: p, profileRef: {name: p}}]}\n",
      ["kit/site/profiles/p.yaml"] = "kind: ExecutionProfile\nmetadata: {name: p}\nspec: {jobs: {build: {}}}\n",
    }
    local jobs, report = Sources.new(files):jobs()
    assert.equal(0, #jobs["app@dev.build"].steps)
    has(Sources.text(report.warnings), "bind.no-steps", "app@dev.build")
    files["kit/site/profiles/p.yaml"] = "kind: ExecutionProfile\nmetadata: {name: p}\nspec: {jobs: {bild: {}}}\n"
    local compiled, err = Sources.new(files):compile()
    assert.is_nil(compiled)
    has(Sources.text(err.errors), "kit/site/profiles/p.yaml:3:15: bind.unknown-job", '"bild"', "did you mean build?")
  end)

  it("gives templates their root (03 §5.3) and leaves other values alone (02 case 30)", function()
    local job = platform([[
  jobs:
    - name: build
      steps:
        - id: a
          name: s
          use: "{{.orun.component.name}} {{.orun.component.type}} {{.orun.component.domain}}"
          shell: "{{.orun.composition.type}}{{.orun.profile.name}}"
          working-directory: "{{.orun.environment.name}}"
          with: {n: 3, l: ["{{x}}"], s: "{{.orun.job.name}} {{.orun.job.id}}", m: {k: "{{y}}"}, e: ""}
          env: {E: "{{.env.REGION}}", F: 1.50}
          onFailure: "{{no}}"
]], { environments = "env: {REGION: eu}\nenvironments: {dev: {}}\n" }):jobs()["app@dev.build"]
    local step = job.steps[1]
    assert.same({ "app site web", "site", "dev", "{{no}}" }, { step.use, step.shell, step["working-directory"], step.onFailure })
    assert.equal("build app@dev.build", step.with.s)
    assert.same({ 3, "{{x}}", "{{y}}", "" }, { step.with.n, step.with.l[1], step.with.m.k, step.with.e })
    assert.same({ "eu", 1.5 }, { step.env.E, step.env.F })
    assert.equal("eu", job.env.REGION)
  end)

  it("leaves expressions of GitHub as they are (02 case 29, differs from the reference by decision 6)", function()
    local job = platform("  jobs: [{name: build, steps: [{name: a, run: 'x ${{ secrets.T }} {{.orun.job.name}} {{\"${{ a }}\"}}'}]}]\n")
      :jobs()["app@dev.build"]
    assert.equal("x ${{ secrets.T }} build ${{ a }}", job.steps[1].run)
  end)

  it("warns about printed missing values at their line, once for all jobs (decision 5)", function()
    local sources = platform([[
  jobs:
    - name: build
      steps:
        - name: a
          run: |
            echo fine
            echo {{.parameters.stackName}}
]], { environments = "environments: {dev: {}, prod: {}}\n" })
    local jobs, report = sources:jobs()
    assert.equal("echo fine\necho <no value>\n", run_of(jobs["app@dev.build"], "a"))
    local found = {}
    for _, warning in ipairs(report.warnings) do
      if warning.kind == "template.missing" then found[#found + 1] = warning end
    end
    assert.equal(1, #found)
    assert.same({ "kit/site/composition.yaml", 13 }, { found[1].file, found[1].line })
    has(found[1].message, "stackName", 'step "a" run', "app@dev.build", "1 more")
    has(found[1].source, "echo {{.parameters.stackName}}")
  end)

  it("points at the line of a template that fails", function()
    local text = failure [[
  jobs:
    - name: build
      steps:
        - name: a
          run: |
            echo fine
            echo {{.parameters.s.deep}}
        - name: b
          run: "{{if}}"
]]
    has(text, "kit/site/composition.yaml:15:21: template.", 'step "b" run of app@dev.build')
    local with = failure([[
  jobs:
    - name: build
      steps:
        - name: a
          run: |
            echo fine
            echo {{.parameters.s.deep}}
]], { component = "    parameters: {s: text}\n" })
    has(with, "kit/site/composition.yaml:13:20: template.", 'step "a" run')
  end)

  it("renders outputs", function()
    local spec = "  jobs: [{name: build, outputs: ['{{.orun.environment.name}}/*.a'], steps: [{name: a, run: x}]}]\n"
    local job = platform(spec):jobs()["app@dev.build"]
    assert.same({ "dev/*.a" }, { table.unpack(job.outputs) })
  end)

  it("names the registry of the composition that is used (03 quirk 17)", function()
    local job = Sources.new({
      ["intent.yaml"] = "compositions:\n  sources: [{name: kit, kind: dir, path: kit}, {name: other, kind: dir, path: other}]\n"
        .. "environments: {dev: {}}\ncomponents:\n  - {name: app, type: site, subscribe: {environments: [dev]}, "
        .. "compositionRef: {source: other, name: page}}\n",
      ["kit/site/composition.yaml"] = Sources.composition "site",
      ["other/stack.yaml"] = "kind: Stack\nmetadata: {name: other-package}\n", ["other/page/composition.yaml"] = Sources.composition "page",
    }):jobs()["app@dev.build"]
    assert.same({ "page", "other-package" }, { job.composition, job.jobRegistry })
  end)

  it("makes the steps of the first job and of the last alike, whatever the data", function()
    local cases, components = {}, { "components:\n" }
    for _ = 1, 6 do cases[#cases + 1] = { "region: eu, tags: [a, b]", "x eu a b" } end
    for _, case in ipairs {
      { "region: null, tags: [a]", "x <no value> a", "bash" }, { "region: 1.5, tags: []", "x 1.5", "bash" },
      { "tags: [a]", "x <no value> a", "bash" }, { "region: '', tags: [a, 2]", "x  a 2", "bash" },
      { "region: [a, 1], tags: [a]", "x [a 1] a", "bash" }, { "region: eu, tags: [b]", "x eu b" },
    } do cases[#cases + 1] = case end
    for i, case in ipairs(cases) do
      components[i + 1] = ("  - {name: c%02d, type: site, subscribe: {environments: ['*']}, parameters: {%s}}\n"):format(i, case[1])
    end
    local jobs = platform([[
  jobs:
    - name: build
      steps:
        - {name: setup, use: a/b@v1, with: {key: "{{ .orun.component.name }}", fixed: "1", number: 2}}
        - {name: same, run: fixed}
        - name: go
          shell: '{{ if eq (print .parameters.region) "eu" }}{{ else }}bash{{ end }}'
          env: {JOB: "{{ .orun.job.id }}", TOKEN: "${{ secrets.T }}"}
          run: "x {{ .parameters.region }}{{ range .parameters.tags }} {{ . }}{{ end }}"
        - {name: last, run: "{{ if .parameters.region }}{{ .parameters.region }}{{ end }}", use: u}
]], { components = table.concat(components) }):jobs()
    for i, case in ipairs(cases) do
      local name = ("c%02d"):format(i)
      local job = jobs[name .. "@dev.build"]
      assert.equal("setup same go last", steps_of(job))
      assert.same({ key = name, fixed = "1", number = 2 }, job.steps[1].with)
      assert.equal("fixed", job.steps[2].run)
      assert.equal(case[2], job.steps[3].run)
      assert.equal(case[3], job.steps[3].shell)
      assert.same({ JOB = name .. "@dev.build", TOKEN = "${{ secrets.T }}" }, job.steps[3].env)
    end
    assert.equal("eu", run_of(jobs["c06@dev.build"], "last"))
    assert.is_nil(run_of(jobs["c10@dev.build"], "last"))
  end)

  it("makes steps of plain fields by one function, with the same result", function()
    local components = { "components:\n" }
    for i = 1, 8 do
      components[i + 1] = ("  - {name: c%d, type: site, subscribe: {environments: ['*']}, parameters: {r: %s, tags: [a, %d]}}\n")
        :format(i, i == 7 and "''" or i == 8 and "null" or "r" .. i, i)
    end
    local jobs = platform([[
  jobs:
    - name: build
      steps:
        - {name: setup, use: a/b@v1, with: {key: "{{ .orun.component.name }}", fixed: "1", number: 2},
           env: {T: "${{ secrets.T }}", P: plain}}
        - {name: same, run: fixed}
        - {name: go, run: "x {{ .parameters.r }}{{ range .parameters.tags }} {{ . }}{{ end }}"}
        - {name: last, run: "{{ .parameters.r }}", use: u}
]], { components = table.concat(components) }):jobs()
    for i = 1, 8 do
      local steps = jobs[("c%d@dev.build"):format(i)].steps
      local r = i == 7 and "" or i == 8 and "<no value>" or "r" .. i
      assert.same({ key = "c" .. i, fixed = "1", number = 2 }, steps[1].with)
      assert.same({ T = "${{ secrets.T }}", P = "plain" }, steps[1].env)
      assert.equal("fixed", steps[2].run)
      assert.equal(("x %s a %d"):format(r, i), steps[3].run)
      assert.equal(r ~= "" and r or nil, steps[4].run)
    end
  end)
end)
