-- Go modules: libraries and programs, for one platform or several.
local action = require "shared.action"
local command = require "shared.command"
local orun = require "orun"
local parameter = require "shared.parameter"
local s = orun.schema

local function tags(p)
  return p.tags and "-tags=" .. table.concat(p.tags, ",") or nil
end

---A step that builds the program; for the platform where it runs when none is named.
local function build(p, component, platform)
  local os, arch = (platform or ""):match "^([^/]+)/([^/]+)$"
  local name = (p.binary or component) .. (os and ("-%s-%s"):format(os, arch) or "") .. (os == "windows" and ".exe" or "")
  local flags = p.ldflags and "-ldflags=" .. p.ldflags or nil
  return orun.run {
    id = os and ("build-%s-%s"):format(os, arch) or "build", capability = "go.build",
    env = { CGO_ENABLED = p.cgo and "1" or "0", GOOS = os, GOARCH = arch },
    run = command.line("go", "build", "-trimpath", tags(p), flags, "-o", p.outputDir .. "/" .. name, p.main),
  }
end

---@return table[]
local function builds(p, component)
  if not p.main then
    return { orun.run { id = "build", capability = "go.build", run = command.line("go", "build", tags(p), p.packages) } }
  end
  if not p.platforms then return { build(p, component) } end
  local steps = {}
  for i, platform in ipairs(p.platforms) do steps[i] = build(p, component, platform) end
  return steps
end

local function test(p)
  return orun.run {
    id = "test", capability = "go.test", env = p.race and { CGO_ENABLED = "1" } or nil,
    run = command.line("go", "test", p.race and "-race" or nil, p.coverage and "-coverprofile=" .. p.coverage or nil, tags(p),
      p.testArguments, p.packages),
  }
end

-- gofmt prints the files that it would change and succeeds all the same.
local format = command.script('unformatted=$(gofmt -l .)', 'if [ -n "$unformatted" ]; then',
  '  printf "not formatted by gofmt:\\n%s\\n" "$unformatted"', "  exit 1", "fi")

return orun.composition {
  type = "go",
  description = "Go modules: format, vet, tests, programs for several platforms",
  parameters = parameter.object("20m", {
    goVersion = s.string { description = "Go to install; without it, the one on the PATH is used" },
    packages = s.array(
      s.string { minLength = 1, pattern = "^[^-]" }, { default = { "./..." }, description = "packages that are checked and tested" }
    ),
    main = s.string { pattern = "^\\.(/|$)", description = "package of the program, such as `./cmd/server`; without it nothing is linked" },
    binary = s.string { pattern = "^[^/]+$", description = "name of the program (default: the component's name)" },
    outputDir = parameter.path("where programs are put", "bin"),
    platforms = s.array(
      s.string { pattern = "^[a-z0-9]+/[a-z0-9]+$" }, { description = "platforms to build for, such as `linux/arm64`" }
    ),
    tags = parameter.texts "build tags",
    ldflags = s.string { description = "flags for the linker, for example `-s -w`" },
    cgo = s.boolean { default = false, description = "programs may use C" },
    race = s.boolean { default = false, description = "tests look for data races" },
    coverage = parameter.path "file that the tests write their coverage to",
    testArguments = parameter.texts "further words for `go test`",
    outputs = parameter.outputs(),
  }),
  defaultJob = "verify",
  defaultProfile = "verify",
  jobs = {
    parameter.job {
      name = "verify",
      description = "Format, vet, test, build",
      outputs = function(ctx) return ctx.parameters.outputs end,
      steps = function(ctx)
        local p = ctx.parameters
        return orun.steps(
          action.setup("go", "go.setup", p.goVersion, "go-version"),
          orun.run { id = "download", capability = "go.download", run = "go mod download" },
          orun.run { id = "format", capability = "go.format", run = format },
          orun.run { id = "vet", capability = "go.vet", run = command.line("go", "vet", tags(p), p.packages) },
          test(p),
          builds(p, ctx.orun.component.name)
        )
      end,
    },
  },
  profiles = {
    ["quick-check"] = {
      description = "Format and vet",
      jobs = { verify = { includeCapabilities = { "go.setup", "go.download", "go.format", "go.vet" } } },
    },
    verify = {
      description = "Format, vet, tests and build",
      jobs = { verify = { includeCapabilities = { "go.setup", "go.download", "go.format", "go.vet", "go.test", "go.build" } } },
    },
    release = {
      description = "The same, from a clean work tree",
      policies = { requireCleanGitTree = true },
      jobs = { verify = { includeCapabilities = { "go.setup", "go.download", "go.format", "go.vet", "go.test", "go.build" } } },
    },
  },
}
