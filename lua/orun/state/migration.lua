-- The single state file of versions before 0.10 becomes an execution record.
local execution = require "orun.state.execution"
local fs = require "host.fs"

local M = {}

-- Named by the second; a record that is there already stays.
local function fresh_id(store)
  local base = "migrated-" .. os.date("%Y%m%d-%H%M%S")
  local id, n = base, 1
  while fs.exists(execution.directory(store, id)) do
    n = n + 1
    id = base .. "-" .. n
  end
  return id
end

---Moves `<root>/.orun-state.json`, byte for byte, into a record of its own.
---@param root string workspace directory
---@param store string `.orun` directory
---@return string? id of the new record; nil when there was nothing to move
---@return string? message when moving failed
function M.run(root, store)
  local legacy = root .. "/.orun-state.json"
  local bytes, message, errno = fs.read(legacy)
  if not bytes then return nil, errno ~= "ENOENT" and message or nil end
  local id = fresh_id(store)
  local dir, why = execution.create(store, id)
  if not dir then return nil, why end
  local ok
  ok, why = fs.write(dir .. "/state.json", bytes)
  if ok then ok, why = fs.remove(legacy) end
  if not ok then return nil, why end
  return id
end

return M
