-- A workspace with executions in its store, for specs of what shows them.
local fs = require "host.fs"
local json = require "host.json"
local journal = require "orun.state.journal"
local value = require "host.value"

local Executions = {}
Executions.__index = Executions

function Executions.new()
  local self = setmetatable({ root = assert(fs.realpath(assert(fs.temporary "/tmp/orun-exec-"))) }, Executions)
  self:write(".git/HEAD", "")
  self:write("intent.yaml", "metadata: {name: shop}\n")
  return self
end

-- Sequences become lists.
local function listed(v)
  if type(v) ~= "table" then return v end
  for _, item in next, v do listed(item) end
  return #v > 0 and value.list(v) or v
end

function Executions:write(name, text)
  local file = self.root .. "/" .. name
  assert(fs.mkdir(file:match "^(.*)/"))
  assert(fs.write(file, text, { sync = false }))
end

---An execution as the store of another version leaves it: snapshots only.
---@param id string
---@param parts {meta?: table, state?: table, plan?: table, logs?: table<string, string>}
function Executions:add(id, parts)
  local dir = ".orun/executions/" .. id
  assert(fs.mkdir(self.root .. "/" .. dir))
  for name, part in next, { ["metadata.json"] = "meta", ["state.json"] = "state", ["manifest.json"] = "plan" } do
    if parts[part] then self:write(dir .. "/" .. name, json.encode(listed(parts[part]))) end
  end
  for name, text in next, parts.logs or {} do self:write(dir .. "/logs/" .. name .. ".log", text) end
end

---Appends records to the journal of an execution.
---@param id string
---@param records table[] kind first, then fields; `ts` is taken from them
---@param pid? integer of the process that wrote them
function Executions:record(id, records, pid)
  local file = ("%s/.orun/executions/%s/journal.jsonl"):format(self.root, id)
  assert(fs.mkdir(file:match "^(.*)/"))
  local handle = assert(io.open(file, "ab"))
  for _, record in ipairs(records) do
    handle:write(journal.line(record[1], record, record.ts or "2026-06-01T09:00:00.000Z", pid or 999999, 1))
  end
  handle:close()
end

---Stores a plan as `orun plan` does.
function Executions:plan(name, plan)
  self:write((".orun/plans/%s.json"):format(name), json.encode(listed(plan)))
end

function Executions:close()
  fs.remove_tree(self.root)
end

return Executions
