local fs = require "host.fs"
local json = require "host.json"
local process = require "host.process"
local program = dofile "spec/support/program.lua"
local Sources = dofile "spec/support/sources.lua"

local function has(text, ...)
  for _, part in ipairs { ... } do
    assert.truthy(text:find(part, 1, true), ("%q is not in:\n%s"):format(part, text))
  end
end

describe("orun pack", function()
  after_each(Sources.clean)

  local helm = Sources.composition "helm"

  ---A package at the root of a directory that is no repository.
  local function package(files)
    local all = { ["stack.yaml"] = "kind: Stack\nmetadata: {name: kit, version: 1.2.0}\n", ["compositions/helm/composition.yaml"] = helm,
      ["README.md"] = "read\n", ["presets/ci.yaml"] = "kind: IntentPreset\n", ["kit/stack.yaml"] = false, ["kit/orun.yaml"] = " ",
      ["intent.yaml"] = "metadata: {name: x}\n" }
    for name, text in next, files or {} do all[name] = text end
    local p = Sources.new(all)
    fs.remove_tree(p.root .. "/.git")
    fs.remove_tree(p.root .. "/kit")
    return p
  end

  local function run(root, ...)
    return program.run(root, { ... }, { ORUN_HOME = root .. "/.home", GIT_CEILING_DIRECTORIES = "/tmp" })
  end

  local function packed(root, ...)
    local r = run(root, "pack", "--json", ...)
    assert(r.code == 0, r.err)
    local summary = assert(json.decode(r.out))
    return summary, assert(fs.read(summary.archive:sub(1, 1) == "/" and summary.archive or root .. "/" .. summary.archive))
  end

  local function git(root, ...)
    local argv = { "git", "-c", "user.name=spec", "-c", "user.email=spec@localhost", "-c", "commit.gpgsign=false", "-c",
      "tag.gpgsign=false", ... }
    local r = assert(process.run { argv = argv, cwd = root })
    assert(r.code == 0, r.output)
  end

  local function names(root, file)
    local r = assert(process.run { argv = { "tar", "-tzf", file }, cwd = root })
    return r.output
  end

  it("writes an archive of the whole package", function()
    local p = package { [".hidden"] = "h", ["node_modules/x"] = "n", [".orun/plans/a"] = "no" }
    local r = run(p.root, "pack")
    assert.same({ 0, "" }, { r.code, r.err })
    has(r.out, "package  kit\n", "version  1.2.0\n", "files    7\n", "archive  kit-1.2.0.tgz\n", "digest   sha256:", "✓ packed\n")
    assert.equal(".hidden\nREADME.md\ncompositions/helm/composition.yaml\nintent.yaml\nnode_modules/x\npresets/ci.yaml\nstack.yaml\n",
      names(p.root, "kit-1.2.0.tgz"))
  end)

  it("writes the archive alone to standard output for -o -", function()
    local p = package()
    local _, bytes = packed(p.root)
    local r = run(p.root, "pack", "-o", "-")
    assert.same({ 0, bytes, "" }, { r.code, r.out, r.err })
    assert.is_nil(fs.stat(p.root .. "/-"))
    assert.equal(2, run(p.root, "pack", "-o", "-", "--json").code)
    assert.equal(2, run(p.root, "pack", "-o", "").code)
  end)

  it("gives the same bytes again, and elsewhere (02 quirk 20)", function()
    local p = package()
    local first, bytes = packed(p.root)
    local second, again = packed(p.root)
    assert.same({ first.digest, bytes }, { second.digest, again })
    local other = package()
    for _, name in ipairs { "README.md", "stack.yaml" } do
      assert(fs.chmod(other.root .. "/" .. name, 384))
    end
    local argv = { "find", ".", "-exec", "touch", "-d", "2001-01-01", "{}", "+" }
    assert.equal(0, process.run { argv = argv, cwd = other.root }.code)
    local _, elsewhere = packed(other.root, "-o", "out/a.tgz")
    assert.equal(bytes, elsewhere)
    assert(fs.chmod(other.root .. "/README.md", 493))
    assert.not_equal(bytes, select(2, packed(other.root, "-o", "out2/a.tgz")))
  end)

  it("leaves out itself and former archives of the package", function()
    local p = package { ["kit-0.9.tgz"] = "old", ["sub/kit-0.9.tgz"] = "kept" }
    packed(p.root, "-o", "deep/x.bin")
    packed(p.root, "-o", "deep/x.bin")
    local list = names(p.root, "deep/x.bin")
    assert.is_nil(list:find("x.bin", 1, true))
    assert.is_nil(list:find("\nkit-0.9.tgz", 1, true))
    has(list, "sub/kit-0.9.tgz")
  end)

  it("takes SOURCE_DATE_EPOCH as the time of every entry", function()
    local p = package()
    local env = { SOURCE_DATE_EPOCH = "86400" }
    assert.equal(0, program.run(p.root, { "pack", "-o", "a.tgz" }, env).code)
    has(assert(process.run { argv = { "tar", "-tvzf", "a.tgz" }, cwd = p.root, env = { TZ = "UTC", PATH = os.getenv "PATH" } }).output,
      "1970-01-02 00:00 README.md", "-rw-r--r-- 0/0")
    local r = program.run(p.root, { "pack" }, { SOURCE_DATE_EPOCH = "soon" })
    assert.equal(1, r.code)
    has(r.err, "SOURCE_DATE_EPOCH is not a number of seconds")
  end)

  it("takes the version from git, then the manifest (02 §11.2, quirk 18)", function()
    local p = package()
    git(p.root, "init", "-q", "-b", "main")
    git(p.root, "add", "-A")
    git(p.root, "commit", "-q", "-m", "a")
    assert.equal("1.2.0", packed(p.root, "-o", "/tmp/" .. p.root:match "[^/]+$" .. ".tgz").version)
    p:write("stack.yaml", "kind: Stack\nmetadata: {name: kit}\n")
    local summary = packed(p.root)
    assert.truthy(summary.version:find "^0%.1%.0%-dev%+%x+$")
    assert.equal(("kit-%s.tgz"):format(summary.version), summary.archive)
    git(p.root, "tag", "rel/2.0")
    summary = packed(p.root)
    assert.same({ "rel/2.0", "kit-rel-2.0.tgz" }, { summary.version, summary.archive })
    assert(fs.remove("/tmp/" .. p.root:match "[^/]+$" .. ".tgz"))
    local bare = package { ["stack.yaml"] = "kind: Stack\nmetadata: {name: ../evil name}\n" }
    summary = packed(bare.root)
    assert.same({ "0.1.0-dev", "evil-name-0.1.0-dev.tgz" }, { summary.version, summary.archive })
  end)

  it("finds the package", function()
    local p = package()
    assert(fs.mkdir(p.root .. "/nested/examples"))
    assert(fs.rename(p.root .. "/compositions", p.root .. "/nested/examples/compositions"))
    assert(fs.rename(p.root .. "/stack.yaml", p.root .. "/nested/examples/compositions/stack.yaml"))
    assert.equal(2, packed(p.root .. "/nested").files)
    local r = run(p.root, "pack")
    assert.equal(1, r.code)
    has(r.err, "failed to read package manifest")
  end)

  it("checks the package first", function()
    local p = package { ["compositions/helm/composition.yaml"] = Sources.composition("helm", "  jobs: []\n") }
    local r = run(p.root, "pack")
    assert.equal(1, r.code)
    has(r.err, 'error: composition "helm": it has no jobs', "compositions/helm/composition.yaml:")
    p = package { ["compositions/helm/composition.yaml"] = (helm:gsub("{type: object}", "{type: objekt}")) }
    has(run(p.root, "pack").err, "compositions/helm/composition.yaml:6:27")
    p = package()
    assert(fs.symlink("README.md", p.root .. "/link"))
    has(run(p.root, "pack").err, "link", "symbolic")
    assert.is_nil(fs.read(p.root .. "/kit-1.2.0.tgz"))
  end)

  it("says when the archive cannot be written", function()
    local p = package()
    local r = run(p.root, "pack", "-o", "README.md/kit.tgz")
    assert.equal(1, r.code)
    has(r.err, "cannot write the archive README.md/kit.tgz")
  end)

  it("is what an archive source reads", function()
    local p = package()
    local summary = packed(p.root, "-o", "dist/kit.tgz")
    local source = "{name: k, kind: archive, path: dist/kit.tgz, digest: %q}"
    p:write("intent.yaml", ("compositions: {sources: [" .. source .. "]}\n"):format(summary.digest)
      .. "environments: {dev: {}}\ncomponents: [{name: a, type: helm, subscribe: {environments: [dev]}}]\n")
    local r = run(p.root, "plan", "-o", "plan.json", "--all")
    assert.same({ 0, "" }, { r.code, r.err })
    local plan = assert(json.decode(p:read "plan.json"))
    assert.same({ name = "k", kind = "archive", path = "dist/kit.tgz", resolvedDigest = summary.digest, exports = { "helm" } },
      plan.spec.compositionSources[1])
  end)

  it("has a longer spelling", function()
    local p = package()
    local r = run(p.root, "compositions", "package", "build", "--root", ".")
    assert.equal(2, r.code)
    has(r.err, "--output is required")
    r = run(p.root, "compositions", "package", "build", "--root", ".", "-o", "a.tgz")
    assert.equal(0, r.code)
    packed(p.root, "-o", "b.tgz")
    assert(fs.remove(p.root .. "/b.tgz"))
    assert(fs.rename(p.root .. "/a.tgz", p.root .. "/kit-a.tgz"))
    local _, bytes = packed(p.root, "-o", "b.tgz")
    assert.equal(fs.read(p.root .. "/kit-a.tgz"), bytes)
  end)

end)
