-- Every case of chapters 01 to 03 has a test whose name says its chapter and number ("01 case 7", "02 cases 3, 5 to 7"); those of
-- chapter 04 have letters, and begin the name ("T13, T14: ...").
local fs = require "host.fs"

local cases = { ["01"] = 45, ["02"] = 37, ["03"] = 35 }

-- What is built later brings its tests along.
local later = {
  ["02"] = { [12] = "OCI", [32] = "OCI", [33] = "publish", [34] = "publish and fetch", [35] = "OCI", [36] = "fetch" },
}

---Adds the numbers of a list such as `3, 5 to 7 and 9` that a text begins with.
local function add(found, text)
  local at, last, range = 1, nil, false
  while true do
    local number, after = text:match("^(%d+)()", at)
    if not number then return end
    local n = tonumber(number)
    for i = range and last or n, n do found[i] = true end
    last, at = n, after
    local comma, word = text:match("^, ()", at), text:match("^ and ()", at)
    local to = text:match("^ to ()", at)
    at, range = comma or word or to or #text + 1, to ~= nil
  end
end

local function named(found, text)
  for name in text:gmatch '%f[%w]it%(%(?"([^"\n]*)"' do
    for chapter, list in name:gmatch "%f[%d](0%d) cases? ()" do
      if found[chapter] then add(found[chapter], name:sub(list)) end
    end
  end
  -- A table of cases: rows that begin with their number, named by a format.
  local chapter = text:match '%f[%w]it%(%("[^"\n]*(0%d) case %%d'
  for number in text:gmatch "\n  { (%d+), " do
    if chapter then found[chapter][tonumber(number)] = true end
  end
end

describe("the cases of the chapters", function()
  it("are tested by number", function()
    local found, missing = { ["01"] = {}, ["02"] = {}, ["03"] = {} }, {}
    for _, entry in ipairs(assert(fs.walk("spec", {}))) do
      if entry.path:find "_spec%.lua$" then named(found, assert(fs.read("spec/" .. entry.path))) end
    end
    for _, chapter in ipairs { "01", "02", "03" } do
      for i = 1, cases[chapter] do
        if not found[chapter][i] and not (later[chapter] or {})[i] then missing[#missing + 1] = ("%s case %d"):format(chapter, i) end
      end
    end
    assert.same({}, missing)
  end)

  it("of chapter 04 are tested by letter and number", function()
    local found, missing = {}, {}
    for _, entry in ipairs(assert(fs.walk("spec", {}))) do
      local text = entry.path:find "_spec%.lua$" and assert(fs.read("spec/" .. entry.path)) or ""
      for list in text:gmatch '%f[%w]it%("([%u%d, ]+): ' do
        for case in list:gmatch "%u%d+" do found[case] = true end
      end
    end
    for letter, count in next, { T = 24, C = 7, F = 10, M = 6, S = 10, D = 7 } do
      for i = 1, count do
        if not found[letter .. i] then missing[#missing + 1] = letter .. i end
      end
    end
    table.sort(missing)
    assert.same({}, missing)
  end)

  it("are read from names as people write them", function()
    local found = { ["01"] = {}, ["02"] = {} }
    named(found, 'it("a (01 case 7, quirk 3; 02 cases 3, 5 to 7 and 9)", f)\n  it(("x 01 case %d"):format(1))\n  { 12, "y" }')
    local sorted = require "orun.util.sorted"
    assert.same({ 7, 12 }, sorted.keys(found["01"]))
    assert.same({ 3, 5, 6, 7, 9 }, sorted.keys(found["02"]))
  end)
end)
