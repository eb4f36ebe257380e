local fs = require "host.fs"
local process = require "host.process"
local worktree = require "orun.change.worktree"

local roots = {}

local function git(directory, ...)
  local argv = { "git", "-c", "user.name=spec", "-c", "user.email=spec@localhost", "-c", "commit.gpgsign=false", ... }
  local r = assert(process.run { argv = argv, cwd = directory })
  assert(r.code == 0, r.output)
  return (r.output:gsub("%s+$", ""))
end

local function repository(...)
  local root = assert(fs.realpath(assert(fs.temporary "/tmp/orun-spec-")))
  roots[#roots + 1] = root
  if select("#", ...) > 0 then git(root, ...) end
  return root
end

local function commit(root)
  assert(fs.write(root .. "/a", "a\n"))
  git(root, "add", "-A")
  git(root, "commit", "-q", "-m", "a")
  return git(root, "rev-parse", "HEAD")
end

describe("the work tree", function()
  after_each(function()
    for i = #roots, 1, -1 do
      fs.remove_tree(roots[i])
      roots[i] = nil
    end
  end)

  it("is clean, or holds a change or an unknown file", function()
    local root = repository("init", "-q")
    assert.same({ dirty = false }, worktree.facts(root))
    local revision = commit(root)
    assert.same({ revision = revision, dirty = false }, worktree.facts(root))
    assert(fs.write(root .. "/a", "b\n"))
    assert.same({ revision = revision, dirty = true, changed = "a" }, worktree.facts(root))
    git(root, "checkout", "-q", "a")
    assert(fs.mkdir(root .. "/sub"))
    assert(fs.write(root .. "/sub/new", "b\n"))
    assert.same({ revision = revision, dirty = true, changed = "sub/" }, worktree.facts(root .. "/sub"))
    assert(fs.write(root .. "/sub/.gitignore", "*\n"))
    assert.same({ revision = revision, dirty = false }, worktree.facts(root))
  end)

  it("is asked of the git program where libgit2 cannot tell", function()
    local root = repository("init", "-q", "--object-format=sha256")
    local revision = commit(root)
    assert.equal(64, #revision)
    assert.same({ revision = revision, dirty = false }, worktree.facts(root))
    assert(fs.write(root .. "/new", "b\n"))
    assert.same({ revision = revision, dirty = true, changed = "new" }, worktree.facts(root))
  end)

  it("may be no repository, or one without a work tree", function()
    local facts = worktree.facts(repository())
    assert.is_nil(facts.dirty)
    assert.truthy(facts.problem:find "no git repository")
    facts = worktree.facts(repository("init", "-q", "--bare"))
    assert.is_nil(facts.dirty)
    assert.truthy(facts.problem:find "work tree", facts.problem)
  end)
end)
