---Whether what a step uses stands in the work tree itself.
local function is_local(use)
  return use:sub(1, 2) == "./" or use:sub(1, 3) == "../" or use:sub(1, 1) == "/"
end

local function is_pinned(use)
  if use:find("^docker://") then
    local digest = use:match("@sha256:(%x+)$")
    return digest ~= nil and #digest == 64
  end
  local ref = use:match("@([^@]*)$")
  return ref ~= nil and #ref == 40 and not ref:find("%X")
end

return {
  describe = "true: every action of another repository is pinned to a commit, every image to a digest",
  schema = { type = "boolean" },
  check = function(_, job)
    local found = {}
    for i, step in ipairs(job.steps) do
      local use = step.use
      if use and not is_local(use) and not is_pinned(use) then
        found[#found + 1] = {
          message = ('the step "%s" uses %s, which is not pinned'):format(step.id, use), path = ("/steps/%d/use"):format(i - 1),
          hint = use:find("^docker://") and "write the image's digest after it: @sha256:<64 hex digits>"
            or "write the commit's 40 hex digits after the @; a tag may be moved",
        }
      end
    end
    return found
  end,
}
