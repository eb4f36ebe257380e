local Sources = dofile "spec/support/sources.lua"
local diagnostic = require "orun.diagnostic"

local function has(text, ...)
  for _, part in ipairs { ... } do
    assert.truthy(text:find(part, 1, true), ("%q is not in:\n%s"):format(part, text))
  end
end

local function lacks(text, part)
  assert.falsy(text:find(part, 1, true), ("%q is in:\n%s"):format(part, text))
end

local job = "  jobs: [{name: build, steps: [{name: make, run: 'p={{.parameters.p}}'}]}]\n"

---A composition whose schema is the text, at lines 6 and after, column 5.
local function with_schema(schema)
  return "kind: Composition\nmetadata: {name: site}\nspec:\n  type: site\n  parameterSchema:\n" .. schema:gsub("[^\n]+", "    %0")
    .. "  defaultJob: build\n" .. job
end

local function platform(schema, component, rest)
  return Sources.new {
    ["intent.yaml"] = Sources.intent .. (rest or "environments: {dev: {}}\n"),
    ["kit/site/composition.yaml"] = with_schema(schema),
    ["app/component.yaml"] = "kind: Component\nmetadata: {name: app}\nspec:\n  type: site\n  subscribe: {environments: ['*']}\n"
      .. (component or ""),
  }
end

local function errors(...)
  local compiled, failure = platform(...):compile()
  assert.is_nil(compiled)
  return Sources.text(failure.errors), failure.errors
end

local function run_of(...)
  return platform(...):jobs()["app@dev.build"].steps[1].run
end

local numbers = [[
type: object
properties:
  parameters:
    type: object
    additionalProperties: false
    required: [n]
    properties:
      n: {type: integer, minimum: 3}
      p: {type: string}
      tags: {type: array, items: {type: string, pattern: "^(?!x)"}}
      start: {type: string, format: date-time}
]]

