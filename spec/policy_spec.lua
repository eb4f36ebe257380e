local Sources = dofile "spec/support/sources.lua"
local diagnostic = require "orun.diagnostic"
local fs = require "host.fs"
local policy = require "orun.policy"
local schema = require "orun.schema"

local function has(text, ...)
  for _, part in ipairs { ... } do
    assert.truthy(text:find(part, 1, true), ("%q is not in:\n%s"):format(part, text))
  end
end

local function lacks(text, part)
  assert.falsy(text:find(part, 1, true), ("%q is in:\n%s"):format(part, text))
end

local kit = [[
kind: Composition
metadata: {name: site}
spec:
  type: site
  defaultJob: build
  parameterSchema: {type: object}
  defaultProfile: plain
  jobs:
    - {name: build, runsOn: ubuntu-22.04, timeout: 20m, steps: [{name: make, run: make}]}
    - {name: test, runsOn: ubuntu-22.04, timeout: 90m, steps: [{name: check, run: make check, retry: 3}]}
  executionProfiles:
    plain: {jobs: {build: {stepsEnabled: [make]}}}
    both: {jobs: {build: {stepsEnabled: [make]}, test: {stepsEnabled: [check]}}}
    careful:
      jobs: {build: {stepsEnabled: [make]}}
      policies:
        requireApproval: "true"
    careless: {jobs: {build: {stepsEnabled: [make]}}, policies: {requireApproval: false, maxTimeout: 40m}}
]]

local function platform(intent, profile)
  return Sources.new {
    ["intent.yaml"] = Sources.intent .. intent,
    ["kit/site/composition.yaml"] = kit,
    ["app/component.yaml"] = ("kind: Component\nmetadata: {name: app}\nspec:\n  type: site\n  domain: web\n"
      .. "  subscribe: {environments: [{name: '*', profile: %s}]}\n"):format(profile or "plain"),
  }
end

local function errors(intent, profile, options)
  local compiled, failure = platform(intent, profile):compile(options)
  assert.is_nil(compiled)
  return Sources.text(failure.errors), failure.errors
end

