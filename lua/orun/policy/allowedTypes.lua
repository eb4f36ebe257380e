local pattern = require "orun.util.pattern"

return {
  describe = "a list of component types, a trailing * matches any rest",
  schema = { type = "array", items = { type = "string" } },
  check = function(value, _, ctx)
    if pattern.any(value, ctx.component.type) then return nil end
    return { message = ('the type "%s" is not allowed; allowed: %s'):format(ctx.component.type, table.concat(value, ", ")), path = "/type" }
  end,
}
