local loop = require "host.loop"

local function message(fn, ...)
  local ok, err = pcall(fn, ...)
  assert.is_false(ok)
  return type(err) == "table" and err.kind or err
end

-- Runs a chunk in a program of its own; what it prints and its exit status.
local function program(chunk)
  local pipe = assert(io.popen(("%s lua -e '%s' 2>&1; echo \"exit $?\""):format(
    require("host.system").paths().exe, chunk:gsub("'", "'\\''"))))
  local text = pipe:read("a")
  pipe:close()
  return text
end

describe("tasks", function()
  it("start at once and give their results to whoever waits", function()
    local begun
    local task = loop.spawn(function(a, b)
      begun = a
      loop.sleep(0.005)
      return a, nil, b
    end, 1, 3)
    assert.equal(1, begun)
    assert.equal("running", task:status())
    assert.same({ n = 3, 1, nil, 3 }, table.pack(task:wait()))
    assert.equal("done", task:status())
    assert.same({ n = 3, 1, nil, 3 }, table.pack(task:wait()))
  end)

  it("run while others wait", function()
    local order = {}
    local function step(name, seconds)
      return loop.spawn(function()
        loop.sleep(seconds)
        order[#order + 1] = name
      end)
    end
    local late, early = step("late", 0.03), step("early", 0.001)
    late:wait()
    early:wait()
    assert.same({ "early", "late" }, order)
  end)

  it("give way without a timer's delay", function()
    local n = 0
    local task = loop.spawn(function()
      for _ = 1, 100 do
        n = n + 1
        loop.sleep(0)
      end
    end)
    while n < 50 do loop.sleep(0) end
    task:wait()
    assert.equal(100, n)
  end)

  it("raise their error in whoever waits, unchanged", function()
    local problem = { kind = "mine" }
    local task = loop.spawn(function() error(problem) end)
    assert.equal("failed", task:status())
    local ok, err = pcall(task.wait, task)
    assert.is_false(ok)
    assert.equal(problem, err)
  end)

  it("may be waited for by several", function()
    local task = loop.spawn(function() loop.sleep(0.002) return "r" end)
    local waiters = {}
    for i = 1, 3 do waiters[i] = loop.spawn(function() return task:wait() end) end
    for i = 1, 3 do assert.equal("r", waiters[i]:wait()) end
  end)

  it("cannot wait for themselves", function()
    local self
    local task = loop.spawn(function()
      loop.sleep(0)
      self:wait()
    end)
    self = task
    assert.matches("wait for itself", message(task.wait, task))
  end)

  it("start within tasks to any depth", function()
    local function nest(n) return n == 0 and 0 or 1 + loop.spawn(nest, n - 1):wait() end
    assert.equal(300, nest(300))
  end)

  it("keep 2,000 of them apart", function()
    local tasks, sum = {}, 0
    for i = 1, 2000 do
      tasks[i] = loop.spawn(function()
        loop.sleep(i % 7 / 1000)
        return i
      end)
    end
    for i = 1, 2000 do sum = sum + tasks[i]:wait() end
    assert.equal(2001000, sum)
  end)

  it("wait through protected calls, iterators, metamethods and closing variables", function()
    local slow = setmetatable({}, {
      __index = function(_, k) loop.sleep(0.001) return k end,
      __add = function() loop.sleep(0.001) return "sum" end,
      __call = function() loop.sleep(0.001) return "called" end,
      __concat = function() loop.sleep(0.001) return "joined" end,
      __lt = function() loop.sleep(0.001) return true end,
    })
    assert.equal("x", slow.x)
    assert.equal("sum", slow + 1)
    assert.equal("called", slow())
    assert.equal("joined", slow .. "a")
    assert.is_true(slow < slow)
    assert.same({ true, "v" }, { pcall(function() loop.sleep(0.001) return "v" end) })
    assert.same({ false, "handled" }, { xpcall(function() loop.sleep(0.001) error("e") end, function() return "handled" end) })
    local seen = {}
    for i in function(_, i) loop.sleep(0.001) return i < 3 and i + 1 or nil end, nil, 0 do seen[#seen + 1] = i end
    assert.same({ 1, 2, 3 }, seen)
    local closed
    local ok = pcall(function()
      local guard <close> = setmetatable({}, { __close = function() loop.sleep(0.001) closed = true end }) -- luacheck: ignore guard
      error("out")
    end)
    assert.is_false(ok)
    assert.is_true(closed)
  end)

  it("say clearly where waiting is impossible", function()
    local text = message(table.sort, { 1, 2 }, function() loop.sleep(0) end)
    assert.matches("cannot wait here", text)
    assert.matches("cannot wait here", message(string.gsub, "a", "a", function() loop.queue():pop() end))
    assert.matches("coroutine that is not a task", message(coroutine.wrap(function() loop.sleep(0) end)))
    assert.matches("cannot wait here", message(string.gsub, "a", "a", function() loop.scope(function() end) end))
  end)

  it("cannot yield to nobody", function()
    assert.matches("attempt to yield", message(function() loop.spawn(coroutine.yield):wait() end))
  end)
end)

describe("cancelling", function()
  it("ends the present wait", function()
    local task = loop.spawn(loop.sleep, 60)
    task:cancel("enough")
    local ok, err = pcall(task.wait, task)
    assert.is_false(ok)
    assert.same({ "cancelled", "enough", "enough" }, { err.kind, err.message, tostring(err) })
    assert.is_true(loop.is_cancelled(err))
    assert.is_false(loop.is_cancelled("enough"))
    assert.is_false(loop.is_cancelled { kind = "other" })
  end)

  it("ends the next wait of a task that does not wait", function()
    local reached
    local task
    task = loop.spawn(function()
      loop.sleep(0)
      task:cancel()
      reached = true
      loop.sleep(60)
    end)
    assert.equal("cancelled", message(task.wait, task))
    assert.is_true(reached)
  end)

  it("is delivered once, so that clean-up may wait", function()
    local cleaned
    local task = loop.spawn(function()
      local ok, err = pcall(loop.sleep, 60)
      loop.sleep(0.001)
      cleaned = true
      if not ok then error(err, 0) end
    end)
    task:cancel()
    assert.equal("cancelled", message(task.wait, task))
    assert.is_true(cleaned)
  end)

  it("does nothing to a task that has ended", function()
    local task = loop.spawn(function() return 1 end)
    task:cancel()
    assert.equal(1, task:wait())
  end)

  it("reaches a wait for another task, a queue and a scope, and leaves those usable", function()
    local queue = loop.queue()
    local slow = loop.spawn(function() return queue:pop() end)
    local waiter = loop.spawn(function() return slow:wait() end)
    local inner
    local scope = loop.spawn(loop.scope, function() inner = loop.spawn(loop.sleep, 60) end)
    waiter:cancel()
    scope:cancel()
    assert.equal("cancelled", message(waiter.wait, waiter))
    assert.equal("cancelled", message(scope.wait, scope))
    assert.equal("failed", inner:status())
    queue:push("v")
    assert.equal("v", slow:wait())
    local taker = loop.spawn(queue.pop, queue)
    taker:cancel()
    queue:push("w")
    assert.equal("cancelled", message(taker.wait, taker))
    assert.equal("w", queue:pop())
  end)

  it("is held back by a shield", function()
    local order = {}
    local task = loop.spawn(function()
      loop.shield(function()
        loop.sleep(0.01)
        order[#order + 1] = "shielded"
      end)
      loop.sleep(60)
    end)
    task:cancel()
    assert.equal("cancelled", message(task.wait, task))
    assert.same({ "shielded" }, order)
  end)

  it("does not hold back a deadline inside of the shield", function()
    local err = message(loop.shield, function() loop.timeout(0.005, loop.sleep, 60) end)
    assert.equal("timeout", err)
  end)
end)

describe("scopes", function()
  it("wait for their tasks and return the body's results", function()
    local ended = 0
    local function work()
      loop.sleep(0.003)
      ended = ended + 1
    end
    assert.same({ "a", "b" }, { loop.scope(function(x)
      loop.spawn(work)
      loop.spawn(function() loop.spawn(work) end) -- a task's task belongs to the same scope
      return x, "b"
    end, "a") })
    assert.equal(2, ended)
  end)

  it("end their tasks when the body fails", function()
    local task
    assert.matches("body", message(loop.scope, function()
      task = loop.spawn(loop.sleep, 60)
      error("body")
    end))
    assert.equal("failed", task:status())
  end)

  it("wait for the clean-up of the tasks that they end", function()
    local cleaned
    pcall(loop.scope, function()
      loop.spawn(function()
        pcall(loop.sleep, 60)
        loop.sleep(0.003)
        cleaned = true
      end)
      error("body")
    end)
    assert.is_true(cleaned)
  end)

  it("raise the error of a task that nobody waits for, also while the body waits", function()
    local sibling
    assert.matches("lost", message(loop.scope, function()
      sibling = loop.spawn(loop.sleep, 60)
      loop.spawn(function()
        loop.sleep(0.001)
        error("lost")
      end)
      loop.sleep(60)
    end))
    assert.equal("failed", sibling:status())
    assert.matches("late", message(loop.scope, function()
      loop.spawn(loop.sleep, 60)
      loop.spawn(function()
        loop.sleep(0.001)
        error("late")
      end)
    end))
  end)

  it("do not raise an error that somebody has seen", function()
    loop.scope(function()
      local task = loop.spawn(error, "seen")
      assert.is_false(pcall(task.wait, task))
      loop.sleep(0.001)
    end)
  end)

  it("raise the error even when the body swallows the interruption", function()
    assert.matches("swallowed", message(loop.scope, function()
      loop.spawn(error, "swallowed")
      pcall(loop.sleep, 60)
    end))
  end)

  it("ignore tasks that were cancelled", function()
    loop.scope(function() loop.spawn(loop.sleep, 60):cancel() end)
  end)

  it("nest", function()
    local inner_ended
    assert.matches("outer", message(loop.scope, function()
      loop.spawn(function()
        loop.sleep(0.002)
        error("outer")
      end)
      loop.scope(function()
        loop.spawn(function()
          pcall(loop.sleep, 60)
          inner_ended = true
        end)
      end)
    end))
    assert.is_true(inner_ended)
  end)
end)

describe("deadlines", function()
  it("raise a timeout and cancel what was waited for", function()
    local task
    local ok, err = pcall(loop.timeout, 0.005, function()
      loop.scope(function()
        task = loop.spawn(loop.sleep, 60)
        task:wait()
      end)
    end)
    assert.is_false(ok)
    assert.equal("timeout", err.kind)
    assert.matches("0.005", err.message)
    assert.equal("failed", task:status())
  end)

  it("leave results and errors of work that is done in time alone", function()
    assert.same({ 1, 2 }, { loop.timeout(60, function() loop.sleep(0.001) return 1, 2 end) })
    assert.matches("own", message(loop.timeout, 60, error, "own"))
  end)

  it("nest: the one that is exceeded is named", function()
    local ok, err = pcall(loop.timeout, 60, function()
      local inner = message(loop.timeout, 0.002, loop.sleep, 60)
      assert.equal("timeout", inner)
      return "went on"
    end)
    assert.same({ true, "went on" }, { ok, err })
    assert.equal("timeout", message(loop.timeout, 0.002, function() loop.timeout(60, loop.sleep, 60) end))
  end)

  it("do not turn a cancellation into a timeout", function()
    local task = loop.spawn(loop.timeout, 60, loop.sleep, 60)
    task:cancel()
    assert.equal("cancelled", message(task.wait, task))
  end)
end)

describe("queues", function()
  it("keep the order, hand over at once, and count", function()
    local queue = loop.queue()
    for i = 1, 5 do queue:push(i) end
    assert.equal(5, queue:length())
    for i = 1, 5 do assert.equal(i, queue:pop()) end
    assert.equal(0, queue:length())
    local got = {}
    local first = loop.spawn(function() got[1] = queue:pop() end)
    local second = loop.spawn(function() got[2] = queue:pop() end)
    queue:push("a")
    queue:push(false)
    first:wait()
    second:wait()
    assert.same({ "a", false }, got)
    assert.has_error(function() queue:push(nil) end)
  end)

  it("give nil after a timeout", function()
    local queue = loop.queue()
    assert.is_nil(queue:pop(0.002))
    queue:push(1)
    assert.equal(1, queue:pop(0.002))
    assert.equal(0, queue:length())
  end)
end)

describe("signals", function()
  it("are caught and given back", function()
    local signals <close> = loop.signals { "USR1", "USR2" }
    local seen = loop.queue()
    local catcher = loop.spawn(function()
      while true do seen:push(signals:wait()) end
    end)
    local pid = assert(io.open("/proc/self/stat")):read("n")
    os.execute("kill -USR1 " .. pid)
    assert.equal("USR1", seen:pop(5))
    os.execute("kill -USR2 " .. pid)
    assert.equal("USR2", seen:pop(5))
    catcher:cancel()
    assert.has_error(function() loop.signals { "NOPE" } end, "no signal is named NOPE")
  end)
end)

describe("clocks", function()
  it("tell the time", function()
    local before = loop.now()
    loop.sleep(0.01)
    assert.is_true(loop.now() - before >= 0.009)
    local seconds, nanoseconds = loop.wall()
    assert.is_true(math.abs(seconds - os.time()) <= 2 and nanoseconds >= 0 and nanoseconds < 1000000000)
    assert.matches("^%d%d%d%d%-%d%d%-%d%dT%d%d:%d%d:%d%d%.%d%d%dZ$", loop.timestamp())
  end)

  it("wake at once although descriptors are watched", function()
    local signals <close> = loop.signals { "USR1" } -- luacheck: ignore signals
    local watch <close> = require("host.watch").open()
    watch:add("/")
    for _ = 1, 3 do
      loop.sleep(0)
      watch:wait(0)
    end
  end)

  it("do not let a long computation shorten a sleep", function()
    loop.sleep(0)
    local stop = loop.now() + 0.03
    repeat until loop.now() >= stop
    local before = loop.now()
    loop.sleep(0.02)
    assert.is_true(loop.now() - before >= 0.019)
  end)
end)

describe("the program", function()
  it("ends its tasks when its main function ends", function()
    local text = program [[
      local loop = require "host.loop"
      loop.spawn(function() pcall(loop.sleep, 60) loop.sleep(0.001) print("cleaned") end)
      return 3]]
    assert.equal("cleaned\nexit 3\n", text)
  end)

  it("fails with a task's error and the traceback of the place where it was raised", function()
    local text = program [[
      local loop = require "host.loop"
      local function culprit() loop.sleep(0) error("kaput") end
      loop.scope(function()
        loop.spawn(function() culprit() end)
        loop.sleep(60)
      end)]]
    assert.matches("error: .*kaput\n%s*stack traceback:.*culprit", text)
    assert.matches("exit 1\n$", text)
    text = program [[require "host.loop".spawn(error, "unseen")]]
    assert.matches("unseen.*exit 1\n$", text)
  end)

  it("fails when nothing can happen any more", function()
    local text = program [[
      local loop = require "host.loop"
      loop.scope(function() loop.spawn(function() loop.queue():pop() end) end)]]
    assert.matches("deadlock: .*exit 1\n$", text)
    text = program [[local loop = require "host.loop" loop.shield(function() loop.queue():pop() end)]]
    assert.matches("deadlock: .*exit 1\n$", text)
  end)
end)
