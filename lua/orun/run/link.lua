-- Links that a step printed: `Preview URL: https://…` becomes a labelled link of the run.
local M = {}

local label_bytes = 20

---What a log has that is worth a scan, for `seek` of host.process: one without needs none.
M.signs = { "://", "cache" }

local function label_of(before)
  local text = before:gsub("^[%s%-]+", ""):gsub("[%s%-]+$", ""):gsub(":$", ""):gsub("[%s%-]+$", "")
  if text == "" then return "Link" end
  if #text > label_bytes then return text:sub(1, label_bytes - 3) .. "..." end
  return text
end

-- Adds the links of some whole lines.
local function collect(text, links, seen)
  if not text:find("://", 1, true) then return end
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
end

---@param text string output of one step
---@return {label: string, url: string}[] first occurrence of each URL, in order
function M.extract(text)
  local links = {}
  collect(text, links, {})
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

-- Logs are read in pieces of this size, so that a big one takes no memory.
local piece_bytes = 1 << 16
-- So much of an unfinished line goes on in the next piece.
local line_bytes = 1 << 12

-- What a piece ends with that belongs to the line that the next one begins with.
local function unfinished(text)
  local tail = text:sub(-line_bytes)
  if tail:find("\n", 1, true) then return tail:match("^.*\n(.*)") end
  return text:find("://", 1, true) and tail:match("^.*%s(.*)") or tail
end

---What the first part of a log tells.
---@param path string
---@param limit integer bytes to look at
---@return {label: string, url: string}[] links
---@return boolean cache_hit
function M.scan(path, limit)
  local links, seen, hit = {}, {}, false
  local file = io.open(path, "rb")
  if not file then return links, hit end
  local rest = ""
  while limit > 0 do
    local piece = file:read(piece_bytes)
    if not piece then break end
    limit = limit - #piece
    local last = #piece < piece_bytes or limit <= 0
    rest = rest .. piece
    local left = last and "" or unfinished(rest)
    local text = left == "" and rest or rest:sub(1, -#left - 1)
    collect(text, links, seen)
    hit = hit or M.cache_hit(text)
    rest = left
  end
  file:close()
  return links, hit
end

return M
