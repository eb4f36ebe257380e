local suggestion = require "orun.util.suggestion"

describe("did-you-mean", function()
  it("offers the nearest of what could be a slip", function()
    assert.equal("first", suggestion.closest("frist", { "second", "first" }))
    assert.equal("plan", suggestion.closest("PLN", { "run", "plan" }))
    assert.equal("did you mean dev?", suggestion.hint("de", { "prod", "dev" }))
    assert.is_nil(suggestion.closest("nothing", { "dev", "prod" }))
  end)

  it("offers nothing that has nothing in common with what was written", function()
    assert.is_nil(suggestion.hint("19", { "a", "b", "cd" }))
    assert.is_nil(suggestion.hint("x", { "y" }))
  end)
end)
