-- What changed, and flags about it.
local fs = require "host.fs"
local process = require "host.process"

return function()
  local function git(root, ...)
    local argv = { "git", "-c", "user.name=spec", "-c", "user.email=spec@localhost", "-c", "commit.gpgsign=false", ... }
    local r = assert(process.run { argv = argv, cwd = root })
    assert(r.code == 0, r.output)
  end

  local function commit(root)
    assert(fs.remove_tree(root .. "/.git"))
    git(root, "init", "-q", "-b", "main")
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "platform")
  end

  -- A clone without the commit that two branches share.
  local function shallow(root)
    commit(root)
    git(root, "branch", "other")
    git(root, "commit", "-q", "--allow-empty", "-m", "one")
    git(root, "checkout", "-q", "other")
    git(root, "commit", "-q", "--allow-empty", "-m", "two")
    assert(fs.mkdir(root .. "/clone"))
    git(root .. "/clone", "init", "-q")
    git(root .. "/clone", "fetch", "-q", "--depth=1", "file://" .. root, "main:main", "other:other")
    git(root .. "/clone", "checkout", "-q", "other")
  end

  local quiet = { GITLAB_CI = "", BUILDKITE = "", CI = "" }
  local changed = { "plan", "--changed" }
  return {
    { "change.no-repository", argv = changed, env = quiet },
    { "change.no-git", argv = changed, env = { PATH = "/nonexistent" } },
    { "change.unknown-ref", argv = { "plan", "--changed", "--base", "nowhere" }, env = quiet, setup = commit },
    { "change.shallow", argv = { "plan", "--changed", "--base", "main" }, env = quiet, setup = shallow, cwd = "clone" },
    { "change.git", argv = { "plan", "--changed", "--base", "main" }, env = quiet, setup = function(root)
      commit(root)
      assert(fs.write(root .. "/.git/index", "no index"))
    end },
    { "change.ignored", warning = true, argv = { "plan", "--base", "main" } },
  }
end
