-- The checksum of a plan: SHA-256 over its compact text without what does not decide what will be done.
local document = require "orun.plan.document"
local identity = require "orun.plan.identity"
local json = require "host.json"

local M = {}

-- Ours: everything but the checksum itself, the clock, the place of the caller and what follows from the checksum or the names. What is
-- "late" cannot be written before the checksum is known.
local own = {
  metadata = { checksum = "late", generatedAt = true, workDir = true },
  spec = {},
  job = { uid = "late", displayName = true, checkName = true },
}

-- Of orun 2.9 and earlier: the clock is included, trigger and sources are not.
local former = {
  metadata = { checksum = true, scope = true, trigger = true, workDir = true },
  spec = { compositionSources = true },
  job = own.job,
}

-- The same for a walk over the whole plan.
local own_omissions = { metadata = own.metadata, jobs = { ["*"] = own.job } }

local function digest(plan, drop)
  return "sha256-" .. json.sha256(document.reduce(plan, drop))
end

---@param plan table with the key orders of orun.plan.document
---@return string checksum `sha256-` + 64 hex digits
function M.compute(plan)
  return digest(plan, own)
end

---Gives a fresh plan its checksum and its jobs their uids, and writes it.
---@param plan table
---@return JsonDraft encoded its JSON form
function M.seal(plan)
  local blank = "sha256-" .. ("0"):rep(64)
  plan.metadata.checksum = blank
  local blank_uid = identity.uid(blank, "")
  for _, job in ipairs(plan.jobs) do job.uid = blank_uid end
  local draft = document.draft(plan, own_omissions)
  local sum = "sha256-" .. draft:sha256()
  plan.metadata.checksum = sum
  local late = { sum }
  for i, job in ipairs(plan.jobs) do
    job.uid = identity.uid(sum, job.id)
    late[i + 1] = job.uid
  end
  return draft:fill(late)
end

---Whether a plan file is as it was written: the text itself has the checksum that it states. A plan that was written in another way may
---be intact all the same.
---@param text string of the file
---@param plan table  what it says
---@return boolean
function M.is_sealed(text, plan)
  local stated = plan.metadata and plan.metadata.checksum
  if type(stated) ~= "string" or #stated ~= 71 then return false end
  local sum = json.digest(text, own_omissions)
  return sum ~= nil and stated == "sha256-" .. sum
end

---What a plan's checksum says about it. A text of 12 hex digits without prefix is compared as far as it goes.
---@param plan table
---@return "intact"|"former"|"absent"|"modified" verdict  former: intact by the algorithm of earlier versions
---@return string computed what `metadata.checksum` has to be
function M.verify(plan)
  local stated, computed = plan.metadata and plan.metadata.checksum, M.compute(plan)
  if type(stated) ~= "string" or stated == "" then return "absent", computed end
  local function agrees(with)
    return stated == with or (#stated == 12 and stated == with:sub(8, 19))
  end
  if agrees(computed) then return "intact", computed end
  if agrees(digest(plan, former)) then return "former", computed end
  return "modified", computed
end

return M
