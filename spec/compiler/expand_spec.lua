local json = require "host.json"
local platform = dofile "spec/support/platform.lua"

local function pairs_of(instances)
  local out = {}
  for i, instance in ipairs(instances) do out[i] = instance.name .. "@" .. instance.environment end
  return out
end

local function members(intent)
  local expansion, failure = platform.new({ ["intent.yaml"] = intent }):expand()
  if not expansion then error(tostring(failure), 2) end
  return pairs_of(expansion.all)
end

local function instance(intent, name, environment)
  return platform.new({ ["intent.yaml"] = intent }):instance(name, environment)
end

---A registry that serves one composition for every type.
local function registry(profiles, default)
  return {
    choose = function(_, component)
      return { name = component.type, type = component.type, profiles = profiles, defaultProfile = default }
    end,
  }
end

describe("compiler.expand", function()
  after_each(platform.clean)

  it("uses selectors only for components without subscriptions (01 case 33)", function()
    assert.same({ "api-1@dev" }, members [[
environments: {dev: {selectors: {components: ["api*"]}}}
components:
  - {name: api-2, type: t, subscribe: {environments: [stg]}}
  - {name: api-1, type: t}
  - {name: web, type: t}
]])
  end)

  it("filters by domain (01 case 34)", function()
    assert.same({ "c@all", "b@dev" }, members [[
environments: {dev: {selectors: {domains: ["g*"]}}, all: {selectors: {domains: ["*"]}}}
components:
  - {name: a, type: t, subscribe: {environments: [dev]}}
  - {name: b, type: t, domain: gx, subscribe: {environments: [dev]}}
  - {name: c, type: t, subscribe: {environments: [all]}}
]])
  end)

  it("sorts by environment, then name, and leaves disabled components out", function()
    assert.same({ "a@dev", "c@dev", "a@prod" }, members [[
environments: {prod: {}, dev: {}}
components:
  - {name: c, type: t, subscribe: {environments: [dev]}}
  - {name: b, type: t, enabled: false, subscribe: {environments: ["*"]}}
  - {name: a, type: t, enabled: yes, subscribe: {environments: ["*"]}}
]])
  end)

  it("takes settings from the exact subscription, else from the first matching pattern (01 case 32)", function()
    local intent = [[
environments: {prod-eu: {}, prod-us: {}}
components:
  - name: a
    type: t
    subscribe:
      environments:
        - {name: "prod-*", parameters: {p: 1}}
        - {name: "*", parameters: {p: 2}}
        - {name: prod-us, parameters: {p: 3}}
]]
    assert.equal(1, instance(intent, "a", "prod-eu").parameters.p)
    assert.equal(3, instance(intent, "a", "prod-us").parameters.p)
  end)

  it("merges parameters by layer (01 case 35)", function()
    local base = [[
environments:
  dev:
    parameterDefaults:
      "*": {p: env-all, q: env-all, r: env-all, s: env-all, t: env-all, n: 1, u: env-all}
      t: {p: env-type, q: env-type, r: env-type, s: env-type, t: env-type}
      "t*": {p: never}
groups:
  g: {parameterDefaults: {"*": {p: group-all, q: group-all, r: group-all, s: group-all}, t: {p: group-type, q: group-type, r: group-type}}}
components:
  - name: a
    type: t
    domain: g
    parameters: {p: own, q: own, n: null}
    subscribe: {environments: [{name: dev, parameters: {p: subscription}}]}
]]
    local parameters = instance(base).parameters
    assert.equal('{"n":null,"p":"subscription","q":"own","r":"group-type","s":"group-all","t":"env-type","u":"env-all"}',
      json.encode(parameters))
  end)

  it("interpolates top-level texts only (01 cases 36 and 37)", function()
    local intent = [[
environments: {dev: {env: {B: " {{ .group }} "}}}
env: {A: "{{ .component }}-{{ .environment }}"}
components:
  - name: a
    type: t
    domain: core
    labels: {l: "{{ .component }}"}
    parameters: {s: " a {{ .environment }} {{ .zzz }} ", m: {k: "{{ .component }}"}, gh: "${{ github.sha }}", n: 3}
    env: {C: "x\n"}
    subscribe: {environments: [{name: dev, env: {A: "{{.environment}}"}}]}
]]
    local p = platform.new { ["intent.yaml"] = intent }
    local one = p:instance()
    assert.equal("a dev", one.parameters.s)
    assert.equal("{{ .component }}", one.parameters.m.k)
    assert.equal("${{ github.sha }}", one.parameters.gh)
    assert.equal("{{ .component }}", one.labels.l)
    assert.same({ A = "dev", B = "core", C = "x" }, one.env)
    local _, _, report = p:expand()
    assert.equal(1, #report.warnings)
    assert.equal("intent.unknown-variable", report.warnings[1].kind)
    assert.equal(8, report.warnings[1].line)
  end)

  it("chooses the path (01 case 38)", function()
    local function path(component, group, env)
      return instance(([[
environments: {dev: {parameterDefaults: {"*": {path: %s}}, selectors: {components: ["*"]}}}
groups: {g: {parameterDefaults: {t: {path: %s}}}}
components: [{name: a, type: t, domain: g%s}]
]]):format(env or "", group or "", component and ", " .. component or ""))
    end
    assert.equal("groups/a", path(nil, "'groups/{{ .component }}'", "envs").path)
    assert.equal("envs", path(nil, nil, "envs").path)
    assert.equal("./", path().path)
    assert.equal("own", path("path: own, parameters: {path: p}", "g", "e").path)
    assert.is_nil(path("path: own, parameters: {path: p}").parameters.path)
    assert.equal("p", path("parameters: {path: p}").path)
    assert.equal("g", path("parameters: {path: p}", "g").path)
    local odd = path("parameters: {path: [x]}")
    assert.is_nil(odd.path)
    assert.same({ "x" }, odd.parameters.path)
    assert.is_nil(path("path: '{{ .zzz }}'").path)
    assert.equal("envs", path(nil, "5", "envs").path)
  end)

  it("lays environment policies over those of the group", function()
    local one = instance [[
environments: {dev: {policies: {a: env, b: 1}, selectors: {components: [a]}}}
groups: {g: {policies: {a: group, c: 2}}}
components: [{name: a, type: t, domain: g}]
]]
    assert.same({ a = "env", b = 1, c = 2 }, one.policies)
  end)

  it("resolves dependencies and their mode", function()
    local intent = [[
environments: {dev: {dependencyMode: disabled}, prod: {}, stg: {}}
components:
  - name: a
    type: t
    dependsOn: [{component: b}, {component: b, environment: __same__, include: always}, {component: b, environment: other}]
    subscribe: {environments: [dev, prod, {name: stg, dependencyMode: advisory}]}
  - {name: b, type: t}
]]
    local p = platform.new { ["intent.yaml"] = intent }
    local one = p:instance("a", "dev")
    local targets = {}
    for i, dependency in ipairs(one.dependencies) do targets[i] = dependency.environment end
    assert.same({ "dev", "dev", "other" }, targets)
    assert.same({ "if-selected", "always" }, { one.dependencies[1].include, one.dependencies[2].include })
    assert.same({ "disabled", "environment" }, { one.dependencyMode, one.dependencySource })
    one = p:instance("a", "prod")
    assert.same({ "enforced", "default" }, { one.dependencyMode, one.dependencySource })
    one = p:instance("a", "stg")
    assert.same({ "advisory", "subscription" }, { one.dependencyMode, one.dependencySource })
  end)

  it("chooses profiles by rule, subscription and default (03 case 11)", function()
    local p = platform.new { ["intent.yaml"] = [[
automation: {triggerBindings: {pr: {on: {provider: github, event: pull_request}}}}
environments: {dev: {}, prod: {}}
components:
  - name: a
    type: t
    subscribe:
      environments:
        - {name: dev, profile: t.full, profileRules: [{profile: quick, when: {triggerRef: pr}}],
           dependencyRules: [{mode: disabled, when: {triggerRef: pr}}]}
        - prod
]] }
    local profiles = registry({ full = {}, quick = {}, base = {} }, "base")
    local all = p:expand(nil, profiles).all
    assert.same({ "full", "subscription" }, { all[1].profile, all[1].profileSource })
    assert.same({ "base", "composition-default" }, { all[2].profile, all[2].profileSource })
    all = p:expand({ triggers = { "pr" } }, profiles).all
    assert.same({ "quick", "subscription-rule", "pr" }, { all[1].profile, all[1].profileSource, all[1].profileRuleTriggerRef })
    assert.same({ "disabled", "subscription-rule", "pr" },
      { all[1].dependencyMode, all[1].dependencySource, all[1].dependencyRuleTriggerRef })
    all = p:expand(nil, registry {}).all
    assert.is_nil(all[1].profile)
    assert.equal("legacy-none", all[1].profileSource)
  end)

  it("reports profiles that cannot be, whatever is selected (03 case 10)", function()
    local function failure(profile, default)
      local p = platform.new { ["intent.yaml"] = ([[
environments: {dev: {}, prod: {}}
components:
  - name: a
    type: t
    subscribe: {environments: [dev, {name: prod%s}]}
]]):format(profile) }
      local _, failed = p:expand({ environments = { "dev" } }, registry({ full = {}, quick = {} }, default))
      return failed.errors
    end
    local list = failure(", profile: k8s.full", "full")
    assert.equal("intent.profile-type", list[1].kind)
    assert.truthy(list[1].message:find("component a environment prod: ", 1, true))
    assert.equal(5, list[1].line)
    list = failure(", profile: quik", "full")
    assert.equal("intent.unknown-profile", list[1].kind)
    assert.truthy(list[1].hint:find("did you mean quick?", 1, true))
    list = failure("", nil)
    assert.equal(2, #list)
    assert.equal("intent.profile-missing", list[1].kind)
  end)

  describe("selection", function()
    local intent = [[
environments: {dev: {}, development: {}, prod: {}, empty: {}}
components:
  - {name: api, type: t, subscribe: {environments: [dev*, prod]}, dependsOn: [{component: db, include: always}, {component: log}]}
  - {name: db, type: t, subscribe: {environments: [dev, prod]}, dependsOn: [{component: disk, include: always}]}
  - {name: disk, type: t, subscribe: {environments: [dev, prod]}}
  - {name: log, type: t, subscribe: {environments: [dev]}}
]]

    local function select(choice)
      return platform.new({ ["intent.yaml"] = intent }):expand(choice)
    end

    it("takes environments by name or prefix and keeps empty ones (03 case 28)", function()
      local expansion = select { environments = { "de*" } }
      assert.same({ "dev", "development" }, expansion.active)
      assert.same({ "api@dev", "db@dev", "disk@dev", "log@dev", "api@development" }, pairs_of(expansion.instances))
      expansion = select { environments = { "empty" } }
      assert.same({ "empty" }, expansion.active)
      assert.same({ "empty" }, expansion.environments)
      assert.same({}, expansion.instances)
      assert.equal(8, #expansion.all)
    end)

    it("grows a choice of components by what must always be included (03 case 14, quirk 8)", function()
      local expansion = select { components = { "api" }, environments = { "dev", "empty" } }
      assert.same({ "api@dev", "db@dev", "disk@dev" }, pairs_of(expansion.instances))
      assert.same({ "dev", "empty" }, expansion.active)
      assert.same({ "dev" }, expansion.environments)
      assert.same({ "disk@dev", "log@dev", "disk@prod" }, pairs_of(select({ components = { "disk", "lo*" } }).instances))
    end)

    it("says what there is when nothing matches (03 case 27)", function()
      local _, failure = select { environments = { "delevopment" } }
      assert.equal("plan.unknown-environment", failure.errors[1].kind)
      assert.equal("no environment matched delevopment", failure.errors[1].message)
      assert.equal("did you mean development? environments: dev, development, empty, prod", failure.errors[1].hint)
      _, failure = select { components = { "bd" } }
      assert.equal("plan.unknown-component", failure.errors[1].kind)
      assert.equal("did you mean db? components: api, db, disk, log", failure.errors[1].hint)
    end)
  end)

  it("takes a plain name that matches nothing for a slip, a wildcard only when nothing else matches", function()
    local p = platform.new { ["intent.yaml"] = [[
environments: {dev: , prod: }
components:
  - {name: api, type: t, subscribe: {environments: [dev, prod]}}
  - {name: db, type: t, subscribe: {environments: [dev]}}
]] }
    local function said(choice)
      local model, _, report = p:model()
      local expansion = require "orun.compiler.expand"(model, nil, choice, report)
      local out = {}
      for _, list in ipairs { report.errors, report.warnings } do
        for _, d in ipairs(list) do out[#out + 1] = (list == report.errors and "error: " or "warning: ") .. d.message .. "; " .. d.hint end
      end
      return out, pairs_of(expansion.instances)
    end
    local components, environments = "components: api, db", "environments: dev, prod"
    assert.same({ "error: no component matched dv; did you mean db? " .. components }, (said { components = { "api", "dv" } }))
    assert.same({ "error: no environment matched pord; did you mean prod? " .. environments }, (said { environments = { "dev", "pord" } }))
    assert.same({ "error: no component matched x*; " .. components }, (said { components = { "x*" } }))
    local warned, chosen = said { components = { "x*", "a*" }, environments = { "qa*", "dev" } }
    assert.same({ "warning: no environment matched qa*; " .. environments, "warning: no component matched x*; " .. components }, warned)
    assert.same({ "api@dev" }, chosen)
    -- One that exists elsewhere.
    local elsewhere = "no component matched db in prod; `orun get components` shows where they run"
    assert.same({ "error: " .. elsewhere }, (said { components = { "db" }, environments = { "prod" } }))
    assert.same({ "warning: " .. elsewhere }, (said { components = { "db", "api" }, environments = { "prod" } }))
    assert.same({}, (said { components = { "db", "api" }, environments = { "prod" }, scoped = true }))
    -- The flag is no comma list.
    assert.same({ "error: no component matched api,db; one flag for each: --component api --component db. " .. components },
      (said { components = { "api,db" } }))
  end)

  it("declares no instances without environments", function()
    assert.same({}, members "components: [{name: a, type: t}]\n")
  end)
end)
