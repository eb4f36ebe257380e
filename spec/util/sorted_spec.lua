local sorted = require "orun.util.sorted"

describe("sorted", function()
  it("finds the different texts of a field, whatever their order", function()
    local function distinct(...)
      local records = {}
      for i, text in ipairs { ... } do records[i] = { x = text or nil, y = i } end
      return sorted.distinct(records, "x")
    end
    assert.same({}, distinct())
    assert.same({ "a", "b", "c" }, distinct("a", "a", "b", false, "c", "b"))
    assert.same({ "B", "a", "b" }, distinct("b", "a", "B", "a"))
    assert.same({ "", "a" }, distinct("a", ""))
  end)

  it("gives keys and entries in bytewise order", function()
    assert.same({ "B", "a", "\u{e9}" }, sorted.keys { a = 1, ["\u{e9}"] = 2, B = 3 })
    local list = {}
    for k, v in sorted.pairs { b = 2, a = 1 } do list[#list + 1] = k .. v end
    assert.same({ "a1", "b2" }, list)
  end)
end)
