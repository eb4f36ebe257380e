-- The template language by cases (03 §5.3, 02 §10; 02 cases 30 to 33).
local cases = dofile "spec/template/cases.lua"
local sorted = require "orun.util.sorted"
local template = require "orun.template"

local function fails(case, kind, names, out, err)
  assert.equal(nil, out, ("%q should fail"):format(case[1]))
  assert.equal(kind, err.kind, err.message)
  assert.truthy(err.message:lower():find(names:lower(), 1, true), ("%q: %q does not name %q"):format(case[1], err.message, names))
  assert.equal(case.line or 1, err.line, err.message)
  assert.equal(kind == "exec" and (case.partial or "") or nil, err.partial)
end

describe("the template language:", function()
  for topic, list in sorted.pairs(cases.topics) do
    it(topic, function()
      for _, case in ipairs(list) do
        local out, err = template.render(case[1], cases.data)
        local kind = case.parse and "parse" or case.exec and "exec"
        if kind then
          fails(case, kind, case[kind], out, err)
        else
          assert.equal(case[2], out, ("%q: %s"):format(case[1], err and err.message or "another text"))
        end
      end
    end)
  end
end)
