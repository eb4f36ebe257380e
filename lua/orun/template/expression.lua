-- GitHub expressions `${{ … }}` in step texts: they are for the runner, not for the template language.
local M = {}

local names = {}
for name in ([[github env vars secrets job jobs steps runner strategy matrix needs inputs
  always success failure cancelled hashFiles contains startsWith endsWith format join toJSON fromJSON]]):gmatch("%w+") do
  names[name] = true
end

-- Where the expression that opens at `at` (its `$`) ends, or nil when it is none.
local function expression_end(text, at)
  local name = text:match("^[ \t\r\n!(]*([%a_][%w_-]*)", at + 3)
  if not name or not names[name] then return nil end
  local i = at + 3
  while true do
    local stop = text:find("['}]", i)
    if not stop then return nil end
    if text:sub(stop, stop) == "'" then
      -- A quoted string; a doubled quote inside it simply opens the next one.
      local close = text:find("'", stop + 1, true)
      if not close then return nil end
      i = close + 1
    elseif text:sub(stop, stop + 1) == "}}" then
      return stop + 1
    else
      i = stop + 1
    end
  end
end

-- Where the action that opens at `at` ends (behind its delimiter), strings and comments skipped; nil when it does not end.
local function action_end(text, at)
  local i = at + 2
  if text:find("^%-?[ \t\r\n]*/%*", i) then
    local close = text:find("*/", i, true)
    local stop = close and text:find("}}", close, true)
    return stop and stop + 2
  end
  while true do
    local stop = text:find("[\"'`}]", i)
    if not stop then return nil end
    local c = text:sub(stop, stop)
    if c == "}" then
      if text:sub(stop, stop + 1) == "}}" then return stop + 2 end
      i = stop + 1
    elseif c == "`" then
      local close = text:find("`", stop + 1, true)
      if not close then return nil end
      i = close + 1
    else
      i = stop + 1
      while text:sub(i, i) ~= c do
        if i > #text then return nil end
        i = i + (text:sub(i, i) == "\\" and 2 or 1)
      end
      i = i + 1
    end
  end
end

-- An action that prints the text and spans as many lines.
local function literal(text)
  local parts = {}
  for piece, quote in (text .. "`"):gmatch("([^`]*)(`)") do
    if piece ~= "" then parts[#parts + 1] = "{{`" .. piece .. "`}}" end
    parts[#parts + 1] = quote == "`" and "`" or ""
  end
  parts[#parts] = nil
  return table.concat(parts)
end

---Rewrites a template so that GitHub expressions come out as they are. Line numbers stay.
---@param text string
---@return string
function M.protect(text)
  if not text:find("${{", 1, true) then return text end
  local parts, at, from = {}, 1, 1
  while true do
    local open = text:find("{{", at, true)
    if not open then break end
    local dollar = open > 1 and open > from and text:sub(open - 1, open - 1) == "$"
    local stop = dollar and expression_end(text, open - 1)
    if stop then
      parts[#parts + 1] = text:sub(from, open - 2)
      parts[#parts + 1] = literal(text:sub(open - 1, stop))
      at, from = stop + 1, stop + 1
    else
      at = action_end(text, open)
      if not at then break end
    end
  end
  parts[#parts + 1] = text:sub(from)
  return table.concat(parts)
end

return M
