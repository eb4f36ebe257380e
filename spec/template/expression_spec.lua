local expression = require "orun.template.expression"
local template = require "orun.template"

local function render(text, data)
  local out, err = template.render(expression.protect(text), data or {})
  return out or err.message
end

describe("GitHub expressions in step texts", function()
  it("are left as they are", function()
    for _, text in ipairs { "${{ secrets.TOKEN }}", "a ${{github.sha}} b", "${{ !cancelled() }}", "${{ (success() && env.X) }}",
      "${{ format('}}{0}', matrix.os) }}", "${{ contains(github.ref,\n  'x') }}", "${{ toJSON(github) }}`" } do
      assert.equal(text, render(text))
    end
  end)

  it("leave the template language around them alone", function()
    assert.equal("x ${{ github.sha }} y", render("{{.a}} ${{ github.sha }} {{.b}}", { a = "x", b = "y" }))
    assert.equal("$3", render("${{ .n }}", { n = 3 }))
    assert.equal("${{ secrets.T }}", render('{{"${{ secrets.T }}"}}'))
    assert.equal("${{ secrets.T }}", render('${{"{{"}} secrets.T }}'))
    assert.equal("a${{ env.X }}b", render("a {{- /* ${{ github.sha }} */ -}} ${{ env.X }}b"))
  end)

  it("of other names stay template actions", function()
    assert.truthy(render("${{ nothing }}"):find("no function nothing", 1, true))
    assert.truthy(render("${{ githubx }}"):find("no function githubx", 1, true))
  end)

  it("keep line numbers", function()
    local _, err = template.render(expression.protect("${{ github.a\n}}\n{{.s.x}}"), { s = "text" })
    assert.equal(3, err.line)
  end)
end)
