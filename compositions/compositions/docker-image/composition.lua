-- Container images, for one platform or several.
local command = require "shared.command"
local orun = require "orun"
local parameter = require "shared.parameter"
local s = orun.schema

---The image's name with one tag.
local function reference(p, tag)
  return ("%s%s:%s"):format(p.registry and p.registry .. "/" or "", p.image, tag)
end

---A build with `--tag` for every tag of the parameters; the one of the revision is known only where the job runs.
local function build(p, more)
  local names = {}
  for i, tag in ipairs(p.tags or {}) do names[i] = reference(p, tag) end
  local line = command.line("docker", "buildx", "build", "--file", p.dockerfile,
    p.platforms and "--platform=" .. table.concat(p.platforms, ",") or nil, p.target and { "--target", p.target } or nil,
    command.entries("--build-arg", p.buildArgs), command.entries("--label", p.labels), command.each("--cache-from", p.cacheFrom),
    p.pull and "--pull" or nil, more, command.each("--tag", names))
  if p.revisionTag then line = ('%s --tag %s"$revision"'):format(line, command.line(reference(p, ""))) end
  return line .. " " .. command.line(p.context)
end

local function script(p, more)
  return command.script(p.revisionTag and "revision=$(git rev-parse --short=12 HEAD)" or nil, build(p, more))
end

return orun.composition {
  type = "docker-image",
  description = "Container images built by BuildKit: check, build, push",
  parameters = parameter.object("45m", {
    image = s.string {
      required = true, pattern = "^[a-z0-9]+([._/-]+[a-z0-9]+)*$", description = "name of the image, without registry and tag",
    },
    registry = s.string { pattern = "^[^/]+(/[^/]+)*$", description = "where it is pushed, for example `ghcr.io/acme`" },
    dockerfile = parameter.path("the Dockerfile", "Dockerfile"),
    context = parameter.path("directory that the build may read", "."),
    target = s.string { minLength = 1, description = "stage to build" },
    platforms = s.array(
      s.string { pattern = "^[a-z0-9]+/[a-z0-9]+(/[a-z0-9]+)?$" }, { description = "platforms, such as `linux/arm64`" }
    ),
    tags = s.array(
      s.string { pattern = "^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$" }, { description = "tags beside that of the revision" }
    ),
    revisionTag = s.boolean { default = true, description = "tag with the first twelve digits of the commit" },
    buildArgs = parameter.map "build arguments",
    labels = parameter.map "labels of the image",
    cacheFrom = parameter.texts "sources of cached layers",
    pull = s.boolean { default = false, description = "look for newer base images" },
  }),
  defaultJob = "image",
  defaultProfile = "verify",
  jobs = {
    parameter.job {
      name = "image",
      description = "Check the Dockerfile, build, push",
      steps = function(ctx)
        local p = ctx.parameters
        if not p.revisionTag and not p.tags then
          orun.fail("an image needs a tag", { path = "/parameters/tags", hint = "set tags, or leave revisionTag on" })
        end
        return orun.steps(
          orun.run { id = "version", capability = "docker-image.version", run = "docker version" },
          orun.run {
            id = "check", capability = "docker-image.check",
            run = command.line("docker", "buildx", "build", "--check", "--file", p.dockerfile, p.context),
          },
          orun.run { id = "build", capability = "docker-image.build", run = script(p, not p.platforms and "--load" or nil) },
          orun.run { id = "push", capability = "docker-image.push", run = script(p, "--push") }
        )
      end,
    },
  },
  profiles = {
    check = {
      description = "Look at the Dockerfile only",
      jobs = { image = { includeCapabilities = { "docker-image.version", "docker-image.check" } } },
    },
    verify = {
      description = "Build, push nothing",
      jobs = { image = { includeCapabilities = { "docker-image.version", "docker-image.check", "docker-image.build" } } },
    },
    publish = {
      description = "Build and push, from a clean work tree",
      policies = { requireCleanGitTree = true },
      jobs = { image = { includeCapabilities = { "docker-image.version", "docker-image.check", "docker-image.push" } } },
    },
  },
}
