local fs = require "host.fs"
local lock = require "host.lock"
local loop = require "host.loop"

describe("locks", function()
  local dir, path

  before_each(function()
    dir = assert(fs.temporary("/tmp/orun-lock-"))
    path = dir .. "/lock"
  end)
  after_each(function() fs.remove_tree(dir) end)

  it("of a file exclude each other", function()
    local held = assert(lock.file(path))
    assert.equal(384, fs.stat(path).mode)
    assert.same({ n = 3, nil, path .. ": locked by another process", "EWOULDBLOCK" }, table.pack(lock.file(path)))
    held:release()
    held:release()
    lock.file(path):release()
  end)

  it("are released by closing variables and by the collector", function()
    do
      local held <close> = lock.file(path) -- luacheck: ignore held
      assert.is_nil(lock.file(path))
    end
    assert(lock.file(path))
    collectgarbage()
    lock.file(path):release()
  end)

  it("of bytes are independent", function()
    local first, second = assert(lock.byte(path, 0)), assert(lock.byte(path, 1))
    assert.is_nil(lock.byte(path, 0))
    assert.same({ true, true, false }, { lock.held(path, 0), lock.held(path, 1), lock.held(path, 2) })
    first:release()
    assert.same({ false, true }, { lock.held(path, 0), lock.held(path, 1) })
    second:release()
    assert.is_false(lock.held(dir .. "/absent", 0))
    assert.is_false(fs.exists(dir .. "/absent"))
  end)

  it("are taken again and again without opening the file each time", function()
    local file = assert(lock.open(path))
    lock.file(path):release()
    assert.equal(file, file:lock())
    assert.is_nil(lock.file(path))
    file:unlock()
    local other = assert(lock.file(path))
    assert.same({ n = 3, nil, path .. ": locked by another process", "EWOULDBLOCK" }, table.pack(file:lock()))
    assert.equal("ETIMEDOUT", select(3, file:lock { wait = true, timeout = 0.02 }))
    loop.spawn(function()
      loop.sleep(0.02)
      other:release()
    end)
    assert(file:lock { wait = true })
    file:release()
    lock.file(path):release()
    assert.is_false(pcall(file.lock, file))
  end)

  it("of bytes are seen through an open file", function()
    local file, claim = assert(lock.open(path)), assert(lock.byte(path, 3))
    assert.same({ true, false }, { file:held(3), file:held(4) })
    claim:release()
    assert.is_false(file:held(3))
  end)

  it("are waited for while other tasks run", function()
    local held = assert(lock.file(path))
    local waiter = loop.spawn(lock.file, path, { wait = true })
    local byte = assert(lock.byte(path, 7))
    local other = loop.spawn(lock.byte, path, 7, { wait = true, timeout = 60 })
    loop.sleep(0.01)
    assert.equal("running", waiter:status())
    held:release()
    byte:release()
    waiter:wait():release()
    other:wait():release()
  end)

  it("are waited for no longer than is asked", function()
    local held <close> = lock.file(path) -- luacheck: ignore held
    assert.same({ n = 3, nil, path .. ": Connection timed out", "ETIMEDOUT" },
      table.pack(lock.file(path, { wait = true, timeout = 0.02 })))
  end)

  it("leave nothing locked when the wait is cancelled", function()
    local held = assert(lock.file(path))
    local task = loop.spawn(lock.file, path, { wait = true })
    task:cancel()
    assert.is_false(pcall(task.wait, task))
    held:release()
    lock.file(path):release()
  end)

  it("say what is wrong with the file", function()
    assert.same({ n = 3, nil, dir .. "/no/lock: No such file or directory", "ENOENT" }, table.pack(lock.file(dir .. "/no/lock")))
    assert.equal("EISDIR", select(3, lock.byte(dir, 0)))
    assert.has_error(function() lock.byte(path, -1) end)
  end)
end)
