-- Runs inside a sandbox: loading anything returns the names of what stands behind its globals.
local tools = ...

return function()
  local names = { "_G" }
  for name in pairs(tools.globals) do names[#names + 1] = name end
  return tools.list(names)
end
