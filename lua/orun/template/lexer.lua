-- Text -> tokens of the step template language. Lexical rules: those of Go's package text/template.
local unicode = require "orun.template.unicode"

local M = {}

---@class Token
---@field kind string text left right space identifier variable field dot number character string bool pipe assign declare sign
--- leftparen rightparen eof error, or a keyword (if else end range break continue with define template block nil)
---@field text string as written; of an error its message
---@field at integer byte of its first character

local keywords = {}
for word in ("if else end range break continue with define template block nil"):gmatch("%a+") do keywords[word] = true end

local BLANK = "[ \t\r\n]"
local signs = { ["="] = "assign", ["|"] = "pipe", ["("] = "leftparen", [")"] = "rightparen" }

local Lexer = {}
Lexer.__index = Lexer

function Lexer:emit(kind, at, stop)
  self.count = self.count + 1
  self.tokens[self.count] = { kind = kind, text = self.text:sub(at, stop - 1), at = at }
  return stop
end

-- An error ends the tokens; the parser raises it when it gets there, because what stands before may be wrong as well.
function Lexer:fail(at, message)
  self.count = self.count + 1
  self.tokens[self.count] = { kind = "error", text = message, at = at }
  return nil
end

-- The code point at a byte, U+FFFD for bytes that are no UTF-8, and the byte behind it.
local function rune(text, at)
  if utf8.len(text, at, at) then return utf8.codepoint(text, at), utf8.offset(text, 2, at) end
  return 0xfffd, at + 1
end

-- The byte behind the letters, digits and underscores from `at` on.
local function word_end(text, at)
  while true do
    at = text:match("^[%w_]*()", at)
    if (text:byte(at) or 0) < 128 then return at end
    local code, after = rune(text, at)
    if not unicode.is_word(code) then return at end
    at = after
  end
end

function Lexer:bad_character(at, message)
  if at > #self.text then return self:fail(self.opened, "unclosed action") end
  local code = rune(self.text, at)
  local shown = unicode.is_printable(code) and (" '%s'"):format(utf8.char(code)) or ""
  return self:fail(at, message:format(("U+%04X%s"):format(code, shown)))
end

-- Emits a word, field or variable; only some characters may touch its end.
function Lexer:word(kind, at, from)
  local stop, text = word_end(self.text, from), self.text
  if stop <= #text and not text:find("^[ \t\r\n.,|:()]", stop) and text:sub(stop, stop + 1) ~= "}}" then
    return self:bad_character(stop, "bad character %s inside an action")
  end
  if kind == "identifier" then
    local word = text:sub(at, stop - 1)
    if keywords[word] then kind = word elseif word == "true" or word == "false" then kind = "bool" end
  elseif kind == "field" and stop == at + 1 then
    kind = "dot"
  end
  return self:emit(kind, at, stop)
end

function Lexer:quoted(kind, at, quote, what)
  local from, pattern = at + 1, "([\\\n" .. quote .. "])"
  while true do
    local stop, _, c = self.text:find(pattern, from)
    if c == quote then return self:emit(kind, at, stop + 1) end
    from = (stop or 0) + 2
    if c ~= "\\" or self.text:find("^\n", stop + 1) or stop == #self.text then
      return self:fail(at, ("unterminated %s"):format(what))
    end
  end
end

function Lexer:raw(at)
  local close = self.text:find("`", at + 1, true)
  if not close then return self:fail(at, "unterminated raw string") end
  return self:emit("string", at, close + 1)
end

local digits_of = { x = "%x_", o = "0-7_", b = "01_" }
local exponent_of = { x = "[pP]", d = "[eE]" }

-- The byte behind a number: more is taken than makes sense, so that a bad number is shown whole.
local function number_end(text, at)
  at = text:match("^[+-]?()", at)
  local base, after = text:match("^0([xXoObB])()", at)
  base = base and base:lower() or "d"
  local digits = "^[" .. (digits_of[base] or "%d_") .. "]*()"
  at = text:match(digits, after or at)
  after = text:match("^%.()", at)
  if after then at = text:match(digits, after) end
  after = exponent_of[base] and text:match("^" .. exponent_of[base] .. "[+-]?[%d_]*()", at)
  return text:match("^i?()", after or at)
end