local function gates(intent, profile)
  local out = {}
  for id, job in next, (platform(intent, profile):jobs()) do
    for _, gate in ipairs(job.gates or {}) do out[#out + 1] = id .. " " .. gate.type .. " " .. (gate.source or "") end
  end
  table.sort(out)
  return out
end

describe("policies", function()
  after_each(Sources.clean)

  it("of group and environment must agree (decision 9)", function()
    local text, list = errors("groups: {web: {policies: {maxTimeout: 1h}}}\nenvironments:\n  dev: {policies: {maxTimeout: 30m}}\n")
    has(text, "intent.yaml:4:32: policy.conflict: component app environment dev: policy maxTimeout: environment dev says 30m, "
      .. "group web says 1h", "group web says so at intent.yaml:2")
    assert.equal(1, #list)
    has(errors("groups: {web: {policies: {requireApproval: true}}}\nenvironments: {dev: {policies: {requireApproval: 'false'}}}\n"),
      "environment dev says false, group web says true")
    has(errors("groups: {web: {policies: {allowedTypes: [a]}}}\nenvironments: {dev: {policies: {allowedTypes: [a, site]}}}\n"),
      "environment dev says [a, site], group web says [a]")
  end)

  it("agree when texts mean the same truth value (decision 9)", function()
    assert.same({ "app@dev.build approval environment dev" },
      gates "groups: {web: {policies: {requireApproval: true}}}\nenvironments: {dev: {policies: {requireApproval: 'true'}}}\n")
    assert.same({ "app@dev.build approval group web" },
      gates "groups: {web: {policies: {requireApproval: 'true'}}}\nenvironments: {dev: {}}\n")
    assert.same({}, gates "groups: {web: {policies: {requireApproval: 'false'}}}\nenvironments: {dev: {}}\n")
    assert.same({}, gates "groups: {other: {policies: {requireApproval: true}}}\nenvironments: {dev: {}}\n")
  end)

  it("are tightened by a profile, never loosened (decision 9)", function()
    assert.same({ "app@dev.build approval profile site.careful" },
      gates("environments: {dev: {policies: {requireApproval: 'false'}}}\n", "careful"))
    assert.same({ "app@dev.build approval environment dev" },
      gates("environments: {dev: {policies: {requireApproval: true}}}\n", "careless"))
    assert.same({ "app@dev.build approval environment dev" },
      gates("environments: {dev: {policies: {requireApproval: true}}}\n", "careful"))
    -- Of two limits both hold.
    has(errors("environments: {dev: {policies: {maxTimeout: 10m}}}\n", "careless"), "maxTimeout of environment dev: the timeout 20m")
    assert.same({}, gates("environments: {dev: {policies: {maxTimeout: 2h}}}\n", "careless"))
  end)

  it("of presets cannot be loosened (decision 9)", function()
    local declared = require "orun.intent.policy"
    local model = {
      groups = {},
      environments = {
        dev = {
          policies = { isolation = "strict" }, presetPolicies = { { key = "isolation", value = false, preset = "base:ci" } },
        },
        prod = { policies = {}, presetPolicies = { { key = "requireApproval", value = "true", preset = "base:ci" } } },
      },
    }
    local _, conflicts = declared.demands(model, "dev", "web", nil, "site")
    assert.equal("environment dev", conflicts[1].a.source)
    assert.equal("preset base:ci", conflicts[1].b.source)
    local demands = declared.demands(model, "prod", "web", { name = "loose", policies = { requireApproval = false } }, "site")
    assert.equal(1, #demands)
    assert.equal("preset base:ci", demands[1].statements[1].source)
  end)

  it("of two presets, and of preset and platform, must agree (01 case 39, differs by decision 9)", function()
    -- As presets are merged: into the decoded intent, before it is normalized.
    local function model(repo, first, second)
      local group = { policies = { iso = repo }, presetPolicies = {} }
      for i, v in ipairs { first, second } do group.presetPolicies[i] = { key = "iso", value = v, preset = "base:p" .. i } end
      return require("orun.compiler.normalize")({ intent = { groups = { web = group }, environments = { dev = {} } }, components = {} },
        diagnostic.collector())
    end
    local declared = require "orun.intent.policy"
    local _, conflicts = declared.demands(model("a", "a", "b"), "dev", "web", nil, "site")
    assert.same({ "group web", "preset base:p2" }, { conflicts[1].a.source, conflicts[1].b.source })
    _, conflicts = declared.demands(model(nil, "a", "b"), "dev", "web", nil, "site")
    assert.same({ "preset base:p1", "preset base:p2" }, { conflicts[1].a.source, conflicts[1].b.source })
    local demands
    demands, conflicts = declared.demands(model("a", "a", "a"), "dev", "web", nil, "site")
    assert.same({}, conflicts)
    assert.equal("group web", demands[1].statements[1].source)
  end)

  it("have a rule each (decision 10)", function()
    local text, list = errors("groups:\n  nobody:\n    policies: {isolaton: strict}\nenvironments:\n  dev:\n    policies:\n"
      .. "      requireAproval: true\n      zzz: 1\n      ../x: 2\n")
    assert.equal(4, #list)
    has(text, 'intent.yaml:4:26: policy.unknown: group nobody sets the policy "isolaton", which no rule enforces',
      "did you mean isolation?", "intent.yaml:8:23: policy.unknown", "did you mean requireApproval?", "intent.yaml:9:12: policy.unknown",
      "policies: allowedProfiles, ",
      "intent.yaml:10:13: policy.unknown")
  end)

  it("of a profile are looked at when the profile is used", function()
    local sources = platform "environments: {dev: {}}\n"
    sources:write("kit/site/composition.yaml", (kit:gsub('requireApproval: "true"', "requireAproval: true")))
    assert.truthy(sources:compile())
    sources = platform("environments: {dev: {}}\n", "careful")
    sources:write("kit/site/composition.yaml", (kit:gsub('requireApproval: "true"', "requireAproval: true")))
    local _, failure = sources:compile()
    has(Sources.text(failure.errors), "kit/site/composition.yaml:17:25: policy.unknown: profile site.careful sets",
      "did you mean requireApproval?")
  end)

  it("have values of the kind that the rule wants", function()
    local text = errors("environments:\n  dev:\n    policies:\n      requireApproval: maybe\n      maxTimeout: 30\n      maxRetries: -1\n"
      .. "      allowedTypes: site\n      isolation: loose\n      requiredLabels: [a, 1]\n      pinnedActions:\n")
    has(text, "intent.yaml:5:24: policy.value: policy requireApproval of environment dev: expected boolean, but got string",
      "intent.yaml:6:19: policy.value", "intent.yaml:7:19: policy.value: policy maxRetries of environment dev: must be >= 0",
      "intent.yaml:8:21: policy.value", 'intent.yaml:9:18: policy.value: policy isolation of environment dev: value must be "strict"',
      "policy requiredLabels of environment dev: '/1': expected string", "pinnedActions of environment dev: expected boolean, but got null")
  end)

  it("ask for nothing when they are false", function()
    assert.same({}, gates "environments: {dev: {policies: {isolation: false, maxTimeout: 'false', requireApproval: false}}}\n")
  end)

  describe("with rules in files", function()
    local function with_rules(policies, files)
      local sources = platform("environments:\n  dev:\n    policies: " .. policies .. "\n")
      for name, text in next, files do sources:write(name, text) end
      return sources
    end

    local function failure(policies, files)
      local compiled, found = with_rules(policies, files):compile()
      assert.is_nil(compiled)
      return Sources.text(found.errors), found
    end

    local named = [[
return {
  describe = "the prefix of every component",
  schema = { type = "string", minLength = 2 },
  check = function(value, job, ctx)
    if ctx.component.name:sub(1, #value) == value then return nil end
    return { message = job.id .. " of " .. ctx.environment.name .. " has not " .. value, path = "/steps/0/run", hint = "rename it" }
  end,
}
]]

    it("asks those of packages and of the platform", function()
      local text = failure("{named: shop, house: 1}", {
        ["kit/policies/named.lua"] = named, [".orun/policies/house.lua"] = "return { check = function() return { 'one', 'two' } end }\n",
      })
      has(text, "kit/site/composition.yaml:9:", "policy.violation: app@dev.build violates the policy named of environment dev: "
        .. "app@dev.build of dev has not shop (rename it)", "policy house of environment dev: one", "policy house of environment dev: two")
      assert(with_rules("{named: app}", { ["kit/policies/named.lua"] = named }):compile())
    end)

    it("holds the values against their schema, before anything is asked", function()
      has(failure("{named: x}", { ["kit/policies/named.lua"] = named }), "policy.value: policy named of environment dev: ")
    end)

    it("asks the first one found, and tells of the others", function()
      local sources = with_rules("{named: app, maxRetries: 9}", {
        ["kit/policies/named.lua"] = named, [".orun/policies/named.lua"] = "error 'never loaded'",
        ["kit/policies/maxRetries.lua"] = "error 'never loaded'",
      })
      local compiled, found = sources:compile()
      assert(compiled, found and Sources.text(found.errors))
      local text = Sources.text(found.warnings)
      has(text, "maxRetries.lua", "this rule is never asked: a rule of orun has the name maxRetries",
        ".orun/policies/named.lua::: policy.hidden: this rule is never asked: kit/policies/named.lua has the name named")
    end)

    it("does not load a file whose key nobody sets", function()
      assert(with_rules("{maxRetries: 9}", { [".orun/policies/other.lua"] = "this is no Lua" }):compile())
    end)

    it("makes one sandbox for the files of a place, and none before one of its rules is asked", function()
      local native = require "host.sandbox"
      local open, made = native.open, 0
      native.open = function(...) -- luacheck: ignore
        made = made + 1
        return open(...)
      end
      local restore <close> = setmetatable({}, { __close = function() native.open = open end }) -- luacheck: ignore
      local rule = "return { check = function() end }\n"
      local rules = { [".orun/policies/one.lua"] = rule, [".orun/policies/two.lua"] = rule, ["kit/policies/three.lua"] = rule }
      assert(with_rules("{maxRetries: 9}", rules):compile())
      assert.equal(0, made)
      assert(with_rules("{one: true, two: true}", rules):compile())
      assert.equal(1, made)
      assert(with_rules("{one: true, three: true}", rules):compile())
      assert.equal(3, made)
    end)

    it("gives rules what they may know, read-only, and git only where they ask for it", function()
      local text = failure("{facts: true}", {
        [".orun/policies/facts.lua"] = [[
return { check = function(_, job, ctx)
  local t = {}
  for key in pairs(ctx) do t[#t + 1] = key end
  local shown = table.concat(t, " ") .. " " .. type(ctx.git.problem)
  ctx.component.name = "x"
end }
]],
      })
      has(text, ".orun/policies/facts.lua:5:3: policy.rule", "attempt to set 'name' of a read-only table", "environment dev")
    end)

    it("tells a broken file once, with its line", function()
      local function house(rule) return failure("{house: true}", { [".orun/policies/house.lua"] = "return { " .. rule .. " }" }) end
      local text, found = house "check = function(v, job)\n  return job.x.y\nend"
      has(text, ".orun/policies/house.lua:2:3: policy.rule", "(policy house of component app environment dev)")
      assert.equal(1, #found.errors)
      has(house "check = function() return 1 end", "answered with an integer", ".orun/policies/house.lua:1:1")
      has(house "check = function() return { message = 'x', pth = '/steps' } end", 'answered with a table that has a field "pth"', "path")
      has(house "check = function() return { 'x', { path = '/steps' } } end", "answered with a table that has no message")
      has(house "check = function() return { message = 'x', hint = 5 } end", "answered with a hint that is no text")
      has(house "\n  chekc = function() end", ".orun/policies/house.lua:2:3: ", 'no field "chekc"', "check")
      has(house "\n\n  check = true", ".orun/policies/house.lua:3:3: ", "check must be a function")
      has(house "check = function() end,\n  schema = { minimum = 'x' }", ".orun/policies/house.lua:2:3: policy.rule: the schema of the "
        .. "policy house is no valid JSON Schema: at '/minimum': ")
      has(house "check = function() while true do end end", "composition.limit", ".orun/policies/house.lua:1")
    end)
  end)

  it("are enforced on each compiled job, all violations together, with their places", function()
    local intent = "environments:\n  dev: {policies: {maxTimeout: 30m, maxRetries: 1, requiredLabels: [team]}}\n  prod: {}\n"
    local text, list = errors(intent, "both")
    assert.equal(3, #list)
    has(text, "kit/site/composition.yaml:10:51: policy.violation: app@dev.test violates the policy maxTimeout of environment dev: "
      .. "the timeout 90m of the job is longer than 30m (the policy stands at intent.yaml:3)",
      "kit/site/composition.yaml:10:102: policy.violation: app@dev.test violates the policy maxRetries",
      "app/component.yaml:4:3: policy.violation: app@dev.build (and 1 more) violates the policy requiredLabels of environment dev: "
      .. 'it has no label "team"')
    lacks(text, "@prod")
  end)

  it("count for the selected jobs only, in validate for all", function()
    local intent = "environments:\n  dev: {}\n  prod: {policies: {allowedTypes: [other]}}\n"
    local sources = platform(intent)
    assert.truthy(sources:compile { environments = { "dev" } })
    local ok, failure = pcall(require("orun.compiler").validate, { cwd = sources.root }, diagnostic.collector())
    assert.is_false(ok)
    has(Sources.text(failure.errors), "app/component.yaml:4:9: policy.violation: app@prod.build violates the policy allowedTypes")
  end)

  it("that require approval become a gate after the others (decision 10)", function()
    local sources = platform("environments:\n  dev: {}\n"
      .. "  prod: {promotion: {dependsOn: [{environment: dev}]}, policies: {requireApproval: true}}\n")
    local job = sources:jobs({ environments = { "prod" } })["app@prod.build"]
    assert.equal("environment-promotion", job.gates[1].type)
    assert.equal([[{"type":"approval","environment":"prod","component":"app","condition":"approved","source":"environment prod"}]],
      require("host.json").encode(job.gates[2], {}))
    assert.is_nil(job.gates[3])
  end)

  it("see the component that a place belongs to: overrides and subscriptions", function()
    local sources = platform("environments: {dev: {policies: {pinnedActions: true, allowedProfiles: [both, 'site.care*']}}}\n")
    sources:write("app/component.yaml", sources:read "app/component.yaml" .. "  overrides:\n    steps:\n      - name: make\n"
      .. "        use: actions/checkout@v4\n")
    local _, failure = sources:compile()
    has(Sources.text(failure.errors), "app/component.yaml:10:14: policy.violation", "uses actions/checkout@v4, which is not pinned",
      "app/component.yaml:6:51: policy.violation", "the profile site.plain is not allowed; allowed: both, site.care*")
  end)

  it("do not load git unless a rule asks for it", function()
    package.loaded["host.git"] = nil
    platform("environments: {dev: {policies: {requireCleanGitTree: false, maxRetries: 9}}}\n"):jobs()
    assert.is_nil(package.loaded["host.git"])
    local text = errors "environments: {dev: {policies: {requireCleanGitTree: true}}}\n"
    has(text, "policy.violation", "requireCleanGitTree of environment dev", "git cannot tell")
  end)

  it("see the work tree as its user left it, not with the lock file that this plan writes", function()
    local sources = platform("environments: {dev: {policies: {requireCleanGitTree: true}}}\n")
    assert(require("host.fs").remove_tree(sources.root .. "/.git"))
    local made = require("host.process").run {
      argv = { "sh", "-c", "git init -q . && git add -A && git -c user.name=x -c user.email=x@x commit -q -m x" }, cwd = sources.root,
    }
    assert.equal(0, made.code)
    local function plan()
      local compiled, failure = sources:compile()
      return not compiled and Sources.text(failure.errors) or nil
    end
    assert.is_nil(plan())
    assert.truthy(sources:read ".orun/compositions.lock.yaml")
    has(assert(plan()), "changes that are not committed, for example .orun/")
    -- It is written when something is wrong, too.
    assert(require("host.fs").remove_tree(sources.root .. "/.orun"))
    sources:write("changed", "")
    has(assert(plan()), "changes that are not committed, for example changed")
    assert.truthy(sources:read ".orun/compositions.lock.yaml")
  end)
end)

describe("policy rules", function()
  it("are files that say what they want", function()
    local names = policy.names()
    assert.same({
      "allowedProfiles", "allowedRunners", "allowedTypes", "isolation", "maxRetries", "maxTimeout", "pinnedActions", "requireApproval",
      "requireCleanGitTree", "requirePinnedTerraformVersion", "requiredEnv", "requiredLabels",
    }, names)
    for _, name in ipairs(names) do
      local rule = assert(policy.rule(name))
      assert.truthy(rule.describe and (rule.check or rule.gate), name)
      assert(schema.compile(rule.schema))
    end
    for _, name in ipairs { "nothing", "../policy", "a.b", "", "init" } do assert.is_nil(policy.rule(name)) end
    assert.is_nil(fs.stat("lua/orun/policy/init.lua"))
  end)

  local function check(name, value, job, ctx)
    job.steps = job.steps or {}
    local answer = policy.rule(name).check(value, job, ctx or {}) or {}
    return answer.message and { answer } or answer
  end

  it("pinnedActions tells commits and digests from names that move", function()
    local function count(use) return #check("pinnedActions", true, { steps = { { id = "s", use = use } } }) end
    local commit = ("0123456789"):rep(4)
    assert.equal(0, count("actions/checkout@" .. commit))
    assert.equal(0, count("o/r/sub/dir@" .. commit:gsub("0", "A")))
    assert.equal(0, count "./actions/mine")
    assert.equal(0, count("docker://alpine@sha256:" .. ("ab"):rep(32)))
    for _, use in ipairs { "actions/checkout@v4", "actions/checkout", "o/r@" .. commit:sub(2), "docker://alpine:3.20",
      "docker://alpine@sha256:ab", "o/r@" .. commit .. "0" } do
      assert.equal(1, count(use), use)
    end
  end)

  it("maxTimeout adds up units and wants a limit", function()
    assert.same({}, check("maxTimeout", "1h30m", { timeout = "90m", steps = { { id = "s", timeout = "5400s" } } }))
    assert.equal(2, #check("maxTimeout", "1h", { timeout = "61m", steps = { { id = "s", timeout = "2h" } } }))
    assert.equal("/timeout", check("maxTimeout", "1h", {})[1].path)
  end)

  it("requirePinnedTerraformVersion looks at action, parameter and script", function()
    local other, terraform = { component = { type = "x" } }, { component = { type = "terraform" } }
    local function count(job, ctx) return #check("requirePinnedTerraformVersion", true, job, ctx or other) end
    local function setup(version)
      return { steps = { { id = "s", use = "hashicorp/setup-terraform@v3", with = { terraform_version = version } } } }
    end
    assert.equal(0, count { steps = { { id = "s", run = "echo terraform.tfvars" } } })
    assert.equal(1, count { steps = { { id = "s", run = "cd x && terraform plan" } } })
    assert.equal(0, count { steps = { { id = "s", run = "terraform plan" } }, parameters = { terraformVersion = "1.9.8" } })
    assert.equal(1, count({ parameters = { terraformVersion = 1.9 } }, terraform))
    assert.equal(0, count(setup "1.9.8"))
    assert.equal(0, count(setup "1.10.0-rc1"))
    for _, version in ipairs { "latest", "~> 1.9", "1.9", "<no value>" } do assert.equal(1, count(setup(version)), version) end
    assert.equal(1, count(setup(nil), terraform))
  end)
end)
