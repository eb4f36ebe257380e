-- `orun compositions package build`: `orun pack` with everything said.
local diagnostic = require "orun.diagnostic"
local pack = require "orun.commands.pack"

return {
  summary = "Pack a composition package into an archive",
  usage = "orun compositions package build --root DIR --output PATH",
  examples = {
    { "orun compositions package build --root ./compositions --output kit.tgz", "the same as orun pack" },
  },
  flags = {
    { name = "root", value = "DIR", help = "directory of the package", complete = "files" },
    { name = "output", short = "o", value = "PATH", help = "the archive", complete = "files" },
    { name = "json", help = "print what was packed as JSON" },
  },
  args = {},

  run = function(ctx)
    for _, name in ipairs { "root", "output" } do
      if (ctx.flags[name] or "") == "" then diagnostic.usage(("--%s is required"):format(name), "orun pack chooses both by itself") end
    end
    return pack.run(ctx)
  end,
}
