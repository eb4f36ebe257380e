-- What changed between two texts, by lines, in the unified form that review tools show. Myers' greedy algorithm finds the fewest
-- edits as long as they are few; where they are not, lines that occur once in both texts anchor the alignment (patience), and what
-- lies between two anchors is aligned in the same way. A stretch with neither counts as replaced. So the work stays near the size of
-- the texts.
local M = {}

-- Edits that the greedy search tries within one stretch: it needs at most this many times the stretch's length.
local most_edits = 200

-- Two lists as numbers: equal items have equal ones.
local function numbered(before, after)
  local numbers, count = {}, 0
  local function number(list)
    local out = {}
    for i, item in ipairs(list) do
      if not numbers[item] then
        count = count + 1
        numbers[item] = count
      end
      out[i] = numbers[item]
    end
    return out
  end
  return number(before), number(after)
end

-- Positions of the items that occur once in a stretch; false for those that occur again.
local function singles(x, first, last)
  local at = {}
  for i = first, last do
    local n = x[i]
    if at[n] == nil then at[n] = i else at[n] = false end
  end
  return at
end

-- The longest chain of pairs whose second positions grow.
local function longest_chain(pairs_of)
  local tails, before = {}, {}
  for k, pair in ipairs(pairs_of) do
    local low, high = 1, #tails + 1
    while low < high do
      local middle = (low + high) // 2
      if pairs_of[tails[middle]][2] < pair[2] then low = middle + 1 else high = middle end
    end
    before[k] = tails[low - 1]
    tails[low] = k
  end
  local chain, k = {}, tails[#tails]
  for position = #tails, 1, -1 do
    chain[position] = pairs_of[k]
    k = before[k]
  end
  return chain
end

local function anchors(x, y, a1, a2, b1, b2)
  local in_x, in_y, found = singles(x, a1, a2), singles(y, b1, b2), {}
  for i = a1, a2 do
    local n = x[i]
    if in_x[n] and in_y[n] then found[#found + 1] = { i, in_y[n] } end
  end
  return longest_chain(found)
end

-- Walks back from the end of both stretches through the farthest points of every number of edits.
local function trace_back(trace, edits, i, j, a1, b1, match)
  for d = edits, 0, -1 do
    local k, from_i, from_j = i - j, 0, 0
    if d > 0 then
      local v = trace[d - 1]
      local down = k == -d or (k ~= d and v[k - 1] < v[k + 1])
      from_i = down and v[k + 1] or v[k - 1]
      from_j = from_i - (down and k + 1 or k - 1)
    end
    while i > from_i and j > from_j do
      i, j = i - 1, j - 1
      match[a1 + i] = b1 + j
    end
    i, j = from_i, from_j
  end
end

local function greedy(x, y, a1, a2, b1, b2, match)
  local n, m = a2 - a1 + 1, b2 - b1 + 1
  local v, trace = { [1] = 0 }, {}
  for d = 0, math.min(n + m, most_edits) do
    local reached = {}
    for k = -d, d, 2 do
      local i = (k == -d or (k ~= d and v[k - 1] < v[k + 1])) and v[k + 1] or v[k - 1] + 1
      local j = i - k
      while i < n and j < m and x[a1 + i] == y[b1 + j] do i, j = i + 1, j + 1 end
      v[k], reached[k] = i, i
      if i >= n and j >= m then
        trace_back(trace, d, i, j, a1, b1, match)
        return true
      end
    end
    trace[d] = reached
  end
  return false
end

local function align(x, y, a1, a2, b1, b2, match)
  while a1 <= a2 and b1 <= b2 and x[a1] == y[b1] do
    match[a1] = b1
    a1, b1 = a1 + 1, b1 + 1
  end
  while a1 <= a2 and b1 <= b2 and x[a2] == y[b2] do
    match[a2] = b2
    a2, b2 = a2 - 1, b2 - 1
  end
  if a1 > a2 or b1 > b2 or greedy(x, y, a1, a2, b1, b2, match) then return end
  local chain = anchors(x, y, a1, a2, b1, b2)
  if #chain == 0 then return end
  for _, pair in ipairs(chain) do
    align(x, y, a1, pair[1] - 1, b1, pair[2] - 1, match)
    match[pair[1]] = pair[2]
    a1, b1 = pair[1] + 1, pair[2] + 1
  end
  return align(x, y, a1, a2, b1, b2, match)
end

---Which items of one list stand, in the same order, in another.
---@param before string[]
---@param after string[]
---@return table<integer, integer> match positions in `after` by position in `before`, growing
function M.match(before, after)
  local match, x, y = {}, numbered(before, after)
  align(x, y, 1, #x, 1, #y, match)
  return match
end

---------------------------------------------------------------------------------------------------
-- Texts

-- Lines with their newlines. An end without newline is an ordinary one when both texts have it.
local function split(text, unended)
  local lines = {}
  for line in text:gmatch("[^\n]*\n?") do
    if line ~= "" then lines[#lines + 1] = line end
  end
  if unended and #lines > 0 then lines[#lines] = lines[#lines] .. "\n" end
  return lines
end

local function ended(text)
  return text == "" or text:byte(-1) == 10
end

---@class DiffLine
---@field [1] " "|"-"|"+"
---@field [2] string       without newline
---@field unended? boolean the text ends here without a newline, the other text ends with one

local function line_of(mark, text)
  if ended(text) then return { mark, (text:gsub("\n$", "")) } end
  return { mark, text, unended = true }
end

-- All lines of both texts in the order of a diff.
local function merged(a, b)
  local match, lines, j = M.match(a, b), {}, 1
  local function put(mark, text) lines[#lines + 1] = line_of(mark, text) end
  local i = 1
  while i <= #a do
    if match[i] then
      while j < match[i] do
        put("+", b[j])
        j = j + 1
      end
      put(" ", a[i])
      j = j + 1
    else
      put("-", a[i])
    end
    i = i + 1
  end
  for rest = j, #b do put("+", b[rest]) end
  return lines
end

---@class Hunk
---@field header string     `@@ -1,3 +1,4 @@`
---@field lines DiffLine[]

local function range(start, count)
  if count == 1 then return tostring(start) end
  return ("%d,%d"):format(count == 0 and start - 1 or start, count)
end

local function hunk(lines, first, last, old, new)
  local out, removed, added = {}, 0, 0
  for i = first, last do
    out[#out + 1] = lines[i]
    if lines[i][1] ~= "+" then removed = removed + 1 end
    if lines[i][1] ~= "-" then added = added + 1 end
  end
  return { header = ("@@ -%s +%s @@"):format(range(old, removed), range(new, added)), lines = out }, removed, added
end

---The changed parts of two texts with the lines around them.
---@param before string
---@param after string
---@param context? integer lines shown around a change, default 3
---@return Hunk[] empty when the texts are equal
function M.hunks(before, after, context)
  if before == after then return {} end
  context = context or 3
  local unended = not ended(before) and not ended(after)
  local lines = merged(split(before, unended), split(after, unended))
  local hunks, old, new, at, i = {}, 1, 1, 1, 1
  while i <= #lines do
    if lines[i][1] ~= " " then
      local first, last, quiet = math.max(at, i - context), i, 0
      while i < #lines and quiet <= 2 * context do
        i = i + 1
        quiet = lines[i][1] == " " and quiet + 1 or 0
        if quiet == 0 then last = i end
      end
      last = math.min(last + context, #lines)
      old, new = old + first - at, new + first - at
      local part, removed, added = hunk(lines, first, last, old, new)
      hunks[#hunks + 1] = part
      old, new, at = old + removed, new + added, last + 1
      i = math.max(i, last)
    end
    i = i + 1
  end
  return hunks
end

M.unended_note = "\\ No newline at end of text"

---The hunks as text, each line ended by a newline.
---@param hunks Hunk[]
---@return string
function M.text(hunks)
  local out = {}
  for _, part in ipairs(hunks) do
    out[#out + 1] = part.header
    for _, line in ipairs(part.lines) do
      out[#out + 1] = line[1] .. line[2]
      if line.unended then out[#out + 1] = M.unended_note end
    end
  end
  out[#out + 1] = ""
  return table.concat(out, "\n")
end

return M
