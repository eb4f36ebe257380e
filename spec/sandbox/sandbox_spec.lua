-- The host's side of a sandbox: loading files, calling what they hold, and how problems are told.
local fs = require "host.fs"
local sandbox = require "orun.sandbox"
local value = require "host.value"

describe("orun.sandbox", function()
  local root

  before_each(function() root = assert(fs.temporary "/tmp/orun-sandbox-") end)
  after_each(function() fs.remove_tree(root) end)

  ---A sandbox over a directory with these files.
  local function open(files, options)
    for name, text in pairs(files) do
      assert(fs.mkdir(root .. "/" .. (name:match "^(.*)/" or "")))
      assert(fs.write(root .. "/" .. name, text))
    end
    options = options or {}
    options.directory, options.name = root, "demo"
    options.display = function(file) return file:sub(#root + 2) end
    return sandbox.open(options)
  end

  it("copies what a file returns and calls its functions with read-only copies", function()
    local box = open {
      ["a.lua"] = [[
        return { list = { 1, 2 }, empty = require "orun".list {}, double = function(n, t) return { n * 2, t.name } end }]],
    }
    local module = assert(box:load "a.lua")
    assert.same({ 1, 2 }, module.list)
    assert.is_true(value.is_list(module.list))
    assert.is_true(value.is_list(module.empty))
    assert.is_true(sandbox.is_function(module.double))
    assert.same({ 42, "x" }, (box:call(module.double, 21, { name = "x" })))
  end)

  it("runs a file once", function()
    local printed = {}
    local box = open({ ["a.lua"] = "print('running', {}, print) return {}" },
      { print = function(text) printed[#printed + 1] = text end })
    assert(box:load "a.lua")
    assert(box:load "a.lua")
    assert.same({ "running\ttable\tfunction" }, printed)
  end)

  it("tells the file and the line of an error, and who called a required file", function()
    local box = open {
      ["a.lua"] = "local lib = require 'lib.steps'\nreturn { go = function(t)\n  return lib(t)\nend, set = function(t)\n  t.x = 1\nend }",
      ["lib/steps.lua"] = "return function(t)\n  local x = t.y.z\n  return x\nend",
      ["broken.lua"] = "local x = 1\nlocal = 2",
    }
    local module = assert(box:load "a.lua")
    local _, problem = box:call(module.go, {})
    assert.same({
      message = [[package "demo": attempt to index a nil value (field 'y')]], file = "lib/steps.lua", line = 2, at = "lib/steps.lua",
      column = 3, source = "  local x = t.y.z",
    }, problem)
    _, problem = box:call(module.set, {})
    assert.same({ message = [[package "demo": attempt to set 'x' of a read-only table]], file = "a.lua", line = 5, at = "a.lua",
      column = 3, source = "  t.x = 1" }, problem)
    _, problem = box:load "broken.lua"
    assert.equal("broken.lua", problem.file)
    assert.equal(2, problem.line)
  end)

  it("says what was raised where it is no message", function()
    local nothing, empty = "it raised nothing, where an error needs a message", "it raised an empty message"
    local cases = {
      { "error()", nothing }, { "error(nil, 0)", nothing }, { "assert(false, nil)", nothing },
      { "coroutine.wrap(function() error() end)()", nothing }, { "error('')", empty }, { "error(' ', 0)", empty },
      { "error({})", "it raised a table, not a message" }, { "error({ message = 1 })", "it raised a table, not a message" },
      { "error(print)", "it raised a function, not a message" }, { "error(false)", "it raised a boolean, not a message" },
      { "error({ message = 'no such region' })", "no such region" },
      { "error(setmetatable({}, { __tostring = function() return 'no such zone' end }))", "no such zone" },
      { "error(setmetatable({}, { __tostring = function() return '' end }))", empty },
      { "error(42)", "42" }, { "orun.fail()", "orun.fail takes a string, not a nil" },
      { "orun.fail {}", "orun.fail takes a string, not a table" }, { "orun.fail ''", "orun.fail needs a message" },
      { "orun.fail(42)", "42" },
    }
    local text = "local orun = require 'orun'\nreturn {"
    for i, case in ipairs(cases) do text = text .. ("\nf%d = function() %s end,"):format(i, case[1]) end
    local box = open { ["a.lua"] = text .. "\n}" }
    local module = assert(box:load "a.lua")
    for i, case in ipairs(cases) do
      local _, problem = box:call(module["f" .. i])
      assert.same({ case[1], 'package "demo": ' .. case[2], i + 2 }, { case[1], problem.message, problem.line })
      local raised = case[2]:find "^it raised"
      assert.equal(raised and "error and orun.fail take a text that says what is wrong" or nil, problem.hint)
    end
    local _, problem = open({ ["b.lua"] = "local x = 1\nerror()" }):load "b.lua"
    assert.same({ 'package "demo": ' .. nothing, 2 }, { problem.message, problem.line })
  end)

  it("refuses results that are no plain values, and says where", function()
    local box = open {
      ["a.lua"] = [[
return {
  cycle = function() local t = {} t.a = { t } return t end,
  func = function() return { steps = { { run = print } } } end,
  hole = function() return { 1, nil, 3 } end,
  keys = function() return { [true] = 1 } end,
  bytes = function() return { env = { A = "gr\252n" } } end,
  key = function() return { ["\xed\xa0\x80"] = 1 } end,
  nul = function() return { steps = { { run = "echo a\0b" } } } end,
  whole = function(text) return { text, #text, "\u{10FFFF}\1\127" } end,
}]],
    }
    local module = assert(box:load "a.lua")
    local function message(name) return select(2, box:call(module[name])).message end
    assert.equal([[package "demo": its result at /a/0 contains itself]], message "cycle")
    assert.equal([[package "demo": its result at /steps/0/run is a function, which is no plain value]], message "func")
    assert.match("is a list with holes", message "hole")
    assert.match("key of type boolean", message "keys")
    assert.equal([[package "demo": its result at /env/A is a text that is no UTF-8]], message "bytes")
    assert.match("is a text that is no UTF%-8", message "key")
    assert.equal([[package "demo": its result at /steps/0/run is a text with a NUL byte]], message "nul")
    -- What the host hands in is what it is.
    local long = ("grün "):rep(1000)
    assert.same({ long, 6000, "\u{10FFFF}\1\127" }, (box:call(module.whole, long)))
    assert.match("is no UTF%-8", select(2, box:call(module.whole, "\xff")).message)
  end)
end)
