-- Runs in bad circumstances: each ends in the right state and says what happened.
local fs = require "host.fs"
local journal = require "orun.state.journal"
local json = require "host.json"
local process = require "host.process"
local program = dofile "spec/support/program.lua"
local spaces = dofile "spec/run/workspace.lua"
local value = require "host.value"
local snapshot = require "orun.state.snapshot"

-- Under sanitizers everything takes its time.
local steps_in_a_job = process.environ().ORUN_SPEC_QUICK and 1000 or 10000

local space

local function store(jobs, options)
  local plan = spaces.plan(jobs, options)
  plan.metadata.checksum = nil
  space:write("plan.json", json.encode(plan))
end

-- A run from a shell that prepares the circumstances; `%s` stands for the run.
local function run_in(script, ...)
  local words = {}
  for i, word in ipairs { program.exe, "run", "plan.json", "--exec-id", "x", "--component-concurrency", "0", "--isolation", "none", ... } do
    words[i] = "'" .. word .. "'"
  end
  return program.shell(space.root, (script:gsub("%%s", (table.concat(words, " "):gsub("%%", "%%%%")))))
end

local function run(...)
  return run_in("%s", ...)
end

local function fold(id)
  return journal.read(space:execution(id or "x") .. "/journal.jsonl")
end

local function check_snapshot()
  local expected = json.decode(json.encode(snapshot.state(fold(), "x")))
  assert.is_true(value.equal(expected, space:state "x"))
end

