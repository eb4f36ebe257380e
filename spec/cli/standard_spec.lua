-- The compositions that ship, in examples/standard. shell, make, node, python and go run for real where their tools are installed. The
-- tools of the other types are replaced by a script that writes down how it was called: what is tested is which commands run, not what
-- they do.
local fs = require "host.fs"
local json = require "host.json"
local path = require "orun.util.path"
local process = require "host.process"
local program = dofile "spec/support/program.lua"
local recorder = dofile "spec/support/recorder.lua"

local function sh(dir, command)
  local r = assert(process.run { argv = { "sh", "-ec", command }, cwd = dir })
  assert(r.code == 0, r.output)
  return r.output
end

-- Debian has the library that makes virtual environments in a package of its own.
local looks = { venv = "python3 -c 'import ensurepip, venv'" }

local function has_tool(name)
  return assert(process.run { argv = { "sh", "-c", looks[name] or "command -v " .. name } }).code == 0
end

-- A copy in a git repository of its own, since releases want a clean work tree.
local function copy()
  local dir = assert(fs.temporary "/tmp/orun-standard-") .. "/standard"
  assert(fs.clone_tree("examples/standard", dir, { skip = { ".orun" }, skip_any = { "build", "dist", "bin", ".venv", "__pycache__" } }))
  sh(dir, "git init -q -b main")
  -- The lock is part of the sources.
  assert(program.run(dir, { "compositions", "lock" }).code == 0)
  sh(dir, "git add -A && git -c user.name=t -c user.email=t@example.org commit -q -m 'First version'")
  return dir
end

describe("the types that ship", function()
  local dir

  setup(function() dir = copy() end)
  teardown(function() fs.remove_tree(path.dirname(dir)) end)

  local function run(words, env)
    return program.run(dir, words, env)
  end

  it("are there without any source", function()
    local r = run { "compositions", "--json" }
    assert.equal(0, r.code, r.err)
    local names = {}
    for i, row in ipairs(assert(json.decode(r.out))) do names[i] = row.type end
    assert.same({
      "cloudflare-pages", "cloudflare-worker", "docker-image", "go", "helm-chart", "make", "node", "python", "shell", "terraform",
    }, names)
  end)

  it("stand in docs/compositions.md as they are", function()
    local page = dofile "spec/docs/stack_page.lua"
    assert.is_true(fs.read(page.file) == page.text(), "docs/compositions.md is stale: make docs writes it again")
  end)

  it("pass their specs", function()
    local r = program.run(fs.cwd(), { "compositions", "test", "compositions" })
    assert.equal(0, r.code, r.out .. r.err)
    assert.truthy(r.out:find "%d passed")
  end)

  local real = {
    shell = {}, make = { "make", "cc" }, node = { "npm", "node" }, python = { "python3", "venv" }, go = { "go" },
  }
  local results = {
    shell = function(log) assert.truthy(log:find("hello from dev", 1, true)) end,
    make = function() assert.equal("good day\n", sh(dir, "components/make/build/hello")) end,
    node = function(log)
      assert.truthy(log:find("pass 1", 1, true))
      assert.is_true(fs.exists(dir .. "/components/node/dist/hello.js"))
    end,
    python = function(log) assert.truthy(log:find("test_names_whom_it_greets", 1, true)) end,
    go = function(log)
      assert.truthy(log:find "ok%s+example.com/hello%s")
      assert.equal("hello, world\n", sh(dir, "components/go/bin/go"))
    end,
  }

  for _, name in ipairs { "shell", "make", "node", "python", "go" } do
    it(("run for real: %s"):format(name), function()
      for _, tool in ipairs(real[name]) do
        if not has_tool(tool) then return pending(("%s is not installed, the type %s is not run"):format(tool, name)) end
      end
      local r = run { "run", "--env", "dev", "--component", name, "--isolation", "none", "--exec-id", "real-" .. name }
      assert.equal(0, r.code, r.out .. r.err)
      results[name](run({ "logs", "--exec-id", "real-" .. name, "--raw" }).out)
    end)
  end

  it("install what make has built, for a release", function()
    if not has_tool "make" or not has_tool "cc" then return pending "make and cc are not installed" end
    local r = run { "run", "--env", "production", "--component", "make", "--isolation", "none" }
    assert.equal(0, r.code, r.out .. r.err)
    assert.equal("good day\n", sh(dir, "components/make/stage/usr/bin/hello"))
  end)

  it("fail with what their tools say", function()
    if not has_tool "make" or not has_tool "cc" then return pending "make and cc are not installed" end
    local broken = copy()
    local file = broken .. "/components/make/Makefile"
    assert(fs.write(file, (assert(fs.read(file)):gsub("check: build/hello\n", "check: build/hello\n\tfalse\n"))))
    local r = program.run(broken, { "run", "--env", "dev", "--component", "make", "--isolation", "none" })
    fs.remove_tree(path.dirname(broken))
    assert.equal(1, r.code)
    assert.truthy((r.out .. r.err):find("check", 1, true))
  end)
end)

