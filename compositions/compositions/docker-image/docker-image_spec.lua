describe("docker-image", function()
  local function steps(parameters, profile)
    parameters.image = parameters.image or "acme/web"
    local ids, commands = {}, {}
    for i, step in ipairs(compile({ component = "web", environment = "dev", profile = profile, parameters = parameters })[1].steps) do
      ids[i], commands[step.id] = step.id, step.run
    end
    return ids, commands
  end

  it("builds with the tag of the revision", function()
    local ids, commands = steps {}
    assert.same({ "version", "check", "build" }, ids)
    assert.equal('set -eu\nrevision=$(git rev-parse --short=12 HEAD)\n'
      .. 'docker buildx build --file Dockerfile --load --tag acme/web:"$revision" .\n', commands.build)
  end)

  it("pushes for several platforms", function()
    local ids, commands = steps({
      registry = "ghcr.io/acme", platforms = { "linux/amd64", "linux/arm64" }, tags = { "v1" }, revisionTag = false, target = "run",
      buildArgs = { B = "two words", A = 1 }, labels = { team = "web" }, cacheFrom = { "type=gha" }, pull = true, context = "app",
    }, "publish")
    assert.same({ "version", "check", "push" }, ids)
    assert.equal("set -eu\ndocker buildx build --file Dockerfile --platform=linux/amd64,linux/arm64 --target run --build-arg A=1 "
      .. "--build-arg 'B=two words' --label team=web --cache-from type=gha --pull --push --tag ghcr.io/acme/acme/web:v1 app\n",
      commands.push)
  end)

  it("needs a name and a tag", function()
    assert.has_error(function() steps { revisionTag = false } end, "needs a tag")
    assert.has_error(function() steps { image = "Web" } end, "image")
    assert.has_error(function() compile { component = "web" } end, "image")
    assert.same({ "version", "check" }, (steps({}, "check")))
  end)
end)
