local fs = require "host.fs"
local hash = require "host.hash"

local function bytes(hex)
  return (hex:gsub("%x%x", function(h) return string.char(tonumber(h, 16)) end))
end

describe("host.hash", function()
  local dir

  before_each(function()
    dir = assert(fs.temporary("/tmp/orun-hash-spec-"))
  end)
  after_each(function()
    assert(fs.remove_tree(dir))
  end)

  local function put(path, content)
    assert(fs.mkdir((dir .. "/" .. path):match "^(.*)/"))
    assert(fs.write(dir .. "/" .. path, content, { sync = false }))
  end

  describe("sha256", function()
    it("meets the vectors of FIPS 180", function()
      assert.equal("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", hash.sha256 "")
      assert.equal("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", hash.sha256 "abc")
      assert.equal("248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
        hash.sha256 "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")
      assert.equal("cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0", hash.sha256(("a"):rep(1000000)))
    end)

    it("can be fed piece by piece and read in between", function()
      local h = hash.new()
      assert.equal(h, h:update "a")
      assert.equal(hash.sha256 "a", h:hex())
      assert.equal(hash.sha256 "abc", h:update("b"):update("c"):hex())
      assert.equal(hash.sha256 "abc", h:hex())
    end)

    it("streams files", function()
      local content = ("0123456789abcdef"):rep(20000)
      put("f", content)
      assert.equal(hash.sha256(content), hash.sha256_file(dir .. "/f"))
      local value, message, errno = hash.sha256_file(dir .. "/absent")
      assert.is_nil(value)
      assert.equal(dir .. "/absent: No such file or directory", message)
      assert.equal("ENOENT", errno)
      assert.equal("EISDIR", select(3, hash.sha256_file(dir)))
    end)
  end)

  describe("sha256_tree", function()
    it("meets the vector of 02 §5.2, and neither modes nor empty directories count (02 case 1)", function()
      put("t/a-b/x", "1")
      put("t/a.txt", "hello")
      put("t/a/z", "q\n")
      local expected = "5c6d277c3517d8d5a285bb0a172aa4c663797529ecb32243e3b1301715de68fe"
      assert.equal(expected, hash.sha256_tree(dir .. "/t"))
      assert(fs.chmod(dir .. "/t/a.txt", tonumber("755", 8)))
      assert(fs.mkdir(dir .. "/t/empty/e"))
      assert.equal(expected, hash.sha256_tree(dir .. "/t"))
      put("t/.git/HEAD", "ref")
      assert.not_equal(expected, hash.sha256_tree(dir .. "/t"))
      assert.equal(expected, hash.sha256_tree(dir .. "/t", { skip = { ".git" } }))
      assert(fs.remove_tree(dir .. "/t/.git"))
      put("t/.git", "gitdir: elsewhere")
      assert.not_equal(expected, hash.sha256_tree(dir .. "/t", { skip = { ".git" } }))
      assert.equal(expected, hash.sha256_tree(dir .. "/t", { skip_any = { ".git" } }))
    end)

    it("meets the config-dir vector of 02 §5.2", function()
      put("cfg/helm/job.yaml", "A")
      put("cfg/helm/schema.yaml", "B")
      local expected = "7fbade0a86fadd1541b52f624ced62b5015026d903f87e59280675d1781366f1"
      assert.equal(expected, hash.sha256_tree(dir .. "/cfg", { prefix = "cfg\n" }))
      assert.equal(expected, hash.new():tree(dir .. "/cfg", { prefix = "cfg\n" }):hex())
    end)

    it("hashes several trees into one digest", function()
      put("a/f", "1")
      put("b/g", "2")
      local h = hash.new()
      assert(h:tree(dir .. "/a", { prefix = "a\n" }))
      assert(h:tree(dir .. "/b", { prefix = "b\n" }))
      assert.equal(hash.sha256 "a\nf\n1\nb\ng\n2\n", h:hex())
    end)

    it("refuses symbolic links, the root included, and names them (02 case 1)", function()
      put("t/d/f", "1")
      assert(fs.symlink("f", dir .. "/t/d/link"))
      assert(fs.symlink("t", dir .. "/root"))
      for path, at in pairs { ["t"] = "t/d/link", root = "root" } do
        local value, message, errno = hash.sha256_tree(dir .. "/" .. path)
        assert.is_nil(value)
        assert.equal(dir .. "/" .. at .. ": is a symbolic link", message)
        assert.equal("ELOOP", errno)
      end
      assert.equal("ENOENT", select(3, hash.sha256_tree(dir .. "/absent")))
      assert.equal("ENOTDIR", select(3, hash.sha256_tree(dir .. "/t/d/f")))
    end)

    it("is the hash of the sorted paths and contents", function()
      local files = {}
      math.randomseed(11)
      for i = 1, 200 do
        local path = ("%s/%s%d"):format(({ "a", "a-", "a.b", "a/b", "z" })[math.random(5)], ({ "x", "-", "Z" })[math.random(3)], i)
        put("t/" .. path, "content " .. i)
        files[#files + 1] = { path = path, content = "content " .. i }
      end
      table.sort(files, function(a, b) return a.path < b.path end)
      local h = hash.new()
      for _, f in ipairs(files) do h:update(f.path .. "\n" .. f.content .. "\n") end
      assert.equal(h:hex(), hash.sha256_tree(dir .. "/t"))
    end)
  end)

  it("computes HMAC-SHA-256 (vectors of RFC 4231)", function()
    local function hmac(key, data)
      return hash.hex(hash.hmac_sha256(key, data))
    end
    assert.equal("b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7", hmac(("\x0b"):rep(20), "Hi There"))
    assert.equal("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843", hmac("Jefe", "what do ya want for nothing?"))
    assert.equal("773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe", hmac(("\xaa"):rep(20), ("\xdd"):rep(50)))
    assert.equal("60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
      hmac(("\xaa"):rep(131), "Test Using Larger Than Block-Size Key - Hash Key First"))
  end)

  it("computes CRC-32 for every length and alignment", function()
    assert.equal("cbf43926", hash.crc32 "123456789")
    assert.equal("00000000", hash.crc32 "")
    assert.equal("414fa339", hash.crc32 "The quick brown fox jumps over the lazy dog")
    local function slow(text)
      local crc = 0xffffffff
      for i = 1, #text do
        crc = crc ~ text:byte(i)
        for _ = 1, 8 do crc = (crc >> 1) ~ (crc & 1 == 1 and 0xEDB88320 or 0) end
      end
      return ("%08x"):format(crc ~ 0xffffffff)
    end
    local text = bytes(hash.sha256 "a" .. hash.sha256 "b" .. hash.sha256 "c")
    for first = 1, 9 do
      for last = first, #text do
        local part = text:sub(first, last)
        assert.equal(slow(part), hash.crc32(part))
      end
    end
  end)

  it("gives random bytes", function()
    assert.equal(32, #hash.random(32))
    assert.equal("", hash.random(0))
    assert.equal(100000, #hash.random(100000))
    assert.not_equal(hash.random(16), hash.random(16))
    assert.has_error(function() hash.random(-1) end)
  end)

  it("writes hex and base64url", function()
    assert.equal("00ff10", hash.hex "\0\xff\x10")
    -- RFC 4648 section 10, without padding
    local vectors = { [""] = "", f = "Zg", fo = "Zm8", foo = "Zm9v", foob = "Zm9vYg", fooba = "Zm9vYmE", foobar = "Zm9vYmFy" }
    for raw, text in pairs(vectors) do
      assert.equal(text, hash.base64url(raw))
      assert.equal(raw, hash.base64url_decode(text))
    end
    assert.equal("-_-_", hash.base64url "\xfb\xff\xbf")
    assert.equal("\xfb\xff\xbf", hash.base64url_decode "-_-_")
    for n = 0, 70 do
      local raw = hash.random(n)
      assert.equal(raw, hash.base64url_decode(hash.base64url(raw)))
    end
  end)

  it("refuses malformed base64url", function()
    for _, text in ipairs { "A", "Zm9vY", "Zg==", "Zm9v\n", "Z+/v", "Zh", "Zm9", "Zg\0" } do
      assert.is_nil(hash.base64url_decode(text), text)
    end
  end)
end)
