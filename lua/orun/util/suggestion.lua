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

---`did you mean X?`, or nil.
---@param name string
---@param candidates string[]
---@return string?
function M.hint(name, candidates)
  local best = M.closest(name, candidates)
  return best and ("did you mean %s?"):format(best) or nil
end

return M
