-- GitHub expressions in step texts (decision 6; 03 §5.3).
local cases = dofile "spec/template/cases.lua"
local expression = require "orun.template.expression"
local sorted = require "orun.util.sorted"
local template = require "orun.template"

local data = { a = "x", b = "y", n = 3, s = "text" }

local function render(text) return template.render(expression.protect(text), data) end

local contexts = { "github", "env", "vars", "secrets", "job", "jobs", "steps", "runner", "strategy", "matrix", "needs", "inputs" }
local functions = { "always", "success", "failure", "cancelled", "hashFiles", "contains", "startsWith", "endsWith", "format", "join",
  "toJSON", "fromJSON" }

local function stays(text) assert.equal(text, (render(text))) end

describe("a GitHub expression", function()
  it("with the name of a context is literal", function()
    for _, name in ipairs(contexts) do
      stays(("${{ %s.x }}"):format(name))
      stays(("${{%s}}"):format(name))
      stays(("${{\t\r\n %s['x'] == 'y' && 1 || 0}}"):format(name))
    end
  end)

  it("with the name of a function is literal", function()
    for _, name in ipairs(functions) do stays(("a ${{ %s() }} b"):format(name)) end
  end)

  it("may begin with any ! and (", function()
    for _, text in ipairs { "${{ !cancelled() }}", "${{ (success() && env.X) }}", "${{!( ! (github.x))}}", "${{ !!env.A }}" } do
      stays(text)
    end
  end)

  it("ends behind its quoted strings", function()
    stays "${{ format('}}{0}', matrix.os) }}"
    stays "${{ contains(github.ref, 'it''s }}') }} }}"
    stays "${{ format('{{0}} {0}', github.ref) }}"
    assert.equal("${{ github.x }} it's x ${{ format('a') }}", (render "${{ github.x }} it's {{.a}} ${{ format('a') }}"))
  end)

  it("with a quote that nothing closes ends at the first braces", function()
    assert.equal("${{ env.IT'S }} x", (render "${{ env.IT'S }} {{.a}}"))
    assert.equal("${{ env.IT'S }}\n'x", (render "${{ env.IT'S }}\n'{{.a}}"))
  end)

  it("keeps every byte", function()
    stays "${{ github.sha\r\n  }}\r\n"
    stays "${{ toJSON(github) }}`\"'\\ é \255"
    stays "$${{ github.sha }}}}"
    stays "${{ matrix.a }}${{ matrix.b }}"
  end)

  it("leaves the template language around it alone", function()
    assert.equal("x ${{ github.sha }} y", (render "{{.a}} ${{ github.sha }} {{.b}}"))
    assert.equal("x${{ github.sha }}y", (render "{{.a -}} ${{ github.sha }} {{- .b}}"))
    assert.equal("a${{ env.X }}b", (render "a {{- /* ${{ github.sha }} */ -}} ${{ env.X }}b"))
    assert.equal("${{ env.X }}", (render "{{if .a}}${{ env.X }}{{end}}"))
    assert.equal("<${{ env.X }}>", (render '{{define "t"}}<${{ env.X }}>{{end}}{{template "t"}}'))
  end)

  it("inside of an action is none", function()
    assert.equal("${{ secrets.T }}", (render '{{"${{ secrets.T }}"}}'))
    assert.equal("${{ secrets.T }} x", (render "{{`${{ secrets.T }}`}} {{.a}}"))
    assert.equal("${{ secrets.T }}", (render '${{"{{"}} secrets.T }}'))
    assert.equal("$'x", (render "${{'\\''| printf \"%c\"}}{{.a}}"))
  end)

  it("with another name stays a template action", function()
    assert.equal("$3", (render "${{ .n }}"))
    for _, name in ipairs { "nothing", "githubx", "github_x", "github-x", "GitHub", "inputs2" } do
      local out, err = render("${{ " .. name .. " }}")
      assert.equal(nil, out)
      assert.equal("parse", err.kind)
    end
    -- Not blanks, `!` or `(`.
    assert.equal("parse", select(2, render "${{- github.sha }}").kind)
    assert.equal("parse", select(2, render "{{ github.sha }}").kind)
    assert.equal("parse", select(2, render "$ {{ github.sha }}").kind)
  end)

  it("without end stays a mistake", function()
    local _, err = render "a\n${{ github.sha"
    assert.same({ "parse", 2 }, { err.kind, err.line })
  end)

  it("moves neither lines nor columns of what follows", function()
    local _, err = render "${{ github.a\n}} é ${{ env.B }}{{.s.x}}"
    assert.same({ "exec", 2, 20 }, { err.kind, err.line, err.column })
    assert.equal("${{ github.a\n}} é ${{ env.B }}", err.partial)
    _, err = render "${{ github.sha }}${{ env.X }} {{nofn}}"
    assert.same({ "parse", 1, 33 }, { err.kind, err.line, err.column })
  end)
end)

describe("protect", function()
  it("changes no text of the plain language", function()
    for _, list in sorted.pairs(cases.topics) do
      for _, case in ipairs(list) do
        assert.equal(case[1], expression.protect(case[1]))
        assert.equal(case[1] .. "${{.x}}", expression.protect(case[1] .. "${{.x}}"))
      end
    end
  end)

  it("can be undone", function()
    for _, text in ipairs { "${{ github.sha }}", "a ${{ env.A }} {{.x}} ${{ format('{{') }}", "{{.x}}" } do
      assert.equal(text, expression.restore(expression.protect(text)))
    end
  end)
end)
