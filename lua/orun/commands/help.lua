-- `orun help [command]`
local discovery = require "orun.cli.discovery"
local place = require "orun.cli.place"

local function find(words, places)
  local found
  local at = {}
  for _, word in ipairs(words) do
    found = discovery.below(at, word, places)
    if not found then
      require("orun.diagnostic").usage(('unknown command "%s"'):format(table.concat(words, " ")), "orun help lists the commands")
    end
    at = found.words
  end
  return found
end

return {
  summary = "Show what a command does and its flags",
  args = { { name = "command", optional = true, repeatable = true } },

  run = function(ctx, args)
    local help = require "orun.cli.help"
    local places = place.list { "--intent", ctx.flags.intent }
    local found = find(args, places)
    ctx:write(found and help.command(found, discovery.load(found), places) or help.program(places))
  end,
}
