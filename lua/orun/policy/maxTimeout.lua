local duration = require "orun.util.duration"

return {
  describe = "the longest timeout of a job and of its steps, such as 30m; a job without a timeout has no limit at all",
  schema = { type = "string", pattern = "^([0-9]+(\\.[0-9]+)?(ms|s|m|h))+$" },
  check = function(value, job)
    local limit, found = duration.parse(value), {}
    local function check(text, what, path)
      local seconds = duration.parse(text)
      if seconds and seconds <= limit then return end
      found[#found + 1] = { message = ("the timeout %s of %s is longer than %s"):format(text, what, value), path = path }
    end
    if job.timeout then
      check(job.timeout, "the job", "/timeout")
    else
      found[1] = { message = ("the job has no timeout, at most %s is allowed"):format(value), path = "/timeout" }
    end
    for i, step in ipairs(job.steps) do
      if step.timeout then check(step.timeout, ('the step "%s"'):format(step.id), ("/steps/%d/timeout"):format(i - 1)) end
    end
    return found
  end,
}
