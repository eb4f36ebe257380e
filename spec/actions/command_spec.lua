local command = require "orun.actions.command"

describe("workflow commands", function()
  it("have a name, properties and a value", function()
    assert.same({ name = "set-output", properties = { name = "a b", other = "1" }, value = "x::y" },
      command.parse "::Set-Output name=a%20b,plain,other=1::x::y")
    assert.same({ name = "endgroup", properties = {}, value = "" }, command.parse "::endgroup::\r")
  end)

  it("06 case 6: are decoded once", function()
    assert.equal("a/b==", command.parse("::set-env name=T::a%2Fb%3D%3D").value)
    assert.equal("a%0A", command.parse("::set-output name=x::a%250A").value)
    assert.equal("100%, a+b\n", command.parse("::x::100%, a+b%0a").value)
  end)

  it("06 case 9: begin in the first column", function()
    for _, line in ipairs { " ::error::x", "::error", "::::", ":: ::x", "plain" } do assert.is_nil(command.parse(line), line) end
  end)
end)
