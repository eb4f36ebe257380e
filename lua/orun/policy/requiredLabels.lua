return {
  describe = "a list of labels that every component has, with a value",
  schema = { type = "array", items = { type = "string" } },
  check = function(value, job)
    local missing = {}
    for _, name in ipairs(value) do
      if ((job.labels or {})[name] or "") == "" then
        missing[#missing + 1] = {
          message = ('it has no label "%s"'):format(name), path = "/labels", hint = ("add labels: {%s: ...} to the component"):format(name),
        }
      end
    end
    return missing
  end,
}
