-- Plans, running them, and what is left of runs.
return function(standard, sources)
  local fs = require "host.fs"
  local component = standard.component

  local function intent(text)
    return { ["intent.yaml"] = sources.intent .. text }
  end

  local function job(id, fields)
    local name, environment, step = id:match "^(.-)@(.-)%.(.*)$"
    return ('{"id": "%s", "name": "%s", "component": "%s", "environment": "%s", "steps": []%s}'):format(id, step, name, environment,
      fields or "")
  end

  -- A plan file that nobody compiled.
  local function plan(...)
    return { ["p.json"] = '{"apiVersion": "orun.io/v1", "kind": "Plan", "jobs": [' .. table.concat({ ... }, ", ") .. "]}" }
  end

  local function run(...)
    return { "run", "p.json", ... }
  end

  local web, web_test, db = job "web@dev.build", job "web@dev.test", job "db@dev.build"

  local function compile(_, orun)
    assert(orun({ "plan" }).code == 0)
  end

  local function change_plan(root, orun)
    compile(root, orun)
    local file = root .. "/.orun/plans/latest.json"
    assert(fs.write(file, (assert(fs.read(file)):gsub('"make"', '"fake"'))))
  end

  -- The checksum that the reference computes for this plan (chapter 03, section 7.4, the first vector).
  local former = '{"apiVersion":"orun.io/v1","kind":"Plan","metadata":{"name":"demo","generatedAt":"2026-01-01T00:00:00Z","checksum":'
    .. '"sha256-40db74bc4b7c27298781423160456af1d07dbae2cb9f2afc9dc6c8f2897c82b6"},"execution":{"concurrency":4,"failFast":true},'
    .. '"spec":{"jobBindings":{"sh":"kit"}},"jobs":[{"id":"api.dev.test","name":"test","component":"api","environment":"dev",'
    .. '"composition":"sh","profileSource":"legacy-none","jobRegistry":"kit","job":"test","path":"./","steps":[{"id":"unit",'
    .. '"name":"unit","phase":"main","run":"make a \\u0026\\u0026 make b"}],"dependencyMode":"enforced","dependencySource":"default"}]}'

  local function done(fields)
    return { ["kit/compositions/sh/composition.yaml"] = sources.composition("sh", "  jobs: [{name: build, steps: [{name: make, run: "
      .. (fields or "'true'") .. "}]}]\n") }
  end

  local function finished(...)
    local ids = { ... }
    return function(_, orun)
      for _, id in ipairs(ids) do
        local r = orun { "run", "--exec-id", id }
        assert(r.code == 0, r.out .. r.err)
      end
    end
  end

  -- A run that another machine is working on.
  local function foreign()
    local record = { execId = "one", host = "elsewhere.example", startTicks = 1 }
    local line = require("orun.state.journal").line("run.started", record, "2026-06-01T09:00:00.000Z", 1, 1)
    return { [".orun/executions/one/journal.jsonl"] = line }
  end

  -- A run in another process, which ends when the file `stop` appears.
  local function running(root, orun)
    compile(root, orun)
    local shell = 'exec "$0" run --exec-id one --isolation none > log 2>&1 &'
    require("host.process").run { argv = { "/bin/sh", "-c", shell, dofile("spec/support/program.lua").exe }, cwd = root }
    local journal = root .. "/.orun/executions/one/journal.jsonl"
    for _ = 1, 200 do
      if (fs.read(journal) or ""):find("step.started", 1, true) then break end
      require("host.loop").sleep(0.02)
    end
    return function()
      assert(fs.write(root .. "/stop", ""))
      for _ = 1, 200 do
        if (fs.read(journal) or ""):find("run.finished", 1, true) then break end
        require("host.loop").sleep(0.02)
      end
    end
  end

  return {
    { "usage", argv = { "plan", "--nope" } },
    { "plan.unknown-environment", argv = { "plan", "--env", "prod" } },
    { "plan.unknown-component", argv = { "plan", "wbe" } },
    { "plan.unknown-view", warning = true, argv = { "plan", "--view", "tree" } },
    { "plan.scope", place = "component.yaml", cwd = "lone", intent = "discovery: {roots: [kit]}\n" .. component(),
      files = { ["lone/component.yaml"] = "kind: Component\nmetadata: {name: lone}\nspec: {type: sh}\n" } },
    { "plan.source-date-epoch", env = { SOURCE_DATE_EPOCH = "today" } },
    { "plan.no-github-output", argv = { "plan", "--github-output" } },
    {
      "plan.unencodable", call = function()
        require("orun.compiler.materialize").plan({}, { metadata = { name = 0 / 0 } }, { sources = {}, bindings = {} })
      end,
    },
    { "plan.unwritable", argv = { "plan", "-o", "dir" }, files = { ["dir/file"] = "" } },
    { "output.format-name", warning = true, argv = { "plan", "-o", "yaml" } },
    { "output.format-name", warning = true, argv = { "intent", "render", "-o", "json" } },
    { "plan.save", files = { [".orun/plans"] = "in the way" } },
    { "plan.name", argv = { "plan", "--name", "0123456789ab" } },
    { "plan.store-unreadable", argv = { "get", "plans" }, files = { [".orun/plans"] = "in the way" } },
    { "usage", argv = { "plan", "--name", "a/b" } },
    { "usage", argv = { "plan", "--env", " , " } },
    { "plan.none", argv = { "run", "latest" } },
    { "plan.not-found", argv = { "describe", "plan", "zzz" } },
    {
      "plan.ambiguous", argv = { "describe", "plan", "rel" }, setup = function(root)
        for _, name in ipairs { "a", "b" } do
          assert(fs.mkdir(root .. "/.orun/plans"))
          assert(fs.write(("%s/.orun/plans/rel-%s.json"):format(root, name), plan(job(name .. "@dev.build"))["p.json"]))
        end
      end,
    },
    {
      "plan.unreadable", place = "/platform/.orun/plans/latest.json", argv = { "run", "latest" },
      setup = function(root) assert(fs.mkdir(root .. "/.orun/plans/latest.json")) end,
    },
    { "plan.syntax", argv = run(), files = { ["p.json"] = '{"jobs": [‸}' } },
    { "plan.malformed", place = "p.json", argv = run(), files = { ["p.json"] = '{"jobs": {}}' } },
    { "plan.modified", place = "/platform/.orun/plans/latest.json", argv = { "run", "latest" }, setup = change_plan },
    { "plan.former-checksum", warning = true, place = "p.json", argv = run "--dry-run", files = { ["p.json"] = former } },
    { "run.unknown-job", argv = run("--job", "wbe@dev.build"), files = plan(web, db) },
    { "run.ambiguous-job", argv = run("--job", "web"), files = plan(web, web_test) },
    { "run.nothing-selected", argv = run("--env", "prod"), files = plan(web) },
    {
      "run.unmet-dependencies", argv = run("--job", "db@dev.build"),
      files = plan(web, job("db@dev.build", ', "dependsOn": ["web@dev.build"]')),
    },
    { "run.nothing-to-retry", argv = run("--job", "web@dev.build", "--retry"), files = plan(web) },
    {
      "run.retry-refused", argv = { "run", "latest", "--exec-id", "one", "--job", "web@dev.build", "--retry" }, setup = running,
      files = done "'until [ -e stop ] || [ ! -e intent.yaml ]; do sleep 0.02; done'",
    },
    { "run.retry-delay", argv = run(), files = plan(web), env = { ORUN_RETRY_DELAY = "soon" } },
    { "run.execution-id", argv = run(), files = plan(web), env = { ORUN_EXEC_ID = "a/b" } },
    { "run.unknown-runner", argv = run(), files = plan(web), env = { ORUN_RUNNER = "lokal" } },
    { "run.unknown-gate", argv = run("--approve", "prod"), files = plan(web) },
    { "run.runner-unavailable", argv = run("--runner", "docker"), files = plan(web), env = { PATH = "/nowhere" } },
    { "run.background", argv = run("--background"), files = plan(web), env = { ORUN_RETRY_DELAY = "soon" } },
    { "run.unknown-dependency", argv = run(), files = plan(job("web@dev.build", ', "dependsOn": ["db@dev.build"]')) },
    {
      "run.cycle", argv = run(),
      files = plan(job("web@dev.build", ', "dependsOn": ["db@dev.build"]'), job("db@dev.build", ', "dependsOn": ["web@dev.build"]')),
    },
    {
      "state.record", argv = run("--exec-id", "one"), files = (function()
        local files = plan(web)
        files[".orun/executions/one"] = "in the way"
        return files
      end)(),
    },
    {
      "state.journal", warning = true, argv = { "status" }, files = done(), setup = function(root, orun)
        finished "one"(root, orun)
        local journal = root .. "/.orun/executions/one/journal.jsonl"
        assert(fs.write(journal, (assert(fs.read(journal)):gsub('"crc":"?%x', "%0f", 1))))
      end,
    },
    { "state.unreadable", argv = { "get", "runs" }, files = { [".orun/executions"] = "in the way" } },
    { "execution.none", argv = { "describe", "run" } },
    { "execution.not-found", argv = { "status", "--exec-id", "zzz" } },
    { "execution.ambiguous", argv = { "status", "--exec-id", "one" }, files = done(), setup = finished("one-a", "one-b") },
    { "execution.export", argv = { "status", "--trace", "no/such/trace.json" }, files = done(), setup = finished "one" },
    { "execution.not-running", argv = { "cancel", "one" }, files = done(), setup = finished "one" },
    { "execution.elsewhere", argv = { "cancel", "one" }, files = foreign() },
    {
      "execution.not-stopped", files = done "'until [ -e stop ] || [ ! -e intent.yaml ]; do sleep 0.02; done'", setup = running,
      argv = {
        "lua", "-e", 'require("host.process").kill = function() return nil, "Operation not permitted" end '
          .. 'return require("orun.main")("cancel", "one")',
      },
    },
    { "job.not-found", argv = { "describe", "job", "wbe@dev.build" }, setup = compile },
    {
      "job.ambiguous", argv = { "describe", "job", "web" }, setup = compile,
      files = intent("environments: {dev: , prod: }\ncomponents: [{name: web, type: sh, subscribe: {environments: [dev, prod]}}]\n"),
    },
    {
      "gc.not-removed", warning = true, files = done(), setup = finished "one",
      -- The owner of everything can remove everything, so the removal is made to fail.
      argv = {
        "lua", "-e", 'require("host.fs").remove_tree = function(path) return nil, path .. ": Operation not permitted" end '
          .. 'return require("orun.main")("gc", "--all")',
      },
    },
    {
      "gc.engine", warning = true, files = { [".orun/cache/containers"] = "", ["intent.yaml"] = sources.intent }, argv = { "gc" },
      env = { PATH = "/nowhere" },
    },
    { "pack.failed", argv = { "pack", "--root", "kit", "-o", "kit" } },
    { "pack.source-date-epoch", argv = { "pack", "--root", "kit", "-o", "kit.tgz" }, env = { SOURCE_DATE_EPOCH = "today" } },
    { "script.load", argv = { "lua", "script.lua" }, files = { ["script.lua"] = "return {" } },
    { "script.failed", argv = { "lua", "-e", "error 'no'" } },
    { "output.write", argv = { "version" }, stdout = "/dev/full" },
  }
end
