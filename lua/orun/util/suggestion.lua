-- Did-you-mean: the candidate with the smallest edit distance, when it is near enough to be a slip.
local M = {}

---@param a string
---@param b string
---@return integer
function M.distance(a, b)
  local row = {}
  for j = 0, #b do row[j] = j end
  for i = 1, #a do
    local diagonal = row[0]
    row[0] = i
    for j = 1, #b do
      local cost = a:byte(i) == b:byte(j) and 0 or 1
      diagonal, row[j] = row[j], math.min(row[j] + 1, row[j - 1] + 1, diagonal + cost)
    end
  end
  return row[#b]
end

local function has_common_letter(a, b)
  for letter in a:gmatch "." do
    if b:find(letter, 1, true) then return true end
  end
  return false
end

---@param name string
---@param candidates string[]
---@return string? closest nil when nothing is near (at most 2 or half the length, and a letter in common)
function M.closest(name, candidates)
  local limit = math.min(math.max(2, #name // 2), #name)
  local lower, best, best_distance = name:lower(), nil, limit + 1
  for _, candidate in ipairs(candidates) do
    local d = M.distance(lower, candidate:lower())
    if d < best_distance and has_common_letter(lower, candidate:lower()) then best, best_distance = candidate, d end
  end
  return best
end

-- Whether one text becomes the other by one letter more, less or changed, or by two that change places. Numbers are meant as they are.
local function is_near(a, b)
  if a:gsub("%d", "") == b:gsub("%d", "") then return false end
  local d = M.distance(a, b)
  if d <= 1 then return true end
  if d ~= 2 or #a ~= #b then return false end
  local i = 1
  while a:byte(i) == b:byte(i) do i = i + 1 end
  return a:sub(i, i + 1) == b:sub(i, i + 1):reverse() and a:sub(i + 2) == b:sub(i + 2)
end

---The candidate that a name most likely is a slip of: a much narrower choice than `closest`, for names that may be meant as they are.
---@param name string
---@param candidates string[]
---@return string?
function M.slip(name, candidates)
  local lower = name:lower()
  for _, candidate in ipairs(candidates) do
    local other = candidate:lower()
    if candidate ~= name and (lower == other or #name > 3 and is_near(lower, other)) then return candidate end
  end
end

---`did you mean X?`, or nil.
---@param name string
---@param candidates string[]
---@return string?
function M.hint(name, candidates)
  local best = M.closest(name, candidates)
  return best and ("did you mean %s?"):format(best) or nil
end

return M
