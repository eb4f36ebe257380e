local diagnostic = require "orun.diagnostic"

local function raised(fn, ...)
  local ok, err = pcall(fn, ...)
  assert.is_false(ok)
  return err
end

describe("diagnostic", function()
  it("raises one error as a Failure with exit code 1", function()
    local err = raised(diagnostic.raise, { kind = "a.b", message = "wrong" })
    assert.is_true(diagnostic.is(err))
    assert.same({ { kind = "a.b", message = "wrong" } }, err.errors)
    assert.same({}, err.warnings)
    assert.equal(1, err.exit)
    assert.equal("wrong", tostring(err))
  end)

  it("raises usage failures with exit code 2", function()
    local err = raised(diagnostic.usage, "no such flag", "try another")
    assert.equal(2, err.exit)
    assert.same({ { kind = "usage", message = "no such flag", hint = "try another" } }, err.errors)
  end)

  it("tells its failures from other values", function()
    for _, v in ipairs { "text", 1, {}, { errors = {} } } do assert.is_false(diagnostic.is(v)) end
    assert.is_false(diagnostic.is(nil))
  end)

  it("reports what was collected together, sorted by file, line and column", function()
    local report = diagnostic.collector()
    report:error { kind = "k", message = "third", file = "b.yaml", line = 1 }
    report:error { kind = "k", message = "second", file = "a.yaml", line = 10, column = 2 }
    report:error { kind = "k", message = "first", file = "a.yaml", line = 9, column = 7 }
    report:error { kind = "k", message = "zeroth" }
    report:warn { kind = "w", message = "careful" }
    local err = raised(report.check, report)
    local messages = {}
    for i, d in ipairs(err.errors) do messages[i] = d.message end
    assert.same({ "zeroth", "first", "second", "third" }, messages)
    assert.equal("careful", err.warnings[1].message)
  end)

  it("keeps the order of mistakes at one place and drops repetitions", function()
    local report = diagnostic.collector()
    for _, message in ipairs { "b", "a", "b" } do report:error { kind = "k", message = message, file = "f", line = 1 } end
    local err = raised(report.check, report)
    assert.equal(2, #err.errors)
    assert.equal("b", err.errors[1].message)
  end)

  it("lets a report without errors pass", function()
    local report = diagnostic.collector()
    report:warn { kind = "w", message = "careful" }
    report:check()
    assert.equal(1, #report.warnings)
  end)

  it("makes warnings errors when strict", function()
    local report = diagnostic.collector { strict = true }
    report:warn { kind = "w", message = "careful" }
    assert.equal("careful", raised(report.check, report).errors[1].message)
    assert.same({}, report.warnings)
  end)
end)
