-- Links that a step printed: `Preview URL: https://…` becomes a labelled link of the run.
local M = {}

local label_bytes = 20

local function label_of(before)
  local text = before:gsub("^[%s%-]+", ""):gsub("[%s%-]+$", ""):gsub(":$", ""):gsub("[%s%-]+$", "")
  if text == "" then return "Link" end
  if #text > label_bytes then return text:sub(1, label_bytes - 3) .. "..." end
  return text
end

---@param text string output of one step
---@return {label: string, url: string}[] first occurrence of each URL, in order
function M.extract(text)
  local links, seen = {}, {}
  if not text:find("://", 1, true) then return links end
  for line in text:gmatch("[^\n]+") do
    local from = 1
    while true do
      local at, till = line:find("https?://%S+", from)
      if not at then break end
      local url = line:sub(at, till)
      if not seen[url] then
        links[#links + 1] = { label = label_of(line:sub(from, at - 1)), url = url }
        seen[url] = true
      end
      from = till + 1
    end
  end
  return links
end

---Whether a tool says that it took something from a cache of this machine.
---@param text string output of one step
---@return boolean
function M.cache_hit(text)
  if not text:find("cache", 1, true) then return false end
  for line in text:gmatch("[^\n]+") do
    if line:find("Restoring '[^']+' from cache") or line:find("%S+ tool version '[^']+' has been cached at ") then return true end
  end
  return false
end

return M
