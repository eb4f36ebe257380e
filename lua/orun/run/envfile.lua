-- The files a step may write variables and outputs to: `NAME=value` lines and `NAME<<DELIMITER` blocks.
local M = {}

local protected = { "^GITHUB_", "^RUNNER_", "^ORUN_", "^NODE_OPTIONS$" }

---Whether a name belongs to orun or a CI system, so that no step may set it.
---@param name string
---@return boolean
function M.is_protected(name)
  local upper = name:upper()
  for _, pattern in ipairs(protected) do
    if upper:find(pattern) then return true end
  end
  return false
end

local function lines_of(text)
  local lines = {}
  if text:sub(1, 3) == "\239\187\191" then text = text:sub(4) end
  for line in (text:sub(-1) == "\n" and text or text .. "\n"):gmatch("([^\n]*)\n") do
    lines[#lines + 1] = line:sub(-1) == "\r" and line:sub(1, -2) or line
  end
  return lines
end

-- Reads the block that starts after line `i`; returns its text and the line of the delimiter.
local function block(lines, i, delimiter)
  for last = i + 1, #lines do
    if lines[last] == delimiter then return table.concat(lines, "\n", i + 1, last - 1), last end
  end
end

---@param text string
---@return table<string, string>? entries
---@return string? message
function M.parse(text)
  local lines, found, i = lines_of(text), {}, 1
  while i <= #lines do
    local line = lines[i]
    local equals, marker = line:find("=", 1, true), line:find("<<", 1, true)
    local name, v
    if marker and (not equals or marker < equals) then
      local delimiter = line:sub(marker + 2)
      name = line:sub(1, marker - 1):match("^%s*(.-)%s*$")
      if name == "" or delimiter == "" then return nil, ("line %d: a block needs a name and a delimiter"):format(i) end
      v, i = block(lines, i, delimiter)
      if not v then return nil, ('variable %s: delimiter "%s" is missing'):format(name, delimiter) end
    elseif line:find("%S") then
      if not equals or equals == 1 then return nil, ("line %d is not NAME=value"):format(i) end
      name, v = line:sub(1, equals - 1), line:sub(equals + 1)
    end
    if name then found[name] = v end
    i = i + 1
  end
  return found
end

---The entries that may become variables.
---@param entries table<string, string>
---@return table<string, string>
function M.allowed(entries)
  local allowed = {}
  for name, v in next, entries do
    if not M.is_protected(name) then allowed[name] = v end
  end
  return allowed
end

return M
