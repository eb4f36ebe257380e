-- The execution journal: an append-only file of JSON lines, each ending in the CRC-32 of what stands before it.
-- It is the truth about an execution; everything else under .orun/executions is a snapshot of it.
local hash = require "host.hash"
local json = require "host.json"
local fs = require "host.fs"
local loop = require "host.loop"
local process = require "host.process"
local folds = require "orun.state.fold"

local M = {}

-- Fields of each kind after t, ts, pid and seq, in written order: `name` is a string, `name#` an integer, `name!` a boolean;
-- a trailing `?` marks one that may be absent.
local shapes = {
  ["run.started"] = "execId planChecksum? jobs#? runner? concurrency#? host? startTicks#? resumed!? joined!? revision?",
  ["job.queued"] = "job reason?",
  ["job.blocked"] = "job reason?",
  ["job.cached"] = "job reason?",
  ["job.skipped"] = "job reason?",
  ["job.started"] = "job attempt# workspace?",
  ["step.started"] = "job attempt# step phase? pgid#? startTicks#?",
  ["step.finished"] = "job attempt# step status exit#? signal? ms#? userMs#? sysMs#? maxRssKiB#? log? logBytes#?",
  ["job.finished"] = "job status error?",
  ["job.reset"] = "job",
  ["gate"] = "job gate state by?",
  ["run.stopping"] = "signal",
  ["run.finished"] = "status completed#? failed#? cancelled#? cached#? blocked#? waiting#? others!?",
}

-- JSON literals of strings: the same ids and words come again and again. Looking one up costs no call.
local known_count, known_most = 0, 8192
local quoted = setmetatable({}, {
  __index = function(known, text)
    local form = text:find('[%c"\\\127-\255]') and json.encode(text) or '"' .. text .. '"'
    if #text > 200 then return form end
    if known_count >= known_most then
      known_count = 0
      for other in next, known do known[other] = nil end
    end
    known[text], known_count = form, known_count + 1
    return form
  end,
})

-- Source of one field's text; `r` is the record, `q` the table above.
local function field_source(word)
  local name, kind, optional = word:match("^(%a+)([#!]?)(%??)$")
  local form = kind == "#" and "r.%s" or kind == "!" and "tostring(r.%s)" or "q[r.%s]"
  local text = ("',\"%s\":' .. " .. form):format(name, name)
  return optional == "" and text or ("(r.%s ~= nil and %s or '')"):format(name, text)
end

