describe("go", function()
  local function steps(parameters, profile)
    local list = compile({ component = "server", environment = "dev", profile = profile, parameters = parameters })[1].steps
    local ids, found = {}, {}
    for i, step in ipairs(list) do ids[i], found[step.id] = step.id, step end
    return ids, found
  end

  it("checks, tests and builds a library", function()
    local ids, found = steps {}
    assert.same({ "download", "format", "vet", "test", "build" }, ids)
    assert.equal("go build ./...", found.build.run)
    assert.equal("go test ./...", found.test.run)
  end)

  it("builds a program for every platform", function()
    local ids, found = steps {
      main = "./cmd/server", platforms = { "linux/amd64", "windows/arm64" }, ldflags = "-s -w", goVersion = "1.22",
    }
    assert.same({ "setup-go", "download", "format", "vet", "test", "build-linux-amd64", "build-windows-arm64" }, ids)
    local windows = found["build-windows-arm64"]
    assert.equal("go build -trimpath '-ldflags=-s -w' -o bin/server-windows-arm64.exe ./cmd/server", windows.run)
    assert.same({ CGO_ENABLED = "0", GOOS = "windows", GOARCH = "arm64" }, windows.env)
  end)

  it("takes tags, coverage and the race detector", function()
    local _, found = steps { tags = { "netgo", "osusergo" }, race = true, coverage = "cover.out", main = ".", binary = "serve", cgo = true }
    assert.equal("go test -race -coverprofile=cover.out -tags=netgo,osusergo ./...", found.test.run)
    assert.equal("1", found.test.env.CGO_ENABLED)
    assert.equal("go build -trimpath -tags=netgo,osusergo -o bin/serve .", found.build.run)
    assert.equal("1", found.build.env.CGO_ENABLED)
  end)

  it("only formats and vets in a quick check", function()
    assert.same({ "download", "format", "vet" }, (steps({}, "quick-check")))
  end)
end)
