-- Patterns of a binding's branches and tags: one `*` (or a run of them) stands for anything, everything else for itself.
local M = {}

---@param pattern string
---@param text string
---@return boolean
function M.matches(pattern, text)
  local prefix, suffix = pattern:match("^([^*]*)%*+(.*)$")
  if not prefix then return pattern == text end
  if prefix == "" and suffix == "" then return text ~= "" end
  -- Beginning and end may overlap: `a*a` matches `a`.
  return text:sub(1, #prefix) == prefix and (suffix == "" or text:sub(-#suffix) == suffix)
end

---@param patterns string[]
---@param text string
---@return boolean
function M.any(patterns, text)
  for _, pattern in ipairs(patterns) do
    if M.matches(pattern, text) then return true end
  end
  return false
end

return M