-- Mounts are made in a namespace of their own.
local function in_namespace(script)
  local tried = process.run { argv = { "unshare", "--user", "--map-root-user", "--mount", "true" } }
  if not tried or tried.code ~= 0 then pending "no user namespaces here: not tried" end
  return "unshare --user --map-root-user --mount sh -c '" .. script:gsub("'", [['"'"']]) .. "'"
end

describe("orun run", function()
  before_each(function() space = spaces.new() end)
  after_each(function() space:close() end)

  it("with a full disk: says that logs are not complete, ends when the journal cannot be written, and can be gone on with", function()
    local jobs = {
      { "a@dev.x", "echo a" }, { "b@dev.x", "head -c 200000 /dev/zero | tr '\\0' b" }, { "c@dev.x", dependsOn = { "b@dev.x" } },
    }
    for i = 2, 201 do jobs[3][i] = { id = "s" .. i, run = "true" } end
    jobs[4] = { "d@dev.x", ": > ../started; sleep 60", dependsOn = { "b@dev.x" } }
    store(jobs)
    local script = in_namespace [[
      mkdir disk && mount -t tmpfs -o size=96k tmpfs disk && cp plan.json disk && cd disk && %s; code=$?
      cp -r .orun ..; exit $code]]
    local r = run_in(script)
    assert.equal(1, r.code, r.out .. r.err)
    assert.truthy(r.err:find("warning: the log of step s of job b@dev.x is not complete: .*No space left on device"), r.err)
    assert.truthy(r.err:find("error: cannot write the journal of x: .*No space left on device"), r.err)
    assert.truthy(r.err:find("hint: free some space; .*%-%-exec%-id x"), r.err)
    local _, errors = r.err:gsub("error: ", "")
    assert.equal(1, errors, r.err)
    local before, corrupt = fold()
    assert.is_true(corrupt <= 1)
    assert.equal("completed", before.jobs["b@dev.x"].status)
    assert.equal("running", before.status)
    assert.truthy(program.run(space.root, { "status" }).out:find("State: interrupted", 1, true))
    jobs[4][2] = "true"
    store(jobs)
    local resumed = run()
    assert.equal(0, resumed.code, resumed.out .. resumed.err)
    assert.equal(1, fold().jobs["b@dev.x"].attempt)
    assert.equal("completed", fold().status)
    check_snapshot()
  end)

  it("with a limit for the size of files is told of it instead of being ended", function()
    store { { "a@dev.x", "head -c 200000 /dev/zero | tr '\\0' a" }, { "b@dev.x", "true" } }
    local r = run_in "ulimit -f 32; %s"
    assert.equal(0, r.code, r.err)
    assert.truthy(r.err:find("the log of step s of job a@dev.x is not complete: .*File too large"), r.err)
    assert.equal("completed", fold().status)
    -- A step gets the signal as ever.
    store { { "a@dev.x", "head -c 200000 /dev/zero > big" } }
    r = run_in("ulimit -f 32; %s", "--exec-id", "y")
    assert.equal(1, r.code)
  end)

  it("with a read-only .orun starts nothing and says where the trouble is", function()
    store { { "a@dev.x", "echo ran >> ran" } }
    assert.equal(0, run().code)
    local mount = "mount --bind .orun .orun && mount -o remount,ro,bind .orun && "
    local r = run_in(in_namespace(mount .. "%s"), "--exec-id", "y")
    assert.equal(1, r.code)
    assert.truthy(r.err:find("error: cannot create the record of execution y: .*/%.orun/executions/y: Read%-only file system"), r.err)
    r = run_in(in_namespace(mount .. "%s"))
    assert.equal(1, r.code)
    assert.truthy(r.err:find("Read%-only file system"), r.err)
    assert.same({ "ran" }, space:lines "ran")
    assert.equal("completed", fold().status)
  end)

  it("while the clock jumps back two hours records what happened in its order", function()
    local shim = space.root .. "/clock.so"
    local cc = assert(process.run { argv = { "cc", "-shared", "-fPIC", "-O1", "-o", shim, "spec/support/clock.c", "-ldl" } })
    assert.equal(0, cc.code, cc.output)
    local jobs = {}
    for i = 1, 12 do
      jobs[i] = { ("c%02d@dev.x"):format(i), "echo $ORUN_JOB_ID >> ran", dependsOn = i > 1 and { ("c%02d@dev.x"):format(i - 1) } or {} }
    end
    store(jobs)
    local r = run_in(("LD_PRELOAD='%s' ASAN_OPTIONS=verify_asan_link_order=0:detect_leaks=0 "):format(shim)
      .. "CLOCK_AFTER=25 CLOCK_BACK=7200 %s")
    assert.equal(0, r.code, r.err)
    local first, back
    journal.read(space:execution "x" .. "/journal.jsonl", function(record)
      first = first or record.ts
      back = back or record.ts < first
    end)
    assert.is_true(back, "the clock did not jump")
    assert.equal(12, #space:lines "ran")
    assert.equal("completed", fold().status)
    check_snapshot()
    local out = program.run(space.root, { "status" }).out
    assert.truthy(out:find("State: completed · Duration: 0ms", 1, true), out)
    assert.equal(0, run().code)
    assert.equal(12, #space:lines "ran")
  end)

  it("with 64 open files runs fewer jobs at once, and all of them", function()
    local jobs = {}
    for i = 1, 40 do jobs[i] = { ("c%02d@dev.x"):format(i), "echo $ORUN_JOB_ID; sleep 0.05" } end
    store(jobs)
    local r = run_in("ulimit -n 64; %s", "--concurrency", "40")
    assert.equal(0, r.code, r.err)
    assert.truthy(r.err:find("warning: concurrency is %d+ instead of 40: this process may have only 64 files open %(ulimit %-n%)"), r.err)
    for id, job in next, fold().jobs do
      assert.equal(id .. "\n", fs.read(space:execution "x" .. "/" .. job.steps.s.log), id)
    end
    assert.equal(40, fold():counts().completed)
  end)

  it("keeps lines of any length and any bytes", function()
    store({
      { "a@dev.x", "head -c 300000 /dev/zero | tr '\\0' y; echo; head -c 70000 /dev/zero | tr '\\0' z" },
      { "b@dev.x", "printf 'a\\000b\\377\\033[2J\\n'; exit 1" },
    }, { fail_fast = false })
    local r = run "--verbose"
    assert.equal(1, r.code)
    assert.falsy((r.out .. r.err):find "[%z\27]")
    local logs = space:execution "x" .. "/logs/"
    assert.equal(("y"):rep(300000) .. "\n" .. ("z"):rep(70000), fs.read(logs .. "a@dev.x/s.log"))
    assert.equal("a\0b\255\27[2J\n", fs.read(logs .. "b@dev.x/s.log"))
    for _, words in ipairs { { "logs", "--raw" }, { "logs", "--follow" } } do
      local shown = program.run(space.root, words)
      assert.equal(0, shown.code, shown.err)
      assert.falsy(shown.out:find "[%z\27]")
    end
  end)

  it(("runs a job of %d steps"):format(steps_in_a_job), function()
    local job = { "a@dev.x" }
    for i = 1, steps_in_a_job do job[i + 1] = { id = "s" .. i, run = i % 100 == 0 and "echo x >> ran" or "true" } end
    store { job }
    local r = run()
    assert.equal(0, r.code, r.err)
    assert.equal(steps_in_a_job // 100, #space:lines "ran")
    check_snapshot()
    assert.equal(0, run().code)
    assert.equal(steps_in_a_job // 100, #space:lines "ran")
  end)

  it("leaves logs that are shown piece by piece", function()
    local text = ("0123456789"):rep(5)
    store { { "a@dev.x", ("yes %s | head -n 60000; echo; echo '  the end'; exit 3"):format(text), { id = "long",
      phase = "post", run = "head -c 3000000 /dev/zero | tr '\\0' x; echo; echo more" } } }
    assert.equal(1, run().code)
    local short = program.run(space.root, { "logs", "--exec-id", "x" }).out
    assert.truthy(short:find("\n       … 59993 more lines\n         the end\n", 1, true), short)
    short = program.run(space.root, { "logs", "--exec-id", "x", "--step", "long" }).out
    assert.truthy(short:find "\n       xxxx[x]+\n       … 1 more line\n$", #short)
    local all = program.run(space.root, { "logs", "--exec-id", "x", "--raw" }).out
    local _, lines = all:gsub("\n       " .. text .. "%f[\n]", "")
    assert.equal(60000, lines)
    local letters = 0
    for part in all:gmatch "\n       (xx+)%f[\n]" do letters = letters + #part end
    assert.equal(3000000, letters)
  end)

  it("waits for a step that closes its output and goes on", function()
    store { { "a@dev.x", "exec >&- 2>&-; sleep 0.2; echo done >> ran; exit 4" } }
    assert.equal(1, run().code)
    assert.same({ "done" }, space:lines "ran")
    assert.equal("step s: exit status 4", fold().jobs["a@dev.x"].error)
  end)

  it("ends a step that ignores TERM, and does not wait for one that left its output to others", function()
    store({
      { "a@dev.x", "trap '' TERM; echo begun; sleep 30 & wait; sleep 30; echo late >> ran", timeout = "200ms" },
      { "b@dev.x", "sleep 60 & echo $! > left; echo printed" },
      { "c@dev.x", "setsid sleep 60 & echo $! > daemon" },
    }, { fail_fast = false })
    local r = run()
    assert.equal(1, r.code)
    assert.equal("step s: command timed out", fold().jobs["a@dev.x"].error)
    assert.same({}, space:lines "ran")
    assert.equal("completed", fold().jobs["b@dev.x"].status)
    local left = "warning: step s of job %s@dev.x left processes behind that held its output open; %s"
    assert.truthy(r.err:find(left:format("b", "they were ended"), 1, true), r.err)
    assert.is_false(process.alive(math.tointeger(tonumber(space:read "left"))))
    -- A daemon wants to stay, and does; nobody reads what it prints.
    assert.truthy(r.err:find(left:format("c", "some have a session or group of their own: they go on"), 1, true), r.err)
    assert.is_true(process.kill(math.tointeger(tonumber(space:read "daemon")), "KILL"))
    assert.equal("printed\n", fs.read(space:execution "x" .. "/logs/b@dev.x/s.log"))
  end)
end)
