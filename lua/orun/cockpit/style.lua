-- The design tokens: the only place that knows a glyph or a colour, and how wide text is on a screen.
local M = {}

---@class Style
---@field color boolean  decided when first asked for
---@field interactive boolean  a person watches this stream
---@field columns integer|false  width of the terminal that it goes to; false: there is none, or it does not know
---@field glyph table<string, string>
local Style = {}

M.glyph = {
  success = "✓",
  failure = "✗",
  cross = "✕",
  play = "▶",
  into = "›",
  running = "◐",
  pending = "○",
  skipped = "↷",
  preview = "◌",
  cached = "⚡",
  retry = "↻",
  arrow = "→",
  bullet = "●",
  wedge = "▲",
  link = "↗",
  waiting = "⏳",
  phase = "◦",
  bar = "│",
  branch = "├─",
  last = "└─",
  rule = "─",
  dash = "—",
  ellipsis = "…",
  times = "×",
  caret = "^",
  default = "★",
  full = "▓",
  empty = "░",
  added = "+",
  removed = "-",
  changed = "~",
  top = "╭",
  corner = "╮",
  bottom = "╰",
  end_corner = "╯",
}

M.separator = " · "
M.joint = "·"
M.wide_separator = "  ·  "
M.bar_width = 32

-- What moves the cursor. Written to terminals only.
M.screen = { home = "\27[H\27[J", hide_cursor = "\27[?25l", show_cursor = "\27[?25h" }

---Goes up and forgets what stands there.
---@param lines integer
---@return string
function M.screen.up(lines)
  return ("\r\27[%dA\27[J"):format(lines)
end

local spinner = { "⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏" }

