local duration = require "orun.util.duration"

describe("durations", function()
  it("are sums of numbers with units", function()
    for text, seconds in next, { ["90s"] = 90, ["1h30m"] = 5400, ["1.5m"] = 90, ["-2s"] = -2, ["+2s"] = 2, ["0"] = 0, ["250ms"] = 0.25 } do
      assert.equal(seconds, duration.parse(text), text)
    end
    assert.is_true(math.abs(duration.parse("3us") - 3e-6) < 1e-12)
    assert.is_true(math.abs(duration.parse("3µs") - 3e-6) < 1e-12)
  end)

  it("say what is wrong with them", function()
    local wrong = { ["30"] = "missing unit", ["5x"] = 'unknown unit "x"', [""] = "invalid", s = "invalid", ["1..2s"] = "invalid" }
    for text, part in next, wrong do
      local seconds, message = duration.parse(text)
      assert.is_nil(seconds)
      assert.truthy(message:find(part, 1, true), message)
      assert.truthy(message:find('"' .. text .. '"', 1, true), message)
    end
  end)
end)
