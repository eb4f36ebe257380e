return function(standard, sources)
  local component = standard.component
  local fs = require "host.fs"
  local archive = "compositions: {sources: [{name: kit, kind: archive, path: kit.tgz}]}\n"

  local function with_sources(text, rest)
    return { ["intent.yaml"] = "compositions: {sources: [" .. text .. "]}\n" .. (rest or "") .. "environments: {dev: }\n" .. component() }
  end

  local function stack(text, files)
    files = files or {}
    files["kit/stack.yaml"] = text
    return files
  end

  -- An orun.yaml instead of the stack.
  local function package(text)
    return { ["kit/stack.yaml"] = false, ["kit/orun.yaml"] = "kind: CompositionPackage\nmetadata: {name: kit-package}\n" .. text }
  end

  local document = "kit/compositions/sh/composition.yaml"

  local function composition(text)
    return { [document] = text }
  end

  local top = "kind: Composition\nmetadata: {name: sh}\nspec:\n"
  local fields = "  type: sh\n  defaultJob: build\n"

  -- The standard composition with another spec.
  local function spec(rest, other_fields)
    return composition(top .. (other_fields or fields) .. "  parameterSchema: {type: object}\n" .. rest)
  end

  local jobs = "  jobs: [{name: build, steps: [{name: make, run: make}]}]\n"

  local function profile(text)
    return spec(jobs .. "  defaultProfile: quick\n  executionProfiles: {quick: " .. text .. "}\n")
  end

  -- The same with jobs and profiles in documents of their own.
  local function referenced(entries, rest)
    local files = spec(jobs .. "  defaultProfile: quick\n  profiles: [" .. entries .. "]\n" .. (rest or ""))
    files["kit/compositions/sh/profiles/quick.yaml"] = "kind: ExecutionProfile\nmetadata: {name: quick}\n"
      .. "spec: {jobs: {build: {stepsEnabled: [make]}}}\n"
    return files
  end

  -- A job that names a template and says more than that.
  local function templated(rest)
    local files = spec("  jobs: [{name: build, templateRef: {name: make}, " .. rest .. "}]\n")
    files["kit/compositions/sh/jobs/make.yaml"] = "kind: JobTemplate\nmetadata: {name: make}\nspec: {steps: [{name: make, run: make}]}\n"
    return files
  end

  -- A second source that exports the same type, and how to choose.
  local function two(resolution)
    return {
      ["intent.yaml"] = "compositions:\n  sources: [{name: kit, kind: dir, path: kit}, {name: other, kind: dir, path: other}, "
        .. "{name: third, kind: dir, path: third}]\n" .. resolution .. "environments: {dev: }\n" .. component(),
      ["other/stack.yaml"] = sources.stack, ["other/compositions/sh/composition.yaml"] = sources.composition "sh",
      ["third/stack.yaml"] = sources.stack, ["third/compositions/tf/composition.yaml"] = sources.composition "tf",
    }
  end

  local function pack(_, run)
    local result = run { "pack", "--root", "kit", "-o", "kit.tgz" }
    assert(result.code == 0, result.err)
  end

  local function damage_archive(root)
    assert(fs.write(root .. "/kit.tgz", "no archive"))
  end

  local lock = ".orun/compositions.lock.yaml"

  local function locked(root, run)
    pack(root, run)
    assert(run({ "plan" }, { HOME = root .. "/home" }).code == 0)
  end

  local function change_archive(root, run)
    locked(root, run)
    assert(fs.write(root .. "/kit/NOTES", "new"))
    pack(root, run)
  end

  local function home(root, run)
    pack(root, run)
    assert(fs.write(root .. "/home", "no directory"))
  end

  return {
    {
      "composition.none-declared",
      call = function()
        local report = require("orun.diagnostic").collector()
        sources.without_stack(require("orun.composition").load, {}, "/", report)
        report:check()
      end,
    },
    { "composition.source-name", files = with_sources("‸{kind: dir, path: kit}") },
    { "composition.duplicate-source", files = with_sources("{name: kit, kind: dir, path: kit}, {name: ‸kit, kind: dir, path: kit}") },
    { "composition.source-kind", files = with_sources("{name: kit, kind: ‸dri, path: kit}") },
    { "composition.source-unsupported", files = with_sources("{name: kit, kind: ‸oci, ref: ghcr.io/a/b}") },
    { "composition.source-path", files = with_sources("‸{name: kit, kind: dir}") },
    { "composition.source-missing", files = with_sources("{name: kit, kind: dir, path: ‸kti}") },
    { "composition.source-missing", files = with_sources("{name: kit, kind: archive, path: ‸kit.tgz}") },
    {
      "composition.symlink", files = with_sources("{name: kit, kind: dir, path: ‸kit}"),
      setup = function(root) assert(fs.symlink("stack.yaml", root .. "/kit/link")) end,
    },
    {
      "composition.unreadable",
      files = stack "kind: Stack\nmetadata: {name: k}\nspec: {compositions: [{path: ‸c/sh/composition.yaml}]}\n",
    },
    { "composition.archive", files = with_sources("{name: kit, kind: archive, path: ‸kit.tgz}"), setup = damage_archive },
    {
      "composition.cache", files = with_sources("‸{name: kit, kind: archive, path: kit.tgz}"), setup = pack,
      env = { HOME = "", ORUN_HOME = "" },
    },
    {
      "composition.cache", files = with_sources("‸{name: kit, kind: archive, path: kit.tgz}"), setup = home,
      env = { HOME = "/dev/null", ORUN_HOME = "" },
    },
    { "composition.digest", files = with_sources('{name: kit, kind: dir, path: kit, digest: ‸"sha256:0"}') },
    { "composition.unverified", warning = true, files = with_sources("{name: kit, kind: dir, path: kit, verify: ‸{required: true}}") },
    { "composition.lock", warning = true, setup = function(root) assert(fs.mkdir(root .. "/" .. lock)) end },
    { "composition.lock-unreadable", place = lock, argv = { "plan", "--locked" }, files = { [lock] = "sources: {" } },
    {
      "composition.locked", files = { ["intent.yaml"] = (archive:gsub("{name: kit", "‸%0")) .. "environments: {dev: }\n" .. component() },
      setup = change_archive, env = { ORUN_HOME = "/dev/null" },
    },
    { "composition.not-locked", argv = { "plan", "--locked" }, files = with_sources("‸{name: kit, kind: dir, path: kit}") },
    {
      "composition.manifest-missing",
      files = { ["kit/stack.yaml"] = false, ["intent.yaml"] = (standard.head:gsub("%./kit", "‸./kit")) .. standard.component() },
    },
    {
      "composition.unreadable", place = "kit/stack.yaml", files = { ["kit/stack.yaml"] = false },
      setup = function(root) assert(require("host.process").run { argv = { "mkfifo", root .. "/kit/stack.yaml" } }) end,
    },
    {
      "composition.unreadable", place = "kit/stack.yaml", files = { ["kit/stack.yaml"] = false },
      setup = function(root) assert(fs.mkdir(root .. "/kit/stack.yaml")) end,
    },
    { "composition.manifest-kind", files = stack "kind: ‸Sack\nmetadata: {name: k}\n" },
    { "composition.manifest-name", files = stack "kind: Stack\nmetadata: ‸{version: 1.0.0}\n" },
    { "composition.none", files = stack("‸kind: Stack\nmetadata: {name: k}\n", { [document] = false }) },
    { "composition.export-name", files = package "spec: {exports: [‸{path: compositions/sh/composition.yaml}]}\n" },
    { "composition.export-path", files = stack "kind: Stack\nmetadata: {name: k}\nspec: {compositions: [‸{}]}\n" },
    { "composition.export-path", files = stack("kind: Stack\nmetadata: {name: k}\nspec: {compositions: [{path: ‸composition.yaml}]}\n") },
    {
      "composition.duplicate", files = stack("kind: Stack\nmetadata: {name: k}\nspec:\n  compositions:\n"
        .. "    - {path: compositions/sh/composition.yaml}\n    - {path: ‸more/sh/composition.yaml}\n"),
    },
    {
      "composition.path-leaves-package",
      files = stack "kind: Stack\nmetadata: {name: k}\nspec: {compositions: [{path: ‸../sh/composition.yaml}]}\n",
    },
    { "composition.preset", files = stack("kind: Stack\nmetadata: {name: k}\nspec: {intentPresets: [‸{name: p}]}\n") },
    {
      "composition.no-effect", warning = true,
      files = package "spec: ‸{orun: {minVersion: 9.0.0}, exports: [{composition: sh, path: compositions/sh/composition.yaml}]}\n",
    },
    { "composition.kind", files = composition "kind: ‸Composit\nmetadata: {name: sh}\n" },
    {
      "composition.name",
      files = composition((top:gsub("sh", "‸bash")) .. fields:gsub("sh", "bash") .. "  parameterSchema: {type: object}\n" .. jobs),
    },
    { "composition.type", files = spec(jobs, "  type: ‸bash\n  defaultJob: build\n") },
    { "composition.schema", files = composition(top .. "  ‸type: sh\n  defaultJob: build\n" .. jobs) },
    {
      "composition.schema-invalid",
      files = composition(top .. fields .. "  parameterSchema: {type: ‸objekt}\n" .. jobs),
    },
    {
      "composition.schema-invalid",
      files = composition(top .. fields .. "  parameterSchema: {$ref: ‸'#/$defs/a', $defs: {a: {$ref: '#/$defs/a'}}}\n" .. jobs),
    },
    {
      "composition.reference",
      files = composition(top .. fields .. "  schemaRef: {name: ‸parameters}\n" .. jobs),
    },
    { "composition.no-jobs", files = spec("  jobs: ‸[]\n") },
    { "composition.job-name", files = spec("  jobs: [{name: build, steps: [{name: make, run: make}]}, ‸{steps: []}]\n") },
    { "composition.duplicate-job", files = spec("  jobs: [{name: build}, ‸{name: build}]\n") },
    { "composition.duplicate-step", files = spec("  jobs: [{name: build, steps: [{name: make, run: a}, ‸{name: make, run: b}]}]\n") },
    { "composition.default-job", files = spec(jobs, "  type: sh\n  defaultJob: ‸biuld\n") },
    { "composition.job-dependency", files = spec("  jobs: [{name: build, dependsOn: [‸lint], steps: [{name: make, run: make}]}]\n") },
    { "composition.job-dependency", files = templated "dependsOn: [‸lint]" },
    { "composition.idle-fields", warning = true, files = templated "‸timeout: 1m" },
    {
      "composition.default-profile",
      files = spec(jobs .. "  defaultProfile: ‸quik\n  executionProfiles: {quick: {jobs: {build: {stepsEnabled: [make]}}}}\n"),
    },
    { "composition.empty-profile", files = profile "‸{}" },
    { "composition.unknown-job", files = profile "{jobs: {build: {stepsEnabled: [make]}, ‸biuld: {stepsEnabled: [make]}}}" },
    { "composition.unknown-step", files = profile "{jobs: {build: {stepsEnabled: [make, ‸mkae]}}}" },
    { "composition.unknown-step", warning = true,
      files = profile "{jobs: {build: {stepsEnabled: [make], stepOverrides: {mkae: ‸{run: x}}}}}" },
    { "composition.repeated-step", files = profile "{jobs: {build: {stepsEnabled: [make, ‸make]}}}" },
    {
      "composition.duplicate-profile", warning = true,
      files = referenced "{name: quick, profileRef: {name: quick}}, ‸{name: quick, profileRef: {name: quick}}",
    },
    { "composition.profile-reference", warning = true, files = referenced "{name: quick, profileRef: {name: quick}}, ‸{name: slow}" },
    { "composition.config-dir", argv = { "plan", "--config-dir", "nowhere" } },
    { "composition.unknown-source", files = two "  resolution: {bindings: {sh: ‸ktt}}\n" },
    { "composition.unused-binding", warning = true, files = two "  resolution: {bindings: {sh: kit, ‸helm: kit}}\n" },
    { "composition.binding", files = two "  resolution: {bindings: {sh: ‸third}}\n" },
    { "composition.ambiguous", place = "intent.yaml:2:3", files = two "" },
    { "composition.silent-choice", warning = true, files = two "  resolution: {precedence: ‸[third]}\n" },
    { "composition.ref-source", intent = component "compositionRef: ‸{name: sh}" },
    { "composition.unknown-source", intent = component "compositionRef: {source: ‸ktt}" },
    { "composition.ref-name", intent = component "compositionRef: {source: kit, name: ‸shh}" },
    { "composition.unknown-type", intent = "components:\n  - {name: web, type: ‸shh, subscribe: {environments: [dev]}}\n" },
    {
      "composition.unknown-type", intent = "components:\n  - {name: web, type: ‸python, subscribe: {environments: [dev]}}\n",
      hint = "orun ships this type; add the source {name: orun, kind: builtin} to have it",
    },
    { "composition.not-found", argv = { "compositions", "shh" } },
  }
end
