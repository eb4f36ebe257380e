local docker = require "orun.run.backend.docker"
local engine_of_specs = dofile("spec/support/engine.lua")
local engines = require "orun.run.container.engine"
local fs = require "host.fs"
local json = require "host.json"
local loop = require "host.loop"
local process = require "host.process"
local program = dofile("spec/support/program.lua")
local spaces = dofile("spec/run/workspace.lua")
local system = require "host.system"
local value = require "host.value"
local plan, of = spaces.plan, spaces.of

local function log(space, id, name)
  return fs.read(("%s/executions/%s/logs/%s"):format(space.store, id, name))
end

describe("the docker runner", function()
  local space, path

  -- A program that notes how it is called and does what the engine would, without containers.
  local function pretend(body)
    fs.mkdir(space.root .. "/bin")
    assert(fs.write(space.root .. "/bin/docker", ([[#!/bin/sh
echo "$*" >> %s/calls
case "$1" in
%s
--version) echo Docker version 28 ;;
image) exit 1 ;;
run) echo ready; read -r _ ;;
exec) while [ "$1" != sh ]; do shift; done; exec "$@" ;;
esac
]]):format(space.root, body or ""), { mode = 493, sync = false }))
    system.setenv("PATH", space.root .. "/bin:" .. path)
  end

  before_each(function()
    space, path = spaces.new(), os.getenv "PATH"
    fs.mkdir(space.root .. "/svc")
  end)
  after_each(function()
    system.setenv("PATH", path)
    space:close()
  end)

  it("knows the images of runners (05 §15)", function()
    for given, image in next, {
      [""] = "ubuntu:22.04", [" Ubuntu-22.04 "] = "ubuntu:22.04", ["ubuntu-20.04"] = "ubuntu:20.04", ["ubuntu-latest"] = "ubuntu:latest",
      ["Ghcr.io/A/b:C"] = "Ghcr.io/A/b:C",
    } do
      assert.equal(image, docker.image(given))
    end
    assert.equal("ubuntu:22.04", docker.image(nil))
  end)

  it("05 case 23: pulls an image once and starts steps where the job lies", function()
    pretend "image) [ -e $0.pulled ] && echo '[\"PATH=/image\"]' || exit 1 ;; pull) touch $0.pulled ;;"
    local jobs = {}
    for i = 1, 3 do jobs[i] = { ("a@e%d.b"):format(i), "true", "true", runsOn = " Ubuntu-24.04 ", path = "svc" } end
    local result = space:run(plan(jobs), { exec_id = "x", runner = "docker", concurrency = 3 })
    assert.equal("completed", result.status)
    local pulls, execs = {}, 0
    for _, line in ipairs(space:lines("calls")) do
      if line:find "^pull" then pulls[#pulls + 1] = line end
      if line:find("^exec %-%-workdir /workspace/svc ") then execs = execs + 1 end
    end
    assert.same({ "pull ubuntu:24.04" }, pulls)
    assert.equal(6, execs)
  end)

  it("05 case 24: refuses a directory outside of the workspace before it pulls anything", function()
    pretend()
    local _, events = space:run(plan { { "a@dev.b", "true", path = "../out" } }, { exec_id = "x", runner = "docker" })
    local message = ("working directory %s/out is outside mounted workspace %s"):format(space.root:match "^(.*)/", space.root)
    assert.equal(message, of(events, "job.finished")[1].error)
    _, events = space:run(plan { { "a@dev.b", { run = "true", ["working-directory"] = "/etc" } } }, { exec_id = "y", runner = "docker" })
    assert.truthy(of(events, "job.finished")[1].error:find("working directory /etc is outside", 1, true))
    for _, line in ipairs(space:lines("calls")) do assert.falsy(line:find "^pull") end
  end)

  it("ends what goes on in the container when the program that waits for it is killed", function()
    pretend "image) echo [] ;; run | start) echo $$ > $0.pid; echo ready; read -r _ ;; kill) kill $(cat $0.pid) ;;"
    local result, events = space:run(plan { { "a@dev.b", { run = "kill -9 $$", onFailure = "continue" }, "true" } },
      { exec_id = "x", runner = "docker" })
    assert.equal("completed", result.status)
    assert.equal("ended by signal KILL", of(events, "step.finished")[1].error)
    assert.truthy(table.concat(space:lines "calls", "\n"):find "\nkill orun%-%x+\n")
  end)

  it("shows no secret on a command line", function()
    pretend "image) echo [] ;;"
    local env = { DOCKER_PASSWORD = "hunter2hunter2", GOOGLE_API_KEY = "0123456789", DOCKER_HOST = "tcp://inside:1", PLAIN = "p" }
    local step = 'echo "$DOCKER_PASSWORD" | tr h j; echo "$GOOGLE_API_KEY" | tr 0 z; echo $PLAIN'
    space:run(plan { { "a@dev.b", { run = step, env = env } } }, { exec_id = "x", runner = "docker" })
    assert.equal("junter2junter2\nz123456789\np\n", log(space, "x", "a@dev.b/s.log"))
    local calls = table.concat(space:lines "calls", "\n")
    for _, words in ipairs { "--env DOCKER_HOST=tcp://inside:1 ", "--env DOCKER_PASSWORD ", "--env GOOGLE_API_KEY ", "--env PLAIN " } do
      assert.truthy(calls:find(words, 1, true), calls)
    end
    assert.falsy(calls:find("hunter2", 1, true) or calls:find("0123456789", 1, true))
  end)

  it("mounts the directory that --workdir names, wherever it is", function()
    pretend "image) echo [] ;;"
    local other = spaces.new()
    local result = space:run(plan { { "a@dev.b", "true", path = "svc" } }, { exec_id = "x", runner = "docker", workdir = other.root })
    other:close()
    assert.equal("completed", result.status)
    local calls = table.concat(space:lines "calls", "\n")
    assert.truthy(calls:find(("--mount type=bind,source=%s,target=/workspace "):format(other.root), 1, true), calls)
    assert.truthy(calls:find("exec --workdir /workspace ", 1, true), calls)
  end)

  it("says why an image cannot be had", function()
    pretend "pull) echo trying; echo no such thing >&2; exit 7 ;;"
    local _, events = space:run(plan { { "a@dev.b", "true", runsOn = "nope:1" } }, { exec_id = "x", runner = "docker" })
    assert.equal("failed to pull docker image nope:1: exit status 7: no such thing", of(events, "job.finished")[1].error)
    _, events = space:run(plan { { "a@dev.b", "true", runsOn = "nope:1" } }, { exec_id = "y", runner = "docker", pull = "never" })
    assert.equal("image nope:1 is not on this machine, and --pull is never", of(events, "job.finished")[1].error)
  end)

  it("says why a container cannot be started, and takes the place of one that a killed run left", function()
    local says = "image) echo [] ;; run) [ -e $0.removed ] && { echo ready; read -r _; exit; }; "
      .. "printf 'docker: Error response from daemon: %s.\\n\\nRun \\047docker run --help\\047 for more information\\n'; exit 125 ;;"
    pretend(says:format "no space left")
    local _, events = space:run(plan { { "a@dev.b", "true" } }, { exec_id = "x", runner = "docker" })
    assert.equal("cannot start a container of ubuntu:22.04: Error response from daemon: no space left.",
      of(events, "job.finished")[1].error)
    -- The engine is still about to make that container: its name is taken, and there is nothing yet to remove.
    local rm = "rm) [ -e $0.tried ] && touch $0.removed; [ -e $0.removed ] || { touch $0.tried; echo No such container >&2; exit 1; } ;; "
    pretend(rm .. says:format "Conflict. The container name is already in use by container 1")
    local result = space:run(plan { { "a@dev.b", "true" } }, { exec_id = "y", runner = "docker" })
    assert.equal("completed", result.status)
  end)

  it("speaks to podman as it wants to be spoken to", function()
    pretend [[--version) echo podman version 4.3.1 ;; info) echo false ;; image) echo '[]' ;; ps) echo '12ab x y' ;;]]
    assert.equal("completed", space:run(plan { { "a@dev.b", "true" } }, { exec_id = "x", runner = "docker" }).status)
    local containers = engines.containers(space.store)
    assert.same({ { id = "12ab", execId = "x y" } }, containers)
    local calls = table.concat(space:lines "calls", "\n")
    assert.truthy(calls:find("rm %-%-force %-%-volumes orun%-%x+ %-%-time 0\n"), calls)
    assert.truthy(calls:find('{{.ID}} {{index .Labels "io.orun.execution"}}', 1, true), calls)
  end)

  it("waits neither for an image nor for a container when the job is cancelled", function()
    pretend [[image) case "$*" in *missing*) exit 1 ;; *) echo [] ;; esac ;; pull) echo $$ > $0.pull; exec sleep 60 ;;
