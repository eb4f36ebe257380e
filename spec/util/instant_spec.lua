local instant = require "orun.util.instant"

describe("instants", function()
  it("read RFC 3339", function()
    assert.equal(0, instant.parse "1970-01-01T00:00:00Z")
    assert.equal(951782400, instant.parse "2000-02-29T00:00:00Z")
    assert.equal(1780304400, instant.parse "2026-06-01T09:00:00Z")
    assert.equal(1780304400, instant.parse "2026-06-01T11:00:00+02:00")
    assert.equal(1780304400, instant.parse "2026-06-01T03:30:00-05:30")
    assert.equal(1780304400.25, instant.parse "2026-06-01T09:00:00.250Z")
  end)

  it("read the same again", function()
    for _ = 1, 2 do
      assert.equal(1780304400.25, instant.parse "2026-06-01T09:00:00.250Z")
      assert.equal(1780304400.001, instant.parse "2026-06-01T09:00:00.001Z")
      assert.equal(1780304461.25, instant.parse "2026-06-01T09:01:01.250Z")
      assert.equal("integer", math.type(instant.parse "2026-06-01T09:00:00.000Z"))
      assert.is_nil(instant.parse "2026-06-01T09:00:00+250Z")
      assert.is_nil(instant.parse "2026-06-01 day1 9:00.250Z")
    end
  end)

  it("refuse anything else", function()
    for _, text in ipairs { "", "today", "2026-06-01", "2026-06-01T09:00:00", "2026-06-01T09:00:00+2" } do
      assert.is_nil(instant.parse(text))
    end
    assert.is_nil(instant.parse(nil))
    assert.is_nil(instant.parse(12))
  end)
end)