---@param n integer number of the picture
---@return string
function M.spinner(n)
  return spinner[n % #spinner + 1]
end

local codes = {
  brand = "1;36", ["brand-soft"] = "35", secondary = "36", running = "36", success = "32", warning = "33", error = "31",
  dim = "2", muted = "2", pending = "2", bold = "1", fg = nil,
}

---------------------------------------------------------------------------------------------------
-- Statuses

local statuses = {
  success = { "completed", "success", "ok", "succeeded" },
  error = { "failed", "error" },
  running = { "running", "in_progress" },
  pending = { "pending", "queued", "waiting" },
  warning = { "skipped", "interrupted", "cancelled", "blocked" },
}
local status_glyphs = { success = "success", error = "failure", running = "running", pending = "pending", warning = "skipped" }

local token_of = {}
for token, names in next, statuses do
  for _, name in ipairs(names) do token_of[name] = token end
end

local function look_of(status)
  local label = status:lower():gsub("[ \t\n]+", "")
  local token = token_of[label] or "muted"
  return { token, M.glyph[status_glyphs[token] or "pending"], label ~= "" and label or "unknown" }
end

-- Those of every day; what else stands in a file is not kept.
local looks = {}
for name in next, token_of do looks[name] = look_of(name) end

---How a status is shown.
---@param status? string
---@return string token
---@return string glyph
---@return string label
function M.status(status)
  local look = looks[status or ""] or look_of(status or "")
  return look[1], look[2], look[3]
end

---------------------------------------------------------------------------------------------------
-- Width of text in cells

-- Ranges that take two cells; enough for East Asian text and emoji. Sorted.
local wide = {
  { 0x1100, 0x115F }, { 0x231A, 0x231B }, { 0x23E9, 0x23EC }, { 0x23F0, 0x23F0 }, { 0x23F3, 0x23F3 }, { 0x25FD, 0x25FE },
  { 0x2614, 0x2615 }, { 0x2648, 0x2653 }, { 0x267F, 0x267F }, { 0x2693, 0x2693 }, { 0x26A1, 0x26A1 }, { 0x26AA, 0x26AB },
  { 0x26BD, 0x26BE }, { 0x26C4, 0x26C5 }, { 0x26CE, 0x26CE }, { 0x26D4, 0x26D4 }, { 0x26EA, 0x26EA }, { 0x26F2, 0x26F3 },
  { 0x26F5, 0x26F5 }, { 0x26FA, 0x26FA }, { 0x26FD, 0x26FD }, { 0x2705, 0x2705 }, { 0x270A, 0x270B }, { 0x2728, 0x2728 },
  { 0x274C, 0x274C }, { 0x274E, 0x274E }, { 0x2753, 0x2755 }, { 0x2757, 0x2757 }, { 0x2795, 0x2797 }, { 0x27B0, 0x27B0 },
  { 0x27BF, 0x27BF }, { 0x2B1B, 0x2B1C }, { 0x2B50, 0x2B50 }, { 0x2B55, 0x2B55 }, { 0x2E80, 0x303E }, { 0x3041, 0x33FF },
  { 0x3400, 0x4DBF }, { 0x4E00, 0x9FFF }, { 0xA000, 0xA4CF }, { 0xA960, 0xA97F }, { 0xAC00, 0xD7A3 }, { 0xF900, 0xFAFF },
  { 0xFE30, 0xFE6F }, { 0xFF00, 0xFF60 }, { 0xFFE0, 0xFFE6 }, { 0x1F300, 0x1F64F }, { 0x1F680, 0x1F6FF }, { 0x1F900, 0x1F9FF },
  { 0x1FA70, 0x1FAFF }, { 0x20000, 0x3FFFD },
}

local function within(ranges, code)
  local low, high = 1, #ranges
  while low <= high do
    local middle = (low + high) // 2
    local range = ranges[middle]
    if code < range[1] then
      high = middle - 1
    elseif code > range[2] then
      low = middle + 1
    else
      return true
    end
  end
  return false
end

-- Combining marks, joiners and variation selectors stand on the cell before them.
local function is_mark(code)
  return code >= 0x300 and code <= 0x36F or code >= 0x200B and code <= 0x200F or code >= 0x20D0 and code <= 0x20FF
    or code >= 0xFE00 and code <= 0xFE0F or code >= 0xFE20 and code <= 0xFE2F
end

local function cells(code)
  if code < 0x300 then return code < 32 and 0 or 1 end
  if is_mark(code) then return 0 end
  return within(wide, code) and 2 or 1
end

-- Characters of a text; a byte that is not UTF-8 counts as one.
local function characters(text)
  local at = 1
  return function()
    if at > #text then return nil end
    local from = at
    local length = utf8.len(text, at, at) and utf8.offset(text, 2, at) - at or 1
    at = at + length
    return text:sub(from, at - 1), length > 1 and utf8.codepoint(text, from) or text:byte(from)
  end
end

---@param text string without escapes
---@return integer cells
function M.width(text)
  if not text:find("[\128-\255]") then return #text end
  local total = 0
  for _, code in characters(text) do total = total + cells(code) end
  return total
end

---Cuts a text to n cells, the last of them an ellipsis.
---@param text string
---@param n integer
---@return string
function M.truncate(text, n)
  if #text <= n or M.width(text) <= n then return text end
  local parts, used = {}, 0
  for character, code in characters(text) do
    used = used + cells(code)
    if used > n - 1 then break end
    parts[#parts + 1] = character
  end
  return table.concat(parts) .. M.glyph.ellipsis
end

---Cuts a line to n cells.
---@param spans (Span|string)[]|string
---@param n integer
---@return (Span|string)[]
function M.clip(spans, n)
  if type(spans) == "string" then spans = { spans } end
  local kept, left = {}, n
  for i, span in ipairs(spans) do
    local text, tokens = span, nil
    if type(span) == "table" then text, tokens = span[1], span[2] end
    local width = M.width(text)
    if width > left then
      -- Where no cell is left for the ellipsis the span before has been cut exactly.
      kept[i] = { left > 0 and M.truncate(text, left) or "", tokens }
      break
    end
    kept[i], left = span, left - width
  end
  return kept
end

---Pads a text to n cells; a longer one stays as it is.
---@param text string
---@param n integer
---@return string
function M.pad(text, n)
  return text .. (" "):rep(n - M.width(text))
end

---Width of a column: the usual one, or more when one of its texts needs it.
---@param rows table[]
---@param field string
---@param least integer
---@return integer
function M.column(rows, field, least)
  local width = least
  for _, row in ipairs(rows) do width = math.max(width, M.width(M.plain(row[field]))) end
  return width
end

---------------------------------------------------------------------------------------------------
-- Text from outside

---Takes out everything that would move the cursor or change the terminal.
---@param text string
---@return string
function M.plain(text)
  if not text:find("[^ -~]") or not text:find("[%c\127\194]") then return text end
  return (text:gsub("\27%[[0-?]*[ -/]*[@-~]", ""):gsub("\27%][^\7\27]*\7?", ""):gsub("\27[@-_]?", "")
    :gsub("\194[\128-\159]", ""):gsub("\t", "    "):gsub("[\0-\31\127]", ""))
end

local names = { ["\r"] = "\\r", ["\t"] = "    " }

-- Characters that a reader would not see, or that reorder what stands around them.
local function is_hidden(code)
  return code >= 0x80 and code <= 0x9F or code == 0xAD or code >= 0x200B and code <= 0x200F or code >= 0x2028 and code <= 0x202E
    or code >= 0x2060 and code <= 0x206F or code == 0xFEFF
end

---Writes out what could not be seen or would change the terminal, for texts that are compared by eye.
---@param text string
---@return string e.g. `\x1b[31m`, `\u{202e}`
function M.visible(text)
  if not text:find("[%c\127-\255]") then return text end
  local parts = {}
  for character, code in characters(text) do
    if #character == 1 and (code < 32 or code >= 127) then
      parts[#parts + 1] = names[character] or ("\\x%02x"):format(code)
    else
      parts[#parts + 1] = is_hidden(code) and ("\\u{%x}"):format(code) or character
    end
  end
  return table.concat(parts)
end

---------------------------------------------------------------------------------------------------
-- Numbers

---@param seconds number
---@return string e.g. 250ms, 4.1s, 3m05s, 2h05m
function M.duration(seconds)
  if seconds < 0.9995 then return ("%dms"):format(math.floor(seconds * 1000 + 0.5)) end
  if seconds < 59.95 then return ("%.1fs"):format(seconds) end
  local whole = math.floor(seconds)
  if whole < 60 then whole = 60 end
  if whole < 3600 then return ("%dm%02ds"):format(whole // 60, whole % 60) end
  return ("%dh%02dm"):format(whole // 3600, whole % 3600 // 60)
end

---Duration of a step in a live run: tenths of a second, minutes not folded into hours.
---@param seconds number
---@return string e.g. 4.1s, 1m5s, 1m5.3s
function M.step_duration(seconds)
  local tenths = math.floor(seconds * 10 + 0.5)
  if tenths < 600 then return ("%d.%ds"):format(tenths // 10, tenths % 10) end
  local rest = tenths % 600
  local fraction = rest % 10 ~= 0 and ("%d.%d"):format(rest // 10, rest % 10) or ("%d"):format(rest // 10)
  return ("%dm%ss"):format(tenths // 600, fraction)
end

---@param seconds? number
---@return string e.g. `12s ago`; a dash when unknown
function M.age(seconds)
  if not seconds then return M.glyph.dash end
  seconds = math.max(0, math.floor(seconds))
  if seconds < 60 then return seconds .. "s ago" end
  if seconds < 3600 then return seconds // 60 .. "m ago" end
  if seconds < 86400 then return seconds // 3600 .. "h ago" end
  return seconds // 86400 .. "d ago"
end

---@param percent number
---@param width? integer cells, default `bar_width`
---@return string
function M.bar(percent, width)
  width = width or M.bar_width
  local filled = math.floor(math.min(math.max(percent, 0), 100) * width / 100 + 0.5)
  return M.glyph.full:rep(filled) .. M.glyph.empty:rep(width - filled)
end

---@param n integer
---@param noun string
---@return string e.g. `1 job`, `3 jobs`
function M.plural(n, noun)
  return ("%d %s%s"):format(n, noun, n == 1 and "" or "s")
end

---------------------------------------------------------------------------------------------------
-- A stream and whether it shows colour

local function blank(text)
  return not text or not text:find("%S")
end

---The decision, first match wins.
---@param environment fun(name: string): string?
---@param terminal fun(): boolean
---@return boolean
function M.decide_color(environment, terminal)
  local force = environment("CLICOLOR_FORCE")
  if force and force ~= "" and force ~= "0" then return true end
  if not blank(environment("NO_COLOR")) or not blank(environment("ORUN_NO_COLOR")) then return false end
  if environment("CLICOLOR") == "0" then return false end
  if (environment("TERM") or ""):lower() == "dumb" then return false end
  return terminal()
end

local robots = { "CI", "GITHUB_ACTIONS", "GITLAB_CI", "CIRCLECI", "BUILDKITE", "JENKINS_URL" }

---Whether output may be redrawn: a terminal, and nobody says that this is a CI job.
---@param environment fun(name: string): string?
---@param terminal fun(): boolean
---@return boolean
function M.decide_interactive(environment, terminal)
  for _, name in ipairs(robots) do
    local text = environment(name)
    if text and text ~= "" and text:lower() ~= "false" then return false end
  end
  return terminal()
end

local descriptors = { stdout = 1, stderr = 2 }

-- Loaded only here: a command that shows nothing styled never maps the module. Where it is missing, messages still get out.
local function is_terminal(self)
  if self.terminal == nil then
    local ok, term = pcall(require, "host.term")
    self.terminal = ok and term.isatty(descriptors[self.stream])
  end
  return self.terminal
end

function Style:__index(key)
  if key == "color" then
    self.color = M.decide_color(self.environment, function() return is_terminal(self) end)
    return self.color
  elseif key == "interactive" then
    self.interactive = M.decide_interactive(self.environment, function() return is_terminal(self) end)
    return self.interactive
  elseif key == "columns" then
    self.columns = is_terminal(self) and require("host.term").size(descriptors[self.stream]) or false
    return self.columns
  end
  return Style[key] or M[key]
end

---@param options? {stream?: "stdout"|"stderr", color?: boolean, terminal?: boolean, environment?: fun(name: string): string?}
---@return Style
function M.new(options)
  options = options or {}
  return setmetatable({
    stream = options.stream or "stdout",
    color = options.color,
    terminal = options.terminal,
    environment = options.environment or os.getenv,
  }, Style)
end

-- Codes of one or several tokens separated by blanks.
local function codes_of(tokens)
  local list = {}
  for token in tokens:gmatch("%S+") do list[#list + 1] = codes[token] end
  return #list > 0 and table.concat(list, ";") or nil
end

---@param tokens string one or several, e.g. "bold success"
---@param text string
---@return string
function Style:paint(tokens, text)
  if text == "" or not self.color then return text end
  local sgr = codes_of(tokens)
  return sgr and ("\27[%sm%s\27[0m"):format(sgr, text) or text
end

---@class Span
---@field [1] string  text
---@field [2]? string tokens

local function trimmed(text)
  if text:sub(-1) ~= " " then return text end
  return (text:gsub(" +$", ""))
end

---One line: spans become styled text, without blanks at its end.
---@param spans (Span|string)[]|string
---@return string
function Style:line(spans)
  if type(spans) == "string" then return spans end
  local parts, color = {}, self.color
  for i, span in ipairs(spans) do
    if type(span) == "string" then
      parts[i] = span
    else
      parts[i] = color and span[2] and self:paint(span[2], span[1]) or span[1]
    end
  end
  return trimmed(table.concat(parts))
end

-- Lines without colour, the texts of all spans side by side: of thousands of lines none is made for itself.
local function plain_lines(lines)
  local parts, n = {}, 0
  for _, line in ipairs(lines) do
    local first = n + 1
    if type(line) == "string" then
      n = first
      parts[n] = line
    else
      for i = 1, #line do
        local span = line[i]
        parts[n + i] = type(span) == "string" and span or span[1]
      end
      n = n + #line
      if n >= first and (parts[n] == "" or parts[n]:byte(-1) == 32) then
        parts[first], n = trimmed(table.concat(parts, "", first, n)), first
      end
    end
    n = n + 1
    parts[n] = "\n"
  end
  return table.concat(parts, "", 1, n)
end

---Lines as text, each ended by a newline.
---@param lines ((Span|string)[]|string)[]
---@return string
function Style:text(lines)
  if not self.color then return plain_lines(lines) end
  local out = {}
  for i, line in ipairs(lines) do out[i] = self:line(line) .. "\n" end
  return table.concat(out)
end

return M
