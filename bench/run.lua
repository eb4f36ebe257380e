-- Running jobs, against a bare posix_spawn loop and against other programs that run commands in the order of a graph. Every one starts
-- `sh -c COMMAND` for each job, except turbo and moon, which start what they start.
--
--   independent  1,000 commands that do nothing     layered  20 rows of 50, each needs two of the row above
--   chain        200, one after the other           output   100 that print 1 MB each
local execution = require "orun.state.execution"
local fs = require "host.fs"
local graphs = require "bench.graph"
local loop = require "host.loop"
local measure = require "bench.measure"
local process = require "host.process"
local exe = require("host.system").paths().exe

local plain = { "--concurrency", "4", "--isolation", "none", "--component-concurrency", "0" }

local function orun(...)
  local argv = { exe, "run", ... }
  return argv
end

-- A record of its own for the next run. The former ones stay until the end: an ext4 without a journal looks at every inode that was freed
-- in the last minutes for each one that it needs.
local set_aside = 0
local function fresh(dir)
  return function()
    if fs.exists(dir .. "/.orun") then
      set_aside = set_aside + 1
      assert(fs.rename(dir .. "/.orun", ("%s/former-%d"):format(dir, set_aside)))
    end
    fs.remove(dir .. "/.ninja_log")
    fs.remove(dir .. "/.ninja_deps")
  end
end

local function compare(dir, graph, aim, runs)
  graphs.plan(dir, graph)
  graphs.build_files(dir, graph)
  local count, file, before = graphs.count(graph), ("./%s.json"):format(graph.name), fresh(dir)
  local jobs = graph.width == 1 and "1" or "4"
  measure.report(("%s: %d jobs, %s at once"):format(graph.name, count, jobs), measure.compare({
    { name = "posix_spawn loop", argv = { dir .. "/spawn", tostring(count), jobs, "sh", "-c", graph.bare or graph.command }, cwd = dir },
    { name = "make", argv = { "make", "-s", "-f", graph.name .. ".mk", "-j" .. jobs }, cwd = dir },
    { name = "ninja", argv = { "ninja", "-f", graph.name .. ".ninja", "-j" .. jobs, "--quiet" }, cwd = dir, before = before },
    { name = "orun run, no isolation, no cap", argv = orun(file, table.unpack(plain)), cwd = dir, before = before },
    { name = "orun run", argv = orun(file), cwd = dir, before = before },
  }, { runs = runs }), aim)
end

---------------------------------------------------------------------------------------------------
-- turbo and moon, which are slower by so much that fewer jobs tell enough.

local function install(dir)
  if not process.which("npm") then return nil, "npm is not there" end
  local r = process.run {
    argv = { "npm", "install", "--no-audit", "--no-fund", "--prefix", dir, "turbo", "@moonrepo/cli" }, timeout = 180,
  }
  if not r or r.code ~= 0 then return nil, "npm cannot install them" end
  return dir .. "/node_modules/.bin"
end

local function others(dir)
  local bin, why = install(dir .. "/npm")
  if not bin then
    print("\nturbo, moon: SKIPPED, " .. why)
    return
  end
  local graph = { name = "independent", layers = 1, width = 100, command = "true" }
  local workspace = dir .. "/workspace"
  graphs.workspace(workspace, graph)
  graphs.plan(workspace, graph)
  local env = process.environ()
  env.TURBO_TELEMETRY_DISABLED, env.MOON_TELEMETRY, env.CI = "1", "false", "1"
  env.PATH = bin .. ":" .. env.PATH
  local commit = "git init -q && git -c user.name=bench -c user.email=bench@example.com commit -q --allow-empty -m bench"
  assert(process.run { argv = { "sh", "-c", commit }, cwd = workspace }.code == 0)
  measure.report("against turbo and moon: 100 independent jobs, 4 at once, caches off", measure.compare({
    { name = "posix_spawn loop", argv = { dir .. "/spawn", "100", "4", "sh", "-c", "true" }, cwd = dir },
    { name = "orun run", argv = orun("./independent.json"), cwd = workspace, before = fresh(workspace) },
    { name = "turbo", cwd = workspace, env = env,
      argv = { bin .. "/turbo", "run", "noop", "--concurrency=4", "--force", "--output-logs=none", "--no-daemon" } },
    { name = "moon", cwd = workspace, env = env, argv = { bin .. "/moon", "run", ":noop", "--concurrency", "4", "--log", "off" } },
  }, { runs = 3 }))
end

---------------------------------------------------------------------------------------------------
-- What no other program can be compared with.

