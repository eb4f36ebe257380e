describe("page", function()
  local function page(program)
    return compile({
      component = "site", environment = "dev",
      parameters = { program = program, script = "generate.lua", inputs = { "a.txt", "sub/b.txt" } },
    })[1]
  end

  it("counts every input", function()
    local job = page "../tally:tally"
    assert.matches("../tally/build/dev/tally sub/b.txt > build/dev/b.txt.counts\n", job.steps[1].run, true)
    assert.equal("lua5.4 generate.lua build/dev/index.html build/dev/a.txt.counts build/dev/b.txt.counts", job.steps[2].run)
  end)

  it("says how a program is named", function()
    assert.has_error(function() page "tally" end, "program must be written as component:name")
  end)
end)
