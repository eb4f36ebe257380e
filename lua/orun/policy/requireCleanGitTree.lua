return {
  describe = "true: the work tree holds what is committed and nothing else",
  schema = { type = "boolean" },
  check = function(_, _, ctx)
    local git = ctx.git
    if git.dirty == false then return nil end
    if git.dirty == nil then
      return { message = "git cannot tell whether the work tree is clean: " .. (git.problem or "it says nothing") }
    end
    local example = git.changed and ", for example " .. git.changed or ""
    return {
      message = "the git work tree has changes that are not committed" .. example, hint = "commit or stash them; `git status` lists them",
    }
  end,
}
