-- The first version of a composition: a document or a module that works, and its spec.
local M = {}

local manifest = [[
apiVersion: orun.io/v1
kind: Stack
metadata:
  name: @package@
  version: 0.1.0
  description: The compositions of this platform
]]

local lua = [[
-- Describe here what components of this type have in common.
local orun = require "orun"
local s = orun.schema

return orun.composition {
  type = "@type@",
  description = "Components of the type @type@",
  parameters = s.object {
    command = s.string { required = true, minLength = 1, description = "what builds the component" },
    check = s.string { description = "what tests it; left out when it is not given" },
  },
  defaultJob = "build",
  defaultProfile = "verify",
  jobs = {
    {
      name = "build",
      timeout = "10m",
      steps = function(ctx)
        local p = ctx.parameters
        return orun.steps(
          orun.run { id = "build", capability = "@type@.build", run = p.command },
          p.check and orun.run { id = "check", capability = "@type@.check", run = p.check },
          orun.run { id = "report", phase = "post", run = orun.sh("echo %s", ctx.orun.job.id .. " is done") }
        )
      end,
    },
  },
  profiles = {
    build = { description = "Build only", jobs = { build = { includeCapabilities = { "@type@.build" } } } },
    verify = { description = "Build and check", jobs = { build = { includeCapabilities = { "@type@.build", "@type@.check" } } } },
  },
}
]]

local yaml = [[
apiVersion: sourceplane.io/v1alpha1
kind: Composition
metadata:
  name: @type@
spec:
  type: @type@
  description: Components of the type @type@
  defaultJob: build
  defaultProfile: verify
  parameterSchema:
    type: object
    required: [parameters]
    properties:
      parameters:
        type: object
        required: [command]
        properties:
          command: {type: string, minLength: 1, description: what builds the component}
          check: {type: string, default: "true", description: what tests it}
  jobs:
    - name: build
      timeout: 10m
      steps:
        - id: build
          capability: @type@.build
          run: "{{.parameters.command}}"
        - id: check
          capability: @type@.check
          run: "{{.parameters.check}}"
        - id: report
          phase: post
          run: echo "{{.orun.job.id}} is done"
  executionProfiles:
    build:
      description: Build only
      jobs:
        build: {includeCapabilities: [@type@.build]}
    verify:
      description: Build and check
      jobs:
        build: {includeCapabilities: [@type@.build, @type@.check]}
]]

local spec = [[
describe("@type@", function()
  local function steps(profile)
    local jobs = compile {
      component = "sample", environment = "dev", profile = profile, parameters = { command = "make all", check = "make check" },
    }
    assert.equal(1, #jobs)
    local ids = {}
    for i, step in ipairs(jobs[1].steps) do ids[i] = step.id end
    return ids, jobs[1]
  end

  it("builds and checks", function()
    local ids, job = steps()
    assert.same({ "build", "check", "report" }, ids)
    assert.equal("make all", job.steps[1].run)
  end)

  it("only builds in the profile build", function()
    assert.same({ "build", "report" }, (steps "build"))
  end)

  it("needs a command", function()
    assert.has_error(function() compile { component = "sample" } end, "command")
  end)
end)
]]

---@param name string
---@return boolean whether it can be a type, a file name and the beginning of a capability
function M.is_name(name)
  return name:find "^[a-z0-9][a-z0-9._-]*$" ~= nil
end

local function filled(text, values)
  return (text:gsub("@(%l+)@", values))
end

---@param package string
---@return string stack.yaml
function M.manifest(package)
  return filled(manifest, { package = package })
end

---Files of a composition, relative to the package.
---@param type string
---@param language "lua"|"yaml"
---@return {path: string, text: string}[]
function M.files(type, language)
  local directory, values = "compositions/" .. type .. "/", { type = type }
  return {
    { path = directory .. "composition." .. language, text = filled(language == "lua" and lua or yaml, values) },
    { path = directory .. type .. "_spec.lua", text = filled(spec, values) },
  }
end

return M
