local decode = require "orun.intent.decode"
local diagnostic = require "orun.diagnostic"
local json = require "host.json"
local place = require "orun.intent.place"
local value = require "host.value"

local function read(text, record, tally)
  local report = diagnostic.collector()
  local document = decode.read(text, "t.yaml", report)
  if not document then return nil, report end
  return decode.object(document, document:root(), record, report, tally), report
end

local function field(of)
  return decode.record("thing", { v = of })
end

local function one(text, of)
  local result, report = read(text, field(of))
  return result and result.v, report.errors[1], report
end

describe("intent.decode", function()
  it("keeps texts as written (01 case 9)", function()
    for _, text in ipairs { "1.10", "0x1F", "true", "010", "2024-01-02", "1_000" } do
      assert.equal(text, (one("v: " .. text, decode.string)))
    end
    assert.equal("a b", (one("v: 'a b'", decode.string)))
    for _, null in ipairs { "null", "~", "" } do assert.equal("", (one("v: " .. null, decode.string))) end
    assert.equal("null", (one('v: "null"', decode.string)))
  end)

  it("decodes binary texts", function()
    assert.equal("hi there?>", (one("v: !!binary aGkgdGhlcmU/Pg==", decode.string)))
    local _, err = one("v: !!binary '%%%'", decode.string)
    assert.equal("yaml.binary", err.kind)
  end)

  it("reads truth values with the old words, quoted or not (01 case 13)", function()
    for _, text in ipairs { "true", "True", "TRUE", "y", "Yes", "on", '"on"', "'YES'" } do
      assert.is_true((one("v: " .. text, decode.boolean)), text)
    end
    for _, text in ipairs { "false", "n", "no", "OFF", '"no"' } do assert.is_false((one("v: " .. text, decode.boolean)), text) end
    for _, text in ipairs { '"true"', "1", "maybe", "[]" } do
      local result, err = one("v: " .. text, decode.boolean)
      assert.is_nil(result)
      assert.equal("yaml.type", err.kind)
    end
    local result, err = one("v: ~", decode.boolean)
    assert.is_nil(result)
    assert.is_nil(err)
  end)

  it("reads integers and cuts floats", function()
    for text, n in next, { ["12"] = 12, ["1.9"] = 1, ["-1.9"] = -1, ["0x10"] = 16, ["1_000"] = 1000 } do
      assert.equal(n, (one("v: " .. text, decode.integer)), text)
    end
    for _, text in ipairs { '"3"', "three", "true", "99999999999999999999" } do
      local _, err = one("v: " .. text, decode.integer)
      assert.equal("yaml.type", err.kind, text)
    end
  end)

  it("drops null elements of typed lists and keeps those of free ones", function()
    local list = one("v: [a, null, b, ~]", decode.string_list)
    assert.same({ "a", "b" }, list)
    assert.is_true(value.is_list(list))
    assert.equal(3, #(one("v: [a, null, b]", decode.any)))
    assert.is_nil((one("v:", decode.string_list)))
    local _, err = one("v: a", decode.string_list)
    assert.equal('v must be a list, found "a"', err.message)
  end)

  it("reads string maps: null values are empty, null keys are dropped", function()
    assert.same({ a = "1.10", b = "" }, (one("v: {a: 1.10, b: ~, ~: x}", decode.string_map)))
    assert.same({}, (one("v:", decode.string_map)))
    local _, err = one("v: {a: [x]}", decode.string_map)
    assert.equal("v.a must be a text, found a list", err.message)
  end)

  it("reads free-form values (01 cases 10 to 13)", function()
    local text = "v: {a: 010, b: 08, c: 0o10, d: 1_000, e: 1.10, f: 2024-01-02, g: '2024-01-02T03:04:05', h: yes, i: ~, 1: k}"
    local result, err = one(text, decode.any_map)
    assert.is_nil(err)
    assert.equal('{"1":"k","a":8,"b":8,"c":8,"d":1000,"e":1.1,"f":"2024-01-02T00:00:00Z","g":"2024-01-02T03:04:05","h":"yes","i":null}',
      json.encode(result))
    assert.equal('{"v":"2024-01-02T03:04:05"}', json.encode { v = (one("v: 2024-01-02T03:04:05", decode.any)) })
  end)

  it("collects all type errors with their places and ways", function()
    local record = decode.record("thing", {
      list = decode.list(decode.record("item", { name = decode.string, on = decode.boolean })), n = decode.integer,
    })
    local _, report = read("list:\n  - name: [x]\n  - name: ok\n    on: 5\nn: no number\n", record)
    assert.equal(3, #report.errors)
    assert.equal("list[0].name must be a text, found a list", report.errors[1].message)
    assert.equal("list[1].on", report.errors[2].path)
    assert.same({ 4, 9 }, { report.errors[2].line, report.errors[2].column })
    assert.equal("    on: 5", report.errors[2].source)
    assert.equal("t.yaml", report.errors[3].file)
  end)

  it("shortens long values in messages", function()
    local _, err = one("v: " .. ("é"):rep(60), decode.integer)
    assert.equal('v must be an integer, found "' .. ("é"):rep(29) .. '..."', err.message)
  end)

  it("names both lines of a duplicate key (01 cases 2 and 3)", function()
    local _, report = read("v: 1\nw: 2\nv: 3\n", decode.record("thing", { v = decode.string, w = decode.string }))
    assert.equal(1, #report.errors)
    assert.equal(3, report.errors[1].line)
    assert.truthy(report.errors[1].message:find("line 1", 1, true))
    assert.truthy(report.errors[1].message:find('"v"', 1, true) or report.errors[1].message:find("v", 1, true))
    local _, err = one('v: {1: a, "1": b}', decode.any)
    assert.is_table(err)
    _, err = one('v: {1: a, "1": b}', decode.any_map)
    assert.is_table(err)
    _, err = one("v: {a: {x: 1, x: 2}}", decode.any_map)
    assert.is_table(err)
  end)

  it("applies merge keys: the earlier entry wins (01 case 14)", function()
    local record = decode.record("thing", {
      a = decode.any, b = decode.any, v = decode.record("inner", { domain = decode.string, type = decode.string }),
    })
    local result = read("a: &a {domain: one, type: x}\nb: &b {domain: two}\nv: {<<: [*a, *b], type: own}\n", record)
    assert.equal("one", result.v.domain)
    assert.equal("own", result.v.type)
  end)

  it("reads the first document only (01 case 15)", function()
    local result, report = read("v: 1\n---\nv: [\n", field(decode.string))
    assert.equal("1", result.v)
    assert.equal(0, #report.errors)
  end)

  it("takes an empty document for an empty record, and reports another kind of root", function()
    local result, report = read("# nothing\n", field(decode.string))
    assert.is_nil(result.v)
    assert.equal(0, #report.errors)
    report = select(2, read("- a\n", field(decode.string)))
    assert.equal("the document must be a mapping, found a list", report.errors[1].message)
    assert.equal(1, report.errors[1].line)
  end)

  it("reports syntax errors with place and source line", function()
    local result, report = read("v: 1\nw: [a\n", field(decode.string))
    assert.is_nil(result)
    assert.equal("yaml.syntax", report.errors[1].kind)
    assert.equal("t.yaml", report.errors[1].file)
    report = select(2, read("v:\n\tx: 1\n", field(decode.string)))
    assert.equal("yaml.syntax", report.errors[1].kind)
    assert.equal(2, report.errors[1].line)
    assert.equal("\tx: 1", report.errors[1].source)
  end)

  it("warns once for each unknown key and kind, over several documents", function()
    local tally = decode.tally()
    local record = decode.record("thing", { parameters = decode.any_map, name = decode.string }, { renamed = { inputs = "parameters" } })
    local _, report = read("nmae: a\ninputs: {x: 1}\nqqqqqqqq: 1\n", record, tally)
    read("nmae: a\n", record, tally)
    assert.equal(0, #report.warnings)
    tally:warn(report)
    assert.equal(3, #report.warnings)
    assert.equal('unknown key "nmae" in thing is ignored (2 times, first here)', report.warnings[1].message)
    assert.equal("did you mean name?", report.warnings[1].hint)
    assert.same({ 1, 1 }, { report.warnings[1].line, report.warnings[1].column })
    assert.equal("inputs is now called parameters", report.warnings[2].hint)
    assert.is_nil(report.warnings[3].hint)
    assert.equal("yaml.unknown-key", report.warnings[3].kind)
  end)

  it("does not look into unknown keys", function()
    local _, report = read("x: {a: 1, a: 2}\n", field(decode.string))
    assert.equal(0, #report.errors)
  end)

  it("finds places below a place", function()
    local record = decode.record("thing", { list = decode.list(decode.record("item", { env = decode.string_map })) })
    local result = read("list:\n  - env:\n      A: 1\n", record)
    local at = place.of(result.place, "list", 1, "env", "A")
    assert.same({ 3, 10 }, { at.line, at.column })
    at = place.of_key(place.of(result.list[1].place, "env"), "A")
    assert.same({ 3, 7 }, { at.line, at.column })
    at = place.of(result.place, "list", 1, "nothing", "more")
    assert.equal(2, at.line)
    assert.is_nil(place.of(nil, "x"))
  end)

  describe("in one go", function()
    local inner = decode.record("inner", { name = decode.string, n = decode.integer, on = decode.boolean, more = decode.any })
    local record = decode.record("thing", {
      text = decode.string, flag = decode.boolean, count = decode.integer, any = decode.any, map = decode.any_map,
      texts = decode.string_list, env = decode.string_map,
      inner = inner, list = decode.list(inner), by_name = decode.map(inner), present = decode.present(decode.any),
      open = decode.record("open", { name = decode.string }, { open = true }),
      mixed = decode.list(decode.scalar_or(function(text, at) return { name = text, place = at } end, inner)),
      named = decode.named("name", inner, function(state, node) state:problem(node, "yaml.type", "a name, please") end),
      own = function(state, node) return "own " .. (state.document:text(node) or "") end,
    })

    local function both(text)
      local told, said = diagnostic.collector(), diagnostic.collector()
      local document = assert(decode.read(text, "t.yaml", told))
      local quick = decode.object(document, document:root(), record, told)
      local slow = decode.object(document, document:root(), function(state, node) return record(state, node) end, said)
      assert.same(said.errors, told.errors)
      assert.same(said.warnings, told.warnings)
      assert.is_true(slow == nil and quick == nil or value.equal(slow, quick), text)
      for _, key in ipairs { "texts", "list", "mixed" } do
        assert.equal(slow and value.is_list(slow[key]), quick and value.is_list(quick[key]))
      end
      return quick
    end

    local scalars = { "a", "'a'", "1", "-3", "1.5", "true", "yes", "null", "~", "", "0x1f", "18446744073709551615", "2024-01-02", ".inf",
      "!!str 1", "!!int 7", "!!int x", "!!binary aGk=", "!!null x", "!!bool 'true'", "[a, null, 1]", "[]", "{a: 1, b: {c: [1, 2]}}", "{}",
      "{~: 1, 2: x}", "{a: 1, a: 2}", "{[a]: 1}", "{name: x, n: 1, on: off}", "{name: x, n: 1.0, on: maybe, more: {x: 1}}", "{name: ''}",
      "{nmae: x}", "[{name: a}, b, {more: 2}, ~]", "[[a]]", "{x: {name: a, n: 3}, y: ~}", "{<<: {name: m}, n: 1}",
      "|\n    block\n    text" }

    it("is what the functions make of it, for every kind of value", function()
      for _, key in ipairs { "text", "flag", "count", "any", "map", "texts", "env", "inner", "list", "by_name", "present", "open", "mixed",
        "named", "own", "unknown" } do
        for _, scalar in ipairs(scalars) do both(("%s: %s\n"):format(key, scalar)) end
      end
    end)

    it("is what the functions make of it, in the place of the record", function()
      for _, scalar in ipairs(scalars) do both(scalar) end
      both "base: &b {name: x}\ninner: *b\nlist: [*b, *b]\n"
      both "inner: &b {name: x}\nlist: [*b, *b]\ntext: t\n"
    end)

    it("knows the places of records", function()
      local result = both "inner:\n  name: x\nlist:\n  - name: a\n  - {name: b}\nmixed: [one]\n"
      assert.same({ 2, 3 }, { result.inner.place.line, result.inner.place.column })
      assert.same({ 5, 5 }, { result.list[2].place.line, result.list[2].place.column })
      assert.same({ 6, 9, "t.yaml" }, { result.mixed[1].place.line, result.mixed[1].place.column, result.mixed[1].place.file })
    end)
  end)
end)
