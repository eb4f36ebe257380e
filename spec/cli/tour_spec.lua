-- The README's tour is executed block by block, as a reader would.
local fs = require "host.fs"
local path = require "orun.util.path"
local process = require "host.process"
local exe = require("host.system").paths().exe

local function blocks(file)
  local list = {}
  for body in assert(fs.read(file)):gmatch("\n```sh\n(.-)\n```") do list[#list + 1] = body end
  return list
end

describe("the README's tour", function()
  local dir, outputs = nil, {}

  setup(function()
    dir = assert(fs.temporary("/tmp/orun-tour-"))
    local env = process.environ()
    env.PATH = path.dirname(exe) .. ":" .. env.PATH
    env.HOME = dir
    local list = blocks("README.md")
    assert(#list >= 7, "the tour has lost its blocks")
    -- One shell for all blocks, so that `cd` and variables last; a marker ends each block's output.
    local script = { "set -e" }
    for _, body in ipairs(list) do
      script[#script + 1] = body
      script[#script + 1] = "echo '--- end of block'"
    end
    local r = assert(process.run { argv = { "bash", "-c", table.concat(script, "\n") }, cwd = dir, env = env })
    assert(r.code == 0, r.output)
    for text in r.output:gmatch("(.-)%-%-%- end of block\n") do outputs[#outputs + 1] = text end
    assert(#outputs == #list)
  end)

  teardown(function() fs.remove_tree(dir) end)

  it("compiles four jobs", function()
    assert.truthy(outputs[4]:find("4 jobs", 1, true))
    assert.truthy(outputs[4]:find("second@prod.greet", 1, true) or outputs[4]:find("second", 1, true))
  end)

  it("runs them and shows their logs", function()
    assert.truthy(outputs[5]:find("4 succeeded", 1, true))
    assert.truthy(outputs[5]:find("good day, everybody, from prod", 1, true))
    assert.truthy(outputs[5]:find("done in first@dev.greet", 1, true))
  end)

  it("explains an unmet dependency and a misspelt name", function()
    assert.truthy(outputs[6]:find("first@dev.greet", 1, true))
    assert.truthy(outputs[7]:find("services/second/component.yaml:", 1, true))
    assert.truthy(outputs[7]:find("did you mean first", 1, true))
    assert.truthy(outputs[7]:find("exit code 1", 1, true))
  end)
end)
