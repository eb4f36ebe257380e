return {
  describe = "a list of environment variables that every job gets, with a value",
  schema = { type = "array", items = { type = "string" } },
  check = function(value, job)
    local missing = {}
    for _, name in ipairs(value) do
      if ((job.env or {})[name] or "") == "" then
        missing[#missing + 1] = {
          message = ("the variable %s is not set"):format(name), path = "/env",
          hint = "set it in env of the intent, the environment, the component or its subscription",
        }
      end
    end
    return missing
  end,
}
