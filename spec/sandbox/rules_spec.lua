-- What code in a sandbox finds there, line by line of the rules; what is refused is in hostile.lua.
local fs = require "host.fs"
local sandbox = require "orun.sandbox"
local value = require "host.value"

describe("in a sandbox", function()
  local root

  before_each(function() root = assert(fs.temporary "/tmp/orun-rules-") end)
  after_each(function() fs.remove_tree(root) end)

  local function open(text, options)
    assert(fs.write(root .. "/a.lua", text))
    options = options or {}
    options.directory, options.name = root, "rules"
    return sandbox.open(options)
  end

  local function open_files(files)
    for name, text in next, files do assert(fs.write(root .. "/" .. name, text)) end
    return sandbox.open { directory = root, name = "rules" }
  end

  local function run(text, options)
    local result, problem = open(text, options):load "a.lua"
    assert.is_nil(problem, problem and problem.message)
    return result
  end

  local function fails(text, options)
    local result, problem = open(text, options):load "a.lua"
    assert.is_nil(result)
    return problem
  end

  it("there are the base functions that touch nothing outside, and no others", function()
    assert.same({
      "_G", "_VERSION", "assert", "coroutine", "error", "getmetatable", "ipairs", "load", "math", "next", "pairs", "pcall", "print",
      "rawequal", "rawget", "rawlen", "require", "select", "setmetatable", "string", "table", "tonumber", "tostring", "type", "utf8",
      "xpcall",
    }, run [[
      local found = {}
      for _, name in ipairs { "_G", "_VERSION", "assert", "collectgarbage", "coroutine", "debug", "dofile", "error", "getmetatable", "io",
        "ipairs", "load", "loadfile", "math", "next", "os", "package", "pairs", "pcall", "print", "rawequal", "rawget", "rawlen", "rawset",
        "require", "select", "setmetatable", "string", "table", "tonumber", "tostring", "type", "utf8", "warn", "xpcall" } do
        if _G[name] ~= nil then found[#found + 1] = name end
      end
      return found]])
  end)

  it("the libraries are whole but for what would tell one run from another", function()
    local names = run [[
      local out = {}
      for _, name in ipairs { "string", "table", "math", "utf8", "coroutine" } do
        for key in pairs(_G[name]) do out[#out + 1] = name .. "." .. key end
      end
      return table.concat(out, " ")]]
    -- The last ones are there only where Lua was compiled to be like its earlier versions.
    local absent, expected = {}, {}
    for key in ([[string.dump math.random math.randomseed math.atan2 math.cosh math.frexp math.ldexp math.log10 math.pow math.sinh
      math.tanh]]):gmatch "%S+" do absent[key] = true end
    for _, name in ipairs { "string", "table", "math", "utf8", "coroutine" } do
      local keys = {}
      for key in pairs(_G[name]) do keys[#keys + 1] = name .. "." .. key end
      table.sort(keys)
      for _, key in ipairs(keys) do
        if not absent[key] then expected[#expected + 1] = key end
      end
    end
    assert.equal(table.concat(expected, " "), names)
  end)

  it("strings, tables and numbers do what they do outside", function()
    local text = [==[
      local out = {}
      local function add(...) for i = 1, select("#", ...) do out[#out + 1] = tostring((select(i, ...))) end end
      add(("hello world"):find("o w"), ("hello"):find("l+"), ("hello"):match("(h)(.)"), ("key = v"):match("^(%w+)%s*=%s*(%w+)$"))
      add(("hello"):gsub("l", { l = "L" }), ("abc"):gsub("%w", "%0%0"), ("abc"):gsub("", "-"), ("a,b,,c"):gsub(",", ";", 2))
      add(("x"):rep(3, "-"), ("%5.2f|%-5d|%05d|%x|%q|%s|%c"):format(3.14159, 42, 7, 255, "a\n", nil, 65))
      for k, v in ("a=1, b=2"):gmatch("(%w+)=(%w+)") do add(k, v) end
      for p in ("aXbXc"):gmatch("()X") do add(p) end
      add(("THE (quick) fox"):find("%((%a+)%)"), ("f(a(b)c)d"):match("%b()"), ("THE (quick)"):gsub("%f[%a]%a+", "w"))
      add(("abab"):match("(ab)%1"), ("[[x]]"):find("[[]", 1, true), (""):find(""), ("a"):find("", 10), ("a.b"):find(".", 2, true))
      add(("x"):byte(1, -1), ("abc"):sub(-2), ("abc"):sub(2, 2), ("abc"):upper(), ("ABC"):lower(), ("abc"):reverse(), #"abc")
      add(("a-b]c"):gsub("[%-%]]", "_"), ("a^b"):gsub("[%^]", "_"), ("äö"):len(), ("tab\tx"):match("%s"), ("]"):match("[]]"))
      local t = { 5, 3, 1, 4 }
      table.sort(t) add(table.concat(t, ","))
      table.sort(t, function(a, b) return a > b end) add(table.concat(t, ","))
      table.insert(t, 2, 9) table.insert(t, 8) add(table.concat(t, ","), table.remove(t), table.remove(t, 1), table.concat(t, ","))
      add(table.unpack({ 1, 2, 3 }, 2)) add(table.concat(table.move({ 1, 2, 3 }, 1, 3, 2), ",")) add(table.pack(1, nil, 3).n)
      add(math.floor(3.7), math.max(1, 2), math.type(1), 7 // 2, 7 / 2, 2^10, math.tointeger("8"), "10" + 5)
      add(utf8.char(228, 8364), utf8.len("ä€"), utf8.codepoint("€"), utf8.offset("ä€", 2))
      add(pcall(error, "x", 0)) add(select(-1, 1, 2)) add(next({})) add(rawequal(t, t), rawlen(t), #t)
      add(xpcall(function() error("y", 0) end, function(m) return m .. "!" end))
      local co = coroutine.wrap(function(a) local b = coroutine.yield(a + 1) return b * 2 end)
      add(co(1), co(10)) add(load("return 1 + 1")())
      return table.concat(out, " ")
    ]==]
    assert.equal(assert(load(text))(), run(text))
  end)

  it("pairs walks numbers, then texts, then truth values, over the keys as they were", function()
    assert.equal("1 2 10 B a b", run [[
      local t = { b = 1, a = 1, B = 1, [10] = 1, [2] = 1, [1] = 1 }
      local out = {}
      for key in pairs(t) do
        out[#out + 1] = tostring(key)
        t["new" .. tostring(key)] = 1
        t.b = 1
      end
      return table.concat(out, " ")]])
    assert.equal("-1 0.5 3 x false true", run [[
      local out = {}
      for key in pairs { [true] = 1, [false] = 1, x = 1, [3] = 1, [0.5] = 1, [-1] = 1 } do out[#out + 1] = tostring(key) end
      return table.concat(out, " ")]])
    assert.equal("a c", run [[
      local t, out = { a = 1, b = 1, c = 1 }, {}
      for key in pairs(t) do
        t.b = nil
        out[#out + 1] = key
      end
      return table.concat(out, " ")]])
  end)

  it("next takes one argument and tells the first pair in that order", function()
    assert.same({ "a", 1, true }, run "local k, v = next { b = 2, a = 1 } return { k, v, next {} == nil }")
  end)

  it("no text shows an address", function()
    assert.same({ "table", "function", "thread", "table function", "null", "table" }, run [[
      local t = setmetatable({}, { __name = "x" })
      return { tostring {}, tostring(print), tostring(coroutine.create(print)), ("%s %s"):format({}, print),
        tostring(require "orun".null), tostring(t) }]])
    assert.equal("it raised a table, not a message", fails("error {}").message:match ": (.*)$")
  end)

  it("print reaches whoever listens, and nothing else", function()
    local lines = {}
    run("print(1, nil, {}, 'x')", { print = function(text) lines[#lines + 1] = text end })
    assert.same({ "1\tnil\ttable\tx" }, lines)
  end)

  it("a loaded text has globals of its own", function()
    assert.same({ "nil", 2, 3 }, run [[
      x = 1
      local env = { y = 3 }
      load("z = 5")()
      return { tostring(load("return x")()), load("x = 2 return x")(), load("return y", "chunk", "t", env)() }]])
    assert.is_nil(run "load('w = 1')() return w")
  end)

  it("files share no globals, and the host has none of them", function()
    assert(fs.write(root .. "/b.lua", "leak = 1 return { seen = shared }"))
    assert.is_nil(run "shared = 1 return require 'b'".seen)
    assert.is_nil(rawget(_G, "leak"))
  end)

  it("a required file runs once and returns what it returned", function()
    assert(fs.write(root .. "/b.lua", "return {}"))
    assert(fs.mkdir(root .. "/lib"))
    assert(fs.write(root .. "/lib/c.lua", "local n = 0"))
    assert.same({ true, true }, run "return { require 'b' == require 'b', require 'lib.c' }")
  end)

  it("values keep their kinds on the way out and in", function()
    local box = open [[
      return { echo = function(v) return v end, kinds = function(t) return { math.type(t.i), math.type(t.f), #t.list } end }]]
    local module = assert(box:load "a.lua")
    local given = {
      i = 1, f = 1.0, text = "a\0b", yes = true, null = value.null, list = value.list { 1, value.list {} }, map = { x = {} },
      big = value.uint64 "18446744073709551615", time = value.time(0),
    }
    local back = box:call(module.echo, given)
    assert.is_true(value.equal(given, back))
    assert.is_true(value.is_list(back.list[2]))
    assert.equal("map", value.kind(back.map.x))
    assert.same({ "integer", "float", 2 }, (box:call(module.kinds, given)))
    assert.equal("x", (box:call(module.echo, "x")))
    assert.is_nil((box:call(module.echo)))
  end)

  it("a read-only table reads like any other", function()
    local box = open [[
      return { go = function(t)
        local out = { #t.list, t.list[2], rawlen(t.list), rawget(t, "a"), (next(t)), table.concat(t.list, "-") }
        out[#out + 1] = select("#", table.unpack(t.list))
        for i, v in ipairs(t.list) do out[#out + 1] = i + v end
        for key in pairs(t) do out[#out + 1] = key end
        return out
      end }]]
    local module = assert(box:load "a.lua")
    assert.same({ 3, 6, 3, 1, "a", "5-6-7", 3, 6, 8, 10, "a", "list", "z" }, (box:call(module.go, { a = 1, z = 2, list = { 5, 6, 7 } })))
  end)

  it("what a required file returned is read-only to those that share it", function()
    local box = open_files {
      ["lib.lua"] = [[
        local orun = require "orun"
        local M = { names = { first = "a" }, list = orun.list { 1, 2 }, empty = orun.list {}, count = 0 }
        M.itself = M
        function M.again() M.count = M.count + 1 return M.count end
        return M]],
      ["own.lua"] = "return setmetatable({}, { __call = function(_, x) return x + 1 end })",
      ["a.lua"] = [[
        local lib, own = require "lib", require "own"
        local first = lib
        return {
          field = function() lib.x = 1 end, nested = function() lib.names.first = "b" end,
          insert = function() table.insert(lib.list, 3) end, through = function() lib.itself.itself.names.x = 1 end,
          read = function()
            local keys = {}
            for key in pairs(lib) do keys[#keys + 1] = key end
            return { keys = keys, name = lib.names.first, list = lib.list, empty = lib.empty, sum = own(1), count = lib.again(),
              same = first == require "lib" and lib.names == require("lib").names, all = table.concat(lib.list, ",") }
          end,
        }]],
    }
    local module = assert(box:load "a.lua")
    for name, message in next, {
      field = "attempt to set 'x' of a read-only table", nested = "attempt to set 'first' of a read-only table",
      insert = "read-only", through = "attempt to set 'x' of a read-only table",
    } do
      local result, problem = box:call(module[name])
      assert.is_nil(result, name)
      assert.truthy(problem.message:find(message, 1, true), problem.message)
      assert.equal("a.lua", problem.at)
    end
    local result = assert(box:call(module.read))
    assert.same({ "again", "count", "empty", "itself", "list", "names" }, result.keys)
    assert.same({ "a", 2, 1, true, "1,2" }, { result.name, result.sum, result.count, result.same, result.all })
    assert.is_true(value.is_list(result.list))
    assert.is_true(value.is_list(result.empty))
    assert.same({ 1, 2 }, { result.list[1], result.list[2] })

    local _, problem = open_files {
      ["lib.lua"] = "return { a = 1 }", ["a.lua"] = "local lib = require 'lib'\nlib.b = 2\nreturn lib",
    }:load "a.lua"
    assert.same({ "a.lua", 2 }, { problem.at, problem.line })
  end)

  it("limits are those that are set, per call", function()
    local text = "return { go = function(n) for _ = 1, n do end return true end }"
    local box = open(text, { limits = { instructions = 100000 } })
    local module = assert(box:load "a.lua")
    for _ = 1, 20 do assert.is_true((box:call(module.go, 20000))) end
    local _, problem = box:call(module.go, 1000000)
    assert.equal("instructions", problem.limit)
    assert.match("does not end within 100,000 instructions", problem.message)
    assert.match("compositions.limits.instructions", problem.hint)
    assert.is_true((box:call(module.go, 20000)), "the next call begins anew")
    assert.equal("memory", fails("local t = {} for i = 1, 1e6 do t[i] = {} end", { limits = { memory = 1 << 20 } }).limit)
    assert.equal("output", fails("return { ('x'):rep(2000), ('y'):rep(2000) }", { limits = { output = 3000 } }).limit)
  end)

  it("garbage is collected, and does not count", function()
    assert.is_true(run("for i = 1, 100000 do local t = { i } end return true", { limits = { memory = 1 << 20 } }))
  end)

  it("the module of authors builds what it says", function()
    assert.same({
      "make -j2 'a b' x y", "''", "a/b.c", "'it'\\''s'", "100%",
    }, run [[
      local orun = require "orun"
      local command = orun.sh("make -j%d %s %s", 2, "a b", { "x", "y" })
      return { command, orun.quote "", orun.quote "a/b.c", orun.quote "it's", orun.sh "100%%" }]])
    assert.same({ a = { b = 1, c = 2, d = 3 }, l = { 9 } }, run [[
      return require "orun".merge({ a = { b = 1, c = 1 }, l = { 1, 2 } }, { a = { c = 2 } }, nil, { a = { d = 3 }, l = { 9 } })]])
    local schema = run [[
      local s = require "orun".schema
      return s.object({ name = s.string { required = true, minLength = 1 }, kind = s.enum { "a", "b", default = "a" },
        tags = s.array(s.string(), { default = {} }), sizes = s.map(s.integer()), flag = s.boolean { default = false },
        either = s.oneOf { s.string(), s.number() }, exact = s.const(1) }, { additionalProperties = false })]]
    assert.same({ "name" }, schema.required)
    assert.same({ enum = { "a", "b" }, default = "a" }, schema.properties.kind)
    assert.is_true(value.is_list(schema.properties.tags.default))
    assert.same({ type = "object", additionalProperties = { type = "integer" } }, schema.properties.sizes)
    assert.is_false(schema.additionalProperties)
    assert.same({ oneOf = { { type = "string" }, { type = "number" } } }, schema.properties.either)
    assert.equal(3, #run [[
      local orun = require "orun"
      return orun.steps(orun.run "a", nil, false, { orun.run "b", orun.use "c" })]])
    local problem = fails "require 'orun'.fail('no way', { hint = 'another', path = '/x' })"
    assert.same({ "another", "/x", true, 1 }, { problem.hint, problem.path, problem.failure, problem.line })
    for text, message in pairs {
      ["sh('%s')"] = "argument 1", ["sh('%s', 1, 2)"] = "1 directives for 2 arguments", ["sh('%d', {})"] = "cannot write argument 1",
      ["run {}"] = "orun.run needs run", ["use {}"] = "orun.use needs use", ["merge(1)"] = "orun.merge takes a table",
    } do
      assert.truthy(fails("return require 'orun'." .. text).message:find(message, 1, true), text)
    end
  end)
end)
