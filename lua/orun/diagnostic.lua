-- What went wrong, as values: errors and warnings with their places (Diagnostic and Collector: lua/types/command.lua). They are
-- collected where they are found, raised as one Failure, and printed once, by main.lua.
local M = {}

---@class Failure
---@field errors Diagnostic[]
---@field warnings Diagnostic[]
---@field exit integer  exit code of the program
local Failure = {}
Failure.__index = Failure

---@return string all messages, one a line (for tracebacks and tests)
function Failure:__tostring()
  local lines = {}
  for i, d in ipairs(self.errors) do
    local place = d.file and ("%s:%s: "):format(d.file, d.line or "?") or ""
    lines[i] = place .. d.message
  end
  return table.concat(lines, "\n")
end

-- Position of a diagnostic in a report: by file, line and column; those without a place come first.
local function before(a, b)
  local x, y = a.entry, b.entry
  if (x.file or "") ~= (y.file or "") then return (x.file or "") < (y.file or "") end
  if (x.line or 0) ~= (y.line or 0) then return (x.line or 0) < (y.line or 0) end
  if (x.column or 0) ~= (y.column or 0) then return (x.column or 0) < (y.column or 0) end
  return a.index < b.index
end

local function identity(d)
  return table.concat({ d.kind or "", d.general or d.message, d.file or "", d.line or "", d.column or "", d.path or "" }, "\0")
end

---An entry that can take further instances of its mistake; what was reported stays as it is.
local function gathering(entry)
  if not entry.instances then return entry end
  local own = {}
  for key, v in next, entry do own[key] = v end
  own.instances = { table.unpack(entry.instances) }
  return own
end

local function add_instances(entry, more)
  local known = {}
  for _, instance in ipairs(entry.instances) do known[instance.component .. "@" .. instance.environment] = true end
  for _, instance in ipairs(more) do
    local id = instance.component .. "@" .. instance.environment
    if not known[id] then
      known[id] = true
      entry.instances[#entry.instances + 1] = instance
    end
  end
end

---Sorted by place, without repetitions: a mistake that several instances share is one entry, whose message names the first.
---@param list Diagnostic[]
---@return Diagnostic[]
function M.sorted(list)
  local entries, seen = {}, {}
  for index, entry in ipairs(list) do
    local key = identity(entry)
    local known = seen[key]
    if not known then
      known = gathering(entry)
      seen[key] = known
      entries[#entries + 1] = { entry = known, index = index }
    elseif known.instances and entry.instances then
      add_instances(known, entry.instances)
    end
  end
  table.sort(entries, before)
  for i, item in ipairs(entries) do entries[i] = item.entry end
  return entries
end

---@param errors Diagnostic[]
---@param warnings? Diagnostic[]
---@param exit? integer default 1
---@return Failure
function M.failure(errors, warnings, exit)
  return setmetatable({ errors = M.sorted(errors), warnings = M.sorted(warnings or {}), exit = exit or 1 }, Failure)
end

---@param err any
---@return boolean
function M.is(err)
  return getmetatable(err) == Failure
end

---Raises a Failure that holds one error.
---@param entry Diagnostic
function M.raise(entry)
  error(M.failure { entry }, 0)
end

---Raises the Failure of a wrong command line (exit code 2).
---@param message string
---@param hint? string
function M.usage(message, hint)
  error(M.failure({ { kind = "usage", message = message, hint = hint } }, nil, 2), 0)
end

---@class Collector
local Collector = {}
Collector.__index = Collector

---@param options? {strict?: boolean}
---@return Collector
function M.collector(options)
  return setmetatable({ errors = {}, warnings = {}, strict = options and options.strict or false }, Collector)
end

---@param entry Diagnostic
function Collector:error(entry)
  self.errors[#self.errors + 1] = entry
end

---@param entry Diagnostic
function Collector:warn(entry)
  local list = self.strict and self.errors or self.warnings
  list[#list + 1] = entry
end

---Raises everything collected so far as one Failure when there is an error in it.
function Collector:check()
  if #self.errors > 0 then error(M.failure(self.errors, self.warnings), 0) end
end

return M
