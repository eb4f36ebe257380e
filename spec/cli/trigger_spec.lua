-- `orun plan --trigger` and `--from-ci`: cases T1 to T5, T20 and T24 of chapter 04, 11, 28, 30 and 31 of chapter 03.
local fs = require "host.fs"
local json = require "host.json"
local program = dofile "spec/support/program.lua"
local sources = dofile "spec/support/sources.lua"

local head = sources.intent .. [[
environments:
  dev: {activation: {triggerRefs: [pr, nightly]}}
  stage: {activation: {triggerRefs: [push-main]}, dependencyMode: advisory}
  prod: {activation: {triggerRefs: [tag]}}
automation:
  triggerBindings:
    pr: {on: {provider: github, event: pull_request, actions: [opened, synchronize], baseBranches: [main]}}
    push-main: {on: {provider: github, event: push, branches: [main]}, plan: {scope: full}}
    tag: {on: {provider: github, event: push, tags: ["v*"]}, plan: {scope: full}}
    nightly: {on: {provider: gitlab, event: schedule}}
components:
  - {name: db, type: sh, subscribe: {environments: [dev, stage, prod]}}
  - name: web
    type: sh
    dependsOn: [{component: db}]
    subscribe:
      environments:
        - dev
        - name: stage
          profile: quick
          profileRules: [{profile: full, when: {triggerRef: push-main}}]
          dependencyRules: [{mode: disabled, when: {triggerRef: push-main}}]
        - prod
]]
local composition = sources.composition("sh", "  jobs: [{name: build, steps: [{name: make, run: make}]}]\n"
  .. "  defaultProfile: quick\n  executionProfiles:\n"
  .. "    quick: {jobs: {build: {stepsEnabled: [make]}}}\n    full: {jobs: {build: {stepsEnabled: [make]}}}\n")

local push = '{"ref": "refs/heads/main", "before": "b2", "after": "a2"}'

