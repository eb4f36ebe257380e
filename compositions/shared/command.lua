-- Shell texts made of words, so that no value can become syntax.
local orun = require "orun"

local M = {}

local function add(words, item)
  if type(item) == "table" then
    for _, inner in ipairs(item) do add(words, inner) end
  elseif item ~= nil and item ~= false and item ~= "" then
    words[#words + 1] = orun.sh("%s", tostring(item))
  end
end

---One command. Every word is quoted where it has to be, lists are spliced in, nil, false and empty texts are left out.
---@param ... string|number|boolean|table|nil
---@return string
function M.line(...)
  local words = {}
  for i = 1, select("#", ...) do add(words, (select(i, ...))) end
  return table.concat(words, " ")
end

---The same option for every item of a list: `--values a --values b`.
---@param option string
---@param list? string[]
---@return string[]
function M.each(option, list)
  local words = {}
  for _, item in ipairs(list or {}) do
    words[#words + 1] = option
    words[#words + 1] = item
  end
  return words
end

---The same option for every entry of a map, by key: `--set a=1 --set b=2`.
---@param option string
---@param map? table<string, string|number|boolean>
---@return string[]
function M.entries(option, map)
  local words = {}
  for key, v in pairs(map or {}) do
    words[#words + 1] = option
    words[#words + 1] = ("%s=%s"):format(key, tostring(v))
  end
  return words
end

---Several lines of a POSIX shell that stop at the first failure. nil leaves a line out.
---@param ... string?
---@return string
function M.script(...)
  local lines = { "set -eu" }
  for i = 1, select("#", ...) do
    local text = select(i, ...)
    if text then lines[#lines + 1] = text end
  end
  return table.concat(lines, "\n") .. "\n"
end

return M
