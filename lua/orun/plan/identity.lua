-- Names of jobs and plans: `component@environment.job`, its dotted form, uids, display texts, short plan ids.
local hash = require "host.hash"

local M = {}

---@param component string
---@param environment string
---@param job string
---@return string
function M.id(component, environment, job)
  return component .. "@" .. environment .. "." .. job
end

---Splits an id: at the first `@` and the first dot after it, or, without `@`, at the first two dots.
---@param id string
---@return string? component nil when the text is no job id
---@return string? environment
---@return string? job
function M.parse(id)
  local component, environment, job = id:match("^([^@]+)@([^.]+)%.(.+)$")
  if not component and not id:find("@", 1, true) then component, environment, job = id:match("^([^.]+)%.([^.]+)%.(.+)$") end
  return component, environment, job
end

---The form with dots only, as older plans have it.
---@param id string
---@return string
function M.dotted(id)
  return (id:gsub("@", ".", 1))
end

---A job's name for people: `verify-deploy` → `Verify deploy`.
---@param job string
---@return string
function M.display(job)
  local text = job:gsub("-", " ")
  local first = text:byte(1) or 0
  return first >= 97 and first <= 122 and string.char(first - 32) .. text:sub(2) or text
end

---The name of a check on a hosting site: `web · dev · Verify deploy`.
---@param component string
---@param environment string
---@param job string
---@return string
function M.check(component, environment, job)
  return component .. " · " .. environment .. " · " .. M.display(job)
end

---The hex digits of a checksum, whatever its prefix.
---@param checksum string
---@return string
local function digits(checksum)
  return (checksum:gsub("^sha256[-:]", ""))
end

---A job's identifier that holds for one plan only.
---@param checksum string `sha256-` + 64 hex digits
---@param id string
---@return string
function M.uid(checksum, id)
  local hex = digits(checksum)
  return "job_" .. hex:sub(1, 7) .. "_" .. hash.sha256(hex .. "\0" .. id):sub(1, 12)
end

---A plan's id: the first 12 hex digits of its checksum.
---@param checksum string
---@return string
function M.short(checksum)
  return digits(checksum):sub(1, 12)
end

---Finds the job that a person means: an exact id, else a unique prefix; the dotted form counts as well.
---@param ids string[]
---@param text string
---@return string? id
---@return string[] candidates when there is no answer: the sorted ids that begin so, empty when none does
function M.match(ids, text)
  local exact, prefixed = {}, {}
  for _, id in ipairs(ids) do
    local dotted = M.dotted(id)
    if id == text then return id, {} end
    if dotted == text then
      exact[#exact + 1] = id
    elseif id:sub(1, #text) == text or dotted:sub(1, #text) == text then
      prefixed[#prefixed + 1] = id
    end
  end
  local found = #exact > 0 and exact or prefixed
  if #found == 1 then return found[1], {} end
  table.sort(found)
  return nil, found
end

return M
