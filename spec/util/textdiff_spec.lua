local fs = require "host.fs"
local process = require "host.process"
local textdiff = require "orun.util.textdiff"

local function diff(before, after, context)
  return textdiff.text(textdiff.hunks(before, after, context))
end

-- Rebuilds both texts from a diff that shows everything.
local function sides(before, after)
  local a, b = {}, {}
  for _, part in ipairs(textdiff.hunks(before, after, 1000000)) do
    for _, line in ipairs(part.lines) do
      if line[1] ~= "+" then a[#a + 1] = line[2] .. "\n" end
      if line[1] ~= "-" then b[#b + 1] = line[2] .. "\n" end
    end
  end
  return table.concat(a), table.concat(b)
end

local function random_text(seed, lines, words)
  local out, x = {}, seed
  for i = 1, lines do
    x = (x * 1103515245 + 12345) % 2147483648
    out[i] = "line " .. (x >> 16) % words .. "\n"
  end
  return table.concat(out)
end

describe("text diff", function()
  it("is empty for equal texts", function()
    assert.same({}, textdiff.hunks("a\nb\n", "a\nb\n"))
  end)

  it("shows a changed line between its neighbours", function()
    assert.equal("@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n",
      diff("1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\n3\n4\nfive\n6\n7\n8\n9\n"))
    assert.equal("@@ -1 +1 @@\n-make a\n+make b\n", diff("make a", "make b"))
  end)

  it("joins changes whose surroundings meet and parts those that are apart", function()
    local before = "a\n1\n2\n3\n4\n5\n6\nb\n"
    assert.equal(1, #textdiff.hunks(before, "A\n1\n2\n3\n4\n5\n6\nB\n"))
    assert.equal(2, #textdiff.hunks("a\n1\n2\n3\n4\n5\n6\n7\nb\n", "A\n1\n2\n3\n4\n5\n6\n7\nB\n"))
  end)

  it("counts from the line before where one side has nothing", function()
    assert.equal("@@ -0,0 +1,2 @@\n+a\n+b\n", diff("", "a\nb\n"))
    assert.equal("@@ -1 +0,0 @@\n-a\n", diff("a\n", ""))
  end)

  it("marks the end without newline where only one text has it", function()
    assert.equal("@@ -1 +1 @@\n-make\n\\ No newline at end of text\n+make\n", diff("make", "make\n"))
    assert.equal("@@ -1 +1,2 @@\n make\n+test\n", diff("make", "make\ntest"))
  end)

  it("keeps moved and repeated lines apart", function()
    assert.equal("@@ -1,4 +1,4 @@\n-setup\n build\n build\n+setup\n test\n",
      diff("setup\nbuild\nbuild\ntest\n", "build\nbuild\nsetup\ntest\n"))
  end)

  it("takes any text for a line", function()
    assert.same({ 1, 2, 3 }, textdiff.match({ "count", "1", "x" }, { "count", "1", "x" }))
  end)

  it("can always be undone", function()
    for seed = 1, 200 do
      local before, after = random_text(seed, seed % 40, 1 + seed % 9), random_text(seed * 7 + 1, seed % 37, 1 + seed % 9)
      local a, b = sides(before, after)
      if before == after then
        assert.equal("", a .. b)
      else
        assert.equal(before, a)
        assert.equal(after, b)
      end
    end
  end)

  it("takes texts of many thousand lines, alike or not", function()
    local a, b = random_text(1, 20000, 1000000), random_text(2, 20000, 5)
    for _, pair in ipairs { { a, b }, { b, random_text(3, 20000, 5) }, { a, a .. b } } do
      local x, y = sides(pair[1], pair[2])
      assert.is_true(x == pair[1] and y == pair[2])
    end
  end)

  it("is understood by patch", function()
    if not process.which "patch" then
      pending("patch is not installed: nothing applied the diffs")
      return
    end
    local dir = assert(fs.temporary "/tmp/orun-spec-")
    finally(function() fs.remove_tree(dir) end)
    for seed = 1, 20 do
      local before, after = random_text(seed, 60, 40), random_text(seed, 50, 40) .. random_text(seed + 99, 9, 40)
      assert(fs.write(dir .. "/t", before, { sync = false }))
      assert(fs.write(dir .. "/t.diff", "--- t\n+++ t\n" .. diff(before, after), { sync = false }))
      local r = assert(process.run { argv = { "patch", "-s", "t", "t.diff" }, cwd = dir })
      assert.equal(0, r.code, r.output)
      assert.equal(after, fs.read(dir .. "/t"))
    end
  end)
end)
