-- The plan store `.orun/plans`: `<12 hex>.json` for every plan, `latest.json`, and a copy under each name that a person gave.
local diagnostic = require "orun.diagnostic"
local directory = require "orun.plan.directory"
local fs = require "host.fs"
local identity = require "orun.plan.identity"
local json = require "host.json"
local suggestion = require "orun.util.suggestion"

local M = {}

---@class PlanStore
---@field root string  the `.orun` directory
---@field plans string its `plans` directory
local Store = {}
Store.__index = Store

---@class PlanEntry
---@field name string      file name without `.json`
---@field path string
---@field checksum string  as the file states it, "" when it cannot be read
---@field short string     12 hex digits, or ""
---@field jobs integer
---@field mtime integer    seconds
---@field mtime_ns integer nanoseconds part

---@param root string the `.orun` directory; nothing is created
---@return PlanStore
function M.open(root)
  return setmetatable({ root = root, plans = root .. "/plans" }, Store)
end

---A condition as a diagnostic.
local function failure(kind, message, hint, extra)
  local d = extra or {}
  d.kind, d.message, d.hint = kind, message, hint
  return d
end

---Why a text cannot name a plan: it becomes a file name.
---@param name string
---@return string? flaw
function M.name_flaw(name)
  if name == "" or name:find("[/%c]") or name:sub(1, 1) == "." then
    return "cannot name a plan: a name is not empty, has no slash and does not begin with a dot"
  end
end

-- A name must not pass for another plan's id.
local function check_name(name, id)
  local flaw = M.name_flaw(name)
  if flaw then return failure("plan.name", ('"%s" %s'):format(name, flaw)) end
  if name ~= id and name:find("^%x+$") and #name == 12 then
    return failure("plan.name", ('"%s" cannot name this plan: it looks like the id of another one'):format(name),
      ("this plan's id is %s"):format(id))
  end
end

---Stores a plan under its id, as `latest`, and under a name if one is given.
---@param plan table
---@param text string|JsonDraft the JSON form
---@param options? {name?: string}
---@return string? path of the file named by the id
---@return table? err diagnostic
function Store:save(plan, text, options)
  local id, name = identity.short(plan.metadata.checksum), options and options.name
  local err = name and check_name(name, id)
  if err then return nil, err end
  local names = { id, "latest", name }
  local ok, message, errno = directory.prepare(self.root)
  for _, part in ipairs { "plans", "executions" } do
    if ok then ok, message, errno = fs.mkdir(self.root .. "/" .. part) end
  end
  for _, file in ipairs(names) do
    if ok then ok, message, errno = fs.write(("%s/%s.json"):format(self.plans, file), text) end
  end
  if not ok then return nil, failure("plan.save", "cannot save the plan: " .. message, nil, { errno = errno }) end
  return ("%s/%s.json"):format(self.plans, id)
end

---@param path string
---@return PlanEntry?
local function entry(path)
  local stat = fs.stat(path)
  if not stat or stat.type ~= "file" then return nil end
  local text = fs.read(path)
  local plan = text and json.decode(text, { name = path })
  local metadata = type(plan) == "table" and plan.metadata
  local checksum = type(metadata) == "table" and metadata.checksum
  local jobs = type(plan) == "table" and plan.jobs
  checksum = type(checksum) == "string" and checksum or ""
  return {
    name = path:match("([^/]*)%.json$"), path = path, checksum = checksum, short = identity.short(checksum),
    jobs = type(jobs) == "table" and #jobs or 0, mtime = stat.mtime, mtime_ns = stat.mtime_ns,
  }
end

---File names without `.json`, sorted bytewise; none when there is no store yet.
function Store:names()
  local names = {}
  local files, message, errno = fs.list(self.plans)
  if not files and errno ~= "ENOENT" then
    diagnostic.raise { kind = "plan.store-unreadable", message = "cannot list the stored plans: " .. message }
  end
  for _, file in ipairs(files or {}) do
    local name = file:match("^([^.].*)%.json$")
    if name then names[#names + 1] = name end
  end
  return names
end

---One stored plan by its file name without `.json`.
---@param name string
---@return PlanEntry? nil when there is no such file
function Store:entry(name)
  return entry(("%s/%s.json"):format(self.plans, name))
end

---All stored plans by file name, `latest` among them.
---@return PlanEntry[]
function Store:list()
  local entries = {}
  for _, name in ipairs(self:names()) do entries[#entries + 1] = entry(("%s/%s.json"):format(self.plans, name)) end
  return entries
end

---What a prefix can mean. Files of one checksum are one plan; the one named by its id stands for them.
local function by_prefix(self, prefix)
  local found, order = {}, {}
  for _, name in ipairs(self:names()) do
    local by_name = name ~= "latest" and name:sub(1, #prefix) == prefix
    local by_digits = prefix:find("^%x+$") and name == prefix:sub(1, #name):lower() and #prefix > #name
    if by_name or by_digits then
      local e = entry(("%s/%s.json"):format(self.plans, name))
      local hex = e and e.checksum:gsub("^sha256%-", "") or ""
      local fits = e and (by_name or hex:sub(1, #prefix) == prefix:lower())
      local key = hex ~= "" and hex or name
      if fits and (not found[key] or name == e.short) then
        if not found[key] then order[#order + 1] = key end
        found[key] = e
      end
    end
  end
  return found, order
end

local function is_file(path)
  local stat = fs.stat(path)
  return stat and stat.type ~= "directory"
end

---Finds the plan file that a reference means: "" or `latest`, a name, the beginning of a name or of a checksum (with or without
---`sha256-`), or a path.
---@param ref? string
---@return string? path
---@return "latest"|"name"|"prefix"|"path"|table how it was found, or a diagnostic
function Store:resolve(ref)
  if not ref or ref == "" or ref == "latest" then
    local path = self.plans .. "/latest.json"
    if fs.exists(path) then return path, "latest" end
    return nil, failure("plan.none", "there is no plan yet in " .. self.plans, "run orun plan first")
  end
  if (ref:find("/", 1, true) or ref:find("%.json$") or ref:find("%.ya?ml$")) and is_file(ref) then return ref, "path" end
  if not ref:find("/", 1, true) then
    local path = ("%s/%s.json"):format(self.plans, ref)
    if is_file(path) then return path, "name" end
    local found, order = by_prefix(self, (ref:gsub("^sha256%-", "")))
    if #order == 1 then
      local e = found[order[1]]
      return e.path, (ref:find("^sha256%-") or ref:lower() == e.short) and "name" or "prefix"
    end
    if #order > 1 then
      local names = {}
      for i, key in ipairs(order) do names[i] = found[key].name end
      return nil, failure("plan.ambiguous", ('"%s" may be any of these plans: %s'):format(ref, table.concat(names, ", ")),
        "write more digits of the one you mean")
    end
  end
  if is_file(ref) then return ref, "path" end
  local near = not ref:find("/", 1, true) and suggestion.hint(ref, self:names())
  return nil, failure("plan.not-found", ('plan not found: "%s"'):format(ref),
    (near and near .. " " or "") .. "`orun get plans` lists the stored plans")
end

return M
