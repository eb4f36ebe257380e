-- The module's API: compiling, rendering, errors, limits.
local json = require "host.json"
local template = require "orun.template"
local value = require "host.value"

local function nested(n, open, inner, close) return open:rep(n) .. inner .. close:rep(n) end

describe("template.compile", function()
  it("gives the same object for the same text", function()
    assert.equal(template.compile "{{.same}}", template.compile "{{.same}}")
  end)

  it("keeps what is in use however many texts there are", function()
    local kept = template.compile "{{.kept}}"
    for i = 1, 5000 do
      assert(template.compile(("{{.other%d}}"):format(i)))
      if i % 1000 == 0 then assert.equal(kept, template.compile "{{.kept}}") end
    end
  end)

  it("returns texts without actions as they are", function()
    assert.equal("a }} b", template.compile "a }} b":render {})
    assert.equal("", template.render("", {}))
  end)

  it("makes templates that can run many times", function()
    local t = assert(template.compile "{{$x := .a}}{{range $x}}{{$x := .}}{{$x}}{{end}}{{len $x}}")
    assert.equal("122", t:render { a = value.list { 1, 2 } })
    assert.equal("0", t:render { a = value.list {} })
    assert.equal("122", t:render { a = value.list { 1, 2 } })
  end)

  it("does not let one run see another, also within it", function()
    local inner = assert(template.compile "{{$x := .}}{{$x}}")
    local out = template.render("{{$x := 1}}{{.gone}}{{$x}}", {}, { missing = function() assert.equal("2", inner:render(2)) end })
    assert.equal("<no value>1", out)
  end)
end)

describe("a template error", function()
  local function error_of(text, data)
    local out, err = template.render(text, data or { s = "text", none = value.null })
    assert.equal(nil, out)
    return err
  end

  it("has kind, line, column in characters, message", function()
    local err = error_of "é\n äö {{.s}} {{nofn .s}}"
    assert.same({ kind = "parse", line = 2, column = 14, message = "there is no function nofn" }, err)
  end)

  it("of execution has what was written before", function()
    local err = error_of "é\n äö {{.s}} {{.s.x}}"
    assert.same({ kind = "exec", line = 2, column = 14, partial = "é\n äö text ", message = ".s.x: a string has no field x" }, err)
  end)

  it("says what is wrong and with what", function()
    local messages = {
      ["{{.none.x}}"] = ".none.x: null has no field x",
      ["{{(print .s).x}}"] = "(print .s).x: a string has no field x",
      ["{{.s 1}}"] = ".s: a field takes no arguments",
      ["{{len 3}}"] = "len: an integer has no length",
      ["{{not}}"] = "not needs 1 argument, not 0",
      ["{{lt 1 2 3}}"] = "lt takes 2 arguments, not 3",
      ["{{index}}"] = "index needs at least 1 argument, not 0",
      ["{{eq 1 1.5}}"] = "eq: an integer cannot be compared with a float",
      ["{{lt true false}}"] = "lt: a truth value and a truth value have no order",
      ["{{index .s 9}}"] = "index: 9 is out of range",
      ["{{printf 1}}"] = "printf: the format must be a string, not an integer",
      ["{{range .s}}{{end}}"] = "range cannot go through a string",
      ["{{if .s}}x"] = "{{if}} has no {{end}}",
      ["{{end}}"] = "unexpected {{end}}: nothing is open",
      ["{{.s-x}}"] = "bad character U+002D '-' inside an action",
      ["{{$x}}"] = "there is no variable $x here",
      ["{{1i}}"] = "complex numbers such as 1i are not supported",
      ["{{.s"] = "unclosed action",
    }
    for text, message in require("orun.util.sorted").pairs(messages) do assert.equal(message, error_of(text).message) end
  end)

  it("points at what was opened and never closed", function()
    local err = error_of "a\n b {{if .s}}\n c\n\n"
    assert.same({ 2, 6 }, { err.line, err.column })
    err = error_of "a\n b {{.s\n"
    assert.same({ 2, 4 }, { err.line, err.column })
    err = error_of "a\n b {{/* c\n"
    assert.same({ 2, 4 }, { err.line, err.column })
  end)

  it("is the first one in the text", function()
    assert.truthy(error_of('{{nofn}}\n{{"}}').message:find("nofn", 1, true))
    assert.equal(2, error_of("{{.s}}\n{{.s.x}} {{.s.y}}").line)
  end)

  it("of the caller's callback is not hidden", function()
    assert.error_matches(function() template.render("{{.x}}", {}, { missing = function() error("mine", 0) end }) end, "^mine$")
  end)
end)

