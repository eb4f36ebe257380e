-- Workspaces of their own for jobs: views where the kernel has them, copies elsewhere.
local fs = require "host.fs"
local loop = require "host.loop"
local overlay = require "host.overlay"
local process = require "host.process"
local program = dofile("spec/support/program.lua")
local spaces = dofile("spec/run/workspace.lua")
local system = require "host.system"
local value = require "host.value"
local plan, of = spaces.plan, spaces.of

local function sh(space, script)
  local result = assert(process.run { argv = { "sh", "-ec", script }, cwd = space.root })
  assert(result.code == 0, result.output)
  return result.output
end

local function log(space, id, name)
  return fs.read(("%s/executions/%s/logs/%s"):format(space.store, id, name))
end

local function warnings(events)
  local list = {}
  for i, event in ipairs(of(events, "warning")) do list[i] = event.message end
  return list
end

-- Whether this machine lets us make views; where it does not, the fallback is what there is to test.
local function views_work()
  local dir = assert(fs.temporary("/tmp/orun-views-"))
  local base = overlay.base(dir, false) or overlay.base(dir, true)
  if base then base:close() end
  fs.remove(dir)
  return base ~= nil
end

local function shared_cases(kind)
  local space

  before_each(function() space = spaces.new() end)
  after_each(function() space:close() end)

  local function run(jobs, options)
    options = options or {}
    options.exec_id = options.exec_id or "x"
    options.isolation = options.isolation or "workspace"
    return space:run(plan(jobs), options)
  end

  it("05 case 25: stages what chapter 05 §13 says and leaves nothing behind", function()
    sh(space, "mkdir -p svc/dist svc/keep.d; echo 1 > svc/dist/a; echo b > svc/build; ln -s nowhere svc/dangling; mkfifo svc/pipe")
    local before = sh(space, "find . -path ./.orun -prune -o -print | sort; cat svc/build")
    local script = "cd svc; ls; cat build; echo changed > build; rm -r keep.d; mkdir dist; touch dist/new"
    local result, events = space:run(plan { { "a@dev.b", script } },
      { exec_id = "x", isolation = "auto", concurrency = 2 })
    assert.equal("completed", result.status)
    assert.same({}, warnings(events))
    assert.equal("build\ndangling\nkeep.d\nb\n", log(space, "x", "a@dev.b/s.log"))
    assert.equal(before, sh(space, "find . -path ./.orun -prune -o -print | sort; cat svc/build"))
    assert.is_false(fs.exists(space.store .. "/runs/x"))
  end)

  it("05 case 25: keeps the trees when asked to, as the jobs left them", function()
    space:write("a", "old")
    space:write("gone", "")
    local result = run({ { "a@dev.b", "echo new > a; rm gone; mkdir d; echo x > d/x" }, { "a@prod.b", "exit 3" } },
      { keep_workspaces = true, keep_going = true })
    local kept = space.store .. "/runs/x/a_dev.b"
    assert.equal(fs.realpath(space.store .. "/runs/x"), result.workspaces)
    assert.same({ "a", "d" }, fs.list(kept .. "/work"))
    assert.equal("new\n", fs.read(kept .. "/work/a"))
    assert.same({ "work" }, fs.list(kept))
    assert.equal("old", fs.read(space.store .. "/runs/x/a_prod.b/work/a"))
    assert.equal("old", space:read("a"))
  end)

  it("keeps trees whole whose outputs came back, and both are files of their own", function()
    sh(space, "mkdir -p out; echo old > out/stale")
    local jobs = {
      { "a@dev.b", "rm out/stale; mkdir out/d; echo hi > out/d/new; ln -s d/new out/link; echo no > other",
        outputs = value.list { "out" } },
    }
    assert.equal("completed", run(jobs, { keep_workspaces = true }).status)
    local kept = space.store .. "/runs/x/a_dev.b/work"
    for _, root in ipairs { kept, space.root } do
      assert.same({ "d", "link" }, fs.list(root .. "/out"))
      assert.equal("hi\n", fs.read(root .. "/out/link"))
    end
    assert.same({ "other", "out" }, fs.list(kept))
    assert.is_false(fs.exists(space.root .. "/other"))
    assert(fs.write(kept .. "/out/d/new", "changed"))
    assert.equal("hi\n", space:read("out/d/new"))
  end)

  it("tells the journal where the tree of a job is", function()
    run({ { "a@dev.x", "true" } }, { keep_workspaces = true })
    local place
    require("orun.state.journal").read(space.store .. "/executions/x/journal.jsonl", function(record)
      if record.t == "job.started" then place = record.workspace end
    end)
    assert.equal("runs/x/a_dev.x", place)
    assert.is_true(fs.exists(space.store .. "/" .. place))
  end)

  it("keeps jobs from seeing each other's changes", function()
    space:write("f", "0")
    local result = run({
      { "a@dev.b", "echo 1 > f; echo a > mine" },
      { "b@dev.b", "cat f; test ! -e mine", dependsOn = { "a@dev.b" } },
    })
    assert.equal("completed", result.status)
    assert.equal("0", log(space, "x", "b@dev.b/s.log"))
    assert.equal("0", space:read("f"))
  end)

  it("brings declared outputs back before dependents start", function()
    sh(space, "mkdir -p svc/out svc/dist/sub; echo stale > svc/out/stale; echo 1 > svc/out/same; echo o > svc/dist/sub/old")
    local result = run({
      { "a@dev.b", "rm out/stale; echo hi > out/new; echo js > dist/app.js; echo map > dist/app.map; echo no > other; ln -s new out/link",
        path = "svc", outputs = value.list { "out", "dist/*.js" } },
      { "a@dev.c", "cat out/new out/link dist/app.js; ls out; ls dist; test ! -e other", path = "svc", dependsOn = { "a@dev.b" } },
    })
    assert.equal("hi\nhi\njs\nlink\nnew\nsame\napp.js\nsub\n", log(space, "x", "a@dev.c/s.log"))
    assert.equal("completed", result.status)
    assert.same({ "link", "new", "same" }, fs.list(space.root .. "/svc/out"))
    assert.same({ "app.js", "sub" }, fs.list(space.root .. "/svc/dist"))
    assert.is_false(fs.exists(space.root .. "/svc/other"))
  end)

  it("brings a directory in place of a file, and a file in place of a directory", function()
    sh(space, "mkdir -p out/d; echo x > out/d/x; echo f > out/f")
    local job = { "a@dev.b", "rm -r out; mkdir -p out/f; echo 1 > out/f/in; echo 2 > out/d", outputs = value.list { "out/**" } }
    assert.equal("completed", run({ job }).status)
    assert.equal("1\n", space:read("out/f/in"))
    assert.equal("2\n", space:read("out/d"))
  end)

  it("brings no outputs of a failed job", function()
    run({ { "a@dev.b", "echo half > out; exit 1", outputs = value.list { "out" } } })
    assert.is_false(fs.exists(space.root .. "/out"))
  end)

  it("fails a job whose outputs cannot be brought back", function()
    space:write("taken", "a file where a directory is needed")
    local result = run({ { "a@dev.b", "rm taken; mkdir taken; echo x > taken/out", outputs = value.list { "taken/out" } } })
    assert.equal("failed", result.status)
    assert.truthy(space:state("x").jobs["a@dev.b"].lastError:find("the outputs of a@dev.b could not be brought", 1, true))
  end)

  it("lets git work without a copy of the objects, and commits of a job stay in it", function()
    sh(space, [[git init -q -b main .; git config user.name n; git config user.email n@e; echo 1 > f; git add f; git commit -qm first
      git branch build/x; printf '.orun\n' > .git/info/exclude; git status --short]])
    local result = run({ { "a@dev.b", [[git status --short; git log --format=%s; git branch --list build/x; echo 2 > f
      git commit -qam second
      git log --format=%s; test "$(git rev-parse --show-toplevel)" = "$PWD"; git fsck --no-dangling]] } })
    assert.equal("completed", result.status, log(space, "x", "a@dev.b/s.log"))
    assert.equal("first\n  build/x\nsecond\nfirst\n", log(space, "x", "a@dev.b/s.log"))
    assert.equal("first\n", sh(space, "git log --all --format=%s; git status --short"))
  end)

  it("leaves nothing of many jobs, whether they wrote something or not", function()
    local jobs = {}
    for i = 1, 60 do jobs[i] = { ("c%02d@dev.b"):format(i), i % 3 == 0 and "mkdir d; echo x > d/f" or "true" } end
    local result, events = run(jobs, { concurrency = 4, component_concurrency = 0 })
    assert.equal(60, result.counts.completed)
    assert.same({}, warnings(events))
    assert.is_false(fs.exists(space.store .. "/runs"))
  end)

  it("removes what killed processes left, unless another one works on the execution", function()
    local left = space.store .. "/runs/x/"
    assert(fs.mkdir(left .. "ghost@dev.b/changes"))
    assert.equal("completed", run({ { "a@dev.b", "true" } }).status)
    assert.is_false(fs.exists(space.store .. "/runs"))

    assert(fs.mkdir(left .. "ghost@dev.b/changes"))
    local other = assert(process.start { argv = { "sleep", "60" } })
    local writer = assert(require("orun.state.journal").writer(space:execution "x" .. "/journal.jsonl"))
    writer.pid = other:pid()
    assert(writer:append("run.started", { execId = "x", startTicks = other:start_ticks(), host = system.hostname() }))
    writer:close()
    assert.equal("completed", run({ { "a@dev.b", "true" }, { "b@dev.b", "true" } }).status)
    assert.is_true(fs.exists(left .. "ghost@dev.b/changes"))
    other:kill "KILL"
    other:wait()
    assert.equal("completed", run({ { "b@dev.b", "true" }, { "c@dev.b", "true" } }).status)
    assert.is_false(fs.exists(space.store .. "/runs"))
  end)

  it("runs all steps of a job again whose tree is gone", function()
    local jobs = { { "a@dev.b", "echo 1 > made", "cat made; test -e go" } }
    assert.equal("failed", run(jobs).status)
    space:write("go", "")
    assert.equal("completed", run(jobs).status)
  end)

  it("copies nothing for jobs that run one after the other, nor in a given directory (05 case 27)", function()
    local jobs = { { "a@dev.b", "pwd -P; echo 1 > made" } }
    run(jobs, { isolation = "auto", concurrency = 1 })
    assert.equal("1\n", space:read("made"))
    fs.mkdir(space.root .. "/build")
    run(jobs, { exec_id = "y", isolation = "workspace", workdir = space.root .. "/build" })
    assert.equal(space.root .. "/build\n", log(space, "y", "a@dev.b/s.log"))
    assert.equal("1\n", space:read("build/made"))
    assert.is_false(fs.exists(space.store .. "/runs"))
  end)

  it("gives every job a directory, also to those whose ids look alike", function()
    local result = run({ { "a@dev.b c", "echo 1" }, { "a@dev.b/c", "echo 2" }, { "..@dev._", "echo 3" } }, { keep_workspaces = true })
    assert.equal("completed", result.status)
    assert.same({ ".kept", "a_dev.b_c", "a_dev.b_c~2", "dev" }, fs.list(space.store .. "/runs/x"))
  end)

  it("ignores sockets, and directories without permission to write stay so", function()
    sh(space, "mkdir ro; echo 1 > ro/f; chmod 0555 ro; chmod 0640 ro/f")
    sh(space, "perl -MIO::Socket::UNIX -e 'IO::Socket::UNIX->new(Local => \"s\", Listen => 1) or die'")
    local result = run({ { "a@dev.b", "test ! -e s; cat ro/f; stat -c %a ro/f" } })
    assert.equal("completed", result.status)
    assert.equal("1\n640\n", log(space, "x", "a@dev.b/s.log"))
    sh(space, "chmod 0755 ro")
  end)

  it("finds the workspace behind a symbolic link", function()
    local link = space.root .. "-link"
    assert(fs.symlink(space.root, link))
    space:write("svc/f", "1")
    local result = space:run(plan { { "a@dev.b", "cat f; echo 2 > f", path = "svc" } },
      { exec_id = "x", isolation = "workspace", root = link, store = link .. "/.orun" })
    fs.remove(link)
    assert.equal("completed", result.status)
    assert.equal("1", space:read("svc/f"))
    assert.equal("1", log(space, "x", "a@dev.b/s.log"))
    assert.is_false(fs.exists(space.store .. "/runs/x"))
  end)

  it("tells what jobs exchange: variables, scripts of shells, outputs of steps", function()
    local result = run({ { "a@dev.b", "echo A=1 >> $ORUN_ENV", { run = "echo $A", shell = "sh" } } })
    assert.equal("completed", result.status)
    assert.equal("1\n", log(space, "x", "a@dev.b/s2.log"))
  end)

  if kind == "copy" then return end

  it("costs the same for any number of files, and shows the workspace at its own path", function()
    sh(space, "mkdir many; cd many; seq 1 3000 | xargs touch")
    local result = run({ { "a@dev.b", "pwd -P; ls " .. space.root .. "/many | wc -l; du -s --inodes .orun/runs/x/a_dev.b | cut -f1" } })
    assert.equal("completed", result.status)
    local lines = log(space, "x", "a@dev.b/s.log")
    assert.equal(space.root .. "\n3000\n", lines:match("^.-\n.-\n"))
    assert.truthy(tonumber(lines:match("(%d+)\n$")) < 10)
  end)

  local unprivileged = { "setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups" }

  local function killed(prefix)
    space:write("plan.json", require("host.json").encode(plan { { "a@dev.b", "echo $$ > .orun/pid; echo x > made; sleep 60" } }))
    sh(space, #prefix > 0 and "chown -R 65534:65534 ." or "true")
    local argv = table.move(prefix, 1, #prefix, 1, {})
    for _, word in ipairs { program.exe, "run", "--exec-id", "k", "--isolation", "workspace", "--allow-modified-plan", "plan.json" } do
      argv[#argv + 1] = word
    end
    local child = assert(process.start { argv = argv, cwd = space.root, env = program.environment { HOME = space.root }, output = "null" })
    local pid
    repeat
      loop.sleep(0.01)
      pid = tonumber(fs.read(space.store .. "/pid") or "")
    until pid and fs.exists(space.store .. "/runs/k/a_dev.b/changes/made")
    assert.truthy(fs.read(("/proc/%d/mountinfo"):format(pid)):find(" " .. space.root .. " ", 1, true))
    child:kill("KILL")
    child:wait()
    while process.alive(pid) do loop.sleep(0.005) end
    assert.is_nil(fs.read("/proc/self/mountinfo"):find(space.root, 1, true))
    assert.is_true(fs.exists(space.store .. "/runs/k"))
    local result = program.run(space.root, { "gc" })
    assert.equal(0, result.code, result.err)
    assert.truthy(result.out:find("workspaces of k", 1, true), result.out)
    assert.is_false(fs.exists(space.store .. "/runs/k"))
    assert.is_false(fs.exists(space.root .. "/made"))
  end

  it("leaves no mount behind when orun is killed, and gc removes the rest", function() killed {} end)

  it("leaves no mount behind when orun is killed without privileges", function()
    if system.user() ~= "root" then return pending("the suite runs without privileges") end
    killed(unprivileged)
  end)

  it("needs no privilege", function()
    if system.user() ~= "root" then return pending("the suite runs without privileges: so did the rest") end
    sh(space, "echo 1 > secret; chmod 0600 secret; mkdir -p svc/dist closed; chmod 0700 closed")
    sh(space, "chown -R 65534:65534 .; chown 0:0 secret closed")
    space:write("p.json", require("host.json").encode(plan {
      { "a@dev.b", "id -u; pwd -P; ls svc; cat secret closed; echo 1 > svc/made; echo 2 > out; mv out out2; sleep 100 &",
        outputs = value.list { "out2" } },
      { "a@dev.c", "sudo -n true", dependsOn = { "a@dev.b" } },
    }))
    local result = process.run {
      argv = { "sh", "-c", table.concat(unprivileged, " ") .. ' "$0" run --exec-id u --isolation workspace -k --allow-modified-plan p.json',
        program.exe },
      cwd = space.root, env = program.environment { HOME = space.root, NO_COLOR = "1" },
    }
    assert.equal(1, result.code, result.output)
    assert.equal(("65534\n%s\ncat: secret: Permission denied\ncat: closed: Permission denied\n"):format(space.root),
      log(space, "u", "a@dev.b/s.log"))
    assert.equal("2\n", space:read("out2"))
    assert.is_false(fs.exists(space.root .. "/svc/made"))
    -- A job that becomes somebody else gets a copy, which cannot be made of a file that its user cannot read.
    assert.truthy(result.output:find("workspace isolation failed for a@dev.c, falling back to shared tree: ", 1, true), result.output)
    assert.is_false(fs.exists(space.store .. "/runs/u"))
  end)

  it("is not possible where something is mounted below the workspace", function()
    if system.user() ~= "root" then return pending("needs root to mount something") end
    fs.mkdir(space.root .. "/data disk")
    space:write("plan.json", require("host.json").encode(plan { { "a@dev.b", "pwd -P; cat 'data disk/f'; echo 2 > 'data disk/f'" } }))
    sh(space, ([[unshare -m sh -ec "mount -t tmpfs none 'data disk'; echo 1 > 'data disk/f'
      %s run --exec-id m --isolation workspace --allow-modified-plan plan.json; cat 'data disk/f'" > out]]):format(program.exe))
    assert.equal(space.root .. "/.orun/runs/m/a_dev.b/work\n1\n", log(space, "m", "a@dev.b/s.log"))
    assert.equal("1", space:read("out"):match("([^\n]*)\n$"))
  end)
end

describe("isolation by views", function()
  if not views_work() then
    pending("this machine allows neither mount nor user namespaces")
    return
  end
  shared_cases("view")
end)

describe("isolation by copies", function()
  local base = overlay.base

  before_each(function() overlay.base = function() return nil, "overlay mount: not here", "EPERM" end end)
  after_each(function() overlay.base = base end)
  shared_cases("copy")

  it("warns once when many files are copied", function()
    local space = spaces.new()
    sh(space, "mkdir many; cd many; seq 1 10001 | xargs touch")
    local _, events = space:run(plan { { "a@dev.b", "true" }, { "b@dev.b", "true" } }, { exec_id = "x", isolation = "workspace" })
    local found = warnings(events)
    space:close()
    assert.equal(1, #found)
    assert.truthy(found[1]:find("10001 files are copied for every job, because an overlay is not possible: overlay mount: not here (on ",
      1, true), found[1])
  end)

  it("falls back to the shared tree when a copy is not possible either", function()
    local space, clone = spaces.new(), fs.clone_tree
    fs.clone_tree = function() return nil, "no space left" end -- luacheck: ignore
    local result, events = space:run(plan { { "a@dev.b", "echo 1 > made" } }, { exec_id = "x", isolation = "workspace" })
    fs.clone_tree = clone -- luacheck: ignore
    assert.equal("completed", result.status)
    assert.same({ "workspace isolation failed for a@dev.b, falling back to shared tree: no space left" }, warnings(events))
    assert.equal("1\n", space:read("made"))
    assert.is_false(fs.exists(space.store .. "/runs/x"))
    space:close()
  end)
end)
