local fs = require "host.fs"
local loop = require "host.loop"
local watch = require "host.watch"

describe("watches", function()
  local dir, eye

  before_each(function()
    dir = assert(fs.temporary("/tmp/orun-watch-"))
    eye = assert(watch.open())
  end)
  after_each(function()
    eye:close()
    fs.remove_tree(dir)
  end)

  local function write(name, text)
    local file = assert(io.open(dir .. "/" .. name, "a"))
    file:write(text)
    file:close()
  end

  -- The next change of a kind to a name, whatever comes before it.
  local function await(what, name)
    repeat
      local change = assert(eye:wait(5), ("no %s of %s"):format(what, name))
    until change.what == what and change.name == name
  end

  it("see what happens in a directory", function()
    local id = assert(eye:add(dir))
    write("a", "x")
    assert.same({ id = id, name = "a", what = "create" }, eye:wait())
    await("modify", "a")
    assert(os.rename(dir .. "/a", dir .. "/b"))
    await("delete", "a")
    await("create", "b")
    fs.remove(dir .. "/b")
    await("delete", "b")
  end)

  it("see what happens to a file, while other tasks run", function()
    write("log", "1")
    local id = assert(eye:add(dir .. "/log"))
    local task = loop.spawn(function() return eye:wait() end)
    loop.sleep(0.005)
    assert.equal("running", task:status())
    write("log", "2")
    assert.same({ id = id, what = "modify" }, task:wait())
  end)

  it("give nil when nothing happens in time, and can be cancelled and closed while waiting", function()
    eye:add(dir)
    assert.is_nil(eye:wait(0.005))
    local task = loop.spawn(eye.wait, eye)
    task:cancel()
    assert.is_false(pcall(task.wait, task))
    write("a", "x")
    assert.equal("create", eye:wait().what)
    while eye:wait(0) do end
    task = loop.spawn(eye.wait, eye)
    eye:close()
    local ok, err = pcall(task.wait, task)
    assert.is_false(ok)
    assert.is_true(loop.is_cancelled(err))
    assert.has_error(function() eye:add(dir) end, "the watch is closed")
  end)

  it("forget a path again, and say when there is none", function()
    local id = eye:add(dir)
    eye:remove(id)
    write("a", "x")
    assert.is_nil(eye:wait(0.01))
    assert.same({ n = 3, nil, dir .. "/none: No such file or directory", "ENOENT" }, table.pack(eye:add(dir .. "/none")))
  end)

  it("cost nothing while nobody waits", function()
    eye:add(dir)
    assert.is_nil(eye:wait(0.001))
    for i = 1, 20 do write("f" .. i, "x") end
    local task = loop.spawn(loop.sleep, 0.02)
    local began = os.clock()
    task:wait()
    assert.is_true(os.clock() - began < 0.015) -- the loop slept
    assert.equal("f1", eye:wait().name)
  end)
end)
