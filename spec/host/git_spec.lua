local fs = require "host.fs"
local git = require "host.git"
local system = require "host.system"

-- Nothing of the machine's configuration reaches the repositories of these specs.
local environment = "GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1 GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@example.org "
  .. "GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@example.org "

local function output(command)
  local pipe = assert(io.popen(command .. " 2>&1"))
  local text = pipe:read "a"
  return (text:gsub("\n$", "")), pipe:close()
end

describe("host.git", function()
  local dir, repo

  ---Runs git in a directory below `dir`; it must succeed.
  local function run(where, arguments)
    local text, ok = output(("%s git -C '%s/%s' %s"):format(environment, dir, where, arguments))
    assert(ok, text)
    return text
  end

  local function put(path, bytes)
    assert(fs.mkdir((dir .. "/" .. path):match "^(.*)/"))
    assert(fs.write(dir .. "/" .. path, bytes or "x\n", { sync = false }))
  end

  local function commit(where)
    run(where, "add -A")
    run(where, "commit -q -m change")
  end

  local function open(path)
    return assert(git.open(dir .. "/" .. path))
  end

  before_each(function()
    dir = assert(fs.realpath(assert(fs.temporary "/tmp/orun-git-spec-")))
    repo = dir .. "/r"
    assert(fs.mkdir(repo))
    run("r", "init -q -b main")
  end)
  after_each(function()
    assert(fs.remove_tree(dir))
  end)

  it("finds the repository around a path", function()
    put "r/a/b/f"
    assert.equal(repo, open("r"):root())
    assert.equal(repo, open("r/a/b"):root())
    assert.equal(repo, open("r/a/b/"):root())
    assert(fs.symlink("r/a", dir .. "/link"))
    assert.equal(repo, open("link"):root())
  end)

  it("says when there is none", function()
    assert(fs.mkdir(dir .. "/plain"))
    local value, message, errno = git.open(dir .. "/plain")
    assert.is_nil(value)
    assert.equal(dir .. "/plain: not inside a git repository", message)
    assert.equal("ENOENT", errno)
    assert.equal("ENOENT", select(3, git.open(dir .. "/absent")))
  end)

  it("knows HEAD before and after the first commit", function()
    local r = open "r"
    assert.same({ nil, "main", n = 2 }, table.pack(r:head()))
    assert.is_false(r:dirty())
    put "r/f"
    assert.is_true(r:dirty())
    commit "r"
    assert.same({ run("r", "rev-parse HEAD"), "main" }, { r:head() })
    assert.is_false(r:dirty())
    run("r", "checkout -q -b feature/deep/er")
    assert.same({ run("r", "rev-parse HEAD"), "feature/deep/er" }, { open("r"):head() })
  end)

  it("knows a detached HEAD", function()
    put "r/f"
    commit "r"
    run("r", "checkout -q --detach")
    assert.same({ run("r", "rev-parse HEAD"), nil, n = 2 }, table.pack(open("r"):head()))
  end)

  it("knows packed refs", function()
    put "r/f"
    commit "r"
    run("r", "pack-refs --all")
    assert.same({ run("r", "rev-parse HEAD"), "main" }, { open("r"):head() })
  end)

  it("reports a broken HEAD", function()
    put("r/.git/HEAD", "ref: refs/heads/main\n")
    put("r/.git/refs/heads/main", "nonsense\n")
    local id, branch, message, errno = open("r"):head()
    assert.is_nil(id)
    assert.is_nil(branch)
    assert.truthy(message:find(repo, 1, true))
    assert.equal("EGIT", errno)
  end)

  it("knows bare repositories", function()
    put "r/f"
    commit "r"
    run(".", "clone -q --bare r bare")
    local r = open "bare"
    assert.is_nil(r:root())
    assert.equal(run("r", "rev-parse HEAD"), (r:head()))
    local value, message, errno = r:dirty()
    assert.is_nil(value)
    assert.equal(dir .. "/bare/: a bare repository has no files", message)
    assert.equal("EGIT", errno)
  end)

  it("knows linked worktrees", function()
    put "r/f"
    commit "r"
    run("r", "worktree add -q -b side ../side")
    put "side/g"
    local r = open "side"
    assert.equal(dir .. "/side", r:root())
    assert.same({ run("r", "rev-parse HEAD"), "side" }, { r:head() })
    assert.is_true(r:dirty())
    assert.is_false(open("r"):dirty())
  end)

  it("knows submodules from their outer repository", function()
    put "r/f"
    commit "r"
    assert(fs.mkdir(dir .. "/outer"))
    run("outer", "init -q -b trunk")
    run("outer", "-c protocol.file.allow=always submodule --quiet add ../r sub")
    commit "outer"
    assert.equal(dir .. "/outer/sub", open("outer/sub"):root())
    assert.equal(dir .. "/outer", open("outer"):root())
    assert.is_false(open("outer"):dirty())
  end)

  describe("dirty", function()
    before_each(function()
      put("r/tracked", "one\n")
      put("r/other/tracked", "one\n")
      put("r/.gitignore", "ignored\n/out/\n")
      commit "r"
    end)

    it("is about tracked files in all the ways they can differ", function()
      local r = open "r"
      assert.is_false(r:dirty())
      put("r/tracked", "two\n")
      assert.same({ true, "tracked" }, { r:dirty() })
      run("r", "add tracked")
      assert.same({ true, "tracked" }, { r:dirty() })
      run("r", "commit -q -m two")
      assert.is_false(r:dirty())
      assert(fs.remove(repo .. "/tracked"))
      assert.is_true(r:dirty())
      run("r", "checkout -q tracked")
      assert.is_false(r:dirty())
      assert(fs.chmod(repo .. "/tracked", tonumber("755", 8)))
      assert.is_true(r:dirty())
      assert(fs.chmod(repo .. "/tracked", tonumber("644", 8)))
      assert(fs.remove(repo .. "/tracked"))
      assert(fs.symlink("other", repo .. "/tracked"))
      assert.is_true(r:dirty())
    end)

    it("counts untracked files, not ignored ones", function()
      local r = open "r"
      put "r/ignored"
      put "r/out/deep/f"
      put "r/other/ignored"
      assert(fs.mkdir(repo .. "/empty/dir"))
      assert.is_false(r:dirty())
      put "r/new/f"
      assert.is_true(r:dirty())
    end)

    it("sees the same bytes written again as clean", function()
      put("r/tracked", "one\n")
      run("r", "status")
      put("r/tracked", "one\n")
      assert.is_false(open("r"):dirty())
    end)

    it("agrees with git status after random edits", function()
      math.randomseed(9)
      for _ = 1, 40 do
        local path = ({ "tracked", "other/tracked", "new", "ignored", "out/x" })[math.random(5)]
        local what = math.random(4)
        if what == 1 then put("r/" .. path, ("%d\n"):format(math.random(3)))
        elseif what == 2 then fs.remove(repo .. "/" .. path)
        elseif what == 3 then run("r", "add -A")
        else output(("%s git -C '%s' commit -q -m x"):format(environment, repo))
        end
        assert.equal(run("r", "status --porcelain") ~= "", open("r"):dirty())
      end
    end)

    it("is not guessed for sparse checkouts", function()
      run("r", "sparse-checkout set other")
      local value, message, errno = open("r"):dirty()
      assert.is_nil(value)
      assert.equal(repo .. "/: libgit2 does not know sparse checkouts", message)
      assert.equal("ENOTSUP", errno)
      assert.equal("", run("r", "status --porcelain"))
      run("r", "sparse-checkout disable")
      assert.is_false(open("r"):dirty())
      run("r", "config core.sparseCheckout true")
      assert.equal("ENOTSUP", select(3, open("r"):dirty()))
    end)

    it("is not guessed where a content filter decides", function()
      run("r", "config filter.upper.clean 'tr a-z A-Z'")
      put("r/.gitattributes", "*.up filter=upper\n")
      put("r/f.up", "abc\n")
      commit "r"
      assert.equal("ABC", run("r", "show HEAD:f.up"))
      put("r/f.up", "abC\n")
      assert.equal("", run("r", "status --porcelain f.up"))
      run("r", "update-index --refresh")
      put("r/f.up", "aBc\n")
      local value, _, errno = open("r"):dirty()
      assert.is_nil(value)
      assert.equal("ENOTSUP", errno)
      put "r/untracked"
      assert.is_true(open("r"):dirty())
    end)
  end)

  it("refuses what libgit2 cannot read, so that git can be asked", function()
    run("r", "config core.repositoryFormatVersion 1")
    run("r", "config extensions.fromTheFuture true")
    local value, message, errno = git.open(repo)
    assert.is_nil(value)
    assert.equal("ENOTSUP", errno)
    assert.truthy(message:lower():find("extensions.fromthefuture", 1, true), message)
    assert(fs.mkdir(dir .. "/wide"))
    run("wide", "init -q --object-format=sha256")
    assert.equal("ENOTSUP", select(3, git.open(dir .. "/wide")))
  end)

  it("refuses a repository of another user and says how to trust it", function()
    if system.user() ~= "root" then pending "needs root to give a repository to somebody else" end
    assert(os.execute(("chown -R 12345 '%s'"):format(repo)))
    -- In programs of their own, because libgit2 keeps the place of the user's configuration.
    local command = "HOME='%s' XDG_CONFIG_HOME= '%s' lua -e 'local r, m, e = require [[host.git]].open [[%s]] print(e, m, r and r:root())'"
    command = command:format(dir, system.paths().exe, repo)
    local text = output(command)
    assert.truthy(text:find("EOWNER\t" .. repo .. ": the repository belongs to another user", 1, true), text)
    assert.truthy(text:find("git config --global --add safe.directory", 1, true), text)
    put(".gitconfig", "[safe]\n\tdirectory = /elsewhere\n")
    assert.truthy(output(command):find("EOWNER\t", 1, true))
    put(".gitconfig", ("[safe]\n\tdirectory = %s\n"):format(repo))
    assert.equal("nil\tnil\t" .. repo, output(command))
  end)

  it("gives the URL of a remote", function()
    local r = open "r"
    assert.is_nil(r:remote())
    run("r", "remote add origin https://example.org/acme/platform.git")
    run("r", "remote add other git@example.org:acme/other.git")
    r = open "r"
    assert.equal("https://example.org/acme/platform.git", r:remote())
    assert.equal("git@example.org:acme/other.git", r:remote "other")
    assert.is_nil(r:remote "absent")
    assert.is_nil(r:remote "bad..name")
  end)

  it("can be closed", function()
    local r = open "r"
    r:close()
    r:close()
    assert.has_error(function() r:root() end, "the repository is closed")
    do
      local _ <close> = open "r"
    end
  end)
end)
