local json = require "host.json"
local value = require "host.value"

describe("host.value", function()
  it("names the kind of every value", function()
    assert.equal("nil", value.kind(nil))
    assert.equal("null", value.kind(value.null))
    assert.equal("boolean", value.kind(false))
    assert.equal("integer", value.kind(1))
    assert.equal("float", value.kind(1.0))
    assert.equal("string", value.kind "")
    assert.equal("list", value.kind(value.list()))
    assert.equal("map", value.kind {})
    assert.equal("uint64", value.kind(value.uint64 "9223372036854775808"))
    assert.equal("time", value.kind(value.time(0)))
    assert.equal("other", value.kind(print))
    assert.equal("other", value.kind(io.stdout))
  end)

  it("has one null, which is truthy and is not nil", function()
    assert.equal(value.null, json.decode "null")
    assert.is_true(value.null and true)
    assert.is_false(value.null == nil)
  end)

  describe("list", function()
    it("marks in place and makes empty ones", function()
      local t = { 1, 2 }
      assert.equal(t, value.list(t))
      assert.is_true(value.is_list(t))
      assert.is_true(value.is_list(value.list()))
      assert.is_false(value.is_list {})
      assert.is_false(value.is_list "x")
      assert.is_false(value.is_list(setmetatable({}, {})))
    end)

    it("takes nothing but a table", function()
      assert.has_error(function() value.list "x" end)
    end)
  end)

  describe("uint64", function()
    it("is an integer as long as one can hold it", function()
      assert.equal(math.maxinteger, value.uint64 "9223372036854775807")
      assert.equal("integer", math.type(value.uint64 "12"))
    end)

    it("keeps every digit above that", function()
      assert.equal("18446744073709551615", tostring(value.uint64 "18446744073709551615"))
    end)

    it("compares among its kind", function()
      local a, b = value.uint64 "9223372036854775808", value.uint64 "18446744073709551615"
      assert.is_true(a < b)
      assert.is_true(a <= b)
      assert.is_false(b < a)
      assert.is_true(a == value.uint64 "9223372036854775808")
      assert.is_false(a == b)
      assert.has_error(function() return a < 1 end)
    end)

    it("refuses what is no such number", function()
      for _, text in ipairs { "18446744073709551616", "-1", "+1", "", "1x", " 1" } do
        assert.has_error(function() value.uint64(text) end)
      end
    end)
  end)

  describe("time", function()
    it("prints RFC 3339 with the fraction trimmed and the offset kept", function()
      assert.equal("2024-01-02T00:00:00Z", tostring(value.time(1704153600)))
      assert.equal("2001-12-14T21:59:43.1-05:00", tostring(value.time(1008385183, 100000000, -18000)))
      assert.equal("1969-12-31T23:59:59.000000001Z", tostring(value.time(-1, 1)))
      assert.equal("0000-01-01T00:00:00Z", tostring(value.time(-62167219200)))
      assert.equal("9999-12-31T23:59:59Z", tostring(value.time(253402300799)))
    end)

    it("prints the form of templates", function()
      assert.equal("2024-01-02 00:00:00 +0000 UTC", value.time(1704153600):text())
      assert.equal("2001-12-14 21:59:43.1 -0500 -0500", value.time(1008385183, 100000000, -18000):text())
    end)

    it("gives its parts back", function()
      assert.same({ 5, 7, 3600 }, { value.time(5, 7, 3600):parts() })
    end)

    it("is equal by instant and offset", function()
      assert.is_true(value.time(5, 7) == value.time(5, 7))
      assert.is_false(value.time(5) == value.time(5, 0, 3600))
    end)

    it("refuses what RFC 3339 cannot write", function()
      assert.has_error(function() value.time(253402300800) end)
      assert.has_error(function() value.time(math.mininteger) end)
      assert.has_error(function() value.time(math.maxinteger, 0, 60) end)
      assert.has_error(function() value.time(0, -1) end)
      assert.has_error(function() value.time(0, 1000000000) end)
      assert.has_error(function() value.time(0, 0, 86401) end)
    end)
  end)

  describe("shape", function()
    it("puts the listed keys first, the others sorted behind them", function()
      local shape = value.shape { "z", "absent", "m" }
      local t = { a = 1, m = 2, z = 3, b = 4 }
      assert.equal(t, shape(t))
      assert.equal('{"z":3,"m":2,"a":1,"b":4}', json.encode(t))
      assert.same({ "z", "absent", "m" }, value.keys(t))
      assert.is_nil(value.keys {})
    end)

    it("writes a key once that is listed twice", function()
      assert.equal('{"a":1}', json.encode(value.shape { "a", "a" } { a = 1 }))
    end)
  end)

  describe("copy", function()
    it("is deep and keeps lists and key orders", function()
      local t = value.shape { "b", "a" } { a = value.list { 1, { x = value.list() } }, b = value.null }
      local c = value.copy(t)
      assert.equal('{"b":null,"a":[1,{"x":[]}]}', json.encode(c))
      c.a[2].x[1] = "new"
      assert.equal(0, #t.a[2].x)
    end)

    it("gives scalars back as they are", function()
      local big = value.uint64 "18446744073709551615"
      assert.equal(big, value.copy(big))
      assert.is_nil(value.copy(nil))
    end)

    it("copies whatever the decoder can nest", function()
      local v = json.decode(("["):rep(512) .. ("]"):rep(512))
      assert.is_true(value.equal(v, value.copy(v)))
    end)

    it("refuses cycles", function()
      local t = {}
      t.t = t
      assert.has_error(function() value.copy(t) end)
    end)
  end)

  describe("equal", function()
    it("compares by kind and content", function()
      assert.is_true(value.equal({ a = value.list { 1, "x" } }, { a = value.list { 1, "x" } }))
      assert.is_false(value.equal(1, 1.0))
      assert.is_false(value.equal(value.list(), {}))
      assert.is_false(value.equal({ a = 1 }, { a = 1, b = 2 }))
      assert.is_false(value.equal({ a = 1, b = 2 }, { a = 1 }))
      assert.is_false(value.equal({ a = value.null }, {}))
      assert.is_false(value.equal("1", 1))
      assert.is_true(value.equal(value.uint64 "18446744073709551615", value.uint64 "18446744073709551615"))
      assert.is_true(value.equal(value.time(1), value.time(1)))
      assert.is_true(value.equal(nil, nil))
    end)

    it("finds NaN equal to nothing, wherever it is", function()
      local t = { 0 / 0 }
      assert.is_false(value.equal(0 / 0, 0 / 0))
      assert.is_false(value.equal(t, t))
    end)
  end)
end)
