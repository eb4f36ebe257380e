-- The examples of docs/templates.md say what happens.
local expression = require "orun.template.expression"
local fs = require "host.fs"
local template = require "orun.template"
local yaml = require "host.yaml"

local text = assert(fs.read "docs/templates.md")

local function data()
  local document = assert(yaml.read(text:match "```yaml\n(.-)```", "docs/templates.md"))
  return (document:value(document:root()))
end

-- Examples of a block: the lines of a template, then those of its result or its error.
local function examples(block)
  local found, current = {}, nil
  for line in block:gmatch "([^\n]*)\n" do
    local mark, rest = line:match "^(→) (.*)$"
    if not mark then mark, rest = line:match "^(✗) (.*)$" end
    if not mark and (not current or current.mark) then
      current = { source = {}, result = {} }
      found[#found + 1] = current
    end
    current.mark = current.mark or mark
    local lines = mark and current.result or current.source
    lines[#lines + 1] = rest or line
  end
  return found
end

describe("docs/templates.md:", function()
  local count = 0
  for block in text:gmatch "```template\n(.-)```" do
    for _, example in ipairs(examples(block)) do
      count = count + 1
      local source, wanted = table.concat(example.source, "\n"), table.concat(example.result, "\n")
      it(example.source[1], function()
        local out, err = template.render(expression.protect(source), data())
        if example.mark == "✗" then
          assert.equal(nil, out)
          assert.equal(wanted, err.message)
        else
          assert.equal(wanted, out or err.message)
        end
      end)
    end
  end

  it("has examples", function() assert.truthy(count >= 30) end)
end)
