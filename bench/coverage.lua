-- coverage.lua BUILD: line coverage of the C host after `make coverage`, and the lines that no spec reached.
local fs = require "host.fs"
local process = require "host.process"

local build = arg[1]
local covered, total = 0, 0
local rows, gaps = {}, {}

local function take(source, text)
  local hit, all, first, last = 0, 0, nil, nil
  local function close()
    if first then gaps[#gaps + 1] = first == last and ("%s:%d"):format(source, first) or ("%s:%d-%d"):format(source, first, last) end
    first, last = nil, nil
  end
  for count, line in text:gmatch("[^\n]-([%d#=%-]+)%*?:%s*(%d+):[^\n]*") do
    line = math.tointeger(tonumber(line))
    if count:find("^%d") then
      hit, all = hit + 1, all + 1
      close()
    elseif count:find("#", 1, true) or count:find("=", 1, true) then
      all = all + 1
      first, last = first or line, line
    end
  end
  close()
  covered, total = covered + hit, total + all
  rows[#rows + 1] = ("  %-28s %5.1f %%  (%d of %d)"):format(source, all > 0 and 100 * hit / all or 100, hit, all)
end

for _, entry in ipairs(assert(fs.walk(build))) do
  if entry.path:find("%.gcda$") then
    local object = entry.path:gsub("%.gcda$", "")
    local r = assert(process.run { argv = { "gcov", "--stdout", build .. "/" .. entry.path } })
    for source, body in (r.output or ""):gmatch("0:Source:([^\n]+)\n(.-)%f[%z\n]%s*%f[%z\n]?$") do
      if source:find("^src/") then take(source, body) end
    end
    local _ = object
  end
end

table.sort(rows)
print("C line coverage by file:")
print(table.concat(rows, "\n"))
print(("total: %.1f %% (%d of %d lines)"):format(100 * covered / math.max(total, 1), covered, total))
print("\nnot reached:")
print("  " .. table.concat(gaps, "\n  "))
