return {
  describe = "strict: components depend on components of their own domain only",
  schema = { const = "strict" },
  check = function(_, _, ctx)
    local found = {}
    for i, dependency in ipairs(ctx.dependencies) do
      if dependency.domain ~= ctx.component.domain then
        found[#found + 1] = {
          message = ('it depends on %s of the domain "%s", its own is "%s"'):format(dependency.component, dependency.domain,
            ctx.component.domain),
          path = ("/dependencies/%d"):format(i - 1),
        }
      end
    end
    return found
  end,
}
