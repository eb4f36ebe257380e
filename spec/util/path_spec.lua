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
end)
