-- `orun get`: lists of what a workspace holds.
return {
  summary = "List plans, jobs, runs, components or environments",
  description = [[
Every list can be had as JSON or YAML (-o json, -o yaml).]],
  examples = {
    { "orun get jobs -o json", "the jobs of the latest plan as data" },
    { "orun get components cart", "one component in detail" },
  },
  flags = {
    { name = "output", short = "o", value = "FORMAT", hidden = true },
    { name = "plan", value = "REF", hidden = true },
    { name = "view", value = "FORM", hidden = true },
  },
}
