describe("c-program", function()
  local function program(environment, profile, parameters)
    local own = { program = "tally", libDir = "../libtally" }
    for name, v in pairs(parameters or {}) do own[name] = v end
    return compile({ component = "tally", environment = environment, profile = profile, parameters = own })[1]
  end

  it("links against the library of its environment", function()
    local job = program "dev"
    assert.same({ "link", "smoke" }, { job.steps[1].id, job.steps[2].id })
    assert.contains("../libtally/build/dev/libtally.a", job.steps[1].run)
    assert.contains("-O0 -g -Wall", job.steps[1].run)
    assert.same({ "build/dev/tally" }, job.outputs)
  end)

  it("is stripped for a release", function()
    local job = program("production", "release", { optimize = "speed", assertions = false })
    assert.equal("strip build/production/tally", job.steps[2].run)
    assert.contains("-O2 -g -DNDEBUG", job.steps[1].run)
  end)

  it("keeps names of any kind one word", function()
    assert.contains("'two words.c'", program("dev", nil, { program = "two words" }).steps[1].run)
  end)

  it("refuses what it does not know", function()
    assert.has_error(function() program("dev", nil, { optimise = "speed" }) end, "optimise")
    assert.has_error(function() program("dev", nil, { optimize = "fast" }) end, "optimize")
  end)
end)
