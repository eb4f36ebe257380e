-- Mistakes in functions of ctx: told once, with everybody whom they concern.
local Sources = dofile "spec/support/sources.lua"
local json = require "host.json"
local render = require "orun.cockpit.render.diagnostic"
local style = require "orun.cockpit.style"

local plain = style.new { color = false }

local module = [[
local orun = require "orun"
return orun.composition {
  type = "%s", parameters = orun.schema.object {}, defaultJob = "build", defaultProfile = "all",
  jobs = { { name = "build", %s = function(ctx)
    local nothing
    %s
  end%s } },
  profiles = { all = { jobs = { build = {} } } },
}
]]

---A composition whose steps, or another field, are made by the body of a function.
local function composition(type, body, field)
  return module:format(type, field or "steps", body, field and ", steps = {}" or "")
end

local function platform(types, components)
  local files = { ["intent.yaml"] = Sources.intent .. "environments: {dev: {}, prod: {}}\ncomponents:\n" .. components }
  for type, text in next, types do files[("kit/compositions/%s.lua"):format(type)] = text end
  return Sources.new(files)
end

local function component(name, type)
  return ("  - {name: %s, type: %s, subscribe: {environments: [dev, prod]}}\n"):format(name, type)
end

---Errors of a platform: message, line, and for whom else.
local function errors(p)
  local _, failure = p:compile()
  local list = {}
  for i, d in ipairs(failure.errors) do
    local ids = {}
    for n, instance in ipairs(d.instances or {}) do ids[n] = instance.component .. "@" .. instance.environment end
    list[i] = ("%d: %s [%s]"):format(d.line, d.message, table.concat(ids, " "))
  end
  return list, failure
end

describe("a mistake in a function of a composition", function()
  after_each(Sources.clean)

  it("is one entry for all environments and components", function()
    local p = platform({ sh = composition("sh", "return nothing()") }, component("a", "sh") .. component("b", "sh"))
    assert.same({
      "6: component a environment dev: steps of job build: package \"kit-package\": attempt to call a nil value (local 'nothing') "
        .. "[a@dev b@dev a@prod b@prod]",
    }, (errors(p)))
  end)

  it("is one entry when what a function returns is wrong", function()
    local p = platform({ sh = composition("sh", "return { 1 }") }, component("a", "sh"))
    local list = errors(p)
    assert.equal(1, #list)
    assert.truthy(list[1]:find("%[a@dev a@prod%]$"))
  end)

  it("stays apart from another message at the same place", function()
    local p = platform({ sh = composition("sh", "error('not in ' .. ctx.environment.name)") }, component("a", "sh") .. component("b", "sh"))
    assert.same({
      '6: component a environment dev: steps of job build: package "kit-package": not in dev [a@dev b@dev]',
      '6: component a environment prod: steps of job build: package "kit-package": not in prod [a@prod b@prod]',
    }, (errors(p)))
  end)

  it("stays apart from the same message at another place", function()
    local body = "if ctx.environment.name == 'dev' then nothing() end\nnothing()"
    local list = errors(platform({ sh = composition("sh", body) }, component("a", "sh")))
    assert.equal(2, #list)
    assert.truthy(list[1]:find "^6: .*%[a@dev%]$")
    assert.truthy(list[2]:find "^7: .*%[a@prod%]$")
  end)

  it("stays apart in another type and in another field", function()
    local p = platform({ sh = composition("sh", "nothing()"), mk = composition("mk", "nothing()", "env") },
      component("a", "sh") .. component("b", "mk"))
    local list = errors(p)
    assert.equal(2, #list)
    assert.truthy(list[1]:find "env of job build.*%[b@dev b@prod%]$")
    assert.truthy(list[2]:find "steps of job build.*%[a@dev a@prod%]$")
  end)

  it("is each component's own when orun.fail says it", function()
    local p = platform({ sh = composition("sh", "orun.fail('two steps have one name')") }, component("a", "sh") .. component("b", "sh"))
    local list = errors(p)
    assert.equal(2, #list)
    assert.truthy(list[1]:find "^6: component a environment dev: .*%[a@dev a@prod%]$")
    assert.truthy(list[2]:find "^6: component b environment dev: .*%[b@dev b@prod%]$")
  end)

  it("says for whom else, as text and as data", function()
    local lines = ""
    for i = 1, 4 do lines = lines .. component("c" .. i, "sh") end
    local _, failure = errors(platform({ sh = composition("sh", "nothing()") }, lines))
    local text = render.text(failure, plain)
    assert.truthy(text:find("\nalso for 7 others: c2@dev, c3@dev, c4@dev, c1@prod, c2@prod and 2 more\n", 1, true))
    local entry = json.decode(render.json(failure)).errors[1]
    assert.equal(8, #entry.instances)
    assert.same({ component = "c4", environment = "prod" }, entry.instances[8])
    _, failure = errors(platform({ sh = composition("sh", "nothing()") }, component("a", "sh")))
    text = render.text(failure, plain)
    assert.truthy(text:find("\nalso for 1 other: a@prod\n", 1, true))
  end)

  it("that a component is to mend is told where the component says it", function()
    local function refused(path)
      local p = Sources.new {
        ["intent.yaml"] = Sources.intent .. "environments: {dev: {parameterDefaults: {sh: {size: 3}}}}\ncomponents:\n"
          .. "  - name: web\n    type: sh\n    subscribe: {environments: [dev]}\n    parameters:\n      list: [{a: 1}, {a: 2}]\n",
        ["kit/compositions/sh.lua"] = (composition("sh", ("orun.fail('no', { path = %q })"):format(path)):gsub(
          "object {}", 'object { list = {}, size = {} }')),
      }
      local _, failure = p:compile()
      local d = failure.errors[1]
      assert.equal(path, d.path)
      return ("%s:%d:%d %s"):format(d.file, d.line, d.column, d.message:match "no.*$")
    end
    assert.equal("intent.yaml:8:26 no (kit/compositions/sh.lua:6)", refused "/parameters/list/1/a")
    assert.equal("intent.yaml:8:7 no (kit/compositions/sh.lua:6)", refused "/parameters/other")
    assert.equal("intent.yaml:4:5 no (kit/compositions/sh.lua:6)", refused "/labels/team")
    -- The component does not say this one, and this is no pointer.
    assert.equal("kit/compositions/sh.lua:6:5 no", refused "/parameters/size")
    assert.equal("kit/compositions/sh.lua:6:5 no", refused "size")
  end)
end)
