-- html, js and urlquery: the printed form of the arguments, escaped.
local printing = require "orun.template.printing"
local unicode = require "orun.template.unicode"
local value = require "host.value"

local M = {}

-- What is missing or null reads `<no value>` here, as in an action.
local function printed(...)
  local n = select("#", ...)
  if n == 1 and type((...)) == "string" then return (...) end
  local values = { ... }
  for i = 1, n do
    if values[i] == nil or values[i] == value.null then values[i] = "<no value>" end
  end
  return printing.print(table.unpack(values, 1, n))
end

local entities = { ["\0"] = "\u{fffd}", ['"'] = "&#34;", ["'"] = "&#39;", ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;" }

---@return string
function M.html(...) return (printed(...):gsub("[%z\"'&<>]", entities)) end

local short = { ["\\"] = "\\\\", ["'"] = "\\'", ['"'] = '\\"' }

local function script_ascii(c) return short[c] or ("\\u%04X"):format(c:byte()) end

local function script_beyond(c)
  if not utf8.len(c) then return nil end
  local code = utf8.codepoint(c)
  if not unicode.is_printable(code) then return ("\\u%04X"):format(code) end
end

---@return string
function M.js(...)
  local text = printed(...):gsub("[%z\1-\31\\'\"<>&=]", script_ascii)
  return (text:gsub(utf8.charpattern, function(c)
    if #c > 1 then return script_beyond(c) end
  end))
end

---@return string
function M.urlquery(...)
  local text = printed(...):gsub("[^%w%-_.~ ]", function(c) return ("%%%02X"):format(c:byte()) end)
  return (text:gsub(" ", "+"))
end

return M
