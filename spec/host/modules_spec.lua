-- How `require` finds the program's own modules.
local share = require("host.system").paths().share

describe("require", function()
  it("finds a module by its file and by its folder", function()
    for name, file in next, { ["orun.util.sorted"] = "util/sorted.lua", ["orun.compiler"] = "compiler/init.lua" } do
      local loader, path = package.searchers[2](name)
      assert.equal(("%s/lua/orun/%s"):format(share, file), path)
      assert.equal("function", type(loader))
      assert.equal("@" .. path, debug.getinfo(loader, "S").source)
    end
  end)

  it("says where it looked for a module that is not there", function()
    local ok, message = pcall(require, "orun.no.such")
    assert.is_false(ok)
    assert.truthy(message:find(("no file '%s/lua/orun/no/such.lua'"):format(share), 1, true), message)
    assert.truthy(message:find(("no file '%s/lua/orun/no/such/init.lua'"):format(share), 1, true), message)
  end)

  it("leaves modules of others to the usual searchers", function()
    for _, name in ipairs { "orun", "orunx.util", "host.json", "orun.no.such" } do
      assert.equal(0, select("#", package.searchers[2](name)))
    end
    assert.equal(5, #package.searchers)
  end)
end)