function Lexer:number(at)
  local text = self.text
  local stop = number_end(text, at)
  if word_end(text, stop) > stop then
    return self:fail(at, ("malformed number %s"):format(text:sub(at, word_end(text, stop) - 1)))
  end
  if text:find("^[+-]", stop) then
    return self:fail(at, ("malformed number %s"):format(text:sub(at, number_end(text, stop) - 1)))
  end
  return self:emit("number", at, stop)
end

-- Where the right delimiter begins when it is at `at`, with or without trim marker.
local function right_delimiter(text, at)
  if text:find("^}}", at) then return at, false end
  if text:find("^[ \t\r\n]%-}}", at) then return at + 2, true end
  return nil
end

function Lexer:blanks(at)
  local stop = self.text:match("^" .. BLANK .. "+()", at)
  -- The last blank may belong to a trim marker.
  if right_delimiter(self.text, stop - 1) then stop = stop - 1 end
  return self:emit("space", at, stop)
end

-- Emits the token at `at` and returns the byte behind it, or nil after an error.
function Lexer:token(at)
  local text = self.text
  local c = text:sub(at, at)
  if c:find(BLANK) then return self:blanks(at) end
  if c == "." and not text:find("^%d", at + 1) then return self:word("field", at, at + 1) end
  if c:find("[%w_\128-\255]") and not c:find("%d") then
    if word_end(text, at) > at then return self:word("identifier", at, at) end
    return self:bad_character(at, "unexpected character %s inside an action")
  end
  if c:find("[%d.+-]") then return self:number(at) end
  if c == '"' then return self:quoted("string", at, c, "quoted string") end
  if c == "'" then return self:quoted("character", at, c, "character constant") end
  if c == "`" then return self:raw(at) end
  if c == "$" then return self:word("variable", at, at + 1) end
  if c == ":" then
    if text:sub(at + 1, at + 1) ~= "=" then return self:fail(at, "expected := where : stands") end
    return self:emit("declare", at, at + 2)
  end
  if c == "(" then self.parens = self.parens + 1 end
  if c == ")" then
    self.parens = self.parens - 1
    if self.parens < 0 then return self:fail(at, "closing paren without an opening one") end
  end
  if c:find("[\32-\126]") then return self:emit(signs[c] or "sign", at, at + 1) end
  return self:bad_character(at, "unexpected character %s inside an action")
end

-- What stands behind a right delimiter.
local function text_after(text, delimiter, trims)
  return text:match(trims and "^[ \t\r\n]*()" or "()", delimiter + 2)
end

-- Emits an action whose left delimiter is at `open`; returns where the text goes on, nil after an error.
function Lexer:action(open, at)
  local text = self.text
  self.opened, self.parens = open, 0
  self:emit("left", open, open + 2)
  while true do
    local delimiter, trims = right_delimiter(text, at)
    if delimiter then
      if self.parens > 0 then return self:fail(at, "paren opened and not closed") end
      self:emit("right", delimiter, delimiter + 2)
      return text_after(text, delimiter, trims)
    end
    if at > #text then return self:fail(open, "unclosed action") end
    at = self:token(at)
    if not at then return nil end
  end
end

function Lexer:comment(open, at)
  local text = self.text
  local _, close = text:find("*/", at + 2, true)
  if not close then return self:fail(open, "comment without end") end
  local delimiter, trims = right_delimiter(text, close + 1)
  if not delimiter then return self:fail(open, "comment does not fill its action") end
  return text_after(text, delimiter, trims)
end

-- Emits the text up to `stop`, without trailing blanks when a trim marker follows.
function Lexer:plain(at, stop, trims)
  if trims then
    while stop >= at and self.text:find("^" .. BLANK, stop) do stop = stop - 1 end
  end
  if stop >= at then self:emit("text", at, stop + 1) end
end

---Splits a template into tokens, the last of kind "eof" or "error".
---@param text string
---@return Token[]
function M.tokens(text)
  local self = setmetatable({ text = text, tokens = {}, count = 0 }, Lexer)
  local at = 1
  while at do
    local open = text:find("{{", at, true)
    local inside = open and text:match("^{{%-[ \t\r\n]()", open)
    self:plain(at, (open or #text + 1) - 1, inside)
    if not open then
      self:emit("eof", #text + 1, #text + 1)
      break
    end
    inside = inside or open + 2
    if text:find("^/%*", inside) then
      at = self:comment(open, inside)
    else
      at = self:action(open, inside)
    end
  end
  return self.tokens
end

return M
