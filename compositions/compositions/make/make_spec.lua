describe("make", function()
  local function jobs(parameters, profile)
    local found = {}
    for _, job in ipairs(compile { component = "lib", environment = "dev", profile = profile, parameters = parameters or {} }) do
      found[job.name] = job
    end
    return found
  end

  it("builds and checks", function()
    local build = jobs().build
    assert.same({ "version", "build", "check" }, { build.steps[1].id, build.steps[2].id, build.steps[3].id })
    assert.equal("make -j2 all", build.steps[2].run)
    assert.equal("make -j2 check", build.steps[3].run)
    assert.is_nil(jobs().install)
  end)

  it("passes directory, makefile and variables, each as one word", function()
    local build = jobs({
      directory = "src", makefile = "GNUmakefile", jobs = 8, targets = { "lib", "doc" }, variables = { CFLAGS = "-O2 -g", V = 1 },
    }, "build").build
    assert.equal("make -C src -f GNUmakefile -j8 lib doc 'CFLAGS=-O2 -g' V=1", build.steps[2].run)
    assert.equal(2, #build.steps)
  end)

  it("installs after the build for a release", function()
    local found = jobs({ prefix = "/usr", destdir = "stage" }, "release")
    assert.equal("make -j2 install PREFIX=/usr DESTDIR=stage", found.install.steps[1].run)
    assert.same({ "lib@dev.build" }, found.install.dependsOn)
    assert.same({ "lib@dev.build" }, jobs({ destdir = "stage" }, "release").install.dependsOn)
  end)

  it("does not take options for targets", function()
    assert.has_error(function() jobs { targets = { "-f" } } end, "targets")
    assert.has_error(function() jobs { jobs = 0 } end, "jobs")
  end)
end)
