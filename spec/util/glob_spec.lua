local glob = require "orun.util.glob"

describe("glob", function()
  local function each(method, cases)
    for _, case in ipairs(cases) do
      local pattern, path, expected = table.unpack(case)
      assert.equal(expected, glob.new(pattern)[method](glob.new(pattern), path), pattern .. " " .. path)
    end
  end

  it("covers what it names, and all below a directory that it names", function()
    each("covers", {
      { "dist", "dist", true }, { "dist", "dist/a/b", true }, { "dist", "distx", false }, { "dist", "x/dist", false },
      { "a.b-c+(1)", "a.b-c+(1)", true }, { "a.b", "axb", false }, { "./a", "a", true },
    })
  end)

  it("keeps wildcards within a segment, but for **", function()
    each("covers", {
      { "dist/*.js", "dist/a.js", true }, { "dist/*.js", "dist/b/a.js", false }, { "d*/x", "dist/x", true },
      { "dist/**", "dist/a/b", true }, { "**/*.js", "a.js", true }, { "**/*.js", "x/y/a.js", true }, { "**/*.js", "x/y/a.jsx", false },
      { "a/**/b", "a/b", true }, { "a/**/b", "a/x/y/b", true }, { "a/**/b", "a/x/y/b/c", true }, { "a/**/b", "b", false },
      { "a/?x", "a/bx", true }, { "a/?x", "a/éx", true }, { "a/?x", "a/x", false },
    })
  end)

  it("knows sets of characters", function()
    each("covers", {
      { "[a-c]x", "bx", true }, { "[a-c]x", "dx", false }, { "[!a-c]x", "bx", false }, { "[!a-c]x", "dx", true }, { "[]x]", "]", true },
      { "[a", "[a", true },
    })
  end)

  it("tells whether something below a path may be covered", function()
    each("reaches", {
      { "svc/dist/*.js", "svc", true }, { "svc/dist/*.js", "svc/dist", true }, { "svc/dist/*.js", "svc/node_modules", false },
      { "**/x", "node_modules", true }, { "svc/target/release/x", "svc/target", true }, { "svc", "svc/dist", true },
    })
  end)

  it("tells where everything covered lies", function()
    assert.equal("svc/dist", glob.new("svc/dist/*.js").prefix)
    assert.equal("a/b", glob.new("./a/b").prefix)
    assert.equal("", glob.new("**").prefix)
  end)
end)