describe("orun plan", function()
  local p

  before_each(function()
    p = sources.new {
      ["intent.yaml"] = head, ["kit/compositions/sh/composition.yaml"] = composition, ["push.json"] = push,
      ["pr.json"] = '{"action": "opened", "pull_request": {"base": {"ref": "main", "sha": "b1"}, "head": {"ref": "x", "sha": "h1"}}}',
    }
  end)
  after_each(sources.clean)

  local function orun(words, env)
    local names = { GITLAB_CI = "", BUILDKITE = "", ORUN_EVENT_PATH = "" }
    for name, text in next, env or {} do names[name] = text end
    return program.run(p.root, { "plan", table.unpack(words) }, names)
  end

  ---The plan, and what was said beside it.
  local function plan(words, env)
    local all = table.move(words, 1, #words, 3, { "-o", ".orun/p.json" })
    local r = orun(all, env)
    assert.equal(0, r.code, r.err)
    return assert(json.decode((assert(fs.read(p.root .. "/.orun/p.json"))))), r
  end

  local function jobs(made)
    local list = {}
    for i, job in ipairs(made.jobs) do list[i] = job.id end
    table.sort(list)
    return list
  end

  local function job(made, id)
    for _, one in ipairs(made.jobs) do
      if one.id == id then return one end
    end
  end

  it("T1: without a trigger takes all environments and writes no trigger", function()
    local made = plan {}
    assert.is_nil(made.metadata.trigger)
    assert.same({ "db@dev.build", "db@prod.build", "db@stage.build", "web@dev.build", "web@prod.build", "web@stage.build" }, jobs(made))
    assert.equal("subscription", job(made, "web@stage.build").profileSource)
    assert.equal("advisory", job(made, "web@stage.build").dependencyMode)
  end)

  it("T2, T3: (03 case 30) decides by the words alone which flags go together", function()
    local r = orun { "--trigger", "pr", "--event-file", "none.json" }
    assert.same({ 2, "error: --trigger and --event-file exclude each other\n" }, { r.code, r.err })
    r = orun { "--event-file", "none.json" }
    assert.equal(2, r.code)
    assert.truthy(r.err:find("--event-file needs --from-ci", 1, true))
  end)

  it("T4, T5: names an unknown provider, and a payload that is no object", function()
    local r = orun { "--from-ci", "gihtub", "--event-file", "push.json" }
    assert.equal(1, r.code)
    assert.truthy(r.err:find('there is no event provider "gihtub"\nhint: did you mean github?', 1, true), r.err)
    p:write("list.json", "[1]")
    r = orun { "--from-ci", "github", "--event-file", "list.json" }
    assert.equal(1, r.code)
    assert.truthy(r.err:find("JSON object", 1, true))
    p:write("null.json", "null")
    assert.truthy(orun({ "--from-ci", "github", "--event-file", "null.json" }).err:find("github event unknown", 1, true))
  end)

  it("(03 case 31) of a push holds the trigger, and only the environments that it activates", function()
    local made, r = plan { "--from-ci", "github", "--event-file", "push.json" }
    assert.same({
      mode = "event-file", provider = "github", event = "push", matchedBindings = { "push-main" }, activeEnvironments = { "stage" },
      scope = "full", base = "b2", head = "a2",
    }, made.metadata.trigger)
    assert.same({ "db@stage.build", "web@stage.build" }, jobs(made))
    assert.truthy(r.out:find("trigger: github push via push-main", 1, true), r.out)
  end)

  it("(03 case 11) lets rules of subscriptions choose profile and dependency mode", function()
    local web = job(plan { "--trigger", "push-main" }, "web@stage.build")
    assert.same({ "sh.full", "subscription-rule", "push-main" }, { web.profile, web.profileSource, web.profileRuleTriggerRef })
    assert.same({ "disabled", "subscription-rule", "push-main" },
      { web.dependencyMode, web.dependencySource, web.dependencyRuleTriggerRef })
  end)

  it("(03 case 28) is narrowed by --env, with wildcards, to what the trigger activates", function()
    assert.same({ "db@dev.build", "web@dev.build" }, jobs(plan { "--env", "de*" }))
    assert.same({ "db@dev.build", "web@dev.build" }, jobs(plan { "--trigger", "pr", "--env", "de*,prod" }))
    local r = orun { "--trigger", "pr", "--env", "prod" }
    assert.equal(1, r.code)
    assert.truthy(r.err:find("environment prod is not activated by the trigger pr", 1, true))
  end)

  it("T20, T24: keeps the scope of a named trigger as it is written", function()
    assert.same({ mode = "named-trigger", matchedBindings = { "pr" }, activeEnvironments = { "dev" }, scope = "" },
      plan({ "--trigger", "pr" }).metadata.trigger)
    p:write("intent.yaml", (head:gsub('"v%*"%]}, plan: {scope: full}', '"v*"]}, plan: {scope: delta}')))
    local made, r = plan { "--trigger", "tag" }
    assert.equal("delta", made.metadata.trigger.scope)
    assert.truthy(r.err:find('plan.scope is "delta"', 1, true))
  end)

  it("finds the payload where GitHub Actions leaves it, and the event by its name", function()
    local env = { GITHUB_EVENT_PATH = "pr.json", GITHUB_EVENT_NAME = "pull_request", GITHUB_ACTIONS = "true" }
    local made = plan({ "--from-ci", "github" }, env)
    assert.same({ "dev" }, made.metadata.trigger.activeEnvironments)
    assert.equal("opened", made.metadata.trigger.action)
    assert.same(made, (plan({ "--from-ci", "auto" }, env)))
    assert.equal(1, orun({ "--from-ci", "github" }).code)
    assert.truthy(orun({ "--from-ci", "github" }, { GITHUB_EVENT_PATH = "none.json" }).err:find("cannot read the event file none.json", 1,
      true))
  end)

  it("takes events of other systems, from their variables", function()
    local made = plan({ "--from-ci", "gitlab" }, { CI_PIPELINE_SOURCE = "schedule", CI_COMMIT_SHA = "s", CI_COMMIT_BRANCH = "main" })
    assert.same({ "nightly" }, made.metadata.trigger.matchedBindings)
    assert.equal("s", made.metadata.trigger.head)
  end)

  it("is another plan than the one without the trigger, and the same one twice", function()
    local with, again, without = plan { "--trigger", "tag" }, plan { "--trigger", "tag" }, plan { "--env", "prod" }
    assert.equal(with.metadata.checksum, again.metadata.checksum)
    assert.same(jobs(with), jobs(without))
    assert.is_true(with.metadata.checksum ~= without.metadata.checksum)
  end)

  it("says with --debug what was resolved", function()
    local r = orun { "--trigger", "tag", "--debug" }
    assert.equal("resolving trigger (named-trigger)\n  matched triggers: tag\n  active environments: prod\n  plan scope: full\n", r.err)
  end)

  it("says the trigger in JSON too", function()
    local summary = assert(json.decode(orun({ "--trigger", "tag", "--json" }).out))
    assert.same({ "tag" }, summary.trigger.matchedBindings)
  end)

  it("T23: names rules whose trigger is not declared", function()
    p:write("intent.yaml", (head:gsub("profile: full, when: {triggerRef: push%-main}", "profile: full, when: {triggerRef: psuh-main}")))
    local r = orun { "--trigger", "pr" }
    assert.equal(1, r.code)
    assert.truthy(r.err:find('component web, subscription stage: profileRules[0] names the trigger "psuh-main"', 1, true), r.err)
    assert.truthy(r.err:find("did you mean push-main?", 1, true))
  end)

  it("does not run without a plan of its own trigger: run knows no such flag", function()
    local r = program.run(p.root, { "run", "--from-ci", "github" })
    assert.equal(2, r.code)
  end)

  it("offers bindings and providers on TAB", function()
    local function offered(line) return program.run(p.root, { "__complete", "--line", "orun " .. line }).out end
    assert.equal("pr\npush-main\n:words\n", offered "plan --trigger p")
    assert.equal("auto\nbuildkite\ngeneric\ngithub\ngitlab\n:words\n", offered "plan --from-ci ")
    assert.equal(":files\n", offered "plan --event-file ")
  end)
end)
