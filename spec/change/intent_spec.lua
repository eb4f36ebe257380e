-- What changed in an intent: cases S1 to S9 of chapter 04.
local intents = require "orun.change.intent"

local base = [[
metadata: {name: shop}
env: {A: "1"}
discovery: {roots: ["."]}
components:
  - {name: a, type: sh}
  - {name: b, type: sh}
]]

local function change(from, to)
  return intents.compare(base, (base:gsub(from:gsub("%p", "%%%0"), (to:gsub("%%", "%%%%")))))
end

describe("the change of an intent", function()
  it("S1, S2, S5, S9: is none where only form, order, comments or metadata differ", function()
    for _, text in ipairs {
      "# note\n" .. base, (base:gsub('{roots: %["."%]}', "\n  roots:\n    - '.'")), (base:gsub("(  %- {name: a.-\n)(.*)", "%2%1")),
      (base:gsub("name: shop", "name: shop, description: x")), "kind: Intent\napiVersion: v1\n" .. base,
    } do
      local found = intents.compare(base, text)
      assert.same({ "none", {}, {}, {}, {} }, { found.mode, found.sections, found.added, found.modified, found.removed }, text)
    end
  end)

  it("S3, S8: names the sections that differ, null ones too", function()
    local found = change('A: "1"', 'A: "2"')
    assert.same({ "global", { "env" } }, { found.mode, found.sections })
    assert.same({ "groups" }, intents.compare(base, base .. "groups:\n").sections)
    assert.same({ "env" }, change('A: "1"', "A: 1").sections) -- a number is no text
    assert.same({ "discovery", "env" }, intents.compare(base, "metadata: {name: shop}\ncomponents: [{name: a, type: sh}]\n").sections)
  end)

  it("S4: names inline components that were added, edited and renamed", function()
    local function names(found) return { found.mode, found.added, found.modified, found.removed } end
    assert.same({ "components", { "c" }, {}, {} }, names(intents.compare(base, base .. "  - {metadata: {name: c}}\n")))
    assert.same({ "components", {}, { "b" }, {} }, names(change("name: b, type: sh", "name: b, type: tf")))
    assert.same({ "components", { "c" }, {}, { "b" } }, names(change("name: b", "name: c")))
  end)

  it("S6: compares components beside sections", function()
    local found = intents.compare(base, base .. "  - {name: c}\nenvironments: {dev: }\n")
    assert.same({ "global", { "environments" }, { "c" } }, { found.mode, found.sections, found.added })
  end)

  it("S7: is anything where a version is missing or no mapping", function()
    for _, pair in ipairs { { base, "a: [" }, { "- a", base }, { nil, base }, { base, nil }, { base, "text" } } do
      local found = intents.compare(pair[1], pair[2])
      assert.same({ "global", {}, false }, { found.mode, found.sections, found.comparable })
    end
    assert.same({ "discovery", "env" }, intents.compare(base, "").sections) -- an empty file is an empty mapping
  end)

  it("follows aliases, and takes the last of two components of one name", function()
    local found = intents.compare("env: &e {A: x}\ngroups: {g: {policies: *e}}\n", "env: {A: x}\ngroups: {g: {policies: {A: x}}}\n")
    assert.equal("none", found.mode)
    found = intents.compare("components: [{name: a, x: 1}, {name: a, x: 2}, 5, {type: t}]\n", "components: [{name: a, x: 2}]\n")
    assert.equal("none", found.mode)
    assert.equal("none", intents.compare("components: {a: 1}\n", "components: []\n").mode)
  end)
end)
