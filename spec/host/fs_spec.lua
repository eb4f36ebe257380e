local fs = require "host.fs"
local hash = require "host.hash"
local loop = require "host.loop"
local system = require "host.system"

---Runs a shell command that must succeed.
local function sh(command)
  assert(os.execute(command), command)
end

---Runs a chunk in a program of its own, started by a shell command that ends before the program's name; returns what it printed.
local function run(prefix, chunk)
  local file = os.tmpname()
  assert(fs.write(file, chunk))
  local pipe = assert(io.popen(("%s '%s' lua '%s' 2>&1"):format(prefix, system.paths().exe, file)))
  local output = pipe:read "a"
  pipe:close()
  fs.remove(file)
  return output
end

---As a user without privileges when the suite runs as root.
local function unprivileged(chunk)
  return run(system.user() == "root" and "setpriv --reuid 65534 --regid 65534 --clear-groups" or "", chunk)
end

---With files limited to 1024 bytes (two blocks of 512): writes are cut short, then refused, as on a full disk.
local function on_full_disk(chunk)
  return run("trap '' XFSZ; ulimit -f 2;", chunk)
end

local function permissions(path)
  return assert(fs.stat(path, { follow = false })).mode & 511
end

describe("host.fs", function()
  local dir

  before_each(function()
    dir = assert(fs.temporary("/tmp/orun-fs-spec-"))
  end)
  after_each(function()
    assert(fs.remove_tree(dir))
  end)

  local function put(path, bytes)
    local full = dir .. "/" .. path
    assert(fs.mkdir(full:match "^(.*)/"))
    assert(fs.write(full, bytes or path, { sync = false }))
    return full
  end

  local function assert_condition(errno, path, value, message, name)
    assert.is_nil(value)
    assert.equal(errno, name)
    assert.truthy(message:find(path, 1, true), message)
  end

  describe("read and write", function()
    it("give back the bytes, of any size", function()
      for _, size in ipairs { 0, 1, 32767, 32768, 32769, 65536, 3000000 } do
        local bytes = ("\0\xffab\n"):rep(size // 5 + 1):sub(1, size)
        assert.is_true(fs.write(dir .. "/f", bytes, { sync = size == 1 }))
        assert.is_true(fs.read(dir .. "/f") == bytes, "size " .. size)
      end
      assert.same({ "f" }, fs.list(dir))
    end)

    it("read files whose size the system does not tell", function()
      assert.truthy(assert(fs.read "/proc/self/status"):find("^Name:"))
    end)

    it("name the path and the errno", function()
      assert_condition("ENOENT", dir .. "/absent", fs.read(dir .. "/absent"))
      assert_condition("EISDIR", dir, fs.read(dir))
      for _, size in ipairs { 10, 40000, 200000 } do
        assert(fs.write(dir .. "/limited", ("x"):rep(size)))
        assert.equal(size, #fs.read(dir .. "/limited", size))
        assert_condition("EFBIG", dir .. "/limited", fs.read(dir .. "/limited", size - 1))
      end
      assert_condition("EFBIG", "/dev/zero", fs.read("/dev/zero", 100000))
      assert_condition("ENOENT", dir .. "/no/f", fs.write(dir .. "/no/f", "x"))
      assert_condition("ENOENT", '""', fs.read "")
      assert_condition("ENOENT", '""', fs.write("", "x"))
    end)

    it("do not take a path with a zero byte for a shorter one", function()
      put "f"
      assert_condition("ENOENT", '""', fs.read(dir .. "/f\0.lua"))
      assert.is_false(fs.exists(dir .. "/f\0.lua"))
    end)

    it("leave nothing behind when the rename fails", function()
      put "d/inner"
      assert_condition("EISDIR", dir .. "/d", fs.write(dir .. "/d", "x"))
      assert.same({ "d" }, fs.list(dir))
    end)

    it("leave the old content and nothing else when the disk is full", function()
      put("f", "old")
      assert.equal("EFBIG\n", on_full_disk(([[ print(select(3, require "host.fs".write("%s/f", ("x"):rep(5000)))) ]]):format(dir)))
      assert.equal("old", fs.read(dir .. "/f"))
      assert.same({ "f" }, fs.list(dir))
    end)

    it("show a reader the whole old or the whole new content, also when the writer is killed", function()
      local path, script = dir .. "/f", dir .. "/script.lua"
      assert(fs.write(path, ("0"):rep(100000)))
      assert(fs.write(script, ([[
        local fs = require "host.fs"
        for i = 1, 100000 do assert(fs.write("%s", tostring(i %% 10):rep(100000), { sync = false })) end
      ]]):format(path)))
      local pipe = assert(io.popen(("'%s' lua '%s' >/dev/null 2>&1 & echo $!"):format(system.paths().exe, script)))
      local pid = pipe:read "l"
      local function whole()
        local bytes = assert(fs.read(path))
        return bytes == bytes:sub(1, 1):rep(100000)
      end
      local deadline, first = os.time() + 20, fs.stat(path).inode
      repeat until fs.stat(path).inode ~= first or os.time() > deadline -- the writer is at work
      for _ = 1, 200 do assert.is_true(whole()) end
      sh("kill -9 " .. pid)
      pipe:close()
      assert.is_true(whole())
    end)

    it("set the mode less the umask, whatever the old file's was", function()
      local path = dir .. "/f"
      assert(fs.write(path, "x"))
      assert.equal(tonumber("644", 8), permissions(path))
      assert(fs.chmod(path, tonumber("600", 8)))
      assert(fs.write(path, "x", { mode = tonumber("755", 8) }))
      assert.equal(tonumber("755", 8), permissions(path))
    end)

    it("write through what is no file when told to, and replace files all the same", function()
      put("target", "a longer old text")
      assert(fs.symlink("target", dir .. "/link"))
      assert(fs.symlink("later", dir .. "/dangling"))
      assert(fs.write(dir .. "/link", "new", { through = true }))
      assert(fs.write(dir .. "/dangling", "new", { through = true }))
      for _, name in ipairs { "link", "dangling" } do assert.equal("link", fs.stat(dir .. "/" .. name, { follow = false }).type) end
      assert.same({ "new", "new" }, { fs.read(dir .. "/target"), fs.read(dir .. "/later") })
      local first = fs.stat(dir .. "/target").inode
      assert(fs.write(dir .. "/target", "newer", { through = true }))
      assert.not_equal(first, fs.stat(dir .. "/target").inode)
      sh("mkfifo " .. dir .. "/pipe")
      local reader = assert(io.popen("cat " .. dir .. "/pipe"))
      assert(fs.write(dir .. "/pipe", "through", { through = true }))
      assert.equal("through", reader:read "a")
      reader:close()
      assert(fs.symlink("/dev/full", dir .. "/full"))
      assert_condition("ENOSPC", dir .. "/full", fs.write(dir .. "/full", "x", { through = true }))
      assert_condition("EISDIR", dir, fs.write(dir, "x", { through = true }))
    end)

    it("replace a symbolic link, not what it points to", function()
      put("target", "old")
      assert(fs.symlink("target", dir .. "/link"))
      assert(fs.write(dir .. "/link", "new"))
      assert.equal("old", fs.read(dir .. "/target"))
      assert.equal("file", fs.stat(dir .. "/link", { follow = false }).type)
    end)

    it("write files with the longest name there is", function()
      local name = ("n"):rep(255)
      assert(fs.write(dir .. "/" .. name, "x"))
      assert.same({ name }, fs.list(dir))
    end)
  end)

  describe("appender", function()
    it("adds records, each with one write, beside other writers", function()
      local a <close> = assert(fs.appender(dir .. "/log"))
      local b <close> = assert(fs.appender(dir .. "/log"))
      for i = 1, 100 do
        assert(a:append("a" .. i .. "\n"))
        assert(b:append("b" .. i .. "\n"))
      end
      assert(a:sync(true))
      local lines = {}
      for line in io.lines(dir .. "/log") do lines[#lines + 1] = line end
      assert.equal(200, #lines)
      assert.equal("a1", lines[1])
      assert.equal("b100", lines[200])
      assert.equal(tonumber("644", 8), permissions(dir .. "/log"))
    end)

    it("never glues a record to a torn line (chapter 11)", function()
      put("log", "good\ntorn")
      do
        local a <close> = assert(fs.appender(dir .. "/log"))
        assert(a:append "next\n")
        assert(a:append "last\n")
      end
      assert.equal("good\ntorn\nnext\nlast\n", fs.read(dir .. "/log"))
      local b <close> = assert(fs.appender(dir .. "/log"))
      assert(b:append "more\n")
      assert.equal("good\ntorn\nnext\nlast\nmore\n", fs.read(dir .. "/log"))
    end)

    it("reports a short write as an error and starts the next record on a new line", function()
      local output = on_full_disk(([[
        local a = assert(require "host.fs".appender "%s/log")
        print(a:append(("x"):rep(1000) .. "\n"))
        print(select(3, a:append(("y"):rep(100) .. "\n")))
      ]]):format(dir))
      assert.equal("true\nENOSPC\n", output)
      local a <close> = assert(fs.appender(dir .. "/log"))
      assert(a:append "z\n")
      assert.equal(("x"):rep(1000) .. "\n" .. ("y"):rep(23) .. "\nz\n", fs.read(dir .. "/log"))
    end)

    it("syncs beside other tasks", function()
      local a <close> = assert(fs.appender(dir .. "/log"))
      local events = {}
      loop.scope(function()
        loop.spawn(function()
          assert(a:append "x\n")
          events[#events + 1] = "begin"
          assert.is_true(a:sync())
          events[#events + 1] = "end"
        end)
        events[#events + 1] = "meanwhile"
      end)
      assert.same({ "begin", "meanwhile", "end" }, events)
    end)

    it("may be closed while it syncs", function()
      local a = assert(fs.appender(dir .. "/log"))
      loop.scope(function()
        local task = loop.spawn(function() return a:sync() end)
        a:close()
        assert.is_true(task:wait())
      end)
    end)

    it("reports what cannot be synced", function()
      local a <close> = assert(fs.appender "/dev/full")
      assert_condition("EINVAL", "/dev/full", a:sync())
      assert_condition("EINVAL", "/dev/full", a:sync(true))
      assert_condition("ENOSPC", "/dev/full", a:append "x\n")
    end)

    it("ends with the cancellation of its task", function()
      local a <close> = assert(fs.appender(dir .. "/log"))
      local task = loop.spawn(function()
        local ok, err = pcall(a.sync, a)
        return ok, loop.is_cancelled(err)
      end)
      task:cancel()
      assert.same({ false, true }, { task:wait() })
      assert.is_true(a:sync())
    end)

    it("cannot be used after close", function()
      local a = assert(fs.appender(dir .. "/log"))
      a:close()
      a:close()
      assert.has_error(function() a:append "x" end, "the appender is closed")
      assert_condition("ENOENT", dir .. "/no/log", fs.appender(dir .. "/no/log"))
    end)
  end)

  describe("walk", function()
    local function paths(root, options)
      local list = {}
      for i, e in ipairs(assert(fs.walk(root, options))) do list[i] = e.path end
      return list
    end

    it("orders by the bytes of the whole path", function()
      for _, p in ipairs { "a/z", "a.txt", "a-b/x", "a/b/c", "a/b.c", "B", "\xc3\xa4", "a!/q", "ab" } do put(p) end
      local list = paths(dir)
      local sorted = { table.unpack(list) }
      table.sort(sorted)
      assert.same(sorted, list)
      assert.same({ "B", "a", "a!", "a!/q", "a-b", "a-b/x", "a.txt", "a/b", "a/b.c", "a/b/c", "a/z", "ab", "\xc3\xa4" }, list)
    end)

    it("orders random trees like a sort of all paths", function()
      math.randomseed(7)
      local letters = { "a", "b", "-", ".x", "A", "ab", "a ", "~" }
      for _ = 1, 300 do
        local parts = {}
        for i = 1, math.random(4) do parts[i] = letters[math.random(#letters)] .. letters[math.random(#letters)] end
        parts[#parts] = parts[#parts] .. "f"
        put(table.concat(parts, "/"))
      end
      local list = paths(dir)
      local sorted = { table.unpack(list) }
      table.sort(sorted)
      assert.same(sorted, list)
      assert.is_true(#list > 300)
    end)

    it("reports types and never follows links", function()
      put "d/f"
      assert(fs.symlink("d", dir .. "/link"))
      assert(fs.symlink("nowhere", dir .. "/dangling"))
      sh(("mkfifo '%s/pipe'"):format(dir))
      local types = {}
      for _, e in ipairs(fs.walk(dir)) do types[e.path] = e.type end
      assert.same({ d = "directory", ["d/f"] = "file", link = "link", dangling = "link", pipe = "fifo" }, types)
    end)

    it("leaves out what it is told to", function()
      for _, p in ipairs { "build/f", "d/build", "d/.orun/x", ".orun", "d/node_modules/m/f", "d/f" } do put(p) end
      assert.same({ ".orun", "d", "d/.orun", "d/.orun/x", "d/build", "d/f" }, paths(dir, { skip = { "build", "node_modules" } }))
      assert.same({ "build", "build/f", "d", "d/build", "d/f", "d/node_modules", "d/node_modules/m", "d/node_modules/m/f" },
        paths(dir, { skip_any = { ".orun" } }))
      assert.same({ "build/f", "d/f", "d/node_modules/m/f" }, paths(dir, { names = { "f" } }))
      assert.same({}, paths(dir, { names = {} }))
    end)

    it("gives sizes and times on request", function()
      put("f", "12345")
      local e = fs.walk(dir, { stat = true })[1]
      assert.equal(5, e.size)
      assert.equal(fs.stat(dir .. "/f").mtime, e.mtime)
      assert.is_nil(fs.walk(dir)[1].size)
    end)

    it("follows a root that is a link, and names what it cannot read", function()
      put "d/f"
      assert(fs.symlink("d", dir .. "/link"))
      assert.same({ "f" }, paths(dir .. "/link"))
      assert_condition("ENOENT", dir .. "/absent", fs.walk(dir .. "/absent"))
      assert_condition("ENOTDIR", dir .. "/d/f", fs.walk(dir .. "/d/f"))
      assert.has_error(function() fs.walk(dir, { skip = { 1 } }) end)
    end)

    it("names a directory below the root that it may not read", function()
      put "open/f"
      sh(("mkdir '%s/open/shut'; chmod 0 '%s/open/shut'; chmod 755 '%s'"):format(dir, dir, dir))
      local output = unprivileged(([[ print(select(2, require "host.fs".walk "%s")) ]]):format(dir))
      assert.equal(dir .. "/open/shut: Permission denied\tEACCES\n", output)
    end)

    it("lists one directory, sorted", function()
      for _, p in ipairs { "b/x", "a", "B", ".h" } do put(p) end
      assert.same({ ".h", "B", "a", "b" }, fs.list(dir))
      assert.same({}, fs.list(assert(fs.mkdir(dir .. "/e")) and dir .. "/e"))
      assert_condition("ENOENT", dir .. "/absent", fs.list(dir .. "/absent"))
    end)

    it("names the limit when paths become too long, and removes such trees", function()
      local deep = ("/" .. ("d"):rep(200)):rep(15)
      assert(fs.mkdir(dir .. "/one" .. deep))
      assert(fs.mkdir(dir .. "/two" .. deep))
      assert(fs.rename(dir .. "/two", dir .. "/one" .. deep .. "/two"))
      assert_condition("ENAMETOOLONG", dir, fs.walk(dir))
      assert(fs.remove_tree(dir .. "/one"))
      assert.same({}, fs.list(dir))
    end)
  end)

  describe("directories", function()
    it("are made with their parents", function()
      assert.is_true(fs.mkdir(dir .. "/a/b/c"))
      assert.is_true(fs.mkdir(dir .. "/a/b/c"))
      assert.is_true(fs.mkdir(dir .. "/a/b/c/"))
      assert.equal("directory", fs.stat(dir .. "/a/b/c").type)
      put "f"
      assert(fs.symlink("a", dir .. "/link"))
      assert.is_true(fs.mkdir(dir .. "/link"))
      assert.is_true(fs.mkdir(dir .. "/link/x/y"))
      assert_condition("EEXIST", dir .. "/f", fs.mkdir(dir .. "/f"))
      assert_condition("ENOTDIR", dir .. "/f/g", fs.mkdir(dir .. "/f/g"))
      assert_condition("ENOENT", '""', fs.mkdir "")
    end)

    it("get fresh names when temporary", function()
      local one, two = fs.temporary(dir .. "/t-"), fs.temporary(dir .. "/t-")
      assert.not_equal(one, two)
      assert.equal(tonumber("700", 8), permissions(one))
      assert_condition("ENOENT", dir .. "/no/t", fs.temporary(dir .. "/no/t"))
    end)
  end)

  describe("remove_tree", function()
    it("removes files, links and trees, and accepts a missing one", function()
      put "keep/f"
      put "t/a/b/c"
      put "t/f"
      assert(fs.symlink("../keep", dir .. "/t/link"))
      assert.is_true(fs.remove_tree(dir .. "/t"))
      assert.is_true(fs.remove_tree(dir .. "/t"))
      assert(fs.symlink("keep", dir .. "/link"))
      assert.is_true(fs.remove_tree(dir .. "/link"))
      assert.same({ "keep" }, fs.list(dir))
      assert.same({ "f" }, fs.list(dir .. "/keep"))
      assert.is_true(fs.remove_tree(dir .. "/keep/f"))
      assert.same({}, fs.list(dir .. "/keep"))
    end)

    it("removes trees deeper than there are descriptors", function()
      sh(("cd '%s'; mkdir t; cd t; for i in $(seq 1500); do mkdir d; cd d; done"):format(dir))
      assert.is_true(fs.remove_tree(dir .. "/t"))
      assert.is_false(fs.exists(dir .. "/t"))
    end)

    it("makes directories writable that are not, and says which it cannot remove", function()
      local output = unprivileged([[
        local fs = require "host.fs"
        local dir = fs.temporary "/tmp/orun-fs-spec-"
        for _, p in ipairs { "ro/a/b", "shut/a" } do fs.mkdir(dir .. "/" .. p) fs.write(dir .. "/" .. p .. "/f", "x") end
        for _, p in ipairs { "ro/a/b", "ro/a", "ro" } do fs.chmod(dir .. "/" .. p, tonumber("555", 8)) end
        fs.chmod(dir .. "/shut", 0)
        print(fs.remove_tree(dir))
        print(fs.exists(dir))
        print(fs.remove_tree "/etc/passwd")
      ]])
      assert.equal("true\nfalse\nnil\t/etc/passwd: Permission denied\tEACCES\n", output)
    end)
  end)

  describe("clone_tree", function()
    it("copies files, links, modes and empty directories", function()
      put("from/a/f", "hello")
      put("from/big", ("0123456789"):rep(100000))
      put("from/run", "#!/bin/sh\n")
      put("from/empty", "")
      assert(fs.chmod(dir .. "/from/run", tonumber("755", 8)))
      assert(fs.chmod(dir .. "/from/a/f", tonumber("444", 8)))
      assert(fs.mkdir(dir .. "/from/e"))
      assert(fs.chmod(dir .. "/from/e", tonumber("700", 8)))
      assert(fs.symlink("../nowhere", dir .. "/from/link"))
      sh(("mkfifo '%s/from/pipe'"):format(dir))
      local done = assert(fs.clone_tree(dir .. "/from", dir .. "/to"))
      assert.equal(4, done.files)
      if done.reflinks == 0 then assert.equal(1000015, done.bytes) end
      assert.equal("hello", fs.read(dir .. "/to/a/f"))
      assert.is_true(fs.read(dir .. "/to/big") == fs.read(dir .. "/from/big"))
      assert.equal("", fs.read(dir .. "/to/empty"))
      assert.equal(tonumber("755", 8), permissions(dir .. "/to/run"))
      assert.equal(tonumber("444", 8), permissions(dir .. "/to/a/f"))
      assert.equal(tonumber("755", 8), permissions(dir .. "/to/e"))
      assert.equal("../nowhere", fs.readlink(dir .. "/to/link"))
      assert.is_false(fs.exists(dir .. "/to/pipe"))
    end)

    it("leaves out by name (05 §13, 05 case 25)", function()
      for _, p in ipairs { "w/.orun/runs/x", "w/a/.orun", "w/node_modules/m", "w/a/build", "w/b/build/o", "w/b/f" } do put(p) end
      assert(fs.clone_tree(dir .. "/w", dir .. "/to", { skip = { "node_modules", "build" }, skip_any = { ".orun" } }))
      local list = {}
      for _, e in ipairs(fs.walk(dir .. "/to")) do list[#list + 1] = e.path end
      assert.same({ "a", "a/build", "b", "b/f" }, list)
    end)

    it("may go to a place inside its source", function()
      put "w/a/f"
      assert(fs.clone_tree(dir .. "/w", dir .. "/w/a/copy"))
      local list = {}
      for _, e in ipairs(fs.walk(dir .. "/w")) do list[#list + 1] = e.path end
      assert.same({ "a", "a/copy", "a/copy/a", "a/copy/a/f", "a/f" }, list)
    end)

    it("names what fails and leaves no part", function()
      put "from/f"
      put "there/f"
      assert_condition("EEXIST", dir .. "/there", fs.clone_tree(dir .. "/from", dir .. "/there"))
      assert.equal("there/f", fs.read(dir .. "/there/f"))
      assert_condition("ENOENT", dir .. "/absent", fs.clone_tree(dir .. "/absent", dir .. "/to"))
      assert_condition("ENOTDIR", dir .. "/from/f", fs.clone_tree(dir .. "/from/f", dir .. "/to"))
      assert_condition("ENOENT", dir .. "/no/to", fs.clone_tree(dir .. "/from", dir .. "/no/to"))
      assert.is_false(fs.exists(dir .. "/to"))
      put "from/secret"
      sh(("chmod 0 '%s/from/secret'; chmod 777 '%s'"):format(dir, dir))
      local output = unprivileged(([[
        local fs = require "host.fs"
        print(fs.clone_tree("%s/from", "%s/to"))
        print(fs.exists "%s/to")
      ]]):format(dir, dir, dir))
      assert.equal(("nil\t%s/from/secret: Permission denied\tEACCES\nfalse\n"):format(dir), output)
    end)
  end)

  describe("single paths", function()
    it("have facts", function()
      put("f", "123")
      assert(fs.symlink("f", dir .. "/link"))
      local st = assert(fs.stat(dir .. "/link"))
      assert.equal("file", st.type)
      assert.equal(3, st.size)
      assert.is_true(math.abs(st.mtime - os.time()) < 60)
      assert.equal(st.inode, fs.stat(dir .. "/f").inode)
      assert.equal("link", fs.stat(dir .. "/link", { follow = false }).type)
      assert.equal("directory", fs.stat(dir).type)
      assert.equal("device", fs.stat("/dev/null").type)
      assert_condition("ENOENT", dir .. "/absent", fs.stat(dir .. "/absent"))
      assert.is_true(fs.exists(dir .. "/f"))
      assert.is_false(fs.exists(dir .. "/absent"))
    end)

    it("can be removed, renamed, resolved", function()
      put "f"
      assert.is_true(fs.rename(dir .. "/f", dir .. "/g"))
      local value, message, errno = fs.rename(dir .. "/f", dir .. "/h")
      assert.is_nil(value)
      assert.equal("ENOENT", errno)
      assert.equal(("%s/f -> %s/h: No such file or directory"):format(dir, dir), message)
      assert.is_true(fs.remove(dir .. "/g"))
      assert_condition("ENOENT", dir .. "/g", fs.remove(dir .. "/g"))
      put "d/f"
      assert_condition("ENOTEMPTY", dir .. "/d", fs.remove(dir .. "/d"))
      assert.equal(fs.realpath(dir) .. "/d/f", fs.realpath(dir .. "/d/../d/./f"))
      assert_condition("ENOENT", dir .. "/absent", fs.realpath(dir .. "/absent"))
      assert.equal("/", fs.cwd():sub(1, 1))
    end)

    it("can be links, replaced at once but never in place of a file", function()
      put "f"
      assert.is_true(fs.symlink("one", dir .. "/link"))
      assert.is_true(fs.symlink("two", dir .. "/link"))
      assert.equal("two", fs.readlink(dir .. "/link"))
      assert_condition("EEXIST", dir .. "/f", fs.symlink("two", dir .. "/f"))
      assert_condition("ENOENT", dir .. "/no/link", fs.symlink("two", dir .. "/no/link"))
      assert_condition("EINVAL", dir .. "/f", fs.readlink(dir .. "/f"))
      assert.same({ "f", "link" }, fs.list(dir))
    end)
  end)

  it("gives the same bytes to host.hash", function()
    local path = put("f", ("x"):rep(200000))
    assert.equal(hash.sha256(("x"):rep(200000)), hash.sha256_file(path))
  end)
end)
