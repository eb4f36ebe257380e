-- Questions about commits and files, answered by the git program. A failure is an error that says what to do, never "nothing changed".
local diagnostic = require "orun.diagnostic"
local process = require "host.process"

---@class Git
---@field directory string
---@field root? string       top of the work tree
---@field automatic boolean  nobody sits in front of it (CI): what is missing may be fetched
---@field tell fun(line: string)
local Git = {}
Git.__index = Git

local M = {}

local function trimmed(text)
  return (text or ""):match("^%s*(.-)%s*$")
end

---Output of one command; nil, the reason and the exit code when it fails.
---@return string?
---@return string? reason
function Git:ask(...)
  -- Looking must not write: the index may belong to another process, and a prompt would wait for nobody.
  local env = process.environ()
  env.GIT_OPTIONAL_LOCKS, env.GIT_TERMINAL_PROMPT, env.LC_ALL = "0", "0", "C"
  local r, message, errno = process.run { argv = { "git", ... }, cwd = self.directory, env = env, merge = false }
  if not r then
    if errno == "ENOENT" then
      diagnostic.raise {
        kind = "change.no-git", message = "changes are found with the git program, which is not installed",
        hint = "install git, or name the files with --files",
      }
    end
    return nil, message
  end
  if r.code ~= 0 then return nil, trimmed(r.errors):match("[^\n]*") end
  return r.output
end

---As ask; a failure is raised.
---@return string
function Git:demand(...)
  local output, reason = self:ask(...)
  if output then return output end
  diagnostic.raise { kind = "change.git", message = ("git %s failed: %s"):format((...), reason) }
  return ""
end

---@param directory string
---@param automatic boolean
---@param tell fun(line: string)
---@return Git
function M.open(directory, automatic, tell)
  local git = setmetatable({ directory = directory, automatic = automatic, tell = tell }, Git)
  local root, reason = git:ask("rev-parse", "--show-toplevel")
  if not root then
    diagnostic.raise {
      kind = "change.no-repository", message = "changes cannot be found: " .. (reason or "this is no git work tree"),
      hint = "run orun inside a git work tree, or name the files with --files",
    }
  end
  git.root = root:gsub("\n$", "")
  git.directory = git.root
  return git
end

---@param ref string
---@return string? commit
function Git:commit(ref)
  local id = self:ask("rev-parse", "--verify", "--quiet", "--end-of-options", ref .. "^{commit}")
  return id and trimmed(id)
end

local function remote_name(ref)
  return not ref:find("^origin/") and not ref:find("^refs/") and "origin/" .. ref or nil
end

---In CI a commit that the checkout left out is fetched, which is said.
function Git:fetch(ref)
  if not self.automatic or ref:find("^HEAD") then return end
  local name = ref:gsub("^origin/", "")
  local wanted = ref:find("^%x+$") and #ref >= 40 and ref or ("+refs/heads/%s:refs/remotes/origin/%s"):format(name, name)
  self.tell(("fetching %s, which this checkout does not have"):format(ref))
  self:ask("fetch", "--quiet", "--no-tags", "origin", wanted)
end

---The commits that a ref may stand for: its own, and that of the remote branch of this name.
---@return string[]
function Git:candidates(ref)
  local list = { self:commit(ref) }
  local remote = remote_name(ref)
  list[#list + 1] = remote and self:commit(remote)
  return list
end

---As candidates; fetches what is missing where it may, and raises when there is none.
---@param ref string
---@param flag string how a person would say it
---@return string[]
function Git:resolve(ref, flag)
  if ref:find("^%-") then
    diagnostic.raise { kind = "change.unknown-ref", message = ('%s is "%s", which is no name of a commit'):format(flag, ref) }
  end
  local list = self:candidates(ref)
  if #list == 0 then
    self:fetch(ref)
    list = self:candidates(ref)
  end
  if #list > 0 then return list end
  diagnostic.raise {
    kind = "change.unknown-ref", message = ('%s is "%s", which this repository does not have'):format(flag, ref),
    hint = self:is_shallow() and "the clone is shallow: `git fetch --unshallow` (in actions/checkout: fetch-depth: 0) brings the rest"
      or ("`git fetch origin %s` may bring it; else name another commit with --base"):format(ref),
  }
  return {}
end

function Git:is_shallow()
  return trimmed(self:ask("rev-parse", "--is-shallow-repository")) == "true"
end

---@return string? merge_base
---@return string? base  of those given, the one that it belongs to
function Git:common(bases, head)
  for _, base in ipairs(bases) do
    local found = self:ask("merge-base", base, head)
    if found and trimmed(found) ~= "" then return trimmed(found), base end
  end
end

---More history of these commits: a checkout of CI often has no branch that leads to them, so they are asked for by their ids. Servers that
---do not serve those serve their branches.
function Git:deepen(depth, commits)
  self.tell(("deepening this shallow clone (git fetch %s)"):format(depth))
  if self:ask("fetch", "--quiet", "--no-tags", depth, "origin", table.unpack(commits)) then return end
  self:ask("fetch", "--quiet", "--no-tags", depth, "origin")
end

local depths = { "--deepen=50", "--deepen=500", "--unshallow" }

---The commit where two lines of history parted; where they never met, the base itself.
---@param bases string[]
---@param head string
---@return string
function Git:merge_base(bases, head)
  local found = self:common(bases, head)
  if found then return found end
  if not self:is_shallow() then return bases[1] end
  for _, depth in ipairs(self.automatic and depths or {}) do
    self:deepen(depth, { head, table.unpack(bases) })
    found = self:common(bases, head)
    if found then return found end
    if not self:is_shallow() then return bases[1] end
  end
  diagnostic.raise {
    kind = "change.shallow", message = "the clone is too shallow to tell what changed: base and head have no common commit in it",
    hint = "`git fetch --unshallow` (in actions/checkout: fetch-depth: 0) brings the rest",
  }
  return ""
end

local function split(output)
  local list = {}
  for name in output:gmatch("([^%z]+)%z") do list[#list + 1] = name end
  return list
end

---Files that differ between two commits; of a renamed one both names.
---@param from string
---@param to string
---@return string[] paths below the root
function Git:difference(from, to)
  return split(self:demand("diff-tree", "-r", "-z", "--name-only", "--no-renames", "--ignore-submodules=none", from, to, "--"))
end

---Files of the work tree that differ from HEAD, staged or not, and those that are not tracked (ignored ones left out).
---@return string[] changed
---@return string[] untracked
function Git:worktree()
  local changed, untracked = {}, {}
  for _, entry in ipairs(split(self:demand("status", "--porcelain=v1", "-z", "--no-renames", "--untracked-files=all",
    "--ignore-submodules=none"))) do
    local state, name = entry:match("^(..) (.*)$")
    local list = state == "??" and untracked or changed
    list[#list + 1] = name:gsub("/$", "")
  end
  return changed, untracked
end

---The bytes of a file in a commit.
---@param commit string
---@param name string below the root
---@return string?
---@return string? reason
function Git:show(commit, name)
  return self:ask("cat-file", "blob", commit .. ":" .. name)
end

return M
