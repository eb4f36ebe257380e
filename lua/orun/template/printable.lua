-- Which code points show something (close to Unicode's letters, marks, numbers, punctuation and symbols).
local M = {}

-- Beyond ASCII: ranges that do not print. Unassigned code points are not told apart.
local hidden = {
  { 0x7f, 0xa0 }, { 0xad, 0xad }, { 0x378, 0x379 }, { 0x600, 0x605 }, { 0x61c, 0x61c }, { 0x6dd, 0x6dd }, { 0x70f, 0x70f },
  { 0x1680, 0x1680 }, { 0x180e, 0x180e }, { 0x2000, 0x200f }, { 0x2028, 0x202f }, { 0x205f, 0x206f }, { 0x3000, 0x3000 },
  { 0xd800, 0xf8ff }, { 0xfeff, 0xfeff }, { 0xfff0, 0xfffb }, { 0xfffe, 0xffff }, { 0xe0000, 0x10ffff },
}

---@param code integer
---@return boolean
function M.is(code)
  if code < 128 then return code >= 32 and code < 127 end
  if code >= 0x1fffe and code & 0xfffe == 0xfffe then return false end
  for _, range in ipairs(hidden) do
    if code < range[1] then return true end
    if code <= range[2] then return false end
  end
  return true
end

return M
