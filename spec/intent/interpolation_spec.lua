local interpolation = require "orun.intent.interpolation"

local names = { environment = "dev", group = "core", component = "api" }

local function expand(text)
  return (interpolation.expand(text, names))
end

describe("intent.interpolation", function()
  it("knows three names in two spellings", function()
    assert.equal("dev-core-api", expand("{{.environment}}-{{ .group }}-{{.component}}"))
    assert.equal("x dev  y", expand(" x {{ .environment }} {{ .other }} y "))
  end)

  it("removes what it does not know, of one line, and trims (01 case 36, 03 case 20)", function()
    local text, unknown = interpolation.expand(" a {{ .environment }} {{ .zzz }} ", names)
    assert.equal("a dev", text)
    assert.same({ "{{ .zzz }}" }, unknown)
    assert.equal("-x", expand("{{  .environment }}-x"))
    assert.equal("{{ a\n}} b", expand("{{ a\n}} b"))
    assert.equal("a\nb", expand("  a\nb\n"))
    assert.equal("}", expand("{{{.environment }}}"))
    assert.equal("{dev}", expand("{{{.environment}}}"))
  end)

  it("trims white space of Unicode too", function()
    assert.equal("a\u{a0}b", expand("\u{a0}\u{2003} a\u{a0}b \u{3000}\u{85}"))
    assert.equal("", expand("\u{a0}"))
    assert.equal("é", expand("é"))
  end)

  it("leaves GitHub expressions alone (quirk 9)", function()
    assert.equal("${{ github.sha }}", expand(" ${{ github.sha }} "))
    assert.equal("dev ${{ inputs.x }} api", expand("{{ .environment }} ${{ inputs.x }} {{.component}}"))
    assert.equal("${{ format('{0}}}', x) }}-dev", expand("${{ format('{0}}}', x) }}-{{.environment}}"))
    assert.equal("${{ it's }}", expand("${{ it's }}"))
    assert.equal("${{.environment}}", expand("${{.environment}}"))
    assert.equal("${{ a\n b }}", expand("${{ a\n b }}"))
  end)

  it("keeps percent signs of names", function()
    assert.equal("100%1", (interpolation.expand("{{ .group }}", { environment = "e", group = "100%1", component = "c" })))
  end)
end)
