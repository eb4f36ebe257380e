local pattern = require "orun.util.pattern"

return {
  describe = "a list of execution profiles, as `name` or `type.name`; a trailing * matches any rest",
  schema = { type = "array", items = { type = "string" } },
  check = function(value, job)
    local full = job.profile or ""
    local name = full:match("^[^.]*%.(.*)$") or ""
    if pattern.any(value, full) or pattern.any(value, name) then return nil end
    if full == "" then
      return {
        message = "its composition has no execution profiles; allowed: " .. table.concat(value, ", "),
        hint = "without profiles every step runs; give the composition profiles, or allow * here",
      }
    end
    return { message = ("the profile %s is not allowed; allowed: %s"):format(full, table.concat(value, ", ")), path = "/profile" }
  end,
}
