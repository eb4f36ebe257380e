local fs = require "host.fs"
local lock = require "host.lock"
local loop = require "host.loop"
local process = require "host.process"

local exe = require("host.system").paths().exe

local function sh(script, options)
  options = options or {}
  options.argv = { "sh", "-c", script }
  return process.run(options)
end

-- Children of this process, zombies included.
local function children()
  local pid = process.pid()
  local file = assert(io.open(("/proc/%d/task/%d/children"):format(pid, pid)))
  local text = file:read("a")
  file:close()
  return text
end

local function descriptors()
  return #fs.list("/proc/self/fd")
end

-- Waits until a process is gone; fails after 5 seconds.
local function assert_gone(pid)
  local stop = loop.now() + 5
  while process.alive(pid) do
    assert(loop.now() < stop, "process " .. pid .. " is still alive")
    loop.sleep(0.005)
  end
end

-- Blocked, ignored and caught signals in the text of /proc/PID/status.
-- Signals 32 and 33 belong to the C library, which lets nobody set them: a system that hands them down ignored is left as it is.
local function signals_of(status)
  local found = {}
  for name, mask in status:gmatch("Sig(%a%a%a):%s*(%x+)") do
    if name ~= "Pnd" then found[#found + 1] = ("%s%x"):format(name, tonumber(mask, 16) & ~(3 << 31)) end
  end
  return table.concat(found, " ")
end

-- What a child wrote into a file, once it has.
local function await(path)
  local stop = loop.now() + 5
  while true do
    local text = fs.read(path)
    if text and text:sub(-1) == "\n" then return text end
    assert(loop.now() < stop, path .. " was not written")
    loop.sleep(0.002)
  end
end

describe("processes", function()
  local dir, before, open

  before_each(function()
    dir = assert(fs.temporary("/tmp/orun-process-"))
    process.run { argv = { "true" } } -- the loop and /dev/null are open afterwards
    collectgarbage() -- what other specs left open
    before, open = children(), descriptors()
  end)

  after_each(function()
    assert.equal(before, children())
    assert.equal(open, descriptors())
    fs.remove_tree(dir)
  end)

  describe("end", function()
    it("with an exit status or by a signal", function()
      local result = sh "exit 7"
      assert.same({ 7, nil, false, 0, "" }, { result.code, result.signal, result.timed_out, result.bytes, result.output })
      result = sh "kill -KILL $$"
      assert.same({ nil, "KILL" }, { result.code, result.signal })
      assert.equal("USR1", sh("kill -USR1 $$").signal)
    end)

    it("with their times and their memory", function()
      local result = sh "i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done; sleep 0.02"
      assert.is_true(result.ms >= 20)
      assert.is_true(result.user_ms + result.sys_ms <= result.ms + 20)
      assert.is_true(result.max_rss_kib > 100)
      for _, name in ipairs { "ms", "user_ms", "sys_ms", "max_rss_kib" } do assert.equal("integer", math.type(result[name])) end
    end)

    it("once, for all who wait and whenever they ask", function()
      local child = process.start { argv = { "sh", "-c", "sleep 0.01; echo x" } }
      local other = loop.spawn(function() return child:wait().output end)
      assert.equal("x\n", child:wait().output)
      assert.equal("x\n", other:wait())
      assert.equal("x\n", child:wait().output)
      assert.is_false(child:kill("TERM"))
    end)

    it("noticed without pidfds too", function()
      process.use_pidfds(false)
      local tasks = {}
      for i = 1, 20 do tasks[i] = loop.spawn(sh, ("sleep 0.0%d; exit %d"):format(i % 3, i)) end
      for i = 1, 20 do assert.equal(i, tasks[i]:wait().code) end
      local held = loop.spawn(sh, "sleep 5", { timeout = 0.01 })
      assert.is_true(held:wait().timed_out)
      process.use_pidfds(true)
      open = descriptors() -- libuv's signal pipe stays
    end)
  end)

  describe("start", function()
    it("with the environment and the directory that are given, sorted and nothing else", function()
      local result = process.run { argv = { "/usr/bin/env" }, env = { B = "2", A = "1", ["C D"] = "x y=z" } }
      assert.equal("A=1\nB=2\nC D=x y=z\n", result.output)
      assert.equal(dir .. "\n", process.run({ argv = { "pwd" }, cwd = dir }).output)
      assert.equal(process.environ().PATH .. "\n", sh("echo $PATH").output)
    end)

    it("by the PATH of their own environment", function()
      assert(fs.mkdir(dir .. "/bin"))
      assert(fs.write(dir .. "/bin/tool", "#!/bin/sh\necho found $0\n", { mode = 493 }))
      local env = { PATH = "/nowhere:" .. dir .. "/bin:/bin:/usr/bin" }
      assert.equal("found " .. dir .. "/bin/tool\n", process.run({ argv = { "tool" }, env = env }).output)
      assert(fs.remove(dir .. "/bin/tool"))
      assert.same({ n = 3, nil, "tool: No such file or directory", "ENOENT" },
        table.pack(process.run { argv = { "tool" }, env = env }))
      assert(fs.write(dir .. "/local", "#!/bin/sh\necho local\n", { mode = 493 }))
      assert.equal("local\n", process.run({ argv = { "./local" }, cwd = dir }).output)
      assert.equal("local\n", process.run({ argv = { "local" }, cwd = dir, env = { PATH = "/nowhere::/bin" } }).output)
    end)

    it("from a script without an interpreter line by sh", function()
      assert(fs.write(dir .. "/plain", "echo plain $1\n", { mode = 493 }))
      assert.equal("plain a\n", process.run({ argv = { dir .. "/plain", "a" } }).output)
    end)

    it("not at all when something is missing", function()
      local function condition(options) return { select(2, process.start(options)) } end
      assert.same({ "no-such-program: No such file or directory", "ENOENT" }, condition { argv = { "no-such-program" } })
      assert.same({ dir .. "/x: No such file or directory", "ENOENT" }, condition { argv = { "true" }, cwd = dir .. "/x" })
      assert.same({ dir .. ": Permission denied", "EACCES" }, condition { argv = { dir } })
      assert.same({ "EINVAL" }, { select(2, table.unpack(condition { argv = { "echo", "a\0b" } })) })
      assert.same({ "EINVAL" }, { select(2, table.unpack(condition { argv = { "echo" }, env = { ["A=B"] = "" } })) })
      assert.has_error(function() process.start { argv = {} } end)
      assert.has_error(function() process.start { argv = { "true" }, output = "log" } end)
      assert.has_error(function() process.start { argv = { "true" }, output = "nonsense" } end)
    end)

    it("with stdin from a string, from nowhere", function()
      local text = ("0123456789abcdef"):rep(20000)
      assert.equal(text, process.run({ argv = { "cat" }, stdin = text }).output)
      assert.equal("", process.run({ argv = { "cat" } }).output)
      assert.equal("", process.run({ argv = { "cat" }, stdin = "" }).output)
    end)

    it("with a stdin that stays open and says nothing", function()
      -- Whoever reads it waits: only the time limit ends that.
      local result = process.run { argv = { "cat" }, stdin = "open", timeout = 0.2 }
      assert.is_true(result.timed_out)
      assert.equal("", result.output)
      result = process.run { argv = { "sh", "-c", "test -p /proc/self/fd/0 && ! test -t 0" }, stdin = "open" }
      assert.equal(0, result.code)
      -- It ends with orun, also where orun is killed.
      local script = ([[require("host.process").start { argv = { "sh", "-c", "cat; echo end > %s/ended" }, stdin = "open", session = true,
        die_with_parent = false, output = "null" }; os.execute "kill -9 $PPID"]]):format(dir)
      assert(fs.write(dir .. "/starter.lua", script))
      process.run { argv = { require("host.system").paths().exe, "lua", dir .. "/starter.lua" } }
      local stop = loop.now() + 30
      while not fs.exists(dir .. "/ended") do
        assert(loop.now() < stop, "cat still waits")
        loop.sleep(0.02)
      end
    end)

    it("in a process group of their own, without foreign descriptors", function()
      local leak = assert(io.open(dir .. "/leak", "w"))
      local result = process.run { argv = { "sh", "-c", "echo $$; cut -d' ' -f5 /proc/$$/stat; ls /proc/$$/fd" } }
      local pid, group, fds = result.output:match("^(%d+)\n(%d+)\n(.*)$")
      assert.equal(pid, group)
      assert.same("0\n1\n2\n", fds:gsub("%f[%d]1%d\n", ""):gsub("^(0\n1\n2\n).*$", "%1"))
      assert.is_nil(process.run({ argv = { "ls", "-l", "/proc/self/fd" } }).output:find("leak", 1, true))
      leak:close()
      local own = sh("cut -d' ' -f5 /proc/$$/stat", { group = false }).output
      assert.equal(own, sh("cut -d' ' -f5 /proc/" .. process.pid() .. "/stat").output)
    end)

    it("with default signals and none blocked", function()
      assert.equal("Blk0 Ign0 Cgt0", signals_of(process.run({ argv = { "cat", "/proc/self/status" } }).output))
    end)

    it("undisturbed by signals that orun catches, ignores or inherited", function()
      local script = ([[trap '' HUP PIPE CHLD; exec %s lua -e '
        local loop, process = require "host.loop", require "host.process"
        local caught = loop.signals { "INT", "TERM" }
        io.write(process.run({ argv = { "cat", "/proc/self/status" } }).output)
        caught:close()']]):format(exe)
      assert.equal("Blk0 Ign0 Cgt0", signals_of(sh(script).output))
    end)

    it("knowing what is ignored", function()
      local chunk = "print(require('host.process').ignores('HUP'))"
      assert.equal("false\n", sh(("trap - HUP; exec %s lua -e \"%s\""):format(exe, chunk)).output)
      assert.equal("true\n", sh(("trap '' HUP; exec %s lua -e \"%s\""):format(exe, chunk)).output)
    end)

    it("as fast with a large heap as with a small one", function()
      local function measure()
        local best = math.huge
        for _ = 1, 5 do
          local began = loop.now()
          for _ = 1, 10 do process.run { argv = { "true" }, output = "null" } end
          best = math.min(best, loop.now() - began)
        end
        return best
      end
      local small = measure()
      local ballast = {}
      for i = 1, 150 do ballast[i] = (" "):rep(1 << 20) .. i end
      local large = measure()
      assert.equal(150, #ballast)
      -- A fork would cost about ten times as much.
      assert.is_true(large < small * 3, ("%.4f s, then %.4f s"):format(small, large))
    end)
  end)

  describe("output", function()
    it("is captured together or apart", function()
      local script = "echo one; echo two >&2; echo three"
      assert.equal("one\ntwo\nthree\n", sh(script).output)
      local result = sh(script, { merge = false })
      assert.same({ "one\nthree\n", "two\n", 14 }, { result.output, result.errors, result.bytes })
    end)

    it("is captured up to a limit", function()
      local result = sh("head -c 100000 /dev/zero", { limit = 1000 })
      assert.same({ 1000, 100000, true, 0 }, { #result.output, result.bytes, result.truncated, result.code })
    end)

    it("goes to a file that exists from the first byte on", function()
      local path = dir .. "/a/b/log"
      local result = sh("exit 0", { output = "log", log = path })
      assert.is_nil(result.log)
      assert.is_nil(result.output)
      assert.is_false(fs.exists(dir .. "/a"))
      result = sh("echo old old; sleep 0.01; echo more", { output = "log", log = path })
      assert.same({ path, 13, 13 }, { result.log, result.bytes, result.log_bytes })
      assert.equal("old old\nmore\n", fs.read(path))
      sh("echo new", { output = "log", log = path })
      assert.equal("new\n", fs.read(path))
    end)

    it("of any bytes arrives unchanged", function()
      assert(fs.write(dir .. "/in", require("host.hash").random(1 << 20)))
      local result = process.run { argv = { "cat", dir .. "/in" }, output = "log", log = dir .. "/out" }
      assert.equal(1 << 20, result.bytes)
      assert.is_true(fs.read(dir .. "/in") == fs.read(dir .. "/out"))
      assert.is_true(fs.read(dir .. "/in") == process.run({ argv = { "cat", dir .. "/in" } }).output)
    end)

    it("that cannot be logged is reported and does not stop the child", function()
      assert(fs.write(dir .. "/file", ""))
      local result = sh("head -c 300000 /dev/zero; exit 4", { output = "log", log = dir .. "/file/log" })
      assert.same({ 4, nil, dir .. "/file/log: Not a directory" }, { result.code, result.log, result.log_error })
    end)

    it("is given away by lines, logged at the same time", function()
      local lines = {}
      local function note(text, stream) lines[#lines + 1] = stream .. ":" .. text end
      local result = sh("printf 'a\\n\\nb'; printf 'c\\r\\nd' >&2; printf 'e\\0f'",
        { output = "lines", log = dir .. "/log", line = note })
      assert.same({ "stdout:a", "stdout:", "stdout:bc\r", "stdout:de\0f" }, lines)
      assert.equal("a\n\nbc\r\nde\0f", fs.read(result.log))
      lines = {}
      sh("echo a; echo b >&2", { output = "lines", merge = false, line = note })
      table.sort(lines)
      assert.same({ "stderr:b", "stdout:a" }, lines)
    end)

    it("has lines of 64 KiB, longer ones are split", function()
      local lengths = {}
      local function note(text) lengths[#lengths + 1] = #text end
      sh("head -c 65536 /dev/zero; echo; head -c 65537 /dev/zero; echo; head -c 200000 /dev/zero; echo; echo abc",
        { output = "lines", line = note })
      assert.same({ 65536, 65536, 1, 65536, 65536, 65536, 3392, 3 }, lengths)
    end)

    it("whose reader fails ends the process, and the error is raised where it is waited for", function()
      local ok, err = pcall(sh, "echo a; exec sleep 60", { output = "lines", line = function() error("reader", 0) end })
      assert.same({ false, "reader" }, { ok, err })
    end)

    it("can go nowhere or straight to a file", function()
      assert.same({ 0, nil }, { sh("echo x", { output = "null" }).bytes, sh("echo x", { output = "null" }).output })
      for _ = 1, 2 do sh("echo x; echo y >&2", { output = "file", log = dir .. "/file" }) end
      assert.equal("x\ny\nx\ny\n", fs.read(dir .. "/file"))
    end)
  end)

  describe("filters", function()
    local function filtered(script, filter, options)
      local given = { argv = { "sh", "-c", script }, prefix = "::", filter = filter }
      for k, v in next, options or {} do given[k] = v end
      return process.run(given)
    end

    it("see the lines that begin with a prefix and say what is shown instead", function()
      local seen = {}
      local result = filtered("printf 'a::b\\n::one\\n:two\\n::\\n::three\\n\\n::last'", function(line)
        seen[#seen + 1] = line
        return line == "::three" and "3" or nil
      end)
      assert.same({ "::one", "::", "::three", "::last" }, seen)
      assert.equal("a::b\n:two\n3\n\n", result.output)
    end)

    it("get lines that come in pieces, in order with the others", function()
      local result = filtered("printf a; printf '\\n:'; sleep 0.1; printf ':x'; sleep 0.1; printf 'y\\n:'; sleep 0.1; printf 'z\\n'",
        function(line) return "<" .. line .. ">" end)
      assert.equal("a\n<::xy>\n:z\n", result.output)
    end)

    it("leave lines alone that are too long", function()
      local seen = 0
      local result = filtered("printf ::; head -c 70000 /dev/zero | tr '\\0' x; printf '\\n::y\\n'", function() seen = seen + 1 end)
      assert.equal(1, seen)
      assert.equal("::" .. ("x"):rep(70000) .. "\n", result.output)
    end)

    it("hide values from the line on that asks for it, within it too", function()
      local child
      local script = "echo s3cret; echo ::hide s3cret; echo s3cret; printf s3c; sleep 0.1; echo ret"
      child = process.start {
        argv = { "sh", "-c", script }, prefix = "::", mask = { "other" },
        filter = function(line)
          child:mask { line:match(" (.*)") }
          return "hidden: s3cret other"
        end,
      }
      assert.equal("s3cret\nhidden: *** ***\n***\n***\n", child:wait().output)
    end)

    it("end the process when they fail", function()
      local ok, message = pcall(filtered, "echo ::x; sleep 60", function() error "no such thing" end)
      assert.is_false(ok)
      assert.truthy(tostring(message):find("no such thing", 1, true))
    end)
  end)

  it("environments are laid over a common one", function()
    local base = process.environment { A = "1", AB = "2", ["A-"] = "3", PATH = os.getenv "PATH" }
    local function show(env)
      return process.run({ argv = { "env" }, base = base, env = env }).output:gsub("PATH=[^\n]*\n", "")
    end
    assert.equal("A=1\nA-=3\nAB=2\n", show())
    assert.equal("A=x\nA-=3\nAB=2\nC=\n", show { A = "x", C = "" })
    local _, _, errno = process.start { argv = { "true" }, base = process.environment { ["a=b"] = "" } }
    assert.equal("EINVAL", errno)
  end)

  describe("texts that are sought", function()
    local function found(script, texts, more)
      local options = { output = "log", log = dir .. "/sought", seek = texts }
      for k, v in next, more or {} do options[k] = v end
      return sh(script, options).found
    end

    it("are told when the log has them", function()
      assert.same({ ["://"] = true }, found("echo see https://x", { "://", "cache" }))
      assert.same({ a = true, bc = true }, found("printf abcd", { "a", "bc", "e" }))
      assert.is_nil(found("echo nothing", { "://" }))
      assert.is_nil(found("true", { "://" }))
      assert.is_nil(found("echo a", {}))
    end)

    it("may come in any number of pieces", function()
      assert.same({ ["://"] = true }, found("for c in a : / / b; do printf %s $c; sleep 0.02; done", { "://", "://c", "a:/b" }))
      assert.same({ ["0123456789abcdef"] = true }, found("for c in 01 23456 78 9abcde f; do printf %s $c; sleep 0.02; done",
        { "0123456789abcdef", "0123456789abcdeg" }))
    end)

    it("may stand at any place of much output", function()
      for offset = (1 << 18) - 4, (1 << 18) + 1 do
        local script = ("head -c %d /dev/zero; printf needle; head -c 300000 /dev/zero"):format(offset)
        assert.same({ needle = true }, found(script, { "needle", "needles" }))
      end
    end)

    it("are those of the log, not those that were hidden", function()
      assert.same({ ["***"] = true }, found("echo a://b", { "://", "***" }, { mask = { "a://b" } }))
    end)

    it("are few and short", function()
      assert.error(function() found("true", { "" }) end)
      assert.error(function() found("true", { ("x"):rep(17) }) end)
      assert.error(function() found("true", { "a", "b", "c", "d", "e" }) end)
      assert.error(function() found("true", { 1 }) end)
    end)
  end)

  describe("masks", function()
    it("hide values, the longest first, also across reads", function()
      local mask = { "hunter2", "hunter2-long", "s3cret", "" }
      assert.equal("a *** b *** c *** hunter3", sh("printf 'a hunter2 b hunter2-long c s3cret hunter3'", { mask = mask }).output)
      local script = "printf 'x hun'; sleep 0.02; printf 'ter2'; sleep 0.02; printf -- '-lon'; sleep 0.02; printf 'g s3cre'"
      assert.equal("x *** s3cre", sh(script, { mask = mask }).output)
      assert.equal("x *** s3cre", sh(script:gsub("g s3", "q s3"), { mask = mask }).output:gsub("%-lonq", ""))
    end)

    it("hold in logs and lines, apart for each stream", function()
      local lines = {}
      local result = sh("printf 'sec' ; sleep 0.01; printf 'sec' >&2; sleep 0.01; echo ret; echo ret >&2", {
        mask = { "secret" }, merge = false, output = "lines", log = dir .. "/log",
        line = function(text, stream) lines[#lines + 1] = stream .. ":" .. text end,
      })
      table.sort(lines)
      assert.same({ "stderr:***", "stdout:***" }, lines)
      assert.equal("***\n***\n", fs.read(result.log))
      assert.same({ 14, 8 }, { result.bytes, result.log_bytes })
    end)

    it("find every place in a long stream, wherever the reads end", function()
      local secret = ("k"):rep(50) .. "!"
      assert(fs.write(dir .. "/in", (("-"):rep(37) .. secret):rep(10000)))
      local result = process.run { argv = { "cat", dir .. "/in" }, mask = { secret, "kk!" } }
      assert.is_true(result.output == (("-"):rep(37) .. "***"):rep(10000))
    end)

    it("of one byte grow the output", function()
      assert.equal(("***"):rep(70000), sh("head -c 70000 /dev/zero", { mask = { "\0" } }).output)
    end)
  end)

  describe("that misbehave", function()
    it("close their output and go on", function()
      local result = sh "echo a; exec >&- 2>&-; sleep 0.03; exit 9"
      assert.same({ "a\n", 9 }, { result.output, result.code })
      assert.is_true(result.ms >= 30)
    end)

    it("leave a descendant that holds the pipe: it gets the grace time, then KILL", function()
      local result = sh("echo a; sleep 60 & echo $! >" .. dir .. "/pid; exit 5", { grace = 0.05 })
      assert.same({ "a\n", 5, false }, { result.output, result.code, result.timed_out })
      assert_gone(tonumber(await(dir .. "/pid")))
      result = sh("(sleep 0.02; echo late) & exit 0", { grace = 5 })
      assert.equal("late\n", result.output)
    end)

    it("leave one in another session: its output is given up, it lives", function()
      local result = sh("setsid sh -c 'echo $$ >" .. dir .. "/pid; exec sleep 60' & exit 5", { grace = 0.05 })
      assert.same({ 5, true, true }, { result.code, result.held, result.escaped })
      local pid = tonumber(await(dir .. "/pid"))
      assert.is_true(process.alive(pid))
      process.kill(pid, "KILL")
      assert_gone(pid)
    end)

    it("leave a quiet one: it lives", function()
      sh("sleep 60 >/dev/null 2>&1 & echo $! >" .. dir .. "/pid")
      local pid = tonumber(await(dir .. "/pid"))
      assert.is_true(process.alive(pid))
      process.kill(pid, "KILL")
      assert_gone(pid)
    end)

    it("leave one that never stops talking", function()
      local result = sh("yes & exit 0", { grace = 0.05, output = "log", log = dir .. "/log" })
      assert.equal(0, result.code)
      assert.is_true(result.bytes > 0)
    end)

    it("05 case 18: exceed their time: TERM to the group, and what was printed is kept", function()
      local result = sh("echo a; sleep 30; echo b", { timeout = 0.05 })
      assert.same({ true, "TERM", "a\n" }, { result.timed_out, result.signal, result.output })
      assert.is_true(result.ms < 5000)
      result = sh("trap 'echo bye; exit 3' TERM; while :; do sleep 0.01; done", { timeout = 0.05 })
      assert.same({ true, 3 }, { result.timed_out, result.code })
      assert.matches("bye\n$", result.output)
    end)

    it("ignore TERM and get KILL after the grace time", function()
      local result = sh("trap '' TERM; echo $$ >" .. dir .. "/pid; while :; do sleep 1; done", { timeout = 0.1, grace = 0.05 })
      assert.same({ true, "KILL" }, { result.timed_out, result.signal })
    end)

    it("leave others in the group that ignore TERM: those get KILL too", function()
      local result = sh("sh -c 'trap \"\" TERM; echo $$; exec >/dev/null 2>&1; while :; do sleep 1; done' & sleep 60",
        { timeout = 0.1, grace = 0.1 })
      assert.equal("TERM", result.signal)
      assert_gone(tonumber(result.output))
    end)

    it("are stopped when they should end", function()
      local result = sh("kill -STOP $$; sleep 60", { timeout = 0.05 })
      assert.same({ true, "TERM" }, { result.timed_out, result.signal })
    end)

    it("are ended early by hand", function()
      local child = process.start { argv = { "sh", "-c", "echo a; sleep 60; echo b" } }
      loop.sleep(0.02)
      assert.is_true(child:kill("TERM"))
      assert.same({ "TERM", "a\n", false }, { child:wait().signal, child:wait().output, child:wait().timed_out })
    end)

    it("are terminated by hand, with those of the group that ignore TERM", function()
      local script = "sh -c 'trap \"\" TERM; echo $$; exec >/dev/null 2>&1; while :; do sleep 1; done' & sleep 60"
      local other
      local child = assert(process.start {
        argv = { "sh", "-c", script }, grace = 0.1, output = "lines", line = function(text) other = tonumber(text) end,
      })
      while not other do loop.sleep(0.01) end
      child:terminate()
      child:terminate()
      assert.equal("TERM", child:wait().signal)
      assert_gone(other)
    end)

    it("are so many that descriptors run out: that one fails, the others go on", function()
      local text = sh(([[ulimit -n 40; exec %s lua -e '
        local loop, process = require "host.loop", require "host.process"
        local children, errno = {}, nil
        while not errno do
          local child, _, why = process.start { argv = { "sh", "-c", "sleep 0.1; echo x" } }
          children[#children + 1], errno = child, why
        end
        for _, child in ipairs(children) do assert(child:wait().output == "x\n") end
        assert(#children > 3, #children)
        assert(process.run { argv = { "true" } }.code == 0)
        print(errno, #require("host.fs").list("/proc/self/fd") < 20)']]):format(exe)).output
      assert.equal("EMFILE\ttrue\n", text)
    end)
  end)

  describe("of a cancelled task", function()
    it("get TERM, and the wait raises when they are gone", function()
      local task = loop.spawn(sh, "trap 'sleep 0.05; echo done >" .. dir .. "/out; exit' TERM; echo >" .. dir
        .. "/ready; while :; do sleep 0.01; done")
      await(dir .. "/ready")
      task:cancel("enough")
      local ok, err = pcall(task.wait, task)
      assert.is_false(ok)
      assert.same({ "cancelled", "enough" }, { err.kind, err.message })
      assert.equal("done\n", fs.read(dir .. "/out"))
    end)

    it("get KILL after their grace time", function()
      local began = loop.now()
      local task = loop.spawn(sh, "trap '' TERM; while :; do sleep 1; done", { grace = 0.05 })
      loop.sleep(0.05)
      task:cancel()
      assert.is_false(pcall(task.wait, task))
      assert.is_true(loop.now() - began < 5)
    end)

    it("end too when it waits for something else, or fails", function()
      local child
      local task = loop.spawn(function()
        child = process.start { argv = { "sleep", "60" } }
        loop.sleep(60)
      end)
      task:cancel()
      assert.equal("TERM", child:wait().signal)
      task = loop.spawn(function()
        child = process.start { argv = { "sleep", "60" } }
        error("mine")
      end)
      assert.is_false(pcall(task.wait, task))
      assert.equal("TERM", child:wait().signal)
    end)

    it("are awaited by a scope that fails", function()
      local child
      assert.is_false(pcall(loop.scope, function()
        loop.spawn(function()
          child = process.start { argv = { "sleep", "60" } }
          child:wait()
        end)
        error("body")
      end))
      assert.is_false(process.alive(child:pid()))
    end)

    it("end at a deadline around the wait", function()
      local ok, err = pcall(loop.timeout, 0.05, sh, "sleep 60")
      assert.same({ false, "timeout" }, { ok, err.kind })
    end)
  end)

  describe("are known", function()
    it("by pid and start time", function()
      for _ = 1, 50 do
        local child = process.start { argv = { "sleep", "60" }, output = "null" }
        assert.equal(process.start_ticks(child:pid()), child:start_ticks())
        assert.is_true(process.alive(child:pid(), child:start_ticks()))
        assert.is_false(process.alive(child:pid(), child:start_ticks() + 1))
        child:kill("KILL")
        child:wait()
        assert.is_false(process.alive(child:pid()))
      end
      assert.is_true(process.alive(process.pid(), process.start_ticks()))
      assert.is_nil(process.start_ticks(0x3fffffff))
      assert.same({ n = 3, nil, "No such process", "ESRCH" }, table.pack(process.kill(0x3fffffff, "TERM")))
      assert.has_error(function() process.kill(-1, "TERM") end)
    end)

    it("by their place in the PATH", function()
      assert.matches("/sh$", process.which("sh"))
      assert.is_nil(process.which("no-such-program"))
      assert.is_nil(process.which("tmp", "/"))
      assert.equal("/bin/sh", process.which("/bin/sh"))
      assert.equal("/bin/sh", process.which("sh", "/nowhere:/bin"))
    end)
  end)

  describe("of a program that ends", function()
    local function host(chunk, after)
      assert(fs.write(dir .. "/chunk.lua", chunk))
      return sh(("%s lua %s/chunk.lua %s %s"):format(exe, dir, dir, after or ""))
    end

    it("die with it, orderly or not", function()
      local result = host [[
        require("host.process").start { argv = { "sh", "-c", "echo $$ >" .. arg[1] .. "/pid; exec sleep 60" } }
        require("host.loop").sleep(0.05)]]
      assert.equal(0, result.code, result.output)
      assert_gone(tonumber(await(dir .. "/pid")))
      assert(fs.remove(dir .. "/pid"))
      host [[
        local process = require "host.process"
        process.start { argv = { "sh", "-c", "echo $$ >" .. arg[1] .. "/pid; exec sleep 60" } }
        require("host.loop").sleep(0.05)
        process.kill(process.pid(), "KILL")]]
      assert_gone(tonumber(await(dir .. "/pid")))
    end)

    it("outlive it when asked to", function()
      local result = host [[
        local process = require "host.process"
        local child = process.start { argv = { "sh", "-c", "sleep 0.1; echo alive" }, session = true, die_with_parent = false,
          output = "file", log = arg[1] .. "/out" }
        print(child:pid())]]
      assert.equal(0, result.code, result.output)
      assert.equal("alive\n", await(dir .. "/out"))
      assert_gone(tonumber(result.output))
    end)
  end)

  it("keep an inherited lock as long as the first process lives", function()
    local claim = assert(lock.byte(dir .. "/claims", 3))
    local child = process.start { argv = { "sleep", "60" }, inherit = { claim } }
    assert.is_true(lock.held(dir .. "/claims", 3))
    claim:release()
    assert.is_false(lock.held(dir .. "/claims", 3)) -- released for all who have it
    child:kill("KILL")
    child:wait()
    -- The owner dies without releasing.
    local script = ([[%s lua -e '
      local lock, process = require "host.lock", require "host.process"
      local claim = lock.byte("%s/claims", 5)
      process.start { argv = { "sleep", "0.3" }, inherit = { claim }, die_with_parent = false, output = "null" }
      process.kill(process.pid(), "KILL")']]):format(exe, dir)
    sh(script)
    assert.is_true(lock.held(dir .. "/claims", 5))
    assert(lock.byte(dir .. "/claims", 5, { wait = true, timeout = 5 })):release()
  end)

  it("start and end by the hundred without leaving anything", function()
    local left = 200
    loop.scope(function()
      for _ = 1, 8 do
        loop.spawn(function()
          while left > 0 do
            left = left - 1
            assert.equal("x\n", sh("echo x").output)
          end
        end)
      end
    end)
  end)
end)
