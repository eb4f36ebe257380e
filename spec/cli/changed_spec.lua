-- `--changed` with real git: cases F, M, D and T21 of chapter 04, each through the program.
local fs = require "host.fs"
local json = require "host.json"
local process = require "host.process"
local program = dofile "spec/support/program.lua"
local sources = dofile "spec/support/sources.lua"

local intent = sources.intent .. [[
discovery: {roots: [services]}
environments: {dev: {activation: {triggerRefs: [pr]}}, prod: }
automation:
  triggerBindings:
    pr:
      on: {provider: github, event: pull_request}
      plan: {scope: changed, base: pull_request.base.sha, head: pull_request.head.sha}
components:
  - {name: root, type: sh, path: ./, subscribe: {environments: [dev]}}
  - {name: ops, type: sh, path: ops, change: {watches: [env, environments]}, subscribe: {environments: [dev]}}
]]

local function manifest(name, more)
  return ("kind: Component\nmetadata: {name: %s}\nspec: {type: sh, subscribe: {environments: [dev, prod]}%s}\n"):format(name, more or "")
end

local files = {
  ["kit/compositions/sh/composition.yaml"] = sources.composition("sh", "  jobs: [{name: build, steps: [{name: say, run: 'true'}]}]\n"),
  ["intent.yaml"] = intent, [".gitignore"] = ".orun/\nignored/\n",
  ["services/api/component.yaml"] = manifest("api", ", dependsOn: [{component: db}]"), ["services/api/src/a b.txt"] = "x\n",
  ["services/db/component.yaml"] = manifest "db", ["services/db/schema.sql"] = "x\n",
  ["services/dbx/component.yaml"] = manifest("dbx", ", dependsOn: [{component: mig, include: always}]"), ["services/dbx/f"] = "x\n",
  ["services/mig/component.yaml"] = manifest("mig", ", dependsOn: [{component: sec, include: always}]"),
  ["services/sec/component.yaml"] = manifest "sec", ["services/café/component.yaml"] = manifest "cafe",
  ["services/web/component.yaml"] = manifest("web", ", path: ./web/"), ["web/index.html"] = "x\n", ["README.md"] = "x\n",
  ["ops/notes"] = "x\n",
}

