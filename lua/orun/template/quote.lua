-- Strings and characters as Go literals.
local unicode = require "orun.template.unicode"

local M = {}

local named = { ["\a"] = "\\a", ["\b"] = "\\b", ["\f"] = "\\f", ["\n"] = "\\n", ["\r"] = "\\r", ["\t"] = "\\t", ["\v"] = "\\v",
  ["\\"] = "\\\\" }

local function escaped(code, quote, ascii)
  local text = utf8.char(code)
  if text == quote then return "\\" .. quote end
  if named[text] then return named[text] end
  if code < 128 and (code < 32 or code == 127) then return ("\\x%02x"):format(code) end
  if code < 128 or (not ascii and unicode.is_printable(code)) then return text end
  return (code < 0x10000 and "\\u%04x" or "\\U%08x"):format(code)
end

---A string in double quotes.
---@param text string any bytes
---@param ascii? boolean escape everything beyond ASCII
---@return string
function M.string(text, ascii)
  local parts, at = { '"' }, 1
  while at <= #text do
    local stop = text:match('^[ !#-%[%]-~]+()', at)
    if stop then
      parts[#parts + 1] = text:sub(at, stop - 1)
    elseif utf8.len(text, at, at) then
      parts[#parts + 1] = escaped(utf8.codepoint(text, at), '"', ascii)
      stop = utf8.offset(text, 2, at)
    else
      parts[#parts + 1] = ("\\x%02x"):format(text:byte(at))
      stop = at + 1
    end
    at = stop
  end
  parts[#parts + 1] = '"'
  return table.concat(parts)
end

---A character in single quotes.
---@param code integer a valid code point
---@param ascii? boolean
---@return string
function M.character(code, ascii) return "'" .. escaped(code, "'", ascii) .. "'" end

---Whether a string can be written in back quotes as it is.
---@param text string
---@return boolean
function M.can_be_raw(text)
  return utf8.len(text) ~= nil and not text:find("[%z\1-\8\10-\31`\127]") and not text:find("\u{feff}", 1, true)
end

return M
