-- coverage.lua BUILD: line coverage of the C host after `make coverage`, and the lines that no spec reached.
--
-- Each process left its records in a folder of its own. They are added up pair by pair; what a killed process left half-written is
-- left out.
local fs = require "host.fs"
local process = require "host.process"

local build = arg[1]
local torn = 0

-- This program is one of the recorded ones itself; the tools must not put their files where it puts its records.
local environment = process.environ()
environment.GCOV_PREFIX, environment.GCOV_PREFIX_STRIP, environment.GCOV_ERROR_FILE = nil, nil, nil

local function run(...) return assert(process.run { argv = { ... }, env = environment, merge = true }) end

-- Two folders of records into one. Returns it; the whole one when the other is torn.
local function add(a, b)
  local sum = a .. "+"
  local result = run("gcov-tool", "merge", "-o", sum, a, b)
  -- It complains about a torn record and goes on.
  if result.code == 0 and not result.output:find("mismatch", 1, true) then
    fs.remove_tree(a)
    fs.remove_tree(b)
    return sum
  end
  fs.remove_tree(sum)
  torn = torn + 1
  local whole = run("gcov-tool", "overlap", a, a).code == 0
  fs.remove_tree(whole and b or a)
  return whole and a or b
end

local function sum_up()
  local folders = {}
  for i, name in ipairs(assert(fs.list(build .. "/records"))) do folders[i] = build .. "/records/" .. name end
  print(("coverage: %d processes left records"):format(#folders))
  while #folders > 1 do
    local sums = {}
    for i = 1, #folders, 2 do sums[#sums + 1] = folders[i + 1] and add(folders[i], folders[i + 1]) or folders[i] end
    folders = sums
  end
  if torn > 0 then print(("coverage: %d of them were torn and are left out"):format(torn)) end
  return folders[1]
end

-- gcov wants a record beside the notes of its object.
local function lay_down(folder)
  for _, entry in ipairs(assert(fs.walk(folder))) do
    if entry.path:find("%.gcda$") then
      assert(fs.write(build .. "/" .. entry.path, assert(fs.read(folder .. "/" .. entry.path)), { sync = false }))
    end
  end
  fs.remove_tree(build .. "/records")
end

lay_down(sum_up())
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