describe("component parameters", function()
  after_each(Sources.clean)

  it("are judged before {{ }} is replaced, which is said", function()
    local text = errors(numbers, '  parameters: {n: "{{ .environment }}"}\n')
    has(text, "expected integer, but got string", "a schema judges the text as it is written; {{ }} is replaced later")
  end)

  it("are told apart by place, pointer and reason, all of them at once (02 §8, quirk 10)", function()
    local text, list = errors(numbers, "  parameters:\n    n: one\n    p: 1.10\n    tags: [a, xyz]\n    tgas: [b]\n")
    assert.equal(4, #list)
    has(text, "app/component.yaml:7:8: schema.violation: component app failed validation against type site: "
      .. "'/parameters/n': expected integer, but got string")
    has(text, "app/component.yaml:8:8: schema.violation", "'/parameters/p': expected string, but got number", 'put it in quotes: "1.10"')
    has(text, "app/component.yaml:9:15: schema.violation", "'/parameters/tags/1': does not match pattern '^(?!x)'",
      "demanded at kit/site/composition.yaml:15")
    has(text, "app/component.yaml:10:5: schema.violation", "additionalProperties 'tgas' not allowed", "did you mean tags?")
    for _, item in ipairs(list) do assert.truthy(item.source and item.path) end
  end)

  it("are reported for all components together, disabled and unsubscribed ones too (01 §12.2)", function()
    local compiled, failure = Sources.new {
      ["intent.yaml"] = Sources.intent .. "environments: {dev: {}}\ncomponents:\n"
        .. "  - {name: b, type: site, enabled: false, parameters: {n: x}}\n  - {name: a, type: site, parameters: {n: 1}}\n",
      ["kit/site/composition.yaml"] = with_schema(numbers),
    }:compile()
    assert.is_nil(compiled)
    local text = Sources.text(failure.errors)
    has(text, "component b failed validation", "component a failed validation", "must be >= 3 but found 1")
    assert.truthy(text:find("component b", 1, true) < text:find("component a", 1, true), "sorted by place")
  end)

  it("must be set on the component when they are required (02 case 14)", function()
    local text = errors(numbers, "  parameters:\n    p: x\n", "environments: {dev: {parameterDefaults: {'*': {n: 4}}}}\n")
    has(text, "app/component.yaml:6:3: schema.violation", "'/parameters': missing properties: 'n'",
      "parameterDefaults of environment dev supplies n, but a required parameter must be set on the component itself")
    has(errors(numbers), "app/component.yaml:4:3", "missing properties: 'n'", "demanded at kit/site/composition.yaml:11")
    has(errors(numbers, "  parameters: {}\n", "groups: {'': {parameterDefaults: {site: {n: 4}}}}\nenvironments: {dev: {}}\n"),
      "app/component.yaml:6:3", "parameterDefaults of group  supplies n")
    has(errors((numbers:gsub("minimum: 3", "default: 3"))), "the schema's default supplies n")
    has(errors((numbers:gsub("%[n%]", "[n, p]"))), "missing properties: 'n', 'p'")
  end)

  it("know formats as the dialect says (02 case 15)", function()
    local schema = "properties: {parameters: {properties: {u: {type: string, format: uri}}}}\n"
    has(errors(schema, "  parameters: {u: not a uri}\n"), "app/component.yaml:6:19", "'not a uri' is not valid 'uri'")
    assert.equal("p=<no value>", run_of("$schema: https://json-schema.org/draft/2019-09/schema\n" .. schema,
      "  parameters: {u: not a uri}\n"))
  end)

  it("are validated in an envelope of six keys (02 case 16)", function()
    local text = errors("additionalProperties: false\nproperties: {name: true, type: true, parameters: true}\n", "  labels: {a: b}\n")
    has(text, "additionalProperties 'inputs' not allowed", "additionalProperties 'domain' not allowed",
      "app/component.yaml:6:3: schema.violation", "additionalProperties 'labels' not allowed", "a closed schema must allow them all")
    assert.equal("p=1", run_of("additionalProperties: false\nrequired: [name, type, inputs, domain, labels]\n"
      .. "properties: {name: {const: app}, type: true, parameters: true, inputs: {required: [p]}, domain: {const: ''}, labels: true}\n",
      "  parameters: {p: 1}\n"))
    has(errors("properties: {inputs: {properties: {p: {type: string}}}}\n", "  parameters: {p: 1}\n"), "app/component.yaml:6:19",
      "'/inputs/p': expected string, but got integer")
  end)

  it("hold labels as an object (02 quirk 8)", function()
    local schema = "properties: {labels: {type: object, required: [team], properties: {team: {enum: [a, b]}}}}\n"
    assert.equal("p=<no value>", run_of(schema, "  labels: {team: a}\n"))
    has(errors(schema, "  labels: {team: c}\n"), "app/component.yaml:6:18", "'/labels/team': value must be one of \"a\", \"b\"")
    has(errors(schema), "'/labels': missing properties: 'team'")
  end)

  it("hold timestamps as texts (02 quirk 9)", function()
    local schema = "properties: {parameters: {properties: {p: {type: string, format: date-time, const: 2024-01-02}, "
      .. "d: {items: {format: date}}}}}\n"
    assert.equal("p=2024-01-02 00:00:00 +0000 UTC", run_of(schema, "  parameters: {p: 2024-01-02}\n"))
    has(errors(schema, "  parameters:\n    d: [2024-01-02, '2024-01-03']\n"), "app/component.yaml:7:9",
      "'/parameters/d/0': '2024-01-02T00:00:00Z' is not valid 'date'", "put it in quotes")
  end)

  it("get the schema's defaults below every other layer", function()
    local schema = "$defs: {port: {type: integer, default: 8080}}\nproperties:\n  parameters:\n    properties:\n"
      .. "      p: {default: '{{ .component }}-x'}\n      port: {$ref: '#/$defs/port'}\n      deep: {properties: {a: {default: 1}}}\n"
      .. "      gone: {default: 1}\n"
    local built = platform(schema, "  parameters: {gone: null}\n"):jobs()["app@dev.build"]
    assert.equal("p=app-x", built.steps[1].run)
    assert.equal(8080, built.parameters.port)
    assert.is_nil(built.parameters.deep)
    assert.equal(require("host.value").null, built.parameters.gone)
    assert.equal("p=mine", run_of(schema, "  parameters: {p: mine}\n"))
    assert.equal("p=env", run_of(schema, "", "environments: {dev: {parameterDefaults: {'*': {p: env}}}}\n"))
    -- A default at the envelope's own level supplies nothing.
    assert.equal("p=<no value>", run_of("properties: {parameters: {default: {p: 1}}, domain: {default: web}}\n"))
  end)

  it("need schemas that compile; look-ahead does (02 case 17, differs from the reference by decision 7)", function()
    has(errors "properties: {parameters: {properties: {p: {pattern: '('}}}}\n", "kit/site/composition.yaml:6:",
      "composition.schema-invalid", 'composition "site"')
    has(errors "properties:\n  parameters:\n    $ref: http://example.com/x\n", "kit/site/composition.yaml:8:15: composition.schema-invalid",
      "http://example.com/x")
    has(errors "type: object\nproperties:\n  a: {type: strange, minLength: -1}\n",
      "kit/site/composition.yaml:8:17: composition.schema-invalid", "kit/site/composition.yaml:8:37: composition.schema-invalid")
    has(errors "$ref: https://json-schema.org/draft/2020-12/schema\ntype: strange\n", "composition.schema-invalid")
    -- Look-ahead is part of the pattern language, unlike in the reference.
    assert.equal("p=x", run_of("properties: {parameters: {properties: {p: {pattern: '(?=x)'}}}}\n", "  parameters: {p: x}\n"))
  end)

  it("are checked by validate too (01 quirk 7)", function()
    local sources, report = platform(numbers, "  parameters: {n: 1}\n"), diagnostic.collector()
    local ok, failure = pcall(require("orun.compiler").validate, { cwd = sources.root }, report)
    assert.is_false(ok)
    has(Sources.text(failure.errors), "app/component.yaml:6:19", "must be >= 3 but found 1")
  end)

  it("follow compositionRef and the files of a config directory", function()
    local schema = "properties: {parameters: {required: [q], properties: {q: {type: boolean, default: true}}}}\n"
    local sources = Sources.new {
      ["intent.yaml"] = "environments: {dev: {}}\n"
        .. "components: [{name: app, type: old, parameters: {q: 1}, subscribe: {environments: [dev]}}]\n",
      ["cfg/old/job.yaml"] = "metadata: {name: old}\njobs: [{name: build, steps: [{name: a, run: '{{.parameters.q}}'}]}]\n",
      ["cfg/old/schema.yaml"] = schema,
    }
    local compiled, failure = sources:compile { config_dir = "cfg" }
    assert.is_nil(compiled)
    has(Sources.text(failure.errors), "intent.yaml:2:53: schema.violation", "expected boolean, but got integer",
      "demanded at cfg/old/schema.yaml:1")
    sources:write("cfg/old/schema.yaml", "{type: 7}")
    compiled, failure = sources:compile { config_dir = "cfg" }
    assert.is_nil(compiled)
    has(Sources.text(failure.errors), "cfg/old/schema.yaml:1:8: composition.schema-invalid")
    lacks(Sources.text(failure.errors), "schema.violation")
  end)
end)
