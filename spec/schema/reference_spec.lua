-- References that lead back to where they came from.
local json = require "host.json"
local schema = require "orun.schema"

local function compile(text, options) return schema.compile(assert(json.decode(text)), options) end

describe("a schema that refers to itself", function()
  it("is refused when its references lead in a circle", function()
    for _, text in ipairs {
      '{"$ref": "#"}', '{"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}}',
      '{"properties": {"x": {"$ref": "#/$defs/a"}}, "$defs": {"a": {"type": "string", "$ref": "#/$defs/a"}}}',
      '{"$schema": "http://json-schema.org/draft-07/schema#", '
        .. '"definitions": {"a": {"$ref": "#/definitions/a"}}, "items": {"$ref": "#/definitions/a"}}',
    } do
      local compiled, err = compile(text)
      assert.is_nil(compiled, text)
      assert.equal("schema.reference", err.kind)
      assert.truthy(err.message:find("circle", 1, true), err.message)
    end
  end)

  it("ends in a violation when applying it would never end", function()
    for _, case in ipairs {
      { '{"allOf": [{"$ref": "#"}]}' }, { '{"allOf": [{"$dynamicRef": "#x"}], "$dynamicAnchor": "x"}' },
      { '{"$recursiveRef": "#", "$recursiveAnchor": true, "$schema": "https://json-schema.org/draft/2019-09/schema"}' },
      { '{"oneOf": [{"type": "array"}, {"$ref": "#"}]}' }, { '{"properties": {"a": {"allOf": [{"$ref": "#/properties/a"}]}}}', "/a" },
    } do
      local ok, violations = assert(compile(case[1])):validate { a = { b = 1 } }
      assert.is_nil(ok, case[1])
      assert.equal(case[2] or "", violations[1].pointer)
    end
  end)

  it("describes values of any depth", function()
    local tree = assert(compile '{"type": "object", "additionalProperties": {"$ref": "#"}, "propertyNames": {"minLength": 1}}')
    assert.is_true(tree:validate { a = { b = { c = {} } }, d = {} })
    local _, violations = tree:validate { a = { b = { c = 1 } }, d = { [""] = {} } }
    assert.same({ "/a/b/c", "/d/" }, { violations[1].pointer, violations[2].pointer })
    local twice = assert(compile '{"allOf": [{"$ref": "#/$defs/i"}, {"$ref": "#/$defs/i"}], "$defs": {"i": {"minProperties": 1}}}')
    assert.is_true(twice:validate { a = 1 })
    local deep = {}
    for _ = 1, 5000 do deep = { x = deep } end
    assert.is_true(tree:validate(deep))
  end)
end)
