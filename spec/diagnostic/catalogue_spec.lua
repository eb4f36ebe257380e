-- Every kind of diagnostic is in the catalogue and is provoked by a case of spec/diagnostic/cases, at its exact place.
local catalogue = require "orun.diagnostic.catalogue"
local diagnosis = dofile "spec/support/diagnosis.lua"
local fs = require "host.fs"
local page = dofile "spec/diagnostic/page.lua"
local sorted = require "orun.util.sorted"

-- Libraries whose errors are values of their own, and names that are no kinds although they look like one.
local libraries = { "^template/", "^schema/" }
-- Areas whose names mean other things too: events of a run, functions that make schemas. Of them only what stands after `kind =` counts.
local shared = { job = true, run = true, schema = true, state = true, step = true }

local function each_file(visit)
  for _, entry in ipairs(assert(fs.walk("lua/orun", {}))) do
    local skip = not entry.path:find "%.lua$" or entry.path == "diagnostic/catalogue.lua"
    for _, pattern in ipairs(libraries) do skip = skip or entry.path:find(pattern) end
    if not skip then visit(entry.path, assert(fs.read("lua/orun/" .. entry.path))) end
  end
end

---Kinds in the sources, with a file that uses each.
local function used()
  local found, areas = {}, {}
  for _, area in ipairs(catalogue.areas) do areas[area.name] = true end
  each_file(function(path, text)
    for name in text:gmatch 'kind = "(%l+%.[%l-]+)"' do found[name] = path end
    for area, rest, next_character in text:gmatch '"(%l+)%.([%l-]+)"()' do
      local name = area .. "." .. rest
      local is_file = rest == "yaml" or rest == "yml" or rest == "json" or rest == "lua"
      if areas[area] and not shared[area] and not is_file then found[name] = found[name] or path .. ":" .. next_character end
    end
  end)
  found.usage = "diagnostic.lua"
  return found
end

local function kinds_of(list)
  local out = {}
  for i, d in ipairs(list) do out[i] = d.kind end
  table.sort(out)
  return out
end

local examples = {}

local function check(case)
  local kind, place = case[1], diagnosis.expected(case)
  local found = diagnosis.run(case)
  page.add(examples, case, found)
  local list = case.warning and found.warnings or found.errors
  local hit
  for _, d in ipairs(list) do hit = hit or d.kind == kind and d end
  assert.is_truthy(hit, ("%s was not reported: %s"):format(kind, found.output))
  assert.equal(place, diagnosis.place(hit), kind .. ": " .. hit.message)
  if case.hint then assert.equal(case.hint, hit.hint) end
  if not case.warning then assert.is_true(found.code > 0, kind) end
  local expected = { kind, table.unpack(case.also or {}) }
  table.sort(expected)
  local all = table.move(found.warnings, 1, #found.warnings, #found.errors + 1, table.move(found.errors, 1, #found.errors, 1, {}))
  assert.same(expected, kinds_of(all), found.output)
end

describe("diagnostics", function()
  local cases = diagnosis.cases()

  for i, case in ipairs(cases) do
    it(("%d: %s is provoked"):format(i, case[1]), function() check(case) end)
  end

  it("stand in docs/errors.md as they are", function()
    assert.is_true(page.text(examples) == fs.read(page.file), "docs/errors.md is stale: make docs writes it again")
  end)

  it("of every kind are in the catalogue, and nothing else", function()
    local in_use, missing = used(), {}
    for name, path in sorted.pairs(in_use) do
      if not catalogue.kinds[name] then missing[#missing + 1] = name .. " of " .. path end
    end
    assert.same({}, missing, "add them to lua/orun/diagnostic/catalogue.lua")
    for name in sorted.pairs(catalogue.kinds) do
      if not in_use[name] then missing[#missing + 1] = name end
    end
    assert.same({}, missing, "nothing raises these any more")
  end)

  it("of every kind have a case", function()
    local provoked, missing = {}, {}
    for _, case in ipairs(cases) do provoked[case[1]] = true end
    for name in sorted.pairs(catalogue.kinds) do
      if not provoked[name] then missing[#missing + 1] = name end
    end
    assert.same({}, missing, "add cases to spec/diagnostic/cases")
  end)

  it("belong to an area", function()
    local areas = {}
    for _, area in ipairs(catalogue.areas) do areas[area.name] = true end
    for name in sorted.pairs(catalogue.kinds) do assert.is_true(areas[name:match "^%l+"], name) end
  end)
end)
