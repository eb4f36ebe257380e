-- Straight functions say what the evaluator says, or nothing.
local cases = dofile "spec/template/cases.lua"
local fs = require "host.fs"
local json = require "host.json"
local parser = require "orun.template.parser"
local sorted = require "orun.util.sorted"
local straight = require "orun.template.straight"
local template = require "orun.template"
local value = require "host.value"

local VECTORS = "../shared/fixtures/go-template"

-- What the straight function of a text answers: nothing without one.
local function answer(text, data)
  local ok, tree = pcall(parser.parse, text)
  local run = ok and straight.compile { tree }
  return run and run(data) or nil
end

-- Counts the answers; fails when one differs from the evaluator's.
local function compare(list, text_of, data_of)
  local answers = 0
  for _, case in ipairs(list) do
    local text, data = text_of(case), data_of(case)
    local found = text and answer(text, data)
    if found then
      answers = answers + 1
      assert.equal(template.render(text, data), found)
      assert.equal("string", type(found))
    end
  end
  return answers
end

local data = {
  name = "web", count = 3, none = value.list {}, tags = value.list { "a", 2 }, tier = "gold", owner = { mail = "m" }, on = true,
  off = false,
  rows = value.list { { cells = value.list { "x", "y" } }, { cells = value.list {} } }, blank = "", ratio = 0.5, null = value.null,
}

describe("a straight function", function()
  it("agrees with the evaluator on the cases of the language", function()
    local answers = 0
    for _, list in sorted.pairs(cases.topics) do
      answers = answers + compare(list, function(case) return case[1] end, function() return cases.data end)
    end
    assert.is_true(answers > 20)
  end)

  it("agrees with the evaluator on the vectors", function()
    if not fs.exists(VECTORS) then return pending "../shared is not here, so the template vectors are not run" end
    local answers = 0
    for _, file in ipairs(assert(fs.list(VECTORS))) do
      if file:find("%.json$") then
        local vectors = assert(json.decode(assert(fs.read(VECTORS .. "/" .. file))))
        answers = answers + compare(vectors, function(v) return v.template end, function(v) return v.data end)
      end
    end
    assert.is_true(answers > 50)
  end)

  for text, wanted in sorted.pairs {
    ["{{.name}}"] = "web", ["{{.count}}"] = "3", ["%s %q\n\0{{.name}}\\"] = "%s %q\n\0web\\",
    ["{{.owner.mail}}{{.owner.mail}}{{.name}}"] = "mmweb",
    ['{{if eq .tier "gold"}}g{{.name}}{{else}}n{{end}}'] = "gweb",
    ['{{if ne .tier "gold"}}g{{else if .blank}}b{{else if .gone}}?{{else}}n{{.count}}{{end}}!'] = "n3!",
    ["{{if .on}}on{{end}}{{if .off}}off{{end}}"] = "on", ["{{if .count}}{{end}}"] = false,
    ["{{range .tags}}<{{.}}>{{end}}"] = "<a><2>", ["{{range .none}}x{{end}}"] = "",
    ["{{range .rows}}[{{range .cells}}{{.}}{{end}}]{{end}}"] = "[xy][]",
    ["{{.ratio}}"] = false, ["{{.null}}"] = false, ["{{.gone}}"] = false, ["{{.name.x}}"] = false, ["{{.tags.x}}"] = false,
    ["{{range .name}}x{{end}}"] = false, ["{{range .tags}}{{.x}}{{end}}"] = false, ["{{range .tags}}{{else}}{{end}}"] = false,
    ["{{$x := .name}}{{$x}}"] = false, ["{{len .name}}"] = false, ['{{if eq .count "3"}}{{end}}'] = false,
    ["{{with .name}}{{end}}"] = false,
    ["{{range .tags}}{{break}}{{end}}"] = false,
    ['{{"a{"}}{{.name}}{{`"`}}'] = 'a{web"', ['{{"a" | print}}'] = false, ["{{3}}"] = false, ['{{define "x"}}{{end}}a'] = "a",
  } do
    it(("%s %q"):format(wanted and "answers" or "says nothing about", text), function()
      assert.equal(wanted or nil, answer(text, data))
      if wanted then assert.equal(wanted, template.render(text, data)) end
    end)
  end

  it("leaves what is too large for one function", function()
    local names, many = {}, {}
    for i = 1, 200 do names[i], many["f" .. i] = ("{{.f%d}}"):format(i), "x" end
    assert.is_nil(answer(table.concat(names), many))
    assert.is_nil(answer(("{{if .name}}"):rep(30) .. ("{{end}}"):rep(30), data))
    local long = value.list {}
    for i = 1, 1000 do long[i] = "x" end
    assert.is_nil(answer("{{range .long}}{{.}}{{end}}", { long = long }))
  end)

  it("takes over without a difference", function()
    local t = assert(template.compile "{{.name}} {{.x}} straight")
    for _ = 1, 30 do assert.equal("web 1 straight", t:render { name = "web", x = 1 }) end
    local told = 0
    for _ = 1, 30 do
      assert.equal("web <no value> straight", t:render({ name = "web" }, { missing = function() told = told + 1 end }))
    end
    assert.equal(30, told)
  end)
end)