-- Four to five records are written per job, so each kind gets a function that is one concatenation: a generic loop over the
-- fields costs three times as much.
local function compile(kind, shape)
  local parts = { ([['{"t":"%s","ts":"' .. ts .. '","pid":' .. pid .. ',"seq":' .. seq]]):format(kind) }
  for word in shape:gmatch("%S+") do parts[#parts + 1] = field_source(word) end
  local source = "local q, tostring = ...\nreturn function(r, ts, pid, seq) return " .. table.concat(parts, " .. ") .. " end"
  return assert(load(source, "=journal record", "t", {}))(quoted, tostring)
end

-- Made when the first record of its kind is written.
local bodies = setmetatable({}, {
  __index = function(made, kind)
    local body = compile(kind, shapes[kind])
    made[kind] = body
    return body
  end,
})

---One journal line, newline included.
---@param kind string
---@param record table
---@param ts string
---@param pid integer
---@param seq integer
---@return string
function M.line(kind, record, ts, pid, seq)
  local body = bodies[kind](record, ts, pid, seq)
  return body .. ',"crc":"' .. hash.crc32(body) .. '"}\n'
end

---@param line string without newline
---@return table? record nil when torn or corrupt
function M.parse(line)
  local body, crc = line:match('^(.*),"crc":"(%x%x%x%x%x%x%x%x)"}$')
  if not body or hash.crc32(body) ~= crc then return nil end
  local record = json.decode(line)
  return type(record) == "table" and record or nil
end

---------------------------------------------------------------------------------------------------

---@class JournalReader
---@field fold Fold
---@field offset integer  bytes read so far
---@field corrupt integer torn or corrupt lines met so far
local Reader = {}
Reader.__index = Reader

---A reader that remembers how far it read. The file may appear later.
---@param path string
---@return JournalReader
function M.reader(path)
  return setmetatable({ path = path, fold = folds.new(), offset = 0, corrupt = 0 }, Reader)
end

-- Bytes read at once: the text of a long journal need not be there as a whole.
local block = 1 << 16

-- Takes the whole lines of a text; returns how many bytes they are.
local function take_lines(self, text, records, each)
  local at = 1
  for next_at, record in records, text, at do
    at = next_at
    if record then
      self.fold:apply(record)
      if each then each(record) end
    elseif record == false then
      self.corrupt = self.corrupt + 1
    end
  end
  return at - 1
end

---Reads what was appended since the last call. An unfinished last line waits for the next call.
---@param each? fun(record: table) called for every record after it was applied
---@return boolean changed
function Reader:refresh(each)
  if not self.file then self.file = io.open(self.path, "rb") end
  if not self.file then return false end
  -- Who only wants the state gets all records in one table, with the fields that it is made of.
  local records = json.records(not each and folds.fields or nil)
  local began, size = self.offset, block
  repeat
    self.file:seek("set", self.offset)
    local text = self.file:read(size) or ""
    local taken = take_lines(self, text, records, each)
    self.offset, self.rest = self.offset + taken, #text - taken
    local ended = #text < size
    if taken == 0 then size = size * 2 end -- one line is longer than all that
  until ended
  return self.offset > began
end

---Lines left out so far, the unfinished last one among them.
---@return integer
function Reader:damaged()
  return self.corrupt + ((self.rest or 0) > 0 and 1 or 0)
end

function Reader:close()
  if self.file then self.file:close() end
  self.file = nil
end

---Folds a whole journal; a missing file is an empty one.
---@param path string
---@param each? fun(record: table)
---@return Fold fold
---@return integer corrupt number of torn or corrupt lines left out
function M.read(path, each)
  local reader = M.reader(path)
  reader:refresh(each)
  reader:close()
  return reader.fold, reader:damaged()
end

---What to tell a person about lines that were left out.
---@param id string of the execution
---@param corrupt integer
---@return string
function M.damage(id, corrupt)
  local lines = corrupt == 1 and "1 damaged line, which was" or ("%d damaged lines, which were"):format(corrupt)
  return ("the journal of %s had %s skipped"):format(id, lines)
end

---------------------------------------------------------------------------------------------------

---@class JournalWriter
---@field fold Fold        own records at once, those of other processes after `refresh`
---@field corrupt integer
---@field dirty boolean    records were appended since the last sync
local Writer = {}
Writer.__index = Writer

---Opens a journal for appending and folds what it holds.
---@param path string
---@return JournalWriter?
---@return string? message
function M.writer(path)
  local appender, message = fs.appender(path)
  if not appender then return nil, message end
  local reader = M.reader(path)
  reader:refresh()
  return setmetatable({
    appender = appender,
    file = reader.file,
    fold = reader.fold,
    corrupt = reader.corrupt,
    pid = process.pid(),
    seq = 0,
    parsed = reader.offset, -- bytes folded
    ahead = 0, -- bytes appended by this writer since then
    own = {}, -- those lines
    dirty = false,
  }, Writer)
end

---Appends one record and applies it to the fold.
---@param kind string
---@param record table fields of the kind; the table must not be changed afterwards
---@return true?
---@return string? message
function Writer:append(kind, record)
  local line = self:line(kind, record)
  local text, held = line, self.held
  if held then
    text, self.held = held .. line, nil
    self.own[held] = true
  end
  local ok, message = self.appender:append(text)
  if not ok then return nil, message end
  self.ahead, self.own[line], self.dirty = self.ahead + #text, true, true
  self.fold:apply(record)
  return true
end

---Applies one record at once and writes it together with the next one. Nothing may be waited for in between.
---@param kind string
---@param record table as for append
function Writer:hold(kind, record)
  self.held = self:line(kind, record)
  self.fold:apply(record)
end

-- Numbers a record; gives its line.
---@private
function Writer:line(kind, record)
  self.seq = self.seq + 1
  local ts = loop.timestamp()
  record.t, record.ts, record.pid, record.seq = kind, ts, self.pid, self.seq
  return M.line(kind, record, ts, self.pid, self.seq)
end

-- A process that is killed inside write(2) can leave half a line, and a record of ours may stand right behind it.
-- Such a record is appended once more; state does not mind meeting a record twice.
local function repair(self, line)
  self.corrupt = self.corrupt + 1
  for own in next, self.own do
    if #line > #own and line:sub(-#own) == own then
      self.appender:append(own)
      return
    end
  end
end

local function take_line(self, line)
  if self.own[line] then
    self.own[line] = nil
  elseif #line > 1 then
    local record = M.parse(line:sub(1, -2))
    if record then
      self.fold:apply(record)
    else
      repair(self, line)
    end
  end
end

---Applies what other processes appended. While nobody else writes, this is one fstat.
---@return boolean changed
function Writer:refresh()
  local size = self.appender:size()
  if size == self.parsed + self.ahead then
    if self.ahead > 0 then self.parsed, self.ahead, self.own = size, 0, {} end
    return false
  end
  self.file:seek("set", self.parsed)
  local text, at = self.file:read("a") or "", 1
  local before = self.fold.applied
  while true do
    local newline = text:find("\n", at, true)
    if not newline then break end
    take_line(self, text:sub(at, newline))
    at = newline + 1
  end
  self.parsed, self.ahead = self.parsed + at - 1, 0
  for line in next, self.own do self.ahead = self.ahead + #line end
  return self.fold.applied > before
end

---Makes what was appended durable. Suspends, unless `now`.
---@param now? boolean
---@return true?
---@return string? message
function Writer:sync(now)
  if not self.dirty then return true end
  self.dirty = false
  return self.appender:sync(now)
end

function Writer:close()
  if self.appender then
    self.appender:close()
    self.file:close()
  end
  self.appender = nil
end

return M
