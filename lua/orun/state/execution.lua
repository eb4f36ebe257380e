-- Execution records on disk: their ids, their directories, and how a person refers to them.
local diagnostic = require "orun.diagnostic"
local fs = require "host.fs"
local hash = require "host.hash"
local json = require "host.json"
local value = require "host.value"

local M = {}

---@param store string path of the `.orun` directory
---@return string
function M.root(store)
  return store .. "/executions"
end

---@param store string
---@param id string
---@return string
function M.directory(store, id)
  return store .. "/executions/" .. id
end

---Whether an id can name a directory below executions/.
---@param id string
---@return boolean
---@return string? message
function M.check(id)
  if id == "" then return false, "an execution id must not be empty" end
  if id == "." or id == ".." or id == "latest" then return false, ('"%s" cannot be an execution id'):format(id) end
  if id:find("[/\\%c]") then return false, ('execution id "%s" contains a slash, a backslash or a control character'):format(id) end
  if #id > 200 then return false, "an execution id has at most 200 bytes" end
  return true
end

-- At most n bytes, without cutting a character in two.
local function cut(text, n)
  if #text <= n then return text end
  while n > 0 and (text:byte(n + 1) & 0xC0) == 0x80 do n = n - 1 end
  return text:sub(1, n)
end

---A fresh id for a local run: `<plan name>-<local date>-<6 hex>`.
---@param plan_name? string
---@return string
function M.fresh_id(plan_name)
  local name = (plan_name or ""):gsub("[ /\\%c]", "-"):lower()
  name = cut(name, 30)
  if name == "" then name = "run" end
  return ("%s-%s-%s"):format(name, os.date("%Y%m%d"), hash.hex(hash.random(3)))
end

---Makes (or finds) the directory of an execution and points `latest` at it.
---@param store string
---@param id string
---@return string? directory
---@return string? message
function M.create(store, id)
  local dir = M.directory(store, id)
  local ok, message = fs.mkdir(dir .. "/logs")
  if not ok then return nil, message end
  fs.symlink(id, M.root(store) .. "/latest") -- a file system without links only loses the shortcut
  return dir
end

---@param path string
---@param only? table what is wanted of it, as json.decode takes it
---@return table? object nil when missing or damaged
function M.read_json(path, only)
  local text = fs.read(path)
  local v = text and json.decode(text, { only = only })
  return type(v) == "table" and not value.is_list(v) and v or nil
end

---Names in the directory of the executions. One that is there and cannot be read is a failure: no runs would be a wrong answer.
---@param store string
---@return string[] names without `latest`
local function names(store)
  local root, found = M.root(store), {}
  local list, message, errno = fs.list(root)
  if not list and errno ~= "ENOENT" then
    diagnostic.raise { kind = "state.unreadable", message = "cannot read the executions: " .. message, hint = "who owns the directory?" }
  end
  for _, name in ipairs(list or {}) do
    if name ~= "latest" then found[#found + 1] = name end
  end
  return found
end

---@class ExecutionRow
---@field execId string
---@field dir string
---@field meta? table     metadata.json
---@field startedAt string "" when unknown; without metadata the time of the directory

---All executions, by id.
---@param store string
---@return ExecutionRow[]
function M.list(store)
  local rows = {}
  for _, name in ipairs(names(store)) do
    local dir = M.directory(store, name)
    local stat = fs.stat(dir)
    if stat and stat.type == "directory" then
      local meta = M.read_json(dir .. "/metadata.json")
      local started = meta and meta.startedAt
      if type(started) ~= "string" then started = os.date("!%Y-%m-%dT%H:%M:%SZ", stat.mtime) end
      rows[#rows + 1] = { execId = name, dir = dir, meta = meta, startedAt = started }
    end
  end
  return rows
end

---The execution that `latest` means: the target of the link, else the one that started last.
---@param store string
---@return string? dir
---@return string? id
function M.latest(store)
  local id = fs.readlink(M.root(store) .. "/latest")
  if id and M.check(id) then
    local dir = M.directory(store, id)
    if fs.exists(dir) then return dir, id end
  end
  local best
  for _, row in ipairs(M.list(store)) do
    if not best or row.startedAt >= best.startedAt then best = row end
  end
  if best then return best.dir, best.execId end
end

---Points `latest` somewhere else when what it points to is gone.
---@param store string
---@param id? string the execution it shall mean now; nil: there is none
function M.repair_latest(store, id)
  local link = M.root(store) .. "/latest"
  if id then fs.symlink(id, link) else fs.remove(link) end
end

---The target of the `latest` link when there is no such execution (any more).
---@param store string
---@param gone? table<string, boolean> ids to treat as removed
---@return string?
function M.dangling_latest(store, gone)
  local id = fs.readlink(M.root(store) .. "/latest")
  if id and (gone and gone[id] or not fs.exists(M.root(store) .. "/latest")) then return id end
end

---Finds an execution by exact id or unique prefix; nil or "latest" means the latest one.
---@param store string
---@param ref? string
---@return string? dir
---@return string? id
---@return string[]? candidates when the prefix fits several
function M.resolve(store, ref)
  if not ref or ref == "" or ref == "latest" then return M.latest(store) end
  if not M.check(ref) then return nil end
  local exact = M.directory(store, ref)
  local stat = fs.stat(exact)
  if stat and stat.type == "directory" then return exact, ref end
  local found = {}
  for _, name in ipairs(names(store)) do
    if name:sub(1, #ref) == ref then found[#found + 1] = name end
  end
  if #found == 1 then return M.directory(store, found[1]), found[1] end
  return nil, nil, #found > 1 and found or nil
end

return M
