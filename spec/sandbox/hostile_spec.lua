-- Every attempt of spec/sandbox/hostile.lua ends soon, in an ordinary error that names package, file and line.
local fs = require "host.fs"
local sandbox = require "orun.sandbox"
local attempts = dofile "spec/sandbox/hostile.lua"

-- Small limits keep the suite fast; what is counted is the same.
local limits = { memory = 8 << 20, instructions = 10000000, output = 2 << 20 }

-- Processor time, in seconds; far less with any limits that are not hit by work alone.
local longest = 2
if fs.realpath("/proc/self/exe"):find "sanitize" then longest = 60 end

local argument = { a = { b = { x = 1 } }, list = { 3, 1, 2 }, late = "late" }

describe("a sandbox withstands", function()
  local root

  before_each(function() root = assert(fs.temporary "/tmp/orun-hostile-") end)
  after_each(function() fs.remove_tree(root) end)

  local function prepare(attempt)
    local files = { ["a.lua"] = attempt[2] }
    for name, text in pairs(attempt.files or {}) do files[name] = text end
    for name, text in pairs(files) do assert(fs.write(root .. "/" .. name, text)) end
    if attempt.link then assert(fs.symlink(attempt.link[1], root .. "/" .. attempt.link[2])) end
    return sandbox.open {
      directory = root, name = "hostile", limits = limits, display = function(file) return file:sub(#root + 2) end, print = function() end,
    }
  end

  local function run(attempt)
    local box = prepare(attempt)
    local value, problem = box:load "a.lua"
    if problem or not attempt.call then return problem, value end
    if attempt.twice then box:call(value[attempt.call], argument) end
    value, problem = box:call(value[attempt.call], argument)
    return problem, value
  end

  for _, attempt in ipairs(attempts) do
    it(attempt[1], function()
      local started = os.clock()
      local problem, value = run(attempt)
      local spent = os.clock() - started
      if attempt.quiet then
        assert.equal("", value)
      else
        assert.is_truthy(problem, "nothing was raised: " .. tostring(value))
        assert.truthy(problem.message:find('package "hostile": ', 1, true), problem.message)
        assert.truthy(problem.message:find(attempt[3], 1, true), problem.message)
        assert.equal(attempt.files and next(attempt.files) and problem.file or "a.lua", problem.file)
        if not attempt.any_line then assert.equal(1, problem.line, problem.message) end
      end
      assert.is_true(spent < longest, ("%.2f s"):format(spent))
    end)
  end

  it("all of them with the limits that are usual", function()
    local slowest, what = 0, ""
    local chosen = { attempts[6], attempts[10], attempts[14], attempts[32] }
    for _, attempt in ipairs(attempts) do
      if attempt.usual then chosen[#chosen + 1] = attempt end
    end
    for _, attempt in ipairs(chosen) do
      fs.remove_tree(root)
      assert(fs.mkdir(root))
      local box = prepare(attempt)
      box.options.limits = nil
      local started = os.clock()
      assert.is_truthy(select(2, box:load "a.lua"))
      if os.clock() - started > slowest then slowest, what = os.clock() - started, attempt[1] end
    end
    assert.is_true(slowest < longest, ("%s takes %.2f s"):format(what, slowest))
  end)

  it("at least sixty attempts", function() assert.is_true(#attempts >= 60) end)
end)