run) case "$*" in *slow*) echo $$ > $0.run; exec sleep 60 ;; *) echo ready; read -r _ ;; esac ;;]]
    local docker_file = space.root .. "/bin/docker"
    local wait = ("until [ -s %s.pull ] && [ -s %s.run ]; do sleep 0.02; done; exit 1"):format(docker_file, docker_file)
    local result = space:run(plan({
      { "a@dev.b", "true", runsOn = "missing:1" }, { "b@dev.b", "true", runsOn = "slow:1" }, { "c@dev.b", wait, runsOn = "here:1" },
    }, { concurrency = 3 }), { exec_id = "x", runner = "docker", component_concurrency = 0, fail_fast = "now" })
    assert.same({ 1, 2 }, { result.counts.failed, result.counts.cancelled })
    for _, name in ipairs { "pull", "run" } do
      assert.is_false(process.alive(math.tointeger(tonumber(fs.read(docker_file .. "." .. name)))), name)
    end
  end)

  it("refuses actions with advice, and needs an engine", function()
    pretend()
    local _, events = space:run(plan { { "a@dev.b", { use = "actions/checkout@v4" } } }, { exec_id = "x", runner = "docker" })
    local finished = of(events, "job.finished")[1]
    assert.equal("the docker runner cannot run actions (use: actions/checkout@v4)", finished.error)
    assert.equal("run again with --gha or --runner github-actions", finished.hint)
    pretend "info) echo 'Cannot connect to the Docker daemon' >&2; exit 1 ;;"
    local refused = space:refused(plan { { "a@dev.b", "true" } }, { exec_id = "y", runner = "docker" })
    assert.equal("run.runner-unavailable", refused.kind)
    assert.truthy(refused.message:find("prepare runner docker: Cannot connect to the Docker daemon", 1, true))
    assert.equal("failed", space:metadata("y").status)
  end)
