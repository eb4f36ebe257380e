local Sources = dofile "spec/support/sources.lua"
local fs = require "host.fs"

local function failing(files, options)
  local registry, report = Sources.new(files):load(options)
  return Sources.text(report.errors), registry, Sources.text(report.warnings)
end

local function has(text, ...)
  for _, part in ipairs { ... } do
    assert.truthy(text:find(part, 1, true), ("%q is not in:\n%s"):format(part, text))
  end
end

local helm = Sources.composition "helm"

describe("composition packages", function()
  after_each(Sources.clean)

  it("hash directories as published (02 case 1)", function()
    local platform = Sources.new {
      ["intent.yaml"] = "compositions: {sources: [{name: kit, kind: dir, path: ./kit}, {name: v, kind: dir, path: v}]}\n",
      ["kit/helm/composition.yaml"] = helm, ["v/a-b/x"] = "1", ["v/a.txt"] = "hello", ["v/a/z"] = "q\n",
    }
    local resolve = require "orun.composition.source.dir"
    local vector = "sha256:5c6d277c3517d8d5a285bb0a172aa4c663797529ecb32243e3b1301715de68fe"
    assert.equal(vector, assert(resolve({ path = "v" }, platform.root)).digest)
    assert(fs.chmod(platform.root .. "/v/a.txt", 384))
    assert.equal(vector, resolve({ path = "v" }, platform.root).digest)
    platform:write("v/a/.git/HEAD", "x")
    platform:write("v/.git", "gitdir: /somewhere")
    platform:write("v/.orun/plans/x", "x")
    assert.equal(vector, resolve({ path = "v" }, platform.root).digest)
    assert(fs.symlink("a.txt", platform.root .. "/v/link"))
    local found, err = resolve({ path = "v" }, platform.root)
    assert.is_nil(found)
    assert.equal("composition.symlink", err.kind)
    has(err.message, "link")
    assert(fs.symlink("kit", platform.root .. "/k"))
    assert.equal("composition.symlink", select(2, resolve({ path = "k" }, platform.root)).kind)
  end)

  it("are searched for compositions below their root (02 case 2)", function()
    local registry, report = Sources.new({ ["kit/compositions/helm/composition.yaml"] = helm }):load()
    assert.same({}, report.errors)
    assert.same({ "helm" }, registry.sources[1].exports)
    assert.equal("kit:helm", registry.selected.helm.key)
    assert.equal("kit-package", registry.bindings.helm)
    has(failing { ["kit/composition.yaml"] = helm }, "composition.none", "exports no composition")
  end)

  it("may not offer one name twice (02 case 3)", function()
    has(failing { ["kit/helm/composition.yaml"] = helm, ["kit/helm/compositions.yaml"] = helm }, "composition.duplicate",
      'duplicate composition "helm"', "helm/compositions.yaml")
  end)

  it("name compositions by their directory (02 case 4)", function()
    has(failing { ["kit/x/composition.yaml"] = Sources.composition "y" }, "kit/x/composition.yaml:2:18: composition.name",
      'metadata.name "y" must match the export name "x"')
  end)

  it("use stack.yaml before orun.yaml, without falling back (02 case 5)", function()
    local old = "kind: CompositionPackage\nmetadata: {name: old}\nspec: {exports: [{composition: helm, path: old/h.yaml}]}\n"
    local files = {
      ["kit/orun.yaml"] = old, ["kit/old/h.yaml"] = helm, ["kit/helm/composition.yaml"] = helm, ["kit/stack.yaml"] = Sources.stack,
    }
    local registry, report = Sources.new(files):load()
    assert.same({}, report.errors)
    assert.equal("helm/composition.yaml", registry.selected.helm.path)
    files["kit/stack.yaml"] = "kind: Stak\nmetadata: {name: x}\n"
    has(failing(files), "kit/stack.yaml:1:7: composition.manifest-kind", "kind: Stack", "found Stak", '"kit"')
    files["kit/stack.yaml"] = false
    registry, report = Sources.new(files):load()
    assert.same({}, report.errors)
    assert.equal("old", registry.bindings.helm)
    assert.equal("old/h.yaml", registry.selected.helm.path)
  end)

  it("need a manifest with a name and exports", function()
    has(failing { ["kit/stack.yaml"] = "kind: Stack\n", ["kit/helm/composition.yaml"] = helm }, "composition.manifest-name")
    has(failing { ["kit/orun.yaml"] = "kind: CompositionPackage\nmetadata: {name: x}\n" }, "composition.none")
    has(failing { ["intent.yaml"] = "compositions: {sources: [{name: kit, kind: dir, path: ./kit/no}]}\n", ["kit/no/x"] = "" },
      "composition.manifest-missing", "neither stack.yaml nor orun.yaml")
    has(failing { ["kit/orun.yaml"] = "kind: CompositionPackage\nmetadata: {name: x}\nspec: {exports: [{path: a}, {composition: b}]}\n" },
      "composition.export-name", "composition.export-path")
  end)

  it("list exports by path, named after the directory", function()
    local files = {
      ["kit/stack.yaml"] = Sources.stack .. "spec: {compositions: [{path: ' lib/helm/any.yaml '}]}\n", ["kit/lib/helm/any.yaml"] = helm,
      ["kit/other/composition.yaml"] = "broken: [",
    }
    local registry, report = Sources.new(files):load()
    assert.same({}, report.errors)
    assert.same({ "helm" }, registry.sources[1].exports)
    files["kit/stack.yaml"] = Sources.stack .. "spec: {compositions: [{path: any.yaml}, {path: ''}]}\n"
    has(failing(files), "compositions/<name>/compositions.yaml", "has no path")
  end)

  it("keep everything below their root (02 quirk 5)", function()
    has(failing {
      ["kit/stack.yaml"] = Sources.stack .. "spec: {compositions: [{path: ../outside/helm/composition.yaml}]}\n",
      ["outside/helm/composition.yaml"] = helm,
    }, "composition.path-leaves-package", "../outside/helm/composition.yaml")
    has(failing {
      ["kit/helm/composition.yaml"] = "kind: Composition\nmetadata: {name: helm}\nspec:\n  type: helm\n  defaultJob: a\n"
        .. "  schemaRef: {name: ../../secret}\n  jobs: [{name: a, templateRef: {name: ../../../secret}}]\n",
      ["secret.yaml"] = "kind: JobTemplate\nmetadata: {name: ../../../secret}\nspec: {steps: []}\n",
    }, "composition.path-leaves-package", '"../../../secret" leads out', '"../../secret" leads out')
  end)
end)