describe("deep nesting", function()
  it("of 60 levels works", function()
    assert.equal("x", template.render(nested(60, "{{if true}}", "x", "{{end}}"), {}))
    assert.equal("x", template.render("{{" .. nested(60, "(", '"x"', ")") .. "}}", {}))
    assert.equal("x", template.render(nested(60, "{{with 1}}{{range 1}}", "x", "{{end}}{{end}}"), {}))
  end)

  it("of 10,000 levels is an ordinary error", function()
    for _, text in ipairs {
      "{{" .. nested(10000, "(", "1", ")") .. "}}", "{{" .. ("("):rep(10000), nested(10000, "{{if 1}}", "", "{{end}}"),
      nested(10000, '{{block "b" .}}', "", "{{end}}"), nested(10000, "{{range .}}{{with .}}", "", "{{end}}{{end}}"),
    } do
      local out, err = template.render(text, {})
      assert.equal(nil, out)
      assert.equal("parse", err.kind)
    end
  end)

  it("of data is printed", function()
    local list = value.list { 1 }
    for _ = 1, 5000 do list = value.list { list } end
    assert.equal(10003, #template.render("{{.}}", list))
  end)

  it("does not concern long chains", function()
    local branches = {}
    for i = 1, 3000 do branches[i] = ("{{else if eq .n %d}}%d"):format(i, i) end
    assert.equal("2999", template.render("{{if false}}" .. table.concat(branches) .. "{{end}}", { n = 2999 }))
    assert.equal("5", template.render("{{5" .. (" | print"):rep(3000) .. "}}", {}))
    assert.equal(30000, #template.render(("{{.n}} "):rep(10000), { n = "ab" }))
  end)

  it("of template calls has a limit of its own", function()
    assert.equal("x", template.render('{{define "t"}}{{if .}}{{template "t" slice . 1}}{{else}}x{{end}}{{end}}{{template "t" .s}}',
      { s = ("a"):rep(1000) }))
    local endless = '{{define "t"}}{{with 1}}{{if 1}}{{range 1}}{{template "t"}}{{end}}{{end}}{{end}}{{end}}'
    local _, err = template.render("a" .. endless .. '{{template "t"}}', {})
    assert.equal("exec", err.kind)
    assert.truthy(err.message:find "depth")
    assert.equal("a", err.partial)
  end)
end)

describe("a text", function()
  it("that grows in every round ends in an error", function()
    local grows = '{{$x := "aaaaaaaa"}}{{range %d}}{{$x = print $x $x}}{{end}}{{len $x}}'
    assert.equal("8388608", template.render(grows:format(20), {}))
    local _, err = template.render(grows:format(60), {})
    assert.equal("exec", err.kind)
    assert.truthy(err.message:find("print made a text of more than", 1, true), err.message)
  end)
end)

describe("values", function()
  local data = assert(json.decode [[{"huge": 18446744073709551615, "large": 9223372036854775808, "n": 1, "f": 1.0, "map": {}, "list": []}]])

  it("keep their classes", function()
    assert.equal("uint64 int float64 map[string]interface {} []interface {} uint8",
      template.render('{{printf "%T %T %T %T %T %T" .huge .n .f .map .list (index "a" 0)}}', data))
  end)

  it("above the signed integers are larger than all of them", function()
    assert.equal("true true true", template.render("{{gt .huge .n}} {{lt .large .huge}} {{ne .huge 1}}", data))
    assert.equal("18446744073709551615 8000000000000000 %!q(float64=1)",
      template.render('{{.huge}} {{printf "%x %q" .large .f}}', data))
  end)

  it("may be times", function()
    local date = { at = value.time(1577923200, 0, 0), same = value.time(1577923200, 0, 0), n = 1 }
    assert.equal("2020-01-02 00:00:00 +0000 UTC", template.render("{{.at}}", date))
    assert.equal("[2020-01-02 00:00:00 +0000 UTC] yes true", template.render("{{print .list}} {{if .at}}yes{{end}} {{eq .at .same}}",
      { list = value.list { date.at }, at = date.at, same = date.same }))
    assert.equal("eq: a time cannot be compared with an integer", select(2, template.render("{{eq .at .n}}", date)).message)
    assert.equal(".at.x: a time has no field x", select(2, template.render("{{.at.x}}", date)).message)
  end)

  it("of lists are not changed by slices", function()
    local list = value.list { 1, 2, 3 }
    assert.equal("[2] [2 3] [1 2 3]", template.render("{{$s := slice . 1 2}}{{$s}} {{slice $s 0 2}} {{.}}", list))
    assert.equal(3, #list)
  end)

  it("of maps go by bytewise order of their keys", function()
    local map = {}
    for i = 1, 50 do map["k" .. i] = i end
    local keys = {}
    for k in template.render("{{range $k, $v := .}}{{$k}} {{end}}", map):gmatch("%S+") do keys[#keys + 1] = k end
    local sorted_keys = { table.unpack(keys) }
    table.sort(sorted_keys)
    assert.equal(50, #keys)
    assert.same(sorted_keys, keys)
  end)
end)
