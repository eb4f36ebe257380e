-- Captured output of the steps of one execution, and which of it is worth showing.
local M = {}

---@class LogEntry
---@field jobId string
---@field component? string
---@field environment? string
---@field short string
---@field stepId string
---@field status string
---@field text string       what the step printed; of much the beginning
---@field pieces? fun(): (fun(): string?, boolean?)  iterates over all of that much, in texts of whole lines; true beside one whose last
---                                                   line goes on in the next
---@field lines? string[]   those of it that say something; nil as long as the entry is not chosen to be shown
---@field totalLines? integer
---@field lastLine? string  when it is not the last of `lines`
---@field position? integer  place of the step within its job

---@class LogsView
---@field execId string
---@field run RunView
---@field entries LogEntry[]
---@field hidden integer entries left out because they are of less interest

---Content without blank lines and without carriage returns at line ends.
---@param content string
---@return string[]
function M.lines(content)
  local lines = {}
  for line in content:gmatch("[^\n]+") do
    line = line:gsub("\r$", "")
    if line:find("%S") then lines[#lines + 1] = line end
  end
  if lines[1] then
    lines[1] = lines[1]:gsub("^%s+", "")
    lines[#lines] = lines[#lines]:gsub("%s+$", "")
  end
  return lines
end

-- So much of a long text is enough for the lines that are shown of it.
local beginning = 1 << 16

-- The lines of an entry. Of a long one only the first ones are kept; the others are counted, or left to whoever shows them all.
local function measure(entry, raw)
  if not entry.pieces then
    entry.lines = M.lines(entry.text)
    entry.totalLines = #entry.lines
    return
  end
  entry.lines, entry.totalLines = M.lines(entry.text:sub(1, beginning)), 0
  if raw then return end
  local goes_on = false
  for text, unfinished in entry.pieces() do
    local last
    for line in text:gmatch "[^\n]*%S[^\n]*" do
      if not goes_on then entry.totalLines, last = entry.totalLines + 1, line end
      goes_on = false
    end
    entry.lastLine = last and last:sub(1, beginning):gsub("%s+$", "") or entry.lastLine
    goes_on = unfinished
  end
end

local function has_link(entry)
  return entry.text:find("https?://") ~= nil
end

local function filter(entries, keep)
  local kept = {}
  for _, entry in ipairs(entries) do
    if keep(entry) then kept[#kept + 1] = entry end
  end
  return kept
end

---What is shown when nobody asked for anything particular: failures and links, else everything.
---@param entries LogEntry[]
---@return LogEntry[]
function M.select(entries)
  local failed = #filter(entries, function(entry) return entry.status == "failed" end) > 0
  local kept = filter(entries, function(entry) return failed and entry.status == "failed" or has_link(entry) end)
  return #kept > 0 and kept or entries
end

-- Whether a part of a job id, written in either form, is meant.
local function names(id, part)
  return id:find(part, 1, true) ~= nil or id:gsub("@", ".", 1):find(part, 1, true) ~= nil
end

local function before(a, b)
  for _, key in ipairs { "component", "environment", "jobId" } do
    local x, y = a[key] or "", b[key] or ""
    if x ~= y then return x < y end
  end
  local x, y = a.position or math.huge, b.position or math.huge
  if x ~= y then return x < y end
  return a.stepId < b.stepId
end

---@class LogsOptions
---@field raw? boolean
---@field failed? boolean
---@field job? string   part of a job id
---@field step? string  part of a step id

---Whether a job, or a step of it, was asked for.
---@param options LogsOptions
---@param job string
---@param step? string
---@return boolean
function M.asks_for(options, job, step)
  if options.job and not names(job, options.job) then return false end
  return not (options.step and step) or step:find(options.step, 1, true) ~= nil
end

---@param run RunView
---@param entries LogEntry[]
---@param options? LogsOptions
---@return LogsView
function M.view(run, entries, options)
  options = options or {}
  local asked = filter(entries, function(entry)
    if options.failed and entry.status ~= "failed" then return false end
    return M.asks_for(options, entry.jobId, entry.stepId)
  end)
  table.sort(asked, before)
  local shown = asked
  if not (options.raw or options.failed or options.job or options.step) then shown = M.select(asked) end
  for _, entry in ipairs(shown) do measure(entry, options.raw) end
  return { execId = run.execId, run = run, entries = shown, hidden = #asked - #shown }
end

return M