describe("composition documents", function()
  after_each(Sources.clean)

  local function document(rest)
    return failing { ["kit/helm/composition.yaml"] = rest }
  end

  it("report every mistake at once, with places (02 §3.7)", function()
    local text = document("kind: Composition\nmetadata: {name: other}\nspec:\n  type: third\n  defaultJob: h\n  jobs:\n"
      .. "    - {name: g, steps: [{name: a}, {name: b, id: a}]}\n    - {name: g}\n")
    has(text, "kit/helm/composition.yaml:2:18: composition.name", 'spec.type "third" must equal metadata.name "other"',
      'defaultJob "h" is not among the jobs', 'two steps with the id "a"', 'duplicate job "g"', "parameterSchema or schemaRef")
  end)

  it("check default job and step ids (02 case 6)", function()
    has(document(Sources.composition("helm", "  jobs: [{name: g}]\n")), "composition.default-job", 'defaultJob "build"')
    has(document(Sources.composition("helm", "  jobs: [{name: build, steps: [{name: a}, {name: b, id: a}]}]\n")),
      "composition.duplicate-step", 'two steps with the id "a"')
    has(document(Sources.composition("helm", "  jobs: []\n")), "composition.no-jobs")
    has(document "kind: Job\n", "kind: Composition, found Job")
  end)

  it("check inline profiles (02 case 7)", function()
    local jobs = "  jobs: [{name: build, steps: [{name: b, id: bb}]}]\n"
    has(document(Sources.composition("helm", jobs .. "  executionProfiles: {p: {jobs: {build: {stepsEnabled: [bb]}}}}\n")),
      "composition.default-profile", "no defaultProfile")
    local text = document(Sources.composition("helm", jobs .. "  defaultProfile: q\n  executionProfiles:\n"
      .. "    p: {jobs: {build: {stepsEnabled: [b, bb, bb]}, buidl: {stepsEnabled: []}}}\n    r: {}\n"))
    has(text, 'defaultProfile "q" does not exist', 'enables the step "b"', 'enables the step "bb" of job "build" twice',
      'unknown job "buidl"', "did you mean build?", 'selects no step of the job "buidl"', 'profile "r" selects no job')
  end)

  local split = {
    ["kit/site/composition.yaml"] = "kind: Composition\nmetadata: {name: site}\nspec:\n  type: site\n  defaultJob: build\n"
      .. "  defaultProfile: check\n  schemaRef: {name: site-params}\n"
      .. "  jobs: [{name: build, description: x, templateRef: {name: site-build}}]\n"
      .. "  profiles: [{name: check, profileRef: {name: site-check}}]\n",
    ["kit/site/schema.yaml"] = "kind: ComponentSchema\nmetadata: {name: site-params}\nspec: {type: site, schema: {type: object}}\n",
    ["kit/site/jobs/site-build.yaml"] = "kind: JobTemplate\nmetadata: {name: site-build}\nspec:\n  runsOn: here\n  retries: 2\n"
      .. "  outputs: [o/*]\n  steps: [{id: a, run: x, capability: c}, {name: b, use: y}]\n",
    ["kit/site/profiles/site-check.yaml"] = "kind: ExecutionProfile\nmetadata: {name: site-check}\n"
      .. "spec: {jobs: {build: {includeCapabilities: [c]}}, policies: {requireApproval: true}}\n",
  }

  local function changed(changes)
    local files = {}
    for name, text in next, split do files[name] = text end
    for name, text in next, changes do files[name] = text end
    return files
  end

  it("may be split into files (02 §3.6)", function()
    local registry, report = Sources.new(split):load()
    assert.equal("", Sources.text(report.errors))
    assert.equal("", Sources.text(report.warnings))
    local site = registry.selected.site
    local job = site.jobs[1]
    assert.same({ "build", "here", 2, 2 }, { job.name, job.runsOn, job.retries, #job.steps })
    assert.is_nil(job.description)
    assert.same({ "o/*" }, { table.unpack(job.outputs) })
    assert.same({ type = "object" }, site.schema)
    assert.same({ "c" }, { table.unpack(site.profiles.check.jobs.build.includeCapabilities) })
    assert.is_true(site.profiles.check.policies.requireApproval)
  end)

  it("say themselves which jobs come first, and nothing else, when they name templates", function()
    local registry, report = Sources.new(changed {
      ["kit/site/composition.yaml"] = split["kit/site/composition.yaml"]:gsub("jobs: %b[]", "jobs:\n"
        .. "      - {name: build, templateRef: {name: site-build}}\n"
        .. "      - {name: again, templateRef: {name: site-build}, dependsOn: [build], timeout: 1m, steps: [], description: x}"),
    }):load()
    assert.equal("", Sources.text(report.errors))
    has(Sources.text(report.warnings), "kit/site/composition.yaml:10:76: composition.idle-fields",
      'job "again" is the template "site-build"; its own timeout, steps has no effect')
    local build, again = table.unpack(registry.selected.site.jobs)
    assert.same({ 0, "build", 2 }, { #build.dependsOn, again.dependsOn[1], #again.steps })
    assert.is_nil(again.timeout)
  end)

  it("say which of those files is missing or broken", function()
    has(failing(changed { ["kit/site/schema.yaml"] = false }), "kit/site/composition.yaml:7:21: composition.reference",
      'ComponentSchema "site-params" not found', "site/schema.yaml, site/site-params.yaml")
    has(failing(changed { ["kit/site/jobs/site-build.yaml"] = "kind: [" }), "yaml.syntax", "kit/site/jobs/site-build.yaml")
    has(failing(changed { ["kit/site/profiles/site-check.yaml"] = "kind: ExecutionProfile\nmetadata: {name: other}\n" }),
      'ExecutionProfile "site-check" not found')
    has(failing(changed { ["kit/site/schema.yaml"] = "kind: ComponentSchema\nmetadata: {name: site-params}\n" }), "has no spec.schema")
  end)

  it("warn about what the reference did not look at in them (02 quirk 7)", function()
    local errors, _, warnings = failing(changed {
      ["kit/site/profiles/site-check.yaml"] = "kind: ExecutionProfile\nmetadata: {name: site-check}\n"
        .. "spec: {jobs: {build: {stepsEnabled: [a, z], stepOverrides: {y: {run: x}}}, biuld: {}}}\n",
      ["kit/site/jobs/site-build.yaml"] = "kind: JobTemplate\nmetadata: {name: site-build}\nspec: {steps: [{name: a}, {name: a}]}\n",
    })
    assert.equal("", errors)
    has(warnings, 'enables the step "z"', 'overrides the step "y"', 'unknown job "biuld"', 'selects no step of the job "biuld"',
      'two steps with the id "a"')
  end)

  it("prefer inline schema and profiles", function()
    local files = changed {}
    files["kit/site/composition.yaml"] = files["kit/site/composition.yaml"]
      .. "  parameterSchema: {}\n  executionProfiles: {}\n"
    local registry, report = Sources.new(files):load()
    assert.equal("", Sources.text(report.errors))
    assert.same({}, registry.selected.site.schema)
    assert.is_nil(next(registry.selected.site.profiles))
  end)

  it("warn about keys that mean nothing", function()
    local _, _, warnings = document(Sources.composition("helm", "  jobs: [{name: build, step: []}]\n"))
    has(warnings, "yaml.unknown-key", '"step"', "did you mean steps?")
  end)

  it("name what jobs wait for", function()
    has(document(Sources.composition("helm", "  jobs: [{name: build}, {name: test, dependsOn: [biuld]}]\n")), "composition.job-dependency",
      'job "test" depends on "biuld"', "did you mean build?")
  end)
end)

describe("composition sources", function()
  after_each(Sources.clean)

  local function intent(resolution)
    local list = "compositions:\n  sources:\n"
    for _, name in ipairs { "a", "b", "c", "d" } do list = list .. ("    - {name: %s, kind: dir, path: %s}\n"):format(name, name) end
    return list .. (resolution and ("  resolution: %s\n"):format(resolution) or "")
  end

  local function choose(resolution)
    local files = {
      ["intent.yaml"] = intent(resolution), ["d/stack.yaml"] = Sources.stack, ["d/y/composition.yaml"] = Sources.composition "y",
    }
    for _, name in ipairs { "a", "b", "c" } do
      files[name .. "/stack.yaml"] = ("kind: Stack\nmetadata: {name: p%s}\n"):format(name)
      files[name .. "/x/composition.yaml"] = Sources.composition "x"
    end
    local registry, report = Sources.new(files):load()
    return registry, Sources.text(report.errors), Sources.text(report.warnings)
  end

  it("compete for a type (02 case 8)", function()
    local _, errors = choose()
    has(errors, "composition.ambiguous", "a, b, c")
    local registry
    registry, errors = choose "{precedence: [b]}"
    assert.equal("", errors)
    assert.same({ "b", "pb" }, { registry.selected.x.source, registry.bindings.x })
    registry, errors = choose "{bindings: {x: c}}"
    assert.equal("", errors)
    assert.equal("c", registry.selected.x.source)
    has(select(2, choose "{bindings: {x: d}}"), "composition.binding", "does not export it")
    has(select(2, choose "{bindings: {x: e}, precedence: [f]}"), 'undeclared source "e"', 'undeclared source "f"')
    local warnings
    registry, errors, warnings = choose "{bindings: {z: d}, precedence: [d]}"
    assert.equal("", errors)
    has(warnings, "composition.unused-binding", '"z"', "composition.silent-choice")
    assert.equal("a", registry.selected.x.source)
  end)

  it("are chosen by a component's compositionRef (02 case 9)", function()
    local platform = Sources.new {
      ["intent.yaml"] = intent "{precedence: [a]}", ["d/stack.yaml"] = Sources.stack, ["d/y/composition.yaml"] = Sources.composition "y",
      ["a/stack.yaml"] = Sources.stack, ["a/x/composition.yaml"] = Sources.composition "x", ["b/stack.yaml"] = Sources.stack,
      ["b/x/composition.yaml"] = Sources.composition "x", ["c/stack.yaml"] = Sources.stack,
      ["c/x/composition.yaml"] = Sources.composition "x",
    }
    local registry, report = platform:load()
    assert.equal("", Sources.text(report.errors))
    local function choice(ref)
      local before = #report.errors
      local found = registry:choose { name = "app", type = "x", compositionRef = ref }
      return found and found.key, report.errors[before + 1] and report.errors[before + 1].kind
    end
    assert.same({ "b:x" }, { choice { source = "b" } })
    assert.same({ "d:y" }, { choice { source = "d", name = "y" } })
    assert.same({ nil, "composition.ref-source" }, { choice { name = "x" } })
    assert.same({ nil, "composition.unknown-source" }, { choice { source = "zz" } })
    assert.same({ nil, "composition.ref-name" }, { choice { source = "d" } })
    assert.equal("a:x", registry:choose({ name = "app", type = "x" }).key)
    assert.is_nil(registry:choose { name = "app", type = "xx" })
    assert.equal("composition.unknown-type", report.errors[#report.errors].kind)
    has(report.errors[#report.errors].message, "app", "component type not found", "xx")
    assert.equal("did you mean x?", report.errors[#report.errors].hint)
    registry.selected = {}
    assert.is_nil(registry:choose { name = "app", type = "zz" })
    assert.is_nil(report.errors[#report.errors].hint) -- there is nothing to list
  end)

  it("keep their pinned digest (02 case 10)", function()
    local text = failing { ["intent.yaml"] = "compositions: {sources: [{name: kit, kind: dir, path: ./kit, digest: 'sha256:00'}]}\n",
      ["kit/helm/composition.yaml"] = helm }
    has(text, "composition.digest", "expected sha256:00, found sha256:")
    assert.is_nil(text:find("unknown-type", 1, true))
  end)

  it("are checked before anything is read", function()
    local text = failing { ["intent.yaml"] = [[
compositions:
  sources:
    - {kind: dir, path: x}
    - {name: a, kind: dri, path: x}
    - {name: b, kind: dir}
    - {name: b, kind: dir, path: x}
    - {name: d, kind: oci, ref: x}
    - {name: e, kind: dir, path: none}
]] }
    has(text, "composition.source-name", 'unknown kind "dri"', "did you mean dir?", "composition.source-path",
      'duplicate composition source "b"', "oci are not supported yet", "intent.yaml:8:", "composition.source-missing")
    has(Sources.without_stack(failing, { ["intent.yaml"] = "metadata: {name: x}\n" }), "composition.none-declared")
  end)

  it("do not pretend to verify signatures (02 quirk 2)", function()
    local _, _, warnings = failing {
      ["intent.yaml"] = "compositions: {sources: [{name: kit, kind: dir, path: ./kit, verify: {required: true}}]}\n",
      ["kit/helm/composition.yaml"] = helm,
    }
    has(warnings, "composition.unverified")
  end)
end)

describe("composition lock", function()
  after_each(Sources.clean)

  it("is written in its form, follows directories, and is never needed (02 case 13, with the rules of decision 18)", function()
    local platform = Sources.new { ["kit/helm/composition.yaml"] = helm, ["kit/app/composition.yaml"] = Sources.composition "app" }
    local registry = platform:load { lock = true }
    local digest = registry.sources[1].resolvedDigest
    local expected = "apiVersion: sourceplane.io/v1alpha1\nkind: CompositionLock\nsources:\n    - name: kit\n      kind: dir\n"
      .. "      path: ./kit\n      resolvedDigest: %s\n      exports:\n        - app\n        - helm\n"
    assert.equal(expected:format(digest), platform:read ".orun/compositions.lock.yaml")
    platform:write("kit/README", "changed")
    local again = platform:load { lock = true }
    assert.not_equal(digest, again.sources[1].resolvedDigest)
    assert.equal(expected:format(again.sources[1].resolvedDigest), platform:read ".orun/compositions.lock.yaml")
    assert(fs.remove(platform.root .. "/.orun/compositions.lock.yaml"))
    local third, report = platform:load()
    assert.same({}, report.errors)
    assert.equal(again.sources[1].resolvedDigest, third.sources[1].resolvedDigest)
    assert.is_nil(platform:read ".orun/compositions.lock.yaml")
  end)

  it("keeps entries of sources from elsewhere as they are (decision 18)", function()
    local lock = require "orun.composition.lock"
    local value = require "host.value"
    local source = { name = "o", kind = "oci", ref = "oci://x/y:v1", resolvedDigest = "sha256:new", exports = value.list { "a" } }
    local locked = { name = "o", kind = "oci", ref = "oci://x/y:v1", resolvedDigest = "sha256:old", exports = value.list { "a", "b" } }
    has(lock.encode({ source }, { o = locked }), "sha256:old", "- b")
    has(lock.encode({ source }, {}), "sha256:new")
    source.ref = "oci://x/y:v2"
    has(lock.encode({ source }, { o = locked }), "sha256:new")
  end)
end)

describe("config directory", function()
  after_each(Sources.clean)

  local job = "kind: JobRegistry\nmetadata: {name: registry, description: d}\njobs: [{name: g, steps: [{run: x}]}, {name: h}]\n"

  it("is hashed as published (02 §5.2)", function()
    local platform = Sources.new {
      ["intent.yaml"] = "metadata: {name: x}\n", ["cfg/helm/job.yaml"] = "A", ["cfg/helm/schema.yaml"] = "B",
    }
    local registry, report = platform:load { config_dir = "cfg" }
    has(Sources.text(report.errors), "cfg/helm/job.yaml")
    assert.equal("sha256:7fbade0a86fadd1541b52f624ced62b5015026d903f87e59280675d1781366f1", registry.sources[1].resolvedDigest)
  end)

  it("serves types without sources; `./cfg` and `cfg` are one (02 case 37)", function()
    local platform = Sources.new {
      ["intent.yaml"] = "metadata: {name: x}\n", ["cfg/helm/job.yaml"] = job, ["cfg/helm/schema.yaml"] = "type: object\n",
      ["cfg/README"] = "x",
    }
    local registry, report = platform:load { config_dir = "./cfg" }
    assert.equal("", Sources.text(report.errors))
    local helm_type = registry.selected.helm
    assert.same({ "legacy-config-dir:helm", "g", "registry" }, { helm_type.key, helm_type.defaultJob, registry.bindings.helm })
    assert.same({ type = "object" }, helm_type.schema)
    local record = registry.sources[1]
    assert.same({ "legacy-config-dir", "legacy-dir", "./cfg" }, { record.name, record.kind, record.path })
    assert.equal(record.resolvedDigest, platform:load({ config_dir = "cfg" }).sources[1].resolvedDigest)
  end)

  it("stands behind declared sources", function()
    local platform = Sources.new {
      ["kit/helm/composition.yaml"] = helm, ["cfg/helm/job.yaml"] = job, ["cfg/helm/schema.yaml"] = "{}",
      ["cfg/tf/compositions.yaml"] = job, ["cfg/tf/job.yaml"] = "broken: [", ["cfg/tf/schema.yaml"] = "{}",
    }
    local registry, report = platform:load { config_dir = "cfg" }
    assert.equal("", Sources.text(report.errors))
    assert.equal("kit:helm", registry.selected.helm.key)
    assert.equal("legacy-config-dir:tf", registry.selected.tf.key)
    assert.same({ "kit", "legacy-config-dir" }, { registry.sources[1].name, registry.sources[2].name })
  end)

  it("may be a pattern, searched to the bottom", function()
    local platform = Sources.new {
      ["intent.yaml"] = "metadata: {name: x}\n", ["teams/a/deep/helm/job.yaml"] = job, ["teams/a/deep/helm/schema.yaml"] = "{}",
      ["teams/b/tf/compositions.yaml"] = "broken: [", ["teams/b/tf/job.yaml"] = job, ["teams/b/tf/schema.yaml"] = "{}",
      ["teams/README"] = "no directory",
    }
    local registry, report = platform:load { config_dir = "teams/*" }
    assert.equal("", Sources.text(report.errors))
    assert.same({ "helm", "tf" }, { table.unpack(registry.sources[1].exports) })
    assert.equal("tf/job.yaml", registry.selected.tf.path)
  end)

  it("reports what it lacks", function()
    local files = { ["intent.yaml"] = "metadata: {name: x}\n", ["cfg/helm/job.yaml"] = job, ["empty/x"] = "", ["file"] = "",
      ["none/helm/job.yaml"] = "metadata: {name: x}\n", ["none/helm/schema.yaml"] = "{}" }
    local function config(name) return (failing(files, { config_dir = name })) end
    has(config "cfg", "cfg/helm/job.yaml:1:1", 'composition "helm"', "no schema.yaml")
    has(config "empty", "has no job.yaml or compositions.yaml")
    has(config "file", "is not a directory")
    has(config "missing", "cannot read the config directory missing")
    has(config "miss*", "matches no directory")
    has(config "[a*", "matches no directory")
    has(config "none", "has no jobs")
  end)
end)
