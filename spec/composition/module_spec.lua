-- Which line of a Lua composition a message names: that of the field where it is plain which one is meant, else that of the composition.
local sources = dofile "spec/support/sources.lua"

local text = [[
local orun = require "orun"
local common = require "lib.common"
local s = orun.schema
return orun.composition {
  type = "site",
  parameters = s.object(orun.merge({
    level = s.integer { default = 1 },
  }, common.parameters)),

  defaultJob = "build",
  defaultProfile = "all",
  jobs = {
    {
      name = "build",
      timeout = "5m",
      env = function(ctx)
        local env = { LEVEL = tostring(ctx.parameters.level) }
        return env
      end,
      steps = function(ctx)
        return {
          orun.run { id = "a", run = "true" },
          orun.run { id = "b", run = "true" },
        }
      end,
    },
    { name = "publish", dependsOn = { "build" }, steps = { orun.run "true" } },
  },
  profiles = {
    all = { jobs = { build = {}, publish = {} } },
    some = { jobs = { build = {} } },
  },
}
]]

local common = [[
local s = require("orun").schema
return { parameters = {
  shared = s.string { default = "x" },
} }
]]

describe("a message about a Lua composition", function()
  after_each(sources.clean)

  local function platform(from, to, in_common)
    local function changed(whole)
      local before, after = whole:find(from, 1, true)
      return whole:sub(1, before - 1) .. to .. whole:sub(after + 1)
    end
    return sources.new {
      ["intent.yaml"] = sources.intent .. "environments: {dev: }\n"
        .. "components: [{name: web, type: site, subscribe: {environments: [dev]}}]\n",
      ["kit/compositions/site.lua"] = in_common and text or from and changed(text) or text,
      ["kit/lib/common.lua"] = in_common and changed(common) or common,
    }
  end

  local function fails(from, to, file, line, message, in_common)
    local _, failure = platform(from, to, in_common):compile()
    local first = assert(failure.errors[1], "it compiles")
    assert.truthy(first.message:find(message, 1, true), first.message)
    assert.same({ "kit/" .. file, line }, { first.file, first.line }, first.message)
  end

  local module = "compositions/site.lua"

  it("names the line of the field", function()
    fails("defaultJob =", "defaultjob =", module, 10, 'a composition has no field "defaultjob"')
    fails("timeout = ", "timout = ", module, 15, 'jobs[1]: a job has no field "timout"')
    fails('"5m"', "5", module, 15, "jobs[1].timeout: must be a text, not an integer")
    fails('"5m"', '"5 minutes"', module, 15, "is no duration")
    fails('"5m"', 'function() return "5 minutes" end', module, 15, "is no duration")
    fails('defaultJob = "build"', 'defaultJob = "bild"', module, 10, 'defaultJob "bild" is not among the jobs')
    fails('defaultProfile = "all"', 'defaultProfile = "al"', module, 11, 'defaultProfile "al" does not exist')
    fails('dependsOn = { "build" }', 'dependsOn = { "bild" }', module, 27, 'depends on "bild"')
    fails("publish = {}", "pubish = {}", module, 30, 'names the unknown job "pubish"')
    fails("tostring(ctx.parameters.level)", "1", module, 17, "env of job build: env.LEVEL: must be a text")
    fails('id = "b", ', 'id = "b", retyr = 1, ', module, 23, 'steps[2]: a step has no field "retyr"')
    fails("default = 1", 'minimum = "x"', module, 7, "at '/properties/parameters/properties/level/minimum'")
  end)

  it("names the line in a required file, where none in its own has the field", function()
    fails("default =", "maxLength =", "lib/common.lua", 3, "at '/properties/parameters/properties/shared/maxLength'", true)
  end)

  it("names the composition where several lines could be meant", function()
    fails("some = { jobs = { build = {} } }", "some = { jobs = 5 }", module, 4, "profiles.some.jobs: must be a map")
    fails('{ name = "publish"', '{ nam = "x", name = 5', module, 27, 'jobs[2]: a job has no field "nam"')
    fails('{ name = "publish"', "{ name = 5", module, 4, "jobs[2].name: must be a text")
    fails('name = "publish", dependsOn = { "build" }', 'name = "publish", timeout = "1"', module, 4, "timeout")
  end)

  it("is not about the mark in front of UTF-8", function()
    local p = platform()
    p:write("kit/compositions/site.lua", "\xef\xbb\xbf" .. text)
    assert(p:compile())
    p:write("kit/compositions/site.lua", "\xef\xbb\xbf" .. text:gsub("defaultJob =", "defaultjob ="))
    local _, failure = p:compile()
    assert.equal(10, failure.errors[1].line)
  end)

  it("says where a file belongs that is no composition", function()
    local p = platform()
    p:write("kit/compositions/helper.lua", "return { help = 1 }")
    local _, failure = p:compile()
    local first = failure.errors[1]
    assert.same({ "kit/compositions/helper.lua", "what compositions share stands in another folder of the package, for example lib/" },
      { first.file, first.hint })
  end)

  it("names where a default comes from", function()
    local merge = require "orun.intent.merge"
    local compiled = assert(platform():compile())
    local lines = {}
    for _, component in ipairs(compiled.model.components) do
      for _, name in ipairs { "level", "shared" } do
        local at = merge.new(compiled.model, nil):origin("parameters", name, "dev", component, nil)
        lines[#lines + 1] = ("%s:%d"):format(at.file, at.line)
      end
    end
    assert.same({ "kit/compositions/site.lua:7", "kit/lib/common.lua:3" }, lines)
  end)
end)
