-- The small substitution language of intents: {{.environment}}, {{.group}} and {{.component}} in texts, path and env values.
local M = {}

-- White space beyond ASCII that is trimmed as well (UTF-8).
local wide = {
  ["\u{85}"] = true, ["\u{a0}"] = true, ["\u{1680}"] = true, ["\u{2028}"] = true, ["\u{2029}"] = true, ["\u{202f}"] = true,
  ["\u{205f}"] = true, ["\u{3000}"] = true,
}
for code = 0x2000, 0x200a do wide[utf8.char(code)] = true end

local function is_blank(text, at, width)
  return wide[text:sub(at, at + width - 1)]
end

---Removes white space at both ends, Unicode's included.
---@param text string
---@return string
function M.trim(text)
  local first, last = text:byte(1), text:byte(-1)
  -- Most texts begin and end with printable ASCII.
  if not first or first > 32 and first < 127 and last > 32 and last < 127 then return text end
  text = text:match("^%s*(.-)%s*$")
  while #text > 1 do
    local width = is_blank(text, 1, 2) and 2 or is_blank(text, 1, 3) and 3
    if not width then break end
    text = text:sub(width + 1):match("^%s*(.*)$")
  end
  while #text > 1 do
    local width = is_blank(text, #text - 1, 2) and 2 or is_blank(text, #text - 2, 3) and 3
    if not width then break end
    text = text:sub(1, -width - 1):match("^(.-)%s*$")
  end
  return text
end

---Where a GitHub expression that opens at `from` ends: its first `}}` outside of a quoted text, else its first `}}`.
local function expression_end(text, from)
  local at, quoted = from + 3, false
  while true do
    local hit = text:find("['}]", at)
    if not hit then break end
    if text:byte(hit) == 39 then
      quoted = not quoted
    elseif not quoted and text:byte(hit + 1) == 125 then
      return hit + 1
    end
    at = hit + 1
  end
  local _, last = text:find("}}", from, true)
  return last
end

local known = { "environment", "group", "component" }

local function substitute(text, names, unknown)
  for _, name in ipairs(known) do
    if text:find(name, 1, true) then
      local replacement = names[name]:gsub("%%", "%%%%")
      text = text:gsub("{{%." .. name .. "}}", replacement):gsub("{{ %." .. name .. " }}", replacement)
    end
  end
  if not text:find("{{", 1, true) then return text end
  return (text:gsub("{{[^\n]-}}", function(found)
    unknown[#unknown + 1] = found
    return ""
  end))
end

local nothing = {}

---Substitutes the three names, removes any other {{…}} of one line and trims. `${{ … }}` stays as it is.
---@param text string
---@param names {environment: string, group: string, component: string}
---@return string
---@return string[] unknown  what was removed, as written
function M.expand(text, names)
  if not text:find("{{", 1, true) then return M.trim(text), nothing end
  local parts, unknown, at = {}, {}, 1
  while true do
    local from = text:find("${{", at, true)
    local last = from and expression_end(text, from)
    if not from or not last then break end
    parts[#parts + 1] = substitute(text:sub(at, from - 1), names, unknown)
    parts[#parts + 1] = text:sub(from, last)
    at = last + 1
  end
  parts[#parts + 1] = substitute(text:sub(at), names, unknown)
  return M.trim(table.concat(parts)), unknown
end

return M