end)

describe("the docker runner, with a real engine", function()
  local engine, reason = engine_of_specs.start()
  if not engine then
    pending(reason)
    io.stderr:write("skipped: the docker runner with a real engine: ", reason, "\n")
    return
  end
  local space

  setup(function()
    for name, text in next, engine.env do system.setenv(name, text) end
  end)
  teardown(function()
    for name in next, engine.env do system.setenv(name, nil) end
    engine:stop()
  end)
  before_each(function() space = spaces.new() end)
  after_each(function()
    assert.equal("", engine:docker "ps -aq")
    space:close()
  end)

  local function run(jobs, options)
    for _, job in ipairs(jobs) do job.runsOn = engine.image end
    options = options or {}
    options.exec_id, options.runner = options.exec_id or "x", "docker"
    return space:run(plan(jobs), options)
  end

  it("gives steps the image's environment, the declared one and nothing else", function()
    system.setenv("SECRET_OF_HOST", "hidden")
    system.setenv("WANTED", "passed")
    local step = { run = "env; pwd; id -u", env = { STEP = "s p a c e\nline", HOME = "/tmp" } }
    local result = run({ { "a@dev.b", step, env = { JOB = "j" } } }, { pass_env = { "WANTED", "ABSENT" } })
    system.setenv("SECRET_OF_HOST", nil)
    system.setenv("WANTED", nil)
    assert.equal("completed", result.status)
    local text = log(space, "x", "a@dev.b/s.log")
    for _, line in ipairs {
      "STEP=s p a c e\nline", "HOME=/tmp", "JOB=j", "WANTED=passed", "FROM_IMAGE=yes", "ORUN_JOB_ID=a@dev.b", "ORUN_CONTEXT=container",
      "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "/workspace\n0",
    } do
      assert.truthy(text:find(line, 1, true), line .. "\n" .. text)
    end
    assert.falsy(text:find("SECRET_OF_HOST", 1, true))
    assert.falsy(text:find("ABSENT", 1, true))
  end)

  it("keeps what steps write anywhere until the job ends, and knows exit codes", function()
    local result = run {
      { "a@dev.b", "echo tool > /tmp/tool; echo A=1 >> $ORUN_ENV; echo /opt/x >> $GITHUB_PATH; echo made > made",
        { run = "cat /tmp/tool; echo $A $PATH; echo ::add-mask::password; echo the password; exit 7", shell = "sh" } },
      { "b@dev.b", "test ! -e /tmp/tool; cat made" },
    }
    assert.equal("failed", result.status)
    assert.equal("tool\n1 /opt/x:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\nthe ***\n",
      log(space, "x", "a@dev.b/s2.log"))
    assert.equal("step s2: exit status 7", space:state("x").jobs["a@dev.b"].lastError)
    assert.equal("made\n", space:read("made"))
  end)

  it("ends a step that takes too long, by TERM or with its container, and goes on in the same one", function()
    local result = run { { "a@dev.b", "echo kept > /tmp/kept",
      { run = "trap 'echo caught; exit 0' TERM; sleep 60 & wait", timeout = "1s", onFailure = "continue" },
      { run = "trap '' TERM; while :; do sleep 60; done", timeout = "1s", onFailure = "continue" }, "cat /tmp/kept; ps" } }
    assert.equal("completed", result.status)
    local steps = space:state("x").jobs["a@dev.b"].steps
    assert.same({ s = "completed", s2 = "failed", s3 = "failed", s4 = "completed" }, steps)
    assert.equal("caught\n", log(space, "x", "a@dev.b/s2.log"))
    local text = log(space, "x", "a@dev.b/s4.log")
    assert.truthy(text:find "^kept\n")
    assert.falsy(text:find("sleep 60", 1, true))
  end)

  it("runs 20 jobs at once", function()
    local jobs = {}
    for i = 1, 20 do jobs[i] = { ("c%d@dev.b"):format(i), ("echo %d > made-%d"):format(i, i) } end
    assert.equal("completed", run(jobs, { concurrency = 20, component_concurrency = 0 }).status)
    for i = 1, 20 do assert.equal(i .. "\n", space:read("made-" .. i)) end
  end)

  it("works in trees of the jobs' own", function()
    space:write("f", "old")
    local result = run({ { "a@dev.b", "echo new > f; echo 1 > out", outputs = value.list { "out" } },
      { "a@dev.c", "cat f out", dependsOn = { "a@dev.b" } } }, { isolation = "workspace" })
    assert.equal("completed", result.status)
    assert.equal("old1\n", log(space, "x", "a@dev.c/s.log"))
    assert.equal("old", space:read("f"))
    assert.is_false(fs.exists(space.store .. "/runs"))
  end)

  it("leaves files to the user who runs orun", function()
    local dir = space.root
    process.run { argv = { "sh", "-c", "chmod 0666 $0; chown -R 65534:65534 $1; chmod 0755 $2", engine.dir .. "/socket", dir, engine.dir } }
    local job = { "a@dev.b", "id -u; mkdir d; echo 1 > d/f", runsOn = engine.image }
    space:write("p.json", json.encode(plan { job }))
    local result = process.run {
      argv = {
        "setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", program.exe, "run", "--exec-id", "u", "--runner", "docker",
        "--allow-modified-plan", "p.json",
      },
      cwd = dir, env = engine:environment { HOME = dir },
    }
    assert.equal(0, result.code, result.output)
    assert.equal("0\n", log(space, "u", "a@dev.b/s.log"))
    local owner = process.run { argv = { "stat", "-c", "%u", dir .. "/d", dir .. "/d/f" } }
    assert.equal("65534\n65534\n", owner.output)
  end)

  local function command(...)
    return {
      argv = { program.exe, "run", "p.json", "--exec-id", "k", "--runner", "docker", "--allow-modified-plan", ... }, cwd = space.root,
      env = engine:environment(), output = "capture",
    }
  end

  local function start(jobs, ...)
    for _, job in ipairs(jobs) do job.runsOn = engine.image end
    space:write("p.json", json.encode(plan(jobs)))
    local child = process.start(command(...))
    local stop = loop.now() + 30
    while not fs.exists(space.root .. "/begun") do
      assert(loop.now() < stop, "the step did not begin")
      loop.sleep(0.02)
    end
    return child
  end

  it("ends everything when it is cancelled", function()
    local child = start { { "a@dev.b", "echo 1 > begun; setsid sleep 1000 & sleep 1000" } }
    process.kill(child:pid(), "INT")
    local result = child:wait()
    assert.equal(130, result.code, result.output)
    assert.equal("failed", space:state("k").jobs["a@dev.b"].status)
  end)

  it("ends the container when orun is killed, and gc removes it", function()
    local child = start { { "a@dev.b", "echo 1 > begun; setsid sleep 1000 & sleep 1000" } }
    assert.equal(1, select(2, engine:docker("ps -q"):gsub("\n", "")))
    child:kill("KILL")
    child:wait()
    local stop = loop.now() + 30
    while engine:docker("ps -q") ~= "" do
      assert(loop.now() < stop, "the container runs on")
      loop.sleep(0.05)
    end
    local result = process.run { argv = { program.exe, "gc" }, cwd = space.root, env = engine:environment() }
    assert.equal(0, result.code, result.output)
    assert.truthy(result.output:find "Removed container %x+ of k")
  end)

  it("goes on after a kill in the middle of a step: with all steps of the job, in a new container, and leaves none behind", function()
    local child = start({
      { "a@dev.b", "echo first >> ran; echo kept > /tmp/kept; echo V=left >> $ORUN_ENV",
        "[ -e go ] || { echo 1 > begun; setsid sleep 1000 & sleep 1000; }; cat /tmp/kept >> ran; echo $V >> ran" },
      { "c@dev.b", "echo c >> ran", dependsOn = { "a@dev.b" } },
    }, "--isolation", "none")
    child:kill("KILL")
    child:wait()
    local status = process.run { argv = { program.exe, "status", "--exec-id", "k" }, cwd = space.root }
    assert.truthy(status.output:find("manifest.json --runner docker --exec-id k\n", 1, true), status.output)
    space:write("go", "")
    -- At once: the container of the killed run may still be there.
    local result = process.run(command("--isolation", "none"))
    assert.equal(0, result.code, result.output)
    assert.same({ "first", "first", "kept", "left", "c" }, space:lines "ran")
    local jobs = space:state("k").jobs
    assert.same({ "completed", "completed" }, { jobs["a@dev.b"].status, jobs["c@dev.b"].status })
    assert.same({ s = "completed", s2 = "completed" }, jobs["a@dev.b"].steps)
    assert.equal("", engine:docker "ps -aq --filter label=io.orun.execution=k")
    assert.is_false(fs.exists(space:execution "k" .. "/files"))
  end)
end)
