-- coverage.lua BUILD: line coverage of the C host after `make coverage`, and the lines that no spec reached.
local fs = require "host.fs"
local process = require "host.process"

local build = arg[1]
local lines = {} -- source -> line number -> whether it was reached

-- One annotated listing of gcov: `count: line: text`, where a count of #### or ==== was never reached.
local function take(listing)
  local reached
  for count, number, text in listing:gmatch("%s*([^:\n]+):%s*(%d+):([^\n]*)") do
    if number == "0" then
      local source = text:match("^Source:(.*)$")
      if source then
        reached = source:find("^src/.*%.c$") and (lines[source] or {}) or nil
        if reached then lines[source] = reached end
      end
    elseif reached and not count:find("^%-") then
      local n = tonumber(number)
      reached[n] = reached[n] or not count:find("[#=]")
    end
  end
end

for _, entry in ipairs(assert(fs.walk(build))) do
  if entry.path:find("%.gcda$") then
    take(assert(process.run { argv = { "gcov", "--stdout", build .. "/" .. entry.path }, merge = false }).output)
  end
end

local function sorted_keys(t)
  local keys = {}
  for k in pairs(t) do keys[#keys + 1] = k end
  table.sort(keys)
  return keys
end

local gaps, covered, total = {}, 0, 0
print("C line coverage by file:")
for _, source in ipairs(sorted_keys(lines)) do
  local hit, all, first, last = 0, 0, nil, nil
  local function close()
    if first then gaps[#gaps + 1] = first == last and ("%s:%d"):format(source, first) or ("%s:%d-%d"):format(source, first, last) end
    first, last = nil, nil
  end
  for _, n in ipairs(sorted_keys(lines[source])) do
    all = all + 1
    if lines[source][n] then
      hit = hit + 1
      close()
    else
      first, last = first or n, n
    end
  end
  close()
  covered, total = covered + hit, total + all
  print(("  %-28s %5.1f %%  (%d of %d)"):format(source, 100 * hit / all, hit, all))
end
print(("total: %.1f %% (%d of %d lines)"):format(100 * covered / math.max(total, 1), covered, total))
print("\nnot reached:\n  " .. table.concat(gaps, "\n  "))
