-- Step templates in compositions: what a component's parameters give, from YAML to the plan.
local Sources = dofile "spec/support/sources.lua"

---Compiles one component whose only step is a text; `parameters` is YAML in flow style.
local function compile(text, parameters, field)
  local steps = ('  jobs:\n    - name: build\n      steps:\n        - name: make\n          %s: |-\n            %s\n')
    :format(field or "run", (text:gsub("\n", "\n            ")))
  return Sources.new({
    ["intent.yaml"] = Sources.intent .. "environments: {dev: }\ncomponents:\n  - name: app\n    type: site\n"
      .. "    subscribe: {environments: [dev]}\n    parameters: " .. (parameters or "{}") .. "\n",
    ["kit/site/composition.yaml"] = Sources.composition("site", steps),
  }):compile()
end

local function gives(expected, text, parameters)
  local compiled, failure = compile(text, parameters)
  assert.truthy(compiled, tostring(failure))
  assert.equal(expected, compiled.plan.jobs[1].steps[1].run, text .. " with " .. tostring(parameters))
end

local function fails(kind, part, text, parameters)
  local compiled, failure = compile(text, parameters)
  assert.is_nil(compiled, text)
  local first = failure.errors[1]
  assert.equal(kind, first.kind, text)
  assert.truthy(first.message:find(part, 1, true), ("%q is not in %q"):format(part, first.message))
  assert.same({ "kit/site/composition.yaml", 12 }, { first.file, first.line })
  return first
end

describe("a step's template", function()
  after_each(Sources.clean)

  it("prints what is missing, and stops at what has no fields (02 case 23)", function()
    gives("<no value>", "{{.parameters.missing}}")
    gives("<no value>", "{{.parameters.missing.deep}}")
    fails("template.exec", "deep", "{{.parameters.s.deep}}", "{s: text}")
    fails("template.exec", "deep", "{{.parameters.n.deep}}", "{n: null}")
  end)

  it("is told which name was probably meant", function()
    local function hints(text)
      local compiled, report = compile(text, "{replicas: 1, tls: {host: h}}")
      local out = {}
      for i, d in ipairs(compiled and report.warnings or report.errors) do out[i] = d.hint or "-" end
      return table.concat(out, " | ")
    end
    assert.equal("did you mean .parameters.replicas? | did you mean .parameters.tls.host? | did you mean .orun.component.name? | "
      .. "did you mean .orun.job.id? | -",
      hints "{{.parameters.replcas}}{{.parameters.tls.hots}}{{.component.name}}{{$.orun.job.idd}}{{.parameters.quite}}")
    assert.equal("did you mean printf?", hints "{{printff 1}}")
    assert.equal("templates have these functions and no others: and, call, eq, ge, gt, html, index, js, le, len, lt, ne, not, or, print, "
      .. "printf, println, slice, urlquery", hints "{{.parameters.replicas | toYaml}}")
  end)

  it("takes empty values for false (02 case 24)", function()
    for _, z in ipairs { "0", '""', "[]", "{}", "false", "null", "0.0" } do
      gives("N", "{{if .parameters.z}}Y{{else}}N{{end}}", "{z: " .. z .. "}")
    end
    gives("N", "{{if .parameters.z}}Y{{else}}N{{end}}")
    gives("Y", "{{if .parameters.z}}Y{{else}}N{{end}}", "{z: 1.5}")
  end)

  it("compares values of one class (02 case 25)", function()
    gives("true", "{{eq .parameters.i 3}}", "{i: 3}")
    fails("template.exec", "eq", "{{eq .parameters.i 3}}", '{i: "3"}')
    fails("template.exec", "eq", "{{eq .parameters.i 3}}", "{i: 3.0}")
    gives("false", '{{eq .parameters.missing "a"}}')
  end)

  it("trims, and knows comments (02 case 26)", function()
    gives("astrb", "a {{- .parameters.s -}} b", "{s: str}")
    gives("ab", "a {{- /* c */ -}} b")
    fails("template.parse", "/", "{{ /* c */ }}")
  end)

  it("reaches keys with dashes by index only (02 case 27)", function()
    fails("template.parse", "-", "{{.parameters.with-dash}}", "{with-dash: v}")
    gives("v", '{{index .parameters "with-dash"}}', "{with-dash: v}")
  end)

  it("prints numbers, lists and maps by their rules (02 case 28)", function()
    for _, case in ipairs {
      { "1", "1.0" }, { "1e+06", "1000000.0" }, { "1000000", "1000000" }, { "1e-05", "0.00001" }, { "[a 1 <nil>]", "[a, 1, null]" },
      { "map[a:2 b:1]", "{b: 1, a: 2}" }, { "1.1", "1.10" }, { "123456.5", "123456.5" }, { "18446744073709551615", "18446744073709551615" },
      { "2020-01-02 00:00:00 +0000 UTC", "2020-01-02" }, { "true", "true" }, { "yes", "yes" },
    } do gives(case[1], "{{.parameters.v}}", "{v: " .. case[2] .. "}") end
  end)

  it("leaves expressions of GitHub as they are (02 case 29, differs from the reference by decision 6)", function()
    gives("${{ secrets.T }}", "${{ secrets.T }}")
    gives("${{ secrets.T }}", '{{"${{ secrets.T }}"}}')
  end)

  it("ranges over lists, maps and numbers (02 case 31)", function()
    gives("0a1b", "{{range $i, $e := .parameters.l}}{{$i}}{{$e}}{{end}}", "{l: [a, b]}")
    gives("a=2 b=1 ", "{{range $k, $v := .parameters.m}}{{$k}}={{$v}} {{end}}", "{m: {b: 1, a: 2}}")
    gives("012", "{{range 3}}{{.}}{{end}}")
    gives("012", "{{range .parameters.n}}{{.}}{{end}}", "{n: 3}")
    fails("template.exec", "range", "{{range .parameters.s}}{{.}}{{end}}", "{s: text}")
  end)

  it("of a profile's override belongs to that profile, in every run (02 case 19)", function()
    local files = {
      ["intent.yaml"] = Sources.intent .. "environments: {dev: , prod: }\ncomponents:\n  - name: app\n    type: site\n"
        .. "    subscribe: {environments: [{name: dev, profile: quick}, prod]}\n",
      ["kit/site/composition.yaml"] = Sources.composition("site",
        "  jobs: [{name: build, steps: [{name: init, run: 'base {{.orun.job.id}}'}]}]\n"
        .. "  defaultProfile: full\n  executionProfiles:\n    full: {jobs: {build: {stepsEnabled: [init]}}}\n"
        .. "    quick: {jobs: {build: {stepsEnabled: [init], stepOverrides: {init: {run: 'other {{.orun.job.id}}'}}}}}\n"),
    }
    local platform, program = Sources.new(files), dofile "spec/support/program.lua"
    local first
    for _ = 1, 100 do
      assert.equal(0, program.run(platform.root, { "plan", "-o", "p.json" }).code)
      local text = platform:read "p.json"
      first = first or text
      assert.equal(first, text)
    end
    assert.truthy(first:find('"run": "other app@dev.build"', 1, true))
    assert.truthy(first:find('"run": "base app@prod.build"', 1, true))
  end)
end)

