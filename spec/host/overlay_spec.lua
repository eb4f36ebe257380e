local fs = require "host.fs"
local overlay = require "host.overlay"
local process = require "host.process"

describe("host.overlay", function()
  local dir, open

  local function directory(name)
    assert(fs.mkdir(dir .. "/" .. name))
    return dir .. "/" .. name
  end

  local function write(name, text)
    fs.mkdir((dir .. "/" .. name):match "^(.*)/")
    assert(fs.write(dir .. "/" .. name, text, { sync = false }))
  end

  -- A base as root, else as anybody; nil where the system allows neither.
  local function base_at(point)
    return overlay.base(point, false) or overlay.base(point, true)
  end

  before_each(function()
    dir = fs.realpath(assert(fs.temporary("/tmp/orun-overlay-")))
    process.run { argv = { "true" } }
    collectgarbage()
    open = #fs.list "/proc/self/fd"
  end)

  after_each(function()
    collectgarbage()
    assert.equal(open, #fs.list "/proc/self/fd")
    fs.remove_tree(dir)
  end)

  it("shows a directory at its own path to those who enter, and keeps it as it is", function()
    local base = base_at(directory "mask")
    if not base then return pending("this machine allows neither mount nor user namespaces") end
    write("low/a", "1")
    write("low/gone/b", "2")
    write("low/hidden/c", "3")
    write("low/kept/d", "4")
    assert(fs.chmod(dir .. "/low", 448))
    assert(overlay.mask(dir .. "/low", base:root(), { "hidden" }))
    assert(overlay.mirror(dir .. "/low", dir .. "/up"))
    local view = assert(overlay.open {
      base = base, lower = dir .. "/low", mask = dir .. "/mask", upper = dir .. "/up", work = directory "work", keep = dir .. "/low/kept",
    })
    base:close()
    local result = process.run {
      argv = { "sh", "-ec", "ls; stat -c %a .; echo new > a; rm -r gone; mkdir hidden; echo x > hidden/x; echo y > kept/y" },
      cwd = dir .. "/low", view = view,
    }
    assert.equal("a\ngone\nkept\n700\n", result.output)
    assert.equal(0, result.code)
    assert.same({ "a", "hidden", "kept" }, fs.list(view:root()))
    assert.equal("new\n", fs.read(view:root() .. "/a"))
    assert.equal("1", fs.read(dir .. "/low/a"))
    assert.same({ "c" }, fs.list(dir .. "/low/hidden"))
    assert.equal("y\n", fs.read(dir .. "/low/kept/y"))
    assert.same({ "a", "gone", "hidden" }, fs.list(dir .. "/up"))
    assert.equal("device", fs.stat(dir .. "/up/gone", { follow = false }).type)
    view:close()
    assert.is_nil(fs.read("/proc/self/mountinfo"):find(dir, 1, true))
    assert.is_true(overlay.strip(dir .. "/up/a"))
    assert.has_error(function() view:root() end, "the view is closed")
    assert.has_error(function() process.start { argv = { "true" }, cwd = dir, view = view } end, "the view is closed")
  end)

  it("needs to know where in the view a program starts", function()
    local base = base_at(directory "mask")
    if not base then return pending("this machine allows neither mount nor user namespaces") end
    assert.has_error(function() process.start { argv = { "true" }, view = base } end, "option 'view' needs 'cwd'")
    local result, message, errno = process.run { argv = { "true" }, view = base, cwd = dir .. "/absent" }
    assert.same({ false, dir .. "/absent: No such file or directory", "ENOENT" }, { result or false, message, errno })
    base:close()
  end)

  it("names what is missing", function()
    local base = base_at(directory "mask")
    if not base then return pending("this machine allows neither mount nor user namespaces") end
    local message, errno = select(2, overlay.base(dir .. "/absent", false))
    assert.truthy(errno == "ENOENT" or errno == "EPERM", message)
    local view, why, name = overlay.open { base = base, lower = dir, upper = dir .. "/no", work = directory "work" }
    assert.same({ false, dir .. "/no: No such file or directory", "ENOENT" }, { view or false, why, name })
    assert.has_error(function() overlay.open { base = base, lower = dir, upper = dir } end, "option 'work' must be a string")
    base:close()
  end)

  it("makes masks whose directories look like those that they cover", function()
    write("from/a/b/dist/x", "")
    write("from/a/c/dist/y", "")
    assert(fs.chmod(dir .. "/from/a/b", 365))
    assert(fs.chmod(dir .. "/from/a", 493))
    assert(overlay.mask(dir .. "/from", directory "mask", { "a/b/dist", "a/c/dist" }))
    for _, name in ipairs { "", "/a", "/a/b", "/a/c" } do
      local is, was = fs.stat(dir .. "/mask" .. name), fs.stat(dir .. "/from" .. name)
      assert.same({ was.mode, was.mtime, was.mtime_ns }, { is.mode, is.mtime, is.mtime_ns })
    end
    assert.equal("device", fs.stat(dir .. "/mask/a/b/dist").type)
    assert.same({ "dist" }, fs.list(dir .. "/mask/a/c"))
    local _, _, errno = overlay.mask(dir .. "/from", dir .. "/absent", {})
    assert.equal("ENOENT", errno)
    _, _, errno = overlay.mirror(dir .. "/from", dir .. "/mask")
    assert.equal("EEXIST", errno)
  end)

  it("names the file system of a path", function()
    assert.is_string(overlay.file_system(dir))
    assert.equal("ENOENT", (select(3, overlay.file_system(dir .. "/absent"))))
  end)
end)
