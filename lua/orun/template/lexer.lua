-- Text -> tokens of the step template language (the lexical rules of Go's text/template).
local M = {}

---@class Token
---@field kind string text left right field identifier variable string number char bool dot nil space pipe assign declare leftparen
---rightparen sign eof error, or a keyword
---@field text string as written
---@field line integer
---@field at integer byte offset of its first character

---@class TemplateError
---@field kind "parse"|"exec"
---@field line integer
---@field message string
---@field partial? string what had been written before an exec error

local keywords = { block = true, ["break"] = true, continue = true, ["else"] = true, define = true, ["end"] = true, ["if"] = true,
  range = true, ["nil"] = true, template = true, with = true }

-- Letters beyond ASCII count as letters; the byte class takes every byte of a multi-byte character.
local WORD = "[%w_\128-\255]"

local Lexer = {}
Lexer.__index = Lexer

function Lexer:fail(line, message, ...)
  error({ kind = "parse", line = line, message = message:format(...) }, 0)
end

function Lexer:line_at(at)
  -- Lines are counted forward only: tokens come in order.
  local line, from = self.line, self.line_from
  while true do
    local newline = self.text:find("\n", from, true)
    if not newline or newline >= at then break end
    line, from = line + 1, newline + 1
  end
  self.line, self.line_from = line, from
  return line
end

function Lexer:emit(kind, from, to)
  self.count = self.count + 1
  self.tokens[self.count] = { kind = kind, text = self.text:sub(from, to), line = self:line_at(from), at = from }
end

-- Whether the right delimiter is at `at`, plain or with a trim marker before it.
local function right_delimiter(text, at)
  if text:find("^[ \t\r\n]%-}}", at) then return at + 2, true end
  if text:sub(at, at + 1) == "}}" then return at, false end
  return nil
end

local function skip_blanks(text, at)
  return text:match("^[ \t\r\n]*()", at)
end

function Lexer:comment(at)
  local close = self.text:find("*/", at + 2, true)
  if not close then self:fail(self:line_at(at), "unclosed comment") end
  local delimiter, trim = right_delimiter(self.text, close + 2)
  if not delimiter then self:fail(self:line_at(close), "comment ends before closing delimiter") end
  local after = delimiter + 2
  return trim and skip_blanks(self.text, after) or after
end

-- The character at a byte, for messages.
local function character(text, at)
  return text:match("^[%z\1-\127\194-\244][\128-\191]*", at) or text:sub(at, at)
end

function Lexer:terminated(at)
  local c = self.text:sub(at, at)
  if c == "" or c:find("[ \t\r\n.,|:()]") or self.text:sub(at, at + 1) == "}}" then return end
  self:fail(self:line_at(at), "bad character %s in an action", ("%q"):format(character(self.text, at)))
end

function Lexer:word(at, kind)
  local stop = self.text:match("^" .. WORD .. "*()", at)
  self:terminated(stop)
  return kind, stop
end

function Lexer:quoted(at, quote, what)
  local text, i = self.text, at + 1
  while true do
    local c = text:sub(i, i)
    if c == "\\" and text:sub(i + 1, i + 1) ~= "\n" and text:sub(i + 1, i + 1) ~= "" then
      i = i + 2
    elseif c == "" or c == "\n" or c == "\\" then
      self:fail(self:line_at(at), "unterminated %s", what)
    elseif c == quote then
      return i + 1
    else
      i = i + 1
    end
  end
end

local function scan_number(text, at)
  local i = text:match("^[+-]?()", at)
  local digits, exponent = "[%d_]*", "^[eE]()"
  local prefix = text:match("^0([xXoObB])", i)
  if prefix then
    i = i + 2
    if prefix:lower() == "x" then
      digits, exponent = "[%x_]*", "^[pP]()"
    else
      digits, exponent = prefix:lower() == "o" and "[0-7_]*" or "[01_]*", nil
    end
  end
  i = text:match("^" .. digits .. "()", i)
  if text:sub(i, i) == "." then i = text:match("^" .. digits .. "()", i + 1) end
  local after = exponent and text:match(exponent, i)
  if after then i = text:match("^[+-]?[%d_]*()", after) end
  if text:sub(i, i) == "i" then i = i + 1 end
  return i, not text:find("^" .. WORD, i)
end

function Lexer:number(at)
  local stop, fine = scan_number(self.text, at)
  if not fine then self:fail(self:line_at(at), "bad number syntax: %q", self.text:sub(at, stop)) end
  if self.text:find("^[+-]", stop) then
    self:fail(self:line_at(at), "bad number syntax: %q: complex numbers are not supported", self.text:sub(at, stop))
  end
  return "number", stop
end

-- One token of an action that begins with the character c; returns its kind and where the next one begins.
function Lexer:token(at, c)
  local text = self.text
  if c == '"' then return "string", self:quoted(at, '"', "quoted string") end
  if c == "'" then return "char", self:quoted(at, "'", "character constant") end
  if c == "`" then
    local close = text:find("`", at + 1, true)
    if not close then self:fail(self:line_at(at), "unterminated raw quoted string") end
    return "string", close + 1
  end
  if c == "$" then return self:word(at + 1, "variable") end
  if c == "." and not text:find("^%d", at + 1) then
    if not text:find("^" .. WORD, at + 1) then
      self:terminated(at + 1)
      return "dot", at + 1
    end
    return self:word(at + 1, "field")
  end
  if c:find("[%d+.-]") then return self:number(at) end
  if c:find("^" .. WORD) then
    local stop = text:match("^" .. WORD .. "*()", at)
    self:terminated(stop)
    local word = text:sub(at, stop - 1)
    if keywords[word] then return word, stop end
    return (word == "true" or word == "false") and "bool" or "identifier", stop
  end
  if c == "=" then return "assign", at + 1 end
  if c == ":" then
    if text:sub(at + 1, at + 1) ~= "=" then self:fail(self:line_at(at), "expected := after :") end
    return "declare", at + 2
  end
  if c == "|" then return "pipe", at + 1 end
  if c:find("^%g") then return "sign", at + 1 end
  self:fail(self:line_at(at), "unrecognized character in action: %s", ("%q"):format(character(text, at)))
end

-- Everything from behind the left delimiter to behind the right one.
function Lexer:action(at)
  local text, depth = self.text, 0
  while true do
    local delimiter, trim = right_delimiter(text, at)
    if delimiter then
      if depth > 0 then self:fail(self:line_at(at), "unclosed left paren") end
      self:emit("right", delimiter, delimiter + 1)
      at = delimiter + 2
      return trim and skip_blanks(text, at) or at
    end
    local c = text:sub(at, at)
    if c == "" then self:fail(self:line_at(at), "unclosed action") end
    if c:find("[ \t\r\n]") then
      local stop = at
      while text:find("^[ \t\r\n]", stop) and not (stop > at and right_delimiter(text, stop)) do stop = stop + 1 end
      self:emit("space", at, stop - 1)
      at = stop
    elseif c == "(" then
      depth = depth + 1
      self:emit("leftparen", at, at)
      at = at + 1
    elseif c == ")" then
      depth = depth - 1
      if depth < 0 then self:fail(self:line_at(at), "unexpected right paren") end
      self:emit("rightparen", at, at)
      at = at + 1
    else
      local kind, stop = self:token(at, c)
      self:emit(kind, at, stop - 1)
      at = stop
    end
  end
end

local function scan(self)
  local text, at = self.text, 1
  while true do
    local open = text:find("{{", at, true)
    local stop = open and open - 1 or #text
    local trims = open and text:find("^%-[ \t\r\n]", open + 2) ~= nil
    if trims then
      while stop >= at and text:find("^[ \t\r\n]", stop) do stop = stop - 1 end
    end
    if stop >= at then self:emit("text", at, stop) end
    if not open then return end
    local inside = open + 2 + (trims and 2 or 0)
    if text:sub(inside, inside + 1) == "/*" then
      at = self:comment(inside)
    else
      self:emit("left", open, open + 1)
      at = self:action(inside)
    end
  end
end

---Splits a template into tokens. The last one is of kind "eof", or of kind "error" where the text cannot be read further: the
---parser may find a mistake before it, which then counts.
---@param text string
---@return Token[]
function M.tokens(text)
  local self = setmetatable({ text = text, tokens = {}, count = 0, line = 1, line_from = 1 }, Lexer)
  local ok, err = pcall(scan, self)
  if ok then
    self:emit("eof", #text + 1, #text)
  elseif type(err) == "table" and err.kind == "parse" then
    self.tokens[self.count + 1] = { kind = "error", text = err.message, line = err.line, at = #text + 1 }
  else
    error(err, 0)
  end
  return self.tokens
end

return M
