-- Files that a sandbox reads: which ones, and modules of the program in those that are only looked at.
local fs = require "host.fs"
local process = require "host.process"
local sandbox = require "orun.sandbox"

local dir

local function load(text, options)
  assert(fs.write(dir .. "/a.lua", text))
  local box = sandbox.open { directory = dir, name = "p", inert = options and options.inert }
  return box:load "a.lua"
end

describe("a sandbox", function()
  before_each(function() dir = assert(fs.temporary "/tmp/orun-sandbox-") end)
  after_each(function() fs.remove_tree(dir) end)

  it("gives modules of the program that are good for nothing, where they are asked for", function()
    local text = 'local fs, style = require "host.fs", require("orun.cockpit.style").new { x = 1 }\n'
      .. 'local file = fs.cwd() .. "/x"\nfs.write(file, "y")\nreturn { summary = "s", width = style.width == style, text = file }'
    local found, problem = load(text, { inert = true })
    assert.same({ summary = "s", width = true, text = "" }, found, problem and problem.message)
    assert.is_nil((load(text)))
    assert.is_nil((load('return require "posix"', { inert = true })))
    assert.same({ f = {} }, (load('return { f = require "host.fs" }', { inert = true })))
  end)

  it("reads no pipe, no folder and no device", function()
    assert(process.run { argv = { "mkfifo", dir .. "/pipe.lua" } })
    assert(fs.mkdir(dir .. "/folder.lua"))
    for _, name in ipairs { "pipe", "folder" } do
      local _, problem = load(('return require "%s"'):format(name))
      assert.truthy(problem.message:find(name .. ".lua is no regular file", 1, true), problem.message)
    end
  end)
end)
