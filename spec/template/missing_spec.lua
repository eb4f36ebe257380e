-- What is told about missing and null values (decision 5).
local json = require "host.json"
local template = require "orun.template"

local data = assert(json.decode [[{"none": null, "text": "nil and <nil>", "list": ["a", null], "map": {"k": {"x": null}}, "full": [1]}]])

-- The expressions that were told of, with their lines and columns.
local function told(text)
  local found = {}
  local out, err = template.render(text, data, {
    missing = function(info) found[#found + 1] = ("%d:%d %s"):format(info.line, info.column, info.expression) end,
  })
  return found, out, err
end

describe("a missing value", function()
  it("is told of when an action prints it", function()
    local found, out = told "a {{.gone}}\n{{ .map.x.y }} {{.none}}"
    assert.equal("a <no value>\n<no value> <no value>", out)
    assert.same({ "1:5 .gone", "2:4 .map.x.y", "2:18 .none" }, found)
  end)

  it("is told of with the whole expression", function()
    assert.same({ '1:3 index .map "z"' }, (told '{{index .map "z"}}'))
    assert.same({ "1:4 (.none).x" }, (told "{{ (.none).x -}}"))
    assert.same({ "1:3 .gone | or .none" }, (told "{{.gone | or .none}}"))
    assert.same({ "2:13 $x" }, (told "{{$x := .gone}}\n{{.full}} {{$x}}"))
  end)

  it("is told of inside of lists and maps", function()
    local found, out = told "{{.list}} {{.map}} {{.full}}"
    assert.equal("[a <nil>] map[k:map[x:<nil>]] [1]", out)
    assert.same({ "1:3 .list", "1:13 .map" }, found)
  end)

  it("is told of inside of other text, by the argument that was missing", function()
    local found, out = told '{{print "a" .gone}} {{printf "%s %v" .text .none}} {{println .list}}'
    assert.equal("a<nil> nil and <nil> <nil> [a <nil>]\n", (out:gsub("%%!s%(<nil>%)", "<nil>")))
    assert.same({ "1:3 .gone", "1:23 .none", "1:54 .list" }, found)
    assert.same({ "1:3 .gone" }, (told '{{printf "%d" .gone}}'))
  end)

  it("is told of behind escapers", function()
    assert.same({ "1:3 .gone", "1:18 .none", "1:31 .gone" }, (told "{{html .gone}} {{js .none}} {{urlquery .gone}}"))
  end)

  it("is told of where a variable carries the text", function()
    assert.same({ "2:3 .gone" }, (told '{{$x := print "a" .gone}}\n{{$x}}'))
  end)

  it("is told of once for each time it is printed", function()
    assert.same({ "1:18 $.gone", "1:18 $.gone" }, (told "{{range .list}}{{$.gone}}{{end}}"))
  end)

  it("is not told of when nothing of it is printed", function()
    for _, text in ipairs { "{{if .gone}}x{{end}}", "{{with .none}}x{{end}}", "{{range .gone}}x{{end}}", "{{$x := .gone}}",
      "{{or .gone 1}}",
      '{{eq .gone nil}}', "{{.text}}", "{{len .list}}", '{{if eq (print .gone) "<nil>"}}x{{end}}', '{{printf "%.0s" .text}}',
      '{{if print .gone}}{{.full}}{{end}}' } do
      assert.same({}, (told(text)))
    end
  end)

  it("does not matter to the text", function()
    local text = "{{.gone}} {{print .none}} {{.list}}"
    assert.equal(template.render(text, data), select(2, told(text)))
  end)
end)
