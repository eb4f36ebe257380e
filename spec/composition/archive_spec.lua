local Sources = dofile "spec/support/sources.lua"
local archive = require "host.archive"
local fs = require "host.fs"
local hash = require "host.hash"
local sorted = require "orun.util.sorted"
local system = require "host.system"
local tar = dofile "spec/support/tar.lua"

local function has(text, ...)
  for _, part in ipairs { ... } do
    assert.truthy(text:find(part, 1, true), ("%q is not in:\n%s"):format(part, text))
  end
end

local intent = "compositions: {sources: [{name: kit, kind: archive, path: kit.tgz}]}\n"
local lock_file = ".orun/compositions.lock.yaml"

---A package as tar.gz; files by path.
local function pack(files)
  local entries = {}
  for name, text in sorted.pairs(files) do entries[#entries + 1] = { path = name, bytes = text } end
  return assert(archive.create(entries))
end

local function kit(run)
  return pack {
    ["stack.yaml"] = Sources.stack,
    ["helm/composition.yaml"] = Sources.composition("helm",
      ("  jobs: [{name: build, steps: [{name: make, run: %s}]}]\n"):format(run or "make")),
  }
end

local function sha(bytes)
  return "sha256:" .. hash.sha256(bytes)
end

describe("archive sources", function()
  local home, former
  before_each(function()
    former = os.getenv "ORUN_HOME"
    home = assert(fs.temporary "/tmp/orun-home-")
    system.setenv("ORUN_HOME", home)
  end)
  after_each(function()
    system.setenv("ORUN_HOME", former)
    fs.remove_tree(home)
    Sources.clean()
  end)

  local function platform(bytes, text)
    return Sources.new { ["intent.yaml"] = text or intent, ["kit.tgz"] = bytes }
  end

  local function errors(bytes, text, options)
    local registry, report = platform(bytes, text):load(options)
    return Sources.text(report.errors), registry
  end

  local function cached(bytes)
    return home .. "/cache/compositions/" .. hash.sha256(bytes)
  end

  ---Names in the cache, without the packages' own files.
  local function cache_names()
    return fs.list(home .. "/cache/compositions") or {}
  end

  it("are unpacked into the cache once", function()
    local bytes = kit()
    local registry, report = platform(bytes):load()
    assert.equal("", Sources.text(report.errors))
    assert.same({ "helm" }, registry.sources[1].exports)
    assert.equal(sha(bytes), registry.sources[1].resolvedDigest)
    assert.equal("kit.tgz/helm/composition.yaml", registry.selected.helm.file)
    assert.equal(Sources.stack, fs.read(cached(bytes) .. "/stack.yaml"))
    assert.same({ hash.sha256(bytes), hash.sha256(bytes) .. ".tree" }, cache_names())
    local before = fs.stat(cached(bytes)).inode
    assert.equal("", errors(bytes))
    assert.equal(before, fs.stat(cached(bytes)).inode)
  end)

  it("tell mistakes by the archive's name, not by that of the cache", function()
    has(errors(pack { ["stack.yaml"] = Sources.stack, ["helm/composition.yaml"] = Sources.composition "x" }),
      "kit.tgz/helm/composition.yaml:2:18: composition.name")
  end)

  it("are pinned by digest (02 case 10)", function()
    local bytes = kit()
    local pinned = "compositions: {sources: [{name: kit, kind: archive, path: kit.tgz, digest: %s}]}\n"
    assert.equal("", errors(bytes, pinned:format('"' .. sha(bytes) .. '"')))
    fs.remove_tree(home .. "/cache")
    has(errors(bytes, pinned:format '"sha256:00"'), "composition.digest", "expected sha256:00, found " .. sha(bytes))
    assert.same({}, cache_names())
  end)

  it("refuse hostile entries and leave nothing behind (02 case 11)", function()
    local manifest = { name = "stack.yaml", bytes = Sources.stack }
    local function hostile(entry, ...)
      has(errors(tar.archive { manifest, entry }), "intent.yaml:1:", "composition.archive", 'source "kit"', "kit.tgz", ...)
      assert.same({}, cache_names())
    end
    hostile({ name = "../../evil", bytes = "x" }, "../../evil", "escapes the destination")
    hostile({ name = "link", type = "2", link = "/etc" }, "symbolic links are not allowed")
    hostile({ name = "hard", type = "1", link = "stack.yaml" }, "hard links are not allowed")
    hostile({ name = "pipe", type = "6" }, "only files and directories")
    hostile({ name = "./stack.yaml", bytes = "x" }, "two entries")
    assert.is_false(fs.exists(home .. "/evil"))
    has(errors "no archive", "not a tar.gz archive")
  end)

  it("take absolute names as names below the root, but no wrapping directory (02 case 11)", function()
    local bytes = tar.archive {
      { name = "/stack.yaml", bytes = Sources.stack }, { name = "/helm/composition.yaml", bytes = Sources.composition "helm" },
      { name = "/abs.txt", bytes = "x" },
    }
    assert.equal("", errors(bytes))
    assert.equal("x", fs.read(cached(bytes) .. "/abs.txt"))
    has(errors(tar.archive { { name = "kit/stack.yaml", bytes = Sources.stack } }), "composition.manifest-missing",
      "kit.tgz has neither stack.yaml nor orun.yaml")
  end)

  it("need a file", function()
    has(errors(kit(), "compositions: {sources: [{name: kit, kind: archive, path: no.tgz}, {name: b, kind: archive}]}\n"),
      "composition.source-missing", "cannot read the archive no.tgz: No such file", "composition.source-path")
  end)

  it("need a place for the cache", function()
    local user = os.getenv "HOME"
    system.setenv("ORUN_HOME", nil)
    system.setenv("HOME", nil)
    local text = errors(kit())
    system.setenv("HOME", user)
    has(text, "composition.cache", "set HOME")
  end)

  it("say when the cache cannot be written", function()
    assert(fs.write(home .. "/cache", "a file"))
    has(errors(kit()), "intent.yaml:1:", "composition.cache", "cannot make the cache")
  end)

  it("are unpacked again when the cache was damaged", function()
    local bytes = kit()
    errors(bytes)
    local directory = cached(bytes)
    local function repaired(damage)
      damage()
      assert.equal("", errors(bytes))
      assert.equal(Sources.stack, fs.read(directory .. "/stack.yaml"))
      assert.same({ hash.sha256(bytes), hash.sha256(bytes) .. ".tree" }, cache_names())
    end
    repaired(function() assert(fs.write(directory .. "/stack.yaml", "kind: Evil\n")) end)
    repaired(function() assert(fs.remove(directory .. "/stack.yaml")) end)
    repaired(function() assert(fs.write(directory .. "/extra.yaml", "x")) end)
    repaired(function() assert(fs.symlink("/etc", directory .. "/link")) end)
    repaired(function() assert(fs.remove(directory .. ".tree")) end)
    repaired(function() assert(fs.remove_tree(directory)) end)
    repaired(function()
      assert(fs.remove_tree(directory))
      assert(fs.write(directory, "a file"))
    end)
  end)

  it("may be filled by several processes at a time (02 quirk 29)", function()
    local process, loop = require "host.process", require "host.loop"
    local exe = require("host.system").paths().exe
    local bytes = kit()
    local root = platform(bytes).root
    local script = [[
      local cache = require "orun.composition.cache"
      local directory, err = cache.provide(arg[1], function(to)
        return require("host.archive").extract(require("host.fs").read(arg[2]), to, { entries = 9, bytes = 9999 }) and true
      end)
      assert(directory, err and err.message)
      assert(require("host.fs").read(directory .. "/helm/composition.yaml"))
    ]]
    assert(fs.write(root .. "/fill.lua", script))
    local failed = {}
    loop.scope(function()
      for _ = 1, 12 do
        loop.spawn(function()
          local r = process.run { argv = { exe, "lua", root .. "/fill.lua", sha(bytes), root .. "/kit.tgz" } }
          if r.code ~= 0 then failed[#failed + 1] = r.output end
        end)
      end
    end)
    assert.same({}, failed)
    assert.same({ hash.sha256(bytes), hash.sha256(bytes) .. ".tree" }, cache_names())
  end)

  describe("in the lock file (decision 18)", function()
    local first, second = kit(), kit "other"
    local plan = { lock = true }

    local function load(p, options)
      local registry, report = p:load(options)
      return Sources.text(report.errors), registry, Sources.text(report.warnings)
    end

    local function relock(p)
      local registry, report = p:load { lock = "renew" }
      assert.equal("", Sources.text(report.errors))
      assert(require("orun.composition.lock").write(p.root, registry.sources, true))
    end

    it("are added by a plan and changed only on request", function()
      local p = platform(first)
      assert.equal("", load(p, plan))
      has(p:read(lock_file), "kind: archive\n      path: kit.tgz\n      resolvedDigest: " .. sha(first) .. "\n")
      p:write("kit.tgz", second)
      local text = load(p, plan)
      has(text, "intent.yaml:1:26: composition.locked", "expected " .. sha(first) .. ", found " .. sha(second), "orun compositions lock")
      assert.is_nil(text:find("unknown", 1, true))
      has(load(p), "composition.locked")
      has(p:read(lock_file), sha(first))
      assert.is_false(fs.exists(cached(second)))
      relock(p)
      has(p:read(lock_file), sha(second))
      assert.equal("", load(p, plan))
    end)

    it("count for the place that they were written for", function()
      local p = platform(first)
      load(p, plan)
      p:write("new.tgz", second)
      p:write("intent.yaml", (intent:gsub("kit%.tgz", "new.tgz")))
      has(load(p, { locked = true }), "composition.not-locked", "orun compositions lock")
      assert.equal("", load(p, plan))
      has(p:read(lock_file), sha(second))
    end)

    it("hold for directories with --locked only", function()
      local p = Sources.new { ["kit/helm/composition.yaml"] = Sources.composition "helm" }
      has(load(p, { locked = true, lock = true }), "composition.not-locked", '"kit"')
      assert.is_nil(p:read(lock_file))
      assert.equal("", load(p, plan))
      assert.equal("", load(p, { locked = true }))
      p:write("kit/README", "new")
      local before = p:read(lock_file)
      has(load(p, { locked = true, lock = true }), "intent.yaml:1:26: composition.locked")
      assert.equal(before, p:read(lock_file))
      assert.equal("", load(p, plan))
      assert.not_equal(before, p:read(lock_file))
    end)

    it("hold for the config directory with --locked", function()
      local p = Sources.new {
        ["intent.yaml"] = "metadata: {name: x}\n", ["cfg/helm/schema.yaml"] = "{}",
        ["cfg/helm/job.yaml"] = "kind: JobRegistry\nmetadata: {name: registry}\njobs: [{name: g, steps: [{run: x}]}]\n",
      }
      has(load(p, { locked = true, config_dir = "cfg" }), "composition.not-locked", "legacy-config-dir")
      assert.equal("", load(p, { lock = true, config_dir = "cfg" }))
      assert.equal("", load(p, { locked = true, config_dir = "cfg" }))
      p:write("cfg/helm/schema.yaml", "{ }")
      has(load(p, { locked = true, config_dir = "cfg" }), "composition.locked")
    end)

    it("need a file that can be read", function()
      local p = platform(first)
      p:write(lock_file, "sources: [\n<<<<<<< ours\n")
      has(load(p, plan), "composition.lock-unreadable", "orun compositions lock")
      assert.equal("sources: [\n<<<<<<< ours\n", p:read(lock_file))
      relock(p)
      assert.equal("", load(p, plan))
      local d = Sources.new { ["kit/helm/composition.yaml"] = Sources.composition "helm", [lock_file] = "a: [" }
      local text, _, warnings = load(d, plan)
      assert.equal("", text)
      has(warnings, "composition.lock", "cannot write the composition lock")
      has(load(d, { locked = true }), "composition.lock-unreadable")
    end)
  end)
end)
