-- Which processes hold a lock on a byte of a file, asked of /proc: a program that is killed right after it started a step has not
-- written down yet what it started.
local fs = require "host.fs"

local M = {}

---@class Holder
---@field pid integer
---@field group integer
---@field session integer

-- Whether one of a process's descriptors on the file has the lock.
local function holds(pid, name, file, offset)
  if fs.readlink(("/proc/%s/fd/%s"):format(pid, name)) ~= file then return false end
  local info = fs.read(("/proc/%s/fdinfo/%s"):format(pid, name)) or ""
  for first, last in info:gmatch "lock:[^\n]-OFDLCK[^\n]- (%d+) (%w+)\n" do
    if tonumber(first) <= offset and (last == "EOF" or offset <= tonumber(last)) then return true end
  end
  return false
end

local function holder(pid)
  local text = fs.read(("/proc/%s/stat"):format(pid)) or ""
  local group, session = text:match "^.*%) %a %-?%d+ (%d+) (%d+)"
  return group and { pid = tonumber(pid), group = tonumber(group), session = tonumber(session) }
end

---@param path string
---@param offset integer
---@return Holder[] those of other users are not seen
function M.of(path, offset)
  local file, found = fs.realpath(path), {}
  for _, pid in ipairs(file and fs.list "/proc" or {}) do
    for _, name in ipairs(pid:find "^%d+$" and fs.list(("/proc/%s/fd"):format(pid)) or {}) do
      if holds(pid, name, file, offset) then
        found[#found + 1] = holder(pid)
        break
      end
    end
  end
  return found
end

return M
