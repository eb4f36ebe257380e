local pattern = require "orun.util.pattern"

return {
  describe = "a list of runners that jobs may run on (runsOn), a trailing * matches any rest",
  schema = { type = "array", items = { type = "string" } },
  check = function(value, job)
    local runner = job.runsOn or ""
    if pattern.any(value, runner) then return nil end
    local said = runner == "" and "the job names no runner" or ('the runner "%s" is not allowed'):format(runner)
    return { message = ("%s; allowed: %s"):format(said, table.concat(value, ", ")), path = "/runsOn" }
  end,
}
