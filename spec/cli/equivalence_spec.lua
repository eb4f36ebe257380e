-- What docs/yaml-types.md promises to those who come with types of their own: both sides of it are compiled and run, with tools that
-- write down how they are called. What may differ stands on that page, and in spec/support/equivalence.lua.
local diagnostic = require "orun.diagnostic"
local equivalence = dofile "spec/support/equivalence.lua"
local fs = require "host.fs"
local json = require "host.json"
local path = require "orun.util.path"
local process = require "host.process"
local program = dofile "spec/support/program.lua"
local recorder = dofile "spec/support/recorder.lua"
local sorted = require "orun.util.sorted"
local value = require "host.value"
local workshop = require "orun.composition.workshop"
local yaml = require "host.yaml"

local page = "docs/yaml-types.md"
local fixture = "../shared/fixtures/reference-platform"
local branch = { GITHUB_REF = "refs/heads/main" }
local credentials = { CLOUDFLARE_ACCOUNT_ID = "a1", CLOUDFLARE_API_TOKEN = "t1" }

local function decoded(text, name)
  local document = assert(yaml.read(text, name))
  return document:value(document:root())
end

---Fenced blocks of the page: `{info, text}`.
local function blocks()
  local list = {}
  for info, text in assert(fs.read(page)):gmatch "\n```(yaml[^\n]*)\n(.-)```" do list[#list + 1] = { info = info, text = text } end
  return list
end

---What takes the place of an old type.
---@class Replacement
---@field type string
---@field parameters table
---@field profiles table<string, string|{profile: string, parameters: table}>

---@return table<string, Replacement>
local function replacements()
  local all = {}
  for _, block in ipairs(blocks()) do
    if block.info == "yaml types" then
      for name, item in sorted.pairs(decoded(block.text, page)) do all[name] = item end
    end
  end
  return all
end

---A value of the page with the values of the old parameters; nil when it is one that was not given.
local function filled(v, old)
  if type(v) == "string" then
    local name = v:match "^%$(%w+)$"
    if name then return old[name] end
    return (v:gsub("%$(%w+)", function(word) return tostring(old[word]) end))
  end
  if type(v) ~= "table" then return v end
  local list = value.is_list(v)
  local out = list and value.list {} or {}
  for key, item in sorted.pairs(v) do
    item = filled(item, old)
    if item ~= nil then out[list and #out + 1 or key] = item end
  end
  return out
end

---Parameters that the types that ship know, by type.
local function known_parameters()
  local report, known = diagnostic.collector(), {}
  for _, item in sorted.pairs(workshop.open(fs.cwd() .. "/compositions", report, function(file) return file end).compositions) do
    known[item.name] = item.schema.properties.parameters.properties
  end
  report:check()
  return known
end

---A component of an old type, and where it is subscribed with which profile.
---@class OldComponent
---@field name string
---@field type string
---@field path string
---@field parameters table
---@field profiles table<string, string> by environment
---@field dependsOn? table[]

local function subscriptions(profiles)
  local list = value.list {}
  for environment, profile in sorted.pairs(profiles) do
    local item = type(profile) == "table" and profile or { profile = profile }
    list[#list + 1] = { name = environment, profile = item.profile, parameters = item.parameters }
  end
  return { environments = list }
end

---@param c OldComponent
local function before(c)
  return {
    name = c.name, type = c.type, path = c.path, parameters = c.parameters, dependsOn = c.dependsOn, subscribe = subscriptions(c.profiles),
  }
end

---The component as the page says.
---@param c OldComponent
---@param r Replacement
---@param known table<string, table>
---@param job {runsOn: string, timeout: string} of the old type
local function after(c, r, known, job)
  local old = { component = c.name }
  for name, v in sorted.pairs(c.parameters) do old[name] = v end
  local parameters = filled(r.parameters, old)
  for name, v in sorted.pairs(c.parameters) do
    if known[r.type][name] then parameters[name] = v end
  end
  parameters.runsOn, parameters.timeout = job.runsOn, job.timeout
  local profiles = {}
  for environment, profile in sorted.pairs(c.profiles) do
    profiles[environment] = r.profiles[profile .. "@" .. environment] or r.profiles[profile]
    assert(profiles[environment], ("%s says nothing of the profile %s of %s"):format(page, profile, c.type))
  end
  return {
    name = c.name, type = r.type, path = c.path, parameters = parameters, dependsOn = c.dependsOn, subscribe = subscriptions(profiles),
  }
end

-- Platforms --------------------------------------------------------------------------------------------------------------------

local function git(root, ...)
  local argv = { "git", "-c", "user.name=spec", "-c", "user.email=spec@localhost", "-c", "commit.gpgsign=false", ... }
  local r = assert(process.run { argv = argv, cwd = root })
  assert(r.code == 0, r.output)
end

local Side = {}
Side.__index = Side

---Writes an intent with components, in a repository whose work tree is clean.
---@param root string
---@param components table[]
---@param package? string directory of the types; without it those that ship
local function side(root, components, package)
  local environments = {}
  for _, c in ipairs(components) do
    for _, item in ipairs(c.subscribe.environments) do environments[item.name] = {} end
  end
  assert(fs.write(root .. "/intent.yaml", json.encode({
    apiVersion = "sourceplane.io/v1", kind = "Intent", metadata = { name = "side" }, environments = environments,
    compositions = package and { sources = value.list { { name = "own", kind = "dir", path = package } } } or nil, components = components,
  }, { indent = 2 })))
  assert(fs.write(root .. "/.gitignore", ".orun/\n"))
  git(root, "init", "-q")
  git(root, "add", "-A")
  git(root, "commit", "-q", "-m", "platform")
  local r = program.run(root, { "plan", "-o", ".orun/whole.json" })
  assert(r.code == 0, r.err)
  local self = setmetatable({ root = root, plan = json.decode(assert(fs.read(root .. "/.orun/whole.json"))), jobs = {} }, Side)
  for _, job in ipairs(self.plan.jobs) do
    local id = ("%s@%s"):format(job.component, job.environment)
    assert(not self.jobs[id], "one job for each component and environment")
    self.jobs[id] = job
  end
  return self
end

---Runs the jobs of a plan that `wanted` names, without the actions that install tools, which need the engine of GitHub Actions.
---@param tools Recorder
---@param wanted fun(id: string): boolean
---@param env table<string, string>
---@return table<string, {status: string, calls: string[], tools: string[]}> by component and environment
function Side:run(tools, wanted, env)
  local plan = json.decode(assert(fs.read(self.root .. "/.orun/whole.json")))
  local jobs, gates = value.list {}, false
  for _, job in ipairs(plan.jobs) do
    if wanted(("%s@%s"):format(job.component, job.environment)) then
      jobs[#jobs + 1] = job
      gates = gates or #(job.gates or {}) > 0
      for i = #job.steps, 1, -1 do
        if job.steps[i].use then table.remove(job.steps, i) end
      end
    end
  end
  plan.jobs = jobs
  assert(fs.write(self.root .. "/.orun/part.json", json.encode(plan)))
  local words = {
    "run", "--plan", ".orun/part.json", "--allow-modified-plan", "-k", "--concurrency", "2", "--component-concurrency", "0", "--json",
  }
  if gates then table.move({ "--approve", "all" }, 1, 2, #words + 1, words) end
  local r = program.run(self.root, words, tools:environment(env))
  local state = assert((json.decode(r.out) or {}).state, r.out .. r.err)
  local found = {}
  for _, job in ipairs(jobs) do
    local calls, more = equivalence.calls(tools:calls(job.id), self.root)
    local status = (state.jobs[job.id] or {}).status or "none"
    found[("%s@%s"):format(job.component, job.environment)] = { status = status, calls = calls, tools = more }
  end
  return found
end

---What of a job is the same on both sides although it runs nothing.
local function facts(job)
  local gates, waits, steps = {}, {}, {}
  for i, gate in ipairs(job.gates or {}) do gates[i] = ("%s %s %s"):format(gate.type, gate.environment, gate.condition) end
  for i, id in ipairs(job.dependsOn or {}) do waits[i] = id:match "^(.*)%." end
  for _, step in ipairs(job.steps) do
    -- Stopping at a failure is what a step does anyway, and so are no further attempts.
    if step.onFailure and step.onFailure ~= "stop" or step.retry and step.retry ~= 0 or step.phase ~= "main" or step.timeout then
      steps[#steps + 1] = step.id
    end
  end
  return { runsOn = job.runsOn, timeout = job.timeout, retries = job.retries or 0, env = job.env or {}, gates = gates, waits = waits,
    steps = steps }
end

-- Where jobs run -----------------------------------------------------------------------------------------------------------------

local function merged(...)
  local out = {}
  for _, map in ipairs { ... } do
    for name, text in next, map do out[name] = text end
  end
  return out
end

local deployment = { "^cloudflare.*%-deploy@", "^cloudflare.*%-release@" }
local uploads = "^cloudflare%-pages.*%-deploy@"

-- `only`: pattern of the components for which it makes a difference; `missing`: files that are not there.
local surroundings = {
  { name = "on a machine of one's own", env = credentials },
  { name = "on the branch, before there is a project", env = merged(credentials, branch, { ANSWER = "404" }), only = deployment },
  { name = "on the branch, with a project", env = merged(credentials, branch, { ANSWER = "200" }), only = uploads },
  { name = "when Cloudflare is down", env = merged(credentials, branch, { ANSWER = "503" }), only = uploads },
  { name = "on another branch", env = merged(credentials, { GITHUB_REF = "refs/heads/feature" }), only = deployment },
  { name = "on the branch, without credentials", env = branch, only = deployment },
  { name = "on another branch, without credentials", env = { GITHUB_REF = "refs/heads/feature" }, only = deployment },
  {
    name = "when what is checked or built is wrong", env = merged(credentials, branch, { FAILING = "lint|validate|docs:build|run build" }),
  },
}

-- Of these only the outcome is compared: whether a file is there is looked at before or after packages are installed.
local losses = {
  { name = "without a package", missing = "package.json", env = credentials, only = "turbo.*production" },
  { name = "without a configuration of wrangler", missing = "wrangler.jsonc", env = credentials, only = "cloudflare%-worker.*production" },
  { name = "without what the build makes", missing = "dist", env = credentials, only = "cloudflare%-pages.*production" },
}

-- What the builds of the components, and the components themselves, consist of.
local function furnish(root, components)
  local done = {}
  for _, c in ipairs(components) do
    for _, part in ipairs { ".", c.parameters.siteDir or ".", c.parameters.terraformDir or c.parameters.directory or "." } do
      local directory = path.clean(path.join(root, c.path, part))
      if not done[directory] then
        done[directory] = true
        for _, file in ipairs { "package.json", "wrangler.jsonc", "dist/index.html", "docs-build/index.html" } do
          assert(fs.mkdir(path.dirname(directory .. "/" .. file)))
          assert(fs.write(directory .. "/" .. file, "{}\n"))
        end
      end
    end
  end
end

-- Both sides ---------------------------------------------------------------------------------------------------------------------

local stubs = { "npm", "npx", "pnpm", "helm", "terraform", "kubectl", "kustomize", "torkflow", "curl", "find" }

---Compiles both sides and declares a test for each of what is compared.
---@param make fun(root: string): OldComponent[], string fills a directory with the old platform; nil skips everything
---@param here boolean
---@param cloudflare boolean whether there is something that is deployed to Cloudflare
local function compare(make, here, cloudflare)
  local old, new, tools, top, components

  setup(function()
    if not here then return end
    top = assert(fs.realpath(assert(fs.temporary "/tmp/orun-equivalence-")))
    tools = recorder.new(top .. "/tools", stubs)
    local known, list = known_parameters(), replacements()
    local package
    components, package = make(top .. "/old")
    furnish(top .. "/old", components)
    assert(fs.clone_tree(top .. "/old", top .. "/new"))
    local left, right = value.list {}, value.list {}
    for i, c in ipairs(components) do left[i] = before(c) end
    old = side(top .. "/old", left, package)
    for i, c in ipairs(components) do
      local job = old.jobs[("%s@%s"):format(c.name, (next(c.profiles)))]
      right[i] = after(c, assert(list[c.type], c.type), known, job)
    end
    new = side(top .. "/new", right)
  end)
  teardown(function()
    if top then fs.remove_tree(top) end
  end)

  local function test(name, fn)
    it(name, function()
      if not here then return pending(fixture .. " is not here") end
      fn()
    end)
  end

  test("are the same jobs", function()
    assert.same(sorted.keys(old.jobs), sorted.keys(new.jobs))
    for id, job in sorted.pairs(old.jobs) do assert.same({ id, facts(job) }, { id, facts(new.jobs[id]) }) end
  end)

  local function wanted(place)
    local only = type(place.only) == "string" and { place.only } or place.only
    return function(id)
      for _, pattern in ipairs(only or { "" }) do
        if id:find(pattern) then return true end
      end
      return false
    end
  end

  for _, place in ipairs(surroundings) do
    if place.only and not cloudflare then goto continue end
    test("do the same " .. place.name, function()
      local expected, found = old:run(tools, wanted(place), place.env), new:run(tools, wanted(place), place.env)
      for id, made in sorted.pairs(expected) do
        assert.same({ id, made.status, made.calls }, { id, found[id].status, found[id].calls })
        -- A tool may be installed by an action, or by a command of the job that was run.
        if made.status == "completed" then
          local all = equivalence.tools(old.jobs[id])
          table.move(made.tools, 1, #made.tools, #all + 1, all)
          table.sort(all)
          assert.same({ id, all }, { id, equivalence.tools(new.jobs[id]) })
        end
      end
    end)
    ::continue::
  end

  for _, place in ipairs(cloudflare and losses or {}) do
    test("come to the same end " .. place.name, function()
      local statuses = {}
      for i, platform in ipairs { old, new } do
        for _, entry in ipairs(assert(fs.walk(platform.root, { skip = { ".git", ".orun" } }))) do
          if path.basename(entry.path) == place.missing or place.missing == "dist" and path.basename(entry.path) == "docs-build" then
            fs.remove_tree(platform.root .. "/" .. entry.path)
          end
        end
        statuses[i] = {}
        for id, made in sorted.pairs(platform:run(tools, wanted(place), place.env)) do statuses[i][id] = made.status end
        git(platform.root, "checkout", "-q", "--", ".")
      end
      assert.same(statuses[1], statuses[2])
    end)
  end
end

describe("the example of docs/yaml-types.md", function()
  local written = {}
  for _, block in ipairs(blocks()) do
    local name = block.info:match "^yaml (%S+%.yaml)$"
    if name then written[#written + 1] = { name = name, text = block.text } end
  end

  compare(function(root)
    local composition, component = written[1], decoded(written[2].text, page)
    assert(fs.mkdir(root .. "/stack/" .. path.dirname(composition.name)))
    assert(fs.write(root .. "/stack/" .. composition.name, composition.text))
    assert(fs.write(root .. "/stack/stack.yaml", "apiVersion: orun.io/v1\nkind: Stack\nmetadata: {name: own, version: 1.0.0}\n"))
    local profiles = {}
    for _, item in ipairs(component.spec.subscribe.environments) do profiles[item.name] = item.profile end
    return {
      { name = component.metadata.name, type = component.spec.type, path = "network", parameters = component.spec.parameters,
        profiles = profiles },
    }, "stack"
  end, true, false)

  it("ends with the component that its list makes", function()
    local component, shown = decoded(written[2].text, page), decoded(written[3].text, page).spec
    local profiles = {}
    for _, item in ipairs(component.spec.subscribe.environments) do profiles[item.name] = item.profile end
    local c = { name = "network", type = component.spec.type, path = "network", parameters = component.spec.parameters,
      profiles = profiles }
    local made = after(c, replacements()[c.type], known_parameters(), { timeout = "15m" })
    assert.same({ shown.type, shown.parameters, json.encode(shown.subscribe) }, { made.type, made.parameters,
      json.encode(made.subscribe) })
  end)
end)

describe("the types of the reference platform, and those that ship", function()
  -- Parameters that the platform's own components do not set.
  local variants = {
    ["turbo-package"] = {
      own = { preBuildCommand = "pnpm run proto", buildCommand = "pnpm run bundle", typecheckCommand = "pnpm run types" },
    },
    ["cloudflare-worker"] = { plain = { typecheckCommand = false, pnpmVersion = false } },
    ["cloudflare-worker-turbo"] = {
      own = { preBuildCommand = "pnpm run proto", buildCommand = "pnpm run bundle", typecheckCommand = "pnpm run types",
        deployCommand = "pnpm run ship" },
    },
    ["cloudflare-pages"] = { below = { siteDir = "site", productionBranch = "main" } },
    ["cloudflare-pages-turbo"] = { own = { preBuildCommand = "pnpm run proto", buildCommand = "pnpm run bundle" } },
    ["cloudflare-pages-turbo-terraform"] = { own = { preBuildCommand = "pnpm run proto", rootDir = "apps/admin console" } },
    terraform = { below = { terraformDir = "stack" } },
  }

  -- No component of the platform has the type workspace.
  local workspace = {
    type = "workspace", path = "packages/shared",
    parameters = { chartPath = "charts", valuesFile = "values.yaml", kustomizeDir = "deploy", terraformDir = "infra",
      workflowFile = "ci.yaml" },
  }

  ---The first component of each type, by type.
  local function samples()
    local found = { workspace = workspace }
    for _, entry in ipairs(assert(fs.walk(fixture, { skip = { "compositions", "remote-state-matrix", "github-artifact-demo" } }))) do
      if path.basename(entry.path) == "component.yaml" then
        local spec = decoded(assert(fs.read(fixture .. "/" .. entry.path)), entry.path).spec
        found[spec.type] = found[spec.type] or { type = spec.type, path = path.dirname(entry.path), parameters = spec.parameters }
      end
    end
    return found
  end

  -- Conditions of its templates look for parameters at the root, where there are none; as they stand, what they guard never runs. They are
  -- put right, so that what was meant is compared too.
  local function mend(root)
    local count = 0
    for _, entry in ipairs(assert(fs.walk(root .. "/compositions"))) do
      if entry.type == "file" then
        local file = root .. "/compositions/" .. entry.path
        local text, n = assert(fs.read(file)):gsub("{{if %.(%w+)}}", "{{if .parameters.%1}}")
        if n > 0 then assert(fs.write(file, text)) end
        count = count + n
      end
    end
    assert(count >= 10)
  end

  ---Profiles of the old types, by type.
  local function old_profiles(root)
    local report, found = diagnostic.collector(), {}
    local registry = workshop.open(root .. "/compositions", report, function(file) return file end)
    for _, item in sorted.pairs(registry.compositions) do found[item.name] = sorted.keys(item.profiles) end
    report:check()
    return found
  end

  compare(function(root)
    assert(process.run { argv = { "cp", "-R", fixture, root } }.code == 0)
    for _, entry in ipairs(assert(fs.walk(root))) do
      if path.basename(entry.path) == "component.yaml" then assert(fs.remove(root .. "/" .. entry.path)) end
    end
    mend(root)
    local list, types = {}, 0
    local all = samples()
    for type, profiles in sorted.pairs(old_profiles(root)) do
      types = types + 1
      local sample = assert(all[type], type)
      local forms = merged({ as_it_is = {} }, variants[type] or {})
      for form, more in sorted.pairs(forms) do
        local parameters = {}
        for name, v in sorted.pairs(merged(sample.parameters, more)) do parameters[name] = v or nil end
        for _, profile in ipairs(profiles) do
          -- Only what deploys asks for the environment.
          local deploys = type:find "^cloudflare" and (profile == "deploy" or profile == "release")
          list[#list + 1] = {
            name = ("%s-%s-%s"):format(type, form:gsub("_", "-"), profile), type = type, path = sample.path, parameters = parameters,
            profiles = deploys and { dev = profile, staging = profile, production = profile } or { production = profile },
            dependsOn = type == "helm-values" and value.list { { component = "helm-chart-as-it-is-verify" } } or nil,
          }
        end
      end
    end
    assert(types == 11)
    return list, "compositions"
  end, fs.exists(fixture), true)

  it("differ in nothing that the page does not name", function()
    local named = {}
    for name in assert(fs.read(page)):gmatch "\n%- %*%*(.-)%*%*" do named[#named + 1] = name end
    assert.same(equivalence.names, named)
  end)
end)
