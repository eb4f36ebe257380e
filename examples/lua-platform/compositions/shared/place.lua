-- Where things are: every environment builds into a directory of its own.
local M = {}

---The directory that an environment builds into, relative to a component.
---@param ctx orun.Context
---@return string
function M.build(ctx)
  return "build/" .. ctx.orun.environment.name
end

---A file there.
---@param ctx orun.Context
---@param file string
---@return string
function M.built(ctx, file)
  return M.build(ctx) .. "/" .. file
end

---What another component has built.
---@param ctx orun.Context
---@param component string its path
---@param file string
---@return string
function M.of(ctx, component, file)
  return component .. "/" .. M.built(ctx, file)
end

return M
