-- `orun compositions [TYPE]`: what the sources of an intent export.
local list = require "orun.commands.compositions.list"

return {
  summary = "List compositions, or show one",
  usage = "orun compositions [type] [flags]",
  description = [[
Without a type every source and what it exports; with one, its jobs, profiles and where it comes from. --expand-jobs adds the steps
and the parameters that its schema knows.]],
  aliases = { "composition" },
  examples = {
    { "orun compositions", "sources and what they export" },
    { "orun compositions terraform --expand-jobs", "one with its steps and parameters" },
    { "orun compositions -o json", "as data" },
  },
  flags = {
    { name = "expand-jobs", short = "e", help = "steps and parameters too" },
    { name = "output", short = "o", value = "FORMAT", choices = { "json", "yaml" }, help = "output format" },
    { name = "json", help = "the same as -o json" },
  },
  args = { { name = "type", help = "show this one in detail", optional = true, complete = "types" } },

  run = list.run,
}
