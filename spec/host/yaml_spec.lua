local json = require "host.json"
local value = require "host.value"
local yaml = require "host.yaml"

local function generator(seed)
  return function(low, high)
    seed = (seed * 6364136223846793005 + 1442695040888963407) & math.maxinteger
    return low + (seed >> 24) % (high - low + 1)
  end
end

local function read(text)
  local d, err = yaml.read(text, "t.yaml")
  assert(d, err and err.message)
  return d
end

---The free-form value of the root, as compact JSON.
local function text_of(text)
  local d = read(text)
  local v, err = d:value(d:root())
  assert.is_nil(err and err.message)
  return json.encode(v)
end

---The error of reading a document or of taking its root's value.
local function problem(text)
  local d, err = yaml.read(text, "t.yaml")
  if d then
    local v
    v, err = d:value(d:root())
    assert.is_nil(v, text)
  end
  assert.equal("yaml", err.kind)
  assert.equal("t.yaml", err.file)
  return err
end

local function place(text)
  local err = problem(text)
  return { err.line, err.column }
end

describe("yaml.read", function()
  it("reads the first document only, whatever follows (01 case 15)", function()
    for _, text in ipairs {
      "a: 1\n---\nb: 2\n", "a: 1\n---\n: : {\n", "a: 1\n...\n'\n", "a: 1\n---\nb: [\n", "---\na: 1\n---\n\tx", "a: 1\n---\nb: \x01\n",
      "a: 1\n...\n\x01",
    } do
      assert.equal('{"a":1}', text_of(text))
    end
    assert.same({ 2, 4 }, place "a: 1\nb: \x01\n---\nc: 2\n")
  end)

  it("takes an empty file, or one of comments, for a null scalar", function()
    for _, text in ipairs { "", "# nothing\n", "\n\n", "---\n", "\xef\xbb\xbf", "---\n---\na: 1\n" } do
      local d = read(text)
      assert.equal("scalar", d:kind(d:root()))
      assert.equal("null", d:class(d:root()))
      assert.equal("", d:text(d:root()))
      assert.equal(value.null, (d:value(d:root())))
    end
  end)

  it("takes a byte order mark, without counting it", function()
    local d = read "\xef\xbb\xbfa: 1\n"
    assert.equal('{"a":1}', json.encode((d:value(d:root()))))
    assert.equal("a: 1", d:source(1))
    assert.same({ 1, 4 }, { d:position((d:find "a")) })
    assert.same({ 1, 4 }, place "\xef\xbb\xbfa: \xff")
  end)

  it("refuses invalid UTF-8 at its place, wherever it is", function()
    assert.same({ 2, 5 }, place "a: é\nc: é\xff\n")
    assert.same({ 3, 4 }, place "a: x\n---\nb: \xff")
    assert.matches("UTF%-8", problem("a: \xed\xa0\x80").message)
    assert.same({ 1, 3 }, place("'" .. "é" .. "\xc3"))
  end)

  it("refuses control characters at their place", function()
    assert.same({ 1, 4 }, place "a: \x01")
    assert.same({ 3, 2 }, place(("# " .. ("x"):rep(40000)) .. "\na: b\nc\x02: d"))
  end)

  it("reports syntax errors with line, column, source and a hint for the usual slips", function()
    local err = problem "a:\n  - x\n\t- y\n"
    assert.same({ 3, 1 }, { err.line, err.column })
    assert.equal("\t- y", err.source)
    for _, text in ipairs { "a: 1\n\tb: 2\n", "a:\n  - x\n\t- y\n", "a:\n\tb: 1", "\ta: 1", "a: |\n\tx\n" } do
      assert.matches("tab", problem(text).hint)
    end
    err = problem "é: @b"
    assert.same({ 1, 4 }, { err.line, err.column })
    assert.matches("quotes", err.hint)
    for _, text in ipairs { "a: [x, y", "a: 'x", 'a: "\\q"', "a: b: c", "- a\nb", "a: [b] c", "{,}", "a: 'b' c" } do
      assert.is_true(problem(text).line >= 1)
    end
  end)

  it("shows what was never closed where it begins, and a key without its colon at the key", function()
    for _, case in ipairs {
      { "a: 1\nb: [x, y\n\n# é\n", 2, 4, "bracket" },
      { "é: 1\nb: 'x\ny: 2\n", 2, 4, "quote" },
      { "a: 1\nb:1\nc: 2\n", 2, 1, "colon" },
      { "a:\n  b:1\n  c: 2\n", 3, 4, "the line above" },
      { "\xef\xbb\xbfa: {é: 1", 1, 4, "bracket" },
      { "a: [*]", 1, 6, "quotes" },
      { "a: 1\n b: 2", 2, 3, "indentation" },
      { "a:\n  - x\n  y: 1", 3, 3, "indentation" },
      { "a:\n    b: 1\n  c: 1", 3, 3, "indentation" },
      { "a: 'b' c", 1, 8, "nothing may follow" },
      { "a: [b c: d]x", 1, 12, "nothing may follow" },
      { "a: [", 1, 4, "bracket" },
      { "a: [é,\n\n", 1, 6, "bracket" },
      { "a: 1\nb: [", 2, 4, "bracket" },
    } do
      local err = problem(case[1])
      assert.same({ case[2], case[3] }, { err.line, err.column }, case[1] .. ": " .. err.message)
      assert.truthy((err.hint or ""):find(case[4], 1, true), case[1] .. ": " .. err.message .. ": " .. tostring(err.hint))
    end
  end)

  it("refuses unknown anchors and anchors inside themselves", function()
    assert.same({ 2, 4 }, place "a: 1\nb: *u")
    assert.matches("'u'", problem("b: *u").message)
    assert.same({ 1, 8 }, place "a: &a [*a]")
    assert.matches("itself", problem("a: &a {b: {c: *a}}").message)
    assert.equal("yaml", problem("&a a: *b\nb: &b x").kind)
  end)

  it("follows aliases; the latest anchor of a name counts", function()
    assert.equal('["x","y","y"]', text_of "- &a x\n- &a y\n- *a")
    assert.equal('{"k":{"b":1},"v":{"b":1}}', text_of "k: &m {b: 1}\nv: *m")
    assert.equal('{"k":"x","x":1}', text_of "k: &m x\n*m : 1")
    assert.equal('[["in"],"in"]', text_of "- &a [&a in]\n- *a")
  end)

  describe("alias bombs", function()
    local function bomb(levels)
      local lines = { "a0: &a0 [x,x,x,x,x,x,x,x,x]" }
      for i = 1, levels do
        lines[#lines + 1] = ("a%d: &a%d [%s]"):format(i, i, ("*a" .. (i - 1) .. ","):rep(9):sub(1, -2))
      end
      return table.concat(lines, "\n")
    end
    it("are refused, also where the count exceeds every number", function()
      for _, levels in ipairs { 4, 9, 320, 400 } do
        assert.matches("alias", problem(bomb(levels)).message)
      end
    end)
    it("are not what a modest use of aliases is", function()
      local lines = { "base: &b {a: 1, b: 2, c: [1, 2, 3]}" }
      for i = 1, 200 do lines[#lines + 1] = ("k%d: *b"):format(i) end
      assert.is_userdata(read(table.concat(lines, "\n")))
      assert.is_userdata(read(bomb(2)))
    end)
    it("begin at 1000 nodes, of which more than 99 of 100 come from aliases", function()
      local function doc(copies) return "a: &a [" .. ("x,"):rep(300) .. "]\nb: [" .. ("*a,"):rep(copies) .. "]" end
      assert.is_userdata(read(doc(60)))
      assert.matches("alias", problem(doc(200)).message)
    end)
  end)

  it("stops at a nesting limit, aliases counted", function()
    assert.is_userdata(read(("["):rep(500) .. ("]"):rep(500)))
    assert.matches("deep", problem(("["):rep(501) .. ("]"):rep(501)).message)
    assert.matches("deep", problem(("["):rep(100000)).message)
    assert.matches("deep", problem(("{a: "):rep(100000)).message)
    assert.matches("deep", problem(("- "):rep(5000) .. "x").message)
    local half = ("["):rep(300) .. "x" .. ("]"):rep(300)
    assert.matches("deep", problem("- &a " .. half .. "\n- " .. ("["):rep(300) .. "*a" .. ("]"):rep(300)).message)
    local d = read(("["):rep(500) .. ("]"):rep(500))
    assert.is_table((d:value(d:root())))
  end)

  it("accepts lines of the other operating systems", function()
    assert.equal('{"a":"b","c":"d"}', text_of "a: b\r\nc: d\r\n")
    assert.equal('{"a":"b","c":"d"}', text_of "a: b\rc: d")
    local d = read "a: b\r\nc: d\rе: f"
    assert.same({ "a: b", "c: d", "е: f" }, { d:source(1), d:source(2), d:source(3) })
    assert.is_nil(d:source(4))
    assert.is_nil(d:source(0))
  end)

  it("reads what YAML 1.1 readers stumble over", function()
    assert.equal('{"b":["http://y"],"url":"http://x:80/"}', text_of "{url: http://x:80/, b: [http://y]}")
    assert.equal('{"a":1}', text_of '{"a":1}')
    assert.equal('{"a":1}', text_of "%YAML 1.2\n---\na: 1")
    assert.equal('{"a":"/😀"}', text_of [[a: "\/\U0001F600"]])
    assert.equal('{"😀":"é"}', text_of "😀: é")
  end)
end)

describe("a document", function()
  local text = "a:\n  b: [1, {c: 'd'}]\n  \"é\": |\n    lit\n  f: >\n    fold\nlist:\n- x\n- !!binary aGk=\n"

  it("knows kinds, texts, styles, tags and lengths", function()
    local d = read(text)
    assert.equal("t.yaml", d:name())
    assert.equal("mapping", d:kind(d:root()))
    assert.is_nil(d:text(d:root()))
    assert.equal(2, d:length(d:root()))
    local b = d:find("a", "b")
    assert.equal("sequence", d:kind(b))
    assert.equal(2, d:length(b))
    assert.equal(2, #d:items(b))
    local c = d:find("a", "b", 2, "c")
    assert.same({ "d", "single", 0 }, { d:text(c), d:style(c), d:length(c) })
    assert.equal("literal", d:style((d:find("a", "é"))))
    assert.equal("folded", d:style((d:find("a", "f"))))
    assert.equal("double", d:style(select(3, d:find("a", "é"))))
    assert.equal("plain", d:style((d:find("list", 1))))
    assert.equal("tag:yaml.org,2002:binary", d:tag((d:find("list", 2))))
    assert.is_nil(d:tag(b))
  end)

  it("counts positions from 1, columns in characters", function()
    local d = read "é: {ü: x}\n"
    local x, complete, key = d:find("é", "ü")
    assert.is_true(complete)
    assert.same({ 1, 8 }, { d:position(x) })
    assert.same({ 1, 5 }, { d:position(key) })
    assert.equal("é: {ü: x}", d:source(1))
    d = read "a:\n\n  - b: 1\n    c: 2\n"
    assert.same({ 4, 8 }, { d:position((d:find("a", 1, "c"))) })
    assert.same({ 3, 5 }, { d:position((d:find("a", 1))) })
  end)

  it("finds the deepest node that exists", function()
    local d = read(text)
    local node, complete, key = d:find("a", "nope", "deeper")
    assert.equal((d:find "a"), node)
    assert.is_false(complete)
    assert.equal("a", d:text(key))
    assert.same({ d:root(), true }, { d:find() })
    assert.is_false(select(2, d:find("list", 3)))
    assert.is_false(select(2, d:find("list", 0)))
    assert.is_false(select(2, d:find("list", "x")))
    assert.is_false(select(2, d:find("list", 1, "x")))
    assert.equal("y", (function() local e = read "1: y" return e:text((e:find(1))) end)())
  end)

  it("raises on misuse", function()
    local d = read(text)
    assert.has_error(function() d:kind(0) end)
    assert.has_error(function() d:kind(10000) end)
    assert.has_error(function() d:items(d:root()) end)
    assert.has_error(function() d:entries((d:find "list")) end)
    assert.has_error(function() yaml.read("a: 1") end)
    assert.has_error(function() d.kind({}, 1) end)
  end)

  it("gives the root of every document the handle it says", function()
    local d = read "- 1\n- 2\n"
    assert.equal("1", d:text(d:items(d:root())[1]))
  end)
end)

describe("mappings", function()
  local function keys(d, node)
    local names = {}
    local entries = assert(d:entries(node))
    for i = 1, #entries, 3 do names[#names + 1] = entries[i] end
    return names
  end

  it("list their entries in written order, with value and key nodes", function()
    local d = read "z: 1\na: 2\n1: 3\n~: 4\n"
    local entries = assert(d:entries(d:root()))
    assert.same({ "z", "a", "1", "~" }, keys(d, d:root()))
    assert.equal("2", d:text(entries[5]))
    assert.equal("integer", d:class(entries[9]))
    assert.equal("null", d:class(entries[12]))
  end)

  it("say what is null, and the text of everything else without a tag", function()
    local d = read "null: ~\nempty:\ntext: null and void\nnumber: 007\nquoted: 'null'\ntagged: !!str null\nlist: []\n"
    local nulls, texts = {}, {}
    local entries = assert(d:entries(d:root()))
    for i = 1, #entries, 3 do
      nulls[#nulls + 1] = d:is_null(entries[i + 1]) and entries[i] or nil
      texts[#texts + 1] = d:plain_text(entries[i + 1])
    end
    assert.same({ "null", "empty" }, nulls)
    assert.same({ "null and void", "007", "null" }, texts)
  end)

  it("with a key twice are errors that name the key and both lines (01 case 2)", function()
    local err = problem "metadata: {}\nkind: x\nmetadata: {}\n"
    assert.same({ 3, 1 }, { err.line, err.column })
    assert.matches("'metadata'", err.message)
    assert.matches("line 1", err.message)
    assert.equal("metadata: {}", err.source)
  end)

  it("compare keys by their raw text (01 case 3)", function()
    assert.equal("yaml", problem('{1: a, "1": b}').kind)
    assert.equal("yaml", problem("{a: 1, !!str a: 2}").kind)
    assert.equal('{"0x1":2,"1":1}', text_of "{1: 1, 0x1: 2}")
  end)

  it("find duplicates among many keys, and in nested ones", function()
    local lines = {}
    for i = 1, 400 do lines[i] = ("key%d: %d"):format(i, i) end
    lines[401] = "key200: again"
    local err = problem(table.concat(lines, "\n"))
    assert.equal(401, err.line)
    assert.matches("line 200", err.message)
    assert.same({ 1, 21 }, place "k: {a: 1, b: {c: 1, c: 2}}")
  end)

  it("are checked where they are decoded, not elsewhere", function()
    local d = read "good: {a: 1}\nunknown: {x: 1, x: 2}\n"
    assert.equal(6, #assert(d:entries(d:root())))
    assert.is_table((d:value((d:find "good"))))
    local none, err = d:entries((d:find "unknown"))
    assert.is_nil(none)
    assert.equal(2, err.line)
    assert.equal("1", d:text((d:get((d:find "unknown"), "x"))))
  end)

  it("refuse keys that are lists or mappings", function()
    assert.equal("yaml", problem("? [a]\n: b").kind)
    assert.equal("yaml", problem("{a: b}: c").kind)
  end)

  describe("with merge keys", function()
    it("let explicit keys win, wherever they stand", function()
      assert.equal('{"b":{"x":1,"y":1},"c":{"x":2,"y":1}}', text_of "b: &b {x: 1, y: 1}\nc:\n  <<: *b\n  x: 2")
      assert.equal('{"b":{"x":1,"y":1},"c":{"x":2,"y":1}}', text_of "b: &b {x: 1, y: 1}\nc:\n  x: 2\n  <<: *b")
    end)
    it("prefer the earlier entry of a sequence (01 case 14)", function()
      assert.equal('{"domain":"a","z":1}', (function()
        local d = read "a: &a {domain: a}\nb: &b {domain: b, z: 1}\nc: {<<: [*a, *b]}"
        return json.encode((d:value((d:find "c"))))
      end)())
    end)
    it("are shallow", function()
      local d = read "a: &a {env: {X: 1}, k: 1}\nb:\n  <<: *a\n  env: {Y: 2}"
      assert.equal('{"env":{"Y":2},"k":1}', json.encode((d:value((d:find "b")))))
    end)
    it("take a mapping, an alias of one, or a list of those", function()
      assert.equal('{"c":{"x":1,"y":2}}', text_of "c: {<<: {x: 1}, y: 2}")
      assert.equal('{"c":{"x":1}}', text_of "c: {<<: [{x: 1}, {x: 2}]}")
      assert.equal('{"c":{}}', text_of "c: {<<: []}")
      for _, text in ipairs {
        "c: {<<: 1}", "c: {<<: [1]}", "c: {<<: }", "c: {<<: null}", "c: {<<: [[{x: 1}]]}", "a: &a [{x: 1}]\nc: {<<: *a}",
        "a: &a x\nc: {<<: *a}",
      } do
        assert.matches("merge", problem(text).message)
      end
      assert.same({ 2, 5 }, place "a: &a [{x: 1}]\nc: {<<: *a}")
    end)
    it("follow merges of merges", function()
      local d = read "a: &a {x: 1}\nb: &b {<<: *a, y: 2}\nc: {<<: *b, z: 3}"
      assert.same({ "z", "y", "x" }, keys(d, (d:find "c")))
      assert.equal("1", d:text((d:get((d:find "c"), "x"))))
      assert.equal("1", d:text((d:find("c", "x"))))
      assert.equal(2, d:length((d:find "c")))
    end)
    it("stand once", function()
      assert.matches("'<<'", problem("a: &a {x: 1}\nc: {<<: *a, <<: *a}").message)
      assert.matches("'<<'", problem("a: &a {x: 1}\nc: {<<: *a, '<<': 1}").message)
    end)
    it("report a duplicate in what is merged", function()
      assert.matches("'x'", problem("c: {<<: {x: 1, x: 2}}").message)
    end)
    it("are plain: a quoted << is a key", function()
      assert.equal('{"c":{"\\u003c\\u003c":1}}', text_of "c: {'<<': 1}")
      assert.equal('{"c":{"x":1}}', text_of "c: {!!merge <<: {x: 1}}")
    end)
  end)
end)

describe("scalars", function()
  -- Chapter 01 §2.2, and 01 cases 9 to 13.
  local cases = {
    { "string", '"12"', '"12"' }, { "string", "'true'", '"true"' }, { "string", "|\n  1\n", '"1\\n"' }, { "string", ">-\n  ~\n", '"~"' },
    { "boolean", "true True TRUE", "true" }, { "boolean", "false False FALSE", "false" },
    { "string", "yes no on off y n Yes NO tRue nULL nil", true },
    { "null", "~ null Null NULL", "null" },
    { "integer", "12 +12", "12" }, { "integer", "-3", "-3" }, { "integer", "1_000", "1000" }, { "integer", "1_", "1" }, { "integer",
    "1__0", "10" },
    { "integer", "0x1F 0X1F 0x_1F +0x1f", "31" }, { "integer", "-0x1F", "-31" }, { "integer", "0b101 0B101", "5" }, { "integer",
    "0o10 010 0O10", "8" },
    { "integer", "-0b11", "-3" }, { "integer", "-0o17 -017", "-15" }, { "integer", "0 00 -0 +0", "0" },
    { "integer", "9223372036854775807", "9223372036854775807" }, { "integer", "-9223372036854775808", "-9223372036854775808" },
    { "uint64", "9223372036854775808", "9223372036854775808" }, { "uint64", "18446744073709551615 0xFFFFFFFFFFFFFFFF",
    "18446744073709551615" },
    { "float", "18446744073709551616 +18446744073709551615", "18446744073709552000" }, { "float", "-9223372036854775809",
    "-9223372036854776000" },
    { "float", "08", "8" }, { "float", "1_000.5", "1000.5" }, { "float", ".1e5", "10000" }, { "float", "1.5 1.50", "1.5" }, { "float",
    ".5", "0.5" },
    { "float", "1.", "1" }, { "float", "1e3", "1000" }, { "float", "12e03", "12000" }, { "float", "1000000.0", "1000000" }, { "float",
    "1.10", "1.1" },
    { "float", "1e21", "1e+21" }, { "float", "0.0000001", "1e-7" }, { "float", "-0.0", "-0" }, { "float", "1e-400", "0" }, { "float",
    "+1.5E+2", "150" },
    { "string", "_1 0b1012 0o19 0x 1e 1e400 -1e400 1:30 190:20:30 -- +- . .. ._5 1.2.3 0x1p5 1,000 08x +_ inf nan Infinity 1d 0xg", true },
    { "time", "2024-01-02 2024-1-2", '"2024-01-02T00:00:00Z"' },
    { "time", "2024-01-02T03:04:05Z 2024-01-02t3:4:5Z 2024-01-02T03:04:05+00:00", '"2024-01-02T03:04:05Z"' },
    { "time", "2001-12-14T21:59:43.10-05:00 2001-12-14T21:59:43.1-05:00", '"2001-12-14T21:59:43.1-05:00"' },
    { "time", "2024-02-29", '"2024-02-29T00:00:00Z"' },
    { "string", "2024-01-02T03:04:05 2024-13-02 2023-02-29 2024-02-30", true },
    { "string", "2024-01-32 24-01-02 2024-01-02Z 2024-01-02T25:00:00Z 2024-01-02T03:60:05Z", true },
    { "string", "2024-01-02T03:04:05+24:00 2024-001-02 2024-01-02T03:04Z 2024-01-02T03:04:05+0100", true },
  }

  for _, case in ipairs(cases) do
    local class, texts, want = case[1], case[2], case[3]
    local list = {}
    if texts:find "^[\"'|>]" then list[1] = texts else for word in texts:gmatch "%S+" do list[#list + 1] = word end end
    it(("of class %s: %s"):format(class, texts:gsub("\n", "\\n")), function()
      for _, text in ipairs(list) do
        local d = read("k: " .. text .. "\n")
        local node = d:find "k"
        assert.equal(class, d:class(node), text)
        assert.equal(want == true and json.encode(text) or want, json.encode((d:value(node))))
      end
    end)
  end

  it("with a blank between date and time are times, without a zone", function()
    assert.equal('{"k":"2024-01-02T03:04:05Z"}', text_of "k: 2024-01-02 03:04:05")
    assert.equal('{"k":"2024-01-02T03:04:05.25Z"}', text_of "k: 2024-01-02 3:4:5.250")
    assert.equal('{"k":"2024-01-02 03:04:05Z"}', text_of "k: 2024-01-02 03:04:05Z")
    assert.equal("string", (function() local d = read "k: 2024-01-02 03:04" return d:class((d:find "k")) end)())
  end)

  it("may be numbers of any length", function()
    assert.equal('{"k":1e+130}', text_of("k: 1" .. ("0"):rep(130)))
    assert.equal('{"k":0.1111111111111111}', text_of("k: 0." .. ("1"):rep(200)))
    assert.equal('{"k":"' .. ("9"):rep(400) .. '"}', text_of("k: " .. ("9"):rep(400)))
    assert.equal('{"k":7}', text_of("k: " .. "7" .. ("_"):rep(300)))
  end)

  it("keep their raw text", function()
    local d = read "a: 1.10\nb: 0x1F\nc: true\nd: 'it''s'\ne: \"x\\ty\"\nf: 1_000\ng:\n"
    for key, text in pairs { a = "1.10", b = "0x1F", c = "true", d = "it's", e = "x\ty", f = "1_000", g = "" } do
      assert.equal(text, d:text((d:find(key))))
    end
  end)

  it("that are not finite are errors at their place", function()
    for _, text in ipairs { ".inf", "-.inf", "+.INF", ".nan", ".NaN" } do
      local d = read("a: 1\nk: " .. text)
      assert.equal("float", d:class((d:find "k")))
      local v, err = d:value(d:root())
      assert.is_nil(v)
      assert.same({ 2, 4 }, { err.line, err.column })
    end
  end)

  it("obey explicit tags", function()
    assert.equal('{"k":"12"}', text_of "k: !!str 12")
    assert.equal('{"k":"null"}', text_of "k: !!str null")
    assert.equal('{"k":7}', text_of "k: !!int '7'")
    local d = read "k: !!float 1"
    assert.equal("float", d:class((d:find "k")))
    assert.equal("float", math.type(d:value((d:find "k"))))
    assert.equal('{"k":"hi"}', text_of "k: !!binary aGk=")
    assert.equal('{"k":"hi there"}', text_of "k: !!binary |\n  aGkg\n  dGhlcmU=\n")
    assert.equal('{"k":true}', text_of "k: !!bool 'true'")
    assert.equal('{"k":null}', text_of "k: !!null ''")
    assert.equal('{"k":"2024-01-02T00:00:00Z"}', text_of "k: !!timestamp '2024-01-02'")
    assert.equal('{"k":"12"}', text_of "k: !custom 12")
    assert.equal('{"k":12}', text_of "k: ! 12")
    assert.equal('{"k":"1"}', text_of "k: !<tag:yaml.org,2002:str> 1")
    for _, text in ipairs {
      "!!int 1.5", "!!int x", "!!bool yes", "!!null x", "!!float x", "!!timestamp x", "!!binary a", "!!binary 'a*=='",
      "!!binary YQ==YQ==", "!!binary ====",
    } do
      assert.same({ 2, 4 }, place("a: 1\nk: " .. text))
    end
  end)

  it("become raw text as nested keys that are no strings", function()
    assert.equal('{"a":{"1":"x","2024-01-02":1,"true":2,"~":3}}', text_of "a: {1: x, true: 2, ~: 3, 2024-01-02: 1}")
  end)
end)

describe("values", function()
  it("keep lists and maps apart, empty ones too", function()
    local d = read "a: []\nb: {}\nc:\nd: [1, null, 2]"
    local v = d:value(d:root())
    assert.same({ "list", "map", "null" }, { value.kind(v.a), value.kind(v.b), value.kind(v.c) })
    assert.equal("[1,null,2]", json.encode(v.d))
  end)

  it("read block scalars as written", function()
    assert.equal('{"a":"x\\n y\\n\\nz\\n","b":"c"}', text_of "a: |\n  x\n   y\n\n  z\nb: c")
    assert.equal('{"a":"x y\\nz\\n w\\n"}', text_of "a: >\n  x\n  y\n\n  z\n   w\n")
    assert.equal('{"a":"x\\n\\n","b":"x"}', text_of "a: |+\n  x\n\nb: |-\n  x\n\n")
  end)

  it("outlive their document", function()
    local v
    do
      local d = read "a: [b, {c: d}]"
      v = d:value(d:root())
    end
    collectgarbage()
    collectgarbage()
    assert.equal('{"a":["b",{"c":"d"}]}', json.encode(v))
  end)
end)

describe("yaml.encode", function()
  it("indents by four, sequences under their key", function()
    assert.equal([[
a:
    - 1
    - x
    - k: v
      l:
        - p
        - - q
          - r
    - []
deep:
    a:
        b: 1.5
e: {}
none: null
]], yaml.encode {
      a = value.list { 1, "x", { k = "v", l = value.list { "p", value.list { "q", "r" } } }, value.list() },
      deep = { a = { b = 1.5 } }, e = {}, none = value.null,
    })
  end)

  it("keeps a given key order and writes roots of every kind", function()
    assert.equal("z: 1\na: 2\n", yaml.encode(value.shape { "z" } { a = 2, z = 1 }))
    assert.equal("- 1\n- - 2\n", yaml.encode(value.list { 1, value.list { 2 } }))
    assert.equal("{}\n", yaml.encode {})
    assert.equal("[]\n", yaml.encode(value.list()))
    assert.equal("x\n", yaml.encode "x")
  end)

  it("takes another indent", function()
    assert.equal("a:\n  b:\n    - c: 1\n", yaml.encode({ a = { b = value.list { { c = 1 } } } }, { indent = 2 }))
    assert.has_error(function() yaml.encode({}, { indent = 1 }) end)
  end)

  it("quotes strings that read as another type", function()
    for _, text in ipairs {
      "y", "Y", "n", "N", "yes", "Yes", "YES", "no", "on", "On", "ON", "off", "OFF", "true", "False", "null", "~", "", "12", "1_000",
      "0x1F", "1.5", "1e3",
      ".inf", ".NaN", "2024-01-02", "1:30", "<<", "=", "08", "-3",
    } do
      assert.equal('k: "' .. text .. '"\n', yaml.encode { k = text })
      assert.equal('"' .. text .. '": 1\n', yaml.encode { [text] = 1 })
    end
    assert.equal("k: word\n", yaml.encode { k = "word" })
    assert.equal("k: a·é：b\n", yaml.encode { k = "a·é：b" })
  end)

  it("writes lines as literal blocks", function()
    assert.equal("k: |\n    a\n    b\n", yaml.encode { k = "a\nb\n" })
    assert.equal("k: |-\n    a\n    b\n", yaml.encode { k = "a\nb" })
    assert.equal("k: |+\n    a\n\nl: 1\n", yaml.encode { k = "a\n\n", l = 1 })
  end)

  it("keeps floats floats, and bytes that are no text", function()
    assert.equal("k: 1.0\n", yaml.encode { k = 1.0 })
    assert.equal("k: 1e+21\n", yaml.encode { k = 1e21 })
    assert.equal("k: !!binary Yf9i\n", yaml.encode { k = "a\xffb" })
    assert.equal('{"k":"a\\ufffdb"}', text_of(yaml.encode { k = "a\xffb" }))
  end)

  it("refuses what has no form", function()
    local cycle = {}
    cycle.c = cycle
    for _, v in ipairs { { k = 0 / 0 }, { k = print }, { [1] = 2 }, cycle } do
      assert.has_error(function() yaml.encode(v) end)
    end
  end)

  it("is read back the same: strings and keys of every kind", function()
    local atoms = {
      "a", " ", "-", "?", ":", "#", "\n", "\t", "'", '"', "{", "[", "]", "}", ",", "&", "*", "!", "|", ">", "%", "@", "`", "é",
      "\u{85}", "\u{a0}",
      "\u{2028}", "\u{feff}", "\u{ffff}", "😀", "0", "1", ".", "e", "_", "~", "null", "true", "yes", "<<", "---", "...", "2024-01-02",
      "\\", "\r", "\0",
      "\x7f", "word", "+", "0x",
    }
    local random = generator(17)
    local function text()
      local parts = {}
      for i = 1, random(0, 5) do parts[i] = atoms[random(1, #atoms)] end
      return table.concat(parts)
    end
    local function any(depth)
      local kind = random(1, depth > 3 and 5 or 8)
      if kind <= 2 then return text() end
      if kind == 3 then return text() .. "\xff" end
      if kind == 4 then return random(-100, 100) / 8 end
      if kind == 5 then
        return ({ value.null, true, random(0, math.maxinteger), value.uint64 "18446744073709551615", value.time(random(0,
          4000000000), 5000000, -3600),
          -0.0 })[random(1, 6)]
      end
      local t = kind == 6 and value.list() or {}
      for i = 1, random(0, 3) do t[kind == 6 and i or text()] = any(depth + 1) end
      if kind == 8 and random(1, 20) == 1 then t[("k"):rep(random(150, 2000))] = any(depth + 1) end
      return t
    end
    for _ = 1, 3000 do
      local v = any(0)
      local written = yaml.encode(v, { indent = random(2, 6) })
      local d = read(written)
      local back, err = d:value(d:root())
      assert.is_nil(err)
      assert.is_true(value.equal(v, back), written)
    end
  end)
end)

describe("damaged documents", function()
  it("never do harm", function()
    local seeds = {
      "apiVersion: v1\nmetadata:\n  name: x\n  labels: {a: b, c: 1.10}\n"
        .. "spec:\n  steps:\n    - id: a\n      run: |\n        echo hi\n    - id: b\n",
      "base: &base\n  a: 1\n  b: {c: d}\nother:\n  <<: *base\n  a: 2\nlist:\n- *base\n- <<: [*base, {z: 1}]\n",
      "- 0x1F\n- 2024-01-02\n- 'q'\n- - nested\n  - x: y\n? |\n  k\n: !!binary aGk=\n",
    }
    local pieces = {
      ":", ": ", "- ", "\n", "\n  ", " #", "'", '"', "{", "}", "[", "]", ",", "&a ", "*a", "*base", "<<: ", "!!int ", "!!binary ",
      "|", ">", "? ", "---\n",
      "...\n", "\t", "%", "\r", "\\", "\xff", "\0", "\u{85}",
    }
    local random, good = generator(23), 0
    for round = 1, 6000 do
      local text = seeds[round % #seeds + 1]
      for _ = 1, random(1, 4) do
        local at, kind = random(1, math.max(1, #text)), random(1, 4)
        if kind == 1 then text = text:sub(1, at) .. pieces[random(1, #pieces)] .. text:sub(at + 1)
        elseif kind == 2 then text = text:sub(1, at - 1) .. text:sub(at + random(1, 4))
        elseif kind == 3 then text = text:sub(1, at - 1) .. string.char(random(0, 255)) .. text:sub(at + 1)
        else text = text .. text:sub(at, at + random(0, 30)) end
      end
      local d, err = yaml.read(text, "x")
      if not d then
        assert.is_true(err.line >= 1 and err.column >= 1)
      else
        local v, wrong = d:value(d:root())
        if wrong then
          assert.is_true(wrong.line >= 1 and wrong.column >= 1)
        else
          good = good + 1
          assert.is_string(json.encode(v))
        end
        d:find("base", "b", 1, "c")
        d:get(d:root(), "other")
        if d:kind(d:root()) == "mapping" then d:entries(d:root()) end
        d:source(round % 12)
      end
    end
    assert.is_true(good > 100)
  end)
end)