-- Milliseconds from the start of orun to that of the first command.
local function first_process(dir, again)
  local before, samples = fresh(dir), {}
  for i = 1, 9 do
    if not again or i == 1 then before() end
    fs.remove(dir .. "/first")
    local seconds, nanoseconds = loop.wall()
    local argv = orun("./first.json", "--exec-id", "first", table.unpack(plain))
    if again then table.move({ "--job", "c001-00001@dev.run", "--retry" }, 1, 3, #argv + 1, argv) end
    assert(process.run { argv = argv, cwd = dir, output = "null" }.code == 0)
    samples[i] = (tonumber(fs.read(dir .. "/first")) - seconds * 1000000000 - nanoseconds) / 1000000
  end
  return measure.median(samples)
end

-- Bytes that orun and what it started wrote, for each job.
local function written(dir, file, count)
  fresh(dir)()
  local command = ("'%s' run %s %s >/dev/null; cat /proc/$$/io"):format(exe, file, table.concat(plain, " "))
  local r = assert(process.run { argv = { "sh", "-c", command }, cwd = dir })
  return tonumber(r.output:match("wchar: (%d+)")) / count
end

local function once(dir, argv)
  local r = assert(process.run { argv = argv, cwd = dir, output = "null" })
  assert(r.code == 0, table.concat(argv, " "))
  return r
end

local function median_ms(dir, argv)
  local samples = {}
  for i = 1, 9 do samples[i] = once(dir, argv).ms end
  return measure.median(samples)
end

local function facts(dir)
  local function line(what, format, ...) print(("  %-58s " .. format):format(what, ...)) end
  print "\nthe runner by itself"
  graphs.plan(dir, { name = "first", layers = 1, width = 1000, command = "true", first = "date +%s%N > first" })
  line("first command of 1,000 jobs, fresh (aim 25)", "%8.1f ms", first_process(dir, false))
  line("first command of 1,000 jobs, resumed (aim 25)", "%8.1f ms", first_process(dir, true))
  line("written for a silent job (aim below 2048)", "%8.0f bytes", written(dir, "./independent.json", 1000))
  fresh(dir)()
  local function cpu(file, count)
    local r = once(dir, orun(file, "--exec-id", file:match("%w+"), table.unpack(plain)))
    return (r.user_ms + r.sys_ms) / count, r.max_rss_kib / 1024
  end
  graphs.plan(dir, { name = "many", layers = 1, width = 10000, command = "true" })
  local few, small = cpu("./independent.json", 1000)
  local many, big = cpu("./many.json", 10000)
  line("CPU time for a job among 1,000 and 10,000 (aim: the same)", "%8.3f ms %8.3f ms", few, many)
  line("peak memory then", "%8.1f MB %8.1f MB", small, big)
  graphs.plan(dir, { name = "quiet", layers = 1, width = 100, command = "head -c 1000 /dev/zero | tr '\\0' x" })
  local _, quiet = cpu("./quiet.json", 100)
  local _, loud = cpu("./output.json", 100)
  line("peak memory with logs of 1 kB and of 1 MB (aim: the same)", "%8.1f MB %8.1f MB", quiet, loud)
  line("status of 1,000 jobs (aim 10)", "%8.1f ms", median_ms(dir, { exe, "status", "--exec-id", "independent" }))
  line("logs of 1,000 jobs (aim 25)", "%8.1f ms", median_ms(dir, { exe, "logs", "--exec-id", "independent" }))
end

-- 1,000 runs of 100 jobs, of which none may fail (BENCH_RUNS: another number).
local function endurance(dir)
  graphs.plan(dir, { name = "hundred", layers = 1, width = 100, command = "true" })
  local runs, failed = tonumber(os.getenv "BENCH_RUNS") or 1000, 0
  for i = 1, runs do
    local id = "run" .. i
    local r = assert(process.run {
      argv = orun("./hundred.json", "--concurrency", "8", "--component-concurrency", "0", "--exec-id", id), cwd = dir, output = "null",
    })
    local meta = execution.read_json(execution.directory(dir .. "/.orun", id) .. "/metadata.json")
    if r.code ~= 0 or not meta or meta.jobDone ~= 100 then failed = failed + 1 end
    fs.remove_tree(execution.directory(dir .. "/.orun", id))
  end
  print(("\nfailed of %d runs of 100 jobs, 8 at once (aim: none)  %d"):format(runs, failed))
end

return function()
  -- BENCH_DIR: where the file system is another one.
  local dir = assert(fs.temporary((os.getenv "BENCH_DIR" or "/tmp") .. "/orun-bench-"))
  local cc = assert(process.run { argv = { "cc", "-O2", "-o", dir .. "/spawn", "bench/spawn.c" } })
  assert(cc.code == 0, cc.output)
  compare(dir, { name = "independent", layers = 1, width = 1000, command = "true" }, "1.15 without isolation", 7)
  compare(dir, { name = "layered", layers = 20, width = 50, command = "true" }, "1.15 without isolation", 7)
  compare(dir, { name = "chain", layers = 200, width = 1, command = "true" }, "1.3 without isolation", 7)
  local output = "head -c 1000000 /dev/zero | tr '\\0' x" -- the loop, too, leaves it in a file for each job
  compare(dir, { name = "output", layers = 1, width = 100, command = output, bare = ("{ %s; } > log.$$"):format(output) },
    "1.2 without isolation", 7)
  others(dir)
  facts(dir)
  endurance(dir)
  fs.remove_tree(dir)
end
