local diagnostic = require "orun.diagnostic"
local selection = require "orun.run.selection"

local plan = { jobs = {
  { id = "api@dev.build", component = "api", environment = "dev" }, { id = "db@prod.build", component = "db", environment = "prod" },
} }

---The failure of a filter, and the warnings about it.
local function said(filter, scoped)
  local report = diagnostic.collector()
  local ok, failure = pcall(selection.check, plan, filter, scoped or false, report)
  local warnings = {}
  for i, d in ipairs(report.warnings) do warnings[i] = d.message end
  return not ok and ("%s (%s)"):format(failure.errors[1].message, failure.errors[1].hint) or nil, warnings
end

describe("the filter of a stored plan", function()
  it("takes a plain name that no job has for a slip, even beside others", function()
    local listed = "`orun get jobs` lists them"
    assert.equal(("no job of this plan matches environment dve (did you mean dev? %s)"):format(listed),
      (said { environments = { "prod", "dve" } }))
    assert.equal(("no job of this plan matches component queue (%s)"):format(listed), (said { components = { "api", "queue" } }))
    assert.equal(("no job of this plan matches component x*, y* (%s)"):format(listed), (said { components = { "x*", "y*" } }))
  end)

  it("warns of a wildcard without a match when others have one", function()
    local failure, warnings = said { components = { "x*", "a*" }, environments = { "*" } }
    assert.is_nil(failure)
    assert.same({ "no job of this plan matches component x*" }, warnings)
  end)

  it("may name more components than there are when the working directory says them, but not only others", function()
    assert.is_nil((said({ components = { "api", "queue" } }, true)))
    assert.truthy(said({ components = { "queue" } }, true))
  end)
end)
