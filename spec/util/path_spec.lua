local path = require "orun.util.path"

describe("util.path", function()
  it("cleans lexically", function()
    assert.equal("b/c", path.clean("./a/../b//c/"))
    assert.equal(".", path.clean("a/.."))
    assert.equal("../x", path.clean("a/../../x"))
    assert.equal("/x", path.clean("/../x"))
  end)

  it("finds the way between directories", function()
    assert.equal(".", path.relative("/a/b", "/a/b"))
    assert.equal("../c/d", path.relative("/a/b", "/a/c/d"))
  end)

  it("shows a file outside of the directory by the shorter of its names", function()
    assert.equal("c/d", path.shown("/a/b", "/a/b/c/d"))
    assert.equal("../c", path.shown("/a/b", "/a/c"))
    assert.equal("/c", path.shown("/a/b", "/c"))
    assert.equal("/a", path.shown("/a/b/c", "/a"))
    assert.equal("..x/y", path.shown("/a", "/a/..x/y"))
  end)
end)
