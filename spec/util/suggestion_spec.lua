local suggestion = require "orun.util.suggestion"

describe("did-you-mean", function()
  it("offers the nearest of what could be a slip", function()
    assert.equal("first", suggestion.closest("frist", { "second", "first" }))
    assert.equal("plan", suggestion.closest("PLN", { "run", "plan" }))
    assert.equal("did you mean dev?", suggestion.hint("de", { "prod", "dev" }))
    assert.is_nil(suggestion.closest("nothing", { "dev", "prod" }))
  end)

  it("takes only what is hardly anything else for a slip of a name that may be meant as it is", function()
    local names = { "core", "payments", "team2", "init", "web" }
    for name, meant in next, { croe = "core", Core = "core", payment = "payments", WEB = "web", paymants = "payments" } do
      assert.equal(meant, suggestion.slip(name, names), name)
    end
    for _, name in ipairs { "team1", "lint", "wep", "care2", "data", "core" } do assert.is_nil(suggestion.slip(name, names), name) end
  end)

  it("offers nothing that has nothing in common with what was written", function()
    assert.is_nil(suggestion.hint("19", { "a", "b", "cd" }))
    assert.is_nil(suggestion.hint("x", { "y" }))
  end)
end)
