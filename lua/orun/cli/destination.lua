-- Files that --output names. Elsewhere that flag takes a format, so a file called `yaml` is rarely what was meant.
local fs = require "host.fs"
local path = require "orun.util.path"

local M = {}

local formats = { json = true, yaml = true, yml = true, wide = true }

---Warns that the name of a file which is about to be made is that of a format.
---@param ctx Context
---@param name string value of --output
---@param instead string the words that print the format
function M.check(ctx, name, instead)
  if not formats[name:lower()] or fs.exists(path.resolve(ctx.cwd, name)) then return end
  ctx.report:warn {
    kind = "output.format-name", message = ('--output %s writes a file called "%s"'):format(name, name),
    hint = ("to have it printed in a format: %s"):format(instead),
  }
end

return M
