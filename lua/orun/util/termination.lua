-- The signals that ask the program to end, and the exit codes that say so.
local process = require "host.process"

local M = {}

-- As shells report them: 128 plus the number of the signal.
M.exits = { HUP = 129, INT = 130, TERM = 143 }

---The signals to catch. A hangup that was ignored at the start (`nohup`) stays ignored.
---@return string[] names without "SIG"
function M.signals()
  local names = { "INT", "TERM" }
  if not process.ignores "HUP" then names[3] = "HUP" end
  return names
end

return M
