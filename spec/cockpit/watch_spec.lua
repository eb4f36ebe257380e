local watch = require "orun.cockpit.watch"

-- Follows a run whose status takes these values one after the other; returns what was emitted.
local function follow(statuses, options)
  local at, emitted, pauses = 0, {}, {}
  local signal = watch.follow {
    interval = 0.1,
    load = function()
      at = at + 1
      local status = statuses[at]
      if status == "error" then return nil, "unreadable" end
      return status and { status = status } or nil
    end,
    emit = function(view, message)
      emitted[#emitted + 1] = view and view.status or message or "none"
      return options and options.emit and options.emit(#emitted)
    end,
    pause = function(seconds)
      pauses[#pauses + 1] = seconds
      return options and options.pause and options.pause(#pauses) or nil
    end,
  }
  return emitted, pauses, signal
end

describe("watching", function()
  it("09 case 14: ends with the run", function()
    local emitted, pauses, signal = follow { "running", "running", "completed", "running" }
    assert.same({ "running", "running", "completed" }, emitted)
    assert.same({ 0.1, 0.1 }, pauses)
    assert.is_nil(signal)
  end)

  it("09 case 15: waits for a run to appear", function()
    assert.same({ "none", "none", "running", "failed" }, (follow { false, false, "running", "failed" }))
  end)

  it("09 case 16: an interval that is too short is a second", function()
    assert.equal(1, watch.interval(0.05))
    assert.equal(0.2, watch.interval(0.2))
    assert.equal(5, watch.interval(5))
  end)

  it("goes on after what cannot be read", function()
    assert.same({ "running", "unreadable", "completed" }, (follow { "running", "error", "completed" }))
  end)

  it("ends at a signal, and when nobody looks any more", function()
    local emitted, _, signal = follow({ "running", "running", "running" }, { pause = function(n) return n == 2 and "INT" or nil end })
    assert.same({ "running", "running" }, emitted)
    assert.equal("INT", signal)
    emitted = follow({ "running", "running" }, { emit = function() return false end })
    assert.equal(1, #emitted)
  end)
end)