describe("the types that ship, with tools that write down how they are called", function()
  local dir, tools

  setup(function()
    dir = copy()
    tools = recorder.new(path.dirname(dir), { "curl", "docker", "helm", "npm", "terraform" })
    -- What a build leaves behind for the steps after it.
    assert(fs.mkdir(dir .. "/components/cloudflare-pages/dist"))
  end)
  teardown(function() fs.remove_tree(path.dirname(dir)) end)

  -- The setup actions need the engine of GitHub Actions; without them the plan is what a machine with the tools would run.
  local function plan_without_actions(environment)
    local file = path.dirname(dir) .. "/plan.json"
    local r = program.run(dir, { "plan", "--env", environment, "-o", file })
    assert.equal(0, r.code, r.err)
    local plan = assert(json.decode(assert(fs.read(file))))
    for _, job in ipairs(plan.jobs) do
      for i = #job.steps, 1, -1 do
        if job.steps[i].use then table.remove(job.steps, i) end
      end
    end
    assert(fs.write(file, json.encode(plan)))
    return file, plan.jobs
  end

  ---@return string[] calls in order
  local function calls(environment, component, env)
    local all = { CLOUDFLARE_ACCOUNT_ID = "a1", CLOUDFLARE_API_TOKEN = "t1", GITHUB_REF = "" }
    for name, text in next, env or {} do all[name] = text end
    local file, jobs = plan_without_actions(environment)
    local words = { "run", "--plan", file, "--allow-modified-plan", "--component", component, "--isolation", "none" }
    if environment == "production" then table.move({ "--approve", "all" }, 1, 2, #words + 1, words) end
    local r = program.run(dir, words, tools:environment(all))
    assert.equal(0, r.code, r.out .. r.err)
    -- No type has more than two jobs.
    local of_component = {}
    for _, job in ipairs(jobs) do
      if job.component == component then table.insert(of_component, not job.dependsOn and 1 or #of_component + 1, job) end
    end
    local list = {}
    for _, job in ipairs(of_component) do
      for _, call in ipairs(tools:calls(job.id)) do list[#list + 1] = table.concat(call, " ") end
    end
    return list
  end

  it("docker-image builds, and pushes for a release", function()
    local revision = sh(dir, "git rev-parse --short=12 HEAD"):match "%x+"
    local build = "docker buildx build --file Dockerfile --build-arg GREETING=good day %s --tag registry.example.com/examples/hello:latest "
      .. "--tag registry.example.com/examples/hello:" .. revision .. " ."
    local check = "docker buildx build --check --file Dockerfile ."
    assert.same({ "docker version", check, build:format "--load" }, calls("dev", "docker-image"))
    assert.same({ "docker version", check, build:format "--push" }, calls("production", "docker-image"))
  end)

  it("terraform plans, and applies what it has planned", function()
    local head = {
      "terraform version", "terraform fmt -check -diff -recursive",
      "terraform init -input=false -no-color -backend=false",
      "terraform validate -no-color", "terraform init -input=false -no-color",
    }
    local plan = "terraform plan -input=false -no-color %s -parallelism=10 -var-file example.tfvars -var replicas=2 -out=orun.tfplan"
    local dev = table.move(head, 1, #head, 1, {})
    dev[#dev + 1] = plan:format "-lock=false"
    assert.same(dev, calls("dev", "terraform"))
    -- The plan is an output of the job before; here nothing makes it.
    assert(fs.write(dir .. "/components/terraform/orun.tfplan", "plan"))
    local production = table.move(head, 1, #head, 1, {})
    production[#production + 1] = plan:format "-lock-timeout=5m"
    production[#production + 1] = "terraform init -input=false -no-color"
    production[#production + 1] = "terraform apply -input=false -no-color -auto-approve -lock-timeout=5m -parallelism=10 orun.tfplan"
    assert.same(production, calls("production", "terraform"))
  end)

  it("helm-chart lints and renders, and releases", function()
    assert.same({
      "helm version --short", "helm lint . --strict --values values.yaml",
      "helm template helm-chart . --namespace examples --values values.yaml",
    }, calls("dev", "helm-chart"))
    assert.same({
      "helm version --short", "helm lint . --strict --values values.yaml",
      "helm upgrade helm-chart . --install --atomic --timeout 5m --namespace examples --create-namespace --values values.yaml",
    }, calls("production", "helm-chart"))
  end)

  it("cloudflare-worker tries, and deploys one branch only", function()
    local build = { "npm ci", "npm run --if-present build" }
    assert.same({ build[1], build[2], "npm exec -- wrangler deploy --env hello --dry-run" }, calls("dev", "cloudflare-worker"))
    assert.same({ build[1], build[2], "npm exec -- wrangler deploy --env hello" }, calls("production", "cloudflare-worker"))
    assert.same(build, calls("production", "cloudflare-worker", { GITHUB_REF = "refs/heads/feature" }))
    assert.equal(3, #calls("production", "cloudflare-worker", { GITHUB_REF = "refs/heads/main" }))
  end)

  it("cloudflare-pages makes the project once and uploads", function()
    local build = { "npm ci", "npm run --if-present build", "npm run --if-present typecheck" }
    assert.same(build, calls("dev", "cloudflare-pages"))
    local api = "curl --config - --silent --show-error --output /dev/null "
    local address = "https://api.cloudflare.com/client/v4/accounts/a1/pages/projects"
    -- What curl reads stands behind its arguments.
    local token = ' header = "Authorization: Bearer t1"'
    local look = api .. "--write-out %{http_code} " .. address .. "/hello-pages" .. token
    local write = api .. "--fail --header Content-Type: application/json "
    local create = write .. '--request POST --data {"name":"hello-pages","production_branch":"main"} ' .. address .. token
    local update = write .. '--request PATCH --data {"production_branch":"main"} ' .. address .. "/hello-pages" .. token
    local upload = "npm exec -- wrangler pages deploy dist --project-name hello-pages --branch main"
    assert.same({ build[1], build[2], build[3], look, create, upload }, calls("production", "cloudflare-pages", { ANSWER = "404" }))
    assert.same({ build[1], build[2], build[3], look, update, upload }, calls("production", "cloudflare-pages", { ANSWER = "200" }))
  end)
end)

describe("the stack that ships, beside other sources", function()
  local Sources = dofile "spec/support/sources.lua"

  after_each(Sources.clean)

  it("is a source of kind builtin", function()
    local root = Sources.new({
      ["intent.yaml"] = "compositions: {sources: [{name: kit, kind: dir, path: kit}, {name: orun, kind: builtin}]}\nenvironments: {dev: }\n"
        .. "components:\n  - {name: a, type: sh, subscribe: {environments: [dev]}}\n"
        .. "  - {name: b, type: shell, subscribe: {environments: [dev]}, parameters: {run: 'true'}}\n",
      ["kit/stack.yaml"] = Sources.stack, ["kit/compositions/sh/composition.yaml"] = Sources.composition "sh",
    }).root
    local r = program.run(root, { "plan", "--locked" })
    assert.equal(1, r.code)
    assert.equal(0, program.run(root, { "compositions", "lock" }).code)
    r = program.run(root, { "plan", "--locked", "-o", "plan.json" })
    assert.equal(0, r.code, r.err)
    local plan = assert(json.decode(assert(fs.read(root .. "/plan.json"))))
    assert.same({ "kit", "orun" }, { plan.spec.compositionSources[1].name, plan.spec.compositionSources[2].name })
    assert.same({ "builtin", 10 }, { plan.spec.compositionSources[2].kind, #plan.spec.compositionSources[2].exports })
  end)
end)
