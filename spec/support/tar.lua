-- Tar archives written byte by byte, so that they can hold what no archiver would write.
local hash = require "host.hash"
local process = require "host.process"

local M = {}

local function octal(n, width)
  return ("%0" .. width - 1 .. "o\0"):format(n)
end

---One ustar header with its content.
---@param entry {name: string, type?: string, bytes?: string, link?: string, mode?: integer, size?: integer, mtime?: integer}
---@return string
function M.entry(entry)
  local bytes, size = entry.bytes or "", entry.size or #(entry.bytes or "")
  local head = entry.name .. ("\0"):rep(100 - #entry.name) .. octal(entry.mode or 420, 8) .. octal(1000, 8) .. octal(1000, 8)
    .. octal(size, 12) .. octal(entry.mtime or 0, 12)
  local link = entry.link or ""
  local tail = (entry.type or "0") .. link .. ("\0"):rep(100 - #link) .. "ustar\00000" .. "root" .. ("\0"):rep(28) .. "root"
    .. ("\0"):rep(28) .. octal(0, 8) .. octal(0, 8) .. ("\0"):rep(167)
  local sum = 8 * 32
  for _, part in ipairs { head, tail } do
    for i = 1, #part do sum = sum + part:byte(i) end
  end
  return head .. ("%06o\0 "):format(sum) .. tail .. bytes .. ("\0"):rep(-#bytes % 512)
end

---@param entries table[]
---@return string
function M.tar(entries)
  local parts = {}
  for i, entry in ipairs(entries) do parts[i] = M.entry(entry) end
  parts[#parts + 1] = ("\0"):rep(1024)
  return table.concat(parts)
end

---A gzip member whose deflate blocks are stored, not compressed.
---@param bytes string
---@return string
function M.gzip(bytes)
  local parts = { "\x1f\x8b\8\0\0\0\0\0\0\255" }
  for at = 1, math.max(#bytes, 1), 65535 do
    local block = bytes:sub(at, at + 65534)
    local last = at + 65535 > #bytes and "\1" or "\0"
    parts[#parts + 1] = last .. ("<I2I2"):pack(#block, ~#block & 0xffff) .. block
  end
  parts[#parts + 1] = ("<I4I4"):pack(tonumber(hash.crc32(bytes), 16), #bytes & 0xffffffff)
  return table.concat(parts)
end

---What a gzip file holds, by the system's own program.
---@param bytes string
---@return string
function M.gunzip(bytes)
  return assert(process.run { argv = { "gzip", "-dc" }, stdin = bytes, merge = false }).output
end

---@param entries table[]
---@return string
function M.archive(entries)
  return M.gzip(M.tar(entries))
end

return M
