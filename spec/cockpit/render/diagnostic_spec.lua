local json = require "host.json"
local render = require "orun.cockpit.render.diagnostic"
local style = require "orun.cockpit.style"

local plain = style.new { color = false }

local function text(d, cwd)
  return render.text({ errors = { d }, warnings = {} }, plain, cwd)
end

describe("printed diagnostics", function()
  it("show message, place, source, caret and hint", function()
    assert.equal([[
error: unknown component "db"
  --> api/component.yaml:12:7
 12 │     - db
    │       ^
hint: did you mean database?
]], text({
      kind = "k", message = 'unknown component "db"', file = "/w/api/component.yaml", line = 12, column = 7, source = "    - db",
      hint = "did you mean database?",
    }, "/w"))
  end)

  it("show as much as is known", function()
    assert.equal("error: bad\n", text { message = "bad" })
    assert.equal("error: bad\n  --> /x/f\n", text({ message = "bad", file = "/x/f" }, "/w"))
    assert.equal("error: bad\n  --> f:3\n", text { message = "bad", file = "f", line = 3 })
    assert.equal("error: bad\n  --> f:3\n 3 │ text\n", text { message = "bad", file = "f", line = 3, source = "text\r\n" })
  end)

  it("put the caret below wide characters and tabs", function()
    assert.truthy(text({ message = "m", file = "f", line = 1, column = 5, source = "日本: x" }):find("\n   │       ^\n", 1, true))
    assert.truthy(text({ message = "m", file = "f", line = 1, column = 2, source = "\tx" }):find("│     x\n   │     ^\n", 1, true))
    assert.truthy(text({ message = "m", file = "f", line = 1, column = 4, source = "abc" }):find("\n   │    ^\n", 1, true))
  end)

  it("show the part of a long line that matters", function()
    local source = ("a"):rep(300) .. "X" .. ("b"):rep(300)
    local out = text { message = "m", file = "f", line = 1, column = 301, source = source }
    local shown, caret = out:match "│ ([^\n]*)\n[^\n]*│ ( *)%^"
    assert.equal(120, #shown)
    assert.equal("X", shown:sub(#caret + 1, #caret + 1))
  end)

  it("put warnings before errors", function()
    assert.equal("warning: w\nerror: a\nerror: b\n",
      render.text({ errors = { { message = "a" }, { message = "b" } }, warnings = { { message = "w" } } }, plain))
  end)

  it("are coloured by tokens", function()
    local out = render.text({ errors = { { message = "m" } }, warnings = {} }, style.new { color = true })
    assert.equal("\27[1;31merror:\27[0m m\n", out)
  end)

  it("do not pass on control sequences", function()
    assert.falsy(text({ message = "m\27[2J", file = "f\27[1m", line = 1, column = 1, source = "\27[31mx", hint = "\7" }):find "[\27\7]")
  end)

  it("are one JSON document, keys in order", function()
    local out = render.json {
      errors = { { kind = "k", message = "m", file = "f", line = 1, column = 2, path = "/a", hint = "h", source = "text" } },
      warnings = {},
    }
    assert.equal([[
{
  "errors": [
    {
      "kind": "k",
      "message": "m",
      "file": "f",
      "line": 1,
      "column": 2,
      "path": "/a",
      "hint": "h"
    }
  ],
  "warnings": []
}]], out)
    assert.same({ errors = {}, warnings = {} }, json.decode(render.json { errors = {}, warnings = {} }))
  end)
end)
