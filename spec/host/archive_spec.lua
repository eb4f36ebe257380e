local archive = require "host.archive"
local fs = require "host.fs"
local tar = dofile "spec/support/tar.lua"

describe("host.archive", function()
  local dir
  before_each(function()
    dir = assert(fs.temporary "/tmp/orun-archive-spec-")
    assert(fs.mkdir(dir .. "/to"))
  end)
  after_each(function() fs.remove_tree(dir) end)

  local limits = { entries = 100, bytes = 10000 }

  local function extract(bytes, options)
    return archive.extract(bytes, dir .. "/to", options or limits)
  end

  ---Names of everything that is below the temporary directory, the destination included.
  local function present()
    local names = {}
    for i, entry in ipairs(assert(fs.walk(dir))) do names[i] = entry.path end
    return table.concat(names, " ")
  end

  local function refused(errno, message, entries, options)
    local done, text, code = extract(tar.archive(entries), options)
    assert.is_nil(done)
    assert.equal(errno, code)
    assert.truthy(text:find(message, 1, true), text)
  end

  it("gives back what it wrote", function()
    local nfd, latin = "u\xcc\x88.txt", "\xff.bin"
    local long = ("long/"):rep(60) .. "end.sh"
    local bytes = assert(archive.create {
      { path = "a.txt", bytes = "hello" }, { path = "b/empty", bytes = "" }, { path = nfd, bytes = "1" }, { path = latin, bytes = "2" },
      { path = long, bytes = ("x"):rep(70000), executable = true },
    })
    local done = assert(extract(bytes, { entries = 5, bytes = 70007 }))
    assert.same({ files = 5, directories = 0, bytes = 70007 }, done)
    assert.equal("hello", fs.read(dir .. "/to/a.txt"))
    assert.equal("", fs.read(dir .. "/to/b/empty"))
    assert.equal("1", fs.read(dir .. "/to/" .. nfd))
    assert.equal("2", fs.read(dir .. "/to/" .. latin))
    assert.equal(70000, #fs.read(dir .. "/to/" .. long))
    assert.equal(493, fs.stat(dir .. "/to/" .. long).mode)
    assert.equal(420, fs.stat(dir .. "/to/a.txt").mode)
  end)

  it("writes plain ustar headers with nothing of the machine (02 quirk 20)", function()
    local entries = { { path = "a", bytes = "hello" }, { path = "b", bytes = "x", executable = true } }
    local bytes = assert(archive.create(entries))
    assert.equal(bytes, archive.create(entries))
    assert.equal("\x1f\x8b\8\0\0\0\0\0", bytes:sub(1, 8))
    assert.not_equal(bytes, archive.create(entries, 86400))
    local header = tar.gunzip(bytes):sub(1, 512)
    assert.equal("a", header:match "^[^\0]+")
    assert.equal("000644", header:sub(101, 106))
    assert.equal("000000", header:sub(109, 114))
    assert.equal("000000", header:sub(117, 122))
    assert.equal("00000000000", header:sub(137, 147))
    assert.equal("0", header:sub(157, 157))
    assert.equal(("\0"):rep(64), header:sub(266, 329))
    assert.equal("00000250600", tar.gunzip(archive.create(entries, 86400)):sub(137, 147))
  end)

  it("cleans names and keeps them inside", function()
    assert(extract(tar.archive {
      { name = "./", type = "5" }, { name = "/abs.txt", bytes = "a" }, { name = "x//y/./../z", bytes = "b" }, { name = "d/", type = "5" },
      { name = "d", type = "5" },
    }))
    assert.equal("a", fs.read(dir .. "/to/abs.txt"))
    assert.equal("b", fs.read(dir .. "/to/x/z"))
    assert.equal("to to/abs.txt to/d to/x to/x/z", present())
  end)

  it("keeps permission bits only", function()
    assert(extract(tar.archive {
      { name = "none", mode = 0 }, { name = "tool", mode = tonumber("6755", 8) }, { name = "secret", mode = 128 },
    }))
    assert.equal(420, fs.stat(dir .. "/to/none").mode)
    assert.equal(493, fs.stat(dir .. "/to/tool").mode)
    assert.equal(384, fs.stat(dir .. "/to/secret").mode)
  end)

  it("refuses names that lead out (02 case 11)", function()
    for _, name in ipairs { "../../evil", "..", "a/../../evil", "/../evil", "./../to/../evil" } do
      refused("EESCAPE", "escapes the destination", { { name = name, bytes = "x" } })
    end
    refused("EESCAPE", "has no name", { { name = ".", bytes = "x" } })
    assert.equal("to", present())
  end)

  it("refuses links, devices and pipes (02 case 11)", function()
    refused("ELINK", "symbolic links", { { name = "l", type = "2", link = "/etc" } })
    refused("ELINK", "hard links", { { name = "a", bytes = "x" }, { name = "h", type = "1", link = "a" } })
    refused("ELINK", "hard links", { { name = "h", type = "1", link = "/etc/passwd", bytes = "x" } })
    for _, kind in ipairs { "3", "4", "6" } do refused("ETYPE", "only files and directories", { { name = "d", type = kind } }) end
    assert.equal("to to/a", present())
  end)

  it("does not follow what was there before", function()
    assert(fs.symlink(dir, dir .. "/to/out"))
    refused("EEXIST", "out/x", { { name = "out/x", bytes = "x" } })
    refused("EEXIST", "out", { { name = "out", type = "5" } })
    assert.equal("to to/out", present())
  end)

  it("refuses two entries of one name", function()
    refused("EEXIST", "two entries", { { name = "a", bytes = "1" }, { name = "./a", bytes = "2" } })
    assert.equal("1", fs.read(dir .. "/to/a"))
    refused("EEXIST", "b/c", { { name = "b", bytes = "1" }, { name = "b/c", bytes = "2" } })
    refused("EEXIST", "two entries", { { name = "e/f", bytes = "1" }, { name = "e", bytes = "2" } })
    refused("EEXIST", "two entries", { { name = "g", bytes = "1" }, { name = "g", type = "5" } })
  end)

  it("stops at limits of entries and bytes", function()
    refused("EFBIG", "more entries", { { name = "a" }, { name = "b" }, { name = "c" } }, { entries = 2, bytes = 10 })
    refused("EFBIG", "than the limit", { { name = "d", bytes = "12345" }, { name = "e", bytes = "67890!" } }, { entries = 9, bytes = 10 })
    refused("EFBIG", "more than the limit", { { name = "f", bytes = "x", size = 1 << 32 } })
    assert.is_false(fs.exists(dir .. "/to/f"))
  end)

  it("refuses what is no tar.gz, and damaged ones", function()
    local good = tar.archive { { name = "a", bytes = ("x"):rep(3000) } }
    for _, bytes in ipairs { "", "x", "\x1f\x8b", tar.tar { { name = "a" } }, tar.gzip "not a tar", good:sub(1, 2000) } do
      local done, message, errno = extract(bytes)
      assert.is_nil(done)
      assert.equal("EFORMAT", errno)
      assert.truthy(#message > 0)
      fs.remove(dir .. "/to/a")
    end
    local wrong_sum = tar.tar { { name = "a", bytes = "x" } }:gsub("root", "boot", 1)
    assert.is_nil((extract(tar.gzip(wrong_sum))))
    assert.equal("ENOENT", select(3, archive.extract(good, dir .. "/none", limits)))
  end)

  it("shows names of strangers without control characters", function()
    local _, message = extract(tar.archive { { name = "\27[2Jx\n", type = "2", link = "a" } })
    assert.is_nil(message:find "%c")
  end)
end)
