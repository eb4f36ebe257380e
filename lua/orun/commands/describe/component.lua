-- `orun describe component <name>`: what `orun get components <name>` shows.
local listing = require "orun.commands.get.components"

return {
  summary = "Show a component: its settings, and its path, parameters and variables in every environment",
  usage = "orun describe component <name> [flags]",
  aliases = { "comp" },
  examples = {
    { "orun describe component api", "the component and its instances" }, { "orun describe comp/api -o json", "the same as data" },
  },
  flags = {
    { name = "output", short = "o", value = "FORMAT", choices = { "json", "yaml", "wide" },
      help = "output format; wide: the text with what it leaves out otherwise" },
    { name = "json", type = "boolean", help = "the same as -o json" },
  },
  args = { { name = "component", help = "its name", complete = "components" } },

  run = listing.run,
}
