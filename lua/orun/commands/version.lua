-- `orun version`
return {
  summary = "Show the version",
  usage = "[--json]",
  flags = { { name = "json", help = "as JSON" } },

  run = function(ctx)
    local version = require("host.program").version
    if ctx.flags.json then
      ctx:print(('{"version":"%s"}'):format(version))
    else
      ctx:print("orun " .. version)
    end
  end,
}