describe("orun.template", function()
  after_each(Sources.clean)

  ---A module whose texts are named first: `text` is put into its step, an override, and an output.
  local function platform(texts, job, profiles)
    return Sources.new {
      ["intent.yaml"] = Sources.intent .. "environments: {dev: , prod: }\ncomponents:\n  - name: app\n    type: site\n"
        .. "    subscribe: {environments: [dev, prod]}\n",
      ["kit/compositions/site.lua"] = ([[
local orun = require "orun"
local T = orun.template
local texts = {
%s
}
return orun.composition {
  type = "site", parameters = orun.schema.object {}, defaultJob = "build", defaultProfile = "all",
  jobs = { { name = "build", %s } }, profiles = { all = { jobs = { build = { %s } } } },
}
]]):format(texts, job, profiles or ""),
    }
  end

  local function places(list)
    local out = {}
    for i, d in ipairs(list) do out[i] = ("%d: %s"):format(d.line, d.message) end
    return out
  end

  it("is an error of the module where the text is no template, whether a job uses it or not", function()
    local _, failure = platform('T "{{ .a }}",\nT "a\\n{{ range $i := until 3 }}x{{ end }}",', "steps = {}"):compile()
    assert.same({ '5: package "kit-package": orun.template: there is no function until (line 2 of the text)' }, places(failure.errors))
    assert.equal("composition.module", failure.errors[1].kind)
    _, failure = platform('T "{{ if }}"', "steps = {}"):compile()
    assert.equal(4, failure.errors[1].line)
    assert.truthy(failure.errors[1].message:find "orun.template: ")
  end)

  it("leaves GitHub's expressions alone", function()
    local compiled = platform('run = T "${{ github.sha }} {{ .orun.environment.name }}"', "steps = { { name = 'a', run = texts.run } }")
      :compile()
    assert.equal("${{ github.sha }} dev", compiled.plan.jobs[1].steps[1].run)
  end)

  it("points to its own line, wherever the text ends up", function()
    local texts = 'run = T "{{ .parameters.run }}",\nenv = T "{{ .parameters.env }}",\nover = T "{{ .parameters.over }}",\n'
      .. 'out = T "{{ index 1 2 }}",'
    local _, failure = platform(texts, "outputs = { texts.out }, steps = { { name = 'a', run = 'x', env = { A = texts.env } }, "
      .. "{ name = 'b', run = texts.run, env = { A = 'x' } } }", "stepOverrides = { a = { run = texts.over } }"):compile()
    assert.same({
      '4: step "b" run of app@dev.build and 1 more: .parameters.run has no value',
      '5: step "a" env A of app@dev.build and 1 more: .parameters.env has no value',
      '6: step "a" run of app@dev.build and 1 more: .parameters.over has no value',
    }, places(failure.warnings))
    assert.same({ "7: outputs[0] of app@dev.build and 1 more: index: an integer has no items" }, places(failure.errors))
  end)

  it("takes no text that would take long to read", function()
    local _, failure = platform("run = T(('{{.a}}'):rep(50000)),", "steps = {}"):compile()
    assert.same({ '4: package "kit-package": orun.template takes texts of at most 256 KiB' }, places(failure.errors))
  end)
end)
