return {
  describe = "how often a job and its steps may be tried again at most",
  schema = { type = "integer", minimum = 0 },
  check = function(value, job)
    local found = {}
    local function check(count, what, path)
      if (count or 0) <= value then return end
      found[#found + 1] = { message = ("%s has %d retries, at most %d are allowed"):format(what, count, value), path = path }
    end
    check(job.retries, "the job", "/retries")
    for i, step in ipairs(job.steps) do check(step.retry, ('the step "%s"'):format(step.id), ("/steps/%d/retry"):format(i - 1)) end
    return found
  end,
}
