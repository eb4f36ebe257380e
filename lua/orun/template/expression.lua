-- GitHub expressions `${{ … }}` in step texts: they are meant for the runner of the step, so the template language must not see them.
local M = {}

local names = {}
for name in ([[
  github env vars secrets job jobs steps runner strategy matrix needs inputs
  always success failure cancelled hashFiles contains startsWith endsWith format join toJSON fromJSON
]]):gmatch("%w+") do names[name] = true end

-- What stands for the `{{` of a GitHub expression: an action that prints it. Nobody writes it in this way, so its length can be
-- taken out of columns again.
local OPEN = [[{{"\x7b{"}}]]

-- Where the content of a GitHub expression ends (its last byte before `}}`), or nil without `}}`. A `}}` within a quoted string does
-- not count; a quote that nothing closes on its line is no quote.
local function content_end(text, at)
  while true do
    local stop, _, c = text:find("(['}])", at)
    if not stop then return nil end
    if c == "}" then
      if text:sub(stop + 1, stop + 1) == "}" then return stop - 1 end
      at = stop + 1
    else
      local close = text:match("^[^'\n]*()'", stop + 1)
      at = (close or stop) + 1
    end
  end
end

-- The last byte inside the GitHub expression whose `{{` is at `open`, or nil when it is none.
local function expression_end(text, open)
  if text:sub(open - 1, open - 1) ~= "$" then return nil end
  local name, after = text:match("^[ \t\r\n!(]*([%a_][%w_-]*)()", open + 2)
  return name and names[name] and content_end(text, after)
end

-- Behind the string or character constant that opens at `at`, or nil when it does not end.
local function quoted_end(text, at, quote)
  if quote == "`" then
    local close = text:find("`", at + 1, true)
    return close and close + 1
  end
  local i = at + 1
  while true do
    local stop, _, c = text:find("([\\\n" .. quote .. "])", i)
    if not stop or c == "\n" then return nil end
    if c == quote then return stop + 1 end
    i = stop + 2
  end
end

-- Behind the action or comment that opens at `open`, or nil when it does not end.
local function action_end(text, open)
  local comment = text:match("^{{/%*()", open) or text:match("^{{%-[ \t\r\n]/%*()", open)
  if comment then
    local _, close = text:find("*/", comment, true)
    local _, stop = text:find("}}", close or #text + 1, true)
    return stop and stop + 1
  end
  local at = open + 2
  while true do
    local stop, _, c = text:find("([\"'`}])", at)
    if not stop then return nil end
    if c ~= "}" then
      at = quoted_end(text, stop, c)
      if not at then return nil end
    elseif text:sub(stop + 1, stop + 1) == "}" then
      return stop + 2
    else
      at = stop + 1
    end
  end
end

---Rewrites a template so that the GitHub expressions in its text come out as they are. Lines stay what they are, and `restore` undoes
---the change. Any other `${{` remains a dollar sign and an action. A text without GitHub expressions is returned as it is.
---@param text string
---@return string
function M.protect(text)
  if not text:find("${{", 1, true) then return text end
  local parts, done, open = {}, 0, text:find("{{", 1, true)
  while open do
    local stop = expression_end(text, open)
    local after
    if stop then
      parts[#parts + 1] = text:sub(done + 1, open - 1)
      parts[#parts + 1] = OPEN
      parts[#parts + 1] = text:sub(open + 2, stop):gsub("{{", OPEN)
      done, after = stop, stop + 3
    else
      after = action_end(text, open)
      -- Nothing behind an action without end is reached: the parser stops there.
      if not after then break end
    end
    open = text:find("{{", after, true)
  end
  if done == 0 then return text end
  parts[#parts + 1] = text:sub(done + 1)
  return table.concat(parts)
end

---The text before `protect`.
---@param text string
---@return string
function M.restore(text)
  if not text:find(OPEN, 1, true) then return text end
  return (text:gsub("{{\"\\x7b{\"}}", "{{"))
end

return M
