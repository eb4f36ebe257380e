local fs = require "host.fs"
local hash = require "host.hash"
local json = require "host.json"
local value = require "host.value"

-- A small generator of its own, so that a failure can be repeated.
local function generator(seed)
  return function(low, high)
    seed = (seed * 6364136223846793005 + 1442695040888963407) & math.maxinteger
    return low + (seed >> 24) % (high - low + 1)
  end
end

-- Chapter 03 §7.4, both documents.
local vector = '{"apiVersion":"orun.io/v1","kind":"Plan","metadata":{"name":"demo","generatedAt":"2026-01-01T00:00:00Z"},'
  .. '"execution":{"concurrency":4,"failFast":true},"spec":{"jobBindings":{"sh":"kit"}},"jobs":[{"id":"api.dev.test",'
  .. '"name":"test","component":"api","environment":"dev","composition":"sh","profileSource":"legacy-none",'
  .. '"jobRegistry":"kit","job":"test","path":"./","steps":[{"id":"unit","name":"unit","phase":"main",'
  .. '"run":"make a \\u0026\\u0026 make b"}],"dependencyMode":"enforced","dependencySource":"default"}]}'

describe("json.encode", function()
  describe("03 case 1, checksum vectors", function()
    it("gives the bytes and the digest of the first document", function()
      local text = json.encode((assert(json.decode(vector, { order = true }))))
      assert.equal(509, #text)
      assert.equal(vector, text)
      assert.equal("40db74bc4b7c27298781423160456af1d07dbae2cb9f2afc9dc6c8f2897c82b6", hash.sha256(text))
    end)

    it("gives the bytes and the digest of the second", function()
      local plan = assert(json.decode(vector, { order = true }))
      plan.metadata.generatedAt = nil
      plan.jobs[1].id = "api@dev.test"
      local text = json.encode(plan)
      assert.equal(472, #text)
      assert.equal("ed82d94dc431835264a399b403d625bfe992638e8560f29ee6c1eb08060a9987", hash.sha256(text))
    end)
  end)

  it("indents with one element per line and keeps empty containers together", function()
    assert.equal([[
{
  "a": [
    1,
    {},
    [],
    {
      "b": null
    }
  ],
  "c": {}
}]], json.encode({ a = value.list { 1, {}, value.list(), { b = value.null } }, c = {} }, { indent = 2 }))
    assert.equal("[]", json.encode(value.list(), { indent = 2 }))
    assert.equal("{}", json.encode({}, { indent = 2 }))
  end)

  it("sorts keys bytewise", function()
    assert.equal('{"":1,"A":2,"a":3,"a!":4,"aa":5,"é":6}', json.encode { ["é"] = 6, aa = 5, ["a!"] = 4, a = 3, A = 2, [""] = 1 })
  end)

  it("sorts many keys, and keys with zero bytes", function()
    local t, names = {}, {}
    for i = 1, 300 do names[i] = ("k%03d"):format(i) end
    for _, name in ipairs(names) do t[name] = true end
    assert.equal('{"' .. table.concat(names, '":true,"') .. '":true}', json.encode(t))
    assert.equal('{"a":1,"a\\u0000":2,"a\\u0000b":3,"b":4}', json.encode { ["a\0b"] = 3, ["a\0"] = 2, a = 1, b = 4 })
  end)

  it("escapes what chapter 03 §7.2 lists, and nothing else", function()
    assert.equal([["\" \\ \b \f \n \r \t \u0000 \u001f \u003c \u003e \u0026 \u2028 \u2029"]],
      json.encode '" \\ \b \f \n \r \t \0 \x1f < > & \u{2028} \u{2029}')
    assert.equal('"/ · é \x7f \u{2027} \u{202a} 😀"', json.encode "/ · é \x7f \u{2027} \u{202a} 😀")
    assert.equal([[{"\u003ck\u0026\u2028\n\u003e":1}]], json.encode { ["<k&\u{2028}\n>"] = 1 })
  end)

  it("leaves < > & alone on request, not the separators", function()
    assert.equal([["<&>\u2028"]], json.encode("<&>\u{2028}", { html = false }))
  end)

  it("writes \\ufffd for each byte that is no UTF-8", function()
    local bad = [[\ufffd]]
    for text, want in pairs {
      ["\xff"] = bad,
      ["a\x80b"] = "a" .. bad .. "b",
      ["\xc3"] = bad,
      ["\xe2\x82"] = bad:rep(2),
      ["\xc0\xaf"] = bad:rep(2),             -- overlong
      ["\xe0\x80\x80"] = bad:rep(3),
      ["\xed\xa0\x80"] = bad:rep(3),         -- surrogate
      ["\xf4\x90\x80\x80"] = bad:rep(4),     -- above U+10FFFF
      ["\xf0\x9f\x98"] = bad:rep(3),
      ["\xe2\x82\xe2\x82\xac"] = bad:rep(2) .. "€",
    } do
      assert.equal('"' .. want .. '"', json.encode(text))
    end
  end)

  it("writes numbers: 03 case 21 and the limits", function()
    for _, case in ipairs {
      { 1.10, "1.1" }, { 1000000.0, "1000000" }, { 1e21, "1e+21" }, { 0.0000001, "1e-7" }, { -0.0, "-0" }, { 0.0, "0" },
      { 1e20, "100000000000000000000" }, { 999999999999999868928.0, "999999999999999900000" }, { 1e-6, "0.000001" },
      { 9.5e-7, "9.5e-7" }, { -1.5e-9, "-1.5e-9" }, { 1e300, "1e+300" }, { 5e-324, "5e-324" },
      { 1.7976931348623157e308, "1.7976931348623157e+308" },
      { 2.2250738585072014e-308, "2.2250738585072014e-308" }, { 0.1 + 0.2, "0.30000000000000004" }, { 123456789.125, "123456789.125" },
      { 9007199254740993.0, "9007199254740992" }, { 1e15, "1000000000000000" }, { 1 / 3, "0.3333333333333333" },
      { math.maxinteger, "9223372036854775807" }, { math.mininteger, "-9223372036854775808" }, { 0, "0" }, { -1, "-1" },
      { value.uint64 "18446744073709551615", "18446744073709551615" },
    } do
      assert.equal(case[2], json.encode(case[1]))
    end
  end)

  it("finds the shortest digits at powers of two, where the nearest are not the shortest", function()
    assert.equal("5.684341886080802e-14", json.encode(2.0 ^ -44))
    assert.equal("9.007199254740992e-161", json.encode(tonumber "9.007199254740992e-161"))
    for exponent = -1074, 1023 do
      local n = 2.0 ^ exponent
      assert.equal(n, tonumber(json.encode(n)) + 0.0)
    end
  end)

  it("writes times as RFC 3339 text", function()
    assert.equal('"2020-01-02T00:00:00Z"', json.encode(value.time(1577923200)))
  end)

  describe("refuses, and says where:", function()
    local function message(v)
      local ok, err = pcall(json.encode, v)
      assert.is_false(ok)
      return err
    end
    it("numbers that are not finite", function()
      assert.matches("jobs[2].env.X", message { jobs = value.list { 1, { env = { X = 0 / 0 } } } }, 1, true)
      assert.matches("not finite", message(1 / 0))
      assert.matches("not finite", message(-1 / 0))
    end)
    it("keys that are not strings, and unmarked lists", function()
      assert.matches("encode a.b as JSON: a map with a number as key", message { a = { b = { 1, 2 } } }, 1, true)
      assert.matches("not a string", message { a = { [true] = 1 } })
    end)
    it("functions", function() assert.matches("encode f as JSON: a function", message { f = print }) end)
    it("cycles", function()
      local t = {}
      t.again = t
      assert.matches("cyclic", message(t))
      local l = value.list()
      l[1] = l
      assert.matches("cyclic", message(l))
    end)
    it("holes in lists", function() assert.matches("encode a%[%d%] as JSON: a nil", message { a = value.list { 1, nil, 3 } }) end)
    it("nothing at all, and a bad indent", function()
      assert.has_error(function() json.encode() end)
      assert.has_error(function() json.encode({}, { indent = -1 }) end)
      assert.has_error(function() json.encode({}, { indent = 1000 }) end)
    end)
  end)

  it("is the same however a map was filled", function()
    local random, want = generator(11), nil
    for _ = 1, 20 do
      local keys, t = {}, {}
      for i = 1, 60 do keys[i] = "key" .. i end
      for i = #keys, 2, -1 do
        local j = random(1, i)
        keys[i], keys[j] = keys[j], keys[i]
      end
      for _, k in ipairs(keys) do t[k] = #k end
      local text = json.encode(t)
      want = want or text
      assert.equal(want, text)
    end
  end)

  it("writes texts larger than its first buffer", function()
    local long = ("x"):rep(100000)
    assert.equal('["' .. long .. '","' .. long .. '"]', json.encode(value.list { long, long }))
  end)
end)

describe("json.decode", function()
  it("keeps apart what Lua could confuse", function()
    local v = assert(json.decode '[1, 1.0, 18446744073709551615, null, [], {}, true, false, "", -0, -0.0, 1e2]')
    local kinds = {}
    for i, x in ipairs(v) do kinds[i] = value.kind(x) end
    assert.same({ "integer", "float", "uint64", "null", "list", "map", "boolean", "boolean", "string", "float", "float", "float" }, kinds)
    assert.equal('[1,1,18446744073709551615,null,[],{},true,false,"",-0,-0,100]', json.encode(v))
  end)

  it("reads numbers at the limits", function()
    assert.equal(math.mininteger, json.decode "-9223372036854775808")
    assert.equal(math.maxinteger, json.decode "9223372036854775807")
    assert.equal("float", math.type(json.decode "-9223372036854775809"))
    assert.equal(18446744073709551616.0, json.decode "18446744073709551616")
    assert.equal(0.0, json.decode "1e-400")
    assert.equal(1.7976931348623157e308, json.decode "1.7976931348623157e308")
    assert.matches("out of range", select(2, json.decode "1e400").message)
  end)

  it("reads escapes and pairs of surrogates; a lone one becomes U+FFFD", function()
    assert.equal('"\\/\b\f\n\r\té€😀', json.decode [["\"\\\/\b\f\n\r\t\u00e9\u20AC\ud83d\ude00"]])
    assert.equal("\u{fffd}", json.decode [["\ud83d"]])
    assert.equal("\u{fffd}x", json.decode [["\ude00x"]])
    assert.equal("\u{fffd}\u{fffd}😀", json.decode [["\ud83d\ud83d\ud83d\ude00"]])
    assert.equal("\u{fffd}\n", json.decode [["\ud83d\n"]])
    assert.equal("a\0b", json.decode [["a\u0000b"]])
  end)

  it("lets the last of two equal keys win, in the place of the first", function()
    local v = json.decode('{"b":1,"a":2,"b":3}', { order = true })
    assert.equal('{"b":3,"a":2}', json.encode(v))
    assert.same({ "b", "a" }, value.keys(v))
    assert.equal('{"a":2,"b":3}', json.encode((json.decode '{"b":1,"a":2,"b":3}')))
    assert.is_nil(value.keys((json.decode '{"b":1}')))
  end)

  it("keeps the order at every level, of empty maps too", function()
    local text = '{"z":{"y":1,"x":[{"w":1,"v":{}}]},"a":{}}'
    assert.equal(text, json.encode((json.decode(text, { order = true }))))
  end)

  it("takes blanks and a byte order mark around the value", function()
    assert.equal(1, json.decode " \t\r\n1\n ")
    assert.equal(1, json.decode "\xef\xbb\xbf1")
  end)

  it("names the place of a mistake in characters", function()
    for _, case in ipairs {
      { '{"a":\n [1,}', 2, 5 }, { "", 1, 1 }, { '{"é":x}', 1, 6 }, { "[1,2", 1, 5 }, { '{"a" 1}', 1, 6 }, { "\xef\xbb\xbf[,]", 1, 2 },
      { "[1]\n]", 2, 1 },
    } do
      local v, err = json.decode(case[1])
      assert.is_nil(v)
      assert.same({ case[2], case[3] }, { err.line, err.column })
      assert.is_string(err.message)
    end
  end)

  it("refuses what RFC 8259 does not allow", function()
    for _, text in ipairs {
      "[1,]", '{"a":1,}', "[,1]", "{,}", "{1:2}", "{a:1}", "'a'", "01", "-01", "+1", ".5", "1.", "1.e1",
      "1e", "1e+", "-", "0x10", "[-0x1]",
      "NaN", "Infinity", "-Infinity", "nul", "truex", "True", "// c\n1", "/* c */1", '"\t"', '"\n"', '"\0"',
      '"\\x41"', '"\\u12"', '"\\u12g4"',
      '"\\', '"abc', '"\\u', "[1 2]", '{"a":1 "b":2}', '{"a"', '{"a":', "{", "[", "]", "}", ":", "1 2", "\0", "1\0", "[1]\0", "\xa0" .. "1",
      '"\xff"', '"\xed\xa0\x80"', '"\xc0\x80"', '"\xe2\x82"', "\f1",
    } do
      local v, err = json.decode(text)
      assert.is_nil(v, text)
      assert.is_string(err.message)
      assert.is_true(err.line >= 1 and err.column >= 1)
    end
  end)

  it("stops at the nesting limit", function()
    assert.is_table(json.decode(("["):rep(512) .. ("]"):rep(512)))
    assert.matches("deep", select(2, json.decode(("["):rep(513) .. ("]"):rep(513))).message)
    assert.matches("deep", select(2, json.decode(("["):rep(1000000))).message)
    assert.matches("deep", select(2, json.decode('[[{"a":1}]]', { depth = 2 })).message)
    assert.is_table(json.decode('[[{"a":1}]]', { depth = 3 }))
    assert.equal(1, json.decode("1", { depth = 0 }))
  end)

  it("takes no limit that the stack could not bear", function()
    assert.has_error(function() json.decode("[]", { depth = 1000000 }) end)
    assert.has_error(function() json.decode("[]", { depth = -1 }) end)
  end)

  it("encodes again whatever it can decode at the largest limit", function()
    for _, text in ipairs { ("["):rep(1000) .. ("]"):rep(1000), ('{"a":'):rep(1000) .. "1" .. ("}"):rep(1000) } do
      assert.equal(text, json.encode((assert(json.decode(text, { depth = 1000, order = true })))))
    end
  end)

  it("decodes small and large lists and maps, the later of two members of the same name", function()
    for count = 0, 70 do
      local list, members = {}, {}
      for i = 1, count do list[i], members[i] = ("[%d]"):format(i), ('"k%d":%d'):format(i, i) end
      members[count + 1] = '"k1":"later"'
      local v = assert(json.decode(("[%s]"):format(table.concat(list, ","))))
      assert.is_true(value.is_list(v))
      assert.equal(count, #v)
      for i = 1, count do assert.equal(i, v[i][1]) end
      local map = assert(json.decode(("{%s}"):format(table.concat(members, ","))))
      for i = 2, count do assert.equal(i, map["k" .. i]) end
      assert.equal("later", map.k1)
    end
  end)

  it("leaves out what was not asked for", function()
    local text = '{"a":{"x":[1,2]},"b":[{"id":"1","n":{"z":1}},7,{"n":2,"id":null}],"c":"\\n","d":[[1],[2]],"e":4}'
    local v = assert(json.decode(text, { only = { a = true, b = { ["*"] = { id = true } }, c = { x = true }, d = {}, f = true } }))
    assert.equal('{"a":{"x":[1,2]},"b":[{"id":"1"},7,{"id":null}],"c":"\\n","d":[]}', json.encode(v))
    assert.same({ "e", "b" }, value.keys((json.decode('{"e":1,"x":2,"b":3}', { only = { b = true, e = true }, order = true }))))
    assert.equal(5, json.decode("5", { only = {} }))
    assert.matches("malformed escape", select(2, json.decode('{"a":"\\x"}', { only = {} })).message)
    assert.matches("nested too deeply", select(2, json.decode('{"a":[[1]]}', { only = {}, depth = 2 })).message)
  end)

  it("survives damaged input, and what it accepts round-trips", function()
    local seeds = {
      vector, '[1,-2.5e10,"\\ud83d\\ude00é\\n",null,true,{"a":[],"b":{}},18446744073709551615]',
      '{"a":{"b":{"c":[[["x"]]]}},"k":"\\u2028"}',
    }
    local pieces = { '"', "\\", "\\u", "\\ud800", "{", "}", "[", "]", ",", ":", "1e9", "-", "\xff", "\0", "\u{2028}", "null", "tru" }
    local random, accepted = generator(3), 0
    for round = 1, 6000 do
      local text = seeds[round % #seeds + 1]
      for _ = 1, random(1, 4) do
        local at, kind = random(1, #text), random(1, 4)
        if kind == 1 then text = text:sub(1, at - 1) .. string.char(random(0, 255)) .. text:sub(at + 1)
        elseif kind == 2 then text = text:sub(1, at - 1) .. text:sub(at + random(1, 5))
        elseif kind == 3 then text = text:sub(1, at) .. pieces[random(1, #pieces)] .. text:sub(at + 1)
        else text = text:sub(1, at) end
        if text == "" then text = "1" end
      end
      local v, err = json.decode(text, { order = round % 2 == 0 })
      local part, same = json.decode(text, { only = {} })
      assert.equal(v == nil, part == nil)
      assert.same(err, same)
      if v == nil then
        assert.is_true(err.line >= 1 and err.column >= 1)
      else
        accepted = accepted + 1
        local once = json.encode(v)
        assert.equal(once, json.encode((assert(json.decode(once, { order = round % 2 == 0 })))))
      end
    end
    assert.is_true(accepted > 100)
  end)

  it("hashes the compact text", function()
    local long = value.list {}
    for i = 1, 3000 do long[i] = { name = ("element %d <&>"):format(i), text = ("x"):rep(i) } end
    for _, v in ipairs { 1, "a", value.list {}, { b = 1, a = value.null }, long, ("y"):rep(300000) } do
      assert.equal(hash.sha256(json.encode(v)), json.sha256(v))
    end
    assert.has_error(function() json.sha256 { a = print } end, "cannot encode a as JSON: a function")
  end)

  it("writes maps of any size and any bytes in order", function()
    local large, parts = {}, {}
    for i = 1, 1000 do
      large[("k%04d"):format(i)] = i
      parts[i] = ('"k%04d":%d'):format(i, i)
    end
    assert.equal("{" .. table.concat(parts, ",") .. "}", json.encode(large))
    for i = 0, 300 do
      for _, special in ipairs { '"', "\\", "<", ">", "&", "\n", "\127", "\u{e9}", "\255", "=", "'" } do
        local text = ("x"):rep(i % 20) .. special .. ("y"):rep(i % 13)
        local wanted = special == "\255" and ("x"):rep(i % 20) .. "\u{fffd}" .. ("y"):rep(i % 13) or text
        assert.equal(wanted, json.decode(json.encode(text)))
      end
    end
    assert.equal([["\u003c\u003e\u0026=;'/><"]], (json.encode("<>&=;'/") .. json.encode("><", { html = false })):gsub('""', ""))
  end)
end)

describe("json.digest", function()
  it("is the digest of the compact text", function()
    local v = {
      a = value.list { 1, "x y\t\"\\", value.list(), {}, value.null }, ["b \n"] = { c = true, d = -1.5 }, long = ("l "):rep(5000), e = "",
    }
    for _, each in ipairs { v, value.list { v, v }, value.list(), {}, "text", 12 } do
      for _, indent in ipairs { 0, 2, 3 } do assert.equal(json.sha256(each), json.digest(json.encode(each, { indent = indent }))) end
    end
    assert.equal(hash.sha256 '{"a":[1,{"b":" \\" "}]}', json.digest ' {"a" :\r\n[ 1,\t{"b": " \\" "}]}\n')
  end)

  it("leaves out what it is told to", function()
    local omit = { m = { x = true, y = "late" }, jobs = { ["*"] = { uid = "late", name = true } }, gone = true }
    local function digest(text) return json.digest(text, omit) end
    assert.equal(hash.sha256 '{"m":{},"jobs":[{"id":1},{},7],"k":{"gone":1}}',
      digest '{"gone": [1], "m": {"x": 1, "y": {"z": 2}}, "jobs": [{"uid": 1, "id": 1, "name": ""}, {"name": 2}, 7], "k": {"gone": 1}}')
    assert.equal(hash.sha256 '{"m":{"w":1,"z":2},"jobs":[]}', digest '{"m":{"x":1,"w":1,"y":"2","z":2},"jobs":[ ]}')
    assert.equal(hash.sha256 '{"m":"x","jobs":{"a":{"uid":1}}}', digest '{"m":"x","jobs":{"a":{"uid":1}}}')
    assert.equal(hash.sha256 "[]", digest " [ ] ")
  end)

  it("knows none of what is no JSON", function()
    for _, text in ipairs {
      "", "{", '{"a"', '{"a":', '{"a":1', '{"a":1,', '{"a":1,}', "{,}", "[1", "[1,]", "[1 2]", "1 2", '"x', "nul", '{"m":{"x":tru}}', "{}]",
      ("["):rep(600) .. ("]"):rep(600), "\xef\xbb\xbf{}",
    } do
      assert.is_nil((json.digest(text)), text)
      assert.is_nil((json.digest(text, { m = { x = true } })), text)
    end
    local nested, many = { a = true }, {}
    for _ = 1, 63 do nested = { a = nested } end
    local deep = ('{"a":'):rep(63) .. '{"b":1,"a":2}' .. ("}"):rep(63)
    assert.equal(hash.sha256((deep:gsub(',"a":2', ""))), json.digest(deep, nested))
    assert.has_error(function() json.digest("{}", { a = nested }) end)
    for i = 1, 65 do many["k" .. i] = true end
    assert.has_error(function() json.digest("{}", many) end)
    assert.has_error(function() json.digest("{}", { true }) end)
  end)
end)

describe("json.records", function()
  local function sealed(body) return ('%s,"crc":"%s"}\n'):format(body, hash.crc32(body)) end

  local function read(text, fields)
    local found, at = {}, 1
    for next_at, record in json.records(fields), text, at do
      at = next_at
      local copy = record
      if type(record) == "table" then
        copy = {}
        for k, v in next, record do copy[k] = v end
      end
      found[#found + 1] = copy == nil and "blank" or copy
    end
    return found, at
  end

  it("reads sealed lines up to the unfinished one", function()
    local text = sealed '{"a":1,"b":"x\\ny"' .. "\n" .. sealed '{"a":[1,{"c":null}]' .. '{"a":'
    local found, at = read(text)
    assert.equal(3, #found)
    assert.equal("x\ny", found[1].b)
    assert.equal("blank", found[2])
    assert.equal(value.null, found[3].a[2].c)
    assert.equal(8, #found[1].crc)
    assert.equal(#text - 4, at)
    assert.same({}, (read ""))
    assert.same({ "blank" }, (read "\n"))
  end)

  it("gives false for lines that are damaged, cut or no objects", function()
    local good = sealed '{"a":1'
    local upper = '{"k":2'
    while not hash.crc32(upper):find "%l" do upper = upper .. "0" end
    for _, line in ipairs {
      good:sub(2), good:gsub("1", "2"), "{}\n", '{"crc":"00000000"}\n', sealed "[1", sealed '{"a"', sealed '{"a":1}', sealed '{"a":01',
      sealed '{a:1', sealed '{"a":1,', ('%s,"crc":"%s"}\n'):format(upper, hash.crc32(upper):upper()),
    } do
      for _, fields in ipairs { {}, { { "a" } }, { { "b" } }, { {} } } do assert.same({ false }, (read(line, fields[1]))) end
    end
  end)

  it("puts the wanted fields into one table", function()
    local text = sealed '{"a":1,"b":2,"\\u0062":9' .. sealed '{"c":"x"' .. "torn\n" .. sealed '{ "b" : [1] , "z" : {"b":3} '
    assert.same({ { a = 1, b = 2 }, { c = "x" }, false, { b = value.list { 1 } } }, (read(text, { "a", "b", "c" })))
    assert.same({ {}, {}, false, {} }, (read(text, {})))
    local step = json.records { "a" }
    assert.equal(select(2, step(text, 1)), select(2, step(text, 1)))
  end)

  it("refuses what cannot be meant", function()
    assert.has_error(function() json.records { 1 } end)
    assert.has_error(function() json.records("a") end)
    assert.has_error(function() json.records()("abc", 5) end)
    assert.has_error(function() json.records()("abc", 0) end)
    local many = {}
    for i = 1, 65 do many[i] = "f" .. i end
    assert.has_error(function() json.records(many) end)
  end)
end)

describe("json.encodable", function()
  it("agrees with the encoder", function()
    local cyclic, deep, deepest = {}, {}, {}
    cyclic.a = value.list { cyclic }
    for _ = 1, 400 do deep = { a = deep } end
    for _ = 1, 1100 do deepest = value.list { deepest } end
    for _, v in ipairs {
      1, 1.5, "a", "\xff", true, value.null, value.list {}, {}, value.list { 1, { a = value.list { "x" } } },
      value.uint64 "18446744073709551615",
      deep, deepest, cyclic, 0 / 0, 1 / 0, print, { a = print }, { [1] = "a" }, { [true] = 1 }, value.list { 1, nil, 3 },
      value.list { { a = 0 / 0 } }, value.shape { "b" } { b = print },
    } do
      assert.equal(pcall(json.encode, v) == true, json.encodable(v))
    end
    assert.has_error(function() json.encodable() end)
  end)
end)

describe("a json.draft", function()
  local function plan()
    return {
      head = { name = "p", sum = ("0"):rep(8), clock = "now" }, only = { sum = ("0"):rep(8) }, last = 1,
      jobs = value.list { { id = "a", uid = "??", text = "<&>\n" }, { aside = { deep = value.list { 1, { x = 2 } } }, id = "b" } },
    }
  end
  local omit = {
    head = { sum = "late", clock = true }, only = { sum = "late" }, jobs = { ["*"] = { uid = "late", aside = true } }, last = true,
    missing = { x = true },
  }

  it("has the digest of what is not left out and the text of everything", function()
    local kept = {
      head = { name = "p" }, only = {}, jobs = value.list { { id = "a", text = "<&>\n" }, { id = "b" } },
    }
    for _, indent in ipairs { 0, 2 } do
      local draft = json.draft(plan(), { indent = indent, omit = omit })
      assert.equal(json.sha256(kept), draft:sha256())
      local filled = plan()
      filled.head.sum, filled.only.sum, filled.jobs[1].uid = "12345678", "abcdefgh", "u1"
      assert.equal(json.encode(filled, { indent = indent }), draft:fill({ "12345678", "u1", "abcdefgh" }):text())
    end
  end)

  it("has the digest of the whole when nothing is left out", function()
    local long = value.list {}
    for i = 1, 3000 do long[i] = { name = ("element %d <&>"):format(i), text = ("x"):rep(i * 7) } end
    for _, v in ipairs { 1, "a", value.list {}, { b = 1, a = value.null }, long, ("y"):rep(300000) } do
      local draft = json.draft(v, { indent = 2 })
      assert.equal(json.sha256(v), draft:sha256())
      assert.equal(json.encode(v, { indent = 2 }), draft:text())
    end
  end)

  it("is filled once, with texts of the right number and length", function()
    local draft = json.draft({ a = "xx" }, { omit = { a = "late" } })
    assert.has_error(function() draft:text() end)
    assert.has_error(function() draft:fill {} end)
    assert.has_error(function() draft:fill { "x" } end)
    assert.has_error(function() draft:fill { '"x' } end)
    assert.has_error(function() draft:fill { 12 } end)
    assert.equal('{"a":"yz"}', draft:fill({ "yz" }):text())
    assert.equal('{"a":"yz"}', tostring(draft))
    assert.has_error(function() draft:fill { "yz" } end)
  end)

  it("is written to a file as it is, unless something is missing", function()
    local path = assert(fs.temporary("/tmp/orun-draft-")) .. "/plan.json"
    local draft = json.draft({ a = "xx", b = "<" }, { indent = 2, omit = { a = "late" } })
    assert.has_error(function() fs.write(path, draft) end)
    assert.is_nil(fs.stat(path))
    assert(fs.write(path, draft:fill { "yz" }))
    assert.equal('{\n  "a": "yz",\n  "b": "\\u003c"\n}', fs.read(path))
    assert.has_error(function() fs.write(path, {}) end)
    fs.remove_tree((path:match "(.*)/"))
  end)

  it("says what cannot be written", function()
    assert.has_error(function() json.draft({ a = { b = print } }, { omit = { a = true } }) end, "cannot encode a.b as JSON: a function")
    assert.has_error(function() json.draft({ a = 1 }, { omit = { a = "late" } }) end,
      "cannot encode a as JSON: a late value that is no text")
  end)
end)
