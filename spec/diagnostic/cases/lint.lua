return function()
  local path = "kit/compositions/sh/composition.lua"

  ---A Lua composition; `fields` follow its jobs.
  local function module(parameters, steps, fields, head)
    return {
      ["kit/compositions/sh/composition.yaml"] = false,
      [path] = "local orun = require 'orun'\nlocal s = orun.schema\n" .. (head or "") .. "return orun.composition {\n"
        .. "  type = 'sh', defaultJob = 'build', parameters = s.object { " .. parameters .. " },\n"
        .. "  jobs = { { name = 'build', steps = function(ctx)\n    " .. steps .. "\n  end } },\n" .. (fields or "") .. "}\n",
    }
  end

  local make = "return { orun.run { id = 'make', run = orun.sh('make %s', ctx.parameters.target) } }"
  local target = "target = s.string { default = 'all' }"

  local function lint(kind, files, place)
    return { kind, argv = { "compositions", "lint", "kit" }, files = files, warning = true, place = place, intent = "" }
  end

  -- Two steps of different capabilities.
  local two = "return { orun.run { id = 'make', capability = 'sh.make', run = 'make' },\n"
    .. "      orun.run { id = 'check', capability = 'sh.check', run = 'check' } }"

  local function profiles(text)
    return "  defaultProfile = 'all', profiles = { " .. text .. " },\n"
  end

  return {
    lint("lint.syntax", { ["kit/lib.lua"] = "local x = = 1\n" }, "kit/lib.lua:1:1"),
    lint("lint.global", module(target, "total = 1 " .. make), path .. ":6:5"),
    lint("lint.global", module(target, "if tostrng then return {} end " .. make), path .. ":6:5"),
    lint("lint.parameter", module(target .. ", unused = s.string {}", make), path .. ":4:3"),
    lint("lint.default", module("target = s.string { default = 'a', pattern = '^b' }", make), path .. ":4:3"),
    lint("lint.default", {
      ["kit/compositions/sh/composition.yaml"] = [[
kind: Composition
metadata: {name: sh}
spec:
  type: sh
  defaultJob: build
  parameterSchema:
    definitions: {count: {type: integer, minimum: 1}}
    properties:
      parameters:
        required: [size]
        properties:
          size: {type: string}
          count: {$ref: "#/definitions/count", default: 0}
          list: {type: array, items: {type: string}, default: [a]}
  jobs: [{name: build, steps: [{name: make, run: "make {{.parameters.size}} {{.parameters.count}} {{.parameters.list}}"}]}]
]],
    }, "kit/compositions/sh/composition.yaml:13:11"),
    lint("lint.capability", module("", two, profiles "all = { jobs = { build = { includeCapabilities = { 'sh.make' } } } }"),
      path .. ":7:7"),
    lint("lint.capability", module("", two, profiles
      "all = { jobs = { build = { includeCapabilities = { 'sh.make', 'sh.check', 'sh.pack' } } } }"), path .. ":3:1"),
    lint("lint.profile", module("", two, profiles
      "all = { jobs = { build = {} } }, none = { jobs = { build = { stepsEnabled = { 'x' } } } }"), path .. ":3:1"),
    lint("lint.failure", module("name = s.string {}", "return { orun.run { run = 'x ' .. ctx.parameters.name } }"), path .. ":6:5"),
    lint("lint.untried", module("name = s.string { required = true, pattern = '^zz+9$' }",
      "return { orun.run { run = 'x ' .. ctx.parameters.name } }"), path .. ":3:1"),
    lint("lint.order", module("size = s.integer {}",
      "n = n + (ctx.parameters.size or 0) return { orun.run { run = 'x ' .. n } }", nil, "local n = 0\n"), path .. ":4:1"),
    lint("lint.example", {
      ["kit/examples/one/intent.yaml"] = "environments: {dev: }\ncomponents: [{name: web, type: sch, subscribe: {environments: [dev]}}]\n",
    }, "kit/examples/one/intent.yaml:2:32"),
  }
end