describe("orun plan --changed", function()
  local p

  local function git_in(directory, ...)
    local argv = { "git", "-c", "user.name=spec", "-c", "user.email=spec@localhost", "-c", "commit.gpgsign=false", ... }
    local r = assert(process.run { argv = argv, cwd = directory })
    assert(r.code == 0, r.output)
    return (r.output:gsub("%s+$", ""))
  end

  local function git(...) return git_in(p.root, ...) end

  local function commit(changes)
    for name, text in next, changes or {} do
      if text then p:write(name, text) else assert(fs.remove(p.root .. "/" .. name)) end
    end
    git("add", "-A")
    git("commit", "-q", "-m", "change")
    return git("rev-parse", "HEAD")
  end

  before_each(function()
    p = sources.new(files)
    assert(fs.remove_tree(p.root .. "/.git"))
    git("init", "-q", "-b", "main")
    commit()
  end)
  after_each(sources.clean)

  local quiet = { GITLAB_CI = "", BUILDKITE = "", ORUN_EVENT_PATH = "", CI = "" }

  local function orun(words, options)
    local env = {}
    for _, part in ipairs { quiet, options and options.env or {} } do
      for name, text in next, part do env[name] = text end
    end
    return program.run(p.root .. (options and options.cwd or ""), words, env)
  end

  ---Sorted components of the dev jobs of a plan, and what was said.
  local function planned(words, options)
    local out = p.root .. "/.orun/p.json"
    local r = orun({ "plan", "--all", "--env", "dev", "-o", out, table.unpack(words) }, options)
    assert.equal(0, r.code, r.err)
    local names = {}
    for i, job in ipairs(assert(json.decode((assert(fs.read(out))))).jobs) do names[i] = job.component end
    table.sort(names)
    return names, r
  end

  it("F3, F4, M6: takes commits since the branch began, staged, unstaged and untracked files, and none that are ignored", function()
    git("checkout", "-q", "-b", "work")
    commit { ["services/api/src/a b.txt"] = "y\n" }
    p:write("services/db/schema.sql", "y\n")
    git("add", "services/db")
    p:write("services/sec/new.txt", "y\n")
    p:write("ignored/services/mig/x", "y\n")
    p:write("web/index.html", "y\n")
    assert.same({ "api", "db", "sec", "web" }, planned { "--changed", "--base", "main" })
    assert.same({ "api", "db", "sec", "web" }, planned { "--changed" })
    assert.same({ "api" }, planned { "--changed", "--base", "main", "--head", "work" })
    assert.same({ "db", "web" }, planned { "--changed", "--uncommitted" })
    assert.same({ "sec" }, planned { "--changed", "--untracked" })
    assert.same({ "api", "db", "sec", "web" }, planned({ "--changed" }, { cwd = "/services/mig" }))
    assert.same({ "api", "db", "sec", "web" }, planned({ "--changed", "-i", "../intent.yaml" }, { cwd = "/web" }))
  end)

  it("F5: takes both names of what was moved", function()
    git("mv", "services/db/schema.sql", "services/sec/schema.sql")
    commit()
    assert.same({ "db", "sec" }, planned { "--changed", "--base", "HEAD~1", "--head", "HEAD" })
    commit { ["services/sec/schema.sql"] = false }
    assert.same({ "sec" }, planned { "--changed", "--base", "HEAD~1", "--head", "HEAD" })
  end)

  it("F6: leaves out what changed on the base only", function()
    git("checkout", "-q", "-b", "work")
    commit { ["services/api/x"] = "y\n" }
    git("checkout", "-q", "main")
    commit { ["services/db/x"] = "y\n" }
    git("checkout", "-q", "work")
    assert.same({ "api" }, planned { "--changed", "--base", "main" })
  end)

  it("F7: knows the remote's branch where the local one is missing", function()
    git("checkout", "-q", "-b", "work")
    git("update-ref", "refs/remotes/origin/main", "main")
    git("branch", "-q", "-D", "main")
    commit { ["services/api/x"] = "y\n" }
    assert.same({ "api" }, planned { "--changed" })
  end)

  it("F8, F9: is not confused by names of branches, blanks or letters", function()
    git("checkout", "-q", "-b", "web")
    commit { ["services/café/x"] = "y\n", ['services/db/"q"\\'] = "y\n" }
    assert.same({ "cafe", "db" }, planned { "--changed", "--base", "main", "--head", "web" })
  end)

  it("F1, F2: reads lists of files, and refuses flags that exclude each other before anything is read", function()
    assert.same({ "api", "db" }, planned { "--changed", "--files", "services/db/x, services/api/component.yaml, ,services/db/x" })
    assert.same({ "api", "db" }, planned { "--changed", "--files", "services/db/x", "--files", '"services/api/a, b"' })
    assert.same({}, planned { "--changed", "--files", " " })
    assert.same({ "db" }, planned({ "--changed", "--files", "x" }, { cwd = "/services/db" }))
    for _, words in ipairs {
      { "--files", "a", "--base", "main" }, { "--files", "a", "--untracked" }, { "--uncommitted", "--untracked" },
      { "--untracked", "--head", "x", "--base", "y" }, { "--head", "x" }, { "--intent-impact", "some" },
    } do
      local r = orun { "plan", "-i", "none.yaml", "--changed", table.unpack(words) }
      assert.equal(2, r.code, table.concat(words, " ") .. r.err)
    end
  end)

  it("F10: is an error without git, but for --files", function()
    assert(fs.remove_tree(p.root .. "/.git"))
    local r = orun { "plan", "--changed" }
    assert.equal(1, r.code)
    assert.truthy(r.err:find("changes cannot be found", 1, true), r.err)
    assert.truthy(r.err:find("--files", 1, true))
    assert.same({ "db" }, planned { "--changed", "--files", "services/db/x" })
  end)

  it("names a base that the repository does not have", function()
    local r = orun { "plan", "--changed", "--base", "nowhere" }
    assert.equal(1, r.code)
    assert.truthy(r.err:find('--base is "nowhere", which this repository does not have', 1, true), r.err)
    assert.truthy(r.err:find("git fetch origin nowhere", 1, true))
    git("branch", "-q", "-m", "main", "trunk")
    assert.truthy(orun({ "plan", "--changed" }).err:find('the default base is "main"', 1, true))
    assert.truthy(orun({ "plan", "--changed", "--base=-x" }).err:find("no name of a commit", 1, true))
  end)

  it("compares two ends that never met", function()
    git("checkout", "-q", "--orphan", "other")
    commit { ["services/api/x"] = "y\n" }
    assert.same({ "api" }, planned { "--changed", "--base", "main", "--head", "other" })
  end)

  it("M1, M2, D2: marks components by manifest and by directory, inner and outer ones, and none beside", function()
    assert.same({ "web" }, planned { "--changed", "--files", "services/web/component.yaml" })
    assert.same({ "web" }, planned { "--changed", "--files", "web/index.html" })
    assert.same({}, planned { "--changed", "--files", "services/web/other" })
    assert.same({ "db" }, planned { "--changed", "--files", "services/db/x" })
    assert.same({ "dbx", "mig", "sec" }, planned { "--changed", "--files", "services/dbx/x" })
  end)

  it("M5: (03 case 29) plans nothing where nothing changed, and that is the latest plan", function()
    local names, r = planned { "--changed", "--files", "README.md,.gitignore" }
    assert.same({}, names)
    assert.truthy(r.out:find("mode: changed-only", 1, true))
    r = orun { "plan", "--all", "--changed", "--files", "README.md" }
    assert.equal(0, r.code)
    assert.same({}, json.decode((assert(fs.read(p.root .. "/.orun/plans/latest.json")))).jobs)
    r = orun { "run", "--all", "--changed", "--files", "README.md" }
    assert.same({ 0, true }, { r.code, r.out:find("no jobs to run", 1, true) ~= nil })
  end)

  it("M3, M4: knows directories however they are written, and intents below the root", function()
    local function with(directory, text)
      p:write(directory .. "intent.yaml", sources.intent:gsub("./kit", directory == "" and "./kit" or "../kit")
        .. "environments: {dev: }\ncomponents: [{name: svc, type: sh, path: " .. text .. ", subscribe: {environments: [dev]}}]\n")
      return { "-i", p.root .. "/" .. directory .. "intent.yaml", "--changed", "--files" }
    end
    local function changed(words, file) return planned(table.move({ file }, 1, 1, #words + 1, { table.unpack(words) })) end
    for _, text in ipairs { "./svc/api", "svc/api/", "svc//api", "svc/x/../api" } do
      assert.same({ "svc" }, changed(with("", text), "svc/api/m"))
      assert.same({}, changed(with("", text), "svc/apis/m"))
    end
    assert.same({ "svc" }, changed(with("ex/", "./svc"), "ex/svc/m"))
    assert.same({}, changed(with("ex/", "./svc"), "svc/m"))
    git("add", "-A")
    git("commit", "-q", "-m", "more")
    p:write("ex/svc/m", "x")
    assert.same({ "svc" }, planned { "-i", "ex/intent.yaml", "--changed" })
  end)

  it("D3: takes what is always included although another component was asked for", function()
    assert.same({ "dbx", "mig", "sec" }, planned { "--changed", "--component", "dbx", "--files", "services/dbx/x" })
  end)

  it("D7: runs a component and what it depends on inside its directory, and says so", function()
    local function banner(words) return orun(words, { cwd = "/services/api" }).err end
    assert.truthy(banner({ "run", "--env", "dev", "--dry-run" }):find("context: auto-scoped to component api (+ 1 dependency: db)", 1,
      true))
    assert.falsy(banner({ "run", "--env", "dev", "--dry-run", "--all" }):find("context:", 1, true))
    assert.falsy(banner({ "run", "--env", "dev", "--json" }):find("context:", 1, true))
    -- What changed elsewhere is not run from here.
    local r = orun({ "run", "--env", "dev", "--changed", "--files", "src/x,../sec/x", "--json" }, { cwd = "/services/api" })
    local jobs = {}
    for id in next, assert(json.decode(r.out)).state.jobs do jobs[#jobs + 1] = id end
    assert.same({ "api@dev.build" }, jobs)
  end)

  it("S10: knows the sections that can be watched", function()
    p:write("intent.yaml", (intent:gsub("watches: %[env", "watches: [metadata")))
    local r = orun { "plan", "--all" }
    assert.equal(1, r.code)
    local list = "automation, compositions, discovery, env, environments, execution, extends, groups"
    assert.truthy(r.err:find(('component ops: change.watches[0] is "metadata", must be one of %s'):format(list), 1, true), r.err)
  end)

  it("D1: does not take what is only depended on", function()
    assert.same({ "api" }, planned { "--changed", "--files", "services/api/x" })
  end)

  it("starts from the components that other flags leave", function()
    local names = planned { "--changed", "--component", "sec", "--files", "services/dbx/x,services/sec/x" }
    assert.same({ "sec" }, names)
    assert.same({}, planned { "--changed", "--component", "sec", "--files", "services/dbx/x" })
  end)

  it("S3: takes a changed section for those that watch it", function()
    local function with(text) commit { ["intent.yaml"] = text } end
    with("env: {A: x}\n" .. intent)
    local last = { "--changed", "--base", "HEAD~1", "--head", "HEAD" }
    local function impact(mode) return planned { "--changed", "--base", "HEAD~1", "--head", "HEAD", "--intent-impact", mode } end
    assert.same({ "ops" }, planned(last))
    assert.same({ "api", "cafe", "db", "dbx", "mig", "ops", "root", "sec", "web" }, impact "all")
    assert.same({}, impact "none")
    with("env: {A: x}\n# note\n" .. intent)
    assert.same({}, impact "all")
    with("env: {A: x}\n" .. (intent:gsub("path: ./,", "path: ./, labels: {a: b},")))
    assert.same({ "root" }, impact "none")
  end)

  it("sees an intent that is not committed", function()
    p:write("intent.yaml", (intent:gsub("path: ops", "path: ops/")))
    assert.same({ "ops" }, planned { "--changed" })
    assert.same({ "ops" }, planned { "--changed", "--uncommitted" })
    assert.same({}, planned { "--changed", "--base", "main", "--head", "HEAD" })
  end)

  it("takes its commits from a trigger of that scope", function()
    local base = git("rev-parse", "HEAD")
    local head = commit { ["services/api/x"] = "y\n" }
    commit { ["services/db/x"] = "y\n" }
    p:write("services/sec/x", "y\n")
    p:write(".orun/e.json", ('{"pull_request": {"base": {"sha": "%s"}, "head": {"sha": "%s"}}}'):format(base, head))
    local event = { "--from-ci", "github", "--event-file", ".orun/e.json" }
    assert.same({ "api" }, planned(event))
    assert.same({ "api" }, planned { "--changed", table.unpack(event) })
    assert.same({ "db" }, planned { "--base", head, "--head", "HEAD", table.unpack(event) })
    assert.same({ "sec" }, planned { "--files", "services/sec/x", table.unpack(event) })
    -- A new branch has no commit before; then the default base is compared with, and the work tree.
    p:write(".orun/e.json", ('{"pull_request": {"base": {"sha": "%s"}, "head": {"sha": "%s"}}}'):format(("0"):rep(40), head))
    assert.same({ "sec" }, planned(event))
  end)

  it("T21: takes a named trigger's texts for commits only where they name some", function()
    git("checkout", "-q", "-b", "work")
    commit { ["services/api/x"] = "y\n" }
    assert.same({ "api" }, planned { "--trigger", "pr" })
    local names, r = planned { "--trigger", "pr", "--base", "main", "--head", "HEAD" }
    assert.same({ "api" }, names)
    assert.equal(0, r.code)
    local plan = assert(json.decode((assert(fs.read(p.root .. "/.orun/p.json")))))
    assert.equal("pull_request.base.sha", plan.metadata.trigger.base)
    git("branch", "-q", "pull_request.base.sha", "main")
    git("branch", "-q", "pull_request.head.sha", "work")
    p:write("services/db/x", "y\n")
    assert.same({ "api" }, planned { "--trigger", "pr" })
  end)

  it("asks the CI system, and says so", function()
    git("checkout", "-q", "-b", "work")
    local head = commit { ["services/api/x"] = "y\n" }
    local env = { GITHUB_ACTIONS = "true", GITHUB_EVENT_NAME = "pull_request", GITHUB_BASE_REF = "main", GITHUB_SHA = head }
    local names, r = planned({ "--changed" }, { env = env })
    assert.same({ "api" }, names)
    assert.truthy(r.err:find(("ci: github-actions (pull_request), base: main, head: %s"):format(head), 1, true), r.err)
    names, r = planned({ "--changed", "--base", "main" }, { env = env })
    assert.same({ { "api" }, "" }, { names, r.err })
  end)

  it("deepens a shallow clone in CI and says so; elsewhere it says how", function()
    git("checkout", "-q", "-b", "work")
    commit { ["services/api/x"] = "y\n" }
    commit { ["services/db/x"] = "y\n" }
    local origin = p.root
    local clone = assert(fs.realpath(assert(fs.temporary "/tmp/orun-changed-")))
    local function copy()
      fs.remove_tree(clone)
      git_in("/tmp", "clone", "-q", "--depth=1", "--single-branch", "-b", "work", "file://" .. origin, clone)
      p = setmetatable({ root = clone }, { __index = p })
    end
    copy()
    local r = orun { "plan", "--all", "--changed", "--base", "main" }
    assert.equal(1, r.code)
    assert.truthy(r.err:find("the clone is shallow", 1, true), r.err)
    git_in(clone, "fetch", "-q", "--depth=1", "origin", "+refs/heads/main:refs/remotes/origin/main")
    r = orun { "plan", "--all", "--changed", "--base", "main" }
    assert.equal(1, r.code)
    assert.truthy(r.err:find("the clone is too shallow", 1, true), r.err)
    assert.truthy(r.err:find("git fetch --unshallow", 1, true), r.err)
    copy()
    local names
    names, r = planned({ "--changed", "--base", "main" }, { env = { CI = "true" } })
    fs.remove_tree(clone)
    assert.same({ "api", "db" }, names)
    assert.truthy(r.err:find("fetching main", 1, true), r.err)
    assert.truthy(r.err:find("deepening this shallow clone", 1, true), r.err)
  end)

  it("deepens the checkout of a pull request, which has its merge commit only", function()
    git("checkout", "-q", "-b", "work")
    for i = 1, 3 do commit { ["services/api/x"] = "y" .. i } end
    git("checkout", "-q", "main")
    for i = 1, 3 do commit { ["services/sec/x"] = "y" .. i } end
    git("merge", "-q", "--no-ff", "-m", "merge", "work")
    local merge = git("rev-parse", "HEAD")
    git("update-ref", "refs/pull/7/merge", merge)
    git("reset", "-q", "--hard", "HEAD~1")
    local origin, clone = p.root, assert(fs.realpath(assert(fs.temporary "/tmp/orun-changed-")))
    git_in(clone, "init", "-q")
    git_in(clone, "remote", "add", "origin", "file://" .. origin)
    git_in(clone, "fetch", "-q", "--no-tags", "--depth=1", "origin", "+refs/pull/7/merge:refs/remotes/pull/7/merge")
    git_in(clone, "checkout", "-q", "refs/remotes/pull/7/merge")
    p = setmetatable({ root = clone }, { __index = p })
    local env = {
      CI = "true", GITHUB_ACTIONS = "true", GITHUB_EVENT_NAME = "pull_request", GITHUB_BASE_REF = "main", GITHUB_HEAD_REF = "work",
      GITHUB_SHA = merge,
    }
    local names, r = planned({ "--changed" }, { env = env })
    fs.remove_tree(clone)
    assert.same({ "api" }, names)
    assert.truthy(r.err:find("deepening", 1, true), r.err)
  end)

  it("deepens both sides", function()
    git("checkout", "-q", "-b", "work")
    for i = 1, 3 do commit { ["services/api/x"] = "y" .. i } end
    git("checkout", "-q", "main")
    for i = 1, 3 do commit { ["services/sec/x"] = "y" .. i } end
    local origin, clone = p.root, assert(fs.realpath(assert(fs.temporary "/tmp/orun-changed-")))
    fs.remove_tree(clone)
    git_in("/tmp", "clone", "-q", "--depth=1", "--single-branch", "-b", "work", "file://" .. origin, clone)
    p = setmetatable({ root = clone }, { __index = p })
    local names = planned({ "--changed", "--base", "main" }, { env = { CI = "true" } })
    fs.remove_tree(clone)
    assert.same({ "api" }, names)
  end)

  it("warns of flags that nothing asks for (Q8)", function()
    local names, r = planned { "--base", "main" }
    assert.equal(9, #names)
    assert.truthy(r.err:find("warning: --base has no effect without --changed", 1, true), r.err)
    assert.truthy(planned({ "--untracked" })[9])
    assert.equal(1, orun({ "plan", "--strict", "--files", "x" }).code)
  end)

  it("D4, D5: groups a listing into what changed, what that depends on, and what depends on it", function()
    commit { ["services/web/component.yaml"] = manifest("web", ", path: ./web/, dependsOn: [{component: api}]") }
    commit { ["services/api/x"] = "y\n" }
    local last = { "component", "--changed", "--base", "HEAD~1", "--head", "HEAD" }
    local function listed(...) return orun { table.unpack(table.move({ ... }, 1, select("#", ...), #last + 1, { table.unpack(last) })) } end
    local text = listed().out
    assert.truthy(text:find "^Changed %(1%)\n[^\n]*api[^\n]*\n\nDependencies %(1%)\n[^\n]*db [^\n]*\n\nDependents %(1%)\n[^\n]*web", text)
    local groups = assert(json.decode(listed("-o", "json").out))
    assert.same({ "api", "db", "web" }, { groups.changed[1].name, groups.dependencies[1].name, groups.dependents[1].name })
    assert.same({ 1, 1, 1, 0 }, { #groups.changed, #groups.dependencies, #groups.dependents, #groups.removed })
    assert.truthy(listed("--long").out:find("instances (2)", 1, true))
    local r = orun { "component", "web", "--changed", "--base", "HEAD~1", "--head", "HEAD" }
    assert.same({ 0, "component web has not changed\n" }, { r.code, r.out })
    assert.truthy(orun({ "component", "api", "--changed", "--base", "HEAD~1", "--head", "HEAD" }).out:find("Component api", 1, true))
    assert.equal(1, orun({ "component", "nobody", "--changed", "--base", "HEAD~1", "--head", "HEAD" }).code)
    r = orun { "component", "nobody", "--changed", "--files", "README.md" }
    assert.same({ 0, "No changed components.\n" }, { r.code, r.out })
  end)

  it("lists inline components that were removed", function()
    commit { ["intent.yaml"] = (intent:gsub("  %- {name: ops[^\n]*\n", "")) }
    local r = orun { "components", "--changed", "--base", "HEAD~1", "--head", "HEAD" }
    assert.same({ 0, "Removed: ops\n" }, { r.code, r.out })
  end)

  it("D6: runs a stored plan whole", function()
    assert.equal(0, orun({ "plan", "--all", "--env", "dev", "--component", "db", "--name", "whole" }).code)
    local r = orun { "run", "whole", "--changed", "--files", "README.md", "--dry-run" }
    assert.equal(0, r.code, r.err)
    assert.truthy(r.out:find("db", 1, true), r.out)
  end)

  it("runs what changed", function()
    local r = orun { "run", "--all", "--env", "dev", "--changed", "--files", "services/db/x", "--json" }
    assert.equal(0, r.code, r.out)
    local jobs = {}
    for id in next, assert(json.decode(r.out)).state.jobs do jobs[#jobs + 1] = id end
    assert.same({ "db@dev.build" }, jobs)
  end)

  it("explains on stderr what was compared", function()
    git("checkout", "-q", "-b", "work")
    commit { ["intent.yaml"] = "env: {A: x}\n" .. (intent:gsub("path: ./,", "path: ./, labels: {a: b},")) }
    local _, r = planned { "--changed", "--explain" }
    local base = git("rev-parse", "main")
    for _, text in ipairs {
      "\nexplain: how changes were found\n", "  --base: (not set)\n", "  resolved base: main (the default base)\n",
      "  compared: " .. base .. " with HEAD and the work tree\n", "  changed files: 1\n", "\nexplain: what changed in the intent\n",
      "  mode: global\n", "  changed sections: env\n", "  intent-impact: watch\n",
        "  matched watches:\n    - ops (watches: env, environments)\n",
      "  modified:\n    - root\n",
    } do
      assert.truthy(r.err:find(text, 1, true), text .. " is not in " .. r.err)
    end
    _, r = planned({ "--changed", "--explain" }, { env = { BUILDKITE = "true", BUILDKITE_COMMIT = "HEAD" } })
    assert.truthy(r.err:find("  CI: buildkite (push)\n    BUILDKITE=true\n", 1, true), r.err)
    _, r = planned { "--explain" }
    assert.equal("", r.err)
    r = orun { "component", "--changed", "--explain", "--files", "README.md", "--json" }
    assert.truthy(r.err:find("compared: nothing: --files names the files", 1, true))
    assert(json.decode(r.out))
  end)
end)
